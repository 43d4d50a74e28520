/* Gateways whose NTP time is ten minutes off.
 * SPDX-License-Identifier: MIT
 *
 * A server that believes their stamps never finds that a device's clock agrees, and asked the
 * devices to synchronize for ever: 25 times the energy of the set-up. The same fleet with GNSS is
 * the measure here.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "campaign/campaign.h"
#include "support/trial.h"

#define SEEDS 3u

static const char scenario[] =
        "name: ntp\n"
        "duration: 24 h\n"
        "area: {radius: 1 km}\n"
        "gateways: {count: 3, height: 30 m}\n"
        "devices: [{name: d, count: 20, boot: {spread: 10 min}, report: {period: 20 min}}]\n"
        "firmware: {image: generated, size: 8 KiB, version: 2.0.0}\n"
        "campaign: {start: 30 min, set_up: {window: 8 h}}\n";

static double set_up_j(const char *source, const char *error, unsigned seed)
{
    char sets[3][48];
    const char *const list[] = { sets[0], sets[1], sets[2] };
    snprintf(sets[0], sizeof sets[0], "gateways.clock.source=%s", source);
    snprintf(sets[1], sizeof sets[1], "gateways.clock.error=%s", error);
    snprintf(sets[2], sizeof sets[2], "seed=%u", seed);
    struct trial *trial = trial_create(scenario, list, 3);
    trial_play(trial);
    const struct campaign *campaign = server_campaign(trial->world->server, 0);
    cr_expect_eq(campaign_stage_count(campaign, CAMPAIGN_CONFIRMED), 20, "%s, seed %u: %u", source,
            seed, campaign_stage_count(campaign, CAMPAIGN_CONFIRMED));
    double joules = trial_value(trial, "energy_j.by_phase.set_up");
    trial_destroy(trial);
    return joules;
}

Test(wrong_ntp, costs_little_more_than_gnss)
{
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        double gnss_j = set_up_j("gnss", "auto", seed);
        double ntp_j = set_up_j("ntp", "10 min", seed);
        cr_expect_gt(gnss_j, 0.0);
        cr_expect_lt(ntp_j, 3.0 * gnss_j, "seed %u: %.3f J, %.3f J with GNSS", seed, ntp_j, gnss_j);
    }
}
