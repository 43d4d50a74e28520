/* Multicast groups: one encrypted frame, sent by every gateway that the group needs.
 * SPDX-License-Identifier: MIT
 *
 * Each gateway sends one frame per interval, the time in which its share of the duty cycle grows by
 * one frame. Under MULTICAST_STAGGERED the interval is cut into turns and gateway g sends in turn
 * g, so that no two of them transmit at once. A gateway that had to wait goes on in the next
 * interval that it can use, in its turn. Requests leave shortly before their time, at most
 * GATEWAY_AHEAD_MAX per gateway, so that unicast answers fit in between. A gateway never
 * sends a lower McFCnt after a higher one.
 *
 * multicast_reports.c decides on what the gateways say.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "network/multicast_internal.h"

#define GATEWAY_AHEAD_MAX 2u /* accepted frames not yet on air, per gateway */
#define TURN_STEPS        4  /* tries within one's turn before waiting for the next interval */

struct group_frame *group_frame_at(const struct group *group, uint32_t sequence)
{
    assert(sequence - group->head < group->tail - group->head);
    return &group->frames[sequence & (group->frame_capacity - 1u)];
}

uint32_t network_group_waiting(const struct network *network, uint32_t group_index)
{
    const struct group *group = group_at(network, group_index);
    return group->tail - group->head;
}

/* --- schedule -------------------------------------------------------------------------------- */

/* Turns that an interval has room for; with more gateways than that, some share one. */
static uint32_t turn_count(const struct group *group, sim_ns interval_ns, uint32_t phy_size)
{
    if (!multicast_in_turns(group->params.policy) || group->gateway_count == 0) {
        return 1;
    }
    sim_ns turn_ns = lora_time_on_air_ns(&group->modulation, phy_size) + NETWORK_TURN_GUARD_NS;
    sim_ns turns = interval_ns / turn_ns;
    turns = turns < 1 ? 1 : turns;
    return turns < group->gateway_count ? (uint32_t)turns : group->gateway_count;
}

/* When a gateway is to start its frame at hand, its turn and delays included. */
static sim_ns planned_ns(const struct group *group, const struct group_gateway *gateway)
{
    const struct group_frame *frame = group_frame_at(group, gateway->sequence);
    uint32_t turns = turn_count(group, frame->interval_ns, frame->size);
    sim_ns offset_ns = frame->interval_ns * (gateway->turn % turns) / turns;
    return gateway->slot_ns + offset_ns + gateway->step_ns;
}

/* The plan as the server asks for it: in whole ticks. */
static sim_ns start_ns(
        const struct network *network, const struct group *group, sim_ns planned_start_ns)
{
    sim_ns tick_ns = group->params.granularity_ns;
    if (tick_ns == 0) {
        return planned_start_ns;
    }
    int64_t past_ns = network_gps_ns(network, planned_start_ns) % tick_ns;
    return past_ns == 0 ? planned_start_ns : planned_start_ns + tick_ns - past_ns;
}

void group_plan_frame(
        const struct network *network, const struct group *group, struct group_gateway *gateway)
{
    struct group_frame *frame = group_frame_at(group, gateway->sequence);
    if (frame->interval_ns == 0) {
        frame->interval_ns = group_grant_ns(network, group, frame->size);
    }
    sim_ns earliest_ns = engine_now(network->engine) + group->lead_ns / 2;
    earliest_ns = earliest_ns > frame->not_before_ns ? earliest_ns : frame->not_before_ns;
    earliest_ns = earliest_ns > gateway->probe_ns ? earliest_ns : gateway->probe_ns;
    sim_ns late_ns = earliest_ns - planned_ns(group, gateway);
    if (late_ns > 0) {
        gateway->step_ns = 0;
        late_ns = earliest_ns - planned_ns(group, gateway);
        sim_ns intervals = (late_ns + frame->interval_ns - 1) / frame->interval_ns;
        gateway->slot_ns += intervals * frame->interval_ns;
    }
}

