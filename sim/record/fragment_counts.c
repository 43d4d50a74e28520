/* Uncoded fragments of each device, as its firmware counts them.
 * SPDX-License-Identifier: MIT
 */
#include "record/fragment_counts.h"

#include <stdlib.h>

#include "record/completion.h"
#include "record/measure.h"

extern const struct recorder_ops fragment_counts_recorder;

static void *create(const struct recorder_set *set)
{
    const struct recorder_view *view = recorder_set_view(set);
    struct fragment_counts *counts =
            calloc(1, sizeof *counts + view->device_count * sizeof counts->devices[0]);
    if (counts != NULL) {
        counts->first_device = view->first_device;
    }
    return counts;
}

const struct fragment_counts *fragment_counts_of(const struct recorder_set *set)
{
    return recorder_set_state(set, &fragment_counts_recorder);
}

/* The first count is the one before FEC. */
static void count_uncoded(struct device_fragments *device, uint32_t received)
{
    if (!device->uncoded_counted) {
        device->uncoded_counted = true;
        device->uncoded_received = received;
    }
}

static void observe(void *state, const struct observation *o)
{
    struct fragment_counts *counts = state;
    struct device_fragments *device = &counts->devices[o->entity - counts->first_device];
    uint32_t a = (uint32_t)o->b;
    uint32_t b = (uint32_t)o->c;
    switch (o->a) {
    case FW_TRACE_FRAG_SET_UP:
        device->nb_frag = a;
        device->uncoded_now = 0;
        device->missing_now = a;
        break;
    case FW_TRACE_FRAGMENT_STORED:
        device->uncoded_now++;
        device->missing_now = b;
        break;
    case FW_TRACE_FRAG_FROZEN:
        count_uncoded(device, b - a);
        break;
    case FW_TRACE_FRAG_COMPLETE:
    default:
        count_uncoded(device, a);
        break;
    }
}

/* Uncoded fragments received before FEC came in. */
static uint32_t uncoded_received(const struct device_fragments *device)
{
    return device->uncoded_counted ? device->uncoded_received : device->uncoded_now;
}

static void measure_counts(const void *state, struct measure *m)
{
    const struct fragment_counts *counts = state;
    const struct campaign *campaign = m->campaign;
    uint64_t recovered = 0, unrecovered = 0, needed_fec = 0;
    uint32_t sent = campaign_fragments_sent(campaign, false);
    for (uint32_t i = m->first_index; i < m->end_index; i++) {
        struct campaign_device d;
        campaign_device_get(campaign, i, &d);
        if (d.ready_ns == SIM_NS_NEVER || sent == 0) {
            continue;
        }
        uint32_t received = uncoded_received(&counts->devices[i]);
        uint32_t missing = received < sent ? sent - received : 0;
        sample_add(&m->sample, (double)missing / (double)sent);
        bool whole = completion_ns(m->set, i) != SIM_NS_NEVER;
        recovered += whole ? missing : 0u;
        unrecovered += whole ? 0u : missing;
        needed_fec += missing > 0 ? 1u : 0u;
    }
    static const char prefix[] = "missing_fragments.";
    if (m->scope == EXPECT_GROUP) {
        measure_distribution(m, "missing_fragments.rate_", "a59M");
        return;
    }
    measure_count(m, prefix, "nb_frag", campaign_nb_frag(campaign));
    measure_count(m, prefix, "sent", sent);
    measure_count(m, prefix, "coded_sent", campaign_fragments_sent(campaign, true));
    measure_count(m, prefix, "correction_batches", campaign_correction_batches(campaign));
    measure_count(m, prefix, "devices_with_losses", needed_fec);
    measure_distribution(m, "missing_fragments.rate_", "a59M");
    measure_count(m, prefix, "recovered", recovered);
    measure_count(m, prefix, "unrecovered", unrecovered);
}

const struct recorder_ops fragment_counts_recorder = {
    .name = "fragment_counts",
    .traces = RECORDER_TRACE(FRAG_SET_UP) | RECORDER_TRACE(FRAGMENT_STORED)
              | RECORDER_TRACE(FRAG_FROZEN) | RECORDER_TRACE(FRAG_COMPLETE),
    .of_campaign = true,
    .by_campaign = true,
    .by_group = true,
    .create = create,
    .destroy = free,
    .observe = observe,
    .measure = measure_counts,
};
