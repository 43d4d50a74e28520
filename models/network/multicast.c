/* Multicast groups: one encrypted frame, sent by every gateway that the group needs.
 * SPDX-License-Identifier: MIT
 *
 * Frame k has a slot; slots are an interval apart, in which one gateway spends its share of the
 * duty cycle on one frame. Under MULTICAST_STAGGERED the interval is cut into turns and gateway g
 * sends in turn g, so that no two of them talk at once. Requests leave shortly before their time,
 * at most GATEWAY_AHEAD_MAX per gateway, so that unicast answers find room in between. A gateway
 * never sends a lower McFCnt after a higher one.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "network/network_internal.h"
#include "observe.h"

#define GATEWAY_AHEAD_MAX 2u  /* accepted frames not yet on air, per gateway */
#define TRIES_MAX         10u /* of one frame at one gateway */
#define TURN_STEPS        4   /* tries within one's turn before waiting for the next interval */
#define TURN_GUARD_NS     (20 * SIM_NS_PER_MS) /* between turns: end of one frame, next preamble */
#define LEAD_FIRST_NS     (500 * SIM_NS_PER_MS)
#define LEAD_MAX_NS       (8 * SIM_NS_PER_S)

struct group_frame {
    sim_ns slot_ns;
    sim_ns interval_ns;
    uint32_t fcnt;
    uint16_t remaining; /* gateways that neither sent nor refused it */
    uint16_t size;
    uint8_t bytes[LORAWAN_FRAME_MAX];
};

struct group_gateway {
    uint32_t gateway;
    uint32_t turn;
    uint32_t sequence; /* of the frame to submit next, or submitted and not yet accepted */
    uint32_t skip_to;  /* frames before this one were flushed */
    uint32_t ahead;    /* accepted, not yet sent */
    uint32_t tries;
    sim_ns lag_ns;  /* behind the slots, whole intervals */
    sim_ns step_ns; /* behind one's turn */
    sim_ns submitted_ns;
    bool unresolved; /* submitted, neither accepted nor refused */
    bool timer_pending;
};

struct group {
    struct network_group_params params;
    struct lorawan_key nwk_s_key;
    struct aes128_ctx app_s_key;
    struct lora_modulation modulation;
    int32_t power_mdbm;
    uint32_t fcnt; /* next */
    uint32_t *members;
    uint32_t member_count, member_capacity;
    struct group_gateway *gateways;
    uint32_t gateway_count;
    struct group_frame *frames; /* ring; frame `sequence` is at sequence & (capacity - 1) */
    uint32_t frame_capacity;
    uint32_t head, tail; /* sequences */
    sim_ns next_slot_ns;
    sim_ns lead_ns; /* request to start on air */
};

static struct group *group_at(const struct network *network, uint32_t group)
{
    assert(group < network->group_count);
    return &network->groups[group];
}

static struct group_frame *frame_at(const struct group *group, uint32_t sequence)
{
    assert(sequence - group->head < group->tail - group->head);
    return &group->frames[sequence & (group->frame_capacity - 1u)];
}

/* --- groups and members ---------------------------------------------------------------------- */

uint32_t network_group_create(struct network *network, const struct network_group_params *params)
{
    const struct region *region = network->params.region;
    assert(region_has_downlink(region, params->data_rate));
    if (network->groups == NULL) {
        network->groups = calloc(GROUPS_MAX, sizeof *network->groups);
    }
    if (network->groups == NULL || network->group_count == GROUPS_MAX) {
        return UINT32_MAX;
    }
    struct group *group = &network->groups[network->group_count];
    uint8_t app_s_key[16];
    uint8_t nwk_s_key[16];
    lorawan_mc_session_keys(params->mc_key, params->mc_addr, app_s_key, nwk_s_key);
    group->params = *params;
    lorawan_key_set(&group->nwk_s_key, nwk_s_key);
    aes128_set_encrypt_key(&group->app_s_key, app_s_key);
    group->modulation = region_downlink_modulation(region, params->data_rate, params->frequency_hz);
    int32_t max_mdbm = region_eirp_max_mdbm(region, params->frequency_hz);
    group->power_mdbm = params->power_mdbm == 0 ? max_mdbm : params->power_mdbm;
    group->lead_ns = LEAD_FIRST_NS;
    return network->group_count++;
}

