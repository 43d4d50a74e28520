/* Gateways in a small world: demodulators, half duplex, requests and reports, backhaul, duty cycle.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>

#include "gateway_world.h"

TestSuite(gateway, .init = world_default, .fini = world_stop);

/* --- receiving -------------------------------------------------------------------------------- */

Test(gateway, uplink_arrives_with_its_facts_after_the_backhaul)
{
    const struct frame *frame = world_uplink(3, SIM_NS_PER_S, 868300000, 9);
    world_run_to(3 * SIM_NS_PER_S);
    cr_assert_eq(world.uplink_count, 1);
    const struct gateway_uplink *uplink = &world.uplinks[0].uplink;
    cr_expect_eq(world.uplinks[0].at_ns, frame->end_ns + WORLD_LATENCY_NS);
    cr_expect_eq(uplink->end_ns, frame->end_ns);
    cr_expect_eq(uplink->frequency_hz, 868300000);
    cr_expect_eq(uplink->spreading_factor, 9);
    cr_expect_eq(uplink->size, 20);
    cr_expect_eq(uplink->bytes[1], 3);
    cr_expect(uplink->time_known);
    cr_expect_eq(uplink->frame_id, frame->id);
    cr_expect_eq(uplink->rssi_mdbm, 14000 + medium_link_gain_mdb(world.medium, 0, 3));
}

Test(gateway, eight_demodulators_lose_the_ninth_frame)
{
    static const uint32_t channels[3] = { 868100000, 868300000, 868500000 };
    for (uint32_t i = 0; i < 10; i++) { /* ten combinations of channel and SF, no overlap */
        world_uplink(i, SIM_NS_PER_S + i, channels[i % 3], (uint8_t)(12 - i / 3));
    }
    world_run_to(10 * SIM_NS_PER_S);
    cr_expect_eq(world.uplink_count, 8);
    cr_expect_eq(world.lost[LOSS_RECEIVER_LOCKED_ELSEWHERE], 2);
    /* SF9 detects first, SF12 last: two of the three slow ones found no path left. */
    unsigned slow = 0;
    for (uint32_t i = 0; i < world.uplink_count; i++) {
        slow += world.uplinks[i].uplink.spreading_factor == 12;
    }
    cr_expect_eq(slow, 1);
    world_uplink(11, 11 * SIM_NS_PER_S, 868100000, 7);
    world_run_to(20 * SIM_NS_PER_S);
    cr_expect_eq(world.uplink_count, 9, "paths are free again");
    struct gateway_stats stats = world_stats();
    cr_expect_eq(stats.uplinks, 9);
    cr_expect_eq(stats.lost[LOSS_RECEIVER_LOCKED_ELSEWHERE], 2);
}

Test(gateway, hears_its_channels_only)
{
    world_uplink(0, SIM_NS_PER_S, 867100000, 7);
    world_run_to(2 * SIM_NS_PER_S);
    cr_expect_eq(world.uplink_count, 0);
    cr_expect_eq(world.lost[LOSS_PREAMBLE_MISSED], 1);
}

Test(gateway, transmission_aborts_receptions_and_frees_their_demodulators)
{
    world_uplink(0, SIM_NS_PER_S, 868100000, 12); /* 1.3 s */
    struct gateway_tx tx = world_request(1, 1500 * SIM_NS_PER_MS, 7, 20);
    world_submit(&tx);
    const struct frame *deaf = world_uplink(1, 1501 * SIM_NS_PER_MS, 868300000, 7);
    for (uint32_t i = 0; i < 8; i++) { /* after the transmission, while the aborted one goes on */
        world_uplink(2 + i, 1800 * SIM_NS_PER_MS,
                i < 3   ? 868300000
                : i < 6 ? 868500000
                        : 868100000,
                (uint8_t)(7 + (i < 6 ? i % 3 : i - 6)));
    }
    world_run_to(4 * SIM_NS_PER_S);
    world_expect_report(1, 1, GATEWAY_TX_SENT);
    cr_expect_eq(world.lost[LOSS_RADIO_BUSY], 2, "one aborted, one unheard (%llx)",
            (unsigned long long)deaf->id);
    cr_expect_eq(world.uplink_count, 8);
}

/* --- requests --------------------------------------------------------------------------------- */

