/* Downlinks: acceptance, just-in-time hand-over, transmission, reports.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>

#include "gateway/gateway_internal.h"

static void report(struct gateway *gateway, uint32_t request, enum gateway_tx_result result,
        sim_ns at_ns, sim_ns airtime_ns)
{
    struct gateway_fleet *fleet = gateway->fleet;
    const struct message *message = message_at(fleet, request);
    const struct gateway_tx *tx = &message->as.tx;
    engine_observe(fleet->engine, engine_now(fleet->engine), gateway->entity, OBSERVE_GATEWAY_TX,
            (int64_t)tx->token, result,
            region_band_of(fleet->params.region, tx->modulation.frequency_hz), NULL);
    if (message->given_up) {
        return;
    }
    struct gateway_report report = {
        .gateway = gateway->number,
        .token = tx->token,
        .result = result,
        .at_ns = at_ns,
        .airtime_ns = airtime_ns,
    };
    backhaul_send_report(gateway, request, &report);
}

/* The time of an immediate request: where queue, duty cycle and beacons agree. Each turn moves
 * forward, past at least one queued frame or beacon. */
static enum gateway_tx_result find_time(struct gateway *gateway, const struct duty_limiter *limiter,
        sim_ns now_ns, sim_ns airtime_ns, sim_ns *at_ns)
{
    *at_ns = now_ns + TX_IMMEDIATE_NS;
    for (;;) {
        *at_ns = tx_queue_first_free(&gateway->queue, *at_ns, airtime_ns);
        sim_ns allowed_ns = duty_limiter_earliest(limiter, *at_ns, airtime_ns);
        if (allowed_ns == *at_ns
                && !beacon_collides(
                        &gateway->fleet->params, *at_ns, airtime_ns, false, &allowed_ns)) {
            return GATEWAY_TX_ACCEPTED;
        }
        if (allowed_ns == SIM_NS_NEVER || allowed_ns - now_ns > TX_TOO_EARLY_NS) {
            return GATEWAY_TX_DUTY_CYCLE;
        }
        *at_ns = allowed_ns;
    }
}

static enum gateway_tx_result check_time(const struct gateway *gateway,
        const struct duty_limiter *limiter, sim_ns now_ns, sim_ns at_ns, sim_ns airtime_ns,
        bool class_b)
{
    sim_ns free_at_ns;
    if (at_ns - now_ns <= TX_TOO_LATE_NS) {
        return GATEWAY_TX_TOO_LATE;
    }
    if (at_ns - now_ns > TX_TOO_EARLY_NS) {
        return GATEWAY_TX_TOO_EARLY;
    }
    if (tx_queue_collides(&gateway->queue, at_ns, airtime_ns)) {
        return GATEWAY_TX_COLLISION;
    }
    if (beacon_collides(&gateway->fleet->params, at_ns, airtime_ns, class_b, &free_at_ns)) {
        return GATEWAY_TX_COLLISION_BEACON;
    }
    if (!duty_limiter_allows(limiter, at_ns, airtime_ns)) {
        return GATEWAY_TX_DUTY_CYCLE;
    }
    return GATEWAY_TX_ACCEPTED;
}

