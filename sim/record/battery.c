/* Batteries: what an update costs, how long they last without one.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>

#include "record/energy_phases.h"
#include "record/measure.h"

struct battery_sums {
    double cost_percent, cost_days, life_years;
    uint32_t updated, alive;
};

/* What a device draws without an update decides its life, and what a day of it is worth. */
static void add_device(
        const struct measure *m, uint32_t device, bool ready, struct battery_sums *sums)
{
    struct phase_energy energy;
    energy_phases_device(m->set, device, &energy);
    if (energy.steady_ns <= 0) {
        return;
    }
    const struct battery_params *battery = node_battery(m->view->nodes, device);
    double steady_w = energy.steady_j / measure_seconds(energy.steady_ns);
    sums->life_years += battery_life_years(battery, steady_w);
    sums->alive++;
    if (ready) {
        sums->cost_percent += battery_cost_percent(battery, energy.update_j);
        sums->cost_days += battery_cost_days(battery, energy.update_j, steady_w);
        sums->updated++;
    }
}

static double mean(double sum, uint32_t count)
{
    return count > 0 ? sum / count : NAN;
}

static void measure_battery(const void *state, struct measure *m)
{
    (void)state;
    struct battery_sums sums = { 0 };
    for (uint32_t i = m->first_index; i < m->end_index; i++) {
        bool ready = false;
        for (uint32_t c = m->first_campaign; c < m->end_campaign; c++) {
            struct campaign_device d;
            ready = ready || (measure_member(m, c, i, &d) && d.ready_ns != SIM_NS_NEVER);
        }
        add_device(m, i, ready, &sums);
    }
    if (m->end_campaign > 0) {
        measure_add(m, "battery.", "update_cost_percent", mean(sums.cost_percent, sums.updated));
        measure_add(m, "battery.", "update_cost_days", mean(sums.cost_days, sums.updated));
    }
    measure_add(m, "battery.", "life_years", mean(sums.life_years, sums.alive));
}

const struct recorder_ops battery_recorder = {
    .name = "battery",
    .by_group = true,
    .measure = measure_battery,
};
