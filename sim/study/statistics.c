/* Statistics over runs: means with confidence intervals, paired differences, many tests at once.
 * SPDX-License-Identifier: MIT
 */
#include "study/statistics.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics.h>
#include <math.h>

double statistics_mean(const double *values, size_t count)
{
    return count == 0 ? NAN : gsl_stats_mean(values, 1, count);
}

double statistics_deviation(const double *values, size_t count)
{
    return count < 2 ? NAN : gsl_stats_sd(values, 1, count);
}

struct mean_estimate statistics_estimate(const double *values, size_t count)
{
    struct mean_estimate estimate = {
        .count = count,
        .mean = statistics_mean(values, count),
        .deviation = statistics_deviation(values, count),
        .low = NAN,
        .high = NAN,
    };
    if (count >= 2) {
        double quantile = gsl_cdf_tdist_Pinv(1.0 - STATISTICS_LEVEL / 2, (double)(count - 1));
        double half_width = quantile * estimate.deviation / sqrt((double)count);
        estimate.low = estimate.mean - half_width;
        estimate.high = estimate.mean + half_width;
    }
    return estimate;
}

void statistics_sort(double *values, size_t count)
{
    gsl_sort(values, 1, count);
}

double statistics_quantile(const double *sorted, size_t count, double fraction)
{
    return count == 0 ? NAN : gsl_stats_quantile_from_sorted_data(sorted, 1, count, fraction);
}

static double paired_p(const struct mean_estimate *changes)
{
    if (changes->count < 2) {
        return NAN;
    }
    if (changes->deviation == 0) {
        return changes->mean == 0 ? 1.0 : 0.0;
    }
    double error = changes->deviation / sqrt((double)changes->count);
    return 2.0 * gsl_cdf_tdist_Q(fabs(changes->mean) / error, (double)(changes->count - 1));
}

struct paired_difference statistics_paired(
        const double *before, const double *after, double *changes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        changes[i] = after[i] - before[i];
    }
    struct paired_difference difference = {
        .count = count,
        .before = statistics_mean(before, count),
        .after = statistics_mean(after, count),
        .changes = statistics_estimate(changes, count),
    };
    difference.p = paired_p(&difference.changes);
    return difference;
}

void statistics_holm(double *p, size_t *order, size_t count)
{
    size_t tests = 0;
    for (size_t i = 0; i < count; i++) {
        if (!isnan(p[i])) {
            order[tests++] = i;
        }
    }
    /* By p, insertion: some hundred tests at most. */
    for (size_t i = 1; i < tests; i++) {
        size_t moved = order[i], at = i;
        for (; at > 0 && p[order[at - 1]] > p[moved]; at--) {
            order[at] = order[at - 1];
        }
        order[at] = moved;
    }
    double least = 0;
    for (size_t i = 0; i < tests; i++) {
        double adjusted = fmin(1.0, p[order[i]] * (double)(tests - i));
        least = fmax(least, adjusted);
        p[order[i]] = least;
    }
}
