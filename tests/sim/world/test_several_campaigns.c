/* Several campaigns and split sessions with the real firmware: every member gets what its campaign
 * sends, whatever else is on the air.
 * SPDX-License-Identifier: MIT
 *
 * Method: the shipped scenarios, and small fleets near one gateway, where only a mistake of the
 * server can keep a device from its image. The stages are those of each campaign, asked of the
 * server itself: what recorders make of them is tested in tests/sim/record.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "campaign/campaign.h"
#include "support/trial.h"

#define NEAR                                                                                       \
    "name: near\n"                                                                                 \
    "area: {radius: 500 m}\n"                                                                      \
    "propagation: {shadowing: {sigma: 0 dB}, fading: none}\n"                                      \
    "gateways: {count: 1}\n"                                                                       \
    "firmware: {image: generated, size: 4 KiB}\n"
#define TWELVE "devices: [{name: d, count: 12, boot: {spread: 60 s}, report: {period: 10 min}}]\n"
#define TIMES  "start: 20 min, set_up: {window: 1 h}, correction: {timeout: 30 min}"

/* Every campaign confirmed every member, and no image was a wrong one. */
static void expect_all_confirmed(const struct trial *trial, uint32_t campaign_count)
{
    const struct server *server = trial->world->server;
    cr_assert_eq(server_campaign_count(server), campaign_count);
    for (uint32_t i = 0; i < campaign_count; i++) {
        const struct campaign *campaign = server_campaign(server, i);
        cr_expect_eq(campaign_stage_count(campaign, CAMPAIGN_CONFIRMED),
                campaign_member_count(campaign), "campaign %u of seed %lu: %u of %u", i,
                (unsigned long)trial->scenario.seed,
                campaign_stage_count(campaign, CAMPAIGN_CONFIRMED),
                campaign_member_count(campaign));
    }
    cr_expect_float_eq(trial_value(trial, "security.bad_installs"), 0.0, 0.0);
}

static struct trial *play(const char *text, const char *const *sets, size_t set_count)
{
    struct trial *trial = trial_create(text, sets, set_count);
    trial_play(trial);
    return trial;
}

static void expect_all_confirmed_with(
        const char *text, const char *const *sets, size_t set_count, uint32_t campaign_count)
{
    struct trial *trial = play(text, sets, set_count);
    expect_all_confirmed(trial, campaign_count);
    trial_destroy(trial);
}

/* --- several campaigns ----------------------------------------------------------------------- */

Test(several_campaigns, at_one_time_confirm_both_halves)
{
    char *text = trial_shipped("two-campaigns");
    struct trial *trial = play(text, NULL, 0);
    expect_all_confirmed(trial, 2);
    struct campaign_session first, second;
    campaign_session_get(server_campaign(trial->world->server, 0), 0, &first);
    campaign_session_get(server_campaign(trial->world->server, 1), 0, &second);
    cr_expect_eq(first.frequency_hz, second.frequency_hz);
    cr_expect_lt(first.start_ns, second.end_ns);
    cr_expect_lt(second.start_ns, first.end_ns);
    trial_destroy(trial);
    free(text);
}

Test(several_campaigns, one_after_the_other_confirm_two_versions)
{
    char *text = trial_shipped("next-version");
    expect_all_confirmed_with(text, NULL, 0, 2);
    free(text);
}

Test(several_campaigns, of_three_confirm_their_members)
{
    static const char three[] = NEAR TWELVE
            "duration: 12 h\n"
            "campaigns: ["
            "{name: a, devices: [d 0..50 %], duty_share: 25 %, " TIMES "}, "
            "{name: b, devices: [d 50..90 %], duty_share: 25 %, data_rate: DR3, " TIMES "}, "
            "{name: c, devices: [d 90..100 %], duty_share: 25 %, " TIMES "}]\n";
    struct trial *trial = play(three, NULL, 0);
    cr_assert_eq(campaign_member_count(server_campaign(trial->world->server, 0)), 6);
    cr_assert_eq(campaign_member_count(server_campaign(trial->world->server, 1)), 5);
    cr_assert_eq(campaign_member_count(server_campaign(trial->world->server, 2)), 1);
    expect_all_confirmed(trial, 3);
    trial_destroy(trial);
}

/* --- one campaign ---------------------------------------------------------------------------- */

#define ONE NEAR TWELVE "duration: 16 h\ncampaigns: [{name: a, " TIMES "}]\n"

/* Options that must not cost a device of an undisturbed fleet its image. */
Test(several_campaigns, confirm_all_with_each_option)
{
    static const char *const options[][3] = {
        { "campaigns.0.sessions=per-data-rate", NULL },
        { "campaigns.0.sessions=per-data-rate", "campaigns.0.session_order=at-one-time", NULL },
        { "campaigns.0.sessions=threshold", "campaigns.0.session_threshold=4", NULL },
        { "campaigns.0.sessions=threshold", "campaigns.0.session_threshold=1000", NULL },
        { "campaigns.0.interval=1 s", NULL },
        { "campaigns.0.interval=20 s", NULL },
        { "campaigns.0.granularity=1 s", NULL },
        { "campaigns.0.granularity=7 s", NULL },
        { "campaigns.0.group_delete=true", NULL },
        { "campaigns.0.set_up.policy=one-per-uplink", NULL },
        { "campaigns.0.fragmentation_version=1", "campaigns.0.verify=[signature]", NULL },
        { "campaigns.0.periods=2", NULL },
        { "campaigns.0.periods=4", NULL },
    };
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        size_t count = 0;
        while (options[i][count] != NULL) {
            count++;
        }
        struct trial *trial = play(ONE, options[i], count);
        const struct campaign *campaign = server_campaign(trial->world->server, 0);
        cr_expect_eq(campaign_stage_count(campaign, CAMPAIGN_CONFIRMED), 12, "%s: %u of 12",
                options[i][0], campaign_stage_count(campaign, CAMPAIGN_CONFIRMED));
        trial_destroy(trial);
    }
}

/* --- sessions by data rate ------------------------------------------------------------------- */

Test(several_campaigns, members_of_a_city_get_the_data_rate_that_they_hear)
{
    char *text = trial_shipped("sessions-by-data-rate");
    struct trial *trial = play(text, NULL, 0);
    const struct campaign *campaign = server_campaign(trial->world->server, 0);
    uint32_t members = 0, open = 0;
    for (uint32_t i = 0; i < campaign_transfer_count(campaign); i++) {
        struct campaign_transfer transfer;
        campaign_transfer_get(campaign, i, &transfer);
        members += transfer.members;
        open += transfer.open ? 1u : 0u;
        cr_expect(transfer.open || transfer.members == 0);
    }
    cr_expect_gt(open, 2, "a city of 3 km has near and far members");
    cr_expect_eq(members, 200);
    cr_expect_geq(campaign_stage_count(campaign, CAMPAIGN_CONFIRMED), 198);
    trial_destroy(trial);
    free(text);
}