Test(gateway, request_is_accepted_and_reported_sent_at_its_time)
{
    struct gateway_tx tx = world_request(1, SIM_NS_PER_S, 12, 55);
    world_submit(&tx);
    world_run_to(5 * SIM_NS_PER_S);
    world_expect_report(1, 0, GATEWAY_TX_ACCEPTED);
    world_expect_report(1, 1, GATEWAY_TX_SENT);
    cr_assert_eq(world.report_count, 2);
    cr_expect_eq(world.reports[0].at_ns, 2 * WORLD_LATENCY_NS, "there and back");
    cr_expect_eq(world.reports[1].at_ns, SIM_NS_PER_S + WORLD_LATENCY_NS);
    cr_expect_eq(world.reports[1].report.at_ns, SIM_NS_PER_S);
    cr_expect_eq(world.reports[1].report.airtime_ns, lora_time_on_air_ns(&tx.modulation, 55));
    struct gateway_stats stats = world_stats();
    cr_expect_eq(stats.transmitted, 1);
    cr_expect_eq(stats.airtime_ns, world.reports[1].report.airtime_ns);
    cr_expect_float_eq(stats.duty_cycle_mean, (double)stats.airtime_ns / 5e9, 1e-9);
}

Test(gateway, request_20_ms_ahead_is_too_late_and_40_ms_ahead_is_not)
{
    struct gateway_tx tx = world_request(1, WORLD_LATENCY_NS + 20 * SIM_NS_PER_MS, 7, 20);
    world_submit(&tx);
    tx = world_request(2, WORLD_LATENCY_NS + 32500 * SIM_NS_PER_US, 7, 20);
    world_submit(&tx);
    tx = world_request(3, WORLD_LATENCY_NS + 40 * SIM_NS_PER_MS, 7, 20);
    world_submit(&tx);
    tx = world_request(4, WORLD_LATENCY_NS + 512 * SIM_NS_PER_S, 7, 20);
    world_submit(&tx);
    tx = world_request(5, WORLD_LATENCY_NS + 512 * SIM_NS_PER_S + 1, 7, 20);
    world_submit(&tx);
    world_run_to(600 * SIM_NS_PER_S);
    world_expect_report(1, 0, GATEWAY_TX_TOO_LATE);
    world_expect_report(2, 0, GATEWAY_TX_TOO_LATE);
    world_expect_report(3, 0, GATEWAY_TX_ACCEPTED);
    world_expect_report(4, 0, GATEWAY_TX_ACCEPTED);
    world_expect_report(5, 0, GATEWAY_TX_TOO_EARLY);
    world_expect_report(3, 1, GATEWAY_TX_SENT);
    world_expect_report(4, 1, GATEWAY_TX_SENT);
    cr_expect_eq(world.report_count, 7);
    struct gateway_stats stats = world_stats();
    cr_expect_eq(stats.rejected[GATEWAY_TX_TOO_LATE], 2);
    cr_expect_eq(stats.rejected[GATEWAY_TX_TOO_EARLY], 1);
}

Test(gateway, wrong_frequency_or_power_is_refused)
{
    struct gateway_tx tx = world_request(1, SIM_NS_PER_S, 7, 20);
    tx.modulation.frequency_hz = 869300000;
    world_submit(&tx);
    tx = world_request(2, SIM_NS_PER_S, 7, 20);
    tx.power_mdbm = 29151;
    world_submit(&tx);
    tx = world_request(3, SIM_NS_PER_S, 7, 20);
    tx.modulation.frequency_hz = 868100000;
    tx.power_mdbm = 16151;
    world_submit(&tx);
    tx.token = 4;
    tx.power_mdbm = 16150;
    world_submit(&tx);
    world_run_to(2 * SIM_NS_PER_S);
    world_expect_report(1, 0, GATEWAY_TX_FREQUENCY);
    world_expect_report(2, 0, GATEWAY_TX_POWER);
    world_expect_report(3, 0, GATEWAY_TX_POWER);
    world_expect_report(4, 0, GATEWAY_TX_ACCEPTED);
}

