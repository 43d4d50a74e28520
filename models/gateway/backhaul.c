/* Messages between gateway and server: latency, jitter, order, loss.
 * SPDX-License-Identifier: MIT
 *
 * A message is lost that is sent in an outage of the backhaul, or has not arrived when one begins.
 * Which of those on their way are lost is seen when they would arrive: nothing knows of an outage
 * before it begins.
 */
#include <assert.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

#include "gateway/gateway_internal.h"
#include "random_stream.h"

#define MESSAGE_BLOCK 64u
#define DELAY_MIN_NS  SIM_NS_PER_MS

struct message *message_at(struct gateway_fleet *fleet, uint32_t index)
{
    assert(index / MESSAGE_BLOCK < fleet->block_count);
    return &fleet->blocks[index / MESSAGE_BLOCK][index % MESSAGE_BLOCK];
}

static void put_free(struct gateway_fleet *fleet, uint32_t index)
{
    message_at(fleet, index)->next_free = fleet->free_message;
    fleet->free_message = index;
}

static void add_block(struct gateway_fleet *fleet)
{
    struct run_memory *memory = engine_memory(fleet->engine);
    uint32_t block = fleet->block_count;
    fleet->blocks = run_memory_grow(memory, fleet->blocks, (block + 1) * sizeof(struct message *));
    fleet->blocks[block] = run_memory_grow(memory, NULL, MESSAGE_BLOCK * sizeof(struct message));
    fleet->block_count++;
    for (uint32_t i = MESSAGE_BLOCK; i > 0; i--) {
        put_free(fleet, block * MESSAGE_BLOCK + i - 1);
    }
}

uint32_t message_take(struct gateway_fleet *fleet, uint32_t gateway)
{
    if (fleet->free_message == NO_MESSAGE) {
        add_block(fleet);
    }
    uint32_t index = fleet->free_message;
    struct message *message = message_at(fleet, index);
    fleet->free_message = message->next_free;
    message->gateway = gateway;
    message->holders = 1;
    message->given_up = false;
    message->beacon = false;
    return index;
}

void message_give(struct gateway_fleet *fleet, uint32_t index)
{
    struct message *message = message_at(fleet, index);
    assert(message->holders > 0);
    if (--message->holders == 0) {
        put_free(fleet, index);
    }
}

void messages_finish(struct gateway_fleet *fleet)
{
    for (uint32_t i = 0; i < fleet->block_count; i++) {
        free(fleet->blocks[i]);
    }
    free(fleet->blocks);
}

/* How long the sender of a request waits for its answer: both ways, late ones too, and the 100 ms
 * after which the packet forwarder's protocol gives up (spec-physics section 6). */
static sim_ns patience_ns(const struct gateway_params *params)
{
    return 2 * (params->backhaul_latency_ns + 4 * params->backhaul_jitter_ns) + 100 * SIM_NS_PER_MS;
}

static sim_ns lognormal_ns(const struct gateway_params *params, uint64_t draw)
{
    double mean_ns = (double)params->backhaul_latency_ns;
    if (params->backhaul_latency_ns == 0) {
        return 0;
    }
    double variation = (double)params->backhaul_jitter_ns / mean_ns;
    double sigma2 = log1p(variation * variation);
    double uniform = ((double)(draw >> 12) + 0.5) * 0x1p-52;
    return (sim_ns)llround(
            mean_ns * exp(sqrt(sigma2) * gsl_cdf_ugaussian_Pinv(uniform) - sigma2 / 2));
}

static sim_ns delay_ns(const struct gateway_params *params, uint64_t draw)
{
    sim_ns delay_ns = 0;
    switch (params->backhaul_law) {
    case GATEWAY_JITTER_UNIFORM: {
        uint64_t span_ns = 2 * (uint64_t)params->backhaul_jitter_ns + 1;
        delay_ns =
                params->backhaul_latency_ns - params->backhaul_jitter_ns + (sim_ns)(draw % span_ns);
        break;
    }
    case GATEWAY_JITTER_LOGNORMAL:
        delay_ns = lognormal_ns(params, draw);
        break;
    }
    return delay_ns > DELAY_MIN_NS ? delay_ns : DELAY_MIN_NS;
}

