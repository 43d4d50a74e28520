/* The estimate before a run, against arithmetic by hand and published tables.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: spec-protocol 2.6 (airtime budget of fragments) and 5.6 (completion by Monte Carlo of
 * another implementation); sums worked out in the comments from EN 300 220 duty cycles and the
 * SX1276's time on air; a scripted session for the TimeOut.
 */
#include <criterion/criterion.h>
#include <math.h>

#include "campaign/estimate.h"
#include "campaign/schedule.h"
#include "models/campaign/scripted_fleet.h"

static struct estimate_input input_by_hand(void)
{
    return (struct estimate_input){
        .region = &region_eu868,
        .image_size_bytes = 19990,
        .fragment_size_bytes = 200,
        .redundancy = 0.15,
        .correction = CORRECTION_FIXED,
        .data_rate = 5,
        .frequency_hz = 869525000,
        .duty_share = 0.8,
        .gateway_count = 2,
        .gateways = MULTICAST_STAGGERED,
        .rx2_data_rate = 2,
        .rx2_frequency_hz = 869525000,
        .fleet_size = 100,
        .report_period_s = 1800.0,
        .channel_count = 8,
        .block_ack_delay = 255,
        .rx_current_a = 0.011,
        .supply_v = 3.3,
        .battery_usable_j = 10000.0,
    };
}

static struct estimate make(const struct estimate_input *input)
{
    struct estimate estimate;
    estimate_make(input, &estimate);
    return estimate;
}

Test(estimate, has_the_published_airtime_budget)
{
    static const struct {
        uint8_t data_rate, fragment;
        double airtime_ms;
        unsigned per_hour; /* at 10 % */
    } rows[] = { { 0, 48, 2793.5, 128 }, { 1, 48, 1478.7, 243 }, { 2, 48, 698.4, 515 },
        { 3, 112, 676.9, 531 }, { 4, 239, 696.8, 516 }, { 5, 239, 394.5, 912 } };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct estimate_input input = input_by_hand();
        input.data_rate = rows[i].data_rate;
        input.fragment_size_bytes = rows[i].fragment;
        input.duty_share = 1.0;
        struct estimate estimate = make(&input);
        cr_assert(estimate.possible);
        cr_expect_float_eq(estimate.fragment_airtime_s * 1e3, rows[i].airtime_ms, 0.051);
        cr_expect_eq((unsigned)(3600.0 / estimate.interval_s), rows[i].per_hour, "DR%u: %f s",
                rows[i].data_rate, estimate.interval_s);
    }
}

