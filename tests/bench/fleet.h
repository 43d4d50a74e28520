/* Runs that several benchmarks measure.
 * SPDX-License-Identifier: MIT
 */
#ifndef BENCH_FLEET_H
#define BENCH_FLEET_H

#include "world/world.h"

/* A world from scenario text; `scenario` must outlive it. Prints why and exits on a mistake: a
 * benchmark has nobody to return to. */
struct world *fleet_world(struct scenario *scenario, const char *text, bool crypto_memo);
/* Runs until the campaign is in `phase` (or later). */
void fleet_run_to_phase(struct world *world, enum campaign_phase phase);
uint64_t fleet_deliveries(const struct world *world);

#endif
