/* What sites, interferers and other spreading factors do to a frame on its way through the medium.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: link budgets, frequency errors and sums of powers worked out in the test.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "air/medium.h"
#include "observe.h"

#define DEVICES  3u
#define GATEWAYS 1u

struct ending {
    unsigned count;
    struct verdict verdict;
};

static struct {
    struct engine *engine;
    struct medium *medium;
    struct medium_params params;
    struct medium_site devices[DEVICES], gateways[GATEWAYS];
    struct ending at_device[DEVICES], at_gateway;
    unsigned lost_count;
    enum loss_cause lost; /* last loss observed */
} world;

static void on_detected(void *device, const struct frame *frame, sim_ns now_ns)
{
    (void)device, (void)frame, (void)now_ns;
}

static void on_ended(void *device, const struct frame *frame, const struct verdict *verdict,
        const uint8_t *bytes, uint16_t size, sim_ns now_ns)
{
    (void)frame, (void)bytes, (void)size, (void)now_ns;
    struct ending *ending = device;
    ending->count++;
    ending->verdict = *verdict;
}

static bool on_lock(void *gateway, const struct frame *frame, sim_ns now_ns, enum loss_cause *cause)
{
    (void)gateway, (void)frame, (void)now_ns;
    *cause = LOSS_NONE;
    return true;
}

static void on_observation(void *context, const struct observation *observation)
{
    (void)context;
    world.lost_count++;
    world.lost = (enum loss_cause)observation->b;
}

static const struct medium_device_ops device_ops = { .detected = on_detected, .ended = on_ended };
static const struct medium_gateway_ops gateway_ops = { .lock = on_lock, .ended = on_ended };

/* Devices at the origin, the gateway 1 km away. */
static void prepare(void)
{
    memset(&world, 0, sizeof world);
    world.engine = engine_create(1);
    entity_id first = engine_entity_add(world.engine, DEVICES + GATEWAYS);
    for (uint32_t i = 0; i < DEVICES; i++) {
        world.devices[i] = (struct medium_site){ .entity = first + i, .height_m = 1.5 };
    }
    world.gateways[0] =
            (struct medium_site){ .entity = first + DEVICES, .x_m = 1000, .height_m = 30 };
    world.params = (struct medium_params){
        .device_power_max_mdbm = 16150,
        .propagation = { .model = PROPAGATION_OKUMURA_HATA, .frequency_mhz = 868 },
        .reception = { .capture_db = 6, .device_noise_figure_db = 6, .gateway_noise_figure_db = 6 },
    };
}

static void start(void)
{
    world.medium = medium_create(world.engine, &world.params, world.devices, DEVICES, &device_ops,
            world.gateways, GATEWAYS, &gateway_ops);
    cr_assert_not_null(world.medium);
    for (uint32_t i = 0; i < DEVICES; i++) {
        medium_device_attach(world.medium, i, &world.at_device[i]);
    }
    medium_gateway_attach(world.medium, 0, &world.at_gateway);
    engine_observer_add(world.engine,
            OBSERVE_BIT(OBSERVE_FRAME_LOST) | OBSERVE_BIT(OBSERVE_GATEWAY_LOST), on_observation,
            NULL);
}

static void finish(void)
{
    medium_destroy(world.medium);
    engine_destroy(world.engine);
}

TestSuite(medium_links, .init = prepare, .fini = finish);

static struct lora_modulation modulation(uint8_t sf, bool downlink)
{
    return (struct lora_modulation){ .frequency_hz = downlink ? 869525000 : 868100000,
        .bandwidth_hz = 125000,
        .spreading_factor = sf,
        .coding_rate = 1,
        .preamble_symbols = 8,
        .sync_word = 0x34,
        .low_data_rate = sf >= 11,
        .payload_crc = !downlink,
        .iq_inverted = downlink };
}

static void listen(uint32_t device, uint8_t sf)
{
    struct medium_listening listening = { .frequency_hz = 869525000,
        .bandwidth_hz = 125000,
        .spreading_factor = sf,
        .iq_inverted = true,
        .sync_word = 0x34 };
    medium_listen(world.medium, device, engine_now(world.engine), &listening);
}

static const uint8_t content[64] = { 0x40 };