Test(estimate, of_a_session_is_as_by_hand)
{
    struct estimate_input input = input_by_hand();
    struct estimate estimate = make(&input);
    cr_assert_eq(estimate.nb_frag, 100); /* 19990 / 200, padded */
    cr_assert_eq(estimate.coded, 15);
    cr_assert_eq(estimate.correction, 0);
    /* 216 bytes at SF7: 62 blocks of five symbols, 8 and 12.25 more, 1.024 ms each. */
    cr_assert_float_eq(estimate.fragment_airtime_s, 0.338176, 1e-9);
    cr_assert_float_eq(estimate.interval_s, 0.338176 / 0.08, 1e-8);
    cr_assert_float_eq(estimate.bulk_s, 422.72, 1e-6);
    cr_assert_float_eq(estimate.coded_s, 63.408, 1e-6);
    cr_assert_float_eq(estimate.gateway_airtime_s, 115 * 0.338176, 1e-6);
    cr_assert_float_eq(estimate.airtime_s, 2 * 115 * 0.338176, 1e-6);
    /* A status answer of 18 bytes at SF12 lasts 1.318912 s; a hundred of them at a fifth of eight
     * channels 82.4 s: 2^(3+4) s and 4 s more. */
    cr_assert_eq(estimate.block_ack_delay, 3);
    cr_assert_float_eq(estimate.answer_window_s, 132.0, 1e-9);
    /* 5 + 1.1 x (115 + 16) x 4.2272 + 132 */
    cr_assert_float_eq(estimate.planned_s, 746.13952, 1e-5);
    cr_assert_eq(estimate.time_out, 10);
    cr_assert(estimate.time_out_fits);
    cr_assert_float_eq(estimate.session_s, 1024.0, 1e-9, "so many answers at SF12 take too long");
    /* At SF7 a report lasts 0.051456 s. 5.5 + 99 x 4.2272 + 0.338176 = 424.330976 to the last
     * fragment that is needed. Deaf (0.338176 + 0.051456) / 4.2272 = 0.092173; load 100 x 0.051456
     * / (16 x 8) = 0.0402, so 0.907827 x exp(-0.0804) = 0.8377 are heard: of 100 devices the last
     * one in 3.360 rounds (sum of 1 - (1 - 0.1623^k)^100). 16 x 100 / 101 + 2.360 x (8 + 8) + 4. */
    input.uplink_data_rate = 5;
    estimate = make(&input);
    cr_assert_eq(estimate.block_ack_delay, 0);
    cr_assert_float_eq(estimate.session_s, 424.330976 + 15.841584 + 2.36 * 16.0 + 4.0, 0.05);
    /* No other device reports and no fragment goes out meanwhile: heard at once. */
    input.redundancy = 0.0;
    input.uplink_data_rate = 5;
    input.fleet_size = 1;
    estimate = make(&input);
    cr_assert_float_eq(estimate.session_s, 424.330976 + 8.0 + 4.0, 0.1);
    input = input_by_hand();
    estimate = make(&input);
    cr_assert_float_eq(estimate.complete_share, 1.0, 1e-12);
}

/* SX1276 datasheet 4.1.1.7: ceil((8 x 216 - 28 + 28 + 16) / 28) = 63 blocks of five symbols, where
 * 62 do without the CRC: 335.25 symbols of 1.024 ms. */
Test(estimate, counts_the_payload_crc_of_downlinks)
{
    struct estimate_input input = input_by_hand();
    input.downlink_crc = true;
    struct estimate estimate = make(&input);
    cr_assert_float_eq(estimate.fragment_airtime_s, 0.343296, 1e-9);
    cr_assert_float_eq(estimate.interval_s, 0.343296 / 0.08, 1e-8);
}

#define STEP_S 10.0

Test(estimate, of_a_device_is_as_by_hand)
{
    struct estimate_input input = input_by_hand();
    input.guard_s = 2.0;
    struct estimate estimate = make(&input);
    cr_assert_float_eq(estimate.listening_s, 2.0 + 5.5 + 0.338176, 1e-9);
    cr_assert_float_eq(estimate.bulk_rx_s, 99 * 4.2272, 1e-6);
    cr_assert_float_eq(estimate.listening_j, 7.838176 * 0.0363, 1e-9);
    cr_assert_float_eq(estimate.bulk_j, 418.4928 * 0.0363, 1e-7);
    /* 15.475815 J of 10 kJ */
    cr_assert_float_eq(estimate.battery_percent, 0.15475815, 1e-6);
    /* Half a period, and two exchanges of 5 s. The course is reckoned in steps of 10 s. */
    input.fleet_size = 1;
    cr_assert_float_eq(make(&input).set_up_s, 910.0, STEP_S);
    /* Two answers, report of the block. */
    cr_assert_float_eq(make(&input).uplinks, 3.0, 1e-9);
    input.set_up_policy = SET_UP_ONE_PER_UPLINK;
    cr_assert_float_eq(make(&input).set_up_s, 900.0 + 2 * 1800.0 + 5.0, STEP_S);
    cr_assert_float_eq(make(&input).uplinks, 4.0, 1e-9);
    /* Of five messages one is lost: for 0.36 / 0.64 of a period the report, or the first command,
     * comes to nothing. The sums end with 99.5 % of a member. */
    input.set_up_policy = SET_UP_CHAINED;
    input.unicast_loss = 0.2;
    cr_assert_float_eq(make(&input).set_up_s, 910.0 + 1800.0 * 0.36 / 0.64, 0.02 * 1922.5);
    input.unicast_loss = 0.0;
    /* Ten thousand devices: 54 and 30 bytes at SF10 are 0.616448 + 0.411648 s; two gateways at
     * 10 %. An hour's airtime may be spent at once. */
    input.uplink_data_rate = 5;
    input.fleet_size = 10000;
    double last_s = 10000 * 1.028096 / 0.2;
    cr_assert_geq(make(&input).set_up_fleet_s, last_s - 3600.0);
}

