/* Airtime of multicast groups: shares of several groups, intervals, waits for the duty cycle.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: closed form of the interval (airtime x groups / (duty cycle x share)); after a wait
 * every interval is used again; frames of two groups at one spreading factor never overlap.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/network/rig.h"

#define GROUPS 2u
/* SF7, 216 bytes without CRC: 330.25 symbols of 1.024 ms (test_multicast.c). */
#define AIRTIME_NS INT64_C(338176000)
/* 338.176 ms / (0.1 x 0.8) */
#define INTERVAL_NS INT64_C(4227200000)

static struct rig rig;
static uint32_t groups[GROUPS];
static uint32_t refused;

static void on_report(void *context, uint32_t group, uint32_t fcnt, uint32_t gateway,
        enum gateway_tx_result result, sim_ns at_ns, sim_ns now_ns)
{
    (void)context, (void)group, (void)fcnt, (void)gateway, (void)at_ns, (void)now_ns;
    refused += result == GATEWAY_TX_SENT ? 0u : 1u;
}

static const struct network_application application = { .multicast_report = on_report };

static void start_with(const struct network_params *params)
{
    rig_create_with(&rig, params);
    network_set_application(rig.network, &application, NULL);
    refused = 0;
    for (uint32_t i = 0; i < 4; i++) {
        rig_join(&rig, i);
        rig_hear_best(&rig, i, i / 2);
    }
    rig_run(&rig, 1000 * SIM_NS_PER_S);
    rig.accepted_seen = fake_gateways_accepted_count(rig.gateways);
}

static void start(void)
{
    struct network_params params = rig_params(0.8);
    start_with(&params);
}

static void finish(void)
{
    rig_destroy(&rig);
}

TestSuite(multicast_airtime, .init = start, .fini = finish);

static uint32_t make_group(struct network_group_params params, uint32_t device)
{
    params.mc_addr = network_mc_addr(rig.network, device);
    params.data_rate = params.data_rate == 0 ? 5 : params.data_rate;
    params.frequency_hz = params.frequency_hz == 0 ? 869525000u : params.frequency_hz;
    uint32_t group = network_group_create(rig.network, &params);
    cr_assert_neq(group, UINT32_MAX);
    cr_assert(network_group_add(rig.network, group, device));
    return group;
}

/* Two groups whose only members are heard best by gateways 0 and `other` (device 2 i). */
static void make_two_groups(struct network_group_params params, uint32_t other)
{
    groups[0] = make_group(params, 0);
    groups[1] = make_group(params, other * 2u);
}

static void enqueue(uint32_t group, uint32_t count)
{
    uint8_t payload[203] = { 0x08 };
    for (uint32_t i = 0; i < count; i++) {
        cr_assert_neq(network_group_enqueue(rig.network, group, 201, payload, sizeof payload, 0),
                UINT32_MAX);
    }
}

static sim_ns interval_ns(uint32_t group)
{
    return network_group_interval_ns(rig.network, group, 203);
}

/* --- shares ---------------------------------------------------------------------------------- */

Test(multicast_airtime, is_shared_while_two_groups_are_on_the_air)
{
    make_two_groups((struct network_group_params){ 0 }, 0);
    cr_assert_eq(interval_ns(groups[0]), INTERVAL_NS);
    enqueue(groups[0], 20);
    cr_assert_eq(interval_ns(groups[0]), INTERVAL_NS);
    enqueue(groups[1], 20);
    cr_assert_eq(interval_ns(groups[0]), 2 * INTERVAL_NS);
    cr_assert_eq(interval_ns(groups[1]), 2 * INTERVAL_NS);
    network_group_flush(rig.network, groups[1]);
    cr_assert_eq(interval_ns(groups[0]), INTERVAL_NS, "the other one has ended");
}

/* SX1276 datasheet 4.1.1.7: a payload CRC makes 63 blocks of five symbols of 62, so 335.25 symbols
 * of 1.024 ms; 343.296 ms / (0.1 x 0.8). */
