/* Multicast groups: one encrypted frame, sent by every gateway that the group needs.
 * SPDX-License-Identifier: MIT
 *
 * Each gateway sends one frame per interval, the time in which its share of the duty cycle grows by
 * one frame. Under MULTICAST_STAGGERED the interval is cut into turns and gateway g sends in turn
 * g, so that no two of them transmit at once. A gateway that had to wait goes on in the next
 * interval that it can use, in its turn. Requests leave shortly before their time, at most
 * GATEWAY_AHEAD_MAX per gateway, so that unicast answers fit in between. A gateway never
 * sends a lower McFCnt after a higher one.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "network/multicast_internal.h"
#include "observe.h"

#define GATEWAY_AHEAD_MAX 2u  /* accepted frames not yet on air, per gateway */
#define TRIES_MAX         10u /* of one frame at one gateway, refusals for duty cycle apart */
#define TURN_STEPS        4   /* tries within one's turn before waiting for the next interval */
#define LEAD_MAX_NS       (8 * SIM_NS_PER_S)
/* Airtime that is spent has left a sliding hour an hour later (ETSI EN 300 220-2); a second half
 * hour is for what unicast takes meanwhile. */
#define DUTY_WAIT_MAX_NS (INT64_C(5400) * SIM_NS_PER_S)

