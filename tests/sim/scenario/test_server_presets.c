/* Servers as bundles of policies: what they set, and that the scenario's own keys win.
 * SPDX-License-Identifier: MIT
 *
 * Oracle: spec-protocol 8.1 and 9.5 for what each of the servers does.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "campaign/campaign.h"
#include "scenario/server_presets.h"
#include "sim/scenario/reading.h"

static const struct campaign_params *params_of(const char *text)
{
    cr_assert(read_text(text), "%s", messages);
    return &scenario.campaigns[0].params;
}

Test(server_presets, leave_the_defaults_of_this_server_alone)
{
    struct campaign_params plain = *params_of("campaign: {}\n");
    struct campaign_params named = *params_of("campaign: {server: fleetcast}\n");
    cr_assert_eq(memcmp(&plain, &named, sizeof plain), 0);
}

/* A step per uplink, group, fragmentation, session; three tries; fixed numbers; 5 s between two
 * copies; redundancy once; asked once; no receipts. */
Test(server_presets, set_what_chirpstack_does)
{
    const struct campaign_params *p = params_of("campaign: {server: chirpstack-v4}\n");
    cr_expect_eq(p->set_up_policy, SET_UP_ONE_PER_UPLINK);
    cr_expect_eq(p->set_up_order, SET_UP_FRAGMENTATION_FIRST);
    cr_expect_eq(p->set_up_tries, 3);
    cr_expect_eq(p->numbers, NUMBERS_ZERO);
    cr_expect_eq(p->session_cnt, SESSION_CNT_PER_COMMAND);
    cr_expect_eq(p->correction, CORRECTION_FIXED);
    cr_expect_eq(p->gateways, MULTICAST_DELAYED);
    cr_expect_eq(p->interval_ns, 5 * SIM_NS_PER_S);
    cr_expect_eq(p->time_out, TIME_OUT_BY_INTERVAL);
    cr_expect_eq(p->periods, 1);
    cr_expect_eq(p->receipts, RECEIPTS_NONE);
    cr_expect_eq(p->status_tries, 1);
    cr_expect_eq(p->mic_descriptor, MIC_OF_DESCRIPTOR);
    cr_expect_not(p->group_delete, "at the server only");
}

Test(server_presets, differ_before_issue_910_in_the_mic_alone)
{
    struct campaign_params now = *params_of("campaign: {server: chirpstack-v4}\n");
    struct campaign_params then = *params_of("campaign: {server: chirpstack-v4-before-910}\n");
    cr_assert_eq(then.mic_descriptor, MIC_OF_ZERO);
    then.mic_descriptor = MIC_OF_DESCRIPTOR;
    cr_assert_eq(memcmp(&now, &then, sizeof now), 0);
}

Test(server_presets, set_what_actility_and_aws_do)
{
    const struct campaign_params *p = params_of("campaign: {server: actility-rounds}\n");
    cr_expect_eq(p->correction, CORRECTION_ROUNDS);
    cr_expect_float_eq(p->redundancy, 0.0, 0.0);
    cr_expect_float_eq(p->rounds_threshold, 0.95, 1e-12);
    p = params_of("campaign: {server: aws}\n");
    cr_expect_eq(p->fragmentation_version, 1);
    cr_expect_eq(p->correction, CORRECTION_FIXED);
    cr_expect_eq(p->granularity_ns, SIM_NS_PER_S);
    cr_expect_not(scenario.campaigns[0].verify.block_mic, "version 1 has none");
}

Test(server_presets, give_way_to_keys_of_the_scenario)
{
    const char *text = "campaign: {interval: 2 s, server: chirpstack-v4, set_up: {tries: 0}}\n";
    const struct campaign_params *p = params_of(text);
    cr_expect_eq(p->interval_ns, 2 * SIM_NS_PER_S);
    cr_expect_eq(p->set_up_tries, 0);
    cr_expect_eq(p->gateways, MULTICAST_DELAYED, "the rest is the preset's");
    static const char *const sets[] = { "campaign.time_out=planned", "campaign.server=aws",
        "campaign.server=chirpstack-v4" };
    cr_assert(read_with("campaign: {redundancy: 30 %}\n", sets, 3), "%s", messages);
    cr_expect_eq(p->time_out, TIME_OUT_PLANNED);
    cr_expect_eq(p->fragmentation_version, 2, "the last server counts");
    cr_expect_float_eq(p->redundancy, 0.3, 1e-12);
}

Test(server_presets, are_each_campaigns_own)
{
    cr_assert(read_text("devices: [{name: a, count: 2}, {name: b, count: 2}]\n"
                        "campaigns:\n"
                        "  - {name: one, devices: a, server: actility-rounds}\n"
                        "  - {name: two, devices: b}\n"),
            "%s", messages);
    cr_expect_eq(scenario.campaigns[0].params.correction, CORRECTION_ROUNDS);
    cr_expect_eq(scenario.campaigns[1].params.correction, CORRECTION_ADAPTIVE);
}

/* A device waits for an order to install, or does not: campaigns of one group agree on that. */
Test(server_presets, agree_on_an_order_to_install_where_they_share_devices)
{
    cr_expect(read_text("devices: [{name: a, count: 2}, {name: b, count: 2}]\n"
                        "campaigns:\n"
                        "  - {name: one, devices: a, server: actility-rounds}\n"
                        "  - {name: two, devices: b, install: {policy: common-time}}\n"),
            "%s", messages);
    expect_refused("devices: [{name: a, count: 2}]\n"
                   "campaigns:\n"
                   "  - {name: one, devices: a, server: actility-rounds}\n"
                   "  - {name: two, devices: a, start: 3 d, install: {policy: at-once}}\n",
            "campaigns.two.install.policy should be that of the other campaigns of its devices");
}

Test(server_presets, are_refused_by_another_name)
{
    expect_refused("campaign: {server: chirpstack-v3}\n",
            "city.yaml:1:20: error: campaign.server = 'chirpstack-v3' should be one of: fleetcast, "
            "chirpstack-v4, chirpstack-v4-before-910, actility-rounds, aws");
}

Test(server_presets, need_an_interval_where_they_count_in_intervals)
{
    expect_refused("campaign: {gateways: delayed}\n",
            "city.yaml:1:22: error: campaign.gateways: delayed needs campaign.interval");
    expect_refused("campaign: {time_out: by-interval}\n",
            "city.yaml:1:22: error: campaign.time_out: by-interval needs campaign.interval");
    expect_refused("campaign: {interval: auto, server: chirpstack-v4}\n",
            "campaign.gateways: delayed needs campaign.interval");
    cr_expect(read_text("campaign: {gateways: delayed, interval: 5 s}\n"), "%s", messages);
}

Test(server_presets, warn_of_keys_without_effect)
{
    expect_warned("campaign: {correction: {threshold: 90 %}}\n",
            "correction.threshold has no effect here; it applies only with correction.policy: "
            "rounds");
    expect_warned("campaign: {fragmentation_version: 1, verify: signature, receipts: none}\n",
            "receipts has no effect here; it applies only with fragmentation_version: 2");
    expect_warned("campaign: {verify: signature, mic_descriptor: zero}\n",
            "mic_descriptor has no effect here; it applies only with verify: block-mic");
    expect_no_warning("campaign: {correction: {policy: rounds, threshold: 90 %}}\n");
}
