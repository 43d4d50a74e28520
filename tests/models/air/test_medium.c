/* Which station hears which frame: listening, locks, late listeners, overlaps, aborts.
 * SPDX-License-Identifier: MIT
 *
 * Method: one frame or two at hand-computed times; symbols last 1.024 ms, and a receiver needs 5 of
 * the 8 programmed ones, so it may come 3 symbols late.
 */
#include <math.h>

#include "medium_fixture.h"

#define START_NS  (10 * SIM_NS_PER_MS)
#define STRONG    14000 /* some -112 dBm at 1 km: far above the sensitivity of -123 */
#define LISTEN_NS SIM_NS_PER_MS

static struct air_world *world;

static void create_world(void)
{
    world = air_world_create(FADING_NONE);
}

static void destroy_world(void)
{
    air_world_destroy(world);
}

TestSuite(medium, .init = create_world, .fini = destroy_world);

static void run(void)
{
    engine_run(world->engine, engine_now(world->engine) + 20 * SIM_NS_PER_S);
}

Test(medium, listener_detects_after_five_symbols_and_receives_at_the_end)
{
    fixture_listen(world, 5, LISTEN_NS);
    const struct frame *frame = fixture_send(world, 0, START_NS, STRONG);
    cr_expect_eq(frame->end_ns - START_NS, lora_time_on_air_ns(&frame->modulation, 20));
    run();
    const struct heard_record *detected = fixture_find(world, HEARD_DETECTED, 5, frame->id);
    cr_assert_not_null(detected);
    cr_expect_eq(detected->at_ns, START_NS + 5 * SYMBOL_NS);
    fixture_expect_received(world, 5, frame);
    cr_expect_eq(world->log_count, 2, "no other station is told");
    cr_expect_eq(medium_deliveries(world->medium), 1);
}

Test(medium, frame_costs_three_events_however_many_listen)
{
    for (uint32_t device = 0; device < WORLD_DEVICES; device++) {
        fixture_listen(world, device, LISTEN_NS);
    }
    fixture_send(world, 0, START_NS, STRONG);
    run();
    cr_expect_eq(engine_event_count(world->engine), 3);
    cr_expect_eq(medium_deliveries(world->medium), WORLD_DEVICES);
}

Test(medium, receivers_are_served_in_entity_order_whatever_order_they_came_in)
{
    for (uint32_t i = 0; i < WORLD_DEVICES; i++) {
        fixture_listen(world, (i * 37 + 11) % WORLD_DEVICES, LISTEN_NS);
    }
    fixture_send(world, 0, START_NS, STRONG);
    run();
    cr_assert_eq(world->log_count, 2 * WORLD_DEVICES);
    for (uint32_t i = 0; i < WORLD_DEVICES; i++) {
        cr_expect_eq(world->log[i].receiver, i);
        cr_expect_eq(world->log[WORLD_DEVICES + i].receiver, i);
    }
}

Test(medium, other_frequency_sf_bandwidth_polarity_or_sync_word_hears_nothing)
{
    for (uint32_t device = 0; device < 5; device++) {
        struct medium_listening listening = fixture_listening();
        listening.frequency_hz += device == 0 ? 200000 : 0;
        listening.spreading_factor = device == 1 ? 8 : 7;
        listening.bandwidth_hz *= device == 2 ? 2 : 1;
        listening.iq_inverted = device != 3;
        listening.sync_word = device == 4 ? 0x12 : 0x34;
        medium_listen(world->medium, device, LISTEN_NS, &listening);
    }
    fixture_send(world, 0, START_NS, STRONG);
    run();
    cr_expect_eq(world->log_count, 0);
}

