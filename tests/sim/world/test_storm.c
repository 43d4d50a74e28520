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
#include <string.h>

#include "random_stream.h"
#include "support/air_counters.h"
#include "support/trial.h"

#define STORMS_USUAL 6u
#define VALUES_MAX   6u
#define SET_SIZE     64u
#define HEAL         1u /* the second campaign */
/* Devices report each 30 min; one report may be lost. */
#define SILENCE_MAX_NS (65 * 60 * SIM_NS_PER_S)

static const struct option {
    const char *key;
    const char *values[VALUES_MAX];
} options[] = {
    { "devices.0.count", { "10", "15", "20", "30" } },
    { "devices.0.rtc.tolerance", { "10 ppm", "40 ppm", "100 ppm" } },
    { "devices.0.data_rate", { "link-check", "link-check", "DR3", "by-link" } },
    { "area.radius", { "300 m", "600 m", "900 m" } },
    { "gateways.count", { "1", "2", "3" } },
    { "gateways.backhaul.loss", { "0 %", "2 %", "10 %" } },
    { "firmware.size", { "1 KiB", "3 KiB", "6 KiB" } },
    { "campaigns.0.firmware.version", { "2.0.0", "2.0.0", "2.0.0", "1.0.0" } }, /* refused */
    { "campaigns.0.correction.policy", { "adaptive", "until-reported", "fixed" } },
    { "campaigns.0.set_up.policy", { "chained", "one-per-uplink" } },
    { "campaigns.0.redundancy", { "5 %", "20 %", "50 %" } },
    { "faults.0.rate", { "1 /d", "8 /d", "40 /d" } },
    { "faults.1.rate", { "1 /d", "8 /d", "40 /d" } },
    { "faults.1.duration", { "1 s", "5 min", "1 h" } },
    { "faults.2.rate", { "1 /d", "12 /d", "60 /d" } },
    { "faults.2.flash.operation", { "1", "5", "20", "50" } },
    { "faults.2.flash.torn", { "true", "false" } },
    { "faults.3.rate", { "1 /d", "10 /d", "50 /d" } },
    { "faults.4.rate", { "1 /d", "10 /d", "50 /d" } },
    { "faults.5.loss", { "10 %", "50 %", "90 %" } },
    { "faults.6.rate", { "1 /d", "20 /d", "80 /d" } },
    { "faults.7.rate", { "1 /d", "20 /d", "80 /d" } },
    { "faults.8.flash.bit_errors", { "0.0000001", "0.000001", "0.00001", "0.0001" } },
    { "faults.9.flash.bit_errors", { "0.00000001", "0.0000001", "0.000001" } },
    { "faults.10.charge", { "0.2 %", "1 %", "3 %", "5 %" } },
};
#define OPTIONS (sizeof options / sizeof options[0])

struct storm {
    uint32_t seed;
    char sets[OPTIONS + 1][SET_SIZE];
    const char *set[OPTIONS + 1];
    uint32_t faults; /* found in it */
};

struct sums {
    uint32_t devices, confirmed_in_storm, confirmed, named;
    uint32_t reasons[CAMPAIGN_FAILURE_COUNT];
    double cuts, brown_outs, flipped_bits;
};

static void draw(struct storm *storm, uint32_t seed)
{
    *storm = (struct storm){ .seed = seed };
    snprintf(storm->sets[0], SET_SIZE, "seed=%u", seed);
    storm->set[0] = storm->sets[0];
    for (uint32_t i = 0; i < OPTIONS; i++) {
        uint32_t word[4], count = 0;
        while (count < VALUES_MAX && options[i].values[count] != NULL) {
            count++;
        }
        random_block(seed, i, RANDOM_TEST, 0, word);
        snprintf(storm->sets[i + 1], SET_SIZE, "%s=%s", options[i].key,
                options[i].values[word[0] % count]);
        storm->set[i + 1] = storm->sets[i + 1];
    }
}

/* Of a device, or of all: UINT32_MAX. Once for each storm: the command that plays it. */
static void report(struct storm *storm, uint32_t device, const char *wrong)
{
    if (storm->faults++ == 0) {
        fprintf(stderr, "fleetcast run scenarios/storm-and-heal.yaml --seed %u", storm->seed);
        for (uint32_t i = 1; i <= OPTIONS; i++) {
            fprintf(stderr, " --set '%s'", storm->set[i]);
        }
        fprintf(stderr, "\n");
    }
    if (device != UINT32_MAX) {
        fprintf(stderr, "  device %u", device);
    }
    fprintf(stderr, "  %s\n", wrong);
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
    struct trial *trial = trial_create(text, storm->set, OPTIONS + 1);
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
        }
    }
    sums->cuts += trial_value(trial, "power.cuts");
    sums->brown_outs += trial_value(trial, "power.brown_outs");
    sums->flipped_bits += trial_value(trial, "flash.flipped_bits");
    air_counters_destroy(counters);
    trial_destroy(trial);
}

Test(storm, heals, .timeout = 1200)
{
    const char *asked = getenv("FLEETCAST_STORMS");
    uint32_t storms = asked != NULL ? (uint32_t)strtoul(asked, NULL, 10) : STORMS_USUAL;
    char *text = trial_shipped("storm-and-heal");
    struct sums sums = { 0 };
    uint32_t failed = 0;
    for (uint32_t seed = 1; seed <= storms; seed++) {
        struct storm storm;
        draw(&storm, seed);
        play(text, &storm, &sums);
        failed += storm.faults > 0;
    }
    free(text);
    fprintf(stderr,
            "%u storms, %u devices, %.0f power cuts, %.0f brown-outs, %.0f wrong bits: %u confirmed"
            " in the storm, %u after it, %u with a named reason\n",
            storms, sums.devices, sums.cuts, sums.brown_outs, sums.flipped_bits,
            sums.confirmed_in_storm, sums.confirmed, sums.named);
    for (int reason = 0; reason < CAMPAIGN_FAILURE_COUNT; reason++) {
        if (sums.reasons[reason] > 0) {
            fprintf(stderr, "  %s: %u\n", campaign_failure_name(reason), sums.reasons[reason]);
        }
    }
    cr_expect_eq(failed, 0, "%u of %u storms", failed, storms);
    cr_expect_geq(100 * sums.confirmed, 98 * sums.devices, "the fleets heal");
}
