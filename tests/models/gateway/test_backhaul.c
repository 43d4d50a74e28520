/* The backhaul: delay laws, losses, outages, and that no request stays without a final report.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: moments of the laws; binomial counts; hand-placed windows.
 */
#include <criterion/criterion.h>
#include <math.h>

#include "gateway_world.h"

TestSuite(backhaul, .init = world_default, .fini = world_stop);

/* Delays of `count` uplinks, each alone, so that none waits for the one before it. */
static void measure_delays(uint32_t count, double *mean_ms, double *deviation_ms, double *mean_log)
{
    double sum = 0, sum2 = 0, sum_log = 0;
    for (uint32_t i = 0; i < count; i++) {
        sim_ns at_ns = engine_now(world.engine) + 20 * SIM_NS_PER_S;
        sim_ns end_ns = world_uplink(i % WORLD_DEVICES, at_ns, 868100000, 7)->end_ns;
        world.uplink_count = 0;
        world_run_to(at_ns + 19 * SIM_NS_PER_S);
        cr_assert_eq(world.uplink_count, 1);
        double delay_ms = (double)(world.uplinks[0].at_ns - end_ns) / 1e6;
        sum += delay_ms;
        sum2 += delay_ms * delay_ms;
        sum_log += log(delay_ms);
    }
    *mean_ms = sum / count;
    *deviation_ms = sqrt(sum2 / count - *mean_ms * *mean_ms);
    *mean_log = sum_log / count;
}

Test(backhaul, lognormal_delay_has_the_mean_and_deviation_asked_for)
{
    world.params.backhaul_law = GATEWAY_JITTER_LOGNORMAL;
    world.params.backhaul_latency_ns = 200 * SIM_NS_PER_MS;
    world.params.backhaul_jitter_ns = 60 * SIM_NS_PER_MS; /* 30 %, spec-physics section 6 */
    world_restart();
    double mean_ms, deviation_ms, mean_log;
    enum {
        COUNT = 20000
    };
    measure_delays(COUNT, &mean_ms, &deviation_ms, &mean_log);
    double sigma2 = log(1 + 0.3 * 0.3);
    cr_expect_float_eq(mean_ms, 200, 4 * 60 / sqrt(COUNT), "mean %g ms", mean_ms);
    cr_expect_float_eq(deviation_ms, 60, 2, "deviation %g ms", deviation_ms);
    cr_expect_float_eq(mean_log, log(200) - sigma2 / 2, 4 * sqrt(sigma2 / COUNT),
            "a uniform delay would have another mean logarithm");
}

Test(backhaul, loses_its_share_of_the_uplinks)
{
    world.params.backhaul_loss = 0.1;
    world_restart();
    enum {
        COUNT = 10000
    };
    for (uint32_t i = 0; i < COUNT; i++) {
        world_uplink(i % WORLD_DEVICES, (i + 1) * SIM_NS_PER_S, 868100000, 7);
        world_run_to((i + 1) * SIM_NS_PER_S);
    }
    world_run_to((COUNT + 5) * SIM_NS_PER_S);
    struct gateway_stats stats = world_stats();
    cr_expect_eq(stats.uplinks, COUNT, "the gateway heard them all");
    cr_expect_eq(world.uplink_count + stats.backhaul_lost_up, COUNT);
    cr_expect_float_eq((double)stats.backhaul_lost_up, 1000, 4 * sqrt(COUNT * 0.1 * 0.9));
    cr_expect_eq(stats.outage_lost_up, 0);
}

/* Binomial counts of two shares that overlap for a third of the time. */
Test(backhaul, loses_what_faults_take_while_they_last)
{
    enum {
        THIRD = 4000
    };
    const double expected = THIRD * (0.2 + 0.5 + 0.3);
    for (uint32_t i = 0; i < 4 * THIRD; i++) {
        if (i == 0) {
            gateway_loss_begin(world.fleet, 0, 0.2);
        } else if (i == THIRD) {
            gateway_loss_begin(world.fleet, 0, 0.3);
        } else if (i == 2 * THIRD) {
            gateway_loss_end(world.fleet, 0, 0.2);
        } else if (i == 3 * THIRD) {
            cr_expect_float_eq((double)world_stats().fault_lost_up, expected,
                    4 * sqrt(THIRD * (0.16 + 0.25 + 0.21)));
            gateway_loss_end(world.fleet, 0, 0.3);
        }
        world_uplink(i % WORLD_DEVICES, (i + 1) * SIM_NS_PER_S, 868100000, 7);
        world_run_to((i + 1) * SIM_NS_PER_S + 500 * SIM_NS_PER_MS);
    }
    struct gateway_stats stats = world_stats();
    cr_expect_eq(stats.uplinks, 4 * THIRD);
    cr_expect_eq(world.uplink_count + stats.fault_lost_up, 4 * THIRD);
    cr_expect_float_eq((double)stats.fault_lost_up, expected,
            4 * sqrt(THIRD * (0.16 + 0.25 + 0.21)), "none is lost when no fault lasts");
    cr_expect_eq(stats.backhaul_lost_up + stats.outage_lost_up, 0);
}