Test(gateway, colliding_and_excess_requests_are_refused)
{
    struct gateway_tx tx = world_request(1, 3 * SIM_NS_PER_S, 12, 55);
    world_submit(&tx);
    tx = world_request(2, 3 * SIM_NS_PER_S + 2490 * SIM_NS_PER_MS, 12, 55);
    world_submit(&tx);
    for (uint64_t i = 0; i < 32; i++) {
        tx = world_request(100 + i, (sim_ns)(10 + i) * SIM_NS_PER_S, 7, 20);
        world_submit(&tx);
    }
    world_run_to(SIM_NS_PER_S);
    world_expect_report(1, 0, GATEWAY_TX_ACCEPTED);
    world_expect_report(2, 0, GATEWAY_TX_COLLISION);
    world_expect_report(130, 0, GATEWAY_TX_ACCEPTED);
    world_expect_report(131, 0, GATEWAY_TX_FULL);
}

Test(gateway, immediate_request_goes_one_second_later_or_after_the_queue)
{
    struct gateway_tx tx = world_request(1, 0, 7, 20);
    tx.timing = GATEWAY_TX_IMMEDIATE;
    world_submit(&tx);
    tx.token = 2;
    world_submit(&tx);
    world_run_to(5 * SIM_NS_PER_S);
    world_expect_report(1, 1, GATEWAY_TX_SENT);
    cr_expect_eq(world_report_of(1, 1)->at_ns, WORLD_LATENCY_NS + SIM_NS_PER_S);
    sim_ns airtime_ns = lora_time_on_air_ns(&tx.modulation, 20);
    cr_expect_eq(world_report_of(2, 1)->at_ns,
            WORLD_LATENCY_NS + SIM_NS_PER_S + airtime_ns + 62500 * SIM_NS_PER_US);
}

/* spec-physics section 6: 51 bytes at SF12 after a frame set at 2.000 s go at 4.5285 s. */
Test(gateway, immediate_request_after_a_frame_at_2_s_starts_at_4_5285_s)
{
    struct gateway_tx tx = world_request(1, 2 * SIM_NS_PER_S, 12, 55);
    world_submit(&tx);
    tx.token = 2;
    tx.timing = GATEWAY_TX_IMMEDIATE;
    world_submit(&tx);
    world_run_to(10 * SIM_NS_PER_S);
    world_expect_report(2, 1, GATEWAY_TX_SENT);
    /* Airtime 2465.792 ms; the worked check rounds it to 2.466 s. */
    cr_expect_eq(world_report_of(2, 1)->at_ns, 4528292 * SIM_NS_PER_US);
    cr_expect_float_eq((double)world_report_of(2, 1)->at_ns / 1e9, 4.5285, 0.00025);
}

Test(gateway, rejections_are_counted_by_reason)
{
    struct gateway_tx tx = world_request(1, 3 * SIM_NS_PER_S, 12, 55);
    world_submit(&tx);
    tx.token = 2;
    tx.at_ns += 2490 * SIM_NS_PER_MS;
    world_submit(&tx);
    tx.token = 3;
    tx.at_ns = WORLD_LATENCY_NS + 20 * SIM_NS_PER_MS;
    world_submit(&tx);
    tx.token = 4;
    tx.at_ns = 600 * SIM_NS_PER_S;
    world_submit(&tx);
    tx.token = 5;
    tx.modulation.frequency_hz = 866000000; /* 14 dBm there */
    world_submit(&tx);
    tx.token = 6;
    tx.modulation.frequency_hz = 870500000;
    world_submit(&tx);
    world_run_to(SIM_NS_PER_S);
    static const enum gateway_tx_result expected[] = { GATEWAY_TX_ACCEPTED, GATEWAY_TX_COLLISION,
        GATEWAY_TX_TOO_LATE, GATEWAY_TX_TOO_EARLY, GATEWAY_TX_POWER, GATEWAY_TX_FREQUENCY };
    struct gateway_stats stats = world_stats();
    for (unsigned i = 0; i < 6; i++) {
        world_expect_report(i + 1, 0, expected[i]);
        cr_expect_eq(stats.rejected[expected[i]], i > 0);
    }
}

Test(gateway, sub_bands_have_budgets_of_their_own)
{
    /* 865..868 and 868..868.6 MHz: 36 s each, 14 frames of 2465.792 ms. */
    static const uint32_t hz[2] = { 867100000, 868300000 };
    for (uint64_t i = 0; i < 30; i++) {
        struct gateway_tx tx = world_request(i, (sim_ns)(1 + 4 * i) * SIM_NS_PER_S, 12, 55);
        tx.modulation.frequency_hz = hz[i % 2];
        tx.power_mdbm = 16150;
        world_submit(&tx);
    }
    world_run_to(200 * SIM_NS_PER_S);
    for (uint64_t i = 0; i < 30; i++) {
        world_expect_report(i, 0, i < 28 ? GATEWAY_TX_ACCEPTED : GATEWAY_TX_DUTY_CYCLE);
    }
    cr_expect_eq(world_stats().rejected[GATEWAY_TX_DUTY_CYCLE], 2);
    cr_expect_eq(world.violations, 0);
}