Test(multicast_airtime, counts_the_payload_crc_that_gateways_add)
{
    rig_destroy(&rig);
    struct network_params params = rig_params(0.8);
    params.downlink_crc = true;
    rig_create_with(&rig, &params);
    rig_join(&rig, 0);
    rig_run(&rig, 1000 * SIM_NS_PER_S);
    rig.accepted_seen = fake_gateways_accepted_count(rig.gateways);
    uint32_t group = make_group((struct network_group_params){ 0 }, 0);
    cr_assert_eq(interval_ns(group), INT64_C(4291200000));
    enqueue(group, 1);
    rig_run(&rig, 1010 * SIM_NS_PER_S);
    cr_assert(rig_next_tx(&rig)->tx.modulation.payload_crc);
}

Test(multicast_airtime, of_two_groups_together_keeps_to_the_share)
{
    make_two_groups((struct network_group_params){ 0 }, 0);
    enqueue(groups[0], 600);
    enqueue(groups[1], 600);
    sim_ns from_ns = engine_now(rig.engine);
    rig_run(&rig, from_ns + 3600 * SIM_NS_PER_S);
    uint32_t sent = 0;
    while (rig_next_tx(&rig) != NULL) {
        sent++;
    }
    /* 3600 s x 0.08 of airtime, and the frames that the two have asked for ahead. */
    uint32_t expected = (uint32_t)(3600 * SIM_NS_PER_S / INTERVAL_NS);
    cr_assert(sent >= expected - 2u && sent <= expected + 6u, "%u of %u", sent, expected);
    cr_assert_eq(refused, 0);
}

Test(multicast_airtime, of_other_gateways_is_not_shared)
{
    make_two_groups((struct network_group_params){ 0 }, 1);
    enqueue(groups[0], 20);
    enqueue(groups[1], 20);
    cr_assert_eq(interval_ns(groups[0]), INTERVAL_NS);
    cr_assert_eq(interval_ns(groups[1]), INTERVAL_NS);
}

Test(multicast_airtime, of_another_sub_band_is_not_shared)
{
    groups[0] = make_group((struct network_group_params){ 0 }, 0);
    groups[1] = make_group((struct network_group_params){ .frequency_hz = 868100000u }, 1);
    enqueue(groups[0], 20);
    enqueue(groups[1], 2);
    cr_assert_eq(interval_ns(groups[0]), INTERVAL_NS);
    cr_assert_eq(interval_ns(groups[1]), 10 * INTERVAL_NS, "1 %% instead of 10 %%");
}

Test(multicast_airtime, of_a_group_may_be_its_own_share)
{
    uint32_t group = make_group((struct network_group_params){ .duty_share = 0.4 }, 0);
    cr_assert_eq(interval_ns(group), 2 * INTERVAL_NS);
}

Test(multicast_airtime, frames_of_two_groups_at_one_spreading_factor_do_not_overlap)
{
    make_two_groups((struct network_group_params){ 0 }, 1);
    enqueue(groups[0], 100);
    enqueue(groups[1], 100);
    rig_run_s(&rig, 900);
    sim_ns start_ns[200];
    uint32_t count = 0;
    const struct fake_tx *entry;
    while ((entry = rig_next_tx(&rig)) != NULL) {
        cr_assert_lt(count, 200);
        for (uint32_t i = 0; i < count; i++) {
            cr_assert_geq(llabs(start_ns[i] - entry->tx.at_ns), AIRTIME_NS, "%u, %u", i, count);
        }
        start_ns[count++] = entry->tx.at_ns;
    }
    cr_assert_eq(count, 200);
}

Test(multicast_airtime, is_there_for_more_than_sixteen_groups)
{
    uint32_t group = UINT32_MAX;
    for (uint32_t i = 0; i < 40; i++) {
        group = make_group((struct network_group_params){ 0 }, 0);
    }
    enqueue(group, 3);
    rig_run_s(&rig, 60);
    cr_assert_eq(network_group_waiting(rig.network, group), 0);
    cr_assert_eq(refused, 0);
}

/* --- intervals ------------------------------------------------------------------------------- */

Test(multicast_airtime, interval_may_be_given_and_exceed_the_duty_cycle)
{
    uint32_t group =
            make_group((struct network_group_params){ .interval_ns = 1500 * SIM_NS_PER_MS }, 0);
    enqueue(group, 10);
    rig_run_s(&rig, 60);
    sim_ns before_ns = rig_next_tx(&rig)->tx.at_ns;
    for (int i = 1; i < 10; i++) {
        sim_ns at_ns = rig_next_tx(&rig)->tx.at_ns;
        cr_assert_eq(at_ns - before_ns, 1500 * SIM_NS_PER_MS);
        before_ns = at_ns;
    }
    group = make_group((struct network_group_params){ .interval_ns = 1 }, 0);
    cr_assert_eq(interval_ns(group), AIRTIME_NS + NETWORK_TURN_GUARD_NS, "a frame must fit");
}

