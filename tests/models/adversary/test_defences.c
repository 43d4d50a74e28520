/* Defences against compromised members, in whole runs with the real firmware.
 * SPDX-License-Identifier: MIT
 *
 * Each attack is one that test_adversaries.c shows to succeed without the defence.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "support/trial.h"
#include "trace.h"

#define DEVICES 6u

static const char base[] =
        "name: defended\n"
        "duration: 10 h\n"
        "area: {shape: disc, radius: 400 m}\n"
        "propagation: {environment: urban, shadowing: {sigma: 0 dB}, fading: none}\n"
        "gateways: {count: 1}\n"
        "devices: [{name: d, count: 6, boot: {spread: 10 min}, report: {period: 20 min}, "
        "defences: {counter_window: 16, fragment_table: true}}]\n"
        "firmware: {image: generated, size: 6 KiB}\n"
        "campaign: {start: 30 min, set_up: {window: 1 h}, fragment_size: 100 B, redundancy: 20 %, "
        "correction: {policy: adaptive, timeout: 30 min}, defences: {fragment_table: 2}}\n";

struct seen {
    const struct world *world;
    uint32_t hashes, on_arrival, decoded;
};

static void observe(void *context, const struct observation *o)
{
    struct seen *seen = context;
    if (o->a == FW_TRACE_FRAGMENT_HASHES) {
        seen->hashes += (uint32_t)o->c;
    } else if (o->a == FW_TRACE_FRAGMENT_FORGED) {
        seen->on_arrival += o->c == 0;
        seen->decoded += o->c == 1;
    }
}

static struct trial *play(const char *adversary, struct seen *seen)
{
    char text[sizeof base + 256];
    snprintf(text, sizeof text, "%sadversaries: [{x: 100 m, height: 10 m, power: 27 dBm, %s}]\n",
            base, adversary);
    struct trial *trial = trial_create(text, NULL, 0);
    *seen = (struct seen){ .world = trial->world };
    engine_observer_add(trial->world->engine, OBSERVE_BIT(OBSERVE_FIRMWARE), observe, seen);
    trial_play(trial);
    cr_expect_eq(trial_value(trial, "security.bad_installs"), 0);
    return trial;
}

/* Goal: a counter that is far ahead is refused, and the campaign goes on. */
Test(defences, counter_window_stops_a_counter_jump)
{
    struct seen seen;
    struct trial *trial = play("kind: counter-jump", &seen);
    cr_expect_eq(trial_value(trial, "security.forged_frames"), 1);
    cr_expect_eq(trial_value(trial, "security.forged_accepted"), 0);
    cr_expect_eq(trial_value(trial, "devices.confirmed"), DEVICES);
    trial_destroy(trial);
}

/* Goal: every device has the table of all fragments, refuses what was forged, uncoded fragments on
 * arrival and coded ones when they are decoded, and ends with the genuine block. */
Test(defences, fragment_table_makes_forged_fragments_lost_ones)
{
    struct seen seen;
    struct trial *trial = play("kind: inject, every: 20 s", &seen);
    struct campaign_transfer transfer;
    campaign_transfer_get(world_first_campaign(trial->world), 0, &transfer);
    cr_expect_eq(seen.hashes, DEVICES * transfer.nb_frag);
    cr_expect_gt(trial_value(trial, "security.forged_accepted"), 2.0 * DEVICES);
    cr_expect_gt(seen.on_arrival, 2u * DEVICES);
    cr_expect_gt(seen.decoded, 0);
    cr_expect_eq(trial_value(trial, "devices.confirmed"), DEVICES);
    trial_destroy(trial);
}

/* Goal: fragments of a block that no CRC-64 tells from the genuine one are told by their hashes,
 * once their table has come. */
Test(defences, fragment_table_refuses_fragments_that_collide)
{
    struct seen seen;
    struct trial *trial = play("kind: collide, at: 5440 s", &seen);
    cr_expect_geq(seen.on_arrival, DEVICES);
    cr_expect_gt(seen.decoded, 0);
    cr_expect_eq(trial_value(trial, "devices.confirmed"), DEVICES);
    trial_destroy(trial);
}

/* Goal: a second period is another group with counters of its own: what one frame cost the first
 * one is made good there. Without it no device is confirmed. */
Test(defences, second_period_replaces_a_group_whose_counter_was_moved)
{
    static const char *const second = "campaign.correction.period=second";
    static const char *const no_window = "devices.0.defences.counter_window=0";
    const char *const sets[] = { no_window, second };
    for (size_t count = 1; count <= 2; count++) {
        char text[sizeof base + 256];
        snprintf(text, sizeof text,
                "%sadversaries: [{x: 100 m, height: 10 m, power: 27 dBm, kind: counter-jump, "
                "duration: 100 min}]\n",
                base);
        struct trial *trial = trial_create(text, sets, count);
        trial_play(trial);
        cr_expect_eq(trial_value(trial, "security.forged_accepted"), DEVICES);
        cr_expect_eq(trial_value(trial, "devices.confirmed"), count == 2 ? DEVICES : 0);
        trial_destroy(trial);
    }
}
