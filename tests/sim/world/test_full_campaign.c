/* scenarios/full-campaign.yaml: every part of an update at one time, for a thousand devices.
 * SPDX-License-Identifier: MIT
 *
 * Goal: what the scenario expects of itself, and a fleet that never gains devices from one stage to
 * the next. Each part has tests of its own.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "support/trial.h"

Test(full_campaign, takes_a_thousand_devices_through_all_stages)
{
    static const char *const stages[] = { "devices.total", "devices.joined", "devices.ready",
        "devices.complete", "devices.authenticated", "devices.confirmed" };
    char *text = trial_shipped("full-campaign");
    struct trial *trial = trial_create(text, NULL, 0);
    trial_play(trial); /* audits: images, energy, causes of loss, duty cycles */
    trial_expect_met(trial);
    for (size_t i = 1; i < sizeof stages / sizeof stages[0]; i++) {
        cr_expect_leq(
                trial_value(trial, stages[i]), trial_value(trial, stages[i - 1]), "%s", stages[i]);
    }
    trial_destroy(trial);
    free(text);
}
