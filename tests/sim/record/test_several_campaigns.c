/* Results of several campaigns: those at the top and of each campaign, counted again.
 * SPDX-License-Identifier: MIT
 *
 * Method: fragments that firmware stored are counted from its own events; stages are read from the
 * members of each campaign; both are held against the summary. Two campaigns on two halves of a
 * fleet, a second version over the first, and one campaign whose members are split by data rate.
 * Each run passes the audits: every fragment has one cause, and as many are received as the
 * firmware counts.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "record/fragment_causes.h"
#include "support/trial.h"
#include "trace.h"

#define COMMON                                                                                     \
    "name: several\n"                                                                              \
    "duration: 3 d\n"                                                                              \
    "firmware: {image: generated, size: 4096 B}\n"

static const char halves[] = COMMON "devices: [{name: d, count: 20}]\n"
                                    "campaigns:\n"
                                    "  - {name: a, devices: d 0..50 %, start: 2 h}\n"
                                    "  - {name: b, devices: d 50..100 %, start: 2 h}\n";
static const char successive[] = COMMON "devices: [{name: d, count: 10}]\n"
                                        "campaigns:\n"
                                        "  - {name: a, start: 2 h, firmware: {version: 1.1.0}}\n"
                                        "  - {name: b, start: 1 d, firmware: {version: 1.2.0}}\n";
/* The second one begins and ends in the pause of the first one, which then sets up again. */
static const char in_a_pause[] = COMMON
        "area: {radius: 300 m}\n"
        "gateways: {count: 1}\n"
        "devices: [{name: d, count: 10, report: {period: 20 min}}]\n"
        "campaigns:\n"
        "  - {name: a, start: 2 h, pause_at: 2.75 h, resume_at: 30 h, set_up: {window: 3 h},\n"
        "     firmware: {version: 1.2.0}}\n"
        "  - {name: b, start: 9 h, set_up: {window: 3 h},\n"
        "     firmware: {version: 1.1.0, expect_refusal: true}}\n";
static const char split[] = COMMON "area: {radius: 4 km}\n"
                                   "gateways: {count: 1}\n"
                                   "devices: [{name: d, count: 40}]\n"
                                   "campaigns: [{name: a, start: 12 h, sessions: per-data-rate, "
                                   "session_order: at-one-time}]\n";

static void count_stored(void *context, const struct observation *o)
{
    uint64_t *stored = context;
    *stored += o->a == FW_TRACE_FRAGMENT_STORED ? 1u : 0u;
}

/* Plays the run; returns the pairs that firmware stored. */
static uint64_t play(struct trial *trial)
{
    uint64_t stored = 0;
    engine_observer_add(trial->world->engine, OBSERVE_BIT(OBSERVE_FIRMWARE), count_stored, &stored);
    trial_play(trial);
    return stored;
}

static double value_of(const struct trial *trial, const char *campaign, const char *key)
{
    char path[128];
    snprintf(path, sizeof path, "campaigns.%s.%s", campaign, key);
    return trial_value(trial, path);
}

/* Devices that are confirmed in every campaign of first..end that they are in. */
static uint32_t confirmed(const struct trial *trial, uint32_t first, uint32_t end)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < trial->world->device_count; i++) {
        uint32_t in = 0, reached = 0;
        for (uint32_t c = first; c < end; c++) {
            struct campaign_device d;
            campaign_device_get(server_campaign(trial->world->server, c), i, &d);
            in += d.member ? 1u : 0u;
            reached += d.member && d.stage == CAMPAIGN_CONFIRMED ? 1u : 0u;
        }
        count += in > 0 && reached == in ? 1u : 0u;
    }
    return count;
}

/* Shares of all pairs, of the whole run, add up to what firmware stored. */
static void expect_received(const struct trial *trial, uint64_t stored, double pairs)
{
    cr_assert_gt(stored, 0);
    cr_expect_eq(trial_value(trial, "missing_fragments.pairs"), pairs);
    cr_expect_float_eq(trial_value(trial, "missing_fragments.received"), (double)stored / pairs,
            1e-12, "%llu of %g pairs", (unsigned long long)stored, pairs);
}

