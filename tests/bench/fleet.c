/* Runs that several benchmarks measure.
 * SPDX-License-Identifier: MIT
 */
#include "bench/fleet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/first_campaign.h"

struct run *fleet_run(
        struct scenario *scenario, const char *text, const struct run_settings *settings)
{
    char error[256] = "the scenario has mistakes";
    struct scenario_errors *errors = scenario_errors_create();
    struct run *run = NULL;
    if (scenario_read(scenario, "benchmark", text, strlen(text), NULL, 0, errors)) {
        run = run_create(scenario, settings, error, sizeof error);
    }
    if (run == NULL) {
        scenario_errors_print(errors, stderr);
        fprintf(stderr, "benchmark: %s\n", error);
        exit(1);
    }
    scenario_errors_destroy(errors);
    return run;
}

void fleet_advance_to_phase(struct run *run, enum campaign_phase phase)
{
    struct world *world = run_world(run);
    while (campaign_phase(world_first_campaign(world)) < phase
            && run_advance_to(run, engine_now(world->engine) + SIM_NS_PER_S) == RUN_TIME) {
    }
}

void fleet_audit(const struct run *run)
{
    char failure[192];
    if (run_audit_fails(run, failure, sizeof failure)) {
        fprintf(stderr, "benchmark: %s\n", failure);
        exit(1);
    }
}

void fleet_run_to_phase(struct run *run, enum campaign_phase phase)
{
    fleet_advance_to_phase(run, phase);
    fleet_audit(run);
}

uint64_t fleet_deliveries(const struct world *world)
{
    struct node_fleet_stats stats;
    node_fleet_stats(world->nodes, &stats);
    return stats.deliveries;
}
