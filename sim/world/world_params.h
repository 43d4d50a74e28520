/* What each model is told, from a scenario.
 * SPDX-License-Identifier: MIT
 */
#ifndef WORLD_WORLD_PARAMS_H
#define WORLD_WORLD_PARAMS_H

#include "air/interferer.h"
#include "air/medium.h"
#include "campaign/campaign.h"
#include "gateway/gateway.h"
#include "network/network.h"
#include "scenario/scenario.h"
#include "traffic/foreign.h"

/* The eight uplink channels of a usual EU868 network: three default, five by CFList; and those of a
 * scenario that names its own: `count` of the gateways, of which `extra` come by CFList. */
struct channel_plan {
    uint32_t count;
    uint32_t hz[GATEWAY_CHANNELS_MAX];
    uint8_t extra_count;
    uint32_t extra_hz[5];
};

/* False: more than five channels beside the default ones. */
bool channel_plan_of(const struct scenario *scenario, struct channel_plan *plan);
/* The devices' mask for those of `channels` (bit 0: 868.1 MHz); 0: all. False: `*missing_hz` is in
 * no channel of the plan. */
bool channel_mask_of(const struct channel_plan *plan, const struct scenario_channels *channels,
        uint16_t *mask, uint32_t *missing_hz);

/* What a medium is told; `params` points into the rest. */
struct world_medium_params {
    struct medium_params params;
    struct interferer_params interferers[SCENARIO_INTERFERERS_MAX];
};

void world_propagation_params(
        const struct scenario *scenario, struct propagation_params *propagation);
void world_medium_params(const struct scenario *scenario, struct world_medium_params *medium);
/* `outages` holds SCENARIO_OUTAGES_MAX and lives as long as the gateways. */
void world_gateway_params(const struct scenario *scenario, struct gateway_outage *outages,
        struct gateway_params *params);
void world_network_params(const struct scenario *scenario, struct network_params *params);
void world_campaign_params(const struct scenario *scenario, struct campaign_params *params);
void world_foreign_params(const struct scenario *scenario, struct foreign_params *params);

#endif
