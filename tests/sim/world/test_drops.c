/* Runs that only drop a frame: played in one step they leave what the firmware leaves.
 * SPDX-License-Identifier: MIT
 *
 * Goal: the same summary, line of each device and observations in the same order, the same RAM,
 * chip, clock and energy of each device, whether node_drop_frame() is used or not: in a campaign of
 * gateways in turns, where devices lose power and read wrong, where counters jump, in two campaigns
 * at a time, and on two threads. Oracle: the firmware itself, which plays every frame.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "board/node_internal.h"
#include "sim/world/firmware_look.h"
#include "support/thread_twin.h"

#define CITY                                                                                       \
    "name: drops\n"                                                                                \
    "duration: 5 h\n"                                                                              \
    "area: {radius: 800 m}\n"                                                                      \
    "propagation: {penetration: 12 dB, shadowing: {sigma: 4 dB}, fading: rayleigh}\n"              \
    "gateways: {count: 3, radius: 400 m}\n"                                                        \
    "firmware: {image: generated, size: 4 KiB}\n"                                                  \
    "campaign: {start: 30 min, gateways: staggered, set_up: {window: 50 min}, "                    \
    "correction: {timeout: 30 min}, confirm_timeout: 1 h}\n"

static const char plain[] =
        CITY "devices: [{name: d, count: 40, boot: {spread: 10 min}, report: {period: 15 min}, "
             "rtc: {temperature: {swing: 10 C}, random_walk: 1 ppm}}]\n";

static const char faulty[] = CITY
        "devices: [{name: d, count: 30, boot: {spread: 10 min}, report: {period: 15 min, "
        "in_session: send}},\n"
        "  {name: e, count: 20, board: stm32l476-sx1276, boot: {spread: 10 min}, report: "
        "{period: 15 min}}]\n"
        "faults:\n"
        "  - {kind: power-cut, devices: d 50..100 %, at: 80 min, flash: {operation: 20, step: 7, "
        "torn: true}, duration: 2 s}\n"
        "  - {kind: reset, device: 17, at: 86 min}\n"
        "  - {kind: brown-out, device: 20, at: 30 min, duration: 3 h, charge: 20 %}\n"
        "  - {kind: jammer, at: 85 min, duration: 2 min, received: -100 dBm}\n"
        "  - {kind: read-errors, device: 33, at: 70 min, duration: 1 h, "
        "flash: {bit_errors: 0.0001}}\n";

static struct run_settings settings_of(bool whole_drops, unsigned threads)
{
    return (struct run_settings){
        .crypto_memo = true, .whole_drops = whole_drops, .threads = threads
    };
}

/* Returns how many runs were played in one step. */
static uint64_t compare(const char *text, unsigned threads)
{
    struct node_fleet_stats whole, cut;
    char *one = thread_twin_play_as(text, settings_of(true, 1), &whole);
    char *other = thread_twin_play_as(text, settings_of(false, threads), &cut);
    thread_twin_expect_same_as(one, other, "in one step");
    cr_expect_eq(whole.drops, 0);
    cr_expect_eq(whole.deliveries, cut.deliveries);
    cr_expect_eq(whole.firmware_runs, cut.firmware_runs);
    cr_expect_eq(whole.guest_errors, cut.guest_errors);
    cr_expect_eq(whole.lead_max_ns, cut.lead_max_ns);
    free(one);
    free(other);
    return cut.drops;
}

Test(drops, in_one_step_change_nothing_in_a_campaign)
{
    cr_expect_gt(compare(plain, 1), 400);
    cr_expect_gt(compare(plain, 2), 400);
}

Test(drops, in_one_step_change_nothing_where_devices_have_faults)
{
    cr_expect_gt(compare(faulty, 1), 400);
}

/* Honest frames that follow a jump of the counter are old. */
Test(drops, in_one_step_change_nothing_where_a_counter_jumps)
{
    char *text = trial_shipped("adversaries/counter-jump");
    cr_expect_gt(compare(text, 1), 100);
    free(text);
}

/* --- state ----------------------------------------------------------------------------------- */

/* A word of RAM that is the same, or points to the same place of its own node or RAM. */
static bool same_word(const struct node *a, const struct node *b, size_t offset)
{
    uintptr_t x, y;
    const char *ram = node_ram(a), *other = node_ram(b);
    memcpy(&x, ram + offset, sizeof x);
    memcpy(&y, other + offset, sizeof y);
    return x == y || x - (uintptr_t)a == y - (uintptr_t)b
           || x - (uintptr_t)ram == y - (uintptr_t)other;
}

/* Of RAM what a frame touches (test_frame_spans.c): elsewhere lies padding, which holds anything.
 */
static void expect_same_ram(const struct node *a, const struct node *b)
{
    for (unsigned i = 0; i < FW_SPANS_MAX; i++) {
        struct fw_span span = fleetcast_fw.frame_spans[i];
        size_t first = span.offset - span.offset % sizeof(uintptr_t);
        for (size_t at = first; at < span.offset + span.size; at += sizeof(uintptr_t)) {
            bool edge = at == firmware_look_edge_at(); /* read after the next one only */
            cr_assert(edge || same_word(a, b, at), "byte %zu of the RAM of node %u", at, a->index);
        }
    }
}

static void expect_same_node(const struct node *a, const struct node *b)
{
    const struct energy_meter *x = &a->energy, *y = &b->energy;
    expect_same_ram(a, b);
    cr_assert_arr_eq(a->chip.lora, b->chip.lora, sizeof a->chip.lora);
    cr_assert_eq(a->chip.now_ns, b->chip.now_ns);
    cr_assert_eq(a->chip.edge_ns, b->chip.edge_ns);
    cr_assert_eq(a->chip.spi_address, b->chip.spi_address);
    cr_assert_eq(a->chip.rx_unread, b->chip.rx_unread);
    cr_assert_eq(a->chip.dio_levels, b->chip.dio_levels);
    cr_assert_eq(a->local_ns, b->local_ns);
    cr_assert_eq(a->alarm_ns, b->alarm_ns);
    cr_assert_eq(a->frame_ready, b->frame_ready);
    cr_assert_eq(a->crystal.from_ns, b->crystal.from_ns);
    cr_assert_eq(a->crystal.base_ticks, b->crystal.base_ticks);
    cr_assert_eq(x->mcu_run_ns, y->mcu_run_ns);
    cr_assert_arr_eq(x->radio_uans, y->radio_uans, sizeof x->radio_uans);
}

Test(drops, in_one_step_leave_the_same_ram_chip_and_energy)
{
    struct trial *whole = trial_create_with(plain, NULL, 0, settings_of(true, 1));
    struct trial *cut = trial_create_with(plain, NULL, 0, settings_of(false, 1));
    const struct campaign *campaign = world_first_campaign(whole->world);
    bool goes_on = true;
    while (goes_on && campaign_phase(campaign) <= CAMPAIGN_PHASE_CODED) {
        sim_ns until_ns = engine_now(whole->world->engine) + SIM_NS_PER_S;
        goes_on = trial_go(whole, until_ns) && trial_go(cut, until_ns);
        for (uint32_t i = 0; campaign_phase(campaign) >= CAMPAIGN_PHASE_UNCODED
                             && i < whole->world->device_count;
                i++) {
            expect_same_node(node_at(whole->world->nodes, i), node_at(cut->world->nodes, i));
        }
    }
    struct node_fleet_stats stats;
    node_fleet_stats(cut->world->nodes, &stats);
    cr_expect_gt(stats.drops, 400);
    trial_destroy(whole);
    trial_destroy(cut);
}
