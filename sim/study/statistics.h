/* Statistics over runs: means with confidence intervals, paired differences, many tests at once.
 * SPDX-License-Identifier: MIT
 *
 * Pure functions over arrays of finite numbers. A number that the data do not determine is NaN: the
 * mean of no values, the deviation of one.
 */
#ifndef STUDY_STATISTICS_H
#define STUDY_STATISTICS_H

#include <stddef.h>

/* Confidence level of every interval: two-sided, 1 - STATISTICS_LEVEL. */
#define STATISTICS_LEVEL 0.05

/* An estimate of a mean from independent values. */
struct mean_estimate {
    size_t count;
    double mean;      /* NaN without values */
    double deviation; /* sample standard deviation, denominator count - 1; NaN below two values */
    double low, high; /* Student's 95 % interval of the mean; NaN below two values */
};

/* The change from `before` to `after`, where value i of both faced the same random numbers. */
struct paired_difference {
    size_t count;
    double before, after;         /* means */
    struct mean_estimate changes; /* after - before, pair by pair */
    /* Two-sided p value of Student's paired t test of "the mean change is 0". Changes that are
     * equal in all pairs have no deviation to test against: 1 when they are 0, 0 otherwise. NaN
     * below two pairs, whatever they are. */
    double p;
};

double statistics_mean(const double *values, size_t count);
double statistics_deviation(const double *values, size_t count);
struct mean_estimate statistics_estimate(const double *values, size_t count);

/* Ascending. */
void statistics_sort(double *values, size_t count);
/* Linear interpolation between the two nearest of sorted values (type 7 of Hyndman and Fan, The
 * American Statistician 50, 1996; the definition of summary.json). `fraction`: 0 to 1. */
double statistics_quantile(const double *sorted, size_t count, double fraction);

/* `changes` has room for `count` values and gets after - before. */
struct paired_difference statistics_paired(
        const double *before, const double *after, double *changes, size_t count);

/* Replaces p values by those adjusted for their number (Holm, Scandinavian Journal of Statistics 6,
 * 1979): rejecting what is at most L keeps the chance of any false rejection at most L, however
 * the tests depend on each other. NaN: no test; it stays and does not count. `order` has room for
 * `count` numbers. */
void statistics_holm(double *p, size_t *order, size_t count);

#endif