Test(medium, weak_frame_is_lost_below_sensitivity)
{
    fixture_listen(world, 5, LISTEN_NS);
    int32_t gain_mdb = medium_link_gain_mdb(world->medium, 0, 5);
    cr_expect_eq(gain_mdb, -125993, "Hata at 1 km: %d", gain_mdb);
    double x_m, y_m; /* a place without a device has the gain that a device there has */
    medium_device_place(world->medium, 5, &x_m, &y_m);
    cr_expect_eq(medium_gain_at_mdb(world->medium, 0, x_m, y_m, 1.5), gain_mdb);
    cr_expect(medium_gain_at_mdb(world->medium, 0, x_m, y_m, 3) > gain_mdb);
    const struct frame *frame = fixture_send(world, 0, START_NS, -132000 - gain_mdb);
    /* More than 6 dB too weak, and far beyond what any fade would lift. */
    const struct frame *weaker =
            fixture_send(world, 0, START_NS + SIM_NS_PER_S, -136000 - gain_mdb);
    const struct frame *nothing =
            fixture_send(world, 0, START_NS + 2 * SIM_NS_PER_S, -180000 - gain_mdb);
    run();
    fixture_expect_lost(world, 5, frame, LOSS_BELOW_SENSITIVITY);
    cr_expect_null(fixture_find(world, HEARD_LOST, 5, weaker->id), "a loss that is not told");
    cr_expect_null(fixture_find(world, HEARD_LOST, 5, nothing->id), "far beyond the cut-off");
}

/* --- late listeners --------------------------------------------------------------------------- */

Test(medium, listener_may_come_three_symbols_late)
{
    fixture_listen(world, 5, LISTEN_NS);
    fixture_listen(world, 7, LISTEN_NS);
    const struct frame *frame = fixture_send(world, 0, START_NS, STRONG);
    engine_run(world->engine, START_NS + SIM_NS_PER_MS);
    fixture_listen(world, 6, START_NS + 3 * SYMBOL_NS); /* local time ahead of the engine's */
    fixture_listen(world, 4, START_NS + 2 * SYMBOL_NS);
    run();
    const struct heard_record *detected = fixture_find(world, HEARD_DETECTED, 6, frame->id);
    cr_assert_not_null(detected);
    cr_expect_eq(detected->at_ns, START_NS + 8 * SYMBOL_NS);
    cr_expect_eq(
            fixture_find(world, HEARD_DETECTED, 4, frame->id)->at_ns, START_NS + 7 * SYMBOL_NS);
    uint32_t order = 4; /* the late ones are served in their turn */
    for (uint32_t i = 0; i < world->log_count; i++) {
        if (world->log[i].what == HEARD_ENDED) {
            cr_expect_eq(world->log[i].receiver, order++);
        }
    }
    cr_expect_eq(order, 8);
}

Test(medium, listener_later_than_that_misses_the_preamble)
{
    const struct frame *frame = fixture_send(world, 0, START_NS, STRONG);
    engine_run(world->engine, START_NS + SIM_NS_PER_MS);
    fixture_listen(world, 6, START_NS + 3 * SYMBOL_NS + 1);
    run();
    fixture_expect_lost(world, 6, frame, LOSS_PREAMBLE_MISSED);
    cr_expect_null(fixture_find(world, HEARD_ENDED, 6, frame->id));
}

/* A preamble of 16 symbols can be joined after its detection. */
Test(medium, long_preamble_is_joined_after_the_detect_event)
{
    struct lora_modulation m = fixture_downlink();
    m.preamble_symbols = 16;
    uint8_t bytes[4] = { 1, 2, 3, 4 };
    const struct frame *frame =
            medium_transmit_gateway(world->medium, 0, START_NS, &m, STRONG, bytes, 4);
    engine_run(world->engine, START_NS + 10 * SYMBOL_NS);
    fixture_listen(world, 6, START_NS + 11 * SYMBOL_NS);
    fixture_listen(world, 8, START_NS + 11 * SYMBOL_NS + 1);
    fixture_listen(world, 9, START_NS + 10 * SYMBOL_NS);
    fixture_listen(world, 9, START_NS + 11 * SYMBOL_NS); /* opened again: counts from here */
    run();
    fixture_expect_received(world, 6, frame);
    fixture_expect_received(world, 9, frame);
    fixture_expect_lost(world, 8, frame, LOSS_PREAMBLE_MISSED);
    cr_expect_eq(
            fixture_find(world, HEARD_DETECTED, 6, frame->id)->at_ns, START_NS + 16 * SYMBOL_NS);
    cr_expect_eq(
            fixture_find(world, HEARD_DETECTED, 9, frame->id)->at_ns, START_NS + 16 * SYMBOL_NS);
}

