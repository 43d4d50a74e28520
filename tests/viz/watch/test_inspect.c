/* The selected device in detail.
 * SPDX-License-Identifier: MIT
 *
 * Goal: who it is, what its radio's registers hold, which fragments it has, what it runs, what it
 * drew and what it did, each as another part of the program knows it.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/fragment_causes.h"
#include "watched.h"

#define DEVICE 3u

/* To a time at which it listens and some fragments are out. */
static struct watched in_session(void)
{
    struct watched watched = watched_create(watched_small, NULL, 0);
    watch_select(watched.watch, DEVICE);
    do {
        cr_assert(watched_go(&watched, watched.scene->now_ns + SIM_NS_PER_S));
        watched_fill(&watched);
    } while (watched.scene->headline.uncoded < 20);
    return watched;
}

static uint8_t register_named(const struct scene_detail *detail, const char *name)
{
    for (uint32_t i = 0; i < detail->register_count; i++) {
        if (strcmp(detail->registers[i].name, name) == 0) {
            return detail->registers[i].value;
        }
    }
    cr_assert(false, "%s is not shown", name);
    return 0;
}

Test(inspect, says_who_it_is)
{
    struct watched watched = in_session();
    const struct scene_detail *detail = &watched.scene->detail;
    const struct world *world = watched.trial->world;
    uint64_t dev_eui = 0;
    for (int i = 0; i < 8; i++) {
        dev_eui = dev_eui << 8 | detail->dev_eui[i];
    }
    cr_expect_eq(detail->device, DEVICE);
    cr_expect_eq(dev_eui, world->identities[DEVICE].dev_eui);
    cr_expect_eq(detail->dev_addr, network_dev_addr(world->network, DEVICE));
    cr_expect_eq(detail->mc_addr, campaign_mc_addr(world_first_campaign(world)));
    cr_expect_str_eq(detail->group, "d");
    cr_expect_str_eq(detail->failure, "silent_after_session"); /* no report of it so far */
    watched_destroy(&watched);
}

/* Class C at 869.525 MHz and DR5: LoRa in RXCONTINUOUS; Frf = frequency / 61.03515625 Hz; SF7 in
 * RegModemConfig2 and 125 kHz, 4/5 in RegModemConfig1 (SX1276 datasheet sections 6.4, 4.1.4). */
Test(inspect, shows_the_registers_of_the_radio)
{
    struct watched watched = in_session();
    const struct scene_detail *detail = &watched.scene->detail;
    uint32_t frf = (uint32_t)register_named(detail, "RegFrfMsb") << 16
                   | (uint32_t)register_named(detail, "RegFrfMid") << 8
                   | register_named(detail, "RegFrfLsb");
    cr_assert_eq(watched.scene->devices[DEVICE].activity, DEVICE_LISTENING);
    cr_expect_eq(detail->radio, SX1276_POWER_RX);
    cr_expect_eq(register_named(detail, "RegOpMode"), 0x85);
    cr_expect_float_eq(frf * 61.03515625, 869525000.0, 31.0);
    cr_expect_eq(register_named(detail, "RegModemConfig1"), 0x72);
    cr_expect_eq(register_named(detail, "RegModemConfig2") & 0xf0, 0x70);
    watched_destroy(&watched);
}

/* SF7 is demodulated down to -7.5 dB (SX1276 datasheet table 13). The clock was set from the time
 * of the server less than an hour ago, by a crystal of 20 ppm: it is off by less than 72 ms and the
 * 31 us of a tick, and of a fraction of a second that AppTimeAns leaves out. */
Test(inspect, shows_margin_and_clock)
{
    struct watched watched = watched_create(watched_small, NULL, 0);
    watched_fill(&watched);
    cr_expect(isnan(watched.scene->devices[DEVICE].margin_db));
    cr_expect(isnan(watched.scene->devices[DEVICE].clock_error_ms));
    watched_destroy(&watched);
    watched = in_session();
    const struct scene_detail *detail = &watched.scene->detail;
    const struct scene_device *device = &watched.scene->devices[DEVICE];
    while (device->last_cause != LOSS_NONE) { /* until it has received one */
        cr_assert(watched_go(&watched, watched.scene->now_ns + SIM_NS_PER_S / 10));
        watched_fill(&watched);
    }
    cr_expect_eq(detail->last_cause, LOSS_NONE);
    cr_expect(detail->rssi_dbm > -140.0f && detail->rssi_dbm < -20.0f);
    cr_expect_float_eq(device->margin_db, detail->snr_db + 7.5f, 1e-4f);
    cr_expect(fabs(device->clock_error_ms) < 1000, "%g ms", device->clock_error_ms);
    cr_expect_leq(device->last_ns, watched.scene->now_ns);
    watched_destroy(&watched);
}

