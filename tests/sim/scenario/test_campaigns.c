/* Campaigns in a scenario: one or a list, their members, their images, what they must not do.
 * SPDX-License-Identifier: MIT
 *
 * Goal: `campaign` is the one-entry form of `campaigns`; a share of a group is the same devices
 * whatever else the scenario holds; each mistake is told with its place.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/firmware_image.h"
#include "scenario/scenario_campaigns.h"
#include "services/fec_row.h"
#include "sim/scenario/reading.h"

#define GROUPS                                                                                     \
    "devices: [{name: meters, count: 7}, {name: valves, count: 4}]\n"                              \
    "firmware: {image: generated, size: 8 KiB}\n"

Test(campaigns, are_a_list_or_one)
{
    cr_assert(read_text("campaign: {start: 1 h}\n"), "%s", messages);
    cr_assert_eq(scenario.campaign_count, 1);
    cr_expect_str_eq(scenario.campaigns[0].name, "campaign");
    cr_expect_eq(scenario.campaigns[0].params.start_ns, 3600 * SIM_NS_PER_S);
    cr_assert(read_text("campaigns:\n  - {start: 1 h}\n"), "%s", messages);
    cr_expect_str_eq(scenario.campaigns[0].name, "campaign");
    cr_assert(read_text(GROUPS "campaigns:\n"
                               "  - {name: a, devices: meters, start: 1 h}\n"
                               "  - {name: b, devices: valves, data_rate: DR3}\n"),
            "%s", messages);
    cr_assert_eq(scenario.campaign_count, 2);
    cr_expect_str_eq(scenario.campaigns[1].name, "b");
    cr_expect_eq(scenario.campaigns[1].params.data_rate, 3);
    cr_expect_eq(scenario.campaigns[1].params.start_ns, 2 * 3600 * SIM_NS_PER_S, "default");
}

Test(campaigns, are_refused_in_both_forms_or_without_names)
{
    expect_refused("campaign: {}\ncampaigns: [{}]\n",
            "city.yaml:2:12: error: 'campaign' and 'campaigns': only one of them");
    expect_refused("campaigns: [{}]\ncampaign: {}\n",
            "city.yaml:2:11: error: 'campaign' and 'campaigns': only one of them");
    expect_refused("campaigns: [{name: a}, {start: 3 h}]\n",
            "city.yaml:1:24: error: each of several campaigns should have a name");
    expect_refused("campaigns: [{name: a}, {name: a}]\n",
            "city.yaml:1:31: error: two campaigns are named 'a'");
    expect_refused("campaigns: {name: a}\n", "city.yaml:1:12: error: 'campaigns' should be a list");
    expect_refused("campaigns: [{redundency: 5 %}]\n",
            "city.yaml:1:14: error: unknown key 'redundency' (did you mean 'redundancy'?)");
    expect_refused("campaign: {redundency: 5 %}\n",
            "city.yaml:1:12: error: unknown key "
            "'campaign.redundency' (did you mean 'redundancy'?)");
}

Test(campaigns, are_set_by_name_number_or_as_the_only_one)
{
    static const char *const one[] = { "campaign.redundancy=30 %" };
    cr_assert(read_with("campaigns: [{name: a}]\n", one, 1), "%s", messages);
    cr_expect_float_eq(scenario.campaigns[0].params.redundancy, 0.3, 1e-9);
    cr_assert(read_with("name: plain\n", one, 1), "%s", messages);
    cr_assert_eq(scenario.campaign_count, 1, "made by --set");
    static const char *const both[] = { "campaigns.a.start=3 h", "campaigns.1.start=5 h" };
    const char *text =
            GROUPS "campaigns: [{name: a, devices: meters}, {name: b, devices: valves}]\n";
    cr_assert(read_with(text, both, 2), "%s", messages);
    cr_expect_eq(scenario.campaigns[0].params.start_ns, 3 * 3600 * SIM_NS_PER_S);
    cr_expect_eq(scenario.campaigns[1].params.start_ns, 5 * 3600 * SIM_NS_PER_S);
    cr_expect_not(read_with(text, one, 1));
    cr_expect_not_null(
            strstr(messages, "--set campaign.redundancy=30 %: error: no such item: should "
                             "be campaigns.NAME.key"),
            "%s", messages);
}

Test(campaigns, have_members_by_group_and_share)
{
    struct scenario_range r[SCENARIO_SHARES_MAX];
    cr_assert(read_text(GROUPS "campaign: {}\n"), "%s", messages);
    cr_assert_eq(scenario_campaign_ranges(&scenario, &scenario.campaigns[0], r), 1);
    cr_expect(r[0].from == 0 && r[0].to == 11, "all");
    cr_assert(read_text(GROUPS "campaigns:\n"
                               "  - {name: a, devices: [valves, meters 0..50 %]}\n"
                               "  - {name: b, devices: meters 50..100 %}\n"),
            "%s", messages);
    cr_assert_eq(scenario_campaign_ranges(&scenario, &scenario.campaigns[0], r), 2);
    cr_expect(r[0].from == 7 && r[0].to == 11);
    cr_expect(r[1].from == 0 && r[1].to == 4, "half of seven, rounded");
    cr_assert_eq(scenario_campaign_ranges(&scenario, &scenario.campaigns[1], r), 1);
    cr_expect(r[0].from == 4 && r[0].to == 7, "the rest");
}

Test(campaigns, refuse_members_that_are_not_there)
{
    expect_refused(GROUPS "campaign: {devices: [meter, valves]}\n",
            "city.yaml:3:21: error: campaign.devices: there is no group of devices 'meter' (did "
            "you mean 'meters'?)");
    expect_refused(GROUPS "campaign: {devices: [meters, meters 20..40 %]}\n",
            "city.yaml:3:21: error: campaign.devices names devices of 'meters' twice");
    expect_refused(GROUPS "campaign: {devices: meters 0..1 %}\n",
            "city.yaml:3:21: error: campaign.devices: the share of 'meters' has no device");
    expect_refused(GROUPS "campaign: {devices: meters 60..40 %}\n",
            "'meters 60..40 %' should be a share of a group from 0 to 100 %");
    expect_refused(GROUPS "campaign: {devices: []}\n", "should be all, or a list of groups");
}

Test(campaigns, send_the_image_of_the_scenario_or_their_own)
{
    cr_assert(read_text(GROUPS "campaigns:\n"
                               "  - {name: a, devices: meters}\n"
                               "  - {name: b, devices: valves, firmware: {size: 4 KiB, version: "
                               "3.0.0}}\n"),
            "%s", messages);
    cr_expect_eq(scenario.campaigns[0].firmware.image_size_bytes, 8192);
    cr_expect_eq(scenario.campaigns[0].firmware.version, 0x02000000);
    cr_expect_str_eq(scenario.campaigns[1].firmware.image, "generated");
    cr_expect_eq(scenario.campaigns[1].firmware.image_size_bytes, 4096);
    cr_expect_eq(scenario.campaigns[1].firmware.version, 0x03000000);
}

/* A delta of the scenario's base is a small part of the image; one of other code is longer than a
 * tenth of it. */
