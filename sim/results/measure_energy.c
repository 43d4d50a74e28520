/* Energy in numbers: per device, by component, by phase, as part of a battery.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>

#include "results/measure.h"
#include "world/energy_phases.h"

static void add_components(struct measure *m)
{
    static const char *const names[ENERGY_COMPONENT_COUNT] = { "radio_rx", "radio_tx", "radio_idle",
        "mcu_run", "mcu_sleep", "flash" };
    const struct world *w = m->world;
    double by_component[ENERGY_COMPONENT_COUNT] = { 0 };
    for (uint32_t i = 0; i < w->device_count; i++) {
        struct energy_account account;
        node_energy(w->nodes, i, engine_now(w->engine), &account);
        double total = 0.0;
        for (size_t c = 0; c < ENERGY_COMPONENT_COUNT; c++) {
            total += account.joule[c];
            by_component[c] += account.joule[c];
        }
        sample_add(&m->sample, total);
    }
    measure_distribution(m, "energy_j.", "a59M");
    for (size_t c = 0; c < ENERGY_COMPONENT_COUNT; c++) {
        measure_add(m, "energy_j.by_component.", names[c], by_component[c] / w->device_count);
    }
}

/* Means over all devices; they add up to energy_j.mean. */
static void add_phases(struct measure *m)
{
    const struct world *w = m->world;
    double by_phase[ENERGY_PHASE_COUNT] = { 0 };
    for (uint32_t i = 0; i < w->device_count; i++) {
        struct phase_energy energy;
        energy_phases_device(w->record->phases, i, engine_now(w->engine), &energy);
        for (int phase = 0; phase < ENERGY_PHASE_COUNT; phase++) {
            by_phase[phase] += energy.joule[phase];
        }
    }
    for (int phase = 0; phase < ENERGY_PHASE_COUNT; phase++) {
        measure_add(m, "energy_j.by_phase.", energy_phase_name((enum energy_phase)phase),
                by_phase[phase] / w->device_count);
    }
}

struct battery_sums {
    double cost_percent, cost_days, life_years;
    uint32_t updated, alive;
};

/* What a device draws without an update decides its life, and what a day of it is worth. */
static void add_battery_of(
        const struct world *w, uint32_t device, bool ready, struct battery_sums *sums)
{
    struct phase_energy energy;
    energy_phases_device(w->record->phases, device, engine_now(w->engine), &energy);
    if (energy.steady_ns <= 0) {
        return;
    }
    const struct battery_params *battery = node_battery(w->nodes, device);
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

static void add_battery(struct measure *m)
{
    const struct world *w = m->world;
    struct battery_sums sums = { 0 };
    for (uint32_t i = 0; i < w->device_count; i++) {
        struct campaign_device d = { .ready_ns = SIM_NS_NEVER };
        if (world_first_campaign(w) != NULL) {
            campaign_device_get(world_first_campaign(w), i, &d);
        }
        add_battery_of(w, i, d.ready_ns != SIM_NS_NEVER, &sums);
    }
    if (world_first_campaign(w) != NULL) {
        measure_add(m, "battery.", "update_cost_percent", mean(sums.cost_percent, sums.updated));
        measure_add(m, "battery.", "update_cost_days", mean(sums.cost_days, sums.updated));
    }
    measure_add(m, "battery.", "life_years", mean(sums.life_years, sums.alive));
}

void measure_energy(struct measure *m)
{
    add_components(m);
    add_phases(m);
    add_battery(m);
}
