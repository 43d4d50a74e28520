/* A version that is not newer than what devices run: each device refuses it, and none counts as
 * installed or confirmed.
 * SPDX-License-Identifier: MIT
 *
 * Method: the image of the campaign is the one that the factory has put there, as in 1.0.0; a
 * report of it before the first fragment proves nothing of the update.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "support/trial.h"

static const char text[] =
        "name: refused\n"
        "duration: 8 h\n"
        "gateways: {count: 1, radius: 0 m}\n"
        "area: {radius: 300 m}\n"
        "devices: [{name: a, count: 3, boot: {spread: 1 min}, report: {period: 20 "
        "min}}]\n"
        "firmware: {image: generated, size: 1 KiB, version: 1.0.0, "
        "expect_refusal: true}\n"
        "campaign: {start: 30 min, set_up: {window: 1 h}}\n";

Test(refused_version, is_neither_installed_nor_confirmed)
{
    for (unsigned seed = 1; seed <= 5; seed++) {
        char set[32];
        snprintf(set, sizeof set, "seed=%u", seed);
        const char *const sets[] = { set };
        struct trial *trial = trial_create(text, sets, 1);
        trial_play(trial);
        cr_expect_eq(trial_value(trial, "devices.authenticated"), 3.0, "seed %u", seed);
        cr_expect_eq(trial_value(trial, "devices.installed"), 0.0, "seed %u", seed);
        cr_expect_eq(trial_value(trial, "devices.confirmed"), 0.0, "seed %u", seed);
        cr_expect_eq(trial_value(trial, "devices.failed.version_refused"), 3.0, "seed %u", seed);
        cr_expect_eq(trial_value(trial, "security.bad_installs"), 0.0, "seed %u", seed);
        trial_destroy(trial);
    }
}

Test(refused_version, a_newer_one_is_confirmed)
{
    const char *const sets[] = { "firmware.version=1.0.1" };
    struct trial *trial = trial_create(text, sets, 1);
    trial_play(trial);
    cr_expect_eq(trial_value(trial, "devices.installed"), 3.0);
    cr_expect_eq(trial_value(trial, "devices.confirmed"), 3.0);
    trial_destroy(trial);
}