void network_groups_finish(struct network *network)
{
    for (uint32_t i = 0; i < network->group_count; i++) {
        free(network->groups[i].members);
        free(network->groups[i].gateways);
        free(network->groups[i].frames);
    }
    free(network->groups);
    network->groups = NULL;
    network->group_count = 0;
}

bool network_group_add(struct network *network, uint32_t group_index, uint32_t device)
{
    assert(device < network->device_count);
    struct group *group = group_at(network, group_index);
    if (group->member_count == group->member_capacity) {
        uint32_t capacity = group->member_capacity == 0 ? 64 : group->member_capacity * 2;
        uint32_t *members = realloc(group->members, capacity * sizeof *members);
        if (members == NULL) {
            return false;
        }
        group->members = members;
        group->member_capacity = capacity;
    }
    group->members[group->member_count++] = device;
    return true;
}

/* Members whose best gateway each one is; returns how many gateways have any. A member that was
 * never heard is covered by whoever covers its neighbours. */
static uint32_t count_members(const struct network *network, const struct group *group,
        uint32_t *members_of, uint32_t *busiest)
{
    uint32_t needed = 0;
    *busiest = 0;
    memset(members_of, 0, network->gateway_count * sizeof *members_of);
    for (uint32_t i = 0; i < group->member_count; i++) {
        uint32_t gateway = network_best_gateway(network, group->members[i]);
        if (gateway < network->gateway_count) {
            needed += members_of[gateway] == 0 ? 1 : 0;
            members_of[gateway]++;
        }
    }
    for (uint32_t i = 0; i < network->gateway_count; i++) {
        *busiest = members_of[i] > members_of[*busiest] ? i : *busiest;
    }
    return needed;
}

sim_ns network_multicast_interval_ns(sim_ns airtime_ns, double duty_cycle, double duty_share)
{
    double share = duty_cycle * duty_share;
    if (share <= 0.0) { /* nobody may transmit there: the gateways will say so */
        return airtime_ns + TURN_GUARD_NS;
    }
    sim_ns interval_ns = (sim_ns)((double)airtime_ns / share + 0.5);
    sim_ns least_ns = airtime_ns + TURN_GUARD_NS;
    return interval_ns > least_ns ? interval_ns : least_ns;
}

static sim_ns group_interval_ns(
        const struct network *network, const struct group *group, uint32_t phy_size)
{
    return network_multicast_interval_ns(lora_time_on_air_ns(&group->modulation, phy_size),
            region_duty_cycle(network->params.region, group->params.frequency_hz),
            network->params.duty_share);
}

/* Turns that an interval has room for; with more gateways than that, some share one. */
static uint32_t turn_count(const struct group *group, sim_ns interval_ns, uint32_t phy_size)
{
    if (group->params.policy != MULTICAST_STAGGERED || group->gateway_count == 0) {
        return 1;
    }
    sim_ns turn_ns = lora_time_on_air_ns(&group->modulation, phy_size) + TURN_GUARD_NS;
    sim_ns turns = interval_ns / turn_ns;
    turns = turns < 1 ? 1 : turns;
    return turns < group->gateway_count ? (uint32_t)turns : group->gateway_count;
}

