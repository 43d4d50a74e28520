/* Numbers that a test counts by itself, beside those of the summary.
 * SPDX-License-Identifier: MIT
 */
#include "support/recount.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

void values_add(struct values *values, double value)
{
    cr_assert_lt(values->count, VALUES_MAX);
    values->of[values->count++] = value;
}

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

double values_mean(const struct values *values)
{
    double sum = 0.0;
    for (uint32_t i = 0; i < values->count; i++) {
        sum += values->of[i];
    }
    return sum / values->count;
}

double values_percentile(struct values *values, double p)
{
    cr_assert_gt(values->count, 0);
    qsort(values->of, values->count, sizeof values->of[0], by_value);
    double at = p * (values->count - 1);
    uint32_t below = (uint32_t)at, above = below + 1 < values->count ? below + 1 : below;
    return values->of[below] + (at - below) * (values->of[above] - values->of[below]);
}

void expect_near(const struct trial *trial, const char *prefix, const char *key, double expected,
        double tolerance)
{
    char path[96];
    snprintf(path, sizeof path, "%s%s", prefix, key);
    double value = trial_value(trial, path);
    cr_expect_float_eq(
            value, expected, tolerance, "%s is %.9g, counted %.9g", path, value, expected);
}

void expect_count(const struct trial *trial, const char *prefix, const char *key, uint64_t expected)
{
    expect_near(trial, prefix, key, (double)expected, 0.0);
}

void expect_percentiles(
        const struct trial *trial, const char *prefix, struct values *values, double tolerance)
{
    cr_assert_gt(values->count, 10, "%s", prefix);
    expect_near(trial, prefix, "p50", values_percentile(values, 0.50), tolerance);
    expect_near(trial, prefix, "p95", values_percentile(values, 0.95), tolerance);
}

void expect_values(
        const struct trial *trial, const char *prefix, struct values *values, double tolerance)
{
    expect_percentiles(trial, prefix, values, tolerance);
    expect_near(trial, prefix, "mean", values_mean(values), tolerance);
}