Test(multicast_airtime, frames_start_at_the_first_tick_after_an_unrounded_plan)
{
    uint32_t group = make_group((struct network_group_params){ .interval_ns = 3700 * SIM_NS_PER_MS,
                                        .granularity_ns = SIM_NS_PER_S },
            0);
    cr_assert_neq(network_group_enqueue(rig.network, group, 201, (const uint8_t *)"x", 1,
                          1100 * SIM_NS_PER_S + 200 * SIM_NS_PER_MS),
            UINT32_MAX);
    enqueue(group, 9);
    rig_run(&rig, 1200 * SIM_NS_PER_S);
    for (int k = 0; k < 10; k++) {
        sim_ns planned_ms = INT64_C(1100200) + k * 3700;
        sim_ns expected_ns = (planned_ms + 999) / 1000 * SIM_NS_PER_S; /* the rig's GPS is whole */
        cr_assert_eq(rig_next_tx(&rig)->tx.at_ns, expected_ns, "frame %d", k);
    }
}

/* --- haste ----------------------------------------------------------------------------------- */

/* One gateway that listens half of the time: a frame of 338.176 ms every 676.352 ms. */
#define HURRIED_NS (2 * AIRTIME_NS)

static void expect_intervals(uint32_t count, sim_ns expected_ns)
{
    sim_ns before_ns = rig_next_tx(&rig)->tx.at_ns;
    for (uint32_t i = 1; i < count; i++) {
        sim_ns at_ns = rig_next_tx(&rig)->tx.at_ns;
        cr_assert_eq(
                at_ns - before_ns, expected_ns, "frame %u: %" PRId64 " ns", i, at_ns - before_ns);
        before_ns = at_ns;
    }
}

/* 80 % of 10 % of an hour are 288 s, which 851 frames fit. */
Test(multicast_airtime, that_is_left_of_the_hour_is_spent_at_once_in_haste)
{
    rig_destroy(&rig);
    struct network_params params = rig_params(0.8);
    params.listen_share = 0.5;
    start_with(&params);
    uint32_t group = make_group((struct network_group_params){ 0 }, 0);
    network_group_hurry(rig.network, group);
    enqueue(group, 1000);
    rig_run(&rig, engine_now(rig.engine) + 1800 * SIM_NS_PER_S);
    expect_intervals(851, HURRIED_NS);
    for (uint32_t i = 0; i < 6; i++) { /* on their way when the report of number 851 came */
        cr_assert_not_null(rig_next_tx(&rig));
    }
    expect_intervals(50, INTERVAL_NS);
    cr_assert_eq(refused, 0);
}

/* A group that has sent nothing is of the same gateways: 851 frames fit, 852 do not in any hour. */
Test(multicast_airtime, of_an_hour_is_known_before_the_first_frame)
{
    uint32_t group = make_group((struct network_group_params){ 0 }, 0);
    sim_ns now_ns = engine_now(rig.engine);
    cr_assert_eq(network_group_hurry_from_ns(rig.network, group, 203, 851), now_ns);
    cr_assert_eq(network_group_hurry_from_ns(rig.network, group, 203, 852), SIM_NS_NEVER);
}

Test(multicast_airtime, allows_no_haste_beside_another_group)
{
    make_two_groups((struct network_group_params){ 0 }, 0);
    network_group_hurry(rig.network, groups[0]);
    enqueue(groups[1], 1);
    enqueue(groups[0], 10);
    rig_run(&rig, engine_now(rig.engine) + 120 * SIM_NS_PER_S);
    cr_assert_not_null(rig_next_tx(&rig), "of the other one");
    cr_assert_not_null(rig_next_tx(&rig), "it passes that of the other one");
    expect_intervals(9, 2 * INTERVAL_NS);
}

Test(multicast_airtime, allows_no_haste_where_the_interval_is_given)
{
    uint32_t group =
            make_group((struct network_group_params){ .interval_ns = 3 * SIM_NS_PER_S }, 0);
    network_group_hurry(rig.network, group);
    enqueue(group, 10);
    rig_run(&rig, engine_now(rig.engine) + 60 * SIM_NS_PER_S);
    expect_intervals(10, 3 * SIM_NS_PER_S);
}