/* Chooses the gateways of the next frames: the members may have moved. */
static bool choose_gateways(const struct network *network, struct group *group)
{
    if (network->gateway_count == 0) {
        return false;
    }
    uint32_t *members_of = malloc(network->gateway_count * sizeof *members_of);
    if (members_of == NULL) {
        return false;
    }
    uint32_t busiest;
    uint32_t needed = count_members(network, group, members_of, &busiest);
    bool single = group->params.policy == MULTICAST_SINGLE || needed == 0;
    uint32_t count = single ? 1 : needed;
    struct group_gateway *gateways = realloc(group->gateways, count * sizeof *gateways);
    if (gateways == NULL) {
        free(members_of);
        return false;
    }
    memset(gateways, 0, count * sizeof *gateways);
    group->gateways = gateways;
    group->gateway_count = count;
    uint32_t at = 0;
    for (uint32_t i = 0; i < network->gateway_count && at < count; i++) {
        if (single ? i == busiest : members_of[i] > 0) {
            gateways[at].gateway = i;
            gateways[at].turn = at;
            gateways[at].sequence = group->tail;
            at++;
        }
    }
    free(members_of);
    return true;
}

sim_ns network_group_interval_ns(const struct network *network, uint32_t group_index, uint16_t size)
{
    return group_interval_ns(network, group_at(network, group_index), LORAWAN_OVERHEAD + size);
}

uint32_t network_group_waiting(const struct network *network, uint32_t group_index)
{
    const struct group *group = group_at(network, group_index);
    return group->tail - group->head;
}

/* --- schedule -------------------------------------------------------------------------------- */

/* When a gateway starts a frame, its turn and delays included. */
static sim_ns start_ns(const struct group *group, const struct group_gateway *gateway,
        const struct group_frame *frame)
{
    uint32_t turns = turn_count(group, frame->interval_ns, frame->size);
    sim_ns offset_ns = frame->interval_ns * (gateway->turn % turns) / turns;
    return frame->slot_ns + offset_ns + gateway->lag_ns + gateway->step_ns;
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
    sim_ns now_ns = engine_now(network->engine);
    sim_ns at_ns = start_ns(group, gateway, frame_at(group, gateway->sequence)) - group->lead_ns;
    gateway->timer_pending = true;
    engine_schedule(network->engine, at_ns > now_ns ? at_ns : now_ns, SIM_PHASE_NETWORK,
            network->entity, network->multicast_handler,
            (uint64_t)group_index << 32 | gateway_index);
}

/* Waits whole intervals until there is time enough to ask for this frame: keeps one's turn. */
static void catch_up(struct group_gateway *gateway, const struct group *group, sim_ns now_ns)
{
    const struct group_frame *frame = frame_at(group, gateway->sequence);
    sim_ns earliest_ns = now_ns + group->lead_ns / 2;
    if (start_ns(group, gateway, frame) >= earliest_ns) {
        return;
    }
    gateway->step_ns = 0;
    sim_ns late_ns = earliest_ns - start_ns(group, gateway, frame);
    gateway->lag_ns += (late_ns + frame->interval_ns - 1) / frame->interval_ns * frame->interval_ns;
}