Test(estimate, listens_until_the_time_out_where_devices_stay_incomplete)
{
    struct estimate_input input = input_by_hand();
    input.expected_loss = 0.2;
    struct estimate estimate = make(&input);
    cr_assert_lt(estimate.complete_share, 0.1);
    /* (100 + 1.6) / 0.8 fragments for a device that becomes whole; 2^10 s for the others. */
    double whole_s = (101.6 / 0.8 - 1.0) * 4.2272;
    double longest_s = 1024.0 - 5.838176;
    cr_assert_float_eq(estimate.bulk_rx_s,
            estimate.complete_share * whole_s + (1.0 - estimate.complete_share) * longest_s, 1e-6);
    input.correction = CORRECTION_ADAPTIVE;
    input.correction_timeout_s = 3600.0;
    cr_assert_float_eq(make(&input).bulk_rx_s, whole_s, 1e-6);
}

Test(estimate, sends_by_every_gateway_but_when_single)
{
    struct estimate_input input = input_by_hand();
    input.gateway_count = 5;
    double one_s = make(&input).gateway_airtime_s;
    cr_assert_float_eq(make(&input).airtime_s, 5 * one_s, 1e-9);
    double staggered_s = make(&input).session_s;
    input.gateways = MULTICAST_SIMULTANEOUS;
    cr_assert_float_eq(make(&input).airtime_s, 5 * one_s, 1e-9);
    cr_assert_float_eq(make(&input).session_s, staggered_s, 1e-9, "turns lie inside the interval");
    input.gateways = MULTICAST_SINGLE;
    cr_assert_float_eq(make(&input).airtime_s, one_s, 1e-9);
}

/* Spec 5.6: R >= (pM + 8) / (1 - p) + 3 sqrt(pM) / (1 - p). */
Test(estimate, corrects_by_the_planning_rule)
{
    struct estimate_input input = input_by_hand();
    input.image_size_bytes = 400 * 200;
    input.expected_loss = 0.1;
    input.correction_timeout_s = 3600.0;
    cr_assert_eq(make(&input).correction, 0, "fixed");
    input.correction = CORRECTION_ADAPTIVE;
    struct estimate estimate = make(&input);
    cr_assert_eq(estimate.coded, 60);
    /* 48 / 0.9 + 3 x 6.3246 / 0.9 = 53.33 + 21.08 = 74.4 */
    cr_assert_eq(estimate.correction, 15);
    cr_assert_float_eq(estimate.correction_s, 15 * 4.2272, 1e-6);
    cr_assert_float_eq(estimate.gateway_airtime_s, (400 + 60 + 15) * 0.338176, 1e-6);
    cr_assert_gt(estimate.session_s, estimate.bulk_s + estimate.coded_s + estimate.correction_s);
    input.redundancy = 0.2;
    cr_assert_eq(make(&input).correction, 0);
    input.expected_loss = 0.0;
    input.redundancy = 0.0;
    cr_assert_eq(make(&input).correction, 0);
}

/* Spec 5.6, rows where 20 and more fragments are lost (the formula has the dense regime's decoder):
 * 20 000 trials each (5 000 at M = 1000) put 3 sigma at 0.01 (0.02). */