/* Means of the run are those of both campaigns, by the devices that became ready in each. */
static void expect_means_of_both(const struct trial *trial)
{
    static const char *const keys[] = { "setup_time_s.mean", "completion_time_s.mean",
        "missing_fragments.rate_mean", "estimate.set_up_s.simulated", "estimate.uplinks.simulated",
        "estimate.listening_j.simulated", "estimate.bulk_j.simulated",
        "estimate.battery_percent.simulated" };
    double of_a = value_of(trial, "a", "devices.ready");
    double of_b = value_of(trial, "b", "devices.ready");
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        double a = value_of(trial, "a", keys[i]), b = value_of(trial, "b", keys[i]);
        double mean = (of_a * a + of_b * b) / (of_a + of_b);
        cr_expect_float_eq(
                trial_value(trial, keys[i]), mean, 1e-9 * mean, "%s: %g, %g", keys[i], a, b);
    }
}

Test(several_campaigns, on_halves_of_a_fleet_count_their_members)
{
    struct trial *trial = trial_create(halves, NULL, 0);
    uint64_t stored = play(trial);
    double nb_frag = campaign_nb_frag(server_campaign(trial->world->server, 0));
    cr_expect_eq(value_of(trial, "a", "devices.total"), 10);
    cr_expect_eq(value_of(trial, "b", "devices.total"), 10);
    cr_expect_eq(value_of(trial, "a", "devices.confirmed"), confirmed(trial, 0, 1));
    cr_expect_eq(value_of(trial, "b", "devices.confirmed"), confirmed(trial, 1, 2));
    cr_assert_gt(confirmed(trial, 0, 1), 0);
    cr_assert_gt(confirmed(trial, 1, 2), 0);
    cr_expect_eq(trial_value(trial, "devices.confirmed"), confirmed(trial, 0, 2));
    cr_expect_eq(trial_value(trial, "missing_fragments.nb_frag"), 2 * nb_frag);
    expect_received(trial, stored, 20 * nb_frag);
    expect_means_of_both(trial);
    trial_destroy(trial);
}

/* As many campaigns as a scenario may have, each on a device of its own. */
Test(several_campaigns, of_the_largest_number_count_a_member_each)
{
    char text[4096] = "name: most\n"
                      "duration: 12 h\n"
                      "area: {radius: 300 m}\n"
                      "gateways: {count: 1}\n"
                      "firmware: {image: generated, size: 1 KiB}\n"
                      "devices: [{name: d, count: 16, state: commissioned, data_rate: DR5, "
                      "report: {period: 20 min}}]\n"
                      "campaigns:\n";
    for (uint32_t c = 0; c < SCENARIO_CAMPAIGNS_MAX; c++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used,
                "  - {name: c%u, devices: d %g..%g %%, set_up: {window: 1 h}, duty_share: 5 %%}\n",
                c, c * 6.25, (c + 1) * 6.25);
    }
    struct trial *trial = trial_create(text, NULL, 0);
    uint64_t stored = play(trial);
    for (uint32_t c = 0; c < SCENARIO_CAMPAIGNS_MAX; c++) {
        char name[8];
        snprintf(name, sizeof name, "c%u", c);
        cr_expect_eq(value_of(trial, name, "devices.total"), 1);
        cr_expect_eq(value_of(trial, name, "devices.ready"), 1, "%s", name);
    }
    expect_received(
            trial, stored, 16.0 * campaign_nb_frag(server_campaign(trial->world->server, 15)));
    trial_destroy(trial);
}