Test(medium, silent_listener_is_spared_the_detection)
{
    struct medium_listening listening = fixture_listening();
    listening.silent_detect = true;
    medium_listen(world->medium, 5, LISTEN_NS, &listening);
    const struct frame *frame = fixture_send(world, 0, START_NS, STRONG);
    run();
    cr_expect_null(fixture_find(world, HEARD_DETECTED, 5, frame->id));
    fixture_expect_received(world, 5, frame);
}

/* --- closing ---------------------------------------------------------------------------------- */

Test(medium, receiver_that_closes_before_the_end_loses_the_frame)
{
    for (uint32_t device = 0; device < 4; device++) {
        fixture_listen(world, device, LISTEN_NS);
    }
    const struct frame *frame = fixture_send(world, 0, START_NS, STRONG);
    engine_run(world->engine, frame->end_ns - SIM_NS_PER_MS / 2);
    medium_unlisten(world->medium, 0, frame->end_ns - 1);
    medium_unlisten(world->medium, 1, frame->end_ns);
    fixture_listen(world, 2, frame->end_ns - 1); /* opened again */
    struct medium_listening elsewhere = fixture_listening();
    elsewhere.frequency_hz = 868100000;
    medium_listen(world->medium, 3, frame->end_ns + 1, &elsewhere);
    run();
    fixture_expect_lost(world, 0, frame, LOSS_RADIO_BUSY);
    fixture_expect_received(world, 1, frame);
    fixture_expect_lost(world, 2, frame, LOSS_RADIO_BUSY);
    fixture_expect_received(world, 3, frame);
    for (uint32_t device = 0; device < 4; device += 2) {
        cr_expect_null(fixture_find(world, HEARD_ENDED, device, frame->id), "without a call");
    }
}

Test(medium, receiver_that_has_closed_in_its_local_future_does_not_lock)
{
    for (uint32_t device = 0; device < 3; device++) {
        fixture_listen(world, device, LISTEN_NS);
    }
    const struct frame *frame = fixture_send(world, 0, START_NS, STRONG);
    engine_run(world->engine, frame->detect_ns - 1);
    medium_unlisten(world->medium, 0, frame->detect_ns + 500);
    medium_unlisten(world->medium, 1, frame->detect_ns); /* not listening any more by then */
    medium_unlisten(world->medium, 2, frame->end_ns);    /* until the very end */
    run();
    fixture_expect_received(world, 2, frame);
    cr_expect_null(fixture_find(world, HEARD_LOST, 1, frame->id));
    fixture_expect_lost(world, 0, frame, LOSS_RADIO_BUSY);
    cr_expect_null(fixture_find(world, HEARD_DETECTED, 0, frame->id));
    cr_expect_null(fixture_find(world, HEARD_DETECTED, 1, frame->id));
    const struct frame *next =
            fixture_send(world, 0, engine_now(world->engine) + SIM_NS_PER_S, STRONG);
    uint32_t before = world->log_count;
    run();
    cr_expect_eq(
            world->log_count, before, "both stay closed for %llx", (unsigned long long)next->id);
}

/* --- overlaps --------------------------------------------------------------------------------- */

static const int32_t weaker = STRONG - 6001;

