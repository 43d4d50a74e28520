/* Gateways of a run: creation, connection, statistics.
 * SPDX-License-Identifier: MIT
 */
#include "gateway/gateway.h"

#include <assert.h>
#include <stdlib.h>

#include "gateway/gateway_internal.h"

const char *const gateway_clock_source_names[] = { "gnss", "ntp", "free", NULL };
const char *const gateway_jitter_law_names[] = { "uniform", "lognormal", NULL };
const char *const gateway_duty_form_names[] = { "hour", "pauses", "pauses-from-start", NULL };
const char *const gateway_outage_kind_names[] = { "backhaul", "power", NULL };

const char *gateway_tx_result_name(enum gateway_tx_result result)
{
    static const char *const names[GATEWAY_TX_RESULT_COUNT] = {
        [GATEWAY_TX_SENT] = "sent",
        [GATEWAY_TX_ACCEPTED] = "accepted",
        [GATEWAY_TX_TOO_LATE] = "too_late",
        [GATEWAY_TX_TOO_EARLY] = "too_early",
        [GATEWAY_TX_COLLISION] = "collision",
        [GATEWAY_TX_FULL] = "full",
        [GATEWAY_TX_FREQUENCY] = "frequency",
        [GATEWAY_TX_POWER] = "power",
        [GATEWAY_TX_DUTY_CYCLE] = "duty_cycle",
        [GATEWAY_TX_GPS_UNLOCKED] = "gps_unlocked",
        [GATEWAY_TX_COLLISION_BEACON] = "collision_beacon",
        [GATEWAY_TX_NO_ANSWER] = "no_answer",
    };
    assert(result < GATEWAY_TX_RESULT_COUNT);
    return names[result];
}

/* Every uplink that a gateway could have heard and did not is stated by the medium, those too that
 * it never offers because the gateway is deaf. */
static void count_lost(void *context, const struct observation *observation)
{
    struct gateway_fleet *fleet = context;
    uint32_t number = gateway_of_entity(&fleet->entities, observation->entity, fleet->count);
    if (number < fleet->count) {
        fleet->gateways[number].stats.lost[observation->b]++;
    }
}

static bool gateway_init(
        struct gateway_fleet *fleet, struct gateway *gateway, uint32_t number, entity_id entity)
{
    gateway->fleet = fleet;
    gateway->number = number;
    gateway->entity = entity;
    for (uint32_t i = 0; i < fleet->params.wrong_clock_count; i++) {
        const struct gateway_wrong_clock *wrong = &fleet->params.wrong_clocks[i];
        gateway->clock_wrong_ns += wrong->gateway == number ? wrong->error_ns : 0;
    }
    const struct region *region = fleet->params.region;
    struct run_memory *memory = engine_memory(fleet->engine);
    gateway->auditor = duty_auditor_create(region, fleet->params.duty_form, memory);
    assert(region->band_count <= REGION_BANDS_MAX);
    for (uint32_t i = 0; i < region->band_count; i++) {
        double duty_cycle = region->bands[i].duty_cycle;
        if (fleet->params.duty_form == GATEWAY_DUTY_HOUR) {
            duty_limiter_init(
                    &gateway->limiters[i], duty_cycle, 3600.0, memory); /* ETSI EN 300 220 */
        } else {
            duty_limiter_init_pauses(&gateway->limiters[i], duty_cycle,
                    fleet->params.duty_form == GATEWAY_DUTY_PAUSES_FROM_START, memory);
        }
    }
    return gateway->auditor != NULL;
}

struct gateway_fleet *gateway_fleet_create(struct engine *engine,
        const struct gateway_params *params, uint32_t count,
        const struct gateway_entities *entities)
{
    assert(params->region != NULL);
    assert(params->demodulators <= GATEWAY_DEMODULATORS_MAX);
    assert(params->channel_count <= GATEWAY_CHANNELS_MAX);
    assert(params->backhaul_latency_ns >= 0 && params->backhaul_jitter_ns >= 0);
    assert(params->gps_at_start_ns >= 0);
    assert(params->backhaul_loss >= 0 && params->backhaul_loss <= 1);
    struct gateway_fleet *fleet = calloc(1, sizeof *fleet);
    if (fleet == NULL) {
        return NULL;
    }
    fleet->engine = engine;
    fleet->params = *params;
    if (!params->gnss && params->clock.source == GATEWAY_CLOCK_GNSS) {
        fleet->params.clock.source = GATEWAY_CLOCK_FREE;
    }
    fleet->entities = *entities;
    fleet->free_message = NO_MESSAGE;
    fleet->gateways = calloc(count + 1u, sizeof *fleet->gateways);
    if (fleet->gateways == NULL) {
        gateway_fleet_destroy(fleet);
        return NULL;
    }
    while (fleet->count < count) {
        uint32_t i = fleet->count++;
        if (!gateway_init(fleet, &fleet->gateways[i], i, gateway_entity(entities, i))) {
            gateway_fleet_destroy(fleet);
            return NULL;
        }
    }
    fleet->uplink_handler = engine_handler_add(engine, backhaul_uplink_arrives, fleet);
    fleet->report_handler = engine_handler_add(engine, backhaul_report_arrives, fleet);
    fleet->request_handler = engine_handler_add(engine, gateway_request_arrives, fleet);
    fleet->hand_over_handler = engine_handler_add(engine, gateway_hand_over, fleet);
    fleet->on_air_handler = engine_handler_add(engine, gateway_on_air, fleet);
    fleet->beacon_handler = engine_handler_add(engine, gateway_beacon, fleet);
    fleet->give_up_handler = engine_handler_add(engine, backhaul_gives_up, fleet);
    engine_observer_add(engine, OBSERVE_BIT(OBSERVE_GATEWAY_LOST), count_lost, fleet);
    return fleet;
}

void gateway_fleet_destroy(struct gateway_fleet *fleet)
{
    if (fleet == NULL) {
        return;
    }
    for (uint32_t i = 0; i < fleet->count; i++) {
        duty_auditor_destroy(fleet->gateways[i].auditor);
        free(fleet->gateways[i].demodulating);
        for (uint32_t band = 0; band < REGION_BANDS_MAX; band++) {
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
        if (fleet->params.beacons && fleet->params.clock.source == GATEWAY_CLOCK_GNSS) {
            engine_schedule(fleet->engine, engine_now(fleet->engine), SIM_PHASE_GATEWAY,
                    fleet->gateways[i].entity, fleet->beacon_handler, i);
        }
    }
}

double gateway_duty_used(
        const struct gateway_fleet *fleet, uint32_t gateway, uint32_t band, sim_ns now_ns)
{
    assert(gateway < fleet->count && band < fleet->params.region->band_count);
    sim_ns used_ns = duty_auditor_hour_ns(fleet->gateways[gateway].auditor, band, now_ns);
    double allowed_ns =
            fleet->params.region->bands[band].duty_cycle * 3600.0 * (double)SIM_NS_PER_S;
    return (double)used_ns / allowed_ns;
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