Test(gateway, duty_cycle_refuses_what_does_not_fit_the_hour)
{
    /* 868.1 MHz: 36 s. SF12, 55 bytes without CRC: 2465.792 ms; 14 fit, the 15th does not. */
    for (uint64_t i = 0; i < 15; i++) {
        struct gateway_tx tx = world_request(i, (sim_ns)(1 + 4 * i) * SIM_NS_PER_S, 12, 55);
        tx.modulation.frequency_hz = 868100000;
        tx.power_mdbm = 16150;
        world_submit(&tx);
    }
    world_run_to(100 * SIM_NS_PER_S);
    world_expect_report(13, 0, GATEWAY_TX_ACCEPTED);
    world_expect_report(14, 0, GATEWAY_TX_DUTY_CYCLE);
    struct gateway_tx tx = world_request(20, 0, 12, 55);
    tx.modulation.frequency_hz = 868100000;
    tx.power_mdbm = 16150;
    tx.timing = GATEWAY_TX_IMMEDIATE;
    world_submit(&tx);
    world_run_to(3200 * SIM_NS_PER_S);
    world_expect_report(20, 0, GATEWAY_TX_DUTY_CYCLE); /* no room within 512 s */
    tx.token = 21;
    world_submit(&tx);
    world_run_to(4000 * SIM_NS_PER_S);
    world_expect_report(21, 1, GATEWAY_TX_SENT); /* as the first one leaves the hour */
    sim_ns airtime_ns = lora_time_on_air_ns(&tx.modulation, 55);
    cr_expect_eq(world_report_of(21, 1)->at_ns + airtime_ns,
            world_report_of(0, 1)->at_ns + airtime_ns + 3600 * SIM_NS_PER_S);
    cr_expect_eq(world.violations, 0);
}

/* --- bulk ------------------------------------------------------------------------------------- */

/* Immediate requests as fast as the gateway takes them for three hours. */
static void send_bulk(uint16_t size)
{
    uint64_t token = 0;
    for (sim_ns now_ns = 0; now_ns < 3 * 3600 * SIM_NS_PER_S; now_ns += 100 * SIM_NS_PER_MS) {
        world_run_to(now_ns);
        struct gateway_stats stats = world_stats();
        if (token - stats.transmitted - stats.rejected[GATEWAY_TX_DUTY_CYCLE] < 2) {
            struct gateway_tx tx = world_request(token++, 0, 12, size);
            tx.timing = GATEWAY_TX_IMMEDIATE;
            world_submit(&tx);
        }
    }
}

Test(gateway, bulk_uses_the_duty_cycle_to_within_one_frame)
{
    send_bulk(55);
    struct gateway_stats stats = world_stats();
    sim_ns airtime_ns = 2465792 * SIM_NS_PER_US;
    cr_expect_eq(stats.airtime_ns, (sim_ns)stats.transmitted * airtime_ns);
    sim_ns allowed_ns = 3 * 360 * SIM_NS_PER_S;
    cr_expect_leq(stats.airtime_ns, allowed_ns);
    cr_expect_gt(stats.airtime_ns, allowed_ns - 3 * airtime_ns, "one frame of each hour is lost");
    cr_expect_leq(stats.duty_cycle_max, 0.1);
    cr_expect_eq(stats.duty_violations, 0);
    cr_expect_eq(world.violations, 0);
}

static void pauses_world(void)
{
    world.params.duty_form = GATEWAY_DUTY_PAUSES;
    world_restart();
}

static void pauses_from_start_world(void)
{
    world.params.duty_form = GATEWAY_DUTY_PAUSES_FROM_START;
    world_restart();
}

/* Frames of T = 2.465792 s, one each T / rate, for three hours; no more of them in an hour than
 * 3600 / (T / rate) and one. */
