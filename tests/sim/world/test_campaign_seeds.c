/* The shipped scenarios of several campaigns keep what they expect with other seeds.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "campaign/campaign.h"
#include "support/trial.h"

#define SEEDS 5u

static void expect_confirmed(const char *name, double least_share)
{
    char *text = trial_shipped(name);
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        char set[32];
        const char *sets[] = { set };
        snprintf(set, sizeof set, "seed=%u", seed);
        struct trial *trial = trial_create(text, sets, 1);
        trial_play(trial);
        const struct server *server = trial->world->server;
        for (uint32_t i = 0; i < server_campaign_count(server); i++) {
            const struct campaign *campaign = server_campaign(server, i);
            double confirmed = campaign_stage_count(campaign, CAMPAIGN_CONFIRMED);
            cr_expect_geq(confirmed, least_share * campaign_member_count(campaign),
                    "%s, seed %u, campaign %u: %.0f confirmed", name, seed, i, confirmed);
        }
        cr_expect_float_eq(trial_value(trial, "security.bad_installs"), 0.0, 0.0);
        trial_destroy(trial);
    }
    free(text);
}

Test(campaign_seeds, confirm_both_halves_of_two_campaigns)
{
    expect_confirmed("two-campaigns", 1.0);
}

Test(campaign_seeds, confirm_the_next_version)
{
    expect_confirmed("next-version", 1.0);
}

Test(campaign_seeds, confirm_a_city_by_data_rate)
{
    expect_confirmed("sessions-by-data-rate", 0.99);
}
