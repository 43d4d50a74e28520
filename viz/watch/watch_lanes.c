/* Lanes: what each gateway and each pinned device did, one item after another.
 * SPDX-License-Identifier: MIT
 *
 * A frame becomes an item of its receivers when it ends, and is put in by its start: only items
 * that began within the longest time on air can still get others before them, and one item lasts.
 * The items before both are settled, and scenes copy them once.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "watch/watch_internal.h"

/* assumed: the reset pin of a radio is pulled for less, and no cut of power is that short (the
 * reset of an MCU alone takes as long). */
#define POWER_CUT_MIN_NS SIM_NS_PER_MS

/* --- items ------------------------------------------------------------------------------------ */

/* The older half goes; what lasts stays. */
static void drop_older(struct watch_lane *lane)
{
    struct lane *l = &lane->lane;
    uint32_t first = l->count / 2;
    l->since_ns = l->items[first].from_ns;
    if (lane->open != WATCH_NO_ITEM && lane->open < first) {
        first--;
        l->items[first] = l->items[lane->open];
        lane->open = first;
    }
    l->count -= first;
    memmove(l->items, l->items + first, l->count * sizeof *l->items);
    lane->open -= lane->open != WATCH_NO_ITEM ? first : 0;
    l->settled = 0;
    l->revision++;
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
    struct lane_item *items = realloc(lane->items, room * sizeof *items);
    if (items == NULL) {
        return false;
    }
    lane->items = items;
    lane->room = room;
    return true;
}

/* In the order of from_ns, after those of the same instant. Returns where; WATCH_NO_ITEM: out of
 * memory. */
static uint32_t add(struct watch *watch, struct watch_lane *lane, struct lane_item item)
{
    struct lane *l = &lane->lane;
    if (l->count == LANE_ITEMS_MAX) {
        drop_older(lane);
    }
    if (!grow(l, l->count + 1)) {
        watch->out_of_memory = true;
        return WATCH_NO_ITEM;
    }
    uint32_t at = l->count++;
    for (; at > 0 && l->items[at - 1].from_ns > item.from_ns; at--) {
        l->items[at] = l->items[at - 1];
    }
    l->items[at] = item;
    lane->open += lane->open != WATCH_NO_ITEM && at <= lane->open ? 1u : 0u;
    if (at < l->settled) {
        l->settled = at;
        l->revision++;
    }
    return at;
}

/* From `at_ns` on the station is in a state that lasts; the one before ends. */
static void enter(struct watch *watch, struct watch_lane *lane, enum lane_kind kind, sim_ns at_ns)
{
    if (lane->open != WATCH_NO_ITEM) {
        struct lane_item *last = &lane->lane.items[lane->open];
        if (last->kind == LANE_OFF && at_ns - last->from_ns < POWER_CUT_MIN_NS) {
            last->kind = LANE_ASLEEP;
        }
        if (last->kind == (uint8_t)kind) {
            return;
        }
        if (at_ns <= last->from_ns) {
            last->kind = (uint8_t)kind;
            return;
        }
        last->to_ns = at_ns;
    }
    lane->open = WATCH_NO_ITEM; /* an item of the same instant comes after it */
    lane->open = add(watch, lane,
            (struct lane_item){ .from_ns = at_ns, .to_ns = SIM_NS_NEVER, .kind = (uint8_t)kind });
}

static void add_frame(struct watch *watch, struct watch_lane *lane, const struct frame *frame,
        enum lane_kind kind, enum loss_cause cause)
{
    const struct lane_item item = {
        .from_ns = frame->start_ns > lane->lane.since_ns ? frame->start_ns : lane->lane.since_ns,
        .to_ns = frame->end_ns,
        .frame_id = frame->id,
        .kind = (uint8_t)kind,
        .cause = (uint8_t)cause,
    };
    add(watch, lane, item);
}

/* --- gateways --------------------------------------------------------------------------------- */

void watch_lane_sent(struct watch *watch, uint32_t gateway, const struct frame *frame)
{
    add_frame(watch, &watch->lanes[gateway], frame, LANE_TRANSMITTING, LOSS_NONE);
}

void watch_lane_heard_by_gateway(
        struct watch *watch, uint32_t gateway, const struct frame *frame, enum loss_cause cause)
{
    enum lane_kind kind = cause == LOSS_NONE ? LANE_RECEIVED : LANE_LOST;
    add_frame(watch, &watch->lanes[gateway], frame, kind, cause);
}

/* Of gateways only that they are without power lasts. */
static void outage(
        void *context, uint32_t gateway, enum gateway_outage_kind kind, bool is_out, sim_ns now_ns)
{
    struct watch *watch = context;
    struct watch_lane *lane = &watch->lanes[gateway];
    if (kind != GATEWAY_OUTAGE_POWER) {
        return;
    }
    if (is_out) {
        for (uint32_t i = lane->lane.settled; i < lane->lane.count; i++) {
            struct lane_item *item = &lane->lane.items[i];
            if (item->kind == LANE_TRANSMITTING && item->to_ns > now_ns) {
                item->to_ns = now_ns; /* cut off */
            }
        }
        enter(watch, lane, LANE_OFF, now_ns);
    } else if (lane->open != WATCH_NO_ITEM) {
        lane->lane.items[lane->open].to_ns = now_ns;
        lane->open = WATCH_NO_ITEM;
    }
}

/* --- devices ---------------------------------------------------------------------------------- */

static struct watch_lane *pinned(struct watch *watch, uint32_t device)
{
    return &watch->lanes[watch->gateway_count + watch->lane_of[device]];
}