void group_arm(struct network *network, uint32_t group_index, uint32_t gateway_index)
{
    struct group *group = group_at(network, group_index);
    struct group_gateway *gateway = &group->gateways[gateway_index];
    if (gateway->timer_pending || gateway->unresolved || gateway->ahead >= GATEWAY_AHEAD_MAX
            || gateway->sequence == group->tail) {
        return;
    }
    group_plan_frame(network, group, gateway);
    sim_ns now_ns = engine_now(network->engine);
    sim_ns at_ns = planned_ns(group, gateway) - group->lead_ns;
    gateway->timer_pending = true;
    engine_schedule(network->engine, at_ns > now_ns ? at_ns : now_ns, SIM_PHASE_NETWORK,
            network->entity, network->multicast_handler,
            (uint64_t)group_index << 32 | gateway_index);
}

void group_step_on(
        const struct network *network, const struct group *group, struct group_gateway *gateway)
{
    const struct group_frame *frame = group_frame_at(group, gateway->sequence);
    uint32_t turns = turn_count(group, frame->interval_ns, frame->size);
    sim_ns slack_ns = frame->interval_ns / turns
                      - lora_time_on_air_ns(&group->modulation, frame->size)
                      - NETWORK_TURN_GUARD_NS;
    sim_ns step_ns = slack_ns / TURN_STEPS;
    if (step_ns > NETWORK_TURN_GUARD_NS && gateway->step_ns + step_ns <= slack_ns) {
        gateway->step_ns += step_ns;
    } else {
        gateway->step_ns = 0;
        gateway->slot_ns += frame->interval_ns;
    }
    group_plan_frame(network, group, gateway);
}

/* Passes frames of other groups that are planned for the same time. */
static void avoid_other_groups(
        const struct network *network, uint32_t group_index, struct group_gateway *gateway)
{
    const struct group *group = group_at(network, group_index);
    sim_ns airtime_ns =
            lora_time_on_air_ns(&group->modulation, group_frame_at(group, gateway->sequence)->size);
    for (;;) {
        sim_ns at_ns = start_ns(network, group, planned_ns(group, gateway));
        if (!air_plan_is_taken(&network->multicast_plan, group_index, &group->modulation,
                    at_ns - NETWORK_TURN_GUARD_NS, at_ns + airtime_ns)) {
            return;
        }
        group_step_on(network, group, gateway);
    }
}

static void submit(struct network *network, uint32_t group_index, uint32_t gateway_index)
{
    struct group *group = group_at(network, group_index);
    struct group_gateway *gateway = &group->gateways[gateway_index];
    const struct group_frame *frame = group_frame_at(group, gateway->sequence);
    struct gateway_tx tx;
    tx.token = TOKEN_MULTICAST << TOKEN_KIND_SHIFT | (uint64_t)group_index << 48
               | (uint64_t)(gateway_index & 0xFFFFu) << 32 | gateway->sequence;
    tx.timing = GATEWAY_TX_AT;
    tx.at_ns = start_ns(network, group, planned_ns(group, gateway));
    tx.power_mdbm = group->power_mdbm;
    tx.modulation = group->modulation;
    tx.size = frame->size;
    memcpy(tx.bytes, frame->bytes, frame->size);
    gateway->unresolved = true;
    gateway->submitted_ns = engine_now(network->engine);
    air_plan_take(&network->multicast_plan, group_index, &group->modulation, tx.at_ns,
            tx.at_ns + lora_time_on_air_ns(&group->modulation, frame->size));
    gateway_submit(network->gateways, gateway->gateway, &tx);
}

void network_on_multicast_slot(void *context, sim_ns now_ns, entity_id entity, uint64_t argument)
{
    (void)entity;
    struct network *network = context;
    uint32_t group_index = (uint32_t)(argument >> 32);
    uint32_t gateway_index = (uint32_t)argument;
    struct group *group = group_at(network, group_index);
    if (gateway_index >= group->gateway_count) {
        return; /* flushed and chosen again meanwhile */
    }
    struct group_gateway *gateway = &group->gateways[gateway_index];
    gateway->timer_pending = false;
    if (gateway->unresolved || gateway->ahead >= GATEWAY_AHEAD_MAX
            || gateway->sequence == group->tail) {
        return;
    }
    group_plan_frame(network, group, gateway);
    avoid_other_groups(network, group_index, gateway);
    if (planned_ns(group, gateway) - group->lead_ns > now_ns) {
        group_arm(network, group_index, gateway_index);
        return;
    }
    submit(network, group_index, gateway_index);
}

