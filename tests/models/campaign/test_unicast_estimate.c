/* The estimate of delivery by unicast, against arithmetic by hand.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: EN 300 220 (shares of an hour), time on air of the SX1276 (spec-physics), and
 * docs/block-protocol.md. scenarios/published/unicast-10-nodes.yaml does the first sum for a
 * published set-up.
 */
#include <criterion/criterion.h>

#include "campaign/estimate.h"
#include "region/region.h"

/* The course is reckoned in steps of 10 s, and its sums end with 99.5 % of the members. */
#define CLOSE 0.02

/* Ten nodes, 2134 fragments of 47 B each: 427 answers of five. */
static struct estimate_input ten_nodes(void)
{
    return (struct estimate_input){
        .region = &region_eu868,
        .delivery = DELIVERY_UNICAST,
        .image_size_bytes = 2134 * 47,
        .fragment_size_bytes = 47,
        .data_rate = 5,
        .frequency_hz = 869525000,
        .duty_share = 0.8,
        .gateway_count = 1,
        .rx2_data_rate = 5,
        .rx2_frequency_hz = 869525000,
        .uplink_duty = 0.02, /* 865 to 868 MHz, 868.0 to 868.6 MHz */
        .fleet_size = 10,
        .report_period_s = 1800.0,
        .uplink_data_rate = 5,
        .channel_count = 8,
        .rx_current_a = 0.0115,
        .tx_current_a = 0.044,
        .supply_v = 3.3,
        .battery_usable_j = 10000.0,
    };
}

static struct estimate make(const struct estimate_input *input)
{
    struct estimate estimate;
    estimate_make(input, &estimate);
    cr_assert(estimate.possible);
    return estimate;
}

Test(unicast_estimate, gives_gateways_the_time_of_their_duty_cycle)
{
    struct estimate_input input = ten_nodes();
    struct estimate e = make(&input);
    cr_assert_eq(e.nb_frag, 2134);
    cr_assert_eq(e.answer_fragments, 5);
    cr_assert_eq(e.coded + e.correction, 0);
    /* 2134 / 5 answers of 251 B at SF7, 389.4 ms (238 B: 3 + 5 * 47, and 13 B of LoRaWAN). */
    cr_expect_float_eq(e.airtime_s / 1662.0, 1.0, CLOSE);
    /* 12 % of the time; the first of ten reports comes after an eleventh of their period. */
    cr_expect_float_eq(e.session_s / (1662.0 / 0.12 + 1800.0 / 11.0), 1.0, CLOSE);
    input.gateway_count = 2;
    /* An hour's airtime may be spent at once. */
    double both_s = make(&input).session_s, most_s = 1662.0 / 0.24 + 1800.0 / 6.0;
    cr_expect(both_s > most_s - 3600.0 && both_s < most_s, "%g s", both_s);
}

/* One device at DR0, 20 fragments: a request of 17 B takes 1318.9 ms, so that one in 66 s keeps 2 %
 * of two sub-bands; its report comes after half a period in the mean, an exchange of 5 s follows.
 */
Test(unicast_estimate, gives_devices_the_pace_of_theirs)
{
    struct estimate_input input = ten_nodes();
    input.image_size_bytes = 20 * 47;
    input.fleet_size = 1;
    input.uplink_data_rate = 0;
    input.rx2_data_rate = 0;
    struct estimate e = make(&input);
    cr_assert_eq(e.answer_fragments, 1);
    cr_expect_float_eq(e.interval_s, 1.3189 / 0.02, 0.1);
    cr_expect_float_eq(e.set_up_s / 905.0, 1.0, CLOSE);
    cr_expect_float_eq(e.session_s / (905.0 + 20 * 1.3189 / 0.02), 1.0, CLOSE);
    /* Set-up, receipt, and 20 requests. */
    cr_expect_float_eq(e.uplinks / 22.0, 1.0, CLOSE);
    /* Answers of 63 B take 2793.5 ms. */
    cr_expect_float_eq(e.bulk_j / (20 * 3.3 * (0.0115 * 2.7935 + 0.044 * 1.3189)), 1.0, CLOSE);
    cr_expect_float_eq(e.battery_percent, e.bulk_j / 100.0, 1e-9);
    cr_expect_eq(e.listening_j, 0.0);
}

/* At 10 % loss each way 0.81 of the requests are answered; the others cost 10 s to 15 s each. */
Test(unicast_estimate, repeats_what_is_lost)
{
    struct estimate_input input = ten_nodes();
    input.image_size_bytes = 200 * 47;
    input.fleet_size = 1;
    double exchange_s = make(&input).interval_s;
    input.unicast_loss = 0.1;
    struct estimate e = make(&input);
    cr_expect_float_eq(e.interval_s, exchange_s + 12.5 * 0.19 / 0.81, 1e-6);
    cr_expect_float_eq(e.uplinks / (2.0 / 0.9 + 40.0 / 0.81), 1.0, CLOSE);
}

Test(unicast_estimate, is_impossible_where_no_window_carries_a_fragment)
{
    struct estimate_input input = ten_nodes();
    struct estimate e;
    input.fragment_size_bytes = 100;
    input.uplink_data_rate = 0;
    input.rx2_data_rate = 0; /* 51 B */
    estimate_make(&input, &e);
    cr_expect_not(e.possible);
    input.rx2_data_rate = 3; /* 115 B */
    cr_expect_eq(make(&input).answer_fragments, 1);
}