Test(backhaul, whole_loss_by_a_fault_takes_requests_too)
{
    gateway_loss_begin(world.fleet, 0, 1.0);
    struct gateway_tx tx = world_request(1, 5 * SIM_NS_PER_S, 7, 20);
    world_submit(&tx);
    world_run_to(10 * SIM_NS_PER_S);
    world_expect_report(1, 0, GATEWAY_TX_NO_ANSWER);
    cr_expect_eq(world_stats().fault_lost_down, 1);
    cr_expect_eq(world_stats().transmitted, 0);
}

/* --- reports ---------------------------------------------------------------------------------- */

/* Exactly one report that is not an acceptance, and nothing after it. */
static enum gateway_tx_result expect_one_end(uint64_t token)
{
    enum gateway_tx_result end = GATEWAY_TX_ACCEPTED;
    unsigned nth = 0;
    for (const struct gateway_report *report; (report = world_report_of(token, nth)) != NULL;
            nth++) {
        cr_expect_eq(end, GATEWAY_TX_ACCEPTED, "request %llu went on after its end",
                (unsigned long long)token);
        end = report->result;
    }
    cr_expect_neq(end, GATEWAY_TX_ACCEPTED, "request %llu has no end", (unsigned long long)token);
    return end;
}

Test(backhaul, every_request_ends_in_one_report_whatever_gets_lost)
{
    world.params.backhaul_loss = 0.3;
    world_restart();
    enum {
        COUNT = 60
    };
    for (uint64_t i = 0; i < COUNT; i++) {
        struct gateway_tx tx = world_request(i, engine_now(world.engine) + 2 * SIM_NS_PER_S, 7, 20);
        world_submit(&tx);
        if (i % 3 == 0) { /* some are refused */
            tx.token = 1000 + i;
            world_submit(&tx);
        }
        world_run_to(engine_now(world.engine) + 10 * SIM_NS_PER_S);
    }
    unsigned sent = 0, unanswered = 0, refused = 0;
    for (uint64_t i = 0; i < COUNT; i++) {
        for (uint64_t token = i; token <= 1000 + i; token += 1000) {
            if (token == i || i % 3 == 0) {
                enum gateway_tx_result end = expect_one_end(token);
                sent += end == GATEWAY_TX_SENT;
                unanswered += end == GATEWAY_TX_NO_ANSWER;
                refused += end == GATEWAY_TX_COLLISION;
            }
        }
    }
    cr_expect_eq(sent + unanswered + refused, COUNT + COUNT / 3);
    cr_expect(sent > 0 && unanswered > 0 && refused > 0);
    struct gateway_stats stats = world_stats();
    cr_expect_eq(stats.rejected[GATEWAY_TX_NO_ANSWER], unanswered);
    cr_expect_eq(stats.backhaul_lost_down + stats.backhaul_lost_up, unanswered,
            "each loss ends one request");
    cr_expect(stats.transmitted > sent, "some were sent without a report of it");
}

Test(backhaul, server_gives_up_after_both_ways_and_100_ms)
{
    world.params.backhaul_loss = 1;
    world_restart();
    struct gateway_tx tx = world_request(1, 5 * SIM_NS_PER_S, 7, 20);
    world_submit(&tx);
    world_run_to(10 * SIM_NS_PER_S);
    cr_assert_eq(world.report_count, 1);
    world_expect_report(1, 0, GATEWAY_TX_NO_ANSWER);
    cr_expect_eq(world.reports[0].at_ns, 2 * WORLD_LATENCY_NS + 100 * SIM_NS_PER_MS);
    cr_expect_eq(world_stats().transmitted, 0);
    cr_expect_eq(world_stats().backhaul_lost_down, 1);
}

/* --- outages ---------------------------------------------------------------------------------- */