enum fate {
    FATE_ARRIVES,
    FATE_LOST_BY_CHANCE, /* as any message may be */
    FATE_LOST_IN_OUTAGE,
    FATE_LOST_BY_FAULT /* between gateway_loss_begin() and its end */
};

static void count_loss(struct gateway_stats *stats, enum fate fate, bool up)
{
    uint64_t *const counts[][2] = {
        [FATE_LOST_BY_CHANCE] = { &stats->backhaul_lost_down, &stats->backhaul_lost_up },
        [FATE_LOST_IN_OUTAGE] = { &stats->outage_lost_down, &stats->outage_lost_up },
        [FATE_LOST_BY_FAULT] = { &stats->fault_lost_down, &stats->fault_lost_up },
    };
    assert(fate != FATE_ARRIVES);
    ++*counts[fate][up];
}

/* One block of draws per message. */
static enum fate travel(
        struct gateway *gateway, struct message *message, sim_ns *previous_ns, sim_ns *arrival_ns)
{
    const struct gateway_params *params = &gateway->fleet->params;
    sim_ns now_ns = engine_now(gateway->fleet->engine);
    uint32_t word[4];
    random_block(engine_seed(gateway->fleet->engine), gateway->entity, RANDOM_BACKHAUL,
            gateway->messages++, word);
    *arrival_ns = now_ns + delay_ns(params, (uint64_t)word[0] << 32 | word[1]);
    if (word[2] < params->backhaul_loss * 0x1p32) {
        return FATE_LOST_BY_CHANCE;
    }
    if (gateway->out[GATEWAY_OUTAGE_BACKHAUL] > 0) {
        return FATE_LOST_IN_OUTAGE;
    }
    if (word[3] < gateway->loss_q32) {
        return FATE_LOST_BY_FAULT;
    }
    message->sent_ns = now_ns;
    message->backhaul_outages = gateway->outages[GATEWAY_OUTAGE_BACKHAUL];
    if (*arrival_ns < *previous_ns) {
        *arrival_ns = *previous_ns;
    }
    *previous_ns = *arrival_ns;
    return FATE_ARRIVES;
}

/* An outage began while the message that arrives now was on its way. */
static bool was_lost(const struct gateway *gateway, const struct message *message)
{
    return message->backhaul_outages != gateway->outages[GATEWAY_OUTAGE_BACKHAUL];
}

static bool send_up(struct gateway *gateway, uint16_t handler, uint32_t message)
{
    sim_ns at_ns;
    struct message *sent = message_at(gateway->fleet, message);
    enum fate fate = travel(gateway, sent, &gateway->up_until_ns, &at_ns);
    if (fate != FATE_ARRIVES) {
        count_loss(&gateway->stats, fate, true);
        message_give(gateway->fleet, message);
        return false;
    }
    engine_schedule(
            gateway->fleet->engine, at_ns, SIM_PHASE_NETWORK, gateway->entity, handler, message);
    return true;
}

void backhaul_send_uplink(struct gateway *gateway, uint32_t message)
{
    struct gateway_fleet *fleet = gateway->fleet;
    const struct gateway_uplink *uplink = &message_at(fleet, message)->as.uplink;
    if (send_up(gateway, fleet->uplink_handler, message) && fleet->sink->prefetch != NULL) {
        fleet->sink->prefetch(fleet->sink_context, uplink);
    }
}

void backhaul_give_up(struct gateway *gateway, struct message *request, sim_ns from_ns)
{
    struct gateway_fleet *fleet = gateway->fleet;
    if (request->given_up) {
        return;
    }
    request->given_up = true;
    gateway->stats.rejected[GATEWAY_TX_NO_ANSWER]++;
    uint32_t index = message_take(fleet, gateway->number);
    message_at(fleet, index)->as.report = (struct gateway_report){
        .gateway = gateway->number,
        .token = request->as.tx.token,
        .result = GATEWAY_TX_NO_ANSWER,
    };
    sim_ns at_ns = from_ns + patience_ns(&fleet->params);
    if (at_ns < gateway->up_until_ns) {
        at_ns = gateway->up_until_ns; /* after what did come back */
    }
    if (at_ns < engine_now(fleet->engine)) {
        at_ns = engine_now(fleet->engine); /* it would have come later than patience lasts */
    }
    engine_schedule(fleet->engine, at_ns, SIM_PHASE_NETWORK, gateway->entity,
            fleet->give_up_handler, index);
}

