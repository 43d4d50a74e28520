/* Faults of firmware, by device: guest errors, panics, hard faults; accesses that led the engine
 * too far.
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "record/measure.h"

struct device_faults {
    uint32_t guest_errors, panics, hard_faults;
};

struct guest {
    entity_id first_device;
    uint32_t device_count;
    struct device_faults devices[];
};

static void *create(const struct recorder_set *set)
{
    const struct recorder_view *view = recorder_set_view(set);
    struct guest *guest = calloc(1, sizeof *guest + view->device_count * sizeof guest->devices[0]);
    if (guest != NULL) {
        guest->first_device = view->first_device;
        guest->device_count = view->device_count;
    }
    return guest;
}

static void observe(void *state, const struct observation *o)
{
    struct guest *guest = state;
    struct device_faults *device = &guest->devices[o->entity - guest->first_device];
    if (o->kind == OBSERVE_FIRMWARE_PANIC) {
        device->panics++;
    } else if (o->kind == OBSERVE_FIRMWARE_FAULT) {
        device->hard_faults++;
    } else if (o->a == SX1276_GUEST_ERROR) {
        device->guest_errors++;
    }
}

static bool lead_broken(const void *state, const struct recorder_set *set, char *text, size_t size)
{
    (void)state;
    struct node_fleet_stats stats;
    node_fleet_stats(recorder_set_view(set)->nodes, &stats);
    if (stats.lead_max_ns <= NODE_LEAD_MAX_NS) {
        return false;
    }
    snprintf(text, size, "INVARIANT a device led the air by %lld ns; at most %lld",
            (long long)stats.lead_max_ns, (long long)NODE_LEAD_MAX_NS);
    return true;
}

struct fault_sums {
    uint64_t guest_errors, panics, hard_faults;
};

static struct fault_sums sum_of(const struct guest *guest, uint32_t first, uint32_t end)
{
    struct fault_sums sum = { 0 };
    for (uint32_t i = first; i < end; i++) {
        sum.guest_errors += guest->devices[i].guest_errors;
        sum.panics += guest->devices[i].panics;
        sum.hard_faults += guest->devices[i].hard_faults;
    }
    return sum;
}

static bool audit(const void *state, const struct recorder_set *set, char *text, size_t size)
{
    const struct guest *guest = state;
    struct node_fleet_stats stats;
    struct fault_sums sum = sum_of(guest, 0, guest->device_count);
    node_fleet_stats(recorder_set_view(set)->nodes, &stats);
    if (sum.guest_errors == stats.guest_errors && sum.panics == stats.panics
            && sum.hard_faults == stats.hard_faults) {
        return false;
    }
    snprintf(text, size,
            "INVARIANT devices had %" PRIu64 " guest errors, %" PRIu64 " panics, %" PRIu64
            " hard faults; the fleet %" PRIu64 ", %" PRIu64 ", %" PRIu64,
            sum.guest_errors, sum.panics, sum.hard_faults, stats.guest_errors, stats.panics,
            stats.hard_faults);
    return true;
}

/* With on_guest_error: count a run goes on after these, so they have to show in its results. */
static void measure_guest(const void *state, struct measure *m)
{
    struct fault_sums sum = sum_of(state, m->first_index, m->end_index);
    measure_count(m, "guest.", "errors", sum.guest_errors);
    measure_count(m, "guest.", "panics", sum.panics);
    measure_count(m, "guest.", "hard_faults", sum.hard_faults);
}

const struct recorder_ops guest_recorder = {
    .name = "guest",
    .by_group = true,
    .kinds = OBSERVE_BIT(OBSERVE_GUEST_ERROR) | OBSERVE_BIT(OBSERVE_FIRMWARE_PANIC)
             | OBSERVE_BIT(OBSERVE_FIRMWARE_FAULT),
    .create = create,
    .destroy = free,
    .observe = observe,
    .broken = lead_broken,
    .audit = audit,
    .measure = measure_guest,
};