static enum gateway_tx_result accept(struct gateway *gateway, const struct gateway_tx *tx,
        sim_ns now_ns, sim_ns airtime_ns, sim_ns *at_ns)
{
    const struct region *region = gateway->fleet->params.region;
    int band = region_band_of(region, tx->modulation.frequency_hz);
    if (band < 0) {
        return GATEWAY_TX_FREQUENCY;
    }
    if (tx->power_mdbm > region->bands[band].eirp_gateway_mdbm) {
        return GATEWAY_TX_POWER;
    }
    if (tx->timing == GATEWAY_TX_AT_GPS) {
        if (gateway->fleet->params.clock.source == GATEWAY_CLOCK_FREE) {
            return GATEWAY_TX_GPS_UNLOCKED;
        }
        *at_ns = gateway_clock_start_ns(gateway, *at_ns);
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
        result = check_time(
                gateway, limiter, now_ns, *at_ns, airtime_ns, tx->timing == GATEWAY_TX_AT_GPS);
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
    if (backhaul_loses_request(gateway, index)) {
        return;
    }
    if (fleet->params.downlink_crc) {
        tx->modulation.payload_crc = true;
    }
    sim_ns airtime_ns = lora_time_on_air_ns(&tx->modulation, tx->size);
    sim_ns at_ns = tx->at_ns;
    enum gateway_tx_result result = accept(gateway, tx, now_ns, airtime_ns, &at_ns);
    report(gateway, index, result, at_ns, airtime_ns);
    if (result != GATEWAY_TX_ACCEPTED) {
        gateway->stats.rejected[result]++;
        message_give(fleet, index);
        return;
    }
    message->power_outages = gateway->outages[GATEWAY_OUTAGE_POWER];
    tx->at_ns = at_ns;
    engine_schedule(fleet->engine, at_ns - TX_JIT_DELAY_NS, SIM_PHASE_GATEWAY, gateway->entity,
            fleet->hand_over_handler, index);
}

/* True: the gateway has been without power since the frame came into its queue. Nothing will come
 * of it, and it is freed. */
static bool lost_power(struct gateway *gateway, uint32_t index)
{
    struct message *message = message_at(gateway->fleet, index);
    if (message->power_outages == gateway->outages[GATEWAY_OUTAGE_POWER]
            && gateway->out[GATEWAY_OUTAGE_POWER] == 0) {
        return false;
    }
    gateway->stats.cut_off++;
    backhaul_give_up(gateway, message, message->as.tx.at_ns);
    message_give(gateway->fleet, index);
    return true;
}

/* The concentrator gets the frame and starts it by its own counter. */
void gateway_hand_over(void *context, sim_ns now_ns, entity_id entity, uint64_t argument)
{
    struct gateway_fleet *fleet = context;
    uint32_t index = (uint32_t)argument;
    struct message *message = message_at(fleet, index);
    struct gateway *gateway = &fleet->gateways[message->gateway];
    const struct gateway_tx *tx = &message->as.tx;
    if (message->beacon) { /* made again after an outage */
        message->power_outages = gateway->outages[GATEWAY_OUTAGE_POWER];
    }
    if (lost_power(gateway, index)) {
        return;
    }
    gateway->sending = medium_transmit_gateway(fleet->medium, message->gateway, tx->at_ns,
            &tx->modulation, tx->power_mdbm, tx->bytes, tx->size);
    gateway->sending_until_ns = tx->at_ns + lora_time_on_air_ns(&tx->modulation, tx->size);
    engine_schedule(
            fleet->engine, tx->at_ns, SIM_PHASE_GATEWAY, entity, fleet->on_air_handler, argument);
}

static void audit(struct gateway *gateway, uint32_t frequency_hz, sim_ns start_ns, sim_ns end_ns)
{
    sim_ns excess_ns = duty_auditor_frame(gateway->auditor, frequency_hz, start_ns, end_ns);
    if (excess_ns > 0) {
        gateway->stats.duty_violations++;
        engine_observe(gateway->fleet->engine, start_ns, gateway->entity, OBSERVE_DUTY_VIOLATION,
                region_band_of(gateway->fleet->params.region, frequency_hz),
                excess_ns / SIM_NS_PER_US, 0, NULL);
    }
}

void gateway_on_air(void *context, sim_ns now_ns, entity_id entity, uint64_t argument)
{
    struct gateway_fleet *fleet = context;
    uint32_t index = (uint32_t)argument;
    const struct message *message = message_at(fleet, index);
    const struct gateway_tx *tx = &message->as.tx;
    struct gateway *gateway = &fleet->gateways[message->gateway];
    if (lost_power(gateway, index)) {
        return;
    }
    sim_ns airtime_ns = lora_time_on_air_ns(&tx->modulation, tx->size);
    sim_ns end_ns = now_ns + airtime_ns;
    assert(gateway->tx_until_ns <= now_ns); /* one transmission at a time per board */
    gateway->tx_until_ns = end_ns;
    gateway_stop_receptions(gateway);
    *(message->beacon ? &gateway->stats.beacons : &gateway->stats.transmitted) += 1;
    gateway->stats.airtime_ns += airtime_ns;
    audit(gateway, tx->modulation.frequency_hz, now_ns, end_ns);
    if (!message->beacon) {
        report(gateway, index, GATEWAY_TX_SENT, now_ns, airtime_ns);
    }
    message_give(fleet, index);
}

/* A frame that was handed over and is not on the air yet is counted when it would start. Duty
 * cycle stays booked: how long a gateway has to be silent must not depend on a memory that loses
 * power. */
void gateway_stop_transmissions(struct gateway *gateway)
{
    sim_ns now_ns = engine_now(gateway->fleet->engine);
    if (now_ns < gateway->sending_until_ns) {
        uint32_t frequency_hz = gateway->sending->modulation.frequency_hz;
        medium_abort(gateway->fleet->medium, gateway->sending, now_ns);
        gateway->sending_until_ns = now_ns;
        if (now_ns < gateway->tx_until_ns) {
            gateway->stats.cut_off++;
            gateway->stats.airtime_ns -= gateway->tx_until_ns - now_ns;
            gateway->tx_until_ns = now_ns;
            duty_auditor_cut(gateway->auditor, frequency_hz, now_ns);
        }
    }
    gateway->queue.count = 0;
}

void gateway_submit(struct gateway_fleet *fleet, uint32_t gateway, const struct gateway_tx *tx)
{
    assert(gateway < fleet->count);
    assert(tx->size <= LORA_FRAME_SIZE_MAX);
    uint32_t index = message_take(fleet, gateway);
    message_at(fleet, index)->as.tx = *tx;
    backhaul_send_request(&fleet->gateways[gateway], index);
}