Test(backhaul, outage_windows_repeat_and_lose_what_is_under_way)
{
    for (sim_ns from_s = 100; from_s <= 450; from_s += 50) {
        world_outage(GATEWAY_OUTAGE_BACKHAUL, from_s * SIM_NS_PER_S, 10 * SIM_NS_PER_S);
    }
    unsigned expected = 0;
    for (uint32_t i = 1; i <= 300; i++) {
        sim_ns at_ns = i * SIM_NS_PER_S + 500 * SIM_NS_PER_MS;
        world_uplink(i % WORLD_DEVICES, at_ns, 868100000, 7);
        expected += i >= 100 && i % 50 < 10;
    }
    world_run_to(400 * SIM_NS_PER_S);
    struct gateway_stats stats = world_stats();
    cr_expect_eq(expected, 41); /* 100..109, 150..159, 200..209, 250..259, 300 */
    cr_expect_eq(stats.outage_lost_up, expected);
    cr_expect_eq(stats.backhaul_lost_up, 0);
    cr_expect_eq(world.uplink_count, 300 - expected);
    cr_expect_eq(stats.uplinks, 300);

    /* 10 ms of backhaul: one arrives at the last instant, the other would just after. */
    struct gateway_tx tx = world_request(1, 452 * SIM_NS_PER_S, 7, 20);
    world_run_to(450 * SIM_NS_PER_S - WORLD_LATENCY_NS);
    world_submit(&tx);
    world_run_to(450 * SIM_NS_PER_S - WORLD_LATENCY_NS + 1);
    tx.token = 2;
    world_submit(&tx);
    world_run_to(451 * SIM_NS_PER_S);
    cr_expect_eq(world_stats().outage_lost_down, 1);
    cr_expect_eq(expect_one_end(2), GATEWAY_TX_NO_ANSWER);
}

struct told {
    uint32_t count;
    sim_ns at_ns[4];
    bool is_out[4];
};

static void note_outage(
        void *context, uint32_t gateway, enum gateway_outage_kind kind, bool is_out, sim_ns now_ns)
{
    struct told *told = context;
    cr_assert(gateway == 0 && kind == GATEWAY_OUTAGE_POWER && told->count < 4);
    cr_expect_eq(gateway_is_out(world.fleet, 0, GATEWAY_OUTAGE_POWER), is_out);
    told->at_ns[told->count] = now_ns;
    told->is_out[told->count++] = is_out;
}

/* From 10 to 20 s and from 15 to 30 s: one outage of power from 10 to 30 s, and none of backhaul.
 */
Test(backhaul, outages_that_overlap_are_told_as_one)
{
    struct told told = { 0 };
    gateway_fleet_on_outage(world.fleet, note_outage, &told);
    world_outage(GATEWAY_OUTAGE_POWER, 10 * SIM_NS_PER_S, 10 * SIM_NS_PER_S);
    world_outage(GATEWAY_OUTAGE_POWER, 15 * SIM_NS_PER_S, 15 * SIM_NS_PER_S);
    world_run_to(25 * SIM_NS_PER_S);
    cr_expect(gateway_is_out(world.fleet, 0, GATEWAY_OUTAGE_POWER));
    cr_expect_not(gateway_is_out(world.fleet, 0, GATEWAY_OUTAGE_BACKHAUL));
    world_run_to(40 * SIM_NS_PER_S);
    cr_assert_eq(told.count, 2);
    cr_expect(told.is_out[0] && told.at_ns[0] == 10 * SIM_NS_PER_S);
    cr_expect(!told.is_out[1] && told.at_ns[1] == 30 * SIM_NS_PER_S);
}

/* The acceptance is on its way for 10 ms, and 5 ms of them fall into an outage. */
Test(backhaul, outage_loses_an_answer_on_its_way_and_the_server_gives_up_once)
{
    struct gateway_tx tx = world_request(1, 2 * SIM_NS_PER_S, 7, 20);
    world_submit(&tx);
    world_outage(GATEWAY_OUTAGE_BACKHAUL, WORLD_LATENCY_NS + 2 * SIM_NS_PER_MS, 5 * SIM_NS_PER_MS);
    world_run_to(5 * SIM_NS_PER_S);
    cr_assert_eq(world.report_count, 1);
    world_expect_report(1, 0, GATEWAY_TX_NO_ANSWER);
    /* It was sent at 10 ms; both ways and 100 ms of patience. */
    cr_expect_eq(world.reports[0].at_ns, 3 * WORLD_LATENCY_NS + 100 * SIM_NS_PER_MS);
    cr_expect_eq(world_stats().transmitted, 1, "the gateway was not told");
    cr_expect_eq(world_stats().outage_lost_up, 1);
    cr_expect_eq(world_stats().rejected[GATEWAY_TX_NO_ANSWER], 1);
}

