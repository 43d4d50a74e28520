/* Jammers in the medium: from when to when, on which channel, and which receivers they reach.
 * SPDX-License-Identifier: MIT
 *
 * Method: one frame of 57 ms at a time among devices that stand in one point, 1 km from the
 * gateway. A jammer that arrives with -40 dBm is 70 dB above the frame and loses it; without one it
 * is received (some -112 dBm, -123 needed).
 */
#include <math.h>

#include "medium_fixture.h"

#define STRONG    14000
#define JAMMED_HZ 869525000u

static struct air_world *world;

static void create_world(void)
{
    world = air_world_create(FADING_NONE);
}

static void destroy_world(void)
{
    air_world_destroy(world);
}

TestSuite(jammers, .init = create_world, .fini = destroy_world);

/* What arrives with -40 dBm at all. */
static struct medium_jammer loud(uint32_t frequency_hz)
{
    return (struct medium_jammer){
        .emitter = { .frequency_hz = frequency_hz, .bandwidth_hz = 125000 },
        .received = true,
        .received_mdbm = -40000,
    };
}

static void start(uint32_t number, struct medium_jammer jammer)
{
    medium_jammer_start(world->medium, number, &jammer);
}

static bool received(uint32_t receiver, const struct frame *frame)
{
    const struct heard_record *record = fixture_find(world, HEARD_ENDED, receiver, frame->id);
    return record != NULL && record->cause == LOSS_NONE;
}

/* A downlink from now on: does device 5 receive it? */
static bool gets_through(void)
{
    sim_ns at_ns = engine_now(world->engine) + 10 * SIM_NS_PER_MS;
    fixture_listen(world, 5, engine_now(world->engine));
    const struct frame *frame = fixture_send(world, 0, at_ns, STRONG);
    engine_run(world->engine, at_ns + SIM_NS_PER_S);
    return received(5, frame);
}

Test(jammers, lose_frames_from_their_start_to_their_stop)
{
    cr_expect(gets_through());
    start(7, loud(JAMMED_HZ));
    cr_expect_not(gets_through());
    medium_jammer_stop(world->medium, 7);
    cr_expect(gets_through());
}

Test(jammers, lose_a_frame_amid_which_they_start)
{
    fixture_listen(world, 5, 0);
    const struct frame *frame = fixture_send(world, 0, 10 * SIM_NS_PER_MS, STRONG);
    engine_run(world->engine, frame->header_ns + 5 * SYMBOL_NS);
    start(7, loud(JAMMED_HZ));
    engine_run(world->engine, SIM_NS_PER_S);
    cr_expect_not(received(5, frame));
    cr_assert_not_null(fixture_find(world, HEARD_DETECTED, 5, frame->id));
}

Test(jammers, leave_what_has_ended_before)
{
    fixture_listen(world, 5, 0);
    const struct frame *frame = fixture_send(world, 0, 10 * SIM_NS_PER_MS, STRONG);
    engine_run(world->engine, frame->end_ns);
    start(7, loud(JAMMED_HZ));
    engine_run(world->engine, SIM_NS_PER_S);
    cr_expect(received(5, frame));
}

Test(jammers, leave_other_channels)
{
    start(7, loud(868100000));
    cr_expect(gets_through());
    const struct frame *uplink =
            fixture_uplink_send(world, 3, engine_now(world->engine) + SIM_NS_PER_MS, STRONG);
    engine_run(world->engine, engine_now(world->engine) + SIM_NS_PER_S);
    cr_expect_not(received(1000, uplink));
}

Test(jammers, reach_the_receivers_that_they_name)
{
    static bool reaches[WORLD_DEVICES + WORLD_GATEWAYS];
    memset(reaches, 0, sizeof reaches);
    reaches[6] = reaches[WORLD_DEVICES + 1] = true;
    struct medium_jammer jammer = loud(JAMMED_HZ);
    jammer.reaches = reaches;
    start(7, jammer);
    jammer.emitter.frequency_hz = 868100000;
    start(8, jammer);
    fixture_listen(world, 5, 0);
    fixture_listen(world, 6, 0);
    const struct frame *frame = fixture_send(world, 0, 10 * SIM_NS_PER_MS, STRONG);
    engine_run(world->engine, SIM_NS_PER_S);
    cr_expect(received(5, frame));
    cr_expect_not(received(6, frame));
    const struct frame *uplink = fixture_uplink_send(world, 3, 2 * SIM_NS_PER_S, STRONG);
    engine_run(world->engine, 3 * SIM_NS_PER_S);
    cr_expect(received(1000, uplink));
    cr_expect_not(received(1001, uplink));
}

/* The devices stand at 0, 0: there 14 dBm are far above a frame from 1 km, and over 300 km they
 * are below the noise. */
