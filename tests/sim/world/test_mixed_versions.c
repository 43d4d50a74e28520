/* A fleet of both versions of TS004, in whole runs with the real firmware.
 * SPDX-License-Identifier: MIT
 *
 * Oracle: versions code fragments differently (spec-protocol 5.4), so the block goes out once for
 * each, and every device installs it. The server knows the versions from the scenario, or asks.
 */
#include <criterion/criterion.h>

#include "campaign/campaign.h"
#include "support/trial.h"

static const char scenario[] =
        "name: mixed\n"
        "duration: 30 h\n"
        "area: {radius: 500 m}\n"
        "gateways: {count: 1, height: 30 m}\n"
        "devices:\n"
        "  - {name: old, count: 10, report: {period: 20 min}, packages: {fragmentation: 1}}\n"
        "  - {name: new, count: 10, report: {period: 20 min}}\n"
        "firmware: {image: generated, size: 8 KiB, version: 2.0.0}\n"
        "campaign: {start: 2 h, set_up: {window: 2 h}}\n";

static double play(const char *set)
{
    const char *const sets[] = { set };
    struct trial *trial = trial_create(scenario, sets, 1);
    trial_play(trial);
    const struct campaign *campaign = server_campaign(trial->world->server, 0);
    cr_assert_eq(campaign_stage_count(campaign, CAMPAIGN_CONFIRMED), 20, "%s: %u", set,
            campaign_stage_count(campaign, CAMPAIGN_CONFIRMED));
    cr_assert_eq(campaign_transfer_count(campaign), 2);
    for (uint32_t t = 0; t < 2; t++) {
        struct campaign_transfer transfer;
        campaign_transfer_get(campaign, t, &transfer);
        cr_assert_eq(transfer.members, 10);
        cr_assert_eq(transfer.sent_uncoded, transfer.nb_frag);
    }
    double bad = trial_value(trial, "security.bad_installs");
    trial_destroy(trial);
    return bad;
}

Test(mixed_versions, are_served_by_the_versions_of_the_scenario)
{
    cr_expect_eq(play("campaign.set_up.versions=known"), 0);
}

static double expected_airtime_s(const char *set)
{
    const char *const sets[] = { set };
    struct trial *trial = trial_create(scenario, sets, 1);
    trial_play(trial);
    double airtime_s = trial_value(trial, "estimate.airtime_s.expected");
    trial_destroy(trial);
    return airtime_s;
}

Test(mixed_versions, cost_the_airtime_of_two_transfers_in_the_estimate)
{
    double one_s = expected_airtime_s("devices.0.packages.fragmentation=2");
    double two_s = expected_airtime_s("devices.0.packages.fragmentation=1");
    cr_expect_gt(one_s, 0.0);
    cr_expect_float_eq(two_s, 2.0 * one_s, 1e-9 * two_s);
}

Test(mixed_versions, are_served_as_the_devices_answer)
{
    cr_expect_eq(play("campaign.set_up.versions=ask"), 0);
}