Test(medium, locked_receiver_keeps_its_frame_over_a_weaker_later_one)
{
    fixture_listen(world, 5, LISTEN_NS);
    const struct frame *first = fixture_send(world, 0, START_NS, STRONG);
    const struct frame *second = fixture_send(world, 1, START_NS + 20 * SYMBOL_NS, weaker);
    run();
    fixture_expect_received(world, 5, first);
    fixture_expect_lost(world, 5, second, LOSS_RECEIVER_LOCKED_ELSEWHERE);
}

Test(medium, later_frame_within_capture_destroys_and_is_not_heard_itself)
{
    fixture_listen(world, 5, LISTEN_NS);
    const struct frame *first = fixture_send(world, 0, START_NS, STRONG);
    const struct frame *second = fixture_send(world, 1, START_NS + 20 * SYMBOL_NS, STRONG + 9000);
    run();
    fixture_expect_lost(world, 5, first, LOSS_INTERFERENCE);
    fixture_expect_lost(world, 5, second, LOSS_RECEIVER_LOCKED_ELSEWHERE);
    const struct heard_record *ended = fixture_find(world, HEARD_ENDED, 5, first->id);
    cr_expect(!ended->bytes_good && !ended->bytes_bad, "the header was hit");
}

Test(medium, interference_after_the_header_leaves_wrong_bytes)
{
    fixture_listen(world, 5, LISTEN_NS);
    const struct frame *first = fixture_send(world, 0, START_NS, STRONG);
    fixture_send(world, 1, first->header_ns + SYMBOL_NS, STRONG);
    run();
    fixture_expect_lost(world, 5, first, LOSS_INTERFERENCE);
    cr_expect(fixture_find(world, HEARD_ENDED, 5, first->id)->bytes_bad);
    cr_expect_eq(medium_deliveries(world->medium), 1);
}

Test(medium, stronger_frame_that_starts_before_the_lock_wins)
{
    fixture_listen(world, 5, LISTEN_NS);
    const struct frame *first = fixture_send(world, 0, START_NS, STRONG - 6000);
    const struct frame *second = fixture_send(world, 1, START_NS + 4 * SYMBOL_NS, STRONG);
    run();
    fixture_expect_lost(world, 5, first, LOSS_PREAMBLE_MISSED);
    fixture_expect_received(world, 5, second);
}

Test(medium, equal_frames_at_one_time_destroy_each_other)
{
    fixture_listen(world, 5, LISTEN_NS);
    const struct frame *first = fixture_send(world, 0, START_NS, STRONG);
    const struct frame *second = fixture_send(world, 1, START_NS, STRONG);
    run();
    fixture_expect_lost(world, 5, first, LOSS_INTERFERENCE);
    fixture_expect_lost(world, 5, second, LOSS_RECEIVER_LOCKED_ELSEWHERE);
}

Test(medium, receiver_catches_a_preamble_that_outlasts_its_frame_by_five_symbols)
{
    fixture_listen(world, 5, LISTEN_NS);
    const struct frame *first = fixture_send(world, 0, START_NS, STRONG);
    sim_ns end_ns = first->end_ns;
    const struct frame *second =
            fixture_send(world, 1, end_ns - 3 * SYMBOL_NS, weaker); /* detect event after */
    run();
    fixture_expect_received(world, 5, first);
    fixture_expect_received(world, 5, second);
    cr_expect_eq(fixture_find(world, HEARD_DETECTED, 5, second->id)->at_ns, end_ns + 5 * SYMBOL_NS);
}

Test(medium, receiver_misses_a_preamble_that_does_not)
{
    fixture_listen(world, 5, LISTEN_NS);
    const struct frame *first = fixture_send(world, 0, START_NS, STRONG);
    const struct frame *second = fixture_send(world, 1, first->end_ns - 3 * SYMBOL_NS - 1, weaker);
    run();
    fixture_expect_received(world, 5, first);
    fixture_expect_lost(world, 5, second, LOSS_PREAMBLE_MISSED);
}

