/* An outage of the backhaul over the time in which devices report a whole block.
 * SPDX-License-Identifier: MIT
 *
 * Design section 5, invariant 9: a device that holds a whole block and a server that waits for it
 * meet again, whatever was lost in between. The scenario is a field case: for 8 hours from the
 * session on no report reaches the server, and devices asked ten times and no more.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "campaign/campaign.h"
#include "support/trial.h"
#include "trace.h"

#define DEVICES 20u
#define SEEDS   5u

static const char scenario[] = "name: receipts-lost-8h\n"
                               "seed: 1\n"
                               "duration: 72 h\n"
                               "area: {shape: disc, radius: 1 km}\n"
                               "propagation: {environment: urban, penetration: 6 dB, shadowing: "
                               "{sigma: 4 dB}, fading: rayleigh}\n"
                               "gateways: {outages: [{gateway: all, from: 96 min, duration: 8 h, "
                               "kind: backhaul}], count: 1, height: 30 m}\n"
                               "devices:\n"
                               "  - name: sensors\n"
                               "    count: 20\n"
                               "    boot: {spread: 10 min}\n"
                               "    report: {period: 20 min, phase: uniform, payload: 24 B}\n"
                               "    rtc: {tolerance: 20 ppm}\n"
                               "firmware: {image: generated, size: 16 KiB, version: 2.0.0}\n"
                               "campaign:\n"
                               "  start: 30 min\n"
                               "  set_up: {policy: chained, window: 1 h}\n"
                               "  data_rate: DR5\n"
                               "  fragment_size: 200 B\n"
                               "  redundancy: 10 %\n"
                               "  correction: {policy: adaptive, timeout: 1 h}\n"
                               "  confirm_timeout: 48 h\n";

struct blocks {
    const struct world *world;
    bool whole[DEVICES];
};

static void note_whole(void *context, const struct observation *o)
{
    struct blocks *blocks = context;
    if (o->a == FW_TRACE_BLOCK_MIC && o->b == 1) {
        blocks->whole[o->entity - blocks->world->first_device] = true;
    }
}

static void expect_whole_confirmed(const char *duration)
{
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        char sets[2][64];
        const char *const list[] = { sets[0], sets[1] };
        struct blocks blocks = { NULL, { false } };
        uint32_t count = 0;
        snprintf(sets[0], sizeof sets[0], "seed=%u", seed);
        snprintf(sets[1], sizeof sets[1], "gateways.outages.0.duration=%s", duration);
        struct trial *trial = trial_create(scenario, list, 2);
        blocks.world = trial->world;
        engine_observer_add(
                trial->world->engine, OBSERVE_BIT(OBSERVE_FIRMWARE), note_whole, &blocks);
        trial_play(trial);
        const struct campaign *campaign = server_campaign(trial->world->server, 0);
        for (uint32_t i = 0; i < DEVICES; i++) {
            struct campaign_device view;
            campaign_device_get(campaign, i, &view);
            count += blocks.whole[i] ? 1u : 0u;
            cr_expect(!blocks.whole[i] || view.stage == CAMPAIGN_CONFIRMED,
                    "%s, seed %u, device %u: %s", duration, seed, i,
                    campaign_failure_name(view.failure));
        }
        cr_expect_geq(count, 10, "%s, seed %u: the case needs whole blocks", duration, seed);
        trial_destroy(trial);
    }
}

Test(receipts, are_answered_after_eight_hours_of_outage)
{
    expect_whole_confirmed("8 h");
}

Test(receipts, are_answered_after_twelve_hours_of_outage)
{
    expect_whole_confirmed("12 h");
}
