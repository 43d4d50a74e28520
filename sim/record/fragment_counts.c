/* Uncoded fragments of each device and campaign, as its firmware counts them.
 * SPDX-License-Identifier: MIT
 */
#include "record/fragment_counts.h"

#include <stdlib.h>

#include "record/completion.h"
#include "record/measure.h"

struct fragment_counts {
    const struct recorder_view *view;
    uint32_t *current;                 /* campaign per device, UINT32_MAX: none so far */
    struct device_fragments devices[]; /* [campaign][device] */
};

extern const struct recorder_ops fragment_counts_recorder;

static void *create(const struct recorder_set *set)
{
    const struct recorder_view *view = recorder_set_view(set);
    size_t count = (size_t)server_campaign_count(view->server) * view->device_count;
    struct fragment_counts *counts = calloc(1, sizeof *counts + count * sizeof counts->devices[0]);
    uint32_t *current = malloc(view->device_count * sizeof *current);
    if (counts == NULL || current == NULL) {
        free(counts);
        free(current);
        return NULL;
    }
    counts->view = view;
    counts->current = current;
    for (uint32_t i = 0; i < view->device_count; i++) {
        current[i] = UINT32_MAX;
    }
    return counts;
}

static void destroy(void *state)
{
    struct fragment_counts *counts = state;
    free(counts->current);
    free(counts);
}

static size_t place_of(const struct fragment_counts *counts, uint32_t campaign, uint32_t device)
{
    return (size_t)campaign * counts->view->device_count + device;
}

const struct device_fragments *fragment_counts_of(
        const struct recorder_set *set, uint32_t campaign, uint32_t device)
{
    const struct fragment_counts *counts = recorder_set_state(set, &fragment_counts_recorder);
    return &counts->devices[place_of(counts, campaign, device)];
}

/* The first count is the one before FEC. */
static void count_uncoded(struct device_fragments *device, uint32_t received)
{
    if (!device->uncoded_counted) {
        device->uncoded_counted = true;
        device->uncoded_received = received;
    }
}

static void firmware(struct device_fragments *device, const struct observation *o)
{
    uint32_t a = (uint32_t)o->b;
    uint32_t b = (uint32_t)o->c;
    switch (o->a) {
    case FW_TRACE_FRAG_SET_UP:
        device->nb_frag = a;
        device->uncoded_now = 0;
        device->missing_now = a;
        device->settled = false;
        device->was_reset = false;
        break;
    case FW_TRACE_FRAGMENT_STORED:
        device->uncoded_now++;
        device->missing_now = b;
        break;
    case FW_TRACE_FRAG_FROZEN:
        count_uncoded(device, b - a);
        device->settled = true;
        break;
    case FW_TRACE_FRAG_COMPLETE:
    default:
        count_uncoded(device, a);
        device->settled = true;
        break;
    }
}

static void observe(void *state, const struct observation *o)
{
    struct fragment_counts *counts = state;
    uint32_t index = o->entity - counts->view->first_device;
    uint32_t *current = &counts->current[index];
    bool of_firmware = o->kind == OBSERVE_FIRMWARE;
    if (of_firmware && o->a == FW_TRACE_FRAG_SET_UP) {
        *current = recorder_campaign_of(counts->view, index);
    }
    if (*current == UINT32_MAX) {
        return;
    }
    struct device_fragments *device = &counts->devices[place_of(counts, *current, index)];
    if (of_firmware) {
        firmware(device, o);
    } else {
        device->was_reset = device->was_reset || !device->settled;
    }
}

/* Uncoded fragments received before FEC came in. */
static uint32_t uncoded_received(const struct device_fragments *device)
{
    return device->uncoded_counted ? device->uncoded_received : device->uncoded_now;
}

struct losses {
    uint64_t recovered, unrecovered;
    uint32_t devices; /* that missed a fragment, in any campaign */
};