/* 20 symbols: 15 may pass while the receiver is locked elsewhere. */
static const struct frame *send_long_preamble(sim_ns start_ns)
{
    struct lora_modulation m = fixture_downlink();
    m.preamble_symbols = 20;
    uint8_t bytes[4] = { 1, 2, 3, 4 };
    return medium_transmit_gateway(world->medium, 1, start_ns, &m, weaker, bytes, sizeof bytes);
}

Test(medium, long_preamble_that_began_while_locked_is_caught_after_the_first_frame)
{
    fixture_listen(world, 5, LISTEN_NS);
    const struct frame *first = fixture_send(world, 0, START_NS, STRONG);
    const struct frame *second = send_long_preamble(first->end_ns - 15 * SYMBOL_NS);
    run();
    fixture_expect_received(world, 5, first);
    fixture_expect_received(world, 5, second);
}

Test(medium, long_preamble_that_ends_too_soon_is_lost_to_the_lock)
{
    fixture_listen(world, 5, LISTEN_NS);
    const struct frame *first = fixture_send(world, 0, START_NS, STRONG);
    const struct frame *second = send_long_preamble(first->end_ns - 15 * SYMBOL_NS - 1);
    run();
    fixture_expect_received(world, 5, first);
    fixture_expect_lost(world, 5, second, LOSS_RECEIVER_LOCKED_ELSEWHERE);
}

/* --- aborts ----------------------------------------------------------------------------------- */

Test(medium, aborted_frame_reaches_no_receiver_and_stops_interfering)
{
    fixture_listen(world, 5, LISTEN_NS);
    const struct frame *first = fixture_send(world, 0, START_NS, STRONG);
    engine_run(world->engine, START_NS + 15 * SYMBOL_NS);
    medium_abort(world->medium, first, START_NS + 16 * SYMBOL_NS);
    run();
    fixture_expect_lost(world, 5, first, LOSS_POWERED_DOWN);
    cr_expect_null(fixture_find(world, HEARD_DETECTED, 6, first->id));

    sim_ns start_ns = engine_now(world->engine) + SIM_NS_PER_MS;
    const struct frame *never = fixture_send(world, 0, start_ns, STRONG);
    medium_abort(world->medium, never, start_ns);
    const struct frame *second = fixture_send(world, 1, start_ns + SYMBOL_NS, STRONG);
    run();
    fixture_expect_received(world, 5, second);
    cr_expect_null(fixture_find(world, HEARD_LOST, 5, never->id));
}

Test(medium, frame_aborted_in_its_preamble_is_not_detected)
{
    fixture_listen(world, 5, LISTEN_NS);
    const struct frame *frame = fixture_send(world, 0, START_NS, STRONG);
    engine_run(world->engine, START_NS + SYMBOL_NS);
    medium_abort(world->medium, frame, START_NS + 5 * SYMBOL_NS); /* the instant of detection */
    const struct frame *second = fixture_send(world, 1, START_NS + 6 * SYMBOL_NS, STRONG);
    run();
    cr_expect_null(fixture_find(world, HEARD_DETECTED, 5, frame->id));
    fixture_expect_received(world, 5, second);
}

Test(medium, frame_aborted_at_its_very_end_is_whole)
{
    fixture_listen(world, 5, LISTEN_NS);
    const struct frame *frame = fixture_send(world, 0, START_NS, STRONG);
    engine_run(world->engine, frame->end_ns - 1);
    medium_abort(world->medium, frame, frame->end_ns);
    run();
    fixture_expect_received(world, 5, frame);
}

/* At 62.5 kHz a frame of SF12 lasts twice as long as any at 125 kHz. What destroyed it just after
 * its header is over for 20 s when it ends, and others have been sent since. */
