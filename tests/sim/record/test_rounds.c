/* Results of a campaign with retries, counted again.
 * SPDX-License-Identifier: MIT
 *
 * Goal: the report of each round says which devices it was for, why it left them and what it cost.
 * Method: a city whose gateways lose their power for the whole first session, so that the first
 * round reaches no device and the second one helps; lines of rounds.csv are read back and held
 * against the summary, the devices and the frames on the air. The run passes all audits.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "record/device_outcome.h"
#include "results/round_table.h"
#include "support/trial.h"

static const char text[] =
        "name: retried\n"
        "duration: 4 d\n"
        "area: {radius: 700 m}\n"
        "firmware: {image: generated, size: 4 KiB}\n"
        "gateways: {count: 2}\n"
        "faults: [{kind: outage, part: power, at: 570 min, duration: 210 min}]\n"
        "devices: [{name: d, count: 12, state: commissioned}, {name: late, count: 2}]\n"
        "campaign: {start: 2 h, set_up: {window: 8 h}, correction: {timeout: 1 h}, "
        "retries: 2, retry_pause: 2 h}\n";

static struct trial *played;

static void setup(void)
{
    played = trial_create(text, NULL, 0);
    trial_play(played);
}

static void teardown(void)
{
    trial_destroy(played);
}

TestSuite(rounds, .init = setup, .fini = teardown);

static const struct campaign *campaign(void)
{
    return world_first_campaign(played->world);
}

Test(rounds, are_reported_one_by_one)
{
    cr_assert_eq(campaign_round_count(campaign()), 2);
    struct campaign_round first, second;
    campaign_round_get(campaign(), 0, &first);
    campaign_round_get(campaign(), 1, &second);
    cr_expect_eq(first.members, 14);
    cr_expect_eq(first.failed[CAMPAIGN_FAILURE_NONE], 0, "no gateway had power");
    cr_expect_eq(first.sent_uncoded, 0);
    cr_expect_eq(second.members, 14);
    cr_expect_eq(second.failed[CAMPAIGN_FAILURE_NONE], 14);
    cr_expect_eq(second.start_ns - first.end_ns, 7200 * SIM_NS_PER_S);
    cr_expect_eq(trial_value(played, "rounds.count"), 2);
    cr_expect_eq(trial_value(played, "rounds.retried"), 14);
    cr_expect_eq(trial_value(played, "rounds.recovered"), 14);
    cr_expect_eq(trial_value(played, "campaigns.campaign.rounds.recovered"), 14);
    cr_expect_eq(trial_value(played, "devices.confirmed"), 14);
}

/* Reads a cell of the table; line 1 is the first round. */
static double cell(char *table, unsigned line, const char *name)
{
    char *names = table, *at = table;
    unsigned column = 0;
    for (const char *p = strstr(names, name); p > names; p--) {
        column += *p == ',' ? 1u : 0u;
    }
    for (; line > 0; line--) {
        at = strchr(at, '\n') + 1;
    }
    for (; column > 0; column--) {
        at = strchr(at, ',') + 1;
    }
    double value = -1.0;
    cr_expect_eq(sscanf(at, "%lf", &value), 1, "%s", name);
    return value;
}

Test(rounds, cost_what_the_table_says)
{
    char *table = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&table, &size);
    round_table_write(played->recorders, out);
    fclose(out);
    double airtime_s = trial_value(played, "estimate.airtime_s.simulated");
    cr_expect_eq(cell(table, 1, "members"), 14);
    cr_expect_eq(cell(table, 2, "confirmed"), 14);
    cr_expect_float_eq(
            cell(table, 1, "airtime_s") + cell(table, 2, "airtime_s"), airtime_s, 1e-3 * airtime_s);
    cr_expect_float_eq(
            cell(table, 2, "airtime_s"), trial_value(played, "rounds.airtime_s"), 1e-3 * airtime_s);
    double update_j = 0.0;
    static const char *const phases[] = { "set_up", "listening", "bulk", "correction",
        "verification", "install" };
    for (size_t i = 0; i < sizeof phases / sizeof phases[0]; i++) {
        char path[64];
        snprintf(path, sizeof path, "energy_j.by_phase.%s", phases[i]);
        update_j += 14.0 * trial_value(played, path);
    }
    cr_expect_float_eq(
            cell(table, 1, "energy_j") + cell(table, 2, "energy_j"), update_j, 1e-4 * update_j);
    cr_expect_gt(cell(table, 1, "energy_j"), 0.0, "devices listened in vain");
    free(table);
}

Test(rounds, stand_in_the_line_of_each_device)
{
    for (uint32_t i = 0; i < 14; i++) {
        struct device_rounds rounds;
        struct campaign_device d;
        device_outcome_left(played->recorders, 1, i, &rounds);
        campaign_device_get(campaign(), i, &d);
        cr_expect_eq(rounds.count, 2);
        cr_expect_str_eq(
                rounds.left, campaign_failure_name((enum campaign_failure)d.left[0]), "%u", i);
        cr_expect(campaign_failure_may_pass((enum campaign_failure)d.left[0]));
    }
}