void network_on_multicast_slot(void *context, sim_ns now_ns, entity_id entity, uint64_t argument)
{
    (void)entity;
    struct network *network = context;
    uint32_t group_index = (uint32_t)(argument >> 32);
    uint32_t gateway_index = (uint32_t)argument;
    struct group *group = group_at(network, group_index);
    if (gateway_index >= group->gateway_count) {
        return; /* flushed and chosen anew meanwhile */
    }
    struct group_gateway *gateway = &group->gateways[gateway_index];
    gateway->timer_pending = false;
    if (gateway->unresolved || gateway->ahead >= GATEWAY_AHEAD_MAX
            || gateway->sequence == group->tail) {
        return;
    }
    catch_up(gateway, group, now_ns);
    const struct group_frame *frame = frame_at(group, gateway->sequence);
    sim_ns at_ns = start_ns(group, gateway, frame);
    if (at_ns - group->lead_ns > now_ns) { /* the timer was for a frame since flushed */
        arm(network, group_index, gateway_index);
        return;
    }
    struct gateway_tx tx;
    tx.token = TOKEN_MULTICAST << TOKEN_KIND_SHIFT | (uint64_t)group_index << 48
               | (uint64_t)(gateway_index & 0xFFFFu) << 32 | gateway->sequence;
    tx.timing = GATEWAY_TX_AT;
    tx.at_ns = at_ns;
    tx.power_mdbm = group->power_mdbm;
    tx.modulation = group->modulation;
    tx.size = frame->size;
    memcpy(tx.bytes, frame->bytes, frame->size);
    gateway->unresolved = true;
    gateway->submitted_ns = now_ns;
    gateway_submit(network->gateways, gateway->gateway, &tx);
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

uint32_t network_group_enqueue(struct network *network, uint32_t group_index, uint8_t fport,
        const uint8_t *payload, uint16_t size, sim_ns not_before_ns)
{
    assert(fport > 0);
    struct group *group = group_at(network, group_index);
    if (size > region_downlink_payload_max(network->params.region, group->params.data_rate)
            || (group->tail - group->head == group->frame_capacity && !ring_grow(group))
            || (group->head == group->tail && !choose_gateways(network, group))) {
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
    frame->interval_ns = group_interval_ns(network, group, frame->size);
    sim_ns earliest_ns = engine_now(network->engine) + group->lead_ns;
    earliest_ns = earliest_ns > not_before_ns ? earliest_ns : not_before_ns;
    frame->slot_ns = earliest_ns > group->next_slot_ns ? earliest_ns : group->next_slot_ns;
    group->next_slot_ns = frame->slot_ns + frame->interval_ns;
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

/* Leaves the frame at hand for the next. */
static void advance(struct group_gateway *gateway)
{
    gateway->unresolved = false;
    gateway->tries = 0;
    gateway->step_ns = 0;
    gateway->sequence++;
    if ((int32_t)(gateway->skip_to - gateway->sequence) > 0) {
        gateway->sequence = gateway->skip_to;
    }
}

/* Sets the time of the next try. A collision is with a unicast answer: a few steps within one's
 * turn may pass it. What a duty cycle refuses waits for the next interval. */
static void retry_later(struct group *group, struct group_gateway *gateway,
        enum gateway_tx_result result, sim_ns now_ns)
{
    const struct group_frame *frame = frame_at(group, gateway->sequence);
    gateway->unresolved = false;
    if (result == GATEWAY_TX_TOO_LATE && group->lead_ns < LEAD_MAX_NS) {
        group->lead_ns *= 2;
    }
    uint32_t turns = turn_count(group, frame->interval_ns, frame->size);
    sim_ns slack_ns = frame->interval_ns / turns
                      - lora_time_on_air_ns(&group->modulation, frame->size) - TURN_GUARD_NS;
    sim_ns step_ns = slack_ns / TURN_STEPS;
    if (result == GATEWAY_TX_COLLISION && step_ns > TURN_GUARD_NS
            && gateway->step_ns + step_ns <= slack_ns) {
        gateway->step_ns += step_ns;
    } else {
        gateway->step_ns = 0;
        gateway->lag_ns += frame->interval_ns;
    }
    catch_up(gateway, group, now_ns);
}

/* What went unanswered may be on air all the same, and a gateway that is out must not hold up the
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
            advance(gateway);
        }
    } else if (!at_hand) { /* one accepted before: it was sent, or dropped at the last moment */
        assert(gateway->ahead > 0);
        gateway->ahead--;
        finish_frame(network, group_index, sequence, gateway_number, report, now_ns);
    } else if (report->result == GATEWAY_TX_SENT || ++gateway->tries >= TRIES_MAX
               || report->result == GATEWAY_TX_FREQUENCY || report->result == GATEWAY_TX_POWER
               || report->result == GATEWAY_TX_NO_ANSWER
               || (int32_t)(gateway->skip_to - sequence) > 0) {
        advance(gateway);
        finish_frame(network, group_index, sequence, gateway_number, report, now_ns);
    } else {
        retry_later(group, gateway, report->result, now_ns);
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
    /* Frames with a gateway in debt stay in the ring, so whoever answers is still there. */
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
    /* What nobody has asked for yet gives its slot back. */
    while (group->head != group->tail && frame_at(group, group->tail - 1u)->remaining == 0) {
        group->next_slot_ns = frame_at(group, group->tail - 1u)->slot_ns;
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
}