static enum gateway_tx_result keeps_pauses(
        void *context, uint32_t gateway, const struct gateway_tx *tx, sim_ns now_ns)
{
    static sim_ns free_ns;
    (void)context;
    if (tx->at_ns < free_ns) {
        return GATEWAY_TX_DUTY_CYCLE;
    }
    free_ns = tx->at_ns + 10 * AIRTIME_NS; /* T/d - T from the end of a frame, d = 10 % */
    return fake_gateways_queue(rig.gateways, gateway, tx, now_ns);
}

Test(multicast_airtime, has_no_haste_once_a_gateway_refuses_for_its_duty_cycle)
{
    uint32_t group = make_group((struct network_group_params){ 0 }, 0);
    rig.gateways->judge = keeps_pauses;
    network_group_hurry(rig.network, group);
    enqueue(group, 20);
    rig_run(&rig, engine_now(rig.engine) + 200 * SIM_NS_PER_S);
    cr_assert_not_null(rig_next_tx(&rig));
    cr_assert_not_null(rig_next_tx(&rig), "which was planned in haste");
    expect_intervals(18, INTERVAL_NS);
}

Test(multicast_airtime, without_a_duty_cycle_is_gateways_in_turn_or_time_to_listen)
{
    struct network_airtime airtime = { .frame_ns = 400 * SIM_NS_PER_MS,
        .duty_cycle = 1.0,
        .duty_share = 0.8,
        .listen_share = 0.5,
        .gateway_count = 3,
        .sharers = 1 };
    cr_assert_eq(network_multicast_interval_ns(&airtime), 1260 * SIM_NS_PER_MS, "3 x 420 ms");
    airtime.gateway_count = 1;
    cr_assert_eq(network_multicast_interval_ns(&airtime), 800 * SIM_NS_PER_MS, "half the time");
    airtime.sharers = 2;
    cr_assert_eq(network_multicast_interval_ns(&airtime), 1600 * SIM_NS_PER_MS);
    airtime.gateway_count = 5;
    cr_assert_eq(network_multicast_interval_ns(&airtime), 4200 * SIM_NS_PER_MS, "2 x 5 x 420 ms");
    airtime.listen_share = 0.0;
    airtime.gateway_count = airtime.sharers = 1;
    cr_assert_eq(network_multicast_interval_ns(&airtime), 420 * SIM_NS_PER_MS);
}

/* --- waits ----------------------------------------------------------------------------------- */

static sim_ns busy_until_ns;

static enum gateway_tx_result spent(
        void *context, uint32_t gateway, const struct gateway_tx *tx, sim_ns now_ns)
{
    (void)context;
    return tx->at_ns < busy_until_ns ? GATEWAY_TX_DUTY_CYCLE
                                     : fake_gateways_queue(rig.gateways, gateway, tx, now_ns);
}

Test(multicast_airtime, stream_uses_every_interval_after_a_wait)
{
    uint32_t group = make_group((struct network_group_params){ 0 }, 0);
    rig.gateways->judge = spent;
    busy_until_ns = engine_now(rig.engine) + 700 * SIM_NS_PER_S; /* 165 intervals: 165 refusals */
    enqueue(group, 60);
    rig_run(&rig, busy_until_ns + 70 * INTERVAL_NS);
    cr_assert_eq(refused, 0, "none is dropped");
    sim_ns first_ns = rig_next_tx(&rig)->tx.at_ns;
    cr_assert_leq(first_ns, busy_until_ns + INTERVAL_NS);
    for (int k = 1; k < 60; k++) {
        cr_assert_eq(rig_next_tx(&rig)->tx.at_ns, first_ns + k * INTERVAL_NS, "frame %d", k);
    }
}

Test(multicast_airtime, frame_is_given_up_when_the_duty_cycle_never_lets_it_pass)
{
    uint32_t group = make_group((struct network_group_params){ 0 }, 0);
    rig.gateways->judge = spent;
    busy_until_ns = SIM_NS_NEVER;
    enqueue(group, 1);
    rig_run_s(&rig, 5390);
    cr_assert_eq(refused, 0);
    rig_run_s(&rig, 30);
    cr_assert_eq(refused, 1);
    cr_assert_eq(network_group_waiting(rig.network, group), 0);
}
