/* A fleet whose firmware traces nothing has the results of one that traces all.
 * SPDX-License-Identifier: MIT
 *
 * Results come from what is seen from outside: the built-in firmware as an object that does not
 * declare its trace (tests/models/firmware/objects/silent.c) is measured by the same columns.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/trial.h"

static const char fleet[] = "name: silent\n"
                            "duration: 12 h\n"
                            "area: {radius: 2500 m}\n"
                            "propagation: {shadowing: {sigma: 4 dB}, fading: rayleigh}\n"
                            "gateways: {count: 2, radius: 1 km}\n"
                            "devices: [{name: d, count: 20, boot: {spread: 5 min}, "
                            "report: {period: 10 min}}]\n"
                            "firmware: {image: generated, size: 8 KiB}\n"
                            "campaign: {start: 30 min, set_up: {window: 3 h}, "
                            "confirm_timeout: 1 h}\n";

static struct summary *play(const char *firmware)
{
    char set[1100];
    const char *const sets[] = { set };
    snprintf(set, sizeof set, "devices.0.firmware=%s", firmware);
    struct trial *trial = trial_create(fleet, sets, 1);
    trial_play(trial);
    struct summary *summary = run_summary(trial->run, false);
    cr_assert_not_null(summary);
    trial_destroy(trial);
    return summary;
}

Test(silent_firmware, has_the_columns_of_one_that_traces)
{
    static const char *const columns[] = { "missing_fragments.", "setup_time_s.",
        "energy_j.by_phase.", "battery.", "clock." };
    char path[1024];
    const char *folder = getenv("FLEETCAST_BUILD");
    cr_assert_not_null(folder, "FLEETCAST_BUILD is not set: run by meson test");
    snprintf(path, sizeof path, "%s/tests/models/firmware/firmware_silent.so", folder);
    struct summary *traced = play("built-in");
    struct summary *silent = play(path);
    uint32_t compared = 0;
    for (size_t i = 0; i < traced->count; i++) {
        const char *key = traced->items[i].path;
        for (size_t c = 0; c < sizeof columns / sizeof columns[0]; c++) {
            double with = 0.0, without = 0.0;
            if (strncmp(key, columns[c], strlen(columns[c])) == 0
                    && summary_value(traced, key, &with)) {
                cr_expect(summary_value(silent, key, &without), "%s is null", key);
                cr_expect_eq(with, without, "%s: %g, without a trace %g", key, with, without);
                compared++;
            }
        }
    }
    cr_expect_gt(compared, 60);
    summary_destroy(traced);
    summary_destroy(silent);
}
