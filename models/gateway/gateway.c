/* Gateways of a run: creation, connection, statistics.
 * SPDX-License-Identifier: MIT
 */
#include "gateway/gateway.h"

#include <assert.h>
#include <stdlib.h>

#include "gateway/gateway_internal.h"

static bool gateway_init(
        struct gateway_fleet *fleet, struct gateway *gateway, uint32_t number, entity_id entity)
{
    gateway->fleet = fleet;
    gateway->number = number;
    gateway->entity = entity;
    gateway->auditor = duty_auditor_create();
    assert(eu868_sub_band_count <= SUB_BANDS_MAX);
    for (uint32_t i = 0; i < eu868_sub_band_count; i++) {
        duty_limiter_init(
                &gateway->limiters[i], eu868_sub_bands[i].duty_cycle, fleet->params.duty_window_s);
    }
    return gateway->auditor != NULL;
}

struct gateway_fleet *gateway_fleet_create(struct engine *engine,
        const struct gateway_params *params, uint32_t count, entity_id first_entity)
{
    assert(params->demodulators <= GATEWAY_DEMODULATORS_MAX);
    assert(params->channel_count <= GATEWAY_CHANNELS_MAX);
    assert(params->backhaul_latency_ns >= 0 && params->backhaul_jitter_ns >= 0);
    struct gateway_fleet *fleet = calloc(1, sizeof *fleet);
    if (fleet == NULL) {
        return NULL;
    }
    fleet->engine = engine;
    fleet->params = *params;
    fleet->free_message = NO_MESSAGE;
    fleet->gateways = calloc(count + 1u, sizeof *fleet->gateways);
    if (fleet->gateways == NULL) {
        gateway_fleet_destroy(fleet);
        return NULL;
    }
    while (fleet->count < count) {
        uint32_t i = fleet->count++;
        if (!gateway_init(fleet, &fleet->gateways[i], i, first_entity + i)) {
            gateway_fleet_destroy(fleet);
            return NULL;
        }
    }
    fleet->uplink_handler = engine_handler_add(engine, backhaul_uplink_arrives, fleet);
    fleet->report_handler = engine_handler_add(engine, backhaul_report_arrives, fleet);
    fleet->request_handler = engine_handler_add(engine, gateway_request_arrives, fleet);
    fleet->hand_over_handler = engine_handler_add(engine, gateway_hand_over, fleet);
    fleet->on_air_handler = engine_handler_add(engine, gateway_on_air, fleet);
    return fleet;
}

void gateway_fleet_destroy(struct gateway_fleet *fleet)
{
    if (fleet == NULL) {
        return;
    }
    for (uint32_t i = 0; i < fleet->count; i++) {
        duty_auditor_destroy(fleet->gateways[i].auditor);
        for (uint32_t band = 0; band < eu868_sub_band_count; band++) {
            duty_limiter_finish(&fleet->gateways[i].limiters[band]);
        }
    }
    messages_finish(fleet);
    free(fleet->gateways);
    free(fleet);
}

void gateway_fleet_connect(struct gateway_fleet *fleet, struct medium *medium,
        const struct gateway_sink *sink, void *sink_context)
{
    fleet->medium = medium;
    fleet->sink = sink;
    fleet->sink_context = sink_context;
    for (uint32_t i = 0; i < fleet->count; i++) {
        medium_gateway_attach(medium, i, &fleet->gateways[i]);
    }
}

void gateway_stats(const struct gateway_fleet *fleet, uint32_t gateway, sim_ns now_ns,
        struct gateway_stats *stats)
{
    assert(gateway < fleet->count);
    const struct gateway *it = &fleet->gateways[gateway];
    *stats = it->stats;
    stats->duty_cycle_max = duty_auditor_share_max(it->auditor);
    sim_ns busiest_ns = duty_auditor_airtime_max_ns(it->auditor);
    stats->duty_cycle_mean = now_ns > 0 ? (double)busiest_ns / (double)now_ns : 0;
}