/* What a device gets in the further round belongs to the campaign whose round it is. */
Test(several_campaigns, one_in_the_pause_of_another_takes_no_fragments_of_it)
{
    struct trial *trial = trial_create(in_a_pause, NULL, 0);
    uint64_t stored = play(trial);
    cr_assert_eq(confirmed(trial, 0, 1), 10);
    cr_assert_eq(confirmed(trial, 1, 2), 10);
    cr_expect_eq(value_of(trial, "a", "rounds.count"), 2);
    cr_expect_eq(value_of(trial, "a", "missing_fragments.received"), 1);
    cr_expect_eq(value_of(trial, "b", "missing_fragments.received"), 1);
    expect_received(
            trial, stored, 20.0 * campaign_nb_frag(server_campaign(trial->world->server, 0)));
    trial_destroy(trial);
}

Test(several_campaigns, one_after_the_other_count_pairs_and_devices_in_both)
{
    struct trial *trial = trial_create(successive, NULL, 0);
    uint64_t stored = play(trial);
    double nb_frag = campaign_nb_frag(server_campaign(trial->world->server, 0));
    cr_expect_eq(trial_value(trial, "devices.total"), 10);
    cr_expect_eq(value_of(trial, "a", "devices.confirmed"), confirmed(trial, 0, 1));
    cr_expect_eq(value_of(trial, "b", "devices.confirmed"), confirmed(trial, 1, 2));
    cr_assert_gt(confirmed(trial, 0, 2), 0);
    cr_expect_eq(trial_value(trial, "devices.confirmed"), confirmed(trial, 0, 2));
    cr_expect_eq(trial_value(trial, "missing_fragments.sent"),
            value_of(trial, "a", "missing_fragments.sent")
                    + value_of(trial, "b", "missing_fragments.sent"));
    expect_received(trial, stored, 20 * nb_frag); /* ten devices, each in both */
    trial_destroy(trial);
}

Test(several_campaigns, with_split_sessions_measure_each_device_in_its_own_transfer)
{
    struct trial *trial = trial_create(split, NULL, 0);
    uint64_t stored = play(trial);
    const struct campaign *campaign = server_campaign(trial->world->server, 0);
    double pairs = 0.0;
    uint32_t used = 0;
    for (uint32_t t = 0; t < campaign_transfer_count(campaign); t++) {
        struct campaign_transfer transfer;
        campaign_transfer_get(campaign, t, &transfer);
        used += transfer.open ? 1u : 0u;
    }
    for (uint32_t i = 0; i < trial->world->device_count; i++) {
        struct campaign_device d;
        struct campaign_transfer transfer;
        campaign_device_get(campaign, i, &d);
        if (d.transfer != UINT8_MAX) {
            campaign_transfer_get(campaign, d.transfer, &transfer);
            pairs += transfer.nb_frag;
        }
    }
    cr_assert_gt(used, 1, "the members need several data rates");
    expect_received(trial, stored, pairs);
    trial_destroy(trial);
}

/* Which data rates are needed is known from uplinks only. */
Test(several_campaigns, with_split_sessions_have_an_estimate_of_the_set_up_only)
{
    static const char *const unknown[] = { "estimate.fragments.expected",
        "estimate.airtime_s.expected", "estimate.session_s.expected",
        "estimate.listening_j.expected", "estimate.bulk_j.expected",
        "estimate.battery_percent.expected" };
    static const char *const one[] = { "campaigns.a.sessions=one" };
    for (size_t sets = 0; sets < 2; sets++) {
        struct trial *trial = trial_create(split, one, sets);
        struct summary *summary = run_summary(trial->run, false);
        double value;
        cr_expect(summary_value(summary, "estimate.set_up_s.expected", &value));
        cr_expect(summary_value(summary, "estimate.uplinks.expected", &value));
        for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
            cr_expect(summary_has(summary, unknown[i]), "%s", unknown[i]);
            cr_expect_eq(summary_value(summary, unknown[i], &value), sets == 1, "%s", unknown[i]);
        }
        summary_destroy(summary);
        trial_destroy(trial);
    }
}
