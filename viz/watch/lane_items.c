/* The items of one lane: kept in order, bounded, copied once.
 * SPDX-License-Identifier: MIT
 */
#include "watch/lane_items.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* assumed: the reset pin of a radio is pulled for less, and no cut of power is that short (the
 * reset of an MCU alone takes as long). */
#define POWER_CUT_MIN_NS SIM_NS_PER_MS

void lane_items_init(struct lane_items *items, bool gateway, uint32_t station, sim_ns since_ns)
{
    *items = (struct lane_items){
        .lane = { .gateway = gateway, .station = station, .since_ns = since_ns },
        .open = LANE_NO_ITEM,
    };
}

void lane_items_destroy(struct lane_items *items)
{
    free(items->lane.items);
}

static bool grow(struct lane *lane, uint32_t count)
{
    if (count <= lane->room) {
        return true;
    }
    uint32_t room = lane->room == 0 ? 64 : lane->room;
    while (room < count) {
        room *= 2;
    }
    struct lane_item *grown = realloc(lane->items, room * sizeof *grown);
    if (grown == NULL) {
        return false;
    }
    lane->items = grown;
    lane->room = room;
    return true;
}

/* The older half goes; what lasts stays. */
static void drop_older(struct lane_items *items)
{
    struct lane *lane = &items->lane;
    uint32_t first = lane->count / 2;
    bool lasts = items->open != LANE_NO_ITEM;
    lane->since_ns = lane->items[first].from_ns;
    if (lasts && items->open < first) {
        first--;
        lane->items[first] = lane->items[items->open];
        items->open = first;
    }
    lane->count -= first;
    memmove(lane->items, lane->items + first, lane->count * sizeof *lane->items);
    items->open -= lasts ? first : 0;
    lane->settled = 0;
    lane->revision++;
}

/* In the order of from_ns, after those of the same instant. Returns where; LANE_NO_ITEM: out of
 * memory. */
static uint32_t insert(struct lane_items *items, struct lane_item item)
{
    struct lane *lane = &items->lane;
    if (lane->count == LANE_ITEMS_MAX) {
        drop_older(items);
    }
    if (!grow(lane, lane->count + 1)) {
        return LANE_NO_ITEM;
    }
    uint32_t at = lane->count++;
    for (; at > 0 && lane->items[at - 1].from_ns > item.from_ns; at--) {
        lane->items[at] = lane->items[at - 1];
    }
    lane->items[at] = item;
    items->open += items->open != LANE_NO_ITEM && at <= items->open ? 1u : 0u;
    if (at < lane->settled) {
        lane->settled = at;
        lane->revision++;
    }
    return at;
}

bool lane_items_add(struct lane_items *items, struct lane_item item)
{
    if (item.from_ns < items->lane.since_ns) {
        item.from_ns = items->lane.since_ns;
    }
    return insert(items, item) != LANE_NO_ITEM;
}

bool lane_items_enter(struct lane_items *items, enum lane_kind kind, sim_ns at_ns)
{
    if (items->open != LANE_NO_ITEM) {
        struct lane_item *last = &items->lane.items[items->open];
        if (last->kind == LANE_OFF && at_ns - last->from_ns < POWER_CUT_MIN_NS) {
            last->kind = LANE_ASLEEP;
        }
        if (last->kind == (uint8_t)kind) {
            return true;
        }
        if (at_ns <= last->from_ns) {
            last->kind = (uint8_t)kind;
            return true;
        }
    }
    lane_items_leave(items, at_ns);
    items->open = insert(items,
            (struct lane_item){ .from_ns = at_ns, .to_ns = SIM_NS_NEVER, .kind = (uint8_t)kind });
    return items->open != LANE_NO_ITEM;
}

void lane_items_leave(struct lane_items *items, sim_ns at_ns)
{
    if (items->open != LANE_NO_ITEM) {
        items->lane.items[items->open].to_ns = at_ns;
        items->open = LANE_NO_ITEM;
    }
}

void lane_items_cut(struct lane_items *items, enum lane_kind kind, sim_ns at_ns)
{
    for (uint32_t i = items->lane.settled; i < items->lane.count; i++) {
        struct lane_item *item = &items->lane.items[i];
        if (item->kind == (uint8_t)kind && item->to_ns > at_ns) {
            item->to_ns = at_ns;
        }
    }
}

void lane_items_lose(struct lane_items *items, uint64_t frame_id, enum loss_cause cause)
{
    struct lane *lane = &items->lane;
    uint32_t at = lane->count;
    while (at > 0 && lane->items[at - 1].frame_id != frame_id) {
        at--;
    }
    if (at > 0) {
        lane->items[at - 1].kind = LANE_LOST;
        lane->items[at - 1].cause = (uint8_t)cause;
        lane->revision += at - 1 < lane->settled ? 1u : 0u;
    }
}

void lane_items_settle(struct lane_items *items, sim_ns from_ns)
{
    struct lane *lane = &items->lane;
    uint32_t count = lane->count;
    while (count > lane->settled && lane->items[count - 1].from_ns >= from_ns) {
        count--;
    }
    lane->settled = items->open < count ? items->open : count;
}

static bool is_same(const struct lane *a, const struct lane *b)
{
    return a->gateway == b->gateway && a->station == b->station && a->since_ns == b->since_ns
           && a->revision == b->revision;
}

bool lane_copy(struct lane *to, const struct lane *from)
{
    uint32_t kept = is_same(to, from) ? to->settled : 0;
    if (!grow(to, from->count)) {
        return false;
    }
    assert(kept <= from->count);
    if (from->count > kept) {
        memcpy(to->items + kept, from->items + kept, (from->count - kept) * sizeof *to->items);
    }
    to->gateway = from->gateway;
    to->station = from->station;
    to->since_ns = from->since_ns;
    to->settled = from->settled;
    to->revision = from->revision;
    to->count = from->count;
    return true;
}
