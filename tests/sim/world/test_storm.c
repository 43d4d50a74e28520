/* Storm and heal: fleets with every fault at one time, which then end.
 * SPDX-License-Identifier: MIT
 *
 * Goal: whatever happened in the storm, no device bricks, none runs an image that was not sent, no
 * counter is used twice on the air; and after the faults have ended each device runs the image of
 * the next campaign, or an older one with a named reason, and reports.
 *
 * Method: the shipped scenario storm-and-heal, with keys drawn from the number of the fleet. What
 * fails prints the command that plays it again. `FLEETCAST_STORMS` is the number of fleets; the
 * usual one is a sample.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "storm_draws.h"
#include "support/air_counters.h"
#include "support/trial.h"

#define STORMS_USUAL 5u
#define HEAL         1u /* the second campaign */
/* Devices report each 30 min; one report may be lost. */
#define SILENCE_MAX_NS (65 * 60 * SIM_NS_PER_S)

struct storm {
    struct storm_draw draw;
    uint32_t faults; /* found in it */
    FILE *wrong;     /* the text of all storms */
};

struct sums {
    uint32_t devices, confirmed_in_storm, confirmed, named;
    uint32_t reasons[CAMPAIGN_FAILURE_COUNT];
    double cuts, brown_outs, flipped_bits;
};

/* Of a device, or of all: UINT32_MAX. Once for each storm: the command that plays it. */
static void report(struct storm *storm, uint32_t device, const char *wrong)
{
    if (storm->faults++ == 0) {
        storm_print_command(&storm->draw, storm->wrong);
    }
    if (device != UINT32_MAX) {
        fprintf(storm->wrong, "  device %u", device);
    }
    fprintf(storm->wrong, "  %s\n", wrong);
}

/* NULL: as it must be. */
static const char *look_at(const struct trial *trial, const struct air_sender *sender, uint32_t i)
{
    const struct world *world = trial->world;
    struct firmware_image image;
    struct campaign_device heal;
    campaign_device_get(server_campaign(world->server, HEAL), i, &heal);
    bool heard = sender->joins > 0;
    if (!node_image(world->nodes, i, &image)) {
        return "no whole image";
    }
    if (!node_has_power(world->nodes, i) || node_is_halted(world->nodes, i)) {
        return "does not run";
    }
    if (heard && engine_now(world->engine) - sender->last_ns > SILENCE_MAX_NS) {
        return "silent";
    }
    bool newest = image.version == world->scenario->campaigns[HEAL].firmware.version;
    if (heal.confirmed_ns != SIM_NS_NEVER) {
        return newest ? NULL : "confirmed, and runs another image";
    }
    return heal.failure != CAMPAIGN_FAILURE_NONE ? NULL : "an older image without a reason";
}

static void play(const char *text, struct storm *storm, struct sums *sums)
{
    struct trial *trial = trial_create(text, storm->draw.set, storm->draw.set_count);
    struct air_counters *counters = air_counters_create(trial->world);
    while (trial_go(trial, trial->scenario.duration_ns)) {
    }
    const char *failure = trial_failure(trial); /* its audits look at images and invariants */
    const char *twice = air_counters_fault(counters);
    if (failure != NULL || twice != NULL) {
        report(storm, UINT32_MAX, failure != NULL ? failure : twice);
    }
    for (uint32_t i = 0; failure == NULL && i < trial->world->device_count; i++) {
        struct campaign_device storms, heal;
        const char *wrong = look_at(trial, air_counters_sender(counters, i), i);
        if (wrong != NULL) {
            report(storm, i, wrong);
        }
        campaign_device_get(server_campaign(trial->world->server, 0), i, &storms);
        campaign_device_get(server_campaign(trial->world->server, HEAL), i, &heal);
        sums->devices++;
        sums->confirmed_in_storm += storms.confirmed_ns != SIM_NS_NEVER;
        sums->confirmed += heal.confirmed_ns != SIM_NS_NEVER;
        if (heal.confirmed_ns == SIM_NS_NEVER && wrong == NULL) {
            sums->named++;
            sums->reasons[heal.failure]++;
            fprintf(stderr, "  device %u: %s\n", i, campaign_failure_name(heal.failure));
        }
    }
    sums->cuts += trial_value(trial, "power.cuts");
    sums->brown_outs += trial_value(trial, "power.brown_outs");
    sums->flipped_bits += trial_value(trial, "flash.flipped_bits");
    air_counters_destroy(counters);
    trial_destroy(trial);
}

static void tell(uint32_t storms, const struct sums *sums, const struct storm_tally *tally)
{
    fprintf(stderr,
            "%u storms, %u devices, %.0f power cuts, %.0f brown-outs, %.0f wrong bits: %u confirmed"
            " in the storm, %u after it, %u with a named reason\n",
            storms, sums->devices, sums->cuts, sums->brown_outs, sums->flipped_bits,
            sums->confirmed_in_storm, sums->confirmed, sums->named);
    for (int reason = 0; reason < CAMPAIGN_FAILURE_COUNT; reason++) {
        if (sums->reasons[reason] > 0) {
            fprintf(stderr, "  %s: %u\n", campaign_failure_name(reason), sums->reasons[reason]);
        }
    }
    storm_print_tally(tally, stderr);
}

Test(storm, heals, .timeout = 1200)
{
    const char *asked = getenv("FLEETCAST_STORMS");
    uint32_t storms = asked != NULL ? (uint32_t)strtoul(asked, NULL, 10) : STORMS_USUAL;
    char *text = trial_shipped("storm-and-heal"), *wrong = NULL;
    size_t wrong_size = 0;
    FILE *faults = open_memstream(&wrong, &wrong_size);
    struct sums sums = { 0 };
    struct storm_tally tally = { 0 };
    uint32_t failed = 0;
    for (uint32_t seed = 1; seed <= storms; seed++) {
        struct storm storm = { .wrong = faults };
        storm_draw(&storm.draw, seed, &tally);
        storm_print_command(&storm.draw, stderr); /* of one that ends the test, the last line */
        play(text, &storm, &sums);
        failed += storm.faults > 0;
    }
    free(text);
    fclose(faults);
    tell(storms, &sums, &tally);
    cr_expect_eq(failed, 0, "%u of %u storms:\n%s", failed, storms, wrong);
    cr_expect_geq(100 * sums.confirmed, 98 * sums.devices, "the fleets heal");
    free(wrong);
}