Test(medium, frame_matters_until_a_longer_one_that_it_met_has_ended)
{
    static const uint8_t bytes[255] = { 0x60 };
    struct lora_modulation m = fixture_downlink();
    struct medium_listening listening = fixture_listening();
    m.spreading_factor = listening.spreading_factor = 12;
    m.bandwidth_hz = listening.bandwidth_hz = 62500;
    m.low_data_rate = listening.low_data_rate = true;
    m.coding_rate = 4;
    medium_listen(world->medium, 5, LISTEN_NS, &listening);
    const struct frame *slow =
            medium_transmit_gateway(world->medium, 0, START_NS, &m, STRONG, bytes, sizeof bytes);
    const struct frame *loud = medium_transmit_gateway(
            world->medium, 1, slow->header_ns + SIM_NS_PER_S, &m, STRONG + 9000, bytes, 1);
    cr_assert_gt(slow->end_ns - loud->end_ns, 20 * SIM_NS_PER_S);
    engine_run(world->engine, slow->end_ns - SIM_NS_PER_S);
    for (unsigned i = 0; i < 3; i++) {
        fixture_send(world, 2, engine_now(world->engine) + i * 100 * SIM_NS_PER_MS, -60000);
    }
    run();
    fixture_expect_lost(world, 5, slow, LOSS_INTERFERENCE);
}

Test(medium, frames_keep_for_the_longest_frame_time_and_slots_serve_again)
{
    const struct frame *first = fixture_send(world, 0, START_NS, STRONG);
    uint64_t id = first->id;
    engine_run(world->engine, first->end_ns + 14 * SIM_NS_PER_S);
    cr_expect_neq(fixture_send(world, 0, engine_now(world->engine), STRONG), first);
    cr_expect_eq(first->id, id);
    engine_run(world->engine, engine_now(world->engine) + SIM_NS_PER_S);
    cr_expect_eq(fixture_send(world, 0, engine_now(world->engine), STRONG), first);
    cr_expect_eq(first->id, id + 2, "frames of one sender are counted");
    cr_expect_eq(id, (uint64_t)world->first_gateway << 32);
}

/* --- uplinks ---------------------------------------------------------------------------------- */

Test(medium, uplink_reaches_every_gateway_in_range_and_no_device_that_waits_for_a_downlink)
{
    struct medium_listening listening = fixture_listening();
    listening.frequency_hz = 868100000;
    medium_listen(world->medium, 6, LISTEN_NS, &listening);
    const struct frame *frame = fixture_uplink_send(world, 5, START_NS, STRONG);
    run();
    for (uint32_t gateway = 0; gateway < 2; gateway++) {
        fixture_expect_received(world, 1000 + gateway, frame);
        cr_expect_eq(fixture_find(world, HEARD_DETECTED, 1000 + gateway, frame->id)->at_ns,
                START_NS + 5 * SYMBOL_NS);
    }
    fixture_expect_lost(world, 1002, frame, LOSS_BELOW_SENSITIVITY); /* 3 km: -128.7 dBm */
    cr_expect_null(fixture_find(world, HEARD_ENDED, 6, frame->id));
}

Test(medium, refused_lock_is_a_loss_with_the_gateways_reason)
{
    world->refuse_locks = true;
    const struct frame *frame = fixture_uplink_send(world, 5, START_NS, STRONG);
    run();
    fixture_expect_lost(world, 1000, frame, LOSS_RECEIVER_LOCKED_ELSEWHERE);
    cr_expect_null(fixture_find(world, HEARD_ENDED, 1000, frame->id));
}

Test(medium, gateway_that_transmits_loses_what_it_was_receiving)
{
    const struct frame *uplink = fixture_uplink_send(world, 5, START_NS, STRONG);
    fixture_send(world, 0, START_NS + 20 * SYMBOL_NS, STRONG);
    run();
    fixture_expect_lost(world, 1000, uplink, LOSS_RADIO_BUSY);
    const struct heard_record *ended = fixture_find(world, HEARD_ENDED, 1000, uplink->id);
    cr_assert_not_null(ended, "every lock is ended");
    cr_expect(!ended->bytes_good && !ended->bytes_bad);
    fixture_expect_received(world, 1001, uplink);
}

