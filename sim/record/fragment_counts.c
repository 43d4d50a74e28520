/* Uncoded fragments of each device and campaign, as its firmware counts them: an audit.
 * SPDX-License-Identifier: MIT
 */
#include "record/fragment_counts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "record/fragment_causes.h"
#include "record/security.h"

/* Least reason of FW_TRACE_FRAME_DROPPED that is a fragment's: device/services/fragmentation.h. */
#define FRAGMENTATION_DROPPED_BUSY 201

struct fragment_counts {
    const struct recorder_set *set;
    const struct recorder_view *view;
    bool windows;                      /* some devices refuse counters that lead by too much */
    uint32_t *current;                 /* campaign per device, UINT32_MAX: none so far */
    struct device_fragments devices[]; /* [campaign][device] */
};

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
    counts->set = set;
    counts->view = view;
    counts->current = current;
    for (uint32_t i = 0; i < view->scenario->group_count; i++) {
        counts->windows = counts->windows || view->scenario->groups[i].counter_window > 0;
    }
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
    const struct fragment_counts *counts = recorder_set_state(set, RECORDER_FRAGMENT_COUNTS);
    return &counts->devices[place_of(counts, campaign, device)];
}

/* In all rounds: a firmware may keep its session over a set-up where it has no fragment yet. */
static uint32_t seen_of(const struct fragment_counts *counts, uint32_t campaign, uint32_t device)
{
    const struct fragment_causes *causes = fragment_causes_of(counts->set);
    return fragment_causes_received_in_all(causes, campaign, device)
           + fragment_causes_unicast_uncoded(causes, campaign, device)
           - counts->devices[place_of(counts, campaign, device)].seen_before;
}

/* The first count is the one before FEC: from there on a firmware may drop uncoded fragments. */
static void settle(const struct fragment_counts *counts, uint32_t index,
        struct device_fragments *device, uint32_t received)
{
    if (!device->uncoded_counted) {
        device->uncoded_counted = true;
        device->uncoded_received = received;
        device->uncoded_seen = seen_of(counts, counts->current[index], index);
    }
    device->settled = true;
}

static bool has_window(const struct fragment_counts *counts, uint32_t index)
{
    return scenario_group_of(counts->view->scenario, index)->counter_window > 0;
}

static void firmware(const struct fragment_counts *counts, uint32_t index,
        struct device_fragments *device, const struct observation *o)
{
    uint32_t a = (uint32_t)o->b;
    uint32_t b = (uint32_t)o->c;
    switch (o->a) {
    case FW_TRACE_FRAG_SET_UP:
        device->nb_frag = a;
        device->missing_now = a;
        device->dropped = 0;
        device->uncoded_counted = false;
        device->settled = false;
        device->seen_before += seen_of(counts, counts->current[index], index);
        /* Set up once more in mid-session: it starts over, its causes do not. */
        device->was_reset =
                fragment_causes_received(
                        fragment_causes_of(counts->set), counts->current[index], index)
                        + fragment_causes_unicast_uncoded(
                                fragment_causes_of(counts->set), counts->current[index], index)
                > 0;
        break;
    case FW_TRACE_FRAME_DROPPED:
        device->dropped += device->settled || o->b < FRAGMENTATION_DROPPED_BUSY ? 0u : 1u;
        break;
    case FW_TRACE_COUNTER_REJECTED: /* too far ahead for its window, perhaps */
        device->dropped += device->settled || !has_window(counts, index) ? 0u : 1u;
        break;
    case FW_TRACE_FRAGMENT_STORED:
        device->missing_now = b;
        break;
    case FW_TRACE_FRAG_FROZEN:
        settle(counts, index, device, b - a);
        break;
    case FW_TRACE_FRAG_COMPLETE:
    default:
        settle(counts, index, device, a);
        break;
    }
}

static void observe(void *state, const struct observation *o)
{
    struct fragment_counts *counts = state;
    uint32_t index = o->entity - counts->view->first_device;
    uint32_t *current = &counts->current[index];
    bool of_firmware = o->kind == OBSERVE_FIRMWARE;
    if (of_firmware && o->a == FW_TRACE_COUNTER_REJECTED && !counts->windows) {
        return; /* a duplicate: most frames are, so nothing of the device is looked at */
    }
    if (of_firmware && o->a == FW_TRACE_FRAG_SET_UP) {
        *current = recorder_campaign_of(counts->view, index);
    }
    if (*current == UINT32_MAX) {
        return;
    }
    struct device_fragments *device = &counts->devices[place_of(counts, *current, index)];
    if (of_firmware) {
        firmware(counts, index, device, o);
    } else {
        device->was_reset = device->was_reset || !device->settled;
    }
}

