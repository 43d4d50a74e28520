/* Clocks of gateways: what they stamp and when a transmission by GPS time starts.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: moments of the laws the header states; spec-physics section 6 (GNSS 10..100 ns seen to
 * 1 us; NTP 1..50 ms).
 */
#include <criterion/criterion.h>
#include <math.h>

#include "gateway/gateway_internal.h"
#include "gateway_world.h"

TestSuite(gateway_clock, .init = world_default, .fini = world_stop);

static void with_clock(struct gateway_clock_params clock)
{
    world.params.clock = clock;
    world_restart();
}

static sim_ns error_at(entity_id entity, sim_ns at_ns)
{
    struct gateway gateway = { .fleet = world.fleet, .entity = entity };
    return gateway_clock_error_ns(&gateway, at_ns);
}

static const struct gateway_uplink *stamped(sim_ns at_ns)
{
    world_uplink(0, at_ns, 868100000, 7);
    world.uplink_count = 0;
    world_run_to(at_ns + SIM_NS_PER_S);
    cr_assert_eq(world.uplink_count, 1);
    return &world.uplinks[0].uplink;
}

Test(gateway_clock, gnss_stamps_to_the_microsecond)
{
    const struct gateway_uplink *uplink = stamped(1234567890123);
    cr_expect(uplink->time_known);
    cr_expect_eq(uplink->stamped_ns % 1000, 0);
    sim_ns early_ns = uplink->end_ns - uplink->stamped_ns;
    cr_expect(early_ns >= 0 && early_ns < 1000);
}

Test(gateway_clock, gnss_error_is_normal)
{
    with_clock((struct gateway_clock_params){ .source = GATEWAY_CLOCK_GNSS, .error_ns = 100 });
    double sum = 0, sum2 = 0;
    enum {
        COUNT = 20000
    };
    for (int i = 0; i < COUNT; i++) {
        double error_ns = (double)error_at(1, i * SIM_NS_PER_S);
        sum += error_ns;
        sum2 += error_ns * error_ns;
    }
    cr_expect_float_eq(sum / COUNT, 0, 4 * 100 / sqrt(COUNT));
    cr_expect_float_eq(sqrt(sum2 / COUNT), 100, 4 * 100 / sqrt(2 * COUNT));
}

Test(gateway_clock, ntp_error_is_normal_and_steered_slowly)
{
    with_clock((struct gateway_clock_params){
            .source = GATEWAY_CLOCK_NTP, .error_ns = 10 * SIM_NS_PER_MS });
    double sum2 = 0;
    enum {
        COUNT = 5000
    };
    for (int i = 0; i < COUNT; i++) {
        sim_ns at_ns = (sim_ns)i * 1024 * SIM_NS_PER_S;
        double error_ms = (double)error_at(1, at_ns) / 1e6;
        sum2 += error_ms * error_ms;
        double middle_ms = (double)error_at(1, at_ns + 512 * SIM_NS_PER_S) / 1e6;
        double next_ms = (double)error_at(1, at_ns + 1024 * SIM_NS_PER_S) / 1e6;
        cr_assert_float_eq(middle_ms, (error_ms + next_ms) / 2, 1e-5);
    }
    cr_expect_float_eq(sqrt(sum2 / COUNT), 10, 4 * 10 / sqrt(2 * COUNT));
    const struct gateway_uplink *uplink = stamped(5000 * SIM_NS_PER_S);
    cr_expect(uplink->time_known);
    cr_expect_neq(uplink->stamped_ns, uplink->end_ns);
}

Test(gateway_clock, free_running_clock_drifts_in_a_straight_line)
{
    with_clock((struct gateway_clock_params){
            .source = GATEWAY_CLOCK_FREE, .error_ns = SIM_NS_PER_S, .drift_ppb = 20000 });
    double offset_max_s = 0, drift_max_ppm = 0, drift_sum_ppm = 0;
    enum {
        COUNT = 2000
    };
    sim_ns day_ns = 86400 * SIM_NS_PER_S;
    for (entity_id entity = 1; entity <= COUNT; entity++) {
        double offset_s = (double)error_at(entity, 0) / 1e9;
        double day_s = (double)error_at(entity, day_ns) / 1e9 - offset_s;
        double week_s = (double)error_at(entity, 7 * day_ns) / 1e9 - offset_s;
        cr_assert_float_eq(week_s, 7 * day_s, 1e-6);
        offset_max_s = fmax(offset_max_s, fabs(offset_s));
        drift_max_ppm = fmax(drift_max_ppm, fabs(day_s) / 86400 * 1e6);
        drift_sum_ppm += day_s / 86400 * 1e6;
    }
    cr_expect(offset_max_s <= 1 && offset_max_s > 0.99);
    cr_expect(drift_max_ppm <= 20 && drift_max_ppm > 19.8);
    cr_expect_float_eq(drift_sum_ppm / COUNT, 0, 4 * 20 / sqrt(3.0 * COUNT));
    cr_expect_not(stamped(SIM_NS_PER_S)->time_known);
}

