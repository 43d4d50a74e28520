/* Gateways of a test: they keep every request, refuse what the test says, and put nothing on air.
 * SPDX-License-Identifier: MIT
 */
#include "models/network/fake_gateways.h"

#include <stdlib.h>
#include <string.h>

#include "region/region.h"

enum fake_event {
    EVENT_UPLINK,
    EVENT_REQUEST,
    EVENT_ON_AIR,
    EVENT_SENT,
    EVENT_ANSWER
};

static void schedule(
        struct gateway_fleet *fleet, sim_ns at_ns, enum fake_event event, uint32_t index)
{
    engine_schedule(fleet->engine, at_ns, SIM_PHASE_GATEWAY, fleet->entity, fleet->handler,
            (uint64_t)event << 32 | index);
}

static sim_ns airtime_ns(const struct gateway_tx *tx)
{
    return lora_time_on_air_ns(&tx->modulation, tx->size);
}

static void report(struct gateway_fleet *fleet, const struct fake_tx *entry,
        enum gateway_tx_result result, sim_ns now_ns)
{
    struct gateway_report message = { entry->gateway, entry->tx.token, result, entry->tx.at_ns,
        airtime_ns(&entry->tx) };
    network_gateway_sink.report(fleet->network, &message, now_ns);
}

enum gateway_tx_result fake_gateways_queue(
        struct gateway_fleet *fleet, uint32_t gateway, const struct gateway_tx *tx, sim_ns now_ns)
{
    const sim_ns before_ns = 31500000, margin_ns = 1000000;
    if (tx->at_ns - now_ns <= before_ns + margin_ns) {
        return GATEWAY_TX_TOO_LATE;
    }
    for (uint32_t i = fleet->count; i-- > 0;) {
        const struct fake_tx *other = &fleet->log[i];
        if (&other->tx == tx || other->gateway != gateway || other->result != GATEWAY_TX_ACCEPTED) {
            continue;
        }
        if (tx->at_ns - before_ns <= other->tx.at_ns + airtime_ns(&other->tx) + margin_ns
                && other->tx.at_ns - before_ns <= tx->at_ns + airtime_ns(tx) + margin_ns) {
            return GATEWAY_TX_COLLISION;
        }
    }
    return GATEWAY_TX_ACCEPTED;
}

static void on_event(void *context, sim_ns now_ns, entity_id entity, uint64_t argument)
{
    (void)entity;
    struct gateway_fleet *fleet = context;
    uint32_t index = (uint32_t)argument;
    switch ((enum fake_event)(argument >> 32)) {
    case EVENT_UPLINK:
        network_gateway_sink.uplink(fleet->network, &fleet->uplinks[index], now_ns);
        break;
    case EVENT_REQUEST: {
        struct fake_tx *entry = &fleet->log[index];
        if (entry->tx.timing == GATEWAY_TX_IMMEDIATE) {
            entry->tx.at_ns = now_ns + SIM_NS_PER_S;
        }
        entry->result = fleet->judge != NULL
                                ? fleet->judge(fleet->context, entry->gateway, &entry->tx, now_ns)
                                : fake_gateways_queue(fleet, entry->gateway, &entry->tx, now_ns);
        if (entry->result == GATEWAY_TX_ACCEPTED) {
            schedule(fleet, entry->tx.at_ns, EVENT_ON_AIR, index);
            schedule(fleet, entry->tx.at_ns + fleet->latency_ns, EVENT_SENT, index);
        }
        schedule(fleet, now_ns + fleet->latency_ns, EVENT_ANSWER, index);
        break;
    }
    case EVENT_ANSWER:
        report(fleet, &fleet->log[index], fleet->log[index].result, now_ns);
        break;
    case EVENT_ON_AIR:
        if (fleet->on_air != NULL) {
            struct gateway_tx tx = fleet->log[index].tx;
            fleet->on_air(fleet->context, fleet->log[index].gateway, &tx, now_ns);
        }
        break;
    case EVENT_SENT:
        report(fleet, &fleet->log[index], GATEWAY_TX_SENT, now_ns);
        break;
    }
}

struct gateway_fleet *fake_gateways_create(struct engine *engine, sim_ns latency_ns)
{
    struct gateway_fleet *fleet = calloc(1, sizeof *fleet);
    fleet->engine = engine;
    fleet->latency_ns = latency_ns;
    fleet->entity = engine_entity_add(engine, 1);
    fleet->handler = engine_handler_add(engine, on_event, fleet);
    return fleet;
}

void fake_gateways_destroy(struct gateway_fleet *fleet)
{
    free(fleet->log);
    free(fleet->uplinks);
    free(fleet);
}

void gateway_submit(struct gateway_fleet *fleet, uint32_t gateway, const struct gateway_tx *tx)
{
    if (fleet->count == fleet->capacity) {
        fleet->capacity = fleet->capacity == 0 ? 256 : 2 * fleet->capacity;
        fleet->log = realloc(fleet->log, fleet->capacity * sizeof *fleet->log);
    }
    struct fake_tx *entry = &fleet->log[fleet->count];
    entry->gateway = gateway;
    entry->tx = *tx;
    entry->submitted_ns = engine_now(fleet->engine);
    entry->result = GATEWAY_TX_FULL; /* until it is judged */
    schedule(fleet, entry->submitted_ns + fleet->latency_ns, EVENT_REQUEST, fleet->count++);
}

void fake_gateways_uplink(struct gateway_fleet *fleet, uint32_t gateway, sim_ns end_ns,
        uint8_t data_rate, int32_t snr_mdb, const uint8_t *bytes, uint16_t size)
{
    if (fleet->uplink_count == fleet->uplink_capacity) {
        fleet->uplink_capacity = fleet->uplink_capacity == 0 ? 64 : 2 * fleet->uplink_capacity;
        fleet->uplinks = realloc(fleet->uplinks, fleet->uplink_capacity * sizeof *fleet->uplinks);
    }
    struct lora_modulation modulation =
            region_uplink_modulation(&region_eu868, data_rate, 868300000u);
    struct gateway_uplink *uplink = &fleet->uplinks[fleet->uplink_count];
    *uplink = (struct gateway_uplink){
        .gateway = gateway,
        .size = size,
        .spreading_factor = modulation.spreading_factor,
        .frequency_hz = modulation.frequency_hz,
        .bandwidth_hz = modulation.bandwidth_hz,
        .rssi_mdbm = -117000 + snr_mdb,
        .snr_mdb = snr_mdb,
        .end_ns = end_ns,
        /* clocks agree to microseconds, unless a test makes one wrong */
        .stamped_ns = end_ns + (sim_ns)gateway * 1000 + (gateway == 0 ? fleet->stamp_error_ns : 0),
        .time_known = (fleet->without_gps >> gateway & 1u) == 0,
    };
    memcpy(uplink->bytes, bytes, size);
    schedule(fleet, end_ns + fleet->latency_ns, EVENT_UPLINK, fleet->uplink_count++);
}

uint32_t fake_gateways_accepted_count(const struct gateway_fleet *fleet)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < fleet->count; i++) {
        count += fleet->log[i].result == GATEWAY_TX_ACCEPTED ? 1 : 0;
    }
    return count;
}

const struct fake_tx *fake_gateways_accepted(const struct gateway_fleet *fleet, uint32_t n)
{
    for (uint32_t i = 0; i < fleet->count; i++) {
        if (fleet->log[i].result == GATEWAY_TX_ACCEPTED && n-- == 0) {
            return &fleet->log[i];
        }
    }
    return NULL;
}