static const struct frame *up(uint32_t device, sim_ns at_ns, uint8_t sf, int32_t received_mdbm)
{
    struct lora_modulation m = modulation(sf, false);
    int32_t gain_mdb = medium_link_gain_mdb(world.medium, 0, device);
    return medium_transmit_device(world.medium, device, at_ns, &m,
            received_mdbm - gain_mdb - world.gateways[0].antenna_gain_mdb, content, 51);
}

static const struct frame *down(sim_ns at_ns, uint8_t sf, int32_t eirp_mdbm)
{
    struct lora_modulation m = modulation(sf, true);
    return medium_transmit_gateway(world.medium, 0, at_ns, &m, eirp_mdbm, content, 51);
}

static void run(void)
{
    engine_run(world.engine, engine_now(world.engine) + 20 * SIM_NS_PER_S);
}

/* --- sites ------------------------------------------------------------------------------------ */

Test(medium_links, a_device_antenna_counts_where_the_device_receives)
{
    world.devices[1].antenna_gain_mdb = 2150;
    world.devices[2].antenna_gain_mdb = -3000;
    start();
    for (uint32_t i = 0; i < DEVICES; i++) {
        listen(i, 7);
    }
    down(1000, 7, 27000);
    run();
    int32_t plain_mdbm = 27000 + medium_link_gain_mdb(world.medium, 0, 0);
    cr_expect_eq(medium_link_gain_mdb(world.medium, 0, 1), plain_mdbm - 27000);
    cr_expect_eq(world.at_device[0].verdict.rssi_mdbm, plain_mdbm);
    cr_expect_eq(world.at_device[1].verdict.rssi_mdbm, plain_mdbm + 2150);
    cr_expect_eq(world.at_device[2].verdict.rssi_mdbm, plain_mdbm - 3000);
    up(1, engine_now(world.engine), 7, -90000);
    run();
    cr_expect_eq(world.at_gateway.verdict.rssi_mdbm, -90000, "EIRP holds the device's antenna");
}

/* SX1276 datasheet sections 4.1.1.3 and 4.1.1.6: header mode and LowDataRateOptimize must be the
 * same at both ends; a frame announces neither. */
Test(medium_links, a_receiver_set_up_otherwise_does_not_receive)
{
    static const struct {
        uint8_t sf;
        bool low_data_rate, implicit_header, received;
    } rows[] = { { 11, true, false, true }, { 11, false, false, false }, { 11, true, true, false },
        { 7, false, false, true }, { 7, true, false, false }, { 7, false, true, false } };
    start();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lora_modulation m = modulation(rows[i].sf, false);
        m.low_data_rate = rows[i].low_data_rate;
        m.implicit_header = rows[i].implicit_header;
        medium_transmit_device(
                world.medium, 0, engine_now(world.engine), &m, 14000, content, sizeof content);
        run();
        enum loss_cause cause = rows[i].received ? LOSS_NONE : LOSS_MISMATCH;
        cr_expect_eq(world.at_gateway.count, i + 1, "row %zu", i);
        cr_expect_eq(world.at_gateway.verdict.cause, cause, "row %zu", i);
        cr_expect_eq(world.at_gateway.verdict.header_ok, rows[i].received, "row %zu", i);
        /* The device is set up for what the row has, the frame for what the network sends. */
        struct medium_listening listening = { .frequency_hz = 869525000,
            .bandwidth_hz = 125000,
            .spreading_factor = rows[i].sf,
            .iq_inverted = true,
            .sync_word = 0x34,
            .low_data_rate = rows[i].low_data_rate,
            .implicit_header = rows[i].implicit_header };
        medium_listen(world.medium, 0, engine_now(world.engine), &listening);
        down(engine_now(world.engine), rows[i].sf, 27000);
        run();
        cr_expect_eq(world.at_device[0].count, i + 1, "row %zu", i);
        cr_expect_eq(world.at_device[0].verdict.cause, cause, "row %zu", i);
    }
}

/* 10 ppm of 868.1 MHz are 8681 Hz; of 869.525 MHz 8695 Hz. */
Test(medium_links, a_verdict_states_the_received_carrier_minus_the_receivers_own)
{
    world.devices[0].radio_error_ppb = 10000;
    world.gateways[0].radio_error_ppb = -500;
    start();
    const struct frame *frame = up(0, 1000, 7, -90000);
    cr_expect_eq(frame->clock_error_ppb, 10000);
    listen(0, 7);
    listen(1, 7);
    run();
    cr_expect_eq(world.at_gateway.verdict.frequency_error_hz, 9115, "10.5 ppm");
    down(engine_now(world.engine), 7, 27000);
    run();
    cr_expect_eq(world.at_device[0].verdict.frequency_error_hz, -9130);
    cr_expect_eq(world.at_device[1].verdict.frequency_error_hz, -435);
}

