/* The points of a study: every combination of its axes that its conditions allow.
 * SPDX-License-Identifier: MIT
 *
 * The first axis changes slowest. The number of a point is its place among those that are left.
 */
#ifndef STUDY_PLAN_H
#define STUDY_PLAN_H

#include "study/store.h"
#include "study/study_file.h"

struct plan_point {
    uint16_t values[STUDY_AXES_MAX]; /* index of the value on each axis */
    char hash[STORE_HASH_SIZE];      /* of the effective scenario, whatever its seed */
    uint32_t devices;
    double size; /* devices times simulated seconds: what a run may cost */
};

struct plan {
    const struct study *study;
    size_t point_count;
    struct plan_point *points;
    char hash[STORE_HASH_SIZE]; /* of the study: name, seed, metrics and points */
};

/* Reads the scenario of every point, and takes the seed of the first one if the study has none.
 * NULL after a mistake. Warnings may be added in any case. */
struct plan *plan_create(struct study *study, struct scenario_errors *errors);
void plan_destroy(struct plan *plan);

/* The keys of the axes and their values at a point; returns how many. */
size_t plan_labels(
        const struct plan *plan, size_t point, struct store_label labels[STUDY_RUN_SETS_MAX]);
/* The sets of a point without that of the seed; returns how many. */
size_t plan_sets(const struct plan *plan, size_t point, const char *sets[STUDY_RUN_SETS_MAX]);
/* "campaign.data_rate=DR5 devices.0.count=10". */
void plan_describe(const struct plan *plan, size_t point, char *text, size_t size);

#endif