static struct group_frame *frame_at(const struct group *group, uint32_t sequence)
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
    if (group->params.policy != MULTICAST_STAGGERED || group->gateway_count == 0) {
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
    const struct group_frame *frame = frame_at(group, gateway->sequence);
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

/* Waits whole intervals until there is time enough to ask for the frame at hand: keeps one's turn,
 * and takes the first interval that can still be used. */
static void plan_frame(
        const struct network *network, const struct group *group, struct group_gateway *gateway)
{
    struct group_frame *frame = frame_at(group, gateway->sequence);
    if (frame->interval_ns == 0) {
        frame->interval_ns = group_interval_ns(network, group, frame->size);
    }
    sim_ns earliest_ns = engine_now(network->engine) + group->lead_ns / 2;
    earliest_ns = earliest_ns > frame->not_before_ns ? earliest_ns : frame->not_before_ns;
    sim_ns late_ns = earliest_ns - planned_ns(group, gateway);
    if (late_ns > 0) {
        gateway->step_ns = 0;
        late_ns = earliest_ns - planned_ns(group, gateway);
        sim_ns intervals = (late_ns + frame->interval_ns - 1) / frame->interval_ns;
        gateway->slot_ns += intervals * frame->interval_ns;
    }
}

/* Arms the timer of a gateway that has a frame to submit and room to do so. */
static void arm(struct network *network, uint32_t group_index, uint32_t gateway_index)
{
    struct group *group = group_at(network, group_index);
    struct group_gateway *gateway = &group->gateways[gateway_index];
    if (gateway->timer_pending || gateway->unresolved || gateway->ahead >= GATEWAY_AHEAD_MAX
            || gateway->sequence == group->tail) {
        return;
    }
    plan_frame(network, group, gateway);
    sim_ns now_ns = engine_now(network->engine);
    sim_ns at_ns = planned_ns(group, gateway) - group->lead_ns;
    gateway->timer_pending = true;
    engine_schedule(network->engine, at_ns > now_ns ? at_ns : now_ns, SIM_PHASE_NETWORK,
            network->entity, network->multicast_handler,
            (uint64_t)group_index << 32 | gateway_index);
}

/* Moves the frame at hand on: by a step within one's turn, which may pass another frame on the air,
 * else to the next interval. */
static void step_on(
        const struct network *network, const struct group *group, struct group_gateway *gateway)
{
    const struct group_frame *frame = frame_at(group, gateway->sequence);
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
    plan_frame(network, group, gateway);
}

/* Passes frames of other groups that are planned for the same time. */
static void avoid_other_groups(
        const struct network *network, uint32_t group_index, struct group_gateway *gateway)
{
    const struct group *group = group_at(network, group_index);
    sim_ns airtime_ns =
            lora_time_on_air_ns(&group->modulation, frame_at(group, gateway->sequence)->size);
    for (;;) {
        sim_ns at_ns = start_ns(network, group, planned_ns(group, gateway));
        if (!air_plan_is_taken(&network->multicast_plan, group_index, &group->modulation,
                    at_ns - NETWORK_TURN_GUARD_NS, at_ns + airtime_ns)) {
            return;
        }
        step_on(network, group, gateway);
    }
}

static void submit(struct network *network, uint32_t group_index, uint32_t gateway_index)
{
    struct group *group = group_at(network, group_index);
    struct group_gateway *gateway = &group->gateways[gateway_index];
    const struct group_frame *frame = frame_at(group, gateway->sequence);
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
    plan_frame(network, group, gateway);
    avoid_other_groups(network, group_index, gateway);
    if (planned_ns(group, gateway) - group->lead_ns > now_ns) {
        arm(network, group_index, gateway_index);
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
        frames[i & (capacity - 1u)] = *frame_at(group, i);
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
    struct group_frame *frame = frame_at(group, sequence);
    frame->size = (uint16_t)lorawan_downlink_build(
            &downlink, &group->nwk_s_key, &group->app_s_key, frame->bytes);
    frame->fcnt = group->fcnt++;
    frame->remaining = (uint16_t)group->gateway_count;
    frame->not_before_ns = not_before_ns;
    frame->interval_ns = 0;
    for (uint32_t i = 0; i < group->gateway_count; i++) {
        arm(network, group_index, i);
    }
    return frame->fcnt;
}

/* --- reports --------------------------------------------------------------------------------- */

/* One gateway is done with one frame. Tells the application, and when it was the last of all. */
static void finish_frame(struct network *network, uint32_t group_index, uint32_t sequence,
        uint32_t gateway, const struct gateway_report *report, sim_ns now_ns)
{
    struct group *group = group_at(network, group_index);
    struct group_frame *frame = frame_at(group, sequence);
    uint32_t fcnt = frame->fcnt;
    assert(frame->remaining > 0);
    frame->remaining--;
    while (group->head != group->tail && frame_at(group, group->head)->remaining == 0) {
        group->head++;
    }
    if (report->result == GATEWAY_TX_SENT) {
        engine_observe(network->engine, now_ns, network->entity, OBSERVE_NETWORK_DOWNLINK,
                group_index, fcnt, 0, NULL);
    }
    if (network->application.multicast_report != NULL) {
        network->application.multicast_report(network->application_context, group_index, fcnt,
                gateway, report->result, report->at_ns, now_ns);
    }
    if (group->head == group->tail && network->application.multicast_idle != NULL) {
        network->application.multicast_idle(network->application_context, group_index, now_ns);
    }
}

/* Leaves the frame at hand for the next, an interval later. */
static void advance(struct group *group, struct group_gateway *gateway)
{
    gateway->slot_ns += frame_at(group, gateway->sequence)->interval_ns;
    if (gateway->slot_ns > group->next_slot_ns) {
        group->next_slot_ns = gateway->slot_ns;
    }
    gateway->unresolved = false;
    gateway->tries = 0;
    gateway->step_ns = 0;
    gateway->waits_until_ns = SIM_NS_NEVER;
    gateway->sequence++;
    if ((int32_t)(gateway->skip_to - gateway->sequence) > 0) {
        gateway->sequence = gateway->skip_to;
    }
}

/* Sets the time of the next try. A collision is with a unicast answer: a step within one's turn may
 * pass it. What a duty cycle refuses waits for the next interval. */
static void retry_later(const struct network *network, struct group *group,
        struct group_gateway *gateway, enum gateway_tx_result result)
{
    gateway->unresolved = false;
    if (result == GATEWAY_TX_TOO_LATE && group->lead_ns < LEAD_MAX_NS) {
        group->lead_ns *= 2;
    }
    if (result == GATEWAY_TX_COLLISION) {
        step_on(network, group, gateway);
        return;
    }
    gateway->step_ns = 0;
    gateway->slot_ns += frame_at(group, gateway->sequence)->interval_ns;
    plan_frame(network, group, gateway);
}

/* A wait for duty cycle ends by itself, so it costs no tries; other refusals are counted. */
static bool gives_up(struct group_gateway *gateway, enum gateway_tx_result result, sim_ns now_ns)
{
    if (result == GATEWAY_TX_DUTY_CYCLE) {
        if (gateway->waits_until_ns == SIM_NS_NEVER) {
            gateway->waits_until_ns = now_ns + DUTY_WAIT_MAX_NS;
        }
        return now_ns >= gateway->waits_until_ns;
    }
    return ++gateway->tries >= TRIES_MAX || result == GATEWAY_TX_FREQUENCY
           || result == GATEWAY_TX_POWER || result == GATEWAY_TX_NO_ANSWER;
}

/* What went unanswered may be on air all the same, and a gateway that is out must not delay the
 * others: it is not tried again. */
static void on_result(struct network *network, uint32_t group_index, uint32_t gateway_index,
        uint32_t sequence, const struct gateway_report *report, sim_ns now_ns)
{
    struct group *group = group_at(network, group_index);
    struct group_gateway *gateway = &group->gateways[gateway_index];
    uint32_t gateway_number = gateway->gateway;
    bool at_hand = gateway->unresolved && gateway->sequence == sequence;
    if (report->result == GATEWAY_TX_ACCEPTED) {
        if (at_hand) {
            sim_ns round_trip_ns = now_ns - gateway->submitted_ns;
            sim_ns lead_ns = 2 * round_trip_ns + 200 * SIM_NS_PER_MS;
            lead_ns = lead_ns < LEAD_MAX_NS ? lead_ns : LEAD_MAX_NS;
            group->lead_ns = lead_ns > group->lead_ns ? lead_ns : group->lead_ns;
            gateway->ahead++;
            advance(group, gateway);
        }
    } else if (!at_hand) { /* one accepted before: it was sent, or dropped at the last moment */
        assert(gateway->ahead > 0);
        gateway->ahead--;
        finish_frame(network, group_index, sequence, gateway_number, report, now_ns);
    } else if (report->result == GATEWAY_TX_SENT || (int32_t)(gateway->skip_to - sequence) > 0
               || gives_up(gateway, report->result, now_ns)) {
        advance(group, gateway);
        finish_frame(network, group_index, sequence, gateway_number, report, now_ns);
    } else {
        retry_later(network, group, gateway, report->result);
    }
}

void network_multicast_report(
        struct network *network, const struct gateway_report *report, sim_ns now_ns)
{
    uint32_t group_index = (uint32_t)(report->token >> 48) & 0xFFFu;
    uint32_t gateway_index = (uint32_t)(report->token >> 32) & 0xFFFFu;
    uint32_t sequence = (uint32_t)report->token;
    if (group_index >= network->group_count) {
        return;
    }
    struct group *group = group_at(network, group_index);
    /* A frame stays in the ring until every gateway has reported, so late reports find it. */
    if (gateway_index >= group->gateway_count
            || sequence - group->head >= group->tail - group->head) {
        return;
    }
    on_result(network, group_index, gateway_index, sequence, report, now_ns);
    if (gateway_index < group->gateway_count) {
        arm(network, group_index, gateway_index);
    }
}

void network_group_flush(struct network *network, uint32_t group_index)
{
    struct group *group = group_at(network, group_index);
    for (uint32_t i = 0; i < group->gateway_count; i++) {
        const struct group_gateway *gateway = &group->gateways[i];
        uint32_t first = gateway->sequence + (gateway->unresolved ? 1u : 0u);
        for (uint32_t sequence = first; sequence != group->tail; sequence++) {
            frame_at(group, sequence)->remaining--;
        }
    }
    while (group->head != group->tail && frame_at(group, group->tail - 1u)->remaining == 0) {
        group->tail--;
    }
    while (group->head != group->tail && frame_at(group, group->head)->remaining == 0) {
        group->head++;
    }
    for (uint32_t i = 0; i < group->gateway_count; i++) {
        struct group_gateway *gateway = &group->gateways[i];
        gateway->skip_to = group->tail;
        gateway->sequence = gateway->unresolved ? gateway->sequence : group->tail;
    }
    group->on_air = false;
}
