/* The numbers of a whole run against each other and against what the models hold.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "record/summary.h"
#include "results/expectation.h"
#include "scenario/expect_keys.h"
#include "support/recount.h"

static struct trial *play_hello(const char *const *sets, size_t set_count)
{
    char *text = trial_shipped("hello-20");
    struct trial *trial = trial_create(text, sets, set_count);
    trial_play(trial);
    free(text);
    return trial;
}

static bool has(const struct trial *trial, bool partial, const char *path)
{
    struct summary *summary = run_summary(trial->run, partial);
    bool found = summary_has(summary, path);
    summary_destroy(summary);
    return found;
}

Test(measure, energy_is_the_sum_of_its_components)
{
    static const char *const components[] = { "radio_rx", "radio_tx", "radio_idle", "mcu_run",
        "mcu_sleep", "flash" };
    struct trial *trial = play_hello(NULL, 0);
    double sum = 0.0;
    for (size_t i = 0; i < sizeof components / sizeof components[0]; i++) {
        char path[64];
        snprintf(path, sizeof path, "energy_j.by_component.%s", components[i]);
        double value = trial_value(trial, path);
        cr_expect_gt(value, 0.0, "%s", path);
        sum += value;
    }
    double mean = trial_value(trial, "energy_j.mean");
    cr_expect_float_eq(sum, mean, 1e-9 * mean);
    trial_destroy(trial);
}

Test(measure, distributions_are_in_order)
{
    struct trial *trial = play_hello(NULL, 0);
    static const char *const prefixes[] = { "setup_time_s.", "completion_time_s." };
    for (size_t i = 0; i < 2; i++) {
        static const char *const keys[] = { "min", "p50", "p95", "max" };
        double last = 0.0;
        for (size_t k = 0; k < 4; k++) {
            char path[64];
            snprintf(path, sizeof path, "%s%s", prefixes[i], keys[k]);
            double value = trial_value(trial, path);
            cr_expect_geq(value, last, "%s", path);
            last = value;
        }
    }
    trial_destroy(trial);
}

/* The same numbers by another way: straight from the campaign. */
Test(measure, set_up_times_are_those_of_the_devices)
{
    struct trial *trial = play_hello(NULL, 0);
    struct values times = { 0 };
    for (uint32_t i = 0; i < 20; i++) {
        struct campaign_device d;
        campaign_device_get(world_first_campaign(trial->world), i, &d);
        values_add(
                &times, (double)(d.ready_ns - trial->scenario.campaigns[0].params.start_ns) / 1e9);
    }
    expect_values(trial, "setup_time_s.", &times, 1e-6);
    expect_near(trial, "setup_time_s.", "min", values_percentile(&times, 0.0), 1e-9);
    expect_near(trial, "setup_time_s.", "max", values_percentile(&times, 1.0), 1e-9);
    trial_destroy(trial);
}

Test(measure, every_missing_fragment_was_recovered_or_not)
{
    static const char *const sets[] = { "propagation.penetration=14 dB" };
    struct trial *trial = play_hello(sets, 1);
    double sent = trial_value(trial, "missing_fragments.sent");
    uint32_t ready = 0;
    for (uint32_t i = 0; i < 20; i++) {
        struct campaign_device d;
        campaign_device_get(world_first_campaign(trial->world), i, &d);
        ready += d.ready_ns != SIM_NS_NEVER;
    }
    double missing = trial_value(trial, "missing_fragments.rate_mean") * sent * ready;
    double recovered = trial_value(trial, "missing_fragments.recovered");
    double unrecovered = trial_value(trial, "missing_fragments.unrecovered");
    cr_expect_gt(recovered, 0.0, "14 dB must cost fragments");
    cr_expect_float_eq(missing, recovered + unrecovered, 1e-6 * (1.0 + missing));
    trial_destroy(trial);
}