/* "+-31.25 kHz at 125 kHz = +-36.0 ppm at 868.1 MHz (sum of both ends)" */
Test(medium_links, thirty_six_ppm_between_both_ends_are_the_limit)
{
    world.devices[0].radio_error_ppb = 20000;
    world.devices[1].radio_error_ppb = 19900;
    world.gateways[0].radio_error_ppb = -16050;
    start();
    up(0, 1000, 7, -90000);
    run();
    cr_expect_eq(world.at_gateway.count, 0, "not detected: no demodulator is taken");
    cr_expect_eq(world.lost, LOSS_FREQUENCY_OFFSET);
    up(1, engine_now(world.engine), 7, -90000);
    run();
    cr_expect_eq(world.at_gateway.count, 1);
    cr_expect_eq(world.at_gateway.verdict.cause, LOSS_NONE);
    listen(0, 7);
    listen(1, 7);
    down(engine_now(world.engine), 7, 27000); /* 869.525 MHz: 31.25 kHz are 35.94 ppm */
    run();
    cr_expect_eq(world.at_device[0].count, 0);
    cr_expect_eq(world.at_device[1].count, 0);
    cr_expect_eq(world.lost_count, 3);
}

/* 51 bytes at SF12 last 2.465792 s: 80 ppb/s of 868.1 MHz move the carrier by 171.2 Hz, 75 ppb/s by
 * 160.5 Hz; the limit with LDRO is 162.8 Hz. */
Test(medium_links, drift_adds_up_over_the_frame)
{
    world.devices[0].radio_drift_ppb_per_s = 80;
    world.devices[1].radio_drift_ppb_per_s = 75;
    start();
    up(0, 1000, 12, -90000);
    run();
    cr_expect_eq(world.at_gateway.verdict.cause, LOSS_FREQUENCY_OFFSET);
    cr_expect(world.at_gateway.verdict.header_ok);
    up(1, engine_now(world.engine), 12, -90000);
    run();
    cr_expect_eq(world.at_gateway.verdict.cause, LOSS_NONE);
    up(0, engine_now(world.engine), 7, -90000);
    run();
    cr_expect_eq(world.at_gateway.verdict.cause, LOSS_NONE, "a short frame stands the same drift");
}

/* The same drift at both ends moves nothing: 80 ppb/s at the device, none, then 80, then -80 at the
 * gateway. */
Test(medium_links, drift_is_that_of_the_sender_beside_the_receivers)
{
    static const int32_t drifts[] = { 0, 80, -80 };
    for (size_t i = 0; i < sizeof drifts / sizeof drifts[0]; i++) {
        if (i > 0) {
            finish();
            prepare();
        }
        world.devices[0].radio_drift_ppb_per_s = 80;
        world.gateways[0].radio_drift_ppb_per_s = drifts[i];
        start();
        up(0, 1000, 12, -90000);
        run();
        cr_expect_eq(world.at_gateway.verdict.cause, i == 1 ? LOSS_NONE : LOSS_FREQUENCY_OFFSET,
                "%d ppb/s", drifts[i]);
    }
}

/* Foreign stations are sites without a node: no node is attached to them. */
Test(medium_links, a_site_without_a_node_transmits_and_interferes)
{
    start();
    medium_device_attach(world.medium, 2, NULL);
    up(0, 1000, 7, -90000);
    up(2, 2000, 7, -90000);
    run();
    cr_expect_eq(world.at_gateway.count, 2);
    cr_expect_eq(world.at_gateway.verdict.cause, LOSS_INTERFERENCE);
    cr_expect_eq(world.lost_count, 2);
}

/* --- spreading factors ------------------------------------------------------------------------ */

static unsigned lost_of_sf12_under_sf7(enum interference_model model)
{
    world.params.reception.interference = model;
    start();
    sim_ns begin_ns = engine_now(world.engine) + 1000;
    const struct frame *slow = up(0, begin_ns, 12, -130000);
    for (sim_ns at_ns = begin_ns; at_ns < slow->end_ns; at_ns += 200 * SIM_NS_PER_MS) {
        up(1, at_ns, 7, -100000); /* 30 dB stronger */
    }
    run();
    return world.lost_count;
}