Test(medium, gateway_that_has_transmitted_may_come_three_symbols_late)
{
    const struct frame *downlink = fixture_send(world, 0, START_NS, STRONG);
    const struct frame *caught =
            fixture_uplink_send(world, 5, downlink->end_ns - 3 * SYMBOL_NS, STRONG);
    run();
    fixture_expect_received(world, 1000, caught);
    cr_expect_eq(fixture_find(world, HEARD_DETECTED, 1000, caught->id)->at_ns,
            downlink->end_ns + 5 * SYMBOL_NS);

    sim_ns start_ns = engine_now(world->engine) + SIM_NS_PER_MS;
    downlink = fixture_send(world, 0, start_ns, STRONG);
    const struct frame *missed =
            fixture_uplink_send(world, 5, downlink->end_ns - 3 * SYMBOL_NS - 1, STRONG);
    run();
    fixture_expect_lost(world, 1000, missed, LOSS_RADIO_BUSY);
    fixture_expect_received(world, 1001, missed);
}

Test(medium, overlapping_uplinks_are_decided_by_capture_at_each_gateway)
{
    const struct frame *strong = fixture_uplink_send(world, 5, START_NS, STRONG);
    const struct frame *weak = fixture_uplink_send(world, 6, START_NS + 9 * SYMBOL_NS, weaker);
    sim_ns later_ns = START_NS + SIM_NS_PER_S;
    const struct frame *one = fixture_uplink_send(world, 5, later_ns, STRONG);
    const struct frame *two = fixture_uplink_send(world, 6, later_ns + SYMBOL_NS, STRONG - 5999);
    run();
    fixture_expect_received(world, 1000, strong);
    fixture_expect_lost(world, 1000, weak, LOSS_INTERFERENCE);
    fixture_expect_lost(world, 1000, one, LOSS_INTERFERENCE);
    fixture_expect_lost(world, 1000, two, LOSS_INTERFERENCE);
}

/* --- fading ----------------------------------------------------------------------------------- */

/* Mean packet error over Exp(1), by a plain sum over the logarithm of the gain. */
static double mean_packet_error(const struct lora_modulation *m, uint16_t size, int32_t median_mdbm)
{
    struct reception_params params = {
        .capture_db = 6, .device_noise_figure_db = 6, .gateway_noise_figure_db = 6
    };
    struct judge_tables *tables = judge_tables_create(&params);
    double mean = 0;
    const double step = 0.01;
    for (double log_gain = -16; log_gain < 3; log_gain += step) {
        double gain = exp(log_gain);
        int32_t snr_mdb = (int32_t)lround(median_mdbm + 10000 * log10(gain) + 117031);
        mean += judge_packet_error(tables, RECEIVER_SX1276, m, size, snr_mdb) * gain * exp(-gain)
                * step;
    }
    judge_tables_destroy(tables);
    return mean;
}