/* The acceptance is sent at 0.1 s and would arrive at 0.2 s; the frame is on the air at 0.15 s, and
 * the report of that arrives at 0.25 s. */
static void expect_no_answer_with_outage(sim_ns from_ms, sim_ns duration_ms, unsigned answers_lost)
{
    world.params.backhaul_latency_ns = 100 * SIM_NS_PER_MS;
    world_restart();
    struct gateway_tx tx = world_request(1, 150 * SIM_NS_PER_MS, 7, 20);
    world_submit(&tx);
    world_outage(GATEWAY_OUTAGE_BACKHAUL, from_ms * SIM_NS_PER_MS, duration_ms * SIM_NS_PER_MS);
    world_run_to(5 * SIM_NS_PER_S);
    cr_expect_eq(expect_one_end(1), GATEWAY_TX_NO_ANSWER);
    cr_expect_eq(world.report_count, 1, "%u", world.report_count);
    cr_expect_eq(world_stats().transmitted, 1);
    cr_expect_eq(world_stats().outage_lost_up, answers_lost);
    cr_expect_eq(world_stats().rejected[GATEWAY_TX_NO_ANSWER], 1);
}

Test(backhaul, outage_between_two_answers_ends_the_request_once)
{
    expect_no_answer_with_outage(110, 10, 1);
}

Test(backhaul, outage_of_both_answers_ends_the_request_once)
{
    expect_no_answer_with_outage(110, 60, 2); /* the second is sent in it */
    expect_no_answer_with_outage(170, 5, 2);  /* both are on their way */
}

Test(backhaul, is_back_after_as_many_ends_as_begins)
{
    world_outage(GATEWAY_OUTAGE_BACKHAUL, SIM_NS_PER_S, 10 * SIM_NS_PER_S);
    world_outage(GATEWAY_OUTAGE_BACKHAUL, 5 * SIM_NS_PER_S, 10 * SIM_NS_PER_S);
    for (uint32_t i = 0; i < 20; i++) { /* those from 1 to 14 s are lost */
        world_uplink(i, i * SIM_NS_PER_S + SIM_NS_PER_MS, 868100000, 7);
    }
    world_run_to(25 * SIM_NS_PER_S);
    cr_expect_eq(world_stats().outage_lost_up, 14);
    cr_expect_eq(world.uplink_count, 6);
    gateway_outage_end(world.fleet, 0, GATEWAY_OUTAGE_BACKHAUL); /* of none */
    world_uplink(0, 26 * SIM_NS_PER_S, 868100000, 7);
    world_run_to(30 * SIM_NS_PER_S);
    cr_expect_eq(world.uplink_count, 7);
}

static void power_from_10_to_20_s(void)
{
    world_default();
    world_outage(GATEWAY_OUTAGE_POWER, 10 * SIM_NS_PER_S, 10 * SIM_NS_PER_S);
}

TestSuite(power, .init = power_from_10_to_20_s, .fini = world_stop);

Test(power, gateway_without_power_is_deaf)
{
    world_uplink(0, 9 * SIM_NS_PER_S, 868100000, 7);
    world_uplink(1, 9950 * SIM_NS_PER_MS, 868300000, 7); /* 57 ms: cut */
    world_uplink(2, 15 * SIM_NS_PER_S, 868100000, 7);
    world_uplink(3, 20 * SIM_NS_PER_S, 868100000, 7);
    world_run_to(25 * SIM_NS_PER_S);
    cr_expect_eq(world.uplink_count, 2);
    cr_expect_eq(world.lost[LOSS_POWERED_DOWN], 2);
    cr_expect_eq(world_stats().lost[LOSS_POWERED_DOWN], 2);
}