Test(measure, stages_shrink_and_failures_fill_the_rest)
{
    static const char *const sets[] = { "propagation.penetration=25 dB" };
    static const char *const stages[] = { "joined", "ready", "complete", "authenticated",
        "confirmed" };
    struct trial *trial = play_hello(sets, 1);
    double last = trial_value(trial, "devices.total");
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++) {
        char path[64];
        snprintf(path, sizeof path, "devices.%s", stages[i]);
        double count = trial_value(trial, path);
        cr_expect_leq(count, last, "%s", path);
        last = count;
    }
    double failed = trial_value(trial, "devices.failed.never_joined");
    cr_expect_eq(
            failed + trial_value(trial, "devices.joined"), trial_value(trial, "devices.total"));
    for (int f = CAMPAIGN_FAILURE_NONE + 1; f < CAMPAIGN_FAILURE_COUNT; f++) {
        char path[64];
        snprintf(path, sizeof path, "devices.failed.%s",
                campaign_failure_name((enum campaign_failure)f));
        failed += trial_value(trial, path);
    }
    cr_expect_gt(failed, 0.0);
    cr_expect_float_eq(failed + last, trial_value(trial, "devices.total"), 0.0);
    trial_destroy(trial);
}

Test(measure, a_run_cut_short_is_partial_and_names_no_failures)
{
    char *text = trial_shipped("hello-20");
    struct trial *trial = trial_create(text, NULL, 0);
    trial_go(trial, 3600 * SIM_NS_PER_S);
    struct summary *summary = run_summary(trial->run, true);
    double value = 0.0;
    cr_assert(summary_value(summary, "partial", &value));
    cr_expect_float_eq(value, 1.0, 0.0);
    cr_expect_not(summary_has(summary, "devices.failed.no_uplink"));
    cr_assert(summary_value(summary, "sim_time_s", &value));
    cr_expect_float_eq(value, 3600.0, 1e-9);
    summary_destroy(summary);
    trial_destroy(trial);
    free(text);
}

Test(measure, a_run_without_a_campaign_has_no_campaign_numbers)
{
    struct trial *trial = trial_create("duration: 2 h\ndevices: [{count: 3}]\n", NULL, 0);
    trial_play(trial);
    cr_expect(has(trial, false, "devices.joined"));
    cr_expect_float_eq(trial_value(trial, "guest.errors"), 0.0, 0.0);
    cr_expect_float_eq(trial_value(trial, "guest.panics"), 0.0, 0.0);
    cr_expect(has(trial, false, "energy_j.mean"));
    cr_expect_not(has(trial, false, "setup_time_s.mean"));
    cr_expect_not(has(trial, false, "devices.confirmed"));
    trial_destroy(trial);
}

/* Of one campaign or one group: the next keys of the summary, from `at` on, are those of
 * expect_keys that count in this scope, in their order. Returns where they end. */
static size_t expect_keys_of(
        const struct summary *summary, size_t at, const char *prefix, enum expect_scope scope)
{
    for (size_t k = 0; expect_keys[k] != NULL; k++) {
        if (expect_key_in_scope(expect_keys[k], scope)) {
            char path[SUMMARY_PATH_SIZE];
            snprintf(path, sizeof path, "%s%s", prefix, expect_keys[k]);
            cr_assert_lt(at, summary->count, "%s is not there", path);
            cr_expect_str_eq(summary->items[at].path, path);
            at++;
        }
    }
    return at;
}

/* What a scenario may expect is what a campaign's summary holds: no key more, none less. */
Test(measure, the_keys_of_expectations_are_the_numbers_of_a_campaign)
{
    struct trial *trial = play_hello(NULL, 0);
    struct summary *summary = run_summary(trial->run, false);
    size_t at = 0;
    for (size_t i = 0; i < summary->count; i++) {
        const struct summary_item *item = &summary->items[i];
        if (strncmp(item->path, "campaigns.", 10) == 0) {
            i = expect_keys_of(summary, i, "campaigns.campaign.", EXPECT_CAMPAIGN);
            i = expect_keys_of(summary, i, "groups.sensors.", EXPECT_GROUP);
            item = &summary->items[i];
            cr_expect_eq(strncmp(item->path, "fingerprints.", 13), 0, "%s", item->path);
        }
        if (item->kind == SUMMARY_TEXT || item->kind == SUMMARY_BOOL) {
            cr_expect_not(expect_key_known(item->path), "%s is no number", item->path);
            continue;
        }
        cr_expect(expect_key_known(item->path), "%s cannot be expected", item->path);
        cr_assert_not_null(expect_keys[at], "%s is not in the list", item->path);
        cr_expect_str_eq(expect_keys[at], item->path);
        at++;
    }
    cr_expect_null(expect_keys[at], "%s is in no summary", expect_keys[at]);
    summary_destroy(summary);
    trial_destroy(trial);
}