Test(campaigns, send_it_in_the_form_of_the_scenario_or_their_own)
{
    cr_assert(read_text(GROUPS "campaigns:\n"
                               "  - {name: a, devices: meters, firmware: {encryption: on}}\n"
                               "  - {name: b, devices: valves, firmware: {delivery: delta}}\n"
                               "  - {name: c, devices: valves, start: 14 h, firmware: "
                               "{delivery: delta, base: device, version: 4.0.0}}\n"),
            "%s", messages);
    const struct scenario_campaign *a = &scenario.campaigns[0], *b = a + 1, *c = a + 2;
    cr_expect(a->firmware.encryption && a->firmware.delivery == DELIVERY_FULL);
    cr_expect(!b->firmware.encryption && b->firmware.delivery == DELIVERY_DELTA);
    cr_expect_str_eq(scenario.firmware.base, "earlier", "what devices run at first");
    cr_expect_str_eq(b->firmware.base, "earlier");
    cr_expect_str_eq(c->firmware.base, "device");
    uint32_t whole = firmware_image_size(8192);
    cr_expect_eq(a->block_size_bytes, whole);
    cr_expect_lt(b->block_size_bytes, whole / 5);
    cr_expect_gt(c->block_size_bytes, b->block_size_bytes);
    cr_assert(read_text(GROUPS "campaign: {firmware: {base: auto}}\n"), "%s", messages);
    cr_expect_str_eq(scenario.campaigns[0].firmware.base, "same");
    cr_assert_not(read_text(GROUPS "campaigns:\n  - {name: a, firmware: "
                                   "{delivery: delta, base: /no/such/file}}\n"));
    cr_expect_not_null(strstr(messages, "city.yaml:4:49: error: firmware.base: cannot read "
                                        "'/no/such/file'"),
            "%s", messages);
}

