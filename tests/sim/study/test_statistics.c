/* Statistics of runs against certified and published values, and the coverage of the intervals on
 * samples whose mean is known.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>

#include "engine/random_stream.h"
#include "study/statistics.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void expect_near(double actual, double expected, double relative, const char *what)
{
    cr_assert_leq(fabs(actual - expected), relative * fabs(expected), "%s: %.17g, not %.17g", what,
            actual, expected);
}

/* --- NIST, Statistical Reference Datasets, univariate summary statistics ---------------------- */

/* Data set Michelso, the last three digits: 299.000 + value / 1000. */
static const unsigned michelso[] = { 850, 740, 900, 1070, 930, 850, 950, 980, 980, 880, 1000, 980,
    930, 650, 760, 810, 1000, 1000, 960, 960, 960, 940, 960, 940, 880, 800, 850, 880, 900, 840, 830,
    790, 810, 880, 880, 830, 800, 790, 760, 800, 880, 880, 880, 860, 720, 720, 620, 860, 970, 950,
    880, 910, 850, 870, 840, 840, 850, 840, 840, 840, 890, 810, 810, 820, 800, 770, 760, 740, 750,
    760, 910, 920, 890, 860, 880, 720, 840, 850, 850, 780, 890, 840, 780, 810, 760, 810, 790, 810,
    820, 850, 870, 870, 810, 740, 810, 940, 950, 800, 810, 870 };

Test(statistics, mean_and_deviation_are_those_that_nist_certifies_for_michelso)
{
    double values[COUNT(michelso)];
    for (size_t i = 0; i < COUNT(michelso); i++) {
        values[i] = (299000.0 + michelso[i]) / 1000.0;
    }
    expect_near(statistics_mean(values, COUNT(values)), 299.852400000000, 1e-14, "mean");
    expect_near(statistics_deviation(values, COUNT(values)), 0.0790105478190518, 1e-11, "sd");
}

/* Data sets NumAcc1, NumAcc3 and NumAcc4: a small deviation beside a large mean. */
Test(statistics, mean_and_deviation_are_those_that_nist_certifies_for_numacc)
{
    static const double first[] = { 10000001, 10000003, 10000002 };
    cr_assert_eq(statistics_mean(first, 3), 10000002);
    cr_assert_eq(statistics_deviation(first, 3), 1);
    static const double bases[] = { 1000000, 10000000 };
    for (size_t set = 0; set < COUNT(bases); set++) {
        double values[1001];
        values[0] = bases[set] + 0.2;
        for (size_t i = 1; i < COUNT(values); i++) {
            values[i] = bases[set] + (i % 2 != 0 ? 0.1 : 0.3);
        }
        expect_near(statistics_mean(values, COUNT(values)), bases[set] + 0.2, 1e-14, "mean");
        expect_near(statistics_deviation(values, COUNT(values)), 0.1, 1e-7, "deviation");
    }
}

/* --- intervals -------------------------------------------------------------------------------- */

/* Half of them 1 above the mean, half 1 below, so that the deviation is known. */
static struct mean_estimate estimate_of_signs(size_t count, double mean)
{
    double values[200];
    for (size_t i = 0; i < count; i++) {
        values[i] = mean + (i % 2 == 0 ? 1.0 : -1.0);
    }
    return statistics_estimate(values, count);
}

/* NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2: upper critical values of Student's t
 * distribution at 0.975. */
Test(statistics, intervals_have_the_width_of_the_table_of_student)
{
    static const struct {
        size_t count;
        double t;
    } rows[] = { { 2, 12.706 }, { 4, 3.182 }, { 6, 2.571 }, { 10, 2.262 }, { 20, 2.093 },
        { 30, 2.045 }, { 60, 2.001 }, { 100, 1.984 } };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mean_estimate estimate = estimate_of_signs(rows[i].count, 5.0);
        double n = (double)rows[i].count;
        double half_width = rows[i].t * sqrt(n / (n - 1)) / sqrt(n);
        cr_assert_eq(estimate.count, rows[i].count);
        cr_assert_eq(estimate.mean, 5.0);
        expect_near(estimate.high - estimate.mean, half_width, 3e-4, "upper half");
        expect_near(estimate.mean - estimate.low, half_width, 3e-4, "lower half");
    }
}

Test(statistics, what_the_data_do_not_determine_is_not_a_number)
{
    static const double one[] = { 7 };
    cr_assert(isnan(statistics_mean(NULL, 0)));
    cr_assert(isnan(statistics_quantile(NULL, 0, 0.5)));
    struct mean_estimate estimate = statistics_estimate(one, 1);
    cr_assert_eq(estimate.mean, 7);
    cr_assert(isnan(estimate.deviation) && isnan(estimate.low) && isnan(estimate.high));
    double changes[1];
    cr_assert(isnan(statistics_paired(one, one, changes, 1).p));
}

/* Binomial bounds that a right interval leaves once in ten million times, at either end. */
static void expect_share(unsigned hits, unsigned trials, double share, const char *what)
{
    double at_most = gsl_cdf_binomial_P(hits, share, trials);
    double at_least = gsl_cdf_binomial_Q(hits - 1, share, trials);
    cr_assert(at_most > 1e-7 && at_least > 1e-7, "%s: %u of %u", what, hits, trials);
}

#define SAMPLES 10000u