Test(power, its_queue_is_lost_and_empty_when_it_comes_back)
{
    struct gateway_tx tx = world_request(1, 9 * SIM_NS_PER_S, 7, 20);
    world_submit(&tx);
    tx = world_request(2, 15 * SIM_NS_PER_S, 7, 20);
    world_submit(&tx);
    tx = world_request(3, 25 * SIM_NS_PER_S, 7, 20);
    world_submit(&tx);
    world_run_to(11 * SIM_NS_PER_S);
    tx = world_request(4, 30 * SIM_NS_PER_S, 7, 20); /* arrives at a gateway without power */
    world_submit(&tx);
    world_run_to(21 * SIM_NS_PER_S);
    tx = world_request(5, 25 * SIM_NS_PER_S, 7, 20); /* where 3 was */
    world_submit(&tx);
    world_run_to(40 * SIM_NS_PER_S);
    world_expect_report(1, 1, GATEWAY_TX_SENT);
    for (uint64_t token = 2; token <= 3; token++) {
        world_expect_report(token, 0, GATEWAY_TX_ACCEPTED);
        world_expect_report(token, 1, GATEWAY_TX_NO_ANSWER);
        cr_expect_null(world_report_of(token, 2));
    }
    world_expect_report(4, 0, GATEWAY_TX_NO_ANSWER);
    world_expect_report(5, 1, GATEWAY_TX_SENT);
    struct gateway_stats stats = world_stats();
    cr_expect_eq(stats.transmitted, 2);
    cr_expect_eq(stats.cut_off, 2);
    cr_expect_eq(stats.outage_lost_down, 1);
}

Test(power, transmission_is_cut_off_on_the_air)
{
    struct medium_listening listening = {
        .frequency_hz = 869525000,
        .bandwidth_hz = 125000,
        .spreading_factor = 12,
        .iq_inverted = true,
        .sync_word = 0x34,
    };
    medium_listen(world.medium, 0, 0, &listening);
    struct gateway_tx tx = world_request(1, 9 * SIM_NS_PER_S, 12, 55); /* 2.466 s */
    world_submit(&tx);
    world_run_to(30 * SIM_NS_PER_S);
    world_expect_report(1, 1, GATEWAY_TX_SENT);
    struct gateway_stats stats = world_stats();
    cr_expect_eq(stats.transmitted, 1);
    cr_expect_eq(stats.cut_off, 1);
    cr_expect_eq(stats.airtime_ns, SIM_NS_PER_S, "it was on the air for one second");
    cr_expect_eq(world.heard[LOSS_NONE], 0);
    cr_expect_eq(world.heard[LOSS_POWERED_DOWN], 1);
    /* The hour's share of 10 % is watched by what was on the air, not by what was planned. */
    cr_expect_float_eq(stats.duty_cycle_max, 1.0 / 3600, 1e-9);
    cr_expect_float_eq(stats.duty_cycle_mean, 1.0 / 30, 1e-9);
}

/* Handed over 30 ms before its start, and not on the air yet. */
Test(power, goes_between_the_hand_over_of_a_frame_and_its_start)
{
    struct gateway_tx tx = world_request(1, 10 * SIM_NS_PER_S + 10 * SIM_NS_PER_MS, 7, 20);
    world_submit(&tx);
    world_run_to(30 * SIM_NS_PER_S);
    world_expect_report(1, 0, GATEWAY_TX_ACCEPTED);
    cr_expect_eq(expect_one_end(1), GATEWAY_TX_NO_ANSWER);
    cr_expect_eq(world_stats().transmitted, 0);
    cr_expect_eq(world_stats().airtime_ns, 0);
    cr_expect_eq(world_stats().cut_off, 1);
}

/* Six demodulators are taken for 0.7 s and more when the power goes for 10 ms; free after it. */
Test(power, frees_the_demodulators)
{
    world.params.demodulators = 6;
    world_restart();
    sim_ns from_ns = 5 * SIM_NS_PER_S, back_ns = from_ns + 510 * SIM_NS_PER_MS;
    world_outage(GATEWAY_OUTAGE_POWER, from_ns + 500 * SIM_NS_PER_MS, 10 * SIM_NS_PER_MS);
    for (uint32_t i = 0; i < 6; i++) {
        world_uplink(i, from_ns, world_channels[i % 3], (uint8_t)(12 - i / 3));
    }
    world_uplink(20, back_ns, 868100000, 7);
    world_run_to(10 * SIM_NS_PER_S);
    cr_expect_eq(world_stats().demodulators_max, 6);
    cr_expect_eq(world.lost[LOSS_RECEIVER_LOCKED_ELSEWHERE], 0);
    cr_expect_eq(world.uplink_count, 1, "the frame after it alone: %u", world.uplink_count);
    cr_expect_eq(world.uplinks[0].uplink.spreading_factor, 7);
    cr_expect_eq(world.lost[LOSS_POWERED_DOWN], 6);
}
