/* What a device finds on the air before a frame has ended: power in a band, its own reception.
 * SPDX-License-Identifier: MIT
 *
 * Oracle: link budgets and shares of bands worked out in the test; the verdict at a frame's end.
 */
#include <math.h>

#include "air/path_loss.h"
#include "medium_fixture.h"

#define MS SIM_NS_PER_MS

static double power_dbm(struct air_world *world, uint32_t device, uint32_t frequency_hz)
{
    double mw = medium_channel_power_mw(
            world->medium, device, engine_now(world->engine), frequency_hz, 125000);
    return mw > 0 ? 10 * log10(mw) : -INFINITY;
}

/* --- power ------------------------------------------------------------------------------------ */

Test(medium_look, a_channel_has_the_power_of_the_frames_that_are_on_it)
{
    struct air_world *world = air_world_create(FADING_NONE);
    double gain_db = medium_link_gain_mdb(world->medium, 0, 5) / 1000.0;
    const struct frame *first = fixture_send(world, 0, 10 * MS, 14000);
    fixture_send(world, 1, 30 * MS, 14000);
    engine_run(world->engine, 5 * MS);
    cr_expect(isinf(power_dbm(world, 5, 869525000)), "not sent yet");
    engine_run(world->engine, 11 * MS);
    cr_expect_float_eq(power_dbm(world, 5, 869525000), 14 + gain_db, 1e-6);
    cr_expect_float_eq(power_dbm(world, 5, 869525000 + 62500), 14 + gain_db - 3.0103, 1e-3,
            "half of its band");
    cr_expect(isinf(power_dbm(world, 5, 869525000 + 125000)), "the next channel");
    engine_run(world->engine, 31 * MS);
    cr_assert_gt(first->end_ns, 31 * MS);
    cr_expect_float_eq(power_dbm(world, 5, 869525000), 14 + gain_db + 3.0103, 1e-3, "both");
    engine_run(world->engine, SIM_NS_PER_S);
    cr_expect(isinf(power_dbm(world, 5, 869525000)), "over");
    air_world_destroy(world);
}

Test(medium_look, a_device_hears_the_power_of_another_device_but_not_its_own)
{
    struct air_world *world = air_world_create(FADING_NONE);
    struct propagation_params law = { .environment = ENVIRONMENT_URBAN, .frequency_mhz = 868 };
    double loss_db = path_loss_between_db(&law, 1.5, 1.5, 0); /* devices stand in one point */
    fixture_uplink_send(world, 3, 0, 14000);
    engine_run(world->engine, MS);
    cr_expect_float_eq(power_dbm(world, 4, 868100000), 14 - loss_db, 1e-3);
    cr_expect(isinf(power_dbm(world, 3, 868100000)));
    air_world_destroy(world);
}

Test(medium_look, a_channel_has_the_power_of_a_jammer_while_it_is_on)
{
    struct air_world *world = air_world_create(FADING_NONE);
    struct medium_jammer jammer = {
        .emitter = { .frequency_hz = 868100000, .bandwidth_hz = 250000 },
        .received = true,
        .received_mdbm = -70000,
    };
    medium_jammer_start(world->medium, 1, &jammer);
    cr_expect_float_eq(power_dbm(world, 0, 868100000), -73.0103, 1e-3, "half falls into 125 kHz");
    engine_run(world->engine, MS);
    medium_jammer_stop(world->medium, 1);
    cr_expect(isinf(power_dbm(world, 0, 868100000)));
    air_world_destroy(world);
}

/* --- reception -------------------------------------------------------------------------------- */

