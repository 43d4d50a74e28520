/* What gateways say of multicast frames: the next try, or the next frame.
 * SPDX-License-Identifier: MIT
 *
 * A frame that no gateway has sent is asked for again, with growing pauses, and the frames after it
 * wait. A gateway that fails while others send skips the frames that they have sent.
 */
#include <assert.h>

#include "network/multicast_internal.h"
#include "observe.h"

#define TRIES_MAX   10u /* of one frame that others sent, refusals for duty cycle apart */
#define LEAD_MAX_NS (8 * SIM_NS_PER_S)
/* assumed: from one request to the next that a gateway did not answer, doubled each time: short
 * against the minutes of an outage, and a device listens for 2.3 J in the longest. */
#define PROBE_FIRST_NS (2 * SIM_NS_PER_S)
#define PROBE_MAX_NS   (60 * SIM_NS_PER_S)
/* assumed: one request in ten goes unanswered where the backhaul loses 5 % each way: four in a row
 * are chance once in 10000 frames. */
#define FAIL_OVER_AFTER 4u
/* Airtime that is spent has left a sliding hour an hour later (ETSI EN 300 220-2); a second half
 * hour is for what unicast takes meanwhile. */
#define WAIT_MAX_NS (INT64_C(5400) * SIM_NS_PER_S)

/* One gateway is done with one frame. Tells the application, and when it was the last of all. */
static void finish_frame(struct network *network, uint32_t group_index, uint32_t sequence,
        const struct gateway_report *report, sim_ns now_ns)
{
    struct group *group = group_at(network, group_index);
    struct group_frame *frame = group_frame_at(group, sequence);
    uint32_t fcnt = frame->fcnt;
    assert(frame->remaining > 0);
    frame->remaining--;
    while (group->head != group->tail && group_frame_at(group, group->head)->remaining == 0) {
        group->head++;
    }
    if (report->result == GATEWAY_TX_SENT) {
        engine_observe(network->engine, now_ns, network->entity, OBSERVE_NETWORK_DOWNLINK,
                group_index, fcnt, 0, NULL);
    }
    if (network->application.multicast_report != NULL) {
        network->application.multicast_report(network->application_context, group_index, fcnt,
                report->gateway, report->result, report->at_ns, now_ns);
    }
    if (group->head == group->tail && network->application.multicast_idle != NULL) {
        network->application.multicast_idle(network->application_context, group_index, now_ns);
    }
}