static enum lane_kind kind_of(enum sx1276_power power)
{
    static const uint8_t kinds[SX1276_POWER_COUNT] = {
        [SX1276_POWER_RESET] = LANE_OFF,
        [SX1276_POWER_SLEEP] = LANE_ASLEEP,
        [SX1276_POWER_STANDBY] = LANE_ASLEEP,
        [SX1276_POWER_FS] = LANE_ASLEEP,
        [SX1276_POWER_TX] = LANE_TRANSMITTING,
        [SX1276_POWER_RX] = LANE_LISTENING,
        [SX1276_POWER_CAD] = LANE_LISTENING,
    };
    return (enum lane_kind)kinds[power];
}

static void radio(void *context, uint32_t device, sim_ns at_ns, enum sx1276_power power)
{
    struct watch *watch = context;
    if (watch->lane_of[device] != WATCH_NO_LANE) {
        enter(watch, pinned(watch, device), kind_of(power), at_ns);
    }
}

void watch_lane_reset(struct watch *watch, uint32_t device, sim_ns at_ns)
{
    radio(watch, device, at_ns, node_radio_power(watch->world->nodes, device));
}

void watch_lane_heard_by_device(
        struct watch *watch, uint32_t device, const struct frame *frame, enum loss_cause cause)
{
    enum lane_kind kind = cause == LOSS_NONE ? LANE_RECEIVED : LANE_LOST;
    add_frame(watch, pinned(watch, device), frame, kind, cause);
}

void watch_lane_lost_later(
        struct watch *watch, uint32_t device, uint64_t frame_id, enum loss_cause cause)
{
    if (watch->lane_of[device] == WATCH_NO_LANE) {
        return;
    }
    struct lane *lane = &pinned(watch, device)->lane;
    for (uint32_t i = lane->count; i > 0; i--) {
        struct lane_item *item = &lane->items[i - 1];
        if (item->frame_id == frame_id) {
            item->kind = LANE_LOST;
            item->cause = (uint8_t)cause;
            lane->revision += i - 1 < lane->settled ? 1u : 0u;
            return;
        }
    }
}

bool watch_pin(struct watch *watch, uint32_t device)
{
    uint32_t count = watch->lane_count - watch->gateway_count;
    if (device >= watch->device_count || watch->lane_of[device] != WATCH_NO_LANE
            || count == SCENE_PINNED_MAX) {
        return false;
    }
    struct watch_lane *lane = &watch->lanes[watch->lane_count++];
    sim_ns now_ns = engine_now(watch->world->engine);
    *lane = (struct watch_lane){
        .lane = { .station = device, .since_ns = now_ns },
        .open = WATCH_NO_ITEM,
    };
    watch->lane_of[device] = (uint8_t)count;
    enter(watch, lane, kind_of(node_radio_power(watch->world->nodes, device)), now_ns);
    return true;
}

void watch_unpin(struct watch *watch, uint32_t device)
{
    if (device >= watch->device_count || watch->lane_of[device] == WATCH_NO_LANE) {
        return;
    }
    uint32_t at = watch->gateway_count + watch->lane_of[device];
    free(watch->lanes[at].lane.items);
    watch->lane_of[device] = WATCH_NO_LANE;
    for (; at + 1 < watch->lane_count; at++) {
        watch->lanes[at] = watch->lanes[at + 1];
        watch->lane_of[watch->lanes[at].lane.station]--;
    }
    watch->lane_count--;
}

/* --- making and copying ----------------------------------------------------------------------- */

bool watch_lanes_create(struct watch *watch)
{
    watch->lanes = calloc(watch->gateway_count + SCENE_PINNED_MAX, sizeof *watch->lanes);
    watch->lane_of = malloc(watch->device_count + 1u);
    if (watch->lanes == NULL || watch->lane_of == NULL) {
        return false;
    }
    memset(watch->lane_of, WATCH_NO_LANE, watch->device_count + 1u);
    watch->lane_count = watch->gateway_count;
    for (uint32_t g = 0; g < watch->gateway_count; g++) {
        watch->lanes[g] = (struct watch_lane){
            .lane = { .gateway = true, .station = g },
            .open = WATCH_NO_ITEM,
        };
    }
    gateway_fleet_on_outage(watch->world->gateways, outage, watch);
    node_fleet_on_radio(watch->world->nodes, radio, watch);
    return true;
}

void watch_lanes_destroy(struct watch *watch)
{
    for (uint32_t i = 0; watch->lanes != NULL && i < watch->lane_count; i++) {
        free(watch->lanes[i].lane.items);
    }
    free(watch->lanes);
    free(watch->lane_of);
}

/* How many items, the first ones, can't change any more. */
static uint32_t settled(const struct watch_lane *lane, sim_ns from_ns)
{
    const struct lane_item *items = lane->lane.items;
    uint32_t count = lane->lane.count;
    while (count > lane->lane.settled && items[count - 1].from_ns >= from_ns) {
        count--;
    }
    return lane->open < count ? lane->open : count;
}

static bool is_same(const struct lane *a, const struct lane *b)
{
    return a->gateway == b->gateway && a->station == b->station && a->since_ns == b->since_ns
           && a->revision == b->revision;
}

static bool copy(struct lane *to, const struct lane *from)
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

bool watch_fill_lanes(struct watch *watch, struct scene *scene)
{
    sim_ns from_ns = scene->now_ns - watch->frame_max_ns;
    bool complete = true;
    for (uint32_t i = 0; i < watch->lane_count; i++) {
        struct watch_lane *lane = &watch->lanes[i];
        lane->lane.settled = settled(lane, from_ns);
        complete = copy(&scene->lanes[i], &lane->lane) && complete;
    }
    scene->lane_count = watch->lane_count;
    return complete;
}
