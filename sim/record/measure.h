/* What recorders share when they add their keys to a summary.
 * SPDX-License-Identifier: MIT
 */
#ifndef RECORD_MEASURE_H
#define RECORD_MEASURE_H

#include "record/recorder_set.h"

/* Values of one quantity over devices. */
struct sample {
    double *values;
    size_t count;
};

struct measure {
    const struct recorder_set *set;
    const struct recorder_view *view;
    struct summary *summary;
    bool partial;         /* the run was cut short: no device is said to have failed */
    struct sample sample; /* room for a value per device */
};

void sample_add(struct sample *sample, double value);
double measure_seconds(sim_ns ns);

/* One number; NaN is null. */
void measure_add(struct measure *m, const char *prefix, const char *key, double value);
void measure_count(struct measure *m, const char *prefix, const char *key, uint64_t value);
/* Adds PREFIXmin .. PREFIXmax of the sample as `keys` asks ("m" min, "a" mean, "5" p50, "9" p95,
 * "M" max), and empties it. An empty sample gives null. */
void measure_distribution(struct measure *m, const char *prefix, const char *keys);

#endif