Test(medium_look, a_reception_shows_its_preamble_and_then_its_header)
{
    struct air_world *world = air_world_create(FADING_NONE);
    fixture_listen(world, 2, 0);
    const struct frame *frame = fixture_send(world, 0, 10 * MS, 14000);
    engine_run(world->engine, frame->detect_ns - 1);
    cr_expect_null(medium_reception(world->medium, 2).frame);
    engine_run(world->engine, frame->detect_ns);
    cr_expect_eq(medium_reception(world->medium, 2).frame, frame);
    cr_expect_null(medium_reception(world->medium, 3).frame, "it does not listen");
    engine_run(world->engine, frame->header_ns - 1);
    cr_expect_not(medium_reception(world->medium, 2).header_ok);
    engine_run(world->engine, frame->header_ns);
    cr_expect(medium_reception(world->medium, 2).header_ok);
    engine_run(world->engine, frame->end_ns);
    cr_expect_null(medium_reception(world->medium, 2).frame);
    fixture_expect_received(world, 2, frame);
    air_world_destroy(world);
}

/* A frame of the same power that begins `after_ns` later, past the lock. */
static bool header_under(sim_ns after_ns, sim_ns look_after_ns)
{
    struct air_world *world = air_world_create(FADING_NONE);
    fixture_listen(world, 2, 0);
    const struct frame *frame = fixture_send(world, 0, 0, 14000);
    fixture_send(world, 1, after_ns, 14000);
    engine_run(world->engine, frame->header_ns + look_after_ns);
    struct medium_reception reception = medium_reception(world->medium, 2);
    cr_assert_eq(reception.frame, frame);
    engine_run(world->engine, SIM_NS_PER_S);
    fixture_expect_lost(world, 2, frame, LOSS_INTERFERENCE);
    const struct heard_record *end = fixture_find(world, HEARD_ENDED, 2, frame->id);
    cr_expect_eq(end->bytes_bad, reception.header_ok, "as at the frame's end");
    air_world_destroy(world);
    return reception.header_ok;
}

Test(medium_look, a_header_fails_by_what_is_on_the_air_before_its_end)
{
    cr_expect_not(header_under(10 * SYMBOL_NS, 0), "in the header");
    cr_expect(header_under(25 * SYMBOL_NS, 0), "after it: the payload is what breaks");
    cr_expect(header_under(25 * SYMBOL_NS, 8 * MS), "and that does not change later");
}

/* A receiver that closes between the header and the frame's end. */
static void expect_cause_of_closing(sim_ns rival_after_ns, enum loss_cause cause)
{
    struct air_world *world = air_world_create(FADING_NONE);
    fixture_listen(world, 2, 0);
    const struct frame *frame = fixture_send(world, 0, 0, 14000);
    fixture_send(world, 1, rival_after_ns, 14000);
    engine_run(world->engine, frame->header_ns + MS);
    medium_unlisten(world->medium, 2, frame->header_ns + MS);
    engine_run(world->engine, SIM_NS_PER_S);
    fixture_expect_lost(world, 2, frame, cause);
    cr_expect_null(fixture_find(world, HEARD_ENDED, 2, frame->id));
    air_world_destroy(world);
}

Test(medium_look, a_receiver_that_closes_has_lost_what_broke_in_its_header_by_that)
{
    expect_cause_of_closing(10 * SYMBOL_NS, LOSS_INTERFERENCE);
    expect_cause_of_closing(25 * SYMBOL_NS, LOSS_RADIO_BUSY);
}

Test(medium_look, detection_can_be_asked_for_later)
{
    struct air_world *world = air_world_create(FADING_NONE);
    struct medium_listening listening = fixture_listening();
    listening.silent_detect = true;
    medium_listen(world->medium, 2, 0, &listening);
    const struct frame *silent = fixture_send(world, 0, 0, 14000);
    engine_run(world->engine, 200 * MS);
    cr_expect_null(fixture_find(world, HEARD_DETECTED, 2, silent->id));
    medium_tell_detection(world->medium, 2);
    const struct frame *told = fixture_send(world, 0, 200 * MS, 14000);
    engine_run(world->engine, 400 * MS);
    cr_expect_not_null(fixture_find(world, HEARD_DETECTED, 2, told->id));
    air_world_destroy(world);
}
