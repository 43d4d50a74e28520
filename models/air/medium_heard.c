/* Uplinks on the air by frequency and gateway: only those with a link to it disturb others there.
 * SPDX-License-Identifier: MIT
 *
 * In a large city hundreds of uplinks are on a channel at any time, and a gateway hears few of
 * them.
 */
#include <assert.h>
#include <stdlib.h>

#include "air/medium_arrival.h"
#include "prefetch.h"

void medium_heard_finish(struct medium *medium)
{
    for (uint32_t ring = 0; ring < medium->heard_ring_count; ring++) {
        for (uint32_t i = 0; i <= medium->gateway_count; i++) {
            free(medium->heard[ring][i].items);
        }
        free(medium->heard[ring]);
    }
    free(medium->heard);
}

/* The lists of a channel's ring. */
static struct heard_list *lists_of(struct medium *medium, struct channel *channel)
{
    if (channel->heard == NULL) {
        struct run_memory *memory = engine_memory(medium->engine);
        struct channel *sibling = channel;
        struct heard_list *lists =
                run_memory_take_zeroed(memory, (medium->gateway_count + 1u) * sizeof *lists);
        medium->heard = run_memory_grow(
                memory, medium->heard, (medium->heard_ring_count + 1u) * sizeof *medium->heard);
        medium->heard[medium->heard_ring_count++] = lists;
        do {
            sibling->heard = lists;
            sibling = sibling->next_sibling;
        } while (sibling != channel);
    }
    return channel->heard;
}

/* Forgets those that no frame on the air overlaps. */
static void forget_old(const struct medium *medium, struct heard_list *list)
{
    sim_ns now_ns = engine_now(medium->engine);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        if (list->items[i].end_ns + medium->longest_uplink_ns >= now_ns) {
            list->items[kept++] = list->items[i];
        }
    }
    list->count = kept;
}

static void list_add(struct medium *medium, struct heard_list *list, struct heard_uplink uplink)
{
    if (list->count == list->capacity) {
        forget_old(medium, list);
        if (list->count >= list->capacity / 2) {
            list->capacity = list->capacity * 2 + 8;
            list->items = run_memory_grow(engine_memory(medium->engine), list->items,
                    list->capacity * sizeof *list->items);
        }
    }
    list->items[list->count++] = uplink;
}

/* More power than what links are made for. */
static bool is_powerful(const struct medium *medium, const struct on_air *air)
{
    return air->frame.power_mdbm > medium->params.device_power_max_mdbm;
}

/* Brings the end of a list into the cache, first the list itself. */
static void prefetch_list(const struct heard_list *lists, const uint16_t *gateways, uint32_t left)
{
    if (left > PREFETCH_AHEAD) {
        prefetch_write(&lists[gateways[PREFETCH_AHEAD]]);
    }
    if (left > PREFETCH_REST_AHEAD) {
        const struct heard_list *list = &lists[gateways[PREFETCH_REST_AHEAD]];
        if (list->count > 0) {
            prefetch_write(&list->items[list->count]);
        }
    }
}

void medium_heard_add(struct medium *medium, struct on_air *air)
{
    const struct link_table *links = &medium->links;
    struct heard_uplink uplink = { air, air->frame.end_ns, 0 };
    assert(!air->frame.downlink);
    air->sequence = medium->uplinks_started++;
    if (air->frame.end_ns - air->frame.start_ns > medium->longest_uplink_ns) {
        medium->longest_uplink_ns = air->frame.end_ns - air->frame.start_ns;
    }
    if (medium->params.reception.interference == INTERFERENCE_NONE) {
        return;
    }
    struct heard_list *lists = lists_of(medium, air->channel);
    uint32_t to = links->from[air->transmitter + 1];
    for (uint32_t i = links->from[air->transmitter]; i < to; i++) {
        prefetch_list(lists, &links->gateways[i], to - i);
        uplink.gain_mdb = links->gains_mdb[i];
        list_add(medium, &lists[links->gateways[i]], uplink);
    }
    if (is_powerful(medium, air)) {
        list_add(medium, &lists[medium->gateway_count], uplink);
    }
}

/* Channels on which uplinks disturb this one are numbered. Returns how many frames are on them. */
static uint32_t number_channels(struct channel *first)
{
    struct channel *channel = first;
    uint32_t frames = 0, rank = 0;
    do {
        channel->ring_rank = rank++;
        frames += channel->frame_count;
        channel = channel->next_sibling;
    } while (channel != first);
    return frames;
}

bool medium_heard_start(struct medium *medium, const struct on_air *air)
{
    medium->heard_count = 0;
    return medium->params.reception.interference != INTERFERENCE_NONE
           && number_channels(air->channel) > 1;
}

/* By channel, and on each in order of start. */
static bool comes_before(const struct on_air *one, const struct on_air *other)
{
    return one->channel->ring_rank != other->channel->ring_rank
                   ? one->channel->ring_rank < other->channel->ring_rank
                   : one->sequence < other->sequence;
}

static void take(struct medium *medium, const struct on_air *rival, int32_t median_mdbm)
{
    uint32_t at = medium->heard_count++;
    assert(at < medium->rival_capacity);
    while (at > 0 && comes_before(rival, medium->rivals[at - 1])) {
        medium->rivals[at] = medium->rivals[at - 1];
        medium->heard_mdbm[at] = medium->heard_mdbm[at - 1];
        at--;
    }
    medium->rivals[at] = rival;
    medium->heard_mdbm[at] = median_mdbm;
}

static bool overlaps(const struct on_air *air, sim_ns from_ns, const struct heard_uplink *uplink)
{
    const struct on_air *other = uplink->air;
    return uplink->end_ns > from_ns && other != air && other->silent_ns > from_ns
           && other->frame.start_ns < air->frame.end_ns;
}

void medium_heard_find(
        struct medium *medium, const struct on_air *air, uint32_t gateway, sim_ns from_ns)
{
    const struct heard_list *heard = &air->channel->heard[gateway];
    const struct heard_list *powerful = &air->channel->heard[medium->gateway_count];
    medium->heard_count = 0;
    for (uint32_t i = 0; i < heard->count; i++) {
        const struct heard_uplink *uplink = &heard->items[i];
        if (overlaps(air, from_ns, uplink)) {
            take(medium, uplink->air,
                    medium_at_gateway_through_mdbm(medium, uplink->air, gateway, uplink->gain_mdb));
        }
    }
    for (uint32_t i = 0; i < powerful->count; i++) {
        const struct heard_uplink *uplink = &powerful->items[i];
        if (overlaps(air, from_ns, uplink)
                && medium_link(medium, gateway, uplink->air->transmitter) == NULL) {
            take(medium, uplink->air, medium_at_gateway_mdbm(medium, uplink->air, gateway));
        }
    }
}