static unsigned intervals_that_cover(unsigned size, double mean, double deviation)
{
    unsigned covered = 0;
    for (unsigned i = 0; i < SAMPLES; i++) {
        struct random_stream stream;
        random_stream_init(&stream, i, size, RANDOM_TEST, 0);
        gsl_rng generator = random_stream_gsl(&stream);
        double values[10];
        for (unsigned k = 0; k < size; k++) {
            values[k] = mean + gsl_ran_gaussian_ziggurat(&generator, deviation);
        }
        struct mean_estimate estimate = statistics_estimate(values, size);
        covered += estimate.low <= mean && mean <= estimate.high;
    }
    return covered;
}

/* Goal: 95 of 100 intervals of normal samples hold the mean, by the streams that runs draw from,
 * one seed for each sample. An interval from the normal distribution would hold it in 88 of 100
 * samples of five, and one with the denominator n in 92. */
Test(statistics, intervals_of_ten_thousand_samples_cover_the_mean)
{
    static const unsigned sizes[] = { 2, 3, 5, 10 };
    for (size_t i = 0; i < COUNT(sizes); i++) {
        unsigned covered = intervals_that_cover(sizes[i], 17.0, 4.0);
        expect_share(covered, SAMPLES, 1.0 - STATISTICS_LEVEL, "intervals that hold the mean");
    }
}

/* --- quantiles -------------------------------------------------------------------------------- */

/* R 4: quantile(c(1, 2, 4, 8, 16, 32), c(0, .05, .25, .5, .95, 1)), type 7. */
Test(statistics, quantiles_are_those_of_r)
{
    double values[] = { 8, 1, 32, 4, 2, 16 };
    statistics_sort(values, 6);
    static const double rows[][2] = { { 0, 1 }, { 0.05, 1.25 }, { 0.25, 2.5 }, { 0.5, 6 },
        { 0.95, 28 }, { 1, 32 } };
    for (size_t i = 0; i < COUNT(rows); i++) {
        expect_near(statistics_quantile(values, 6, rows[i][0]), rows[i][1], 1e-12, "quantile");
    }
}

/* --- paired differences ----------------------------------------------------------------------- */

/* Student, The Probable Error of a Mean, Biometrika 6 (1908): data set `sleep` of R, whose example
 * t.test(extra ~ group, data = sleep, paired = TRUE) prints t = -4.0621, df = 9, p-value = 0.002833
 * and the interval -2.4598858 -0.7001142. */
Test(statistics, the_paired_test_is_that_of_r)
{
    static const double first[] = { 0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0 };
    static const double second[] = { 1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4 };
    double changes[10];
    struct paired_difference difference = statistics_paired(second, first, changes, 10);
    cr_assert_eq(difference.count, 10);
    expect_near(difference.before, 2.33, 1e-12, "mean before");
    expect_near(difference.after, 0.75, 1e-12, "mean after");
    expect_near(difference.changes.mean, -1.58, 1e-12, "mean change");
    expect_near(difference.changes.low, -2.4598858, 1e-7, "low");
    expect_near(difference.changes.high, -0.7001142, 1e-7, "high");
    expect_near(difference.p, 0.002833, 2e-4, "p");
}

Test(statistics, equal_changes_are_certain)
{
    static const double before[] = { 10, 20, 30 };
    static const double after[] = { 12, 22, 32 };
    double changes[3];
    struct paired_difference difference = statistics_paired(before, after, changes, 3);
    cr_assert_eq(difference.changes.low, 2);
    cr_assert_eq(difference.changes.high, 2);
    cr_assert_eq(difference.p, 0);
    difference = statistics_paired(before, before, changes, 3);
    cr_assert_eq(difference.changes.mean, 0);
    cr_assert_eq(difference.p, 1);
}

/* Goal: of pairs without a difference, 5 of 100 have a p value of at most 0.05. */
Test(statistics, p_values_without_a_difference_are_uniform)
{
    unsigned rejected = 0;
    for (unsigned i = 0; i < SAMPLES; i++) {
        struct random_stream stream;
        random_stream_init(&stream, i, 100, RANDOM_TEST, 0);
        gsl_rng generator = random_stream_gsl(&stream);
        double before[6], after[6], changes[6];
        for (unsigned k = 0; k < 6; k++) {
            double shared = gsl_ran_gaussian_ziggurat(&generator, 10.0);
            before[k] = shared + gsl_ran_gaussian_ziggurat(&generator, 1.0);
            after[k] = shared + gsl_ran_gaussian_ziggurat(&generator, 1.0);
        }
        rejected += statistics_paired(before, after, changes, 6).p <= 0.05;
    }
    expect_share(rejected, SAMPLES, 0.05, "false rejections");
}

/* --- many tests ------------------------------------------------------------------------------- */

/* R 4: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm"). */
Test(statistics, p_values_are_adjusted_as_by_r)
{
    double p[] = { 0.01, 0.04, NAN, 0.03, 0.005 };
    size_t order[5];
    statistics_holm(p, order, 5);
    static const double adjusted[] = { 0.03, 0.06, 0, 0.06, 0.02 };
    for (size_t i = 0; i < 5; i++) {
        if (i == 2) {
            cr_assert(isnan(p[i]), "a test that was not made does not count");
        } else {
            expect_near(p[i], adjusted[i], 1e-12, "adjusted p");
        }
    }
    double large[] = { 0.9, 0.8, 0 };
    statistics_holm(large, order, 3);
    cr_assert_eq(large[0], 1);
    cr_assert_eq(large[1], 1);
    cr_assert_eq(large[2], 0);
}
