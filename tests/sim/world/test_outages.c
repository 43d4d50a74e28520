/* Campaigns whose gateways fail: whole runs that once lost every device.
 * SPDX-License-Identifier: MIT
 *
 * Method: scenarios with an outage around the session, each on one seed, or on the first
 * FLEETCAST_OUTAGE_SEEDS. Right values: a device that was set up has the whole block, and no device
 * listens much longer than the outage lasts (ten minutes of listening are 23 J: 11.5 mA at 3.3 V,
 * SX1276 datasheet table 10).
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/trial.h"

struct goal {
    double confirmed_least; /* of all */
    double mean_j_most;     /* 0: no limit */
};

static void check(const char *text, const struct goal *goal)
{
    const char *seeds = getenv("FLEETCAST_OUTAGE_SEEDS");
    for (int seed = 1; seed <= (seeds != NULL ? atoi(seeds) : 1); seed++) {
        char set[16];
        snprintf(set, sizeof set, "seed=%d", seed);
        const char *const sets[] = { set };
        struct trial *trial = trial_create(text, sets, 1);
        trial_play(trial);
        double total = trial_value(trial, "devices.total");
        double ready = trial_value(trial, "devices.ready");
        double confirmed = trial_value(trial, "devices.confirmed");
        double mean_j = trial_value(trial, "energy_j.mean");
        fprintf(stderr, "# seed %d: %.0f of %.0f confirmed, %.1f J\n", seed, confirmed, total,
                mean_j);
        cr_expect_eq(trial_value(trial, "devices.complete"), ready, "%s", set);
        cr_expect_geq(confirmed, goal->confirmed_least * total, "%s: %.0f", set, confirmed);
        cr_expect_eq(trial_value(trial, "missing_fragments.by_cause.gateway_skipped"), 0.0);
        if (goal->mean_j_most > 0.0) {
            cr_expect_leq(mean_j, goal->mean_j_most, "%s: %.1f J", set, mean_j);
        }
        trial_destroy(trial);
    }
}

/* Twenty devices, 84 fragments; the session starts at 90 min. */
#define TWENTY(outages, faults)                                                                    \
    "name: outage-at-session-start\n"                                                              \
    "duration: 12 h\n"                                                                             \
    "area: {shape: disc, radius: 1 km}\n"                                                          \
    "propagation: {environment: urban, penetration: 6 dB, shadowing: {sigma: 4 dB}, "              \
    "fading: rayleigh}\n"                                                                          \
    "gateways: {" outages "count: 1, height: 30 m}\n" faults                                       \
    "devices: [{name: sensors, count: 20, boot: {spread: 10 min}, report: {period: 20 min, "       \
    "phase: uniform, payload: 24 B}, rtc: {tolerance: 20 ppm}}]\n"                                 \
    "firmware: {image: generated, size: 16 KiB, version: 2.0.0}\n"                                 \
    "campaign: {start: 30 min, set_up: {policy: chained, window: 1 h}, data_rate: DR5, "           \
    "fragment_size: 200 B, redundancy: 10 %, correction: {policy: adaptive, timeout: 1 h}, "       \
    "confirm_timeout: 2 h}\n"

Test(outages, at_the_session_start_costs_no_more_than_its_length)
{
    static const char text[] = TWENTY(
            "outages: [{gateway: all, from: 89 min, duration: 10 min, kind: backhaul}], ", "");
    check(text, &(struct goal){ .confirmed_least = 1.0, .mean_j_most = 60.0 });
}

Test(outages, of_power_is_survived_as_one_of_the_backhaul)
{
    static const char text[] =
            TWENTY("outages: [{gateway: all, from: 89 min, duration: 10 min, kind: power}], ", "");
    check(text, &(struct goal){ .confirmed_least = 1.0, .mean_j_most = 60.0 });
}

Test(outages, through_the_whole_uncoded_pass_leaves_no_device_without_the_block)
{
    static const char text[] = TWENTY(
            "outages: [{gateway: all, from: 89 min, duration: 450 s, kind: backhaul}], ", "");
    check(text, &(struct goal){ .confirmed_least = 1.0, .mean_j_most = 60.0 });
}

/* Gateways report every fragment as sent. With 84 fragments all rows of version 2 have an even
 * number of columns, so coded fragments alone never complete a device. */
Test(outages, by_a_jammer_leave_no_device_without_the_block)
{
    static const char text[] = TWENTY("",
            "faults: [{kind: jammer, frequency: 869.525 MHz, at: 89 min, duration: 450 s, "
            "received: -60 dBm}]\n");
    check(text, &(struct goal){ .confirmed_least = 1.0, .mean_j_most = 0.0 });
}

Test(outages, in_the_bulk_leave_every_device_complete)
{
    static const char text[] =
            "name: outage-in-bulk-12min\n"
            "duration: 5 d\n"
            "area: {radius: 1.5 km}\n"
            "propagation: {environment: urban, penetration: 9 dB, shadowing: {sigma: 6 dB}, "
            "fading: rayleigh}\n"
            "gateways: {count: 1, radius: 0 m, outages: [{from: 29100 s, duration: 12 min, "
            "kind: backhaul}]}\n"
            "devices: [{name: d, count: 100, boot: {spread: 30 min}, report: {period: 1 h}, "
            "rtc: {tolerance: 20 ppm}}]\n"
            "firmware: {image: generated, size: 8 KiB}\n"
            "campaign: {start: 2 h, set_up: {window: 6 h}, data_rate: DR3, fragment_size: 100 B, "
            "redundancy: 20 %, correction: {timeout: 3 h}, confirm_timeout: 12 h}\n";
    check(text, &(struct goal){ .confirmed_least = 0.97, .mean_j_most = 70.0 });
}

Test(outages, of_half_an_hour_leave_a_city_confirmed)
{
    static const char text[] =
            "name: city-outage-30min\n"
            "duration: 36 h\n"
            "area: {radius: 3 km}\n"
            "gateways: {count: 3, radius: 1.5 km, outages: [{from: 10.2 h, duration: 30 min}]}\n"
            "devices: [{name: meters, count: 300, report: {period: 4 h}}]\n"
            "firmware: {image: device}\n"
            "campaign: {start: 2 h, set_up: {window: 8 h}}\n";
    check(text, &(struct goal){ .confirmed_least = 0.98, .mean_j_most = 0.0 });
}
