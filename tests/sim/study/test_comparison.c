/* Changes between two revisions: pairs, verdicts, sentences, layers, and how often a verdict is
 * wrong when nothing changed.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/random_stream.h"
#include "scenario/expect_keys.h"
#include "study/comparison.h"
#include "study/comparison_table.h"

#define SEEDS 5u

static const uint64_t seeds[] = { 1, 2, 3, 4, 5 };

static void give(struct replications *replications, const char *key, const double *values)
{
    size_t metric = headline_index(key);
    cr_assert_lt(metric, HEADLINE_COUNT, "%s", key);
    memcpy(replications->values + metric * replications->count, values,
            replications->count * sizeof *values);
}

/* The change of one metric, judged alone; `metric` stands for its row. */
static struct change change_of(const char *key, const double *before, const double *after)
{
    struct replications *a = replications_create(seeds, SEEDS);
    struct replications *b = replications_create(seeds, SEEDS);
    struct change changes[HEADLINE_COUNT];
    give(a, key, before);
    give(b, key, after);
    cr_assert_eq(comparison_make(a, b, changes), 1);
    cr_assert(comparison_judge(changes, 1, COMPARISON_THRESHOLD));
    replications_destroy(a);
    replications_destroy(b);
    return changes[0];
}

static void expect_text(const struct change *change, const char *expected)
{
    char text[512];
    change_format(change, text, sizeof text);
    cr_assert_str_eq(text, expected);
}

/* --- headline metrics ------------------------------------------------------------------------- */

Test(headline, every_metric_is_a_number_of_the_summary_and_stands_once)
{
    for (size_t i = 0; i < HEADLINE_COUNT; i++) {
        cr_assert(expect_key_known(headlines[i].key), "%s", headlines[i].key);
        cr_assert_eq(headline_index(headlines[i].key), i, "%s", headlines[i].key);
    }
    cr_assert_eq(headline_index("energy_j"), HEADLINE_COUNT);
}

/* --- verdicts --------------------------------------------------------------------------------- */

static const double energy[SEEDS] = { 10.0, 11.0, 9.0, 10.5, 9.5 };

/* Goal: each of the four sentences is said when it holds. */
Test(comparison, less_energy_is_an_improvement_and_more_a_regression)
{
    static const double less[SEEDS] = { 9.0, 10.1, 8.0, 9.4, 8.5 };
    static const double more[SEEDS] = { 11.0, 12.1, 10.0, 11.4, 10.5 };
    struct change change = change_of("energy_j.mean", energy, less);
    cr_assert_eq(change.verdict, CHANGE_IMPROVED);
    /* Changes of -1 but for -0.9 and -1.1: deviation 0.0707, t(4) at 0.975 is 2.776;
     * p from the closed form of four degrees of freedom. */
    expect_text(&change, "improved by -10 % (95 % interval -10.9 to -9.12 %), p 6e-06, from 10 "
                         "to 9 J");
    change = change_of("energy_j.mean", energy, more);
    cr_assert_eq(change.verdict, CHANGE_REGRESSED);
    expect_text(&change, "regressed by +10 % (95 % interval +9.12 to +10.9 %), p 6e-06, from 10 "
                         "to 11 J");
}

Test(comparison, what_is_better_is_a_property_of_the_metric)
{
    static const double confirmed[SEEDS] = { 90, 91, 92, 93, 94 };
    static const double fewer[SEEDS] = { 80, 81, 82, 83, 84 };
    cr_assert_eq(change_of("devices.confirmed", confirmed, fewer).verdict, CHANGE_REGRESSED);
    cr_assert_eq(change_of("devices.confirmed", fewer, confirmed).verdict, CHANGE_IMPROVED);
}

Test(comparison, a_certain_change_up_to_the_threshold_is_noise)
{
    static const double more[SEEDS] = { 10.19, 11.20, 9.20, 10.69, 9.71 };
    struct change change = change_of("energy_j.mean", energy, more);
    cr_assert_leq(change.p_adjusted, COMPARISON_LEVEL);
    cr_assert_eq(change.verdict, CHANGE_WITHIN_THRESHOLD);
    static const double above[SEEDS] = { 10.21, 11.22, 9.22, 10.71, 9.73 };
    cr_assert_eq(change_of("energy_j.mean", energy, above).verdict, CHANGE_REGRESSED);
}

