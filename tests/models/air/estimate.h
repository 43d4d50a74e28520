/* Statistics that the tests of random models share.
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_AIR_ESTIMATE_H
#define TESTS_AIR_ESTIMATE_H

#include <math.h>
#include <stdlib.h>

static inline int estimate_order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

typedef double estimate_cdf_fn(double value, const void *context);

/* The Kolmogorov-Smirnov statistic sqrt(n) D, sorting `samples`: of true samples 1.63 is exceeded
 * with 1 % (Kolmogorov's limit distribution). */
static inline double estimate_kolmogorov(
        double *samples, unsigned count, estimate_cdf_fn *cdf, const void *context)
{
    qsort(samples, count, sizeof *samples, estimate_order);
    double distance = 0;
    for (unsigned i = 0; i < count; i++) {
        double p = cdf(samples[i], context);
        distance = fmax(distance, fmax(p - (double)i / count, (i + 1.0) / count - p));
    }
    return sqrt(count) * distance;
}

#define KOLMOGOROV_1_PERCENT 1.63

/* Sums of pairs, for mean, variance and correlation. */
struct estimate_pairs {
    double count, x, y, xx, yy, xy;
};

static inline void estimate_add(struct estimate_pairs *pairs, double x, double y)
{
    pairs->count++;
    pairs->x += x;
    pairs->y += y;
    pairs->xx += x * x;
    pairs->yy += y * y;
    pairs->xy += x * y;
}

static inline double estimate_variance(const struct estimate_pairs *pairs)
{
    double mean = pairs->x / pairs->count;
    return pairs->xx / pairs->count - mean * mean;
}

static inline double estimate_correlation(const struct estimate_pairs *pairs)
{
    double mean_x = pairs->x / pairs->count, mean_y = pairs->y / pairs->count;
    double variance_y = pairs->yy / pairs->count - mean_y * mean_y;
    double covariance = pairs->xy / pairs->count - mean_x * mean_y;
    return covariance / sqrt(estimate_variance(pairs) * variance_y);
}

#endif