Test(medium_links, sf12_under_sf7_survives_orthogonality)
{
    cr_expect_eq(lost_of_sf12_under_sf7(INTERFERENCE_CAPTURE), 0);
}

Test(medium_links, sf12_under_30_db_of_sf7_survives_goursaud)
{
    cr_expect_eq(lost_of_sf12_under_sf7(INTERFERENCE_GOURSAUD), 0);
}

Test(medium_links, sf12_under_30_db_of_sf7_is_lost_by_croce)
{
    cr_expect_eq(lost_of_sf12_under_sf7(INTERFERENCE_CROCE), 1);
    cr_expect_eq(world.lost, LOSS_INTERFERENCE);
}

/* A frame of another SF that ended while a longer one was on the air is remembered until the longer
 * one ends, 2 s later. */
Test(medium_links, ended_frames_of_other_spreading_factors_are_remembered)
{
    world.params.reception.interference = INTERFERENCE_CROCE;
    start();
    const struct frame *slow = up(0, 1000, 12, -130000);
    const struct frame *quick = up(1, 1000 + SIM_NS_PER_S / 5, 7, -80000);
    cr_expect_lt(quick->end_ns, slow->start_ns + SIM_NS_PER_S / 2);
    run();
    cr_expect_eq(world.lost_count, 1);
    cr_expect_eq(world.lost, LOSS_INTERFERENCE);
}

/* --- interferers ------------------------------------------------------------------------------ */

/* Until the medium is created. */
static void emit(const struct interferer_params *interferer)
{
    world.params.interferers = interferer;
    world.params.interferer_count = 1;
}

/* Noise at the gateway with a part of an interferer's power; the law is that of 1 km. */
static double noise_with_mw(double eirp_dbm, double part)
{
    double loss_db = path_loss_db(&world.params.propagation, 30, 1.5, 1000);
    return pow(10, -117.031 / 10) + part * pow(10, (eirp_dbm - loss_db) / 10);
}

/* A carrier in the band whose power at the gateway is the law's: the noise rises by it, by hand. */
Test(medium_links, a_continuous_interferer_adds_its_power_to_the_noise)
{
    struct interferer_params interferer = {
        .frequency_hz = 868100000, .eirp_mdbm = 40000, .x_m = 2000, .height_m = 1.5
    };
    emit(&interferer);
    world.gateways[0].antenna_gain_mdb = 3000;
    start();
    up(0, 1000, 7, -80000);
    run();
    double noise_mw = noise_with_mw(40 + 3, 1.0);
    cr_expect_eq(world.at_gateway.count, 1);
    cr_expect_float_eq(world.at_gateway.verdict.snr_mdb, -80000 - 10000 * log10(noise_mw), 3);
    /* 20 dB under this noise SF7 is not even detected; without it, it would be received. */
    up(0, engine_now(world.engine), 7, (int32_t)lround(10000 * log10(noise_mw)) - 20000);
    run();
    cr_expect_eq(world.at_gateway.count, 1);
    cr_expect_eq(world.lost, LOSS_INTERFERENCE);
}

Test(medium_links, an_interferer_off_the_channel_does_nothing)
{
    struct interferer_params interferer = { .frequency_hz = 868300000,
        .bandwidth_hz = 100000,
        .eirp_mdbm = 30000,
        .x_m = 900,
        .height_m = 1.5 };
    emit(&interferer);
    start();
    up(0, 1000, 7, -110000);
    run();
    cr_expect_eq(world.at_gateway.verdict.cause, LOSS_NONE);
    cr_expect_eq(world.at_gateway.verdict.snr_mdb, -110000 + 117031);
}

/* Spread over 500 kHz, a quarter of its power falls into the channel. */
Test(medium_links, an_interferer_wider_than_the_channel_adds_its_share)
{
    struct interferer_params interferer = { .frequency_hz = 868100000,
        .bandwidth_hz = 500000,
        .eirp_mdbm = 40000,
        .x_m = 2000,
        .height_m = 1.5 };
    emit(&interferer);
    start();
    up(0, 1000, 7, -60000);
    run();
    double noise_mw = noise_with_mw(40, 0.25);
    cr_expect_float_eq(world.at_gateway.verdict.snr_mdb, -60000 - 10000 * log10(noise_mw), 3);
}

