/* Adaptive correction beside until-reported, over seeds: devices without the block, and the cost.
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_CORRECTION_SEEDS_H
#define TESTS_CORRECTION_SEEDS_H

#include <criterion/criterion.h>
#include <stdio.h>

#include "support/trial.h"

/* 100 meters, 430 fragments of 112 bytes. */
static const char correction_city[] =
        "name: city-100\n"
        "duration: 24 h\n"
        "area: {shape: disc, radius: 3 km}\n"
        "propagation: {model: okumura-hata, environment: urban, penetration: 6 dB, "
        "shadowing: {sigma: 6 dB}, fading: rayleigh}\n"
        "gateways: {count: 3, layout: ring, radius: 1.5 km, height: 30 m, demodulators: 8, "
        "backhaul: {latency: 80 ms, jitter: 20 ms}}\n"
        "devices: [{name: meters, count: 100, layout: uniform, boot: {spread: 1 h}, "
        "report: {period: 4 h, phase: uniform, payload: 24 B}, "
        "rtc: {tolerance: 20 ppm, temperature: {mean: 12 C, swing: 8 C}}}]\n"
        "firmware: {image: generated, size: 48136 B, version: 2.0.0, delivery: full}\n"
        "campaign: {start: 2 h, set_up: {policy: chained, window: 8 h}, data_rate: DR5, "
        "fragment_size: 112 B, redundancy: 15 %, correction: {policy: adaptive, timeout: 3 h}, "
        "verify: [block-mic, signature]}\n";

struct correction_cost {
    double left;      /* set up, without the block at the end */
    double confirmed; /* share of all */
    double coded;     /* fragments sent */
    double median_j, most_j;
};

static inline struct correction_cost correction_cost_of(
        const char *text, int seed, const char *policy)
{
    char sets[2][48];
    snprintf(sets[0], sizeof sets[0], "seed=%d", seed);
    snprintf(sets[1], sizeof sets[1], "campaign.correction.policy=%s", policy);
    const char *const settings[] = { sets[0], sets[1] };
    struct trial *trial = trial_create(text, settings, 2);
    trial_play(trial);
    struct correction_cost cost = {
        .left = trial_value(trial, "devices.ready") - trial_value(trial, "devices.complete"),
        .confirmed = trial_value(trial, "devices.confirmed") / trial_value(trial, "devices.total"),
        .coded = trial_value(trial, "missing_fragments.coded_sent"),
        .median_j = trial_value(trial, "energy_j.p50"),
        .most_j = trial_value(trial, "energy_j.max"),
    };
    trial_destroy(trial);
    return cost;
}

/* Each device pays 2.3 J for a minute of listening (11.5 mA at 3.3 V), so 100 J for 44 minutes of
 * pauses. Returns the coded fragments of all seeds. */
static inline double correction_seeds_check(const char *text, int seeds)
{
    double coded = 0.0;
    double confirmed = 0.0;
    for (int seed = 1; seed <= seeds; seed++) {
        struct correction_cost adaptive = correction_cost_of(text, seed, "adaptive");
        struct correction_cost without_pause = correction_cost_of(text, seed, "until-reported");
        printf("# seed %2d: %.0f left, %4.0f coded, median %.1f J, most %.1f J; until-reported: "
               "%.0f, %4.0f, %.1f J, %.1f J\n",
                seed, adaptive.left, adaptive.coded, adaptive.median_j, adaptive.most_j,
                without_pause.left, without_pause.coded, without_pause.median_j,
                without_pause.most_j);
        cr_expect_leq(adaptive.left, without_pause.left, "seed %d", seed);
        cr_expect_leq(adaptive.most_j, adaptive.median_j + 100.0, "seed %d", seed);
        cr_expect_leq(adaptive.median_j, without_pause.median_j + 1.0, "seed %d", seed);
        coded += adaptive.coded;
        confirmed += adaptive.confirmed;
    }
    printf("# %.0f coded fragments over %d seeds\n", coded, seeds);
    cr_expect_geq(confirmed / seeds, 0.99);
    return coded;
}

#endif
