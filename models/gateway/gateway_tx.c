/* Downlinks: acceptance, just-in-time hand-over, transmission, reports.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>

#include "gateway/gateway_internal.h"

static void report(struct gateway *gateway, const struct gateway_tx *tx,
        enum gateway_tx_result result, sim_ns at_ns, sim_ns airtime_ns)
{
    struct gateway_fleet *fleet = gateway->fleet;
    engine_observe(fleet->engine, engine_now(fleet->engine), gateway->entity, OBSERVE_GATEWAY_TX,
            (int64_t)tx->token, result, eu868_sub_band_of(tx->modulation.frequency_hz), NULL);
    uint32_t index = message_take(fleet, gateway->number);
    message_at(fleet, index)->as.report = (struct gateway_report){
        .gateway = gateway->number,
        .token = tx->token,
        .result = result,
        .at_ns = at_ns,
        .airtime_ns = airtime_ns,
    };
    backhaul_send_up(gateway, fleet->report_handler, index);
}

/* The time of an immediate request: where queue and duty cycle agree. Each turn moves forward, past
 * at least one queued frame. */
static enum gateway_tx_result find_time(struct gateway *gateway, const struct duty_limiter *limiter,
        sim_ns now_ns, sim_ns airtime_ns, sim_ns *at_ns)
{
    *at_ns = now_ns + TX_IMMEDIATE_NS;
    for (;;) {
        *at_ns = tx_queue_first_free(&gateway->queue, *at_ns, airtime_ns);
        sim_ns allowed_ns = duty_limiter_earliest(limiter, *at_ns, airtime_ns);
        if (allowed_ns == *at_ns) {
            return GATEWAY_TX_ACCEPTED;
        }
        if (allowed_ns == SIM_NS_NEVER || allowed_ns - now_ns > TX_TOO_EARLY_NS) {
            return GATEWAY_TX_DUTY_CYCLE;
        }
        *at_ns = allowed_ns;
    }
}

static enum gateway_tx_result check_time(const struct gateway *gateway,
        const struct duty_limiter *limiter, sim_ns now_ns, sim_ns at_ns, sim_ns airtime_ns)
{
    if (at_ns - now_ns <= TX_TOO_LATE_NS) {
        return GATEWAY_TX_TOO_LATE;
    }
    if (at_ns - now_ns > TX_TOO_EARLY_NS) {
        return GATEWAY_TX_TOO_EARLY;
    }
    if (tx_queue_collides(&gateway->queue, at_ns, airtime_ns)) {
        return GATEWAY_TX_COLLISION;
    }
    if (!duty_limiter_allows(limiter, at_ns, airtime_ns)) {
        return GATEWAY_TX_DUTY_CYCLE;
    }
    return GATEWAY_TX_ACCEPTED;
}

static enum gateway_tx_result accept(struct gateway *gateway, const struct gateway_tx *tx,
        sim_ns now_ns, sim_ns airtime_ns, sim_ns *at_ns)
{
    int band = eu868_sub_band_of(tx->modulation.frequency_hz);
    if (band < 0) {
        return GATEWAY_TX_FREQUENCY;
    }
    if (tx->power_mdbm > eu868_sub_bands[band].erp_max_mdbm + GATEWAY_ERP_TO_EIRP_MDB) {
        return GATEWAY_TX_POWER;
    }
    tx_queue_advance(&gateway->queue, now_ns);
    if (tx_queue_full(&gateway->queue, now_ns)) {
        return GATEWAY_TX_FULL;
    }
    struct duty_limiter *limiter = &gateway->limiters[band];
    enum gateway_tx_result result;
    if (tx->timing == GATEWAY_TX_IMMEDIATE) {
        result = find_time(gateway, limiter, now_ns, airtime_ns, at_ns);
    } else {
        result = check_time(gateway, limiter, now_ns, *at_ns, airtime_ns);
    }
    if (result == GATEWAY_TX_ACCEPTED) {
        tx_queue_insert(&gateway->queue, *at_ns, airtime_ns);
        duty_limiter_reserve(limiter, now_ns, *at_ns, airtime_ns);
    }
    return result;
}

void gateway_request_arrives(void *context, sim_ns now_ns, entity_id entity, uint64_t argument)
{
    struct gateway_fleet *fleet = context;
    uint32_t index = (uint32_t)argument;
    struct message *message = message_at(fleet, index);
    struct gateway *gateway = &fleet->gateways[message->gateway];
    struct gateway_tx *tx = &message->as.tx;
    sim_ns airtime_ns = lora_time_on_air_ns(&tx->modulation, tx->size);
    sim_ns at_ns = tx->at_ns;
    enum gateway_tx_result result = accept(gateway, tx, now_ns, airtime_ns, &at_ns);
    report(gateway, tx, result, at_ns, airtime_ns);
    if (result != GATEWAY_TX_ACCEPTED) {
        gateway->stats.rejected[result]++;
        message_give(fleet, index);
        return;
    }
    tx->at_ns = at_ns;
    engine_schedule(fleet->engine, at_ns - TX_JIT_DELAY_NS, SIM_PHASE_GATEWAY, gateway->entity,
            fleet->hand_over_handler, index);
}

/* The concentrator gets the frame and starts it by its own counter. */
void gateway_hand_over(void *context, sim_ns now_ns, entity_id entity, uint64_t argument)
{
    struct gateway_fleet *fleet = context;
    const struct message *message = message_at(fleet, (uint32_t)argument);
    const struct gateway_tx *tx = &message->as.tx;
    medium_transmit_gateway(fleet->medium, message->gateway, tx->at_ns, &tx->modulation,
            tx->power_mdbm, tx->bytes, tx->size);
    engine_schedule(
            fleet->engine, tx->at_ns, SIM_PHASE_GATEWAY, entity, fleet->on_air_handler, argument);
}

void gateway_on_air(void *context, sim_ns now_ns, entity_id entity, uint64_t argument)
{
    struct gateway_fleet *fleet = context;
    uint32_t index = (uint32_t)argument;
    const struct message *message = message_at(fleet, index);
    const struct gateway_tx *tx = &message->as.tx;
    struct gateway *gateway = &fleet->gateways[message->gateway];
    sim_ns airtime_ns = lora_time_on_air_ns(&tx->modulation, tx->size);
    assert(gateway->tx_until_ns <= now_ns); /* one transmission at a time per board */
    gateway->tx_until_ns = now_ns + airtime_ns;
    gateway_stop_receptions(gateway);
    gateway->stats.transmitted++;
    gateway->stats.airtime_ns += airtime_ns;
    sim_ns excess_ns = duty_auditor_frame(
            gateway->auditor, tx->modulation.frequency_hz, now_ns, now_ns + airtime_ns);
    if (excess_ns > 0) {
        gateway->stats.duty_violations++;
        engine_observe(fleet->engine, now_ns, gateway->entity, OBSERVE_DUTY_VIOLATION,
                eu868_sub_band_of(tx->modulation.frequency_hz), excess_ns / SIM_NS_PER_US, 0, NULL);
    }
    report(gateway, tx, GATEWAY_TX_SENT, now_ns, airtime_ns);
    message_give(fleet, index);
}

void gateway_submit(struct gateway_fleet *fleet, uint32_t gateway, const struct gateway_tx *tx)
{
    assert(gateway < fleet->count);
    assert(tx->size <= LORA_FRAME_SIZE_MAX);
    uint32_t index = message_take(fleet, gateway);
    message_at(fleet, index)->as.tx = *tx;
    backhaul_send_down(&fleet->gateways[gateway], fleet->request_handler, index);
}