/* SNR after a frame of -80 dBm during which a tone of -100 dBm was on for a while. */
static int32_t snr_with_tone_mdb(bool in_header, bool in_payload)
{
    struct medium_jammer tone = {
        .emitter = { .frequency_hz = 868100000 },
        .received = true,
        .received_mdbm = -100000,
    };
    const struct frame *frame = up(0, engine_now(world.engine) + 1000, 7, -80000);
    engine_run(world.engine, in_header ? frame->preamble_end_ns : frame->header_ns);
    medium_jammer_start(world.medium, 1, &tone);
    engine_run(world.engine, in_payload ? frame->end_ns : frame->header_ns);
    medium_jammer_stop(world.medium, 1);
    run();
    cr_assert_eq(world.at_gateway.verdict.cause, LOSS_NONE);
    return world.at_gateway.verdict.snr_mdb;
}

/* The SNR that a receiver states is that of the payload. */
Test(medium_links, a_burst_counts_in_the_part_of_the_frame_that_it_meets)
{
    start();
    double noise_mw = pow(10, -117.031 / 10) + pow(10, -100.0 / 10);
    cr_expect_eq(snr_with_tone_mdb(true, false), -80000 + 117031, "in the header alone");
    double payload_mdb = snr_with_tone_mdb(false, true);
    cr_expect_float_eq(payload_mdb, -80000 - 10000 * log10(noise_mw), 3);
    cr_expect_eq(snr_with_tone_mdb(true, true), payload_mdb);
}

/* On for half of the time, in periods much shorter than a frame: the mean noise is half. */
Test(medium_links, an_interferer_counts_for_the_time_that_it_is_on)
{
    struct interferer_params interferer = { .frequency_hz = 868100000,
        .eirp_mdbm = 10000,
        .x_m = 2000,
        .height_m = 1.5,
        .mean_on_ns = 10000,
        .mean_off_ns = 10000,
        .statistics = INTERFERER_PERIODIC };
    emit(&interferer);
    start();
    up(0, 1000, 12, -80000);
    run();
    double noise_mw = noise_with_mw(10, 0.5);
    cr_expect_float_eq(world.at_gateway.verdict.snr_mdb, -80000 - 10000 * log10(noise_mw), 5);
}

Test(medium_links, walls_shield_a_device_from_an_interferer_outside)
{
    struct interferer_params interferer = {
        .frequency_hz = 869525000, .eirp_mdbm = 10000, .x_m = 1500, .height_m = 30
    };
    emit(&interferer);
    world.devices[1].penetration_db = 15;
    start();
    listen(0, 7);
    listen(1, 7);
    down(1000, 7, 40000);
    run();
    double loss_db = path_loss_db(&world.params.propagation, 30, 1.5, 1500);
    for (uint32_t i = 0; i < 2; i++) {
        double outside_mw = pow(10, (10 - loss_db - world.devices[i].penetration_db) / 10);
        double noise_mdbm = 10000 * log10(pow(10, -117.031 / 10) + outside_mw);
        const struct verdict *verdict = &world.at_device[i].verdict;
        cr_expect_float_eq(verdict->rssi_mdbm - verdict->snr_mdb, noise_mdbm, 3);
    }
}

/* --- fading over a coherence time ---------------------------------------------------------------
 */

Test(medium_links, within_a_coherence_time_both_directions_fade_alike)
{
    world.params.fading =
            (struct fading_params){ .model = FADING_RAYLEIGH, .coherence_ns = 60 * SIM_NS_PER_S };
    start();
    listen(0, 7);
    up(0, 1000, 7, -50000);
    run();
    down(engine_now(world.engine), 7, 60000);
    run();
    int32_t up_fading_mdb = world.at_gateway.verdict.rssi_mdbm + 50000;
    int32_t down_fading_mdb =
            world.at_device[0].verdict.rssi_mdbm - 60000 - medium_link_gain_mdb(world.medium, 0, 0);
    cr_expect_eq(up_fading_mdb, down_fading_mdb);
    engine_run(world.engine, 61 * SIM_NS_PER_S);
    up(0, engine_now(world.engine), 7, -50000);
    run();
    cr_expect_neq(world.at_gateway.verdict.rssi_mdbm + 50000, up_fading_mdb, "another block");
}

/* --- channel activity ---------------------------------------------------------------------------
 */