Test(campaigns, choose_a_fragment_size_that_fits)
{
    cr_assert(read_text(GROUPS "campaign: {}\n"), "%s", messages);
    cr_expect_eq(scenario.campaigns[0].params.fragment_size_bytes, 200);
    cr_assert(read_text(GROUPS "campaign: {data_rate: DR3}\n"), "%s", messages);
    cr_expect_eq(scenario.campaigns[0].params.fragment_size_bytes, 112);
    cr_assert(read_text(GROUPS "campaign: {sessions: per-data-rate}\n"), "%s", messages);
    cr_expect_eq(scenario.campaigns[0].params.fragment_size_bytes, 0, "by data rate");
}

/* Of 48 bytes one fits at DR0 to DR2, two at DR3 and four at DR4 and DR5: 5.46 windows of six; of
 * 47 one, two and five: 5.74, the most of 24 to 48. */
Test(campaigns, choose_fragments_that_fill_the_windows_of_unicast)
{
    cr_assert(read_text(GROUPS "campaign: {delivery: unicast}\n"), "%s", messages);
    cr_expect_eq(scenario.campaigns[0].params.fragment_size_bytes, 47);
    expect_warned(GROUPS "campaign: {delivery: unicast, fragment_size: 49 B}\n",
            "campaign.fragment_size = 49 B: devices whose uplinks are at DR0 get none, their "
            "windows carry at most 48 B");
    expect_warned(GROUPS "campaign: {delivery: unicast, redundancy: 5 %}\n",
            "redundancy has no effect here; it applies only with delivery: multicast");
    expect_warned(GROUPS "campaign: {delivery_timeout: 5 d}\n",
            "delivery_timeout has no effect here; it applies only with delivery: unicast");
}

/* RP002-1.0.3 section 2.4.8: N of EU868 is 51 bytes at DR0 to DR2, 115 at DR3, 242 at DR4 and DR5;
 * a fragment carries three bytes of header. */
Test(campaigns, refuse_a_fragment_size_too_long_for_a_slow_data_rate)
{
    static const char *const fits[] = {
        "campaign: {sessions: per-data-rate, fragment_size: 48 B}\n",
        "campaign: {sessions: one, fragment_size: 49 B}\n",
    };
    for (size_t i = 0; i < sizeof fits / sizeof fits[0]; i++) {
        char text[256];
        snprintf(text, sizeof text, "%s%s", GROUPS, fits[i]);
        cr_expect(read_text(text), "%s", messages);
    }
    expect_refused(GROUPS "campaign: {sessions: per-data-rate, fragment_size: 49 B}\n",
            "city.yaml:3:52: error: campaign.fragment_size = 49 B does not fit DR0, the slowest of "
            "the split sessions: at most 48 B; auto takes the largest size of each data rate");
    expect_refused(GROUPS "campaign: {sessions: threshold, data_rate: DR3, fragment_size: 112 B}\n",
            "city.yaml:3:64: error: campaign.fragment_size = 112 B does not fit DR0");
    expect_refused(GROUPS "campaign: {sessions: threshold, data_rate: DR3, fragment_size: 113 B}\n",
            "city.yaml:3:64: error: campaign.fragment_size = 113 B does not fit DR3: at most 112 "
            "B");
}