Test(estimate, completes_as_the_published_monte_carlo)
{
    static const struct {
        uint32_t nb_frag;
        double redundancy, loss, v1, v2;
    } rows[] = {
        { 100, 0.2, 0.2, 0.133, 0.136 },
        { 100, 0.3, 0.2, 0.732, 0.729 },
        { 100, 0.3, 0.3, 0.027, 0.029 },
        { 100, 0.5, 0.3, 0.750, 0.755 },
        { 400, 0.1, 0.1, 0.221, 0.218 },
        { 400, 0.15, 0.1, 0.969, 0.971 },
        { 400, 0.3, 0.2, 0.943, 0.944 },
        { 400, 0.5, 0.3, 0.951, 0.952 },
        { 400, 0.3, 0.3, 0.0, 0.0 },
        { 1000, 0.1, 0.1, 0.135, 0.135 },
        { 1000, 0.15, 0.1, 0.999, 0.999 },
        { 1000, 0.3, 0.2, 0.996, 0.994 },
        { 1000, 0.5, 0.3, 0.996, 0.998 },
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct estimate_input input = input_by_hand();
        input.image_size_bytes = rows[i].nb_frag * 200;
        input.redundancy = rows[i].redundancy;
        input.expected_loss = rows[i].loss;
        double share = make(&input).complete_share;
        double tolerance = rows[i].nb_frag == 1000 ? 0.02 : 0.0125;
        cr_expect(share > fmin(rows[i].v1, rows[i].v2) - tolerance
                          && share < fmax(rows[i].v1, rows[i].v2) + tolerance,
                "M %u, R %.2f, p %.2f: %.4f", rows[i].nb_frag, rows[i].redundancy, rows[i].loss,
                share);
    }
}

Test(estimate, of_little_loss_is_that_of_whole_blocks)
{
    struct estimate_input input = input_by_hand();
    input.redundancy = 0.0;
    input.expected_loss = 0.01;
    /* Without redundancy: no device may lose anything. */
    cr_assert_float_eq(make(&input).complete_share, pow(0.99, 100), 1e-9);
    input.redundancy = 1.0;
    cr_assert_gt(make(&input).complete_share, 0.9999);
}

Test(estimate, refuses_what_cannot_be_sent)
{
    struct estimate_input input = input_by_hand();
    input.data_rate = 0; /* 51 bytes at most */
    cr_assert_not(make(&input).possible);
    input.fragment_size_bytes = 48;
    cr_assert(make(&input).possible);
    input.image_size_bytes = 48 * 16384; /* N has 14 bits */
    cr_assert_not(make(&input).possible);
    input = input_by_hand();
    input.frequency_hz = 870500000; /* no sub-band: no station may transmit */
    cr_assert_not(make(&input).possible);
    input.duty_cycle = 0.01;
    cr_assert(make(&input).possible);
    cr_assert_float_eq(make(&input).interval_s, 0.338176 / 0.008, 1e-8);
    input = input_by_hand();
    input.image_size_bytes = 0;
    cr_assert_not(make(&input).possible);
}

Test(estimate, says_when_no_time_out_is_long_enough)
{
    struct estimate_input input = input_by_hand();
    input.image_size_bytes = 9000 * 200;
    input.periods = 1;
    struct estimate estimate = make(&input);
    cr_assert_eq(estimate.time_out, SCHEDULE_TIME_OUT_MAX);
    cr_assert_not(estimate.time_out_fits);
    cr_assert_gt(estimate.needed_s, 32768.0);
    cr_assert_float_eq(estimate.session_s, 32768.0, 1e-9);
}

/* The least count of sessions, each with 2^15 s less the guard time of 5 s at either end. */
Test(estimate, cuts_a_long_transfer_into_sessions)
{
    struct estimate_input input = input_by_hand();
    input.image_size_bytes = 9000 * 200;
    struct estimate estimate = make(&input);
    double usable_s = 32768.0 - 10.0;
    cr_assert_gt(estimate.needed_s, 32768.0 + (estimate.periods - 2.0) * usable_s);
    cr_assert_leq(estimate.needed_s, 32768.0 + (estimate.periods - 1.0) * usable_s);
    cr_assert_gt(estimate.session_s, 32768.0);
}

