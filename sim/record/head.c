/* The head of a summary: which run it is of, and how much there was of it.
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>

#include "record/measure.h"

static void measure_head(const void *state, struct measure *m)
{
    (void)state;
    const struct engine *engine = m->view->engine;
    struct node_fleet_stats stats;
    char hash[24];
    node_fleet_stats(m->view->nodes, &stats);
    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)engine_trace_hash(engine));
    summary_add_text(m->summary, "scenario.name", m->view->scenario->name);
    summary_add_count(m->summary, "seed", m->view->scenario->seed);
    summary_add_number(m->summary, "sim_time_s", measure_seconds(engine_now(engine)));
    summary_add_count(m->summary, "events", engine_event_count(engine));
    summary_add_count(m->summary, "deliveries", stats.deliveries);
    summary_add_text(m->summary, "trace_hash", hash);
    summary_add_bool(m->summary, "partial", m->partial);
}

const struct recorder_ops head_recorder = {
    .name = "head",
    .measure = measure_head,
};