static bool active(uint32_t device, uint8_t sf, bool downlink, sim_ns from_ns, sim_ns to_ns)
{
    struct lora_modulation m = modulation(sf, downlink);
    struct medium_listening listening = { .frequency_hz = m.frequency_hz,
        .bandwidth_hz = m.bandwidth_hz,
        .spreading_factor = m.spreading_factor,
        .iq_inverted = m.iq_inverted };
    return medium_channel_active(world.medium, device, &listening, from_ns, to_ns);
}

Test(medium_links, cad_finds_a_downlink_while_it_is_on_the_air)
{
    start();
    sim_ns ms = SIM_NS_PER_MS;
    const struct frame *frame = down(100 * ms, 7, 27000);
    engine_run(world.engine, 101 * ms);
    cr_expect(active(0, 7, true, 99 * ms, 101 * ms));
    cr_expect_not(active(0, 7, true, 98 * ms, 100 * ms), "before it");
    cr_expect_not(active(0, 8, true, 99 * ms, 101 * ms), "another SF");
    cr_expect_not(active(0, 7, false, 99 * ms, 101 * ms), "another channel and polarity");
    engine_run(world.engine, frame->end_ns + ms);
    cr_expect(active(0, 7, true, frame->end_ns - ms, frame->end_ns + ms), "its end");
    cr_expect_not(active(0, 7, true, frame->end_ns, frame->end_ns + ms));
}

/* Where a header has even odds to be read, some 4.6 dB under the sensitivity of -123 dBm. */
Test(medium_links, cad_needs_the_demodulation_threshold)
{
    start();
    int32_t gain_mdb = medium_link_gain_mdb(world.medium, 0, 0);
    struct judge_tables *tables = judge_tables_create(&world.params.reception);
    struct frame frame = { .modulation = modulation(7, true), .size = 51 };
    struct judge_frame judged;
    judge_frame_init(&judged, tables, 1, RECEIVER_SX1276, &frame);
    for (int32_t below_mdb = 0; below_mdb <= 1; below_mdb++) {
        sim_ns now_ns = engine_now(world.engine);
        down(now_ns, 7, judged.detect_mdbm - below_mdb - gain_mdb);
        cr_expect_eq(active(0, 7, true, now_ns, now_ns + SIM_NS_PER_MS), below_mdb == 0);
        run();
    }
    cr_expect_float_eq(judged.detect_mdbm, -127600, 50);
    judge_tables_destroy(tables);
}

/* Another device's uplink comes over the law between the two, through both walls. */
Test(medium_links, cad_finds_uplinks_of_other_devices_by_their_distance)
{
    world.devices[1].x_m = 300;
    world.devices[2].x_m = 300;
    world.devices[2].penetration_db = 20;
    start();
    sim_ns ms = SIM_NS_PER_MS;
    struct lora_modulation m = modulation(7, false);
    double loss_db = path_loss_between_db(&world.params.propagation, 1.5, 1.5, 300);
    int32_t power_mdbm = (int32_t)lround(1000 * loss_db) - 123000;
    medium_transmit_device(world.medium, 0, 100 * ms, &m, power_mdbm, content, 51);
    engine_run(world.engine, 101 * ms);
    cr_expect(active(1, 7, false, 100 * ms, 101 * ms));
    cr_expect_not(active(2, 7, false, 100 * ms, 101 * ms), "20 dB of wall");
    cr_expect_not(active(0, 7, false, 100 * ms, 101 * ms), "its own");
}

/* A frame that was aborted is no activity any more. */
Test(medium_links, cad_does_not_find_what_left_the_air)
{
    start();
    sim_ns ms = SIM_NS_PER_MS;
    const struct frame *frame = down(100 * ms, 7, 27000);
    engine_run(world.engine, 110 * ms);
    medium_abort(world.medium, frame, 110 * ms);
    cr_expect(active(0, 7, true, 109 * ms, 111 * ms));
    cr_expect_not(active(0, 7, true, 110 * ms, 112 * ms));
}

Test(medium_links, cad_does_not_see_through_an_interferer)
{
    struct interferer_params interferer = {
        .frequency_hz = 869525000, .eirp_mdbm = 20000, .x_m = 50, .height_m = 10
    };
    emit(&interferer);
    start();
    int32_t gain_mdb = medium_link_gain_mdb(world.medium, 0, 0);
    down(1000, 7, -110000 - gain_mdb);
    engine_run(world.engine, 2000);
    cr_expect_not(active(0, 7, true, 1000, SIM_NS_PER_MS));
}