Test(jammers, arrive_by_the_path_loss_from_their_place)
{
    struct medium_jammer jammer = { .emitter = { .frequency_hz = JAMMED_HZ,
                                            .bandwidth_hz = 125000,
                                            .eirp_mdbm = 14000,
                                            .x_m = 20,
                                            .height_m = 1.5 } };
    start(7, jammer);
    cr_expect_not(gets_through());
    medium_jammer_stop(world->medium, 7);
    jammer.emitter.x_m = 300e3;
    start(7, jammer);
    cr_expect(gets_through());
}

Test(jammers, are_told_apart_by_their_numbers)
{
    start(1, loud(JAMMED_HZ));
    start(1, loud(868100000)); /* it jams already: no effect */
    start(2, loud(JAMMED_HZ));
    medium_jammer_stop(world->medium, 1);
    cr_expect_not(gets_through(), "the other one is on");
    medium_jammer_stop(world->medium, 2);
    medium_jammer_stop(world->medium, 2);
    medium_jammer_stop(world->medium, 3);
    cr_expect(gets_through());
    start(1, loud(JAMMED_HZ));
    cr_expect_not(gets_through(), "it may start again");
}

/* The place of one that is over serves the next; one that is on keeps its own. */
Test(jammers, come_and_go_often)
{
    start(1, loud(868100000));
    for (uint32_t turn = 0; turn < 50; turn++) {
        start(2, loud(JAMMED_HZ));
        cr_expect_not(gets_through(), "turn %u", turn);
        medium_jammer_stop(world->medium, 2);
        cr_expect(gets_through(), "turn %u", turn);
    }
    const struct frame *uplink =
            fixture_uplink_send(world, 3, engine_now(world->engine) + SIM_NS_PER_MS, STRONG);
    engine_run(world->engine, engine_now(world->engine) + SIM_NS_PER_S);
    cr_expect_not(received(1000, uplink));
}

/* --- by spreading factor and bandwidth -------------------------------------------------------- */

/* SNR limits of the SX1276, from its sensitivities at 125 kHz (datasheet, table 10: -123 to -136
 * dBm) and its floor of -174 + 10 lg 125000 + 6 = -117.03 dBm. */
#define FLOOR_DBM (-117.03)
static const double snr_limits_db[] = { -5.97, -8.97, -11.97, -14.97, -15.97, -18.97 };

/* Frames at a spreading factor that device 5 receives, of ten, while a jammer of `received_dbm` in
 * all its bandwidth is on. */
static unsigned received_of_ten(uint8_t sf, double received_dbm, uint32_t bandwidth_hz)
{
    static const uint8_t bytes[20] = { 0x60 };
    struct lora_modulation m = fixture_downlink();
    struct medium_listening listening = fixture_listening();
    struct medium_jammer jammer = loud(JAMMED_HZ);
    unsigned count = 0;
    m.spreading_factor = listening.spreading_factor = sf;
    m.low_data_rate = listening.low_data_rate = sf >= 11;
    jammer.emitter.bandwidth_hz = bandwidth_hz;
    jammer.received_mdbm = (int32_t)lround(1000 * received_dbm);
    start(7, jammer);
    for (unsigned i = 0; i < 10; i++) {
        sim_ns at_ns = engine_now(world->engine) + 10 * SIM_NS_PER_MS;
        medium_listen(world->medium, 5, engine_now(world->engine), &listening);
        const struct frame *frame =
                medium_transmit_gateway(world->medium, 0, at_ns, &m, STRONG, bytes, sizeof bytes);
        engine_run(world->engine, at_ns + 3 * SIM_NS_PER_S);
        count += received(5, frame);
    }
    medium_jammer_stop(world->medium, 7);
    return count;
}

/* A jammer is noise: floor and jammer together may be above a frame by the SNR limit of its
 * spreading factor, 13 dB more at SF12 than at SF7, and a jammer on twice the bandwidth may have
 * twice the power. 1 dB below and 5 dB above it the error curve leaves nothing to chance. */
Test(jammers, are_withstood_by_the_snr_limit_of_the_spreading_factor)
{
    double signal_dbm = (STRONG + medium_link_gain_mdb(world->medium, 0, 5)) / 1000.0;
    double floor_mw = pow(10, FLOOR_DBM / 10);
    for (uint8_t sf = 7; sf <= 12; sf++) {
        for (uint32_t wider = 1; wider <= 4; wider *= 2) {
            double noise_dbm = signal_dbm - snr_limits_db[sf - 7];
            double jammer_dbm = 10 * log10(wider * (pow(10, noise_dbm / 10) - floor_mw));
            uint32_t bandwidth_hz = wider * 125000;
            cr_expect_eq(received_of_ten(sf, jammer_dbm - 1, bandwidth_hz), 10, "SF%u", sf);
            cr_expect_eq(received_of_ten(sf, jammer_dbm + 5, bandwidth_hz), 0, "SF%u", sf);
        }
    }
}
