/* Servers of other makers, as bundles of policies, in whole runs with the real firmware.
 * SPDX-License-Identifier: MIT
 *
 * Oracle: spec-protocol 8.1 and 9.5. One gateway stands near, so nothing is lost by the air.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "campaign/campaign.h"
#include "support/trial.h"

#define DEVICES 8u

static const char scenario[] =
        "name: servers\n"
        "duration: 30 h\n"
        "area: {radius: 500 m}\n"
        "gateways: {count: 1, height: 30 m}\n"
        "devices: [{name: d, count: 8, boot: {spread: 10 min}, report: {period: 20 min}}]\n"
        "firmware: {image: generated, size: 4 KiB, version: 2.0.0}\n"
        "campaign: {start: 1 h, set_up: {window: 3 h}, confirm_timeout: 4 h}\n";

static struct trial *play(const char *server, const char *other)
{
    char set[80];
    snprintf(set, sizeof set, "campaign.server=%s", server);
    const char *const sets[] = { set, other };
    struct trial *trial = trial_create(scenario, sets, other != NULL ? 2 : 1);
    trial_play(trial);
    cr_assert_eq(trial_value(trial, "security.bad_installs"), 0.0);
    return trial;
}

static void expect_confirmed(const struct trial *trial)
{
    const struct campaign *campaign = server_campaign(trial->world->server, 0);
    for (uint32_t i = 0; i < DEVICES; i++) {
        struct campaign_device view;
        campaign_device_get(campaign, i, &view);
        cr_expect_eq(view.stage, CAMPAIGN_CONFIRMED, "device %u: %s", i,
                campaign_failure_name(view.failure));
    }
}

Test(servers, confirm_devices_that_lose_nothing)
{
    static const char *const servers[] = { "chirpstack-v4", "actility-rounds", "aws" };
    for (size_t i = 0; i < sizeof servers / sizeof servers[0]; i++) {
        struct trial *trial = play(servers[i], NULL);
        expect_confirmed(trial);
        trial_destroy(trial);
    }
}

/* FragDataBlockReceivedReq is never sent: each device is asked by unicast, and installs then. */
Test(servers, of_chirpstack_ask_each_device)
{
    struct trial *trial = play("chirpstack-v4", NULL);
    const struct campaign *campaign = server_campaign(trial->world->server, 0);
    struct campaign_transfer transfer;
    campaign_transfer_get(campaign, 0, &transfer);
    cr_expect_eq(transfer.frag_index, 0);
    cr_expect_eq(transfer.correction_batches, 0);
    cr_expect_eq(campaign_stage_count(campaign, CAMPAIGN_AUTHENTICATED), DEVICES);
    trial_destroy(trial);
}

/* Its issue 910. What the MIC is over is the device's to check: the old image stays. */
Test(servers, of_chirpstack_before_issue_910_are_refused_by_each_device)
{
    struct trial *trial = play("chirpstack-v4-before-910", NULL);
    cr_assert_eq(trial_value(trial, "devices.confirmed"), 0.0);
    cr_assert_eq(trial_value(trial, "devices.failed.block_mic"), (double)DEVICES);
    trial_destroy(trial);
    trial = play("chirpstack-v4-before-910", "campaign.mic_descriptor=sent");
    expect_confirmed(trial);
    trial_destroy(trial);
}

/* Devices that send reports meanwhile lose fragments, which come again. */
Test(servers, of_actility_repeat_uncoded_fragments_alone)
{
    static const char *const sets[] = { "campaign.server=actility-rounds",
        "devices.d.report.in_session=send", "devices.d.report.period=1 min",
        "firmware.size=16 KiB" };
    struct trial *trial = trial_create(scenario, sets, sizeof sets / sizeof sets[0]);
    trial_play(trial);
    const struct campaign *campaign = server_campaign(trial->world->server, 0);
    cr_expect_geq(campaign_correction_batches(campaign), 1);
    cr_expect_eq(campaign_fragments_sent(campaign, true), 0);
    expect_confirmed(trial);
    trial_destroy(trial);
}