Test(comparison, a_large_change_may_still_be_chance)
{
    static const double scattered[SEEDS] = { 14.0, 8.0, 12.0, 9.0, 13.0 };
    struct change change = change_of("energy_j.mean", energy, scattered);
    cr_assert_gt(change_relative(&change), COMPARISON_THRESHOLD);
    cr_assert_eq(change.verdict, CHANGE_NO_CHANGE);
}

/* --- without deviation ------------------------------------------------------------------------ */

Test(comparison, equal_values_are_no_change)
{
    struct change change = change_of("energy_j.mean", energy, energy);
    cr_assert_eq(change.verdict, CHANGE_NO_CHANGE);
    expect_text(&change, "no change detected: equal on all 5 seeds");
}

Test(comparison, the_same_change_on_all_seeds_is_certain)
{
    static const double all[SEEDS] = { 20, 20, 20, 20, 20 },
                        one_less[SEEDS] = { 19, 19, 19, 19, 19 };
    struct change change = change_of("devices.confirmed", all, one_less);
    cr_assert_eq(change.verdict, CHANGE_REGRESSED);
    expect_text(&change, "regressed by -5 % (95 % interval -5 to -5 %), p 0, from 20 to 19 "
                         "devices");
}

Test(comparison, a_change_from_nothing_is_told_as_it_is)
{
    static const double none[SEEDS] = { 0 }, some[SEEDS] = { 3, 3, 3, 3, 3 };
    struct change change = change_of("missing_fragments.unrecovered", none, some);
    cr_assert_eq(change.verdict, CHANGE_REGRESSED);
    expect_text(&change, "regressed by +3 (95 % interval +3 to +3), p 0, from 0 to 3 fragments");
}

/* --- what was not measured -------------------------------------------------------------------- */

Test(comparison, a_metric_that_is_measured_no_more_regressed)
{
    static const double none[SEEDS] = { NAN, NAN, NAN, NAN, NAN };
    struct change change = change_of("completion_time_s.mean", energy, none);
    cr_assert_eq(change.verdict, CHANGE_REGRESSED);
    expect_text(&change, "regressed: measured on 5 seeds before, on none now");
    cr_assert_eq(change_of("completion_time_s.mean", none, energy).verdict, CHANGE_NO_CHANGE);
}

Test(comparison, pairs_are_the_seeds_that_both_measured)
{
    static const double before[SEEDS] = { 10, NAN, 12, 13, 14 },
                        after[SEEDS] = { 20, 99, 22, 23, NAN };
    struct change change = change_of("completion_time_s.mean", before, after);
    cr_assert_eq(change.difference.count, 3);
    cr_assert_eq(change.difference.changes.mean, 10);
    static const double one[SEEDS] = { NAN, 5, NAN, 7, NAN };
    change = change_of("completion_time_s.mean", before, one);
    cr_assert_eq(change.verdict, CHANGE_NO_CHANGE);
    expect_text(&change, "no change detected: only 1 seeds have a value before and now");
}

Test(comparison, a_metric_of_neither_revision_is_left_out)
{
    struct replications *a = replications_create(seeds, SEEDS);
    struct change changes[HEADLINE_COUNT];
    cr_assert_eq(comparison_make(a, a, changes), 0);
    cr_assert(comparison_judge(changes, 0, COMPARISON_THRESHOLD));
    replications_destroy(a);
}

/* --- seeds ------------------------------------------------------------------------------------ */

Test(comparison, runs_are_paired_by_seed)
{
    static const uint64_t two[] = { 2, 4 }, others[] = { 4, 6 };
    static const double of_two[] = { 11.0, 10.5 };
    struct replications *a = replications_create(seeds, SEEDS);
    struct replications *b = replications_create(two, 2);
    struct replications *c = replications_create(others, 2);
    struct change changes[HEADLINE_COUNT];
    uint64_t missing = 0;
    give(a, "energy_j.mean", energy);
    give(b, "energy_j.mean", of_two);
    cr_assert(comparison_possible(a, b, &missing));
    cr_assert_eq(comparison_make(a, b, changes), 1);
    cr_assert(change_is_none(&changes[0]));
    cr_assert_not(comparison_possible(a, c, &missing));
    cr_assert_eq(missing, 6);
    replications_destroy(a);
    replications_destroy(b);
    replications_destroy(c);
}

/* --- layers ----------------------------------------------------------------------------------- */

static void give_hash(struct replications *replications, enum replication_hash hash, size_t index,
        const char *text)
{
    snprintf(replications->hashes[hash * replications->count + index], REPLICATION_HASH_SIZE, "%s",
            text);
}

