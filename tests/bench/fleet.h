/* Runs that several benchmarks measure.
 * SPDX-License-Identifier: MIT
 */
#ifndef BENCH_FLEET_H
#define BENCH_FLEET_H

#include "run/run.h"

/* A run from scenario text; `scenario` must outlive it. Prints why and exits on a mistake. */
struct run *fleet_run(
        struct scenario *scenario, const char *text, const struct run_settings *settings);
/* Runs until the campaign is in `phase` (or later). */
void fleet_advance_to_phase(struct run *run, enum campaign_phase phase);
/* Exits where an invariant is broken. Looks at every device: not within what is timed. */
void fleet_audit(const struct run *run);
/* Both. */
void fleet_run_to_phase(struct run *run, enum campaign_phase phase);
uint64_t fleet_deliveries(const struct world *world);

#endif