static bool ring_grow(struct group *group)
{
    uint32_t capacity = group->frame_capacity == 0 ? 64 : group->frame_capacity * 2;
    if (capacity > GROUP_FRAMES_MAX) {
        return false;
    }
    struct group_frame *frames = malloc(capacity * sizeof *frames);
    if (frames == NULL) {
        return false;
    }
    for (uint32_t i = group->head; i != group->tail; i++) {
        frames[i & (capacity - 1u)] = *group_frame_at(group, i);
    }
    free(group->frames);
    group->frames = frames;
    group->frame_capacity = capacity;
    return true;
}

/* Begins a stream in which no gateway has a frame left: all start at one time. */
static bool begin_stream(struct network *network, struct group *group, sim_ns not_before_ns)
{
    if (!group_choose_gateways(network, group)) {
        return false;
    }
    sim_ns slot_ns = engine_now(network->engine) + group->lead_ns;
    slot_ns = slot_ns > not_before_ns ? slot_ns : not_before_ns;
    slot_ns = slot_ns > group->next_slot_ns ? slot_ns : group->next_slot_ns;
    for (uint32_t i = 0; i < group->gateway_count; i++) {
        group->gateways[i].slot_ns = slot_ns;
    }
    group->on_air = true;
    return true;
}

uint32_t network_group_enqueue(struct network *network, uint32_t group_index, uint8_t fport,
        const uint8_t *payload, uint16_t size, sim_ns not_before_ns)
{
    assert(fport > 0);
    struct group *group = group_at(network, group_index);
    if (size > region_downlink_payload_max(network->params.region, group->params.data_rate)
            || (group->tail - group->head == group->frame_capacity && !ring_grow(group))
            || (group->head == group->tail && !begin_stream(network, group, not_before_ns))) {
        return UINT32_MAX;
    }
    struct lorawan_downlink downlink = {
        .dev_addr = group->params.mc_addr,
        .fcnt = group->fcnt,
        .fport = fport,
        .payload = payload,
        .payload_size = size,
    };
    uint32_t sequence = group->tail++;
    struct group_frame *frame = group_frame_at(group, sequence);
    frame->size = (uint16_t)lorawan_downlink_build(
            &downlink, &group->nwk_s_key, &group->app_s_key, frame->bytes);
    frame->fcnt = group->fcnt++;
    frame->remaining = (uint16_t)group->gateway_count;
    frame->not_before_ns = not_before_ns;
    frame->interval_ns = 0;
    frame->sent = false;
    for (uint32_t i = 0; i < group->gateway_count; i++) {
        group_arm(network, group_index, i);
    }
    return frame->fcnt;
}

void network_group_flush(struct network *network, uint32_t group_index)
{
    struct group *group = group_at(network, group_index);
    for (uint32_t i = 0; i < group->gateway_count; i++) {
        const struct group_gateway *gateway = &group->gateways[i];
        uint32_t first = gateway->sequence + (gateway->unresolved ? 1u : 0u);
        for (uint32_t sequence = first; sequence != group->tail; sequence++) {
            group_frame_at(group, sequence)->remaining--;
        }
    }
    while (group->head != group->tail && group_frame_at(group, group->tail - 1u)->remaining == 0) {
        group->tail--;
    }
    while (group->head != group->tail && group_frame_at(group, group->head)->remaining == 0) {
        group->head++;
    }
    for (uint32_t i = 0; i < group->gateway_count; i++) {
        struct group_gateway *gateway = &group->gateways[i];
        gateway->skip_to = group->tail;
        if (!gateway->unresolved) {
            gateway->sequence = group->tail;
            gateway->tries = 0;
            gateway->waits_until_ns = SIM_NS_NEVER;
        }
    }
    group->on_air = false;
}