/* Every fragment of the block has one cause for this device; what was on the air and is no loss was
 * received. The run may end while fragments are on the air. */
static bool causes_fail(
        const struct recorder_set *set, uint32_t campaign, uint32_t device, char *text, size_t size)
{
    struct cause_counts counts;
    uint64_t sum = 0;
    const struct fragment_causes *causes = fragment_causes_of(set);
    uint32_t nb_frag = fragment_causes_device(causes, campaign, device, &counts);
    uint32_t sent = fragment_causes_sent_to(causes, campaign, device);
    uint32_t on_air = fragment_causes_on_air_to(causes, campaign, device);
    for (int cause = 0; cause < LOSS_CAUSE_COUNT; cause++) {
        sum += counts.of[cause];
    }
    uint64_t caused = nb_frag - counts.of[LOSS_GATEWAY_SKIPPED];
    if (sum == nb_frag && caused <= sent && caused + on_air >= sent
            && counts.of[LOSS_NONE] == fragment_causes_received(causes, campaign, device)) {
        return false;
    }
    snprintf(text, size,
            "INVARIANT device %" PRIu32 " has causes for %" PRIu64 " of %" PRIu32
            " fragments, %" PRIu64 " of them never sent, when %" PRIu32 " were",
            device, sum, nb_frag, counts.of[LOSS_GATEWAY_SKIPPED], sent);
    return true;
}

/* `received` is what the firmware counted, but for fragments that it says it dropped when it had
 * them, which may have been coded ones, and for forged ones that it took. A restart in mid-session
 * may have cost it what was not in flash yet. */
static bool count_fails(const struct fragment_counts *counts, uint32_t campaign, uint32_t device,
        char *text, size_t size)
{
    const struct device_fragments *own = &counts->devices[place_of(counts, campaign, device)];
    uint32_t received = own->uncoded_received;
    uint32_t seen = own->uncoded_seen;
    if (own->nb_frag == 0 || own->was_reset) {
        return false;
    }
    if (!own->uncoded_counted) {
        received = own->nb_frag - own->missing_now;
        seen = seen_of(counts, campaign, device);
    }
    uint32_t forged = security_accepted(counts->set, device);
    if (received <= seen + forged && received + own->dropped >= seen) {
        return false;
    }
    snprintf(text, size,
            "INVARIANT device %" PRIu32 " has %" PRIu32 " fragments, by their causes %" PRIu32,
            device, received, seen);
    return true;
}

static bool audit(const void *state, const struct recorder_set *set, char *text, size_t size)
{
    const struct fragment_counts *counts = state;
    for (uint32_t c = 0; c < server_campaign_count(counts->view->server); c++) {
        for (uint32_t i = 0; i < counts->view->device_count; i++) {
            if (causes_fail(set, c, i, text, size) || count_fails(counts, c, i, text, size)) {
                return true;
            }
        }
    }
    return false;
}

/* Of the first campaign, which often is the only one. */
static struct recorder_lines lines(const void *state)
{
    const struct fragment_counts *counts = state;
    return (struct recorder_lines){ counts->devices, sizeof counts->devices[0], 1 };
}

const struct recorder_ops fragment_counts_recorder = {
    .name = "fragment_counts",
    .kinds = OBSERVE_BIT(OBSERVE_NODE_RESET),
    .traces = RECORDER_TRACE(FRAG_SET_UP) | RECORDER_TRACE(FRAGMENT_STORED)
              | RECORDER_TRACE(FRAG_FROZEN) | RECORDER_TRACE(FRAG_COMPLETE)
              | RECORDER_TRACE(FRAME_DROPPED) | RECORDER_TRACE(COUNTER_REJECTED),
    .of_campaign = true,
    .create = create,
    .destroy = destroy,
    .observe = observe,
    .received_lines = lines,
    .audit = audit,
};
