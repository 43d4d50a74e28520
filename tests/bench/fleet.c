/* Runs that several benchmarks measure.
 * SPDX-License-Identifier: MIT
 */
#include "bench/fleet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct world *fleet_world(struct scenario *scenario, const char *text, bool crypto_memo)
{
    char error[256] = "the scenario has mistakes";
    struct scenario_errors *errors = scenario_errors_create();
    struct world_options options = { .crypto_memo = crypto_memo };
    struct world *world = NULL;
    if (scenario_read(scenario, "benchmark", text, strlen(text), NULL, 0, errors)) {
        world = world_create(scenario, &options, error, sizeof error);
    }
    if (world == NULL) {
        scenario_errors_print(errors, stderr);
        fprintf(stderr, "benchmark: %s\n", error);
        exit(1);
    }
    scenario_errors_destroy(errors);
    return world;
}

void fleet_run_to_phase(struct world *world, enum campaign_phase phase)
{
    while (campaign_phase(world_first_campaign(world)) < phase
            && world_run(world, engine_now(world->engine) + SIM_NS_PER_S)) {
    }
    if (world_failure(world) != NULL) {
        fprintf(stderr, "benchmark: %s\n", world_failure(world));
        exit(1);
    }
}

uint64_t fleet_deliveries(const struct world *world)
{
    struct node_fleet_stats stats;
    node_fleet_stats(world->nodes, &stats);
    return stats.deliveries;
}
