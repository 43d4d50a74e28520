/* Energy in numbers: per device, by component, by phase, as part of a battery.
 * SPDX-License-Identifier: MIT
 */
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

void measure_energy(struct measure *m)
{
    add_components(m);
    add_phases(m);
}
