/* Scenarios that are written again with changes.
 * SPDX-License-Identifier: MIT
 *
 * Goal: what is written reads, without a set, to the same scenario as the text did with the sets.
 * Right values: struct scenario as scenario_read() fills it, byte by byte.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scenario/scenario_rewrite.h"
#include "sim/scenario/reading.h"

/* Of a text that was read with sets; the caller frees it. */
static char *rewritten(const char *text, const struct scenario_changes *changes)
{
    char error[192] = "", *written = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&written, &size);
    bool ok = scenario_rewrite(&scenario, text, strlen(text), changes, out, error, sizeof error);
    cr_assert(ok, "%s", error);
    fclose(out);
    return written;
}

/* A set may have left campaigns that do not count. */
static void clear_unused(struct scenario *s)
{
    memset(&s->campaigns[s->campaign_count], 0,
            (SCENARIO_CAMPAIGNS_MAX - s->campaign_count) * sizeof s->campaigns[0]);
}

static void expect_same(const char *text, const char *const *sets, size_t set_count)
{
    static struct scenario expected;
    cr_assert(read_with(text, sets, set_count), "%s", messages);
    clear_unused(&scenario);
    expected = scenario;
    const struct scenario_changes changes = { sets, set_count, NULL, 0 };
    char *written = rewritten(text, &changes);
    cr_assert(read_text(written), "%s\n%s", messages, written);
    clear_unused(&scenario);
    cr_expect_eq(memcmp(&scenario, &expected, sizeof scenario), 0, "%s", written);
    free(written);
}

#define EXPECT_SAME(text, ...)                                                                     \
    do {                                                                                           \
        static const char *const sets[] = { __VA_ARGS__ };                                         \
        expect_same(text, sets, sizeof sets / sizeof sets[0]);                                     \
    } while (0)

Test(rewrite, replaces_keys_and_adds_those_that_the_text_has_not)
{
    EXPECT_SAME("name: city\nseed: 4\ngateways: {count: 2, height: 20 m}\n", "seed=0xabc",
            "gateways.height=40 m", "gateways.radius=2 km", "propagation.penetration=9 dB",
            "on_guest_error=fail");
}

Test(rewrite, finds_keys_that_are_written_with_dots)
{
    EXPECT_SAME("name: city\ncampaign: {set_up.window: 1 h}\ngateways.height: 20 m\n",
            "campaign.set_up.window=2 h", "campaign.set_up.policy=chained", "gateways.height=9 m");
}

Test(rewrite, finds_items_by_name_and_by_number)
{
    EXPECT_SAME(
            "devices:\n  - {name: a, count: 3}\n  - {name: b, count: 4, boot: {spread: 1 min}}\n"
            "gateways: {count: 2, outages: [{from: 1 h}, {from: 2 h, duration: 1 min}]}\n",
            "devices.b.count=7", "devices.0.count=5", "devices.b.boot.spread=3 min",
            "devices.a.name=c", "devices.c.report.period=1 h", "gateways.outages.1.from=3 h");
}

Test(rewrite, makes_the_items_that_a_text_leaves_out)
{
    EXPECT_SAME("name: city\n", "devices.0.count=9", "campaign.start=2 h", "campaign.name=first");
    EXPECT_SAME("campaign: none\n", "campaign.start=2 h");
}

Test(rewrite, knows_both_forms_of_one_campaign)
{
    EXPECT_SAME("campaigns: [{name: a, start: 1 h}]\n", "campaign.start=2 h");
    EXPECT_SAME("campaign: {name: a, start: 1 h}\n", "campaigns.a.start=2 h",
            "campaigns.0.redundancy=20 %");
}

Test(rewrite, leaves_campaigns_out)
{
    EXPECT_SAME("campaign: {start: 1 h}\n", "campaign=none");
    EXPECT_SAME("campaigns: [{name: a, start: 1 h}, {name: b, start: 9 h}]\n", "campaign=none");
    EXPECT_SAME("campaigns: [{name: a, start: 1 h}, {name: b, start: 9 h}]\n", "campaign=none",
            "campaign.start=2 h");
}

Test(rewrite, changes_one_of_two_that_share_an_anchor)
{
    EXPECT_SAME("devices:\n  - {name: a, count: 3, report: &r {period: 1 h}}\n"
                "  - {name: b, count: 4, report: *r}\n",
            "devices.b.report.period=3 h");
}