Test(comparison, the_layers_that_moved_are_named)
{
    struct replications *a = replications_create(seeds, SEEDS);
    struct replications *b = replications_create(seeds, SEEDS);
    char text[256];
    for (enum replication_hash h = 0; h < REPLICATION_HASH_COUNT; h++) {
        for (size_t i = 0; i < SEEDS; i++) {
            give_hash(a, h, i, "00ff");
            give_hash(b, h, i, "00ff");
        }
    }
    cr_assert_not(comparison_layers_format(a, b, text, sizeof text));
    give_hash(b, REPLICATION_HASH_ALL, 1, "1");
    give_hash(b, REPLICATION_HASH_ALL, 4, "1");
    give_hash(b, REPLICATION_HASH_FIRMWARE, 1, "1");
    give_hash(b, REPLICATION_HASH_RESULTS, 4, "1");
    cr_assert(comparison_layers_format(a, b, text, sizeof text));
    cr_assert_str_eq(
            text, "trace hash moved on 2 of 5 seeds; layers that moved: firmware, results");
    /* A program without fingerprints. */
    for (enum replication_hash h = REPLICATION_HASH_TIME; h < REPLICATION_HASH_COUNT; h++) {
        for (size_t i = 0; i < SEEDS; i++) {
            give_hash(a, h, i, "");
        }
    }
    cr_assert(comparison_layers_format(a, b, text, sizeof text));
    cr_assert_str_eq(text, "trace hash moved on 2 of 5 seeds; layers that moved: not known");
    replications_destroy(a);
    replications_destroy(b);
}

/* --- the table -------------------------------------------------------------------------------- */

Test(comparison, columns_of_the_table_are_aligned)
{
    static const double more[SEEDS] = { 11.0, 12.1, 10.0, 11.4, 10.5 };
    struct change changes[] = { change_of("energy_j.mean", energy, more),
        change_of("missing_fragments.by_cause.session_not_open", energy, energy) };
    char text[2048];
    FILE *out = fmemopen(text, sizeof text, "w");
    comparison_write_table(changes, 2, out);
    fclose(out);
    const char *head = strstr(text, "  B\n"), *first = strstr(text, "regressed");
    const char *second = strstr(text, "no change detected");
    cr_assert(head != NULL && first != NULL && second != NULL, "%s", text);
    size_t width = (size_t)(head + 2 - text);
    const char *line = strchr(text, '\n') + 1;
    cr_assert_eq((size_t)(first - line), width, "%s", text);
    line = strchr(line, '\n') + 1;
    cr_assert_eq((size_t)(second - line), width, "%s", text);
}

/* --- false alarms ----------------------------------------------------------------------------- */

#define CHECKS  2000u
#define METRICS 40u

/* Goal: when no metric changed, a check of forty metrics says of any that it changed in at most 5
 * of 100 checks; without the adjustment it would in 87. */
Test(comparison, a_check_without_changes_has_a_false_alarm_at_the_stated_level)
{
    unsigned alarms = 0;
    for (uint32_t check = 0; check < CHECKS; check++) {
        struct change changes[METRICS];
        struct random_stream stream;
        random_stream_init(&stream, check, 1, RANDOM_TEST, 0);
        gsl_rng generator = random_stream_gsl(&stream);
        for (size_t m = 0; m < METRICS; m++) {
            double before[SEEDS], after[SEEDS], differences[SEEDS];
            for (size_t i = 0; i < SEEDS; i++) {
                before[i] = 5.0 + gsl_ran_gaussian_ziggurat(&generator, 1.0);
                after[i] = 5.0 + gsl_ran_gaussian_ziggurat(&generator, 1.0);
            }
            changes[m] = (struct change){
                .metric = &headlines[0], .measured_before = SEEDS, .measured_after = SEEDS
            };
            changes[m].difference = statistics_paired(before, after, differences, SEEDS);
        }
        cr_assert(comparison_judge(changes, METRICS, 0.0));
        bool alarm = false;
        for (size_t m = 0; m < METRICS; m++) {
            alarm = alarm || changes[m].verdict != CHANGE_NO_CHANGE;
        }
        alarms += alarm;
    }
    cr_assert_gt(gsl_cdf_binomial_Q(alarms - 1, COMPARISON_LEVEL, CHECKS), 1e-6, "%u of %u checks",
            alarms, CHECKS);
    cr_assert_gt(gsl_cdf_binomial_P(alarms, 0.8 * COMPARISON_LEVEL, CHECKS), 1e-6,
            "%u of %u checks: the test has lost its power", alarms, CHECKS);
}