/* A fragment is sent once per transfer, however many sessions send it. Returns what the device
 * missed of the transfer that it is in; its rate joins the sample. */
static uint32_t add_missing(
        const struct fragment_counts *counts, struct measure *m, uint32_t c, uint32_t device)
{
    struct campaign_device d;
    struct campaign_transfer transfer;
    if (!measure_member(m, c, device, &d) || d.ready_ns == SIM_NS_NEVER
            || d.transfer == UINT8_MAX) {
        return 0;
    }
    campaign_transfer_get(server_campaign(m->view->server, c), d.transfer, &transfer);
    uint32_t sent = transfer.sent_uncoded;
    if (sent == 0) {
        return 0;
    }
    uint32_t received = uncoded_received(&counts->devices[place_of(counts, c, device)]);
    uint32_t missing = received < sent ? sent - received : 0;
    sample_add(&m->sample, (double)missing / (double)sent);
    return missing;
}

static void add_losses(const struct fragment_counts *counts, struct measure *m, struct losses *sum)
{
    for (uint32_t i = m->first_index; i < m->end_index; i++) {
        bool any = false;
        for (uint32_t c = m->first_campaign; c < m->end_campaign; c++) {
            uint32_t missing = add_missing(counts, m, c, i);
            bool whole = completion_ns(m->set, c, i) != SIM_NS_NEVER;
            sum->recovered += whole ? missing : 0u;
            sum->unrecovered += whole ? 0u : missing;
            any = any || missing > 0;
        }
        sum->devices += any ? 1u : 0u;
    }
}

/* Of the transfers that members needed; of the first while none is open. */
static uint32_t nb_frag_of(const struct campaign *campaign)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < campaign_transfer_count(campaign); i++) {
        struct campaign_transfer transfer;
        campaign_transfer_get(campaign, i, &transfer);
        sum += transfer.open ? transfer.nb_frag : 0u;
    }
    return sum > 0 ? sum : campaign_nb_frag(campaign);
}

static void measure_counts(const void *state, struct measure *m)
{
    const struct fragment_counts *counts = state;
    static const char prefix[] = "missing_fragments.";
    struct losses losses = { 0 };
    uint64_t nb_frag = 0, sent = 0, coded = 0, batches = 0;
    add_losses(counts, m, &losses);
    if (m->scope == EXPECT_GROUP) {
        measure_distribution(m, "missing_fragments.rate_", "a59M");
        return;
    }
    for (uint32_t c = m->first_campaign; c < m->end_campaign; c++) {
        const struct campaign *campaign = server_campaign(m->view->server, c);
        nb_frag += nb_frag_of(campaign);
        sent += campaign_fragments_sent(campaign, false);
        coded += campaign_fragments_sent(campaign, true);
        batches += campaign_correction_batches(campaign);
    }
    measure_count(m, prefix, "nb_frag", nb_frag);
    measure_count(m, prefix, "sent", sent);
    measure_count(m, prefix, "coded_sent", coded);
    measure_count(m, prefix, "correction_batches", batches);
    measure_count(m, prefix, "devices_with_losses", losses.devices);
    measure_distribution(m, "missing_fragments.rate_", "a59M");
    measure_count(m, prefix, "recovered", losses.recovered);
    measure_count(m, prefix, "unrecovered", losses.unrecovered);
}

const struct recorder_ops fragment_counts_recorder = {
    .name = "fragment_counts",
    .kinds = OBSERVE_BIT(OBSERVE_NODE_RESET),
    .traces = RECORDER_TRACE(FRAG_SET_UP) | RECORDER_TRACE(FRAGMENT_STORED)
              | RECORDER_TRACE(FRAG_FROZEN) | RECORDER_TRACE(FRAG_COMPLETE),
    .of_campaign = true,
    .by_campaign = true,
    .by_group = true,
    .create = create,
    .destroy = destroy,
    .observe = observe,
    .measure = measure_counts,
};
