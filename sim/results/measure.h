/* What the files that reduce a run to numbers share; nobody else includes it.
 * SPDX-License-Identifier: MIT
 */
#ifndef RESULTS_MEASURE_H
#define RESULTS_MEASURE_H

#include "results/summary.h"
#include "results/summary_tree.h"
#include "world/fleet_record.h"

/* Values of one quantity over devices. */
struct sample {
    double *values;
    size_t count;
};

struct measure {
    const struct world *world;
    struct summary *summary;
    struct sample sample;
};

void sample_add(struct sample *sample, double value);
double measure_seconds(sim_ns ns);

/* One number; NaN is null. */
void measure_add(struct measure *m, const char *prefix, const char *key, double value);
void measure_count(struct measure *m, const char *prefix, const char *key, uint64_t value);
/* Adds PREFIXmin .. PREFIXmax of the sample as `keys` asks ("m" min, "a" mean, "5" p50, "9" p95,
 * "M" max), and empties it. An empty sample gives null. */
void measure_distribution(struct measure *m, const char *prefix, const char *keys);

/* The sections, in the order of docs/summary.md. */
void measure_failures(struct measure *m);
void measure_campaign(struct measure *m);
void measure_estimate(struct measure *m);
void measure_energy(struct measure *m);
void measure_air(struct measure *m);
void measure_clock(struct measure *m);

#endif
