/* When devices held the whole block of a campaign.
 * SPDX-License-Identifier: MIT
 */
#include "record/completion.h"

#include <stdlib.h>

#include "record/measure.h"

struct completion {
    const struct recorder_view *view;
    sim_ns complete_ns[]; /* [campaign][device] */
};

static void *create(const struct recorder_set *set)
{
    const struct recorder_view *view = recorder_set_view(set);
    size_t count = (size_t)server_campaign_count(view->server) * view->device_count;
    struct completion *completion =
            malloc(sizeof *completion + count * sizeof completion->complete_ns[0]);
    if (completion == NULL) {
        return NULL;
    }
    completion->view = view;
    for (size_t i = 0; i < count; i++) {
        completion->complete_ns[i] = SIM_NS_NEVER;
    }
    return completion;
}

static size_t place_of(const struct completion *completion, uint32_t campaign, uint32_t device)
{
    return (size_t)campaign * completion->view->device_count + device;
}

static void observe(void *state, const struct observation *o)
{
    struct completion *completion = state;
    uint32_t device = o->entity - completion->view->first_device;
    uint32_t campaign = recorder_campaign_of(completion->view, device);
    if (campaign == UINT32_MAX) {
        return;
    }
    sim_ns *complete_ns = &completion->complete_ns[place_of(completion, campaign, device)];
    if (*complete_ns == SIM_NS_NEVER) {
        *complete_ns = o->at_ns;
    }
}

sim_ns completion_ns(const struct recorder_set *set, uint32_t campaign, uint32_t device)
{
    const struct completion *completion = recorder_set_state(set, RECORDER_COMPLETION);
    return completion->complete_ns[place_of(completion, campaign, device)];
}

static void measure_completion(const void *state, struct measure *m)
{
    const struct completion *completion = state;
    for (uint32_t c = m->first_campaign; c < m->end_campaign; c++) {
        sim_ns start_ns = campaign_start_ns(server_campaign(m->view->server, c));
        for (uint32_t i = m->first_index; i < m->end_index; i++) {
            sim_ns complete_ns = completion->complete_ns[place_of(completion, c, i)];
            if (complete_ns != SIM_NS_NEVER) {
                sample_add(&m->sample, measure_seconds(complete_ns - start_ns));
            }
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
