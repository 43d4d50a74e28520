/* Power cuts at places all over an update, in whole runs: no device is bricked, each one runs the
 * image that was sent in the end, no counter is used twice on the air.
 * SPDX-License-Identifier: MIT
 *
 * Method: an undisturbed run shows how many flash operations (programs and erases) a device has
 * from its first boot to the end, well after its confirmation. Then fleets in which device i loses
 * its power at operation n_i, torn or whole, and again a few operations later, amid what it does
 * about the first cut. RAM is poisoned at each reset. `FLEETCAST_POWER_CUTS` is the number of
 * places; the normal suite tries a sample.
 *
 * Counters are read from the air (support/air_counters.h).
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/air_counters.h"
#include "support/trial.h"

#define FLEET_MAX    200u
#define PLACES_USUAL 200u /* of the sample */
#define SPREAD       16u  /* devices of other fleets have a few flash operations less */

static const char head[] = "name: power-cuts\n"
                           "duration: 20 h\n"
                           "area: {radius: 300 m}\n"
                           "propagation: {model: free-space}\n"
                           "gateways: {count: 1}\n"
                           "firmware: {image: generated, size: 32 KiB}\n";
/* The session opens at 3 h; a jammer takes some uncoded fragments, so that all have to decode. */
static const char jammer[] = "faults:\n"
                             "  - {kind: jammer, frequency: 869.525 MHz, received: -40 dBm,"
                             " devices: all, at: 182 min, duration: 1 min}\n";
static const char campaign[] =
        "campaign: {start: 1 h, set_up: {window: 2 h}, fragment_size: 160 B, redundancy: 10 %,"
        " correction: {timeout: 3 h}, confirm_timeout: 8 h}\n";

/* --- runs ------------------------------------------------------------------------------------- */

/* The cuts of one fleet: device i at operation first + i * step. */
struct cuts {
    uint32_t devices, first, step;
    bool torn;
    uint32_t again;  /* operations later a second one; 0: none */
    const char *off; /* time without power */
    uint32_t seed;
};

struct outcome {
    uint32_t places, confirmed, cuts, bricked;
};

/* Flash operations of a device in a run without cuts: the least of a fleet. */
static uint32_t operations_of_update(void)
{
    char text[2048];
    snprintf(text, sizeof text,
            "%sdevices: [{name: d, count: 20, boot: {spread: 10 min}, report: {period: 10 min}}]\n"
            "%s%s",
            head, campaign, jammer);
    struct trial *trial = trial_create(text, NULL, 0);
    trial_play(trial);
    cr_assert_eq(trial_value(trial, "devices.confirmed"), 20);
    double recovered = trial_value(trial, "missing_fragments.recovered");
    cr_assert_geq(recovered, 20, "%g fragments: not all have decoded", recovered);
    uint32_t least = UINT32_MAX;
    for (uint32_t i = 0; i < 20; i++) {
        uint32_t operations = node_flash_operations(trial->world->nodes, i);
        least = operations < least ? operations : least;
    }
    trial_destroy(trial);
    return least;
}

/* NULL: it runs, and was updated. */
static const char *look_at(const struct trial *trial, uint32_t i, const struct air_sender *sender,
        const struct campaign_device *device)
{
    struct firmware_image image;
    sim_ns silent_ns = engine_now(trial->world->engine) - sender->last_ns;
    if (!node_image(trial->world->nodes, i, &image)) {
        return "no whole image";
    }
    if (sender->power_ons < 2) {
        return "never cut";
    }
    if (silent_ns > 3600 * SIM_NS_PER_S) { /* reports come every 10 min */
        return "silent";
    }
    return device->confirmed_ns != SIM_NS_NEVER ? NULL : "not confirmed";
}