/* Leaves the frame at hand for the next, an interval later. */
static void advance(struct group *group, struct group_gateway *gateway)
{
    gateway->slot_ns += group_frame_at(group, gateway->sequence)->interval_ns;
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

/* The gateway did not take a request: the next one follows after a pause that grows. */
static void count_failure(
        struct network *network, struct group *group, struct group_gateway *gateway, sim_ns now_ns)
{
    sim_ns pause_ns = PROBE_FIRST_NS;
    for (uint32_t i = 0; i < gateway->failures && pause_ns < PROBE_MAX_NS; i++) {
        pause_ns *= 2;
    }
    gateway->probe_ns = now_ns + (pause_ns < PROBE_MAX_NS ? pause_ns : PROBE_MAX_NS);
    group_set_failures(group, gateway, gateway->failures + 1u);
    if (group->params.policy == MULTICAST_SINGLE && gateway->failures >= FAIL_OVER_AFTER) {
        group_fail_over(network, group);
    }
}

/* Sets the time of the next try. A collision is with a unicast answer: a step within one's turn may
 * pass it. What a duty cycle refuses waits for the next interval. */
static void retry_later(struct network *network, struct group *group, struct group_gateway *gateway,
        enum gateway_tx_result result)
{
    gateway->unresolved = false;
    if (result == GATEWAY_TX_TOO_LATE && group->lead_ns < LEAD_MAX_NS) {
        group->lead_ns *= 2;
    }
    if (result == GATEWAY_TX_COLLISION) {
        group_step_on(network, group, gateway);
        return;
    }
    gateway->step_ns = 0;
    gateway->slot_ns += group_frame_at(group, gateway->sequence)->interval_ns;
    group_plan_frame(network, group, gateway);
}

/* A refusal that another request cannot change, or a wait that is over; or a frame that others have
 * sent: what went unanswered may be on air all the same, and the members need one copy. A wait for
 * duty cycle ends by itself, so it costs no tries. */
static bool gives_up(const struct group_frame *frame, struct group_gateway *gateway,
        enum gateway_tx_result result, sim_ns now_ns)
{
    if (gateway->waits_until_ns == SIM_NS_NEVER) {
        gateway->waits_until_ns = now_ns + WAIT_MAX_NS;
    }
    gateway->tries += result == GATEWAY_TX_DUTY_CYCLE ? 0 : 1;
    return now_ns >= gateway->waits_until_ns || result == GATEWAY_TX_FREQUENCY
           || result == GATEWAY_TX_POWER
           || (frame->sent && (gateway->tries >= TRIES_MAX || result == GATEWAY_TX_NO_ANSWER));
}

/* A gateway that fails skips the frames that others have sent. */
static void skip_sent(
        struct network *network, uint32_t group_index, uint32_t gateway_index, sim_ns now_ns)
{
    struct group *group = group_at(network, group_index);
    while (gateway_index < group->gateway_count) {
        struct group_gateway *gateway = &group->gateways[gateway_index];
        uint32_t sequence = gateway->sequence;
        if (gateway->failures == 0 || gateway->unresolved || sequence == group->tail
                || !group_frame_at(group, sequence)->sent) {
            return;
        }
        struct gateway_report report = {
            .gateway = gateway->gateway,
            .result = GATEWAY_TX_NO_ANSWER,
        };
        advance(group, gateway);
        finish_frame(network, group_index, sequence, &report, now_ns);
    }
}

static void on_refused(struct network *network, uint32_t group_index, uint32_t gateway_index,
        const struct gateway_report *report, sim_ns now_ns)
{
    struct group *group = group_at(network, group_index);
    struct group_gateway *gateway = &group->gateways[gateway_index];
    uint32_t sequence = gateway->sequence;
    bool flushed = (int32_t)(gateway->skip_to - sequence) > 0;
    bool over =
            flushed || gives_up(group_frame_at(group, sequence), gateway, report->result, now_ns);
    bool fails = report->result == GATEWAY_TX_NO_ANSWER || gateway->tries >= TRIES_MAX;
    group->hurries = group->hurries && report->result != GATEWAY_TX_DUTY_CYCLE;
    if (fails) {
        count_failure(network, group, gateway, now_ns);
    }
    if (over) {
        advance(group, gateway);
        finish_frame(network, group_index, sequence, report, now_ns);
        skip_sent(network, group_index, gateway_index, now_ns);
    } else {
        retry_later(network, group, gateway, report->result);
    }
}

/* A gateway answers again: an outage that they had in common is over for the others too. */
static void wake_others(struct network *network, uint32_t group_index, uint32_t awake)
{
    struct group *group = group_at(network, group_index);
    for (uint32_t i = 0; i < group->gateway_count; i++) {
        struct group_gateway *gateway = &group->gateways[i];
        if (i != awake && gateway->failures > 0 && !gateway->unresolved) {
            group_set_failures(group, gateway, 0);
            gateway->probe_ns = 0;
            gateway->slot_ns = group->gateways[awake].slot_ns;
            gateway->timer_pending = false; /* what is pending comes too late, and finds no work */
            group_arm(network, group_index, i);
        }
    }
}

static void on_accepted(
        struct network *network, uint32_t group_index, uint32_t gateway_index, sim_ns now_ns)
{
    struct group *group = group_at(network, group_index);
    struct group_gateway *gateway = &group->gateways[gateway_index];
    sim_ns round_trip_ns = now_ns - gateway->submitted_ns;
    sim_ns lead_ns = 2 * round_trip_ns + 200 * SIM_NS_PER_MS;
    lead_ns = lead_ns < LEAD_MAX_NS ? lead_ns : LEAD_MAX_NS;
    group->lead_ns = lead_ns > group->lead_ns ? lead_ns : group->lead_ns;
    if (gateway->failures > 0) {
        wake_others(network, group_index, gateway_index);
    }
    gateway->ahead++;
    group_set_failures(group, gateway, 0);
    gateway->probe_ns = 0;
    advance(group, gateway);
}

static void on_result(struct network *network, uint32_t group_index, uint32_t gateway_index,
        uint32_t sequence, const struct gateway_report *report, sim_ns now_ns)
{
    struct group *group = group_at(network, group_index);
    struct group_gateway *gateway = &group->gateways[gateway_index];
    bool at_hand = gateway->unresolved && gateway->sequence == sequence;
    if (report->result == GATEWAY_TX_ACCEPTED) {
        if (at_hand) {
            on_accepted(network, group_index, gateway_index, now_ns);
        }
        return;
    }
    if (at_hand && report->result != GATEWAY_TX_SENT) {
        on_refused(network, group_index, gateway_index, report, now_ns);
        return;
    }
    if (at_hand) { /* its acceptance was lost */
        advance(group, gateway);
    } else { /* accepted before: it was sent, or dropped at the last moment */
        assert(gateway->ahead > 0);
        gateway->ahead--;
    }
    if (report->result == GATEWAY_TX_SENT) {
        group_frame_at(group, sequence)->sent = true;
        spent_airtime_add(&network->spent, report->gateway, group->params.frequency_hz,
                report->at_ns, report->airtime_ns);
    }
    finish_frame(network, group_index, sequence, report, now_ns);
    for (uint32_t i = 0; i < group->gateway_count && group->failing > 0; i++) {
        skip_sent(network, group_index, i, now_ns);
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
    /* The others have timers that it does not end, or wake_others() gave them new ones. */
    if (gateway_index < group->gateway_count) {
        group_arm(network, group_index, gateway_index);
    }
}