void backhaul_send_report(
        struct gateway *gateway, uint32_t request, const struct gateway_report *report)
{
    struct gateway_fleet *fleet = gateway->fleet;
    uint32_t index = message_take(fleet, gateway->number);
    message_at(fleet, index)->request = request;
    message_at(fleet, index)->as.report = *report;
    if (send_up(gateway, fleet->report_handler, index)) {
        message_at(fleet, request)->holders++;
    } else {
        backhaul_give_up(gateway, message_at(fleet, request), engine_now(fleet->engine));
    }
}

void backhaul_send_request(struct gateway *gateway, uint32_t message)
{
    struct gateway_fleet *fleet = gateway->fleet;
    sim_ns at_ns;
    struct message *request = message_at(fleet, message);
    enum fate fate = travel(gateway, request, &gateway->down_until_ns, &at_ns);
    if (fate == FATE_ARRIVES) {
        engine_schedule(fleet->engine, at_ns, SIM_PHASE_GATEWAY, gateway->entity,
                fleet->request_handler, message);
        return;
    }
    count_loss(&gateway->stats, fate, false);
    backhaul_give_up(gateway, request, engine_now(fleet->engine));
    message_give(fleet, message);
}

bool backhaul_loses_request(struct gateway *gateway, uint32_t message)
{
    struct message *request = message_at(gateway->fleet, message);
    if (!was_lost(gateway, request) && gateway->out[GATEWAY_OUTAGE_POWER] == 0) {
        return false;
    }
    gateway->stats.outage_lost_down++;
    backhaul_give_up(gateway, request, request->sent_ns);
    message_give(gateway->fleet, message);
    return true;
}

void backhaul_uplink_arrives(void *context, sim_ns now_ns, entity_id entity, uint64_t argument)
{
    struct gateway_fleet *fleet = context;
    uint32_t index = (uint32_t)argument;
    const struct message *message = message_at(fleet, index);
    struct gateway *gateway = &fleet->gateways[message->gateway];
    if (was_lost(gateway, message)) {
        gateway->stats.outage_lost_up++;
    } else {
        fleet->sink->uplink(fleet->sink_context, &message->as.uplink, now_ns);
    }
    message_give(fleet, index);
}

/* An acceptance is the first answer: what was given up before it arrives, was so for a later one.
 */
void backhaul_report_arrives(void *context, sim_ns now_ns, entity_id entity, uint64_t argument)
{
    struct gateway_fleet *fleet = context;
    uint32_t index = (uint32_t)argument;
    const struct message *message = message_at(fleet, index);
    struct gateway_report report = message->as.report;
    struct gateway *gateway = &fleet->gateways[message->gateway];
    struct message *request = message_at(fleet, message->request);
    bool lost = was_lost(gateway, message);
    if (lost) {
        gateway->stats.outage_lost_up++;
        backhaul_give_up(gateway, request, message->sent_ns);
    }
    bool handed_on = !lost && (report.result == GATEWAY_TX_ACCEPTED || !request->given_up);
    message_give(fleet, message->request);
    message_give(fleet, index); /* the sink may submit at once: the slot serves again */
    if (handed_on) {
        fleet->sink->report(fleet->sink_context, &report, now_ns);
    }
}

void backhaul_gives_up(void *context, sim_ns now_ns, entity_id entity, uint64_t argument)
{
    struct gateway_fleet *fleet = context;
    uint32_t index = (uint32_t)argument;
    struct gateway_report report = message_at(fleet, index)->as.report;
    message_give(fleet, index); /* the sink may submit at once: the slot serves again */
    fleet->sink->report(fleet->sink_context, &report, now_ns);
}
