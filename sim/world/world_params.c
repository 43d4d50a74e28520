/* What each model is told, from a scenario.
 * SPDX-License-Identifier: MIT
 */
#include "world/world_params.h"

#include <assert.h>
#include <string.h>

#include "scenario/channel_plan.h"
#include "scenario/scenario_campaigns.h"

void world_medium_params(const struct scenario *scenario, struct medium_params *params)
{
    *params = (struct medium_params){
        .propagation = scenario->propagation.path,
        .fading = scenario->propagation.fading,
        .reception = scenario->reception,
        .device_power_max_mdbm = region_device_eirp_max_mdbm(scenario_region(scenario)),
        .gateway_power_max_mdbm = region_gateway_eirp_max_mdbm(scenario_region(scenario)),
        .interferers = scenario->interferers,
        .interferer_count = scenario->interferer_count,
    };
}

void world_gateway_params(const struct scenario *scenario, struct gateway_params *params)
{
    struct channel_plan plan;
    bool fits = channel_plan_of(scenario, &plan);
    assert(fits); /* scenarios are checked for it */
    *params = scenario->gateways.params;
    params->region = scenario_region(scenario);
    params->wrong_clocks = scenario->gateways.wrong_clocks;
    params->channel_count = (uint8_t)plan.count;
    memcpy(params->channel_hz, plan.hz, sizeof params->channel_hz);
}

void world_network_params(const struct scenario *scenario, struct network_params *params)
{
    struct channel_plan plan;
    channel_plan_of(scenario, &plan);
    *params = scenario->network;
    params->region = scenario_region(scenario);
    params->gateway_eirp_mdbm = scenario->gateways.params.eirp_mdbm;
    params->net_id = 0x000013; /* type 0, NwkID 0x13: The Things Network's, as in the vectors */
    params->rx1_delay_s = 1;   /* RP002 default */
    params->rx2_frequency_hz = params->region->rx2_hz;
    params->downlink_crc = scenario->gateways.params.downlink_crc;
    params->deduplication_ns = NETWORK_DEDUPLICATION_NS;
    params->extra_channel_count = plan.extra_count;
    memcpy(params->extra_channel_hz, plan.extra_hz, sizeof params->extra_channel_hz);
}

void world_campaign_params(const struct scenario_campaign *campaign, struct campaign_params *params)
{
    *params = campaign->params;
    params->block_mic = campaign->verify.block_mic;
    params->proofs = scenario_proofs(&campaign->verify);
}

void world_foreign_params(const struct scenario *scenario, struct foreign_params *params)
{
    const struct scenario_foreign *f = &scenario->foreign;
    const struct region *region = scenario_region(scenario);
    struct channel_plan plan;
    channel_plan_of(scenario, &plan);
    *params = (struct foreign_params){
        .region = region,
        .period_ns = f->period_ns,
        .payload_min = (uint8_t)f->payload_bytes,
        .payload_max = (uint8_t)f->payload_bytes,
        .channel_count = (uint8_t)plan.count,
        .power_mdbm = 14000, /* EIRP; most devices radiate no more */
        .duty_cycle = region_duty_cycle(region, region_default_channel_hz(region, 0)),
        .nwk_id = 0x01, /* not ours */
    };
    memcpy(params->channel_hz, plan.hz, sizeof params->channel_hz);
    for (uint32_t i = 0; i < FOREIGN_DATA_RATES; i++) {
        bool mixed = f->data_rate == 0;
        params->data_rate_share[i] = mixed || f->data_rate == (int)i + 1 ? 1.0 : 0.0;
    }
}
