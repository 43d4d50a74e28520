/* Which device of a run that is over is worth a story.
 * SPDX-License-Identifier: MIT
 */
#ifndef EXPLAIN_CHOICE_H
#define EXPLAIN_CHOICE_H

#include <stdio.h>

#include "run/run.h"

#define CHOICE_NONE UINT32_MAX

/* What a device can be the worst in. */
struct choice_metric {
    const char *name, *what;
    /* NaN: the device has no such value. */
    double (*value)(const struct recorder_set *set, uint32_t device);
};

/* NULL: there is no such metric. */
const struct choice_metric *choice_metric_named(const char *name);
/* "energy, update, ...": for messages. */
void choice_metrics_write(FILE *out);

/* The device with the greatest value, the first of equal ones, and the value. CHOICE_NONE: no
 * device has one. */
uint32_t choice_worst(const struct run *run, const struct choice_metric *metric, double *value);
/* The first device that failed for that reason of `devices.failed.`, and how many did. CHOICE_NONE:
 * none. */
uint32_t choice_failed(const struct run *run, const char *reason, uint32_t *count);
/* "never_joined 3, incomplete 1": the reasons for which devices failed, with their numbers; "none"
 * if none did. */
void choice_failures_write(const struct run *run, FILE *out);

#endif