Test(campaigns, know_the_size_of_the_image_that_the_program_holds)
{
    char error[256] = "";
    uint32_t size = 0;
    cr_assert(read_text("campaign: {}\n"), "%s", messages);
    uint8_t *code = firmware_image_load(
            &scenario.campaigns[0].firmware, scenario.seed, &size, error, sizeof error);
    cr_assert_not_null(code, "%s", error);
    cr_expect_gt(size, 0);
    cr_expect_eq(scenario.campaigns[0].code_size_bytes, size);
    free(code);
    /* 4096 fragments of 8 bytes are 32 KiB. */
    cr_assert_gt(size, 32768 - 256);
    expect_refused(
            "campaign: {fragment_size: 8 B}\n", "city.yaml:1:27: error: campaign: an image of ");
}

Test(campaigns, know_the_bound_of_the_decoder)
{
    cr_assert_eq(FEC_FRAGMENTS_MAX, 4096);
    const char *text = "firmware: {image: generated, size: %u B}\ncampaign: {fragment_size: 8 B}\n";
    char fits[128], too_many[128];
    snprintf(fits, sizeof fits, text, FEC_FRAGMENTS_MAX * 8 - 256);
    snprintf(too_many, sizeof too_many, text, FEC_FRAGMENTS_MAX * 8 - 255);
    cr_expect(read_text(fits), "%s", messages);
    expect_refused(too_many, "city.yaml:2:27: error: campaign: an image of 32769 bytes is 4097 "
                             "fragments of 8 bytes; the decoder of devices takes at most 4096");
}

Test(campaigns, refuse_a_version_that_is_not_newer)
{
    expect_refused("firmware: {image: generated, size: 1 KiB, version: 1.0.0}\ncampaign: {}\n",
            "city.yaml:1:52: error: campaign 'campaign': version 1.0.0 should be newer than 1.0.0, "
            "which devices run at first");
    expect_refused(GROUPS "duration: 20 d\ncampaigns: [{name: a}, {name: b, start: 10 d}]\n",
            "error: campaign 'b': version 2.0.0 should be newer than 2.0.0, which devices run "
            "after campaign 'a'");
    cr_expect(read_text(GROUPS "duration: 20 d\ncampaigns: [{name: a}, {name: b, start: 10 d, "
                               "firmware: {version: 2.0.1}}]\n"),
            "%s", messages);
    cr_expect(read_text(GROUPS "campaigns: [{name: a, devices: meters}, {name: b, devices: "
                               "valves}]\n"),
            "other devices: %s", messages);
}

Test(campaigns, refuse_sessions_of_one_device_that_overlap)
{
    expect_refused(GROUPS "campaigns:\n"
                          "  - {name: a, devices: meters}\n"
                          "  - {name: b, data_rate: DR3, start: 3 h, firmware: {version: 3.0.0}}\n",
            "city.yaml:5:38: error: campaigns 'a' and 'b' have devices in common, and their class "
            "C sessions overlap at different data rates or frequencies; 'a' is planned until 13.1 "
            "h");
    expect_refused(GROUPS "campaigns:\n"
                          "  - {name: a, devices: meters}\n"
                          "  - {name: b, start: 3 h, firmware: {version: 3.0.0}}\n",
            "city.yaml:5:22: error: campaigns 'a' and 'b' have devices in common, and a device "
            "holds one block at a time; 'a' is planned until 13.1 h");
    cr_expect(read_text(GROUPS "duration: 2 d\n"
                               "campaigns:\n"
                               "  - {name: a, devices: meters 0..50 %}\n"
                               "  - {name: b, devices: meters 50..100 %, data_rate: DR3}\n"),
            "two halves at one time: %s", messages);
}

/* A message says "need N s". The 1009 uncoded fragments take 64 bytes each, 2.793 s at SF12, of 10
 * % x 80 % of the time: 35230 s. The coded ones are fewer. */
