/* Lanes: what each gateway and each pinned device did.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "watch/watch_internal.h"

static void add_frame(struct watch *watch, struct lane_items *lane, const struct frame *frame,
        enum lane_kind kind, enum loss_cause cause)
{
    const struct lane_item item = {
        .from_ns = frame->start_ns,
        .to_ns = frame->end_ns,
        .frame_id = frame->id,
        .kind = (uint8_t)kind,
        .cause = (uint8_t)cause,
    };
    watch->out_of_memory = !lane_items_add(lane, item) || watch->out_of_memory;
}

static void enter(struct watch *watch, struct lane_items *lane, enum lane_kind kind, sim_ns at_ns)
{
    watch->out_of_memory = !lane_items_enter(lane, kind, at_ns) || watch->out_of_memory;
}

static enum lane_kind kind_of_end(enum loss_cause cause)
{
    return cause == LOSS_NONE ? LANE_RECEIVED : LANE_LOST;
}

/* --- gateways --------------------------------------------------------------------------------- */

void watch_lane_sent(struct watch *watch, uint32_t gateway, const struct frame *frame)
{
    add_frame(watch, &watch->lanes[gateway], frame, LANE_TRANSMITTING, LOSS_NONE);
}

void watch_lane_heard_by_gateway(
        struct watch *watch, uint32_t gateway, const struct frame *frame, enum loss_cause cause)
{
    add_frame(watch, &watch->lanes[gateway], frame, kind_of_end(cause), cause);
}

/* Of what a gateway does, only that it is without power lasts. */
static void outage(
        void *context, uint32_t gateway, enum gateway_outage_kind kind, bool is_out, sim_ns now_ns)
{
    struct watch *watch = context;
    struct lane_items *lane = &watch->lanes[gateway];
    if (kind != GATEWAY_OUTAGE_POWER) {
        return;
    }
    if (is_out) {
        lane_items_cut(lane, LANE_TRANSMITTING, now_ns);
        enter(watch, lane, LANE_OFF, now_ns);
    } else {
        lane_items_leave(lane, now_ns);
    }
}

/* --- devices ---------------------------------------------------------------------------------- */

static struct lane_items *pinned(struct watch *watch, uint32_t device)
{
    return &watch->lanes[watch->gateway_count + watch->lane_of[device]];
}

static enum lane_kind kind_of_power(enum sx1276_power power)
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
        enter(watch, pinned(watch, device), kind_of_power(power), at_ns);
    }
}

/* Power that is back shows in no state of the radio. */
void watch_lane_reset(struct watch *watch, uint32_t device, sim_ns at_ns)
{
    radio(watch, device, at_ns, node_radio_power(watch->world->nodes, device));
}

void watch_lane_heard_by_device(
        struct watch *watch, uint32_t device, const struct frame *frame, enum loss_cause cause)
{
    if (watch->lane_of[device] != WATCH_NO_LANE) {
        add_frame(watch, pinned(watch, device), frame, kind_of_end(cause), cause);
    }
}

void watch_lane_lost_later(
        struct watch *watch, uint32_t device, uint64_t frame_id, enum loss_cause cause)
{
    if (watch->lane_of[device] != WATCH_NO_LANE) {
        lane_items_lose(pinned(watch, device), frame_id, cause);
    }
}

bool watch_pin(struct watch *watch, uint32_t device)
{
    uint32_t count = watch->lane_count - watch->gateway_count;
    if (device >= watch->device_count || watch->lane_of[device] != WATCH_NO_LANE
            || count == SCENE_PINNED_MAX) {
        return false;
    }
    struct lane_items *lane = &watch->lanes[watch->lane_count++];
    sim_ns now_ns = engine_now(watch->world->engine);
    lane_items_init(lane, false, device, now_ns);
    watch->lane_of[device] = (uint8_t)count;
    enter(watch, lane, kind_of_power(node_radio_power(watch->world->nodes, device)), now_ns);
    return true;
}

void watch_unpin(struct watch *watch, uint32_t device)
{
    if (device >= watch->device_count || watch->lane_of[device] == WATCH_NO_LANE) {
        return;
    }
    uint32_t at = watch->gateway_count + watch->lane_of[device];
    lane_items_destroy(&watch->lanes[at]);
    watch->lane_of[device] = WATCH_NO_LANE;
    for (; at + 1 < watch->lane_count; at++) {
        watch->lanes[at] = watch->lanes[at + 1];
        watch->lane_of[watch->lanes[at].lane.station]--;
    }
    watch->lane_count--;
}

/* --- all -------------------------------------------------------------------------------------- */

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
        lane_items_init(&watch->lanes[g], true, g, 0);
    }
    gateway_fleet_on_outage(watch->world->gateways, outage, watch);
    node_fleet_on_radio(watch->world->nodes, radio, watch);
    return true;
}

void watch_lanes_destroy(struct watch *watch)
{
    for (uint32_t i = 0; watch->lanes != NULL && i < watch->lane_count; i++) {
        lane_items_destroy(&watch->lanes[i]);
    }
    free(watch->lanes);
    free(watch->lane_of);
}

bool watch_fill_lanes(struct watch *watch, struct scene *scene)
{
    bool complete = true;
    for (uint32_t i = 0; i < watch->lane_count; i++) {
        lane_items_settle(&watch->lanes[i], scene->now_ns - watch->frame_max_ns);
        complete = lane_copy(&scene->lanes[i], &watch->lanes[i].lane) && complete;
    }
    scene->lane_count = watch->lane_count;
    return complete;
}