static void expect_paced(double rate)
{
    send_bulk(55);
    struct gateway_stats stats = world_stats();
    double airtime_s = 2.465792;
    double frames = 3 * 3600 / (airtime_s / rate);
    cr_expect((double)stats.transmitted > frames - 2 && (double)stats.transmitted < frames + 1,
            "%llu frames, %g by the formula", (unsigned long long)stats.transmitted, frames);
    cr_expect_gt(stats.duty_cycle_max, rate);
    cr_expect_lt(stats.duty_cycle_max, rate + airtime_s / 3600);
    cr_expect_eq(stats.duty_violations, 0, "the auditor counts as the gateway does");
}

Test(gateway, pauses_space_frames_and_an_hour_may_hold_one_more, .init = pauses_world)
{
    expect_paced(0.1);
}

/* ns-3 (LogicalLoraChannelHelper): the pause of 9 T begins with the frame, so that one leaves every
 * 9 T: 11 % more than the sub-band allows. */
Test(gateway, pauses_from_the_start_exceed_the_limit_by_11_percent, .init = pauses_from_start_world)
{
    expect_paced(0.1 / 0.9);
}

/* --- backhaul --------------------------------------------------------------------------------- */

static void jitter_world(void)
{
    world.params.backhaul_latency_ns = 80 * SIM_NS_PER_MS;
    world.params.backhaul_jitter_ns = 20 * SIM_NS_PER_MS;
    world_restart();
}

Test(gateway, backhaul_delays_lie_within_latency_and_jitter, .init = jitter_world)
{
    sim_ns low_ns = SIM_NS_NEVER, high_ns = 0;
    double mean_ms = 0;
    for (uint32_t i = 0; i < 60; i++) {
        const struct frame *frame = world_uplink(
                i % WORLD_DEVICES, engine_now(world.engine) + SIM_NS_PER_S, 868100000, 7);
        sim_ns end_ns = frame->end_ns;
        world_run_to(engine_now(world.engine) + 2 * SIM_NS_PER_S);
        cr_assert_eq(world.uplink_count, i + 1);
        sim_ns delay_ns = world.uplinks[i].at_ns - end_ns;
        low_ns = delay_ns < low_ns ? delay_ns : low_ns;
        high_ns = delay_ns > high_ns ? delay_ns : high_ns;
        mean_ms += (double)delay_ns / 60e6;
    }
    cr_expect(low_ns >= 60 * SIM_NS_PER_MS && low_ns < 65 * SIM_NS_PER_MS);
    cr_expect(high_ns <= 100 * SIM_NS_PER_MS && high_ns > 95 * SIM_NS_PER_MS);
    cr_expect(mean_ms > 75 && mean_ms < 85, "mean %g ms", mean_ms);
}

/* 10 % of an hour are 360 s: one frame of SF12 with 20 bytes lasts 1.319 s (Semtech AN1200.13), and
 * no longer counts an hour after its end. */
Test(gateway, tells_what_it_has_used_of_its_duty_cycle)
{
    struct gateway_tx tx = world_request(1, SIM_NS_PER_S, 12, 20);
    uint32_t band = (uint32_t)region_band_of(world.params.region, tx.modulation.frequency_hz);
    sim_ns airtime_ns = lora_time_on_air_ns(&tx.modulation, tx.size);
    world_submit(&tx);
    world_run_to(10 * SIM_NS_PER_S);
    double used = gateway_duty_used(world.fleet, 0, band, 10 * SIM_NS_PER_S);
    cr_expect_float_eq(used, (double)airtime_ns / 360e9, 1e-12, "%g", used);
    sim_ns later_ns = SIM_NS_PER_S + airtime_ns + 3600 * SIM_NS_PER_S;
    cr_expect_eq(gateway_duty_used(world.fleet, 0, band, later_ns), 0);
    cr_expect_eq(gateway_duty_used(world.fleet, 0, band == 0 ? 1 : 0, 10 * SIM_NS_PER_S), 0);
}

Test(gateway, backhaul_keeps_the_order_of_messages, .init = jitter_world)
{
    for (uint64_t i = 0; i < 30; i++) {
        struct gateway_tx tx = world_request(i, SIM_NS_PER_S + (sim_ns)i * SIM_NS_PER_S, 7, 20);
        world_submit(&tx);
    }
    world_run_to(500 * SIM_NS_PER_MS);
    cr_assert_eq(world.report_count, 30);
    for (uint64_t i = 0; i < 30; i++) {
        cr_expect_eq(world.reports[i].report.token, i);
    }
}