static void expect_fragments(const struct watched *watched)
{
    const struct scene_detail *detail = &watched->scene->detail;
    struct cause_counts counts;
    uint64_t seen[LOSS_CAUSE_COUNT] = { 0 };
    uint32_t nb_frag = fragment_causes_device(
            fragment_causes_of(watched->trial->recorders), 0, DEVICE, &counts);
    cr_assert_eq(detail->fragment_count, nb_frag);
    for (uint32_t i = 0; i < nb_frag; i++) {
        const struct fragment_cell *cell = &detail->fragments[i];
        seen[cell->cause]++;
        cr_expect_eq(cell->state == FRAGMENT_STATE_NOT_SENT, cell->cause == LOSS_GATEWAY_SKIPPED);
        cr_expect_eq(cell->state == FRAGMENT_STATE_RECEIVED, cell->cause == LOSS_NONE);
    }
    cr_expect_arr_eq(seen, counts.of, sizeof seen);
}

static uint32_t count_of(const struct scene_detail *detail, enum fragment_state state)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < detail->fragment_count; i++) {
        count += detail->fragments[i].state == (uint8_t)state ? 1u : 0u;
    }
    return count;
}

Test(inspect, shows_each_fragment_and_the_slots)
{
    struct watched watched = in_session();
    const struct scene_detail *detail = &watched.scene->detail;
    expect_fragments(&watched);
    cr_expect(detail->slots[0].state == SLOT_RUNNING && detail->slots[0].version == 0x01000000);
    cr_expect_eq(detail->slots[1].state, SLOT_RECEIVING);
    cr_expect_eq(detail->slots[1].version, 0x02000000);
    cr_expect_eq(count_of(detail, FRAGMENT_STATE_RECOVERED), 0);
    uint32_t lost = count_of(detail, FRAGMENT_STATE_LOST);
    watched_play(&watched, 60 * SIM_NS_PER_S);
    expect_fragments(&watched);
    cr_expect_geq(count_of(detail, FRAGMENT_STATE_RECOVERED), lost);
    cr_expect_eq(count_of(detail, FRAGMENT_STATE_LOST), 0, "the block is whole");
    cr_expect_eq(detail->slots[0].version, 0x02000000);
    cr_expect_eq(detail->slots[0].size, watched.trial->world->images[0].size_bytes);
    cr_expect_eq(detail->slots[1].state, SLOT_WHOLE);
    /* An install erases each page of the running slot once (docs/summary.md, flash.wear). */
    cr_expect_eq(detail->wear.regions[HAL_FLASH_INTERNAL].places[FLASH_PLACE_RUNNING], 1);
    cr_expect_str_eq(detail->failure, "none");
    cr_expect_str_eq(detail->delivery, "multicast");
    cr_expect_str_eq(detail->form, "full");
    cr_expect_null(detail->proof, "block-mic and signature alone");
    double joule = energy_total_j(&detail->energy);
    cr_expect_float_eq(joule, watched.scene->devices[DEVICE].energy_j, 1e-5 * joule);
    watched_destroy(&watched);
}

/* From selection on, in order, the newest 32 of them; each kind as it comes. */
Test(inspect, lists_what_the_device_did)
{
    struct watched watched = watched_create(watched_small, NULL, 0);
    watch_select(watched.watch, 1);
    const struct scene_detail *detail = &watched.scene->detail;
    uint32_t kinds[SCENE_EVENT_COUNT] = { 0 };
    uint8_t stage = SCENE_STAGE_IDLE;
    sim_ns last_ns = 0;
    bool more = true;
    watched_go(&watched, 2399 * SIM_NS_PER_S);
    watch_fault(watched.watch, 1);
    for (sim_ns at_ns = 2400 * SIM_NS_PER_S; more; at_ns += SIM_NS_PER_S / 10) {
        more = watched_go(&watched, at_ns);
        watched_fill(&watched);
        cr_assert_leq(detail->event_count, SCENE_EVENTS_MAX);
        for (uint32_t i = 0; i < detail->event_count; i++) {
            const struct scene_event *event = &detail->events[i];
            cr_assert(i == 0 || detail->events[i - 1].at_ns <= event->at_ns);
            if (event->at_ns > last_ns) {
                kinds[event->kind]++;
                stage = event->kind == SCENE_EVENT_STAGE ? event->detail : stage;
            }
        }
        last_ns = detail->event_count > 0 ? detail->events[detail->event_count - 1].at_ns : 0;
    }
    cr_expect_eq(watched.scene->devices[1].faults, 1);
    cr_expect_eq(kinds[SCENE_EVENT_FAULT], 1);
    cr_expect_geq(kinds[SCENE_EVENT_RESET], 2, "the fault of the scenario, and the update");
    cr_expect_gt(kinds[SCENE_EVENT_UPLINK], 5);
    cr_expect_gt(kinds[SCENE_EVENT_DOWNLINK], 30);
    cr_expect_eq(stage, SCENE_STAGE_INSTALLED);
    watched_destroy(&watched);
}