static void expect_needed(void)
{
    double needed_s = 0.0;
    const char *at = strstr(messages, "need ");
    cr_assert_not_null(at, "%s", messages);
    cr_assert_eq(sscanf(at, "need %lf s", &needed_s), 1, "%s", messages);
    cr_expect(needed_s > 35230 && needed_s < 2 * 35230, "%s", messages);
}

/* 48 KB at DR0 need more than the longest TimeOut of TS005, 2^15 s. */
Test(campaigns, refuse_one_period_that_is_too_short)
{
    const char *text = "duration: 5 d\n"
                       "firmware: {image: generated, size: 48136 B}\n"
                       "campaign: {data_rate: DR0, fragment_size: 48 B, periods: %s}\n";
    char one[256], automatic[256], two[256];
    snprintf(one, sizeof one, text, "1");
    snprintf(automatic, sizeof automatic, text, "auto");
    snprintf(two, sizeof two, text, "2");
    expect_refused(one,
            "city.yaml:3:58: error: campaign 'campaign': periods = 1, but the fragments "
            "need ");
    expect_needed();
    cr_expect_not_null(strstr(messages, "a class C session lasts 32768 s at most"), "%s", messages);
    cr_expect(read_text(automatic), "%s", messages);
    cr_expect(read_text(two), "%s", messages);
}

/* Each transfer has sessions of its own: the correction of one is no part of the other's. */
Test(campaigns, count_the_periods_of_each_version_alone)
{
    cr_expect(read_text("duration: 60 d\n"
                        "devices: [{name: a, packages: {fragmentation: 1}}, {name: b}]\n"
                        "firmware: {image: generated, size: 8 KiB}\n"
                        "campaign: {periods: 2, correction: {timeout: 10 d}}\n"),
            "%s", messages);
    cr_expect_not_null(
            strstr(messages, "with correction.timeout the session may need 86"), "%s", messages);
}

/* A device has four groups (TS005). */
Test(campaigns, refuse_a_second_period_without_a_group)
{
    expect_refused("firmware: {image: generated, size: 8 KiB}\n"
                   "campaign: {periods: 4, correction: {period: second}}\n",
            "city.yaml:2:21: error: campaign 'campaign': periods = 4 leaves no group for "
            "correction.period = second; a device has 4");
    cr_expect(read_text("firmware: {image: generated, size: 8 KiB}\n"
                        "campaign: {periods: 3, correction: {period: second}}\n"),
            "%s", messages);
}

/* A second period is one class C session, 2^15 s at most; its guard time is 5 s. */
Test(campaigns, warn_of_a_second_period_that_is_cut)
{
    const char *text = "duration: 5 d\n"
                       "firmware: {image: generated, size: 8 KiB}\n"
                       "campaign: {correction: {period: second, timeout: %u s}}\n";
    char fits[256], cut[256];
    snprintf(fits, sizeof fits, text, 32763);
    snprintf(cut, sizeof cut, text, 32764);
    cr_expect(read_text(fits), "%s", messages);
    cr_expect_null(strstr(messages, "second period"), "%s", messages);
    cr_expect(read_text(cut), "%s", messages);
    cr_expect_not_null(strstr(messages, "city.yaml:3:50: warning: campaign 'campaign': the second "
                                        "period may need 32769 s, and a class C session lasts "
                                        "32768 s at most (TimeOut 15): its correction is cut"),
            "%s", messages);
}

Test(campaigns, warn_of_an_empty_second_period)
{
    const char *text =
            "firmware: {image: generated, size: 8 KiB}\n"
            "campaign: {redundancy: %u %%, correction: {policy: fixed, period: second}}\n";
    char empty[256], filled[256];
    snprintf(empty, sizeof empty, text, 0);
    snprintf(filled, sizeof filled, text, 1);
    cr_expect(read_text(empty), "%s", messages);
    cr_expect_not_null(strstr(messages, "nothing is sent in its second period"), "%s", messages);
    cr_expect(read_text(filled), "%s", messages);
    cr_expect_null(strstr(messages, "second period"), "%s", messages);
}

