/* Lanes: what stations did, without gaps and in order.
 * SPDX-License-Identifier: MIT
 *
 * Goal: what a pinned device's radio does tiles the time from pinning on; frames lie within it
 * where they must; a gateway's lane holds each frame that it sent or took notice of.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "watched.h"

static bool is_frame(const struct lane_item *item)
{
    return item->frame_id != 0;
}

static void expect_in_order(const struct lane *lane)
{
    for (uint32_t i = 1; i < lane->count; i++) {
        cr_assert(lane->items[i - 1].from_ns <= lane->items[i].from_ns, "item %u", i);
    }
}

/* Without a gap and an overlap, up to now. */
static void expect_tiles(const struct lane *lane, sim_ns now_ns)
{
    sim_ns at_ns = lane->since_ns;
    for (uint32_t i = 0; i < lane->count; i++) {
        const struct lane_item *item = &lane->items[i];
        if (!is_frame(item)) {
            cr_assert_eq(item->from_ns, at_ns, "item %u begins %lld ns off", i,
                    (long long)(item->from_ns - at_ns));
            cr_assert(item->to_ns > item->from_ns);
            at_ns = item->to_ns;
        }
    }
    cr_expect_eq(
            at_ns, SIM_NS_NEVER, "it ends at %lld of %lld", (long long)at_ns, (long long)now_ns);
}

static sim_ns time_in(const struct lane *lane, enum lane_kind kind)
{
    sim_ns sum_ns = 0;
    for (uint32_t i = 0; i < lane->count; i++) {
        const struct lane_item *item = &lane->items[i];
        bool counts = item->kind == (uint8_t)kind && item->to_ns != SIM_NS_NEVER;
        sum_ns += counts ? item->to_ns - item->from_ns : 0;
    }
    return sum_ns;
}

static uint32_t count_of(const struct lane *lane, enum lane_kind kind)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < lane->count; i++) {
        count += lane->items[i].kind == (uint8_t)kind ? 1u : 0u;
    }
    return count;
}

/* Device 2 has no power from 30 to 31 min. */
Test(lanes, of_a_device_tile_the_time_since_it_was_pinned)
{
    struct watched watched = watched_create(watched_small, NULL, 0);
    watch_pin(watched.watch, 2);
    watched_go(&watched, 1000 * SIM_NS_PER_S);
    watch_pin(watched.watch, 4);
    watched_play(&watched, 97 * SIM_NS_PER_S);
    const struct scene *scene = watched.scene;
    cr_assert_eq(scene->lane_count, 4);
    for (uint32_t i = 2; i < 4; i++) {
        expect_in_order(&scene->lanes[i]);
        expect_tiles(&scene->lanes[i], scene->now_ns);
        cr_expect_gt(count_of(&scene->lanes[i], LANE_RECEIVED), 30);
        cr_expect_gt(count_of(&scene->lanes[i], LANE_TRANSMITTING), 5);
    }
    cr_expect(scene->lanes[2].station == 2 && scene->lanes[2].since_ns == 0);
    cr_expect(scene->lanes[3].station == 4 && scene->lanes[3].since_ns == 1000 * SIM_NS_PER_S);
    bool cut = false;
    const struct lane *lane = &scene->lanes[2];
    for (uint32_t i = 0; i < lane->count; i++) {
        const struct lane_item *item = &lane->items[i];
        cut = cut
              || (item->kind == LANE_OFF && item->from_ns <= 1801 * SIM_NS_PER_S
                      && item->to_ns >= 1860 * SIM_NS_PER_S && item->to_ns < 1861 * SIM_NS_PER_S);
    }
    cr_expect(cut, "no time without power from 30 to 31 min");
    watched_destroy(&watched);
}

/* By the energy meter: sending draws what it draws for as long as the lane says. The board sends at
 * one power only: 14 dBm in EU868. */
Test(lanes, of_a_device_send_for_as_long_as_its_energy_meter_counts)
{
    struct watched watched = watched_create(watched_small, NULL, 0);
    watch_pin(watched.watch, 3);
    watched_play(&watched, 1000 * SIM_NS_PER_S);
    struct energy_states states;
    const struct node_fleet *nodes = watched.trial->world->nodes;
    node_energy_states(nodes, 3, watched.scene->now_ns, &states);
    const struct energy_params *energy = &node_board(nodes, 3)->energy;
    cr_assert_eq(states.tx_count, 1);
    double ua = energy->radio_tx_ua[states.tx[0].dbm - ENERGY_TX_DBM_MIN];
    double sent_s = states.tx[0].joule / (ua * 1e-6 * energy->supply_v);
    double lane_s = (double)time_in(&watched.scene->lanes[2], LANE_TRANSMITTING) / 1e9;
    cr_expect_float_eq(lane_s, sent_s, 1e-6, "%g s, not %g s", lane_s, sent_s);
    watched_destroy(&watched);
}

/* The first gateway has no power from 20 to 25 min. */
Test(lanes, of_gateways_hold_each_frame_and_each_outage)
{
    struct watched watched = watched_create(watched_small, NULL, 0);
    watched_play(&watched, 97 * SIM_NS_PER_S);
    for (uint32_t g = 0; g < 2; g++) {
        const struct lane *lane = &watched.scene->lanes[g];
        const struct scene_gateway *gateway = &watched.scene->gateways[g];
        expect_in_order(lane);
        cr_expect_eq(count_of(lane, LANE_TRANSMITTING), gateway->sent);
        cr_expect_eq(count_of(lane, LANE_RECEIVED), gateway->received);
        cr_expect_eq(count_of(lane, LANE_LOST), gateway->lost);
        cr_expect_eq(time_in(lane, LANE_OFF), g == 0 ? 300 * SIM_NS_PER_S : 0);
    }
    watched_destroy(&watched);
}

Test(lanes, at_most_so_many_devices_are_pinned)
{
    const char *const sets[] = { "devices.d.count=12" };
    struct watched watched = watched_create(watched_small, sets, 1);
    for (uint32_t i = 0; i < SCENE_PINNED_MAX; i++) {
        cr_expect(watch_pin(watched.watch, i));
    }
    cr_expect_not(watch_pin(watched.watch, 11), "all places are taken");
    watch_unpin(watched.watch, 3);
    cr_expect_not(watch_pin(watched.watch, 4), "it has a lane");
    cr_expect_not(watch_pin(watched.watch, 12), "there is no such device");
    cr_expect(watch_pin(watched.watch, 11));
    watched_fill(&watched);
    cr_assert_eq(watched.scene->lane_count, 2 + SCENE_PINNED_MAX);
    cr_expect_eq(watched.scene->lanes[2 + 3].station, 4);
    cr_expect_eq(watched.scene->lanes[2 + 7].station, 11);
    watched_destroy(&watched);
}
