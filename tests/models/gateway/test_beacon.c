/* Beacons: their grid, their bytes, and the room the queue keeps for them.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: spec-physics section 6 (reserved 2.12 s, guard 3 s, pre delay 31.5 ms, margin 1 ms);
 * LoRaWAN L2 1.0.4 section 12; RP002-1.0.3 (152.6 ms on air); CRC-16 with polynomial 0x1021 and
 * initial value 0 of "123456789" is 0x31C3.
 */
#include <criterion/criterion.h>

#include "gateway/gateway_internal.h"
#include "gateway_world.h"

#define US SIM_NS_PER_US
#define MS SIM_NS_PER_MS

static uint32_t detected;
static struct frame beacon;

static void on_frame(void *context, const struct observation *observation)
{
    detected++;
    beacon = *(const struct frame *)observation->data;
}

/* GPS time 28 s short of the grid: beacons at 28 s, 156 s, ... */
static void with_beacons(void)
{
    world_default();
    world.params.beacons = true;
    world.params.gps_at_start_ns = (INT64_C(1400000000) / 128 * 128 + 100) * SIM_NS_PER_S;
    world_restart();
    engine_observer_add(world.engine, OBSERVE_BIT(OBSERVE_FRAME_STARTED), on_frame, NULL);
}

TestSuite(beacon, .init = with_beacons, .fini = world_stop);

Test(beacon, crc_is_that_of_the_specification)
{
    cr_expect_eq(beacon_crc((const uint8_t *)"123456789", 9), 0x31C3);
}

Test(beacon, goes_every_128_s_of_gps_time)
{
    world_run_to(27 * SIM_NS_PER_S);
    cr_expect_eq(detected, 0);
    world_run_to(30 * SIM_NS_PER_S);
    cr_assert_eq(detected, 1);
    cr_expect_eq(beacon.start_ns, 28 * SIM_NS_PER_S + US, "1.5 us after the grid, to the whole us");
    cr_expect_eq(beacon.size, 17);
    cr_expect_float_eq((double)(beacon.end_ns - beacon.start_ns) / 1e6, 152.6, 0.05);
    uint32_t gps_s = (uint32_t)beacon.bytes[2] | (uint32_t)beacon.bytes[3] << 8
                     | (uint32_t)beacon.bytes[4] << 16 | (uint32_t)beacon.bytes[5] << 24;
    cr_expect_eq(gps_s, 1400000000 / 128 * 128 + 128);
    cr_expect_eq(gps_s % 128, 0);
    /* A CRC with its bytes swapped back after the message leaves no remainder. */
    uint8_t half[8] = { 0 };
    for (unsigned i = 0; i < 6; i++) {
        half[i] = beacon.bytes[i];
    }
    half[6] = beacon.bytes[7];
    half[7] = beacon.bytes[6];
    cr_expect_eq(beacon_crc(half, 8), 0);
    world_run_to(3600 * SIM_NS_PER_S);
    cr_expect_eq(detected, 28);
    struct gateway_stats stats = world_stats();
    cr_expect_eq(stats.beacons, 28);
    cr_expect_eq(stats.beacons_skipped, 0);
    cr_expect_eq(stats.transmitted, 0);
    cr_expect_eq(world.report_count, 0);
}

Test(beacon, needs_gnss)
{
    world.params.gnss = false;
    world_restart();
    world_run_to(300 * SIM_NS_PER_S);
    cr_expect_eq(world_stats().beacons, 0);
}

static enum gateway_tx_result answer_to(enum gateway_tx_timing timing, sim_ns at_ns)
{
    static uint64_t token;
    struct gateway_tx tx = world_request(++token, at_ns, 7, 20);
    tx.timing = timing;
    world_submit(&tx);
    world_run_to(engine_now(world.engine) + 100 * MS);
    cr_assert_not_null(world_report_of(token, 0));
    return world_report_of(token, 0)->result;
}

Test(beacon, frames_keep_clear_of_it)
{
    sim_ns grid_ns = 28 * SIM_NS_PER_S, airtime_ns = 0;
    struct gateway_tx tx = world_request(0, 0, 7, 20);
    airtime_ns = lora_time_on_air_ns(&tx.modulation, 20);
    /* After: 2120 + 31.5 + 1 ms; before: airtime + 31.5 + 1 ms, class B 3 s more. */
    sim_ns after_ns = grid_ns + 2152500 * US, before_ns = grid_ns - airtime_ns - 32500 * US;
    cr_expect_eq(answer_to(GATEWAY_TX_AT, grid_ns), GATEWAY_TX_COLLISION_BEACON);
    cr_expect_eq(answer_to(GATEWAY_TX_AT, after_ns), GATEWAY_TX_COLLISION_BEACON);
    cr_expect_eq(answer_to(GATEWAY_TX_AT, after_ns + 1), GATEWAY_TX_ACCEPTED);
    cr_expect_eq(answer_to(GATEWAY_TX_AT, before_ns), GATEWAY_TX_COLLISION_BEACON);
    cr_expect_eq(answer_to(GATEWAY_TX_AT_GPS, before_ns - 1000 * MS), GATEWAY_TX_COLLISION_BEACON);
    cr_expect_eq(answer_to(GATEWAY_TX_AT_GPS, before_ns - 3000 * MS), GATEWAY_TX_COLLISION_BEACON);
    cr_expect_eq(answer_to(GATEWAY_TX_AT, before_ns - 1), GATEWAY_TX_ACCEPTED);
    cr_expect_eq(answer_to(GATEWAY_TX_AT_GPS, before_ns - 3001 * MS), GATEWAY_TX_ACCEPTED);
    cr_expect_eq(world_stats().rejected[GATEWAY_TX_COLLISION_BEACON], 5);
    world_run_to(60 * SIM_NS_PER_S);
    cr_expect_eq(world_stats().beacons, 1);
    cr_expect_eq(world_stats().transmitted, 3);
}

Test(beacon, immediate_requests_go_after_it)
{
    world_run_to(27 * SIM_NS_PER_S);
    struct gateway_tx tx = world_request(1000, 0, 7, 20);
    tx.timing = GATEWAY_TX_IMMEDIATE; /* in one second: amid the beacon */
    world_submit(&tx);
    world_run_to(40 * SIM_NS_PER_S);
    world_expect_report(1000, 1, GATEWAY_TX_SENT);
    cr_expect_eq(world_report_of(1000, 1)->at_ns, 28 * SIM_NS_PER_S + 2152500 * US + 1);
}

Test(beacon, none_is_sent_without_power)
{
    world_outage(GATEWAY_OUTAGE_POWER, 100 * SIM_NS_PER_S, 100 * SIM_NS_PER_S);
    world_run_to(300 * SIM_NS_PER_S);
    cr_expect_eq(world_stats().beacons, 2, "at 28 and 284 s, not at 156 s");
    cr_expect_eq(world_stats().cut_off, 1);
    cr_expect_eq(world.report_count, 0);
}