/* The error comes on top of what the source of the time leaves, both ways, and
 * no other clock has it. */
Test(gateway_clock, of_one_gateway_can_be_wrong)
{
    static const sim_ns errors_ns[] = { 600 * SIM_NS_PER_S, -3 * SIM_NS_PER_S };
    for (size_t i = 0; i < 2; i++) {
        struct gateway_wrong_clock wrong = { .gateway = 0, .error_ns = errors_ns[i] };
        world.params.wrong_clocks = &wrong;
        world.params.wrong_clock_count = 1;
        world_restart();
        const struct gateway_uplink *uplink = stamped(1234567890123);
        cr_expect(uplink->time_known, "it does not know that it is wrong");
        sim_ns early_ns = uplink->end_ns + errors_ns[i] - uplink->stamped_ns;
        cr_expect(early_ns >= 0 && early_ns < 1000, "%lld ns", (long long)early_ns);
        wrong.gateway = 1;
        world_restart();
        uplink = stamped(1234567890123);
        early_ns = uplink->end_ns - uplink->stamped_ns;
        cr_expect(early_ns >= 0 && early_ns < 1000, "%lld ns", (long long)early_ns);
    }
}

/* --- transmissions by GPS time ---------------------------------------------------------------- */

static void submit_at_gps(sim_ns at_ns)
{
    struct gateway_tx tx = world_request(1, at_ns, 7, 20);
    tx.timing = GATEWAY_TX_AT_GPS;
    world_submit(&tx);
    world_run_to(at_ns + SIM_NS_PER_S);
}

Test(gateway_clock, gnss_starts_on_the_microsecond_before)
{
    submit_at_gps(5 * SIM_NS_PER_S + 1999);
    world_expect_report(1, 1, GATEWAY_TX_SENT);
    cr_expect_eq(world_report_of(1, 1)->at_ns, 5 * SIM_NS_PER_S + 1000);
}

Test(gateway_clock, wrong_by_a_second_starts_a_second_early)
{
    struct gateway_wrong_clock wrong = { .gateway = 0, .error_ns = SIM_NS_PER_S };
    world.params.wrong_clocks = &wrong;
    world.params.wrong_clock_count = 1;
    world_restart();
    submit_at_gps(5 * SIM_NS_PER_S);
    world_expect_report(1, 1, GATEWAY_TX_SENT);
    cr_expect_eq(world_report_of(1, 1)->at_ns, 4 * SIM_NS_PER_S);
}

Test(gateway_clock, ntp_starts_when_its_clock_shows_the_time)
{
    with_clock((struct gateway_clock_params){
            .source = GATEWAY_CLOCK_NTP, .error_ns = 10 * SIM_NS_PER_MS });
    submit_at_gps(5 * SIM_NS_PER_S);
    world_expect_report(1, 1, GATEWAY_TX_SENT);
    sim_ns start_ns = world_report_of(1, 1)->at_ns;
    sim_ns error_ns = error_at(WORLD_DEVICES + 1, start_ns);
    cr_expect(error_ns > 100 * SIM_NS_PER_US || error_ns < -100 * SIM_NS_PER_US,
            "this draw shows something");
    /* It moves by 20 ppm at most over the few ms between the two. */
    cr_expect_float_eq((double)(start_ns + error_ns), 5e9, 2e3);
}

Test(gateway_clock, free_running_gateway_refuses)
{
    world.params.gnss = false;
    world_restart();
    submit_at_gps(5 * SIM_NS_PER_S);
    world_expect_report(1, 0, GATEWAY_TX_GPS_UNLOCKED);
    cr_expect_eq(world_stats().rejected[GATEWAY_TX_GPS_UNLOCKED], 1);
}

Test(gateway_clock, crc_makes_a_downlink_longer)
{
    world.params.downlink_crc = true;
    world_restart();
    struct gateway_tx tx = world_request(1, 5 * SIM_NS_PER_S, 12, 56);
    world_submit(&tx);
    world_run_to(10 * SIM_NS_PER_S);
    tx.modulation.payload_crc = true;
    cr_expect_eq(world_report_of(1, 1)->airtime_ns, lora_time_on_air_ns(&tx.modulation, 56));
    tx.modulation.payload_crc = false;
    cr_expect_gt(world_report_of(1, 1)->airtime_ns, lora_time_on_air_ns(&tx.modulation, 56));
}
