/* Supply of the devices: cuts, brown-outs, devices without power and devices that start nothing.
 * SPDX-License-Identifier: MIT
 */
#include "record/power.h"

#include <stdlib.h>

#include "record/measure.h"

struct device_starts {
    uint32_t power_ons, brown_outs;
};

struct power {
    entity_id first_device;
    struct device_starts devices[];
};

static void *create(const struct recorder_set *set)
{
    const struct recorder_view *view = recorder_set_view(set);
    struct power *power = calloc(1, sizeof *power + view->device_count * sizeof power->devices[0]);
    if (power != NULL) {
        power->first_device = view->first_device;
    }
    return power;
}

static void observe(void *state, const struct observation *o)
{
    struct power *power = state;
    struct device_starts *device = &power->devices[o->entity - power->first_device];
    device->power_ons += o->a == HAL_RESET_POWER_ON ? 1u : 0u;
    device->brown_outs += o->a == HAL_RESET_BROWNOUT ? 1u : 0u;
}

uint32_t power_brown_outs(const struct recorder_set *set, uint32_t device)
{
    const struct power *power = recorder_set_state(set, RECORDER_POWER);
    return power->devices[device].brown_outs;
}

static void measure_power(const void *state, struct measure *m)
{
    const struct power *power = state;
    const struct node_fleet *nodes = m->view->nodes;
    uint64_t cuts = 0, brown_outs = 0, off = 0, bricked = 0, flipped_bits = 0;
    for (uint32_t i = m->first_index; i < m->end_index; i++) {
        const struct device_starts *device = &power->devices[i];
        cuts += device->power_ons > 1 ? device->power_ons - 1 : 0;
        brown_outs += device->brown_outs;
        off += device->power_ons > 0 && !node_has_power(nodes, i) ? 1u : 0u;
        bricked += node_is_halted(nodes, i) ? 1u : 0u;
        flipped_bits += node_flipped_bits(nodes, i);
    }
    measure_count(m, "power.", "cuts", cuts);
    measure_count(m, "power.", "brown_outs", brown_outs);
    measure_count(m, "power.", "off", off);
    measure_count(m, "power.", "bricked", bricked);
    measure_count(m, "flash.", "flipped_bits", flipped_bits);
}

const struct recorder_ops power_recorder = {
    .name = "power",
    .by_group = true,
    .kinds = OBSERVE_BIT(OBSERVE_NODE_RESET),
    .create = create,
    .destroy = free,
    .observe = observe,
    .measure = measure_power,
};
