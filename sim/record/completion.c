/* When devices held the whole block.
 * SPDX-License-Identifier: MIT
 */
#include "record/completion.h"

#include <stdlib.h>

#include "record/measure.h"

struct completion {
    entity_id first_device;
    sim_ns complete_ns[];
};

extern const struct recorder_ops completion_recorder;

static void *create(const struct recorder_set *set)
{
    const struct recorder_view *view = recorder_set_view(set);
    struct completion *completion =
            malloc(sizeof *completion + view->device_count * sizeof completion->complete_ns[0]);
    if (completion == NULL) {
        return NULL;
    }
    completion->first_device = view->first_device;
    for (uint32_t i = 0; i < view->device_count; i++) {
        completion->complete_ns[i] = SIM_NS_NEVER;
    }
    return completion;
}

static void observe(void *state, const struct observation *o)
{
    struct completion *completion = state;
    sim_ns *complete_ns = &completion->complete_ns[o->entity - completion->first_device];
    if (*complete_ns == SIM_NS_NEVER) {
        *complete_ns = o->at_ns;
    }
}

sim_ns completion_ns(const struct recorder_set *set, uint32_t device)
{
    const struct completion *completion = recorder_set_state(set, &completion_recorder);
    return completion->complete_ns[device];
}

static void measure_completion(const void *state, struct measure *m)
{
    const struct completion *completion = state;
    sim_ns start_ns = m->view->scenario->campaigns[m->campaign_index].params.start_ns;
    for (uint32_t i = m->first_index; i < m->end_index; i++) {
        if (completion->complete_ns[i] != SIM_NS_NEVER) {
            sample_add(&m->sample, measure_seconds(completion->complete_ns[i] - start_ns));
        }
    }
    measure_distribution(m, "completion_time_s.", "ma59M");
}

const struct recorder_ops completion_recorder = {
    .name = "completion",
    .traces = RECORDER_TRACE(FRAG_COMPLETE),
    .of_campaign = true,
    .by_campaign = true,
    .create = create,
    .destroy = free,
    .observe = observe,
    .measure = measure_completion,
};