/* 100 uncoded fragments: 5 + 1.1 x (100 + 16) x 4.2272 + 132 s = 676.4 s, so TimeOut 10; after a
 * pause of 600 s 15 coded ones, 5 + 1.1 x (15 + 16) x 4.2272 + 132 s = 281.1 s, so TimeOut 9. At a
 * loss of 5 % a device needs (100 + 1.6) / 0.95 fragments, which come to their end
 * 5 + 0.5 + (n - 1) x 4.2272 + 0.338176 s after a SessionTime; it sleeps in the pause. */
Test(estimate, counts_no_listening_between_two_periods)
{
    struct estimate_input input = input_by_hand();
    input.correction_period = CORRECTION_PERIOD_SECOND;
    input.correction_pause_s = 600.0;
    input.expected_loss = 0.05;
    struct estimate estimate = make(&input);
    cr_assert_eq(estimate.time_out, 10);
    cr_assert_float_eq(estimate.second_at_s, 1624.0, 1e-9);
    cr_assert_float_eq(estimate.second_s, 281.14752, 1e-5);
    cr_assert(estimate.time_out_fits);
    double first_s = 5.838176, whole = estimate.complete_share;
    double second_s = first_s + (101.6 / 0.95 - 100.0 - 1.0) * 4.2272;
    cr_assert_float_eq(estimate.bulk_rx_s,
            whole * (1024.0 + second_s) + (1.0 - whole) * (1024.0 + 512.0) - first_s, 1e-6);
    cr_assert_gt(estimate.session_s, 1624.0 + first_s + 14 * 4.2272, "the last coded one");
    cr_assert_lt(estimate.session_s, 1624.0 + 512.0);
}

/* --- against the update server --------------------------------------------------------------- */

static struct fleet fleet;

Test(estimate, announces_the_time_out_that_the_server_announces)
{
    static const struct {
        double redundancy;
        enum campaign_correction correction;
        sim_ns timeout_ns;
        uint8_t delay;
    } rows[] = {
        { 0.0, CORRECTION_FIXED, 0, 0 },
        { 1.0, CORRECTION_FIXED, 0, 255 },
        { 0.15, CORRECTION_ADAPTIVE, 600 * SIM_NS_PER_S, 255 },
        { 0.3, CORRECTION_UNTIL_REPORTED, 7200 * SIM_NS_PER_S, 5 },
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct campaign_params params = fleet_default_params();
        params.redundancy = rows[i].redundancy;
        params.correction = rows[i].correction;
        params.correction_timeout_ns = rows[i].timeout_ns;
        params.block_ack_delay = rows[i].delay;
        fleet_create(&fleet, 12, 600 * SIM_NS_PER_S, &params);
        fleet_run(&fleet, params.start_ns + 1300 * SIM_NS_PER_S);
        struct estimate_input input = input_by_hand();
        input.image_size_bytes = fleet.image_size;
        input.fragment_size_bytes = params.fragment_size_bytes;
        input.redundancy = params.redundancy;
        input.correction = params.correction;
        input.correction_timeout_s = (double)params.correction_timeout_ns / 1e9;
        input.block_ack_delay = params.block_ack_delay;
        input.fleet_size = 12;
        input.uplink_data_rate = 5; /* as they are heard */
        input.channel_count = 3;
        input.report_period_s = 600.0;
        struct estimate estimate = make(&input);
        cr_assert_eq(estimate.nb_frag, campaign_nb_frag(fleet.campaign));
        cr_expect_eq(fleet.devices[5].groups[0].session_s, 1u << estimate.time_out,
                "row %u: 2^%u s", i, estimate.time_out);
        cr_expect_eq(fleet.devices[5].set_up_payload[5] & 7, estimate.block_ack_delay);
        fleet_destroy(&fleet);
    }
}
