/* Messages between gateway and server: latency, jitter, order.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
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

static void add_block(struct gateway_fleet *fleet)
{
    uint32_t block = fleet->block_count++;
    fleet->blocks = realloc(fleet->blocks, fleet->block_count * sizeof(struct message *));
    assert(fleet->blocks != NULL);
    fleet->blocks[block] = malloc(MESSAGE_BLOCK * sizeof(struct message));
    assert(fleet->blocks[block] != NULL);
    for (uint32_t i = MESSAGE_BLOCK; i > 0; i--) {
        message_give(fleet, block * MESSAGE_BLOCK + i - 1);
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
    return index;
}

void message_give(struct gateway_fleet *fleet, uint32_t index)
{
    message_at(fleet, index)->next_free = fleet->free_message;
    fleet->free_message = index;
}

void messages_finish(struct gateway_fleet *fleet)
{
    for (uint32_t i = 0; i < fleet->block_count; i++) {
        free(fleet->blocks[i]);
    }
    free(fleet->blocks);
}

/* One draw per message, uniform in latency +- jitter. */
static sim_ns delay_ns(struct gateway *gateway)
{
    const struct gateway_params *params = &gateway->fleet->params;
    uint32_t word[4];
    random_block(engine_seed(gateway->fleet->engine), gateway->entity, RANDOM_BACKHAUL,
            gateway->messages++, word);
    uint64_t span_ns = 2 * (uint64_t)params->backhaul_jitter_ns + 1;
    uint64_t draw = (uint64_t)word[0] << 32 | word[1];
    sim_ns delay_ns =
            params->backhaul_latency_ns - params->backhaul_jitter_ns + (sim_ns)(draw % span_ns);
    return delay_ns > DELAY_MIN_NS ? delay_ns : DELAY_MIN_NS;
}

static sim_ns arrival_ns(struct gateway *gateway, sim_ns *previous_ns)
{
    sim_ns at_ns = engine_now(gateway->fleet->engine) + delay_ns(gateway);
    if (at_ns < *previous_ns) {
        at_ns = *previous_ns;
    }
    *previous_ns = at_ns;
    return at_ns;
}

void backhaul_send_up(struct gateway *gateway, uint16_t handler, uint32_t message)
{
    engine_schedule(gateway->fleet->engine, arrival_ns(gateway, &gateway->up_until_ns),
            SIM_PHASE_NETWORK, gateway->entity, handler, message);
}

void backhaul_send_down(struct gateway *gateway, uint16_t handler, uint32_t message)
{
    engine_schedule(gateway->fleet->engine, arrival_ns(gateway, &gateway->down_until_ns),
            SIM_PHASE_GATEWAY, gateway->entity, handler, message);
}

void backhaul_uplink_arrives(void *context, sim_ns now_ns, entity_id entity, uint64_t argument)
{
    struct gateway_fleet *fleet = context;
    uint32_t index = (uint32_t)argument;
    fleet->sink->uplink(fleet->sink_context, &message_at(fleet, index)->as.uplink, now_ns);
    message_give(fleet, index);
}

void backhaul_report_arrives(void *context, sim_ns now_ns, entity_id entity, uint64_t argument)
{
    struct gateway_fleet *fleet = context;
    uint32_t index = (uint32_t)argument;
    struct gateway_report report = message_at(fleet, index)->as.report;
    message_give(fleet, index); /* the sink may submit at once: the slot serves again */
    fleet->sink->report(fleet->sink_context, &report, now_ns);
}
