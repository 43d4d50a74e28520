/* Numbers that a test counts by itself, beside those of the summary.
 * SPDX-License-Identifier: MIT
 */
#ifndef SUPPORT_RECOUNT_H
#define SUPPORT_RECOUNT_H

#include "support/trial.h"

#define VALUES_MAX 64u

/* One quantity over devices. */
struct values {
    double of[VALUES_MAX];
    uint32_t count;
};

void values_add(struct values *values, double value);
double values_mean(const struct values *values);
/* Between the two values that lie about index p * (count - 1) of the sorted ones; 0 is the least, 1
 * the greatest. Sorts them. */
double values_percentile(struct values *values, double p);

/* The number PREFIXkey of the summary is `expected`, give or take `tolerance`. */
void expect_near(const struct trial *trial, const char *prefix, const char *key, double expected,
        double tolerance);
void expect_count(
        const struct trial *trial, const char *prefix, const char *key, uint64_t expected);
/* PREFIXp50 and PREFIXp95. */
void expect_percentiles(
        const struct trial *trial, const char *prefix, struct values *values, double tolerance);
/* These and PREFIXmean. */
void expect_values(
        const struct trial *trial, const char *prefix, struct values *values, double tolerance);

#endif
