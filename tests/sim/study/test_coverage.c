/* Confidence intervals of a metric of runs whose mean is known in closed form.
 * SPDX-License-Identifier: MIT
 *
 * One device beside its gateway sends a fixed number of reports, each received by the radio: no
 * fading, no other device. The backhaul loses each with probability 0.2, so the mean of
 * airtime.uplink_pdr is 0.8, whatever the seed.
 *
 * Goal: of the 95 % intervals of five seeds each, 95 of 100 hold 0.8, within the bounds of a
 * binomial count that a right interval leaves once in ten thousand times.
 */
#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <stdio.h>

#include "study/statistics.h"
#include "support/trial.h"

#define INTERVALS 300u
#define SEEDS     5u
#define REPORTS   60.0
#define MEAN      0.8

static const char one_device[] =
        "name: coverage\n"
        "duration: 12 h\n"
        "area: {radius: 100 m}\n"
        "propagation: {model: free-space, penetration: 0 dB, shadowing: {sigma: 0 dB}, "
        "fading: none}\n"
        "reception: {errors: threshold}\n"
        "gateways: {count: 1, backhaul: {loss: 20 %}}\n"
        "devices: [{name: d, count: 1, state: commissioned, boot: {spread: 1 s}, data_rate: DR5, "
        "report: {period: 10 min, count: 60}}]\n"
        "campaign: none\n";

static double delivered_share(unsigned seed)
{
    char text[32];
    const char *sets[] = { text };
    snprintf(text, sizeof text, "seed=%u", seed);
    struct trial *trial = trial_create(one_device, sets, 1);
    trial_play(trial);
    cr_assert_eq(trial_value(trial, "reports.sent"), REPORTS);
    double share = trial_value(trial, "airtime.uplink_pdr");
    trial_destroy(trial);
    return share;
}

Test(coverage, intervals_over_seeds_hold_the_known_mean)
{
    unsigned covered = 0;
    double sum = 0;
    for (unsigned i = 0; i < INTERVALS; i++) {
        double shares[SEEDS];
        for (unsigned k = 0; k < SEEDS; k++) {
            shares[k] = delivered_share(1 + i * SEEDS + k);
            sum += shares[k];
        }
        struct mean_estimate estimate = statistics_estimate(shares, SEEDS);
        covered += estimate.low <= MEAN && MEAN <= estimate.high;
    }
    fprintf(stderr, "mean %.4f; %u of %u intervals hold %.1f\n", sum / (INTERVALS * SEEDS), covered,
            INTERVALS, MEAN);
    cr_assert_gt(gsl_cdf_binomial_P(covered, 1.0 - STATISTICS_LEVEL, INTERVALS), 1e-4);
    cr_assert_gt(gsl_cdf_binomial_Q(covered - 1, 1.0 - STATISTICS_LEVEL, INTERVALS), 1e-4);
}