Test(medium, each_rayleigh_link_loses_its_share)
{
    enum {
        FRAMES = 600
    };
    air_world_destroy(world);
    world = air_world_create(FADING_RAYLEIGH);
    struct lora_modulation m = fixture_downlink();
    int32_t median_mdbm = sensitivity_mdbm(sensitivity_table(SENSITIVITY_SX1276), 7, 125000) + 8000;
    double expected = mean_packet_error(&m, 20, median_mdbm);
    double threshold_law = 1 - exp(-pow(10, -0.8)); /* 14.7 % */
    cr_expect(expected > 0.6 * threshold_law && expected < threshold_law, "%g", expected);
    for (uint32_t device = 0; device < WORLD_DEVICES; device++) {
        fixture_listen(world, device, 0);
    }
    int32_t power_mdbm = median_mdbm - medium_link_gain_mdb(world->medium, 0, 0);
    unsigned lost[WORLD_DEVICES] = { 0 }, total = 0;
    for (unsigned i = 0; i < FRAMES; i++) {
        const struct frame *frame =
                fixture_send(world, 0, engine_now(world->engine) + SIM_NS_PER_S, power_mdbm);
        engine_run(world->engine, frame->end_ns);
        for (uint32_t k = 0; k < world->log_count; k++) {
            bool is_loss = world->log[k].what == HEARD_LOST;
            lost[world->log[k].receiver] += is_loss;
            total += is_loss;
            cr_assert(!is_loss || world->log[k].cause == LOSS_FADING);
        }
        world->log_count = 0;
    }
    unsigned outside = 0; /* of the 99 % interval: one in a hundred, 6 or more once in 2000 runs */
    double sigma = sqrt(FRAMES * expected * (1 - expected));
    for (uint32_t device = 0; device < WORLD_DEVICES; device++) {
        outside += fabs(lost[device] - FRAMES * expected) > 2.576 * sigma;
    }
    cr_expect_leq(outside, 5);
    double trials = FRAMES * (double)WORLD_DEVICES;
    cr_expect(fabs(total / trials - expected) < 2.576 * sqrt(expected * (1 - expected) / trials),
            "%g lost, %g by the curve", total / trials, expected);
}

/* --- links ------------------------------------------------------------------------------------ */

Test(medium, shadowing_is_normal_and_one_draw_per_link)
{
    enum {
        COUNT = 2000
    };
    static struct medium_site devices[COUNT];
    struct medium_site gateways[2];
    struct engine *engine = engine_create(5);
    entity_id first = engine_entity_add(engine, COUNT + 2);
    for (uint32_t i = 0; i < COUNT; i++) {
        devices[i] =
                (struct medium_site){ .entity = first + i, .height_m = 1.5, .penetration_db = 10 };
    }
    for (uint32_t i = 0; i < 2; i++) {
        gateways[i] =
                (struct medium_site){ .entity = first + COUNT + i, .x_m = 1000, .height_m = 30 };
    }
    struct medium_params params = {
        .device_power_max_mdbm = 16150,
        .propagation = { .environment = ENVIRONMENT_URBAN,
                .frequency_mhz = 868,
                .shadowing_sigma_db = 6 },
        .reception = { .capture_db = 6, .device_noise_figure_db = 6, .gateway_noise_figure_db = 6 },
    };
    struct medium *two = medium_create(engine, &params, devices, COUNT, &fixture_device_ops,
            gateways, 2, &fixture_gateway_ops);
    double sum = 0, squares = 0, product = 0;
    for (uint32_t i = 0; i < COUNT; i++) {
        double a = medium_link_gain_mdb(two, 0, i) / 1000.0 + 135.993;
        double b = medium_link_gain_mdb(two, 1, i) / 1000.0 + 135.993;
        sum += a + b;
        squares += a * a + b * b;
        product += a * b;
    }
    double mean = sum / (2 * COUNT), sigma = sqrt(squares / (2 * COUNT));
    cr_expect(fabs(mean) < 3.3 * 6 / sqrt(2 * COUNT), "mean %g dB", mean);
    cr_expect(fabs(sigma - 6) < 3.3 * 6 / sqrt(4 * COUNT), "sigma %g dB", sigma);
    cr_expect(fabs(product / COUNT / 36) < 3.3 / sqrt(COUNT), "links are independent");
    struct medium *one = medium_create(
            engine, &params, devices, 100, &fixture_device_ops, gateways, 1, &fixture_gateway_ops);
    cr_expect_eq(medium_link_gain_mdb(one, 0, 99), medium_link_gain_mdb(two, 0, 99),
            "more sites do not shift the draws of others");
    medium_destroy(one);
    medium_destroy(two);
    engine_destroy(engine);
}
