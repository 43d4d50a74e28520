/* Energy of devices, by component and by state.
 * SPDX-License-Identifier: MIT
 */
#include "record/energy.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "record/measure.h"

#define ENERGY_TOLERANCE 1e-9 /* relative: sums of doubles in different order */

bool energy_is_equal(double sum_j, double total_j)
{
    return fabs(sum_j - total_j) <= ENERGY_TOLERANCE * total_j;
}

/* States and transmit powers, each by its own path to the same total. */
static bool device_fails(const struct recorder_view *view, uint32_t device, char *text, size_t size)
{
    sim_ns now_ns = engine_now(view->engine);
    struct energy_account account;
    struct energy_states states;
    node_energy(view->nodes, device, now_ns, &account);
    node_energy_states(view->nodes, device, now_ns, &states);
    double total_j = energy_total_j(&account), by_state_j = 0.0, by_power_j = 0.0;
    for (int state = 0; state < ENERGY_STATE_COUNT; state++) {
        by_state_j += states.joule[state];
    }
    for (uint32_t level = 0; level < states.tx_count; level++) {
        by_power_j += states.tx[level].joule;
    }
    if (energy_is_equal(by_state_j, total_j)
            && energy_is_equal(by_power_j, account.joule[ENERGY_RADIO_TX])) {
        return false;
    }
    snprintf(text, size,
            "INVARIANT device %" PRIu32 " drew %.12g J, by states %.12g J; sending %.12g J, "
            "by power %.12g J",
            device, total_j, by_state_j, account.joule[ENERGY_RADIO_TX], by_power_j);
    return true;
}

static bool audit(const void *state, const struct recorder_set *set, char *text, size_t size)
{
    (void)state;
    const struct recorder_view *view = recorder_set_view(set);
    for (uint32_t i = 0; i < view->device_count; i++) {
        if (device_fails(view, i, text, size)) {
            return true;
        }
    }
    return false;
}

static void measure_energy(const void *state, struct measure *m)
{
    (void)state;
    double by_component[ENERGY_COMPONENT_COUNT] = { 0 };
    for (uint32_t i = m->first_index; i < m->end_index; i++) {
        struct energy_account account;
        node_energy(m->view->nodes, i, engine_now(m->view->engine), &account);
        double total = 0.0;
        for (size_t c = 0; c < ENERGY_COMPONENT_COUNT; c++) {
            total += account.joule[c];
            by_component[c] += account.joule[c];
        }
        sample_add(&m->sample, total);
    }
    measure_distribution(m, "energy_j.", "a59M");
    for (size_t c = 0; c < ENERGY_COMPONENT_COUNT; c++) {
        measure_add(m, "energy_j.by_component.", energy_component_names[c],
                by_component[c] / measure_device_count(m));
    }
}

const struct recorder_ops energy_recorder = {
    .name = "energy",
    .by_group = true,
    .audit = audit,
    .measure = measure_energy,
};