Test(campaigns, warn_of_a_pause_without_a_second_period)
{
    cr_expect(read_text("firmware: {image: generated, size: 8 KiB}\n"
                        "campaign: {correction: {pause: 2 h}}\n"),
            "%s", messages);
    cr_expect_not_null(strstr(messages, "correction.pause has no effect here; it applies only with "
                                        "correction.period: second"),
            "%s", messages);
}

Test(campaigns, warn_of_slow_members_that_need_more_periods)
{
    const char *text = "duration: 5 d\n"
                       "firmware: {image: generated, size: 48136 B}\n"
                       "campaign: {sessions: per-data-rate, periods: %u}\n";
    char one[256], two[256];
    snprintf(one, sizeof one, text, 1);
    snprintf(two, sizeof two, text, 2);
    cr_expect(read_text(one), "%s", messages);
    cr_expect_not_null(
            strstr(messages, "city.yaml:3:46: warning: campaign 'campaign': periods = 1, "
                             "but members at DR0 would need 4"),
            "%s", messages);
    expect_needed();
    cr_expect(read_text(two), "%s", messages);
    cr_expect_null(strstr(messages, "periods"), "%s", messages);
}

/* sessions-by-data-rate.yaml: `validate` prints 13.2 h for its six sessions in turns, of which the
 * first opens at 3 h + 6 h. */
Test(campaigns, warn_of_turns_that_the_run_ends_before)
{
    const char *text = "duration: %s\n"
                       "gateways: {count: 3}\n"
                       "devices: [{count: 200, report: {period: 2 h}}]\n"
                       "firmware: {image: generated, size: 12 KiB}\n"
                       "campaign: {start: 3 h, set_up: {window: 6 h}, sessions: per-data-rate, "
                       "session_order: %s, correction: {timeout: 1 h}}\n";
    char short_run[320], long_run[320], at_one_time[320];
    snprintf(short_run, sizeof short_run, text, "22 h", "in-turns");
    snprintf(long_run, sizeof long_run, text, "23 h", "in-turns");
    snprintf(at_one_time, sizeof at_one_time, text, "22 h", "at-one-time");
    expect_warned(short_run,
            "city.yaml:5:87: warning: campaign 'campaign': sessions in turns at DR5 to DR0 are "
            "planned until 1331 min");
    cr_expect_not_null(strstr(messages, "(duration = 22 h)"), "%s", messages);
    expect_no_warning(long_run);
    expect_no_warning(at_one_time);
}

Test(campaigns, are_expected_of_by_name)
{
    const char *campaigns = GROUPS "campaigns: [{name: a, devices: meters}, {name: b.c, devices: "
                                   "valves}]\n";
    static const char *const known[] = { "campaigns.a.devices.confirmed: \">= 99 %\"",
        "campaigns.b.c.missing_fragments.sent: \">= 1\"", "groups.valves.energy_j.mean: \"< 5\"",
        "groups.meters.devices.joined: \">= 50 %\"" };
    static const char *const unknown[][2] = {
        { "campaigns.aa.devices.confirmed: \"> 1\"",
                "city.yaml:4:10: error: expect: there is no campaign 'aa' (did you mean 'a'?)" },
        { "groups.meter.energy_j.mean: \"> 1\"",
                "expect: there is no group of devices 'meter' (did you mean 'meters'?)" },
        { "campaigns.a.devices.confirmd: \"> 1\"",
                "expect: a campaign has no number 'devices.confirmd' (did you mean "
                "'devices.confirmed'?)" },
        { "campaigns.a.energy_j.mean: \"> 1\"", "a campaign has no number 'energy_j.mean'" },
        { "groups.meters.uplinks.sent: \"> 1\"", "a group has no number 'uplinks.sent'" },
        { "groups.meters.energy_j.mean: \"> 1 %\"",
                "expect.groups.meters.energy_j.mean should be a plain number" },
        { "uplinks.received: \">= 90 %\"",
                "city.yaml:4:10: error: expect.uplinks.received should be a plain number: a "
                "percentage fits shares" },
    };
    char text[512];
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        snprintf(text, sizeof text, "%sexpect: {%s}\n", campaigns, known[i]);
        cr_expect(read_text(text), "%s", messages);
    }
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        snprintf(text, sizeof text, "%sexpect: {%s}\n", campaigns, unknown[i][0]);
        expect_refused(text, unknown[i][1]);
    }
}

