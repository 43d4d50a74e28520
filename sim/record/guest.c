/* Faults of the firmware: guest errors, panics, accesses that led the engine too far.
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>

#include "record/measure.h"

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

/* With on_guest_error: count a run goes on after these, so they have to show in its results. */
static void measure_guest(const void *state, struct measure *m)
{
    (void)state;
    struct node_fleet_stats stats;
    node_fleet_stats(m->view->nodes, &stats);
    summary_add_count(m->summary, "guest.errors", stats.guest_errors);
    summary_add_count(m->summary, "guest.panics", stats.panics);
}

const struct recorder_ops guest_recorder = {
    .name = "guest",
    .broken = lead_broken,
    .measure = measure_guest,
};