static double part(const struct summary *summary, const char *prefix, const char *key)
{
    char path[SUMMARY_PATH_SIZE];
    double value = NAN;
    snprintf(path, sizeof path, "%s%s", prefix, key);
    cr_assert(summary_value(summary, path, &value), "no number %s", path);
    return value;
}

/* With one campaign and one group, the parts say what the whole says. */
Test(measure, one_campaign_and_one_group_are_the_whole)
{
    struct trial *trial = play_hello(NULL, 0);
    struct summary *summary = run_summary(trial->run, false);
    static const char *const prefixes[] = { "campaigns.campaign.", "groups.sensors." };
    for (size_t p = 0; p < 2; p++) {
        for (size_t k = 0; expect_keys[k] != NULL; k++) {
            double whole;
            if (expect_key_in_scope(expect_keys[k], p == 0 ? EXPECT_CAMPAIGN : EXPECT_GROUP)
                    && summary_value(summary, expect_keys[k], &whole)) {
                cr_expect_eq(part(summary, prefixes[p], expect_keys[k]), whole, "%s%s", prefixes[p],
                        expect_keys[k]);
            }
        }
    }
    summary_destroy(summary);
    trial_destroy(trial);
}

static const char two_groups[] =
        "name: two\n"
        "duration: 4 h\n"
        "area: {radius: 500 m}\n"
        "firmware: {image: generated, size: 2 KiB}\n"
        "gateways: {count: 1}\n"
        "devices:\n"
        "  - {name: near, count: 7, boot: {spread: 5 min}, report: {period: 10 min}}\n"
        "  - {name: seldom, count: 3, boot: {spread: 5 min}, report: {period: 90 min}}\n"
        "campaign: {start: 15 min, set_up: {window: 30 min}, fragment_size: 100 B,"
        " correction: {timeout: 30 min}, confirm_timeout: 1 h}\n";

/* Counts of two groups add up to those of the run, means weighted by devices; each group's energy
 * is recomputed from its nodes. */
Test(measure, groups_add_up_to_the_run)
{
    static const char *const counts[] = { "devices.total", "devices.joined", "devices.ready",
        "devices.complete", "devices.authenticated", "devices.installed", "devices.confirmed",
        "devices.failed.no_uplink", "devices.failed.set_up_unanswered" };
    static const char *const means[] = { "energy_j.mean", "energy_j.by_phase.bulk",
        "energy_j.by_component.radio_rx", "battery.life_years" };
    struct trial *trial = trial_create(two_groups, NULL, 0);
    trial_play(trial);
    struct summary *summary = run_summary(trial->run, false);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        double sum = part(summary, "groups.near.", counts[i])
                     + part(summary, "groups.seldom.", counts[i]);
        cr_expect_eq(sum, part(summary, "", counts[i]), "%s", counts[i]);
    }
    for (size_t i = 0; i < sizeof means / sizeof means[0]; i++) {
        double mean = (7.0 * part(summary, "groups.near.", means[i])
                              + 3.0 * part(summary, "groups.seldom.", means[i]))
                      / 10.0;
        cr_expect_float_eq(mean / part(summary, "", means[i]), 1.0, 1e-9, "%s", means[i]);
    }
    double seldom_j = 0.0;
    for (uint32_t i = 7; i < 10; i++) {
        seldom_j += node_energy_total_j(trial->world->nodes, i, engine_now(trial->world->engine));
    }
    cr_expect_float_eq(part(summary, "groups.seldom.", "energy_j.mean"), seldom_j / 3.0, 1e-9);
    cr_expect_eq(part(summary, "groups.seldom.", "devices.total"), 3.0);
    cr_expect_lt(
            part(summary, "groups.seldom.", "devices.ready"), 3.0, "the groups are not told apart");
    cr_expect_gt(part(summary, "groups.near.", "devices.ready"), 5.0);
    summary_destroy(summary);
    trial_destroy(trial);
}