Test(campaigns, reach_devices_of_a_build_whose_file_exists)
{
    cr_assert(read_text("devices: [{firmware: built-in}]\n"), "%s", messages);
    expect_refused("devices: [{firmware: other.so}]\n",
            "city.yaml:1:22: error: firmware: 'other.so' cannot be read: No such file");
    expect_refused("devices: [{firmware: /tmp}]\n", "firmware: '/tmp' is no shared object");
}

Test(campaigns, have_fewer_transfers_than_a_number_has_room_for)
{
    expect_refused("devices: [{count: 500}]\nduration: 90 d\ncampaign: {wave_size: 2}\n",
            "city.yaml:3:23: error: campaign 'campaign': 1 rounds of 250 waves may need 250 "
            "transfers, and a campaign has fewer than 250; wave_size should be larger");
    cr_expect(read_text("devices: [{count: 498}]\nduration: 90 d\ncampaign: {wave_size: 2}\n"),
            "%s", messages);
    cr_expect_not(read_text("devices: [{count: 498}]\nduration: 90 d\n"
                            "campaign: {wave_size: 2, set_up: {versions: ask}}\n"),
            "two versions");
    cr_expect_not(read_text("devices: [{count: 498}]\nduration: 90 d\n"
                            "firmware: {image: generated, size: 2 KiB, delivery: delta}\n"
                            "campaign: {wave_size: 2}\n"),
            "delta and whole image");
}

Test(campaigns, have_rounds_within_the_run)
{
    cr_assert(read_text("duration: 2 d\ncampaign: {retries: 4, retry_pause: 2 h}\n"));
    cr_expect_not_null(
            strstr(messages, "city.yaml:2:21: warning: campaign 'campaign': the session of its "
                             "last round opens at"),
            "%s", messages);
    cr_assert(read_text("duration: 2 d\ncampaign: {retries: 1, retry_pause: 2 h}\n"));
    cr_expect_str_empty(messages);
    cr_assert(read_text("campaign: {retry_pause: 2 h}\n"));
    cr_expect_not_null(strstr(messages, "retry_pause has no effect here"), "%s", messages);
    expect_refused("campaign: {retries: 7}\n",
            "city.yaml:1:21: error: campaign.retries = 7 is outside 0 .. 6");
}

Test(campaigns, are_stopped_and_paused_in_their_order)
{
    cr_assert(
            read_text("campaign: {stop_at: 9 h, pause_at: 3 h, resume_at: 5 h}\n"), "%s", messages);
    cr_expect_eq(scenario.campaigns[0].params.pause_ns, 3 * 3600 * SIM_NS_PER_S);
    cr_assert(read_text("campaign: {stop_at: never}\n"), "%s", messages);
    cr_expect_eq(scenario.campaigns[0].params.stop_ns, 0);
    cr_expect_eq(scenario.campaigns[0].params.resume_ns, 0);
    expect_refused("campaign: {pause_at: 3 h}\n",
            "city.yaml:1:22: error: campaign: pause_at and resume_at: both or none");
    expect_refused("campaign: {resume_at: 3 h}\n",
            "city.yaml:1:23: error: campaign: pause_at and resume_at: both or none");
    expect_refused("campaign: {pause_at: 3 h, resume_at: 2 h}\n",
            "city.yaml:1:38: error: campaign.resume_at should be later than pause_at");
    expect_refused("campaign: {stop_at: 3 h, pause_at: 2 h, resume_at: 4 h}\n",
            "city.yaml:1:21: error: campaign.stop_at should be later than resume_at");
}