Test(rewrite, changes_what_a_template_says_in_one_place_only)
{
    EXPECT_SAME("x-meter: &m {count: 3, report: {period: 1 h, payload: 30 B}}\n"
                "devices:\n  - {<<: *m, name: a}\n  - {<<: *m, name: b, report.period: 2 h}\n"
                "  - {<<: *m, name: c, report: {confirmed: true}}\n",
            "devices.a.count=7", "devices.b.report.period=3 h", "devices.c.report.period=4 h");
}

Test(rewrite, takes_lists_of_words)
{
    EXPECT_SAME("campaign: {verify: [block-mic]}\n", "campaign.verify=[block-mic, signature]",
            "gateways.channels=[868.1 MHz, 868.3 MHz]");
}

Test(rewrite, keeps_expectations_and_quoted_words)
{
    EXPECT_SAME("name: \"no: 1\"\nexpect:\n  devices.confirmed: [\">= 99 %\", \"<= 100 %\"]\n",
            "seed=7");
}

Test(rewrite, adds_faults_after_those_of_the_text)
{
    static const char text[] =
            "gateways: {count: 2}\nfaults: [{kind: reset, at: 1 h, every: 2 h}]\n";
    const struct scenario_fault faults[] = {
        { .kind = SCENARIO_FAULT_RESET, .device = 4, .at_ns = 3600000000007, .gateway = 9 },
        { .kind = SCENARIO_FAULT_OUTAGE,
                .gateway = 1,
                .at_ns = 12,
                .part = GATEWAY_OUTAGE_POWER,
                .duration_ns = SCENARIO_AUTO },
        { .kind = SCENARIO_FAULT_JAMMER,
                .at_ns = 5,
                .duration_ns = 77,
                .received_mdbm = -60500,
                .jammer = { .frequency_hz = 868100000, .bandwidth_hz = 125000 } },
    };
    const struct scenario_changes changes = { NULL, 0, faults, 3 };
    cr_assert(read_text(text));
    char *written = rewritten(text, &changes);
    cr_assert(read_text(written), "%s\n%s", messages, written);
    cr_assert_eq(scenario.fault_count, 4);
    const struct scenario_fault *f = scenario.faults;
    cr_expect_eq(f[0].every_ns, 7200 * SIM_NS_PER_S);
    cr_expect(f[1].kind == SCENARIO_FAULT_RESET && f[1].device == 4);
    cr_expect_eq(f[1].at_ns, 3600000000007);
    cr_expect(f[2].kind == SCENARIO_FAULT_OUTAGE && f[2].gateway == 1 && f[2].at_ns == 12);
    cr_expect(f[2].part == GATEWAY_OUTAGE_POWER && f[2].duration_ns == SCENARIO_AUTO);
    cr_expect(f[3].kind == SCENARIO_FAULT_JAMMER && f[3].duration_ns == 77 && f[3].received);
    cr_expect_eq(f[3].received_mdbm, -60500);
    cr_expect(f[3].jammer.frequency_hz == 868100000 && f[3].jammer.bandwidth_hz == 125000);
    free(written);
}

/* A scenario that is saved elsewhere finds the same files. */
Test(rewrite, names_files_by_their_whole_path)
{
    char folder[] = "/tmp/rewrite-XXXXXX", path[64], name[64], text[128];
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/places.csv", folder);
    snprintf(name, sizeof name, "%s/city.yaml", folder);
    FILE *places = fopen(path, "w");
    fputs("x,y\n1,2\n3,4\n", places);
    fclose(places);
    snprintf(text, sizeof text, "%s",
            "name: places.csv\ndevices: [{count: 2, layout: file, file: places.csv}]\n");
    struct scenario_errors *errors = scenario_errors_create();
    cr_assert(scenario_read(&scenario, name, text, strlen(text), NULL, 0, errors));
    scenario_errors_destroy(errors);
    char *written = rewritten(text, &(struct scenario_changes){ 0 });
    cr_expect_not_null(strstr(written, path), "%s", written);
    cr_expect_not_null(strstr(written, "name: places.csv"), "%s", written);
    cr_assert(read_text(written), "%s", messages);
    cr_expect_str_eq(scenario.groups[0].file, path);
    free(written);
    unlink(path);
    rmdir(folder);
}