static struct outcome play(const struct cuts *cuts)
{
    char text[4096], second[256] = "", seed[32];
    if (cuts->again > 0) {
        snprintf(second, sizeof second,
                "  - {kind: power-cut, flash: {operation: %u, step: %u, torn: %s}}\n",
                cuts->first + cuts->again, cuts->step, cuts->torn ? "false" : "true");
    }
    snprintf(text, sizeof text,
            "%sdevices: [{name: d, count: %u, boot: {spread: 10 min}, report: {period: 10 min}}]\n"
            "%s%s"
            "  - {kind: power-cut, flash: {operation: %u, step: %u, torn: %s}, duration: %s}\n%s",
            head, cuts->devices, campaign, jammer, cuts->first, cuts->step,
            cuts->torn ? "true" : "false", cuts->off, second);
    snprintf(seed, sizeof seed, "seed=%u", cuts->seed);
    const char *const set[] = { seed };
    struct trial *trial = trial_create(text, set, 1);
    struct air_counters *counters = air_counters_create(trial->world);
    trial_play(trial); /* its audits look at every image and invariant */
    struct outcome outcome = { .places = cuts->devices };
    for (uint32_t i = 0; i < cuts->devices; i++) {
        struct campaign_device device;
        campaign_device_get(world_first_campaign(trial->world), i, &device);
        const struct air_sender *sender = air_counters_sender(counters, i);
        const char *wrong = look_at(trial, i, sender, &device);
        cr_expect_null(wrong, "device %u, cut at operation %u%s%s, off for %s, seed %u: %s", i,
                cuts->first + i * cuts->step, cuts->torn ? ", torn" : "",
                cuts->again > 0 ? ", and again" : "", cuts->off, cuts->seed, wrong);
        outcome.confirmed += device.confirmed_ns != SIM_NS_NEVER ? 1u : 0u;
        outcome.cuts += sender->power_ons - 1;
        outcome.bricked += node_is_halted(trial->world->nodes, i);
    }
    const char *twice = air_counters_fault(counters);
    cr_expect_null(twice, "%s", twice);
    air_counters_destroy(counters);
    trial_destroy(trial);
    return outcome;
}

/* Run r of a test: in turn the places between, torn and whole, twice and once; then once more with
 * another seed and another time without power. */
static struct cuts cuts_of_run(uint32_t r, uint32_t operations)
{
    static const char *const off[] = { "1 s", "10 min", "2 min" };
    uint32_t step = (operations + FLEET_MAX - 1) / FLEET_MAX;
    uint32_t round = r / (4 * step);
    return (struct cuts){
        .devices = (operations - SPREAD) / step,
        .first = 1 + r % step,
        .step = step,
        .torn = r / step % 2 == 0,
        .again = r / (2 * step) % 2 == 0 ? 1 + r % 7 * 3 : 0,
        .off = off[round % (sizeof off / sizeof off[0])],
        .seed = 1 + round,
    };
}

Test(power_cuts, brick_no_device, .timeout = 1200)
{
    const char *asked = getenv("FLEETCAST_POWER_CUTS");
    uint32_t places = asked != NULL ? (uint32_t)strtoul(asked, NULL, 10) : PLACES_USUAL;
    uint32_t operations = operations_of_update();
    cr_assert_geq(operations, FLEET_MAX, "%u flash operations", operations);
    struct outcome sum = { 0 };
    for (uint32_t r = 0; sum.places < places; r++) {
        struct cuts cuts = cuts_of_run(r, operations);
        struct outcome outcome = play(&cuts);
        sum.places += outcome.places;
        sum.confirmed += outcome.confirmed;
        sum.cuts += outcome.cuts;
        sum.bricked += outcome.bricked;
    }
    fprintf(stderr,
            "%u places over %u flash operations, %u cuts: %u devices confirmed, %u bricked\n",
            sum.places, operations, sum.cuts, sum.confirmed, sum.bricked);
    cr_expect_eq(sum.bricked, 0);
    cr_expect_eq(sum.confirmed, sum.places, "%u of %u", sum.confirmed, sum.places);
}
