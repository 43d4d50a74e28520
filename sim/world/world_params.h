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
#include "scenario/channel_plan.h"
#include "scenario/scenario.h"
#include "traffic/foreign.h"

/* What a medium is told; `params` points into the rest. */
struct world_medium_params {
    struct medium_params params;
    struct interferer_params interferers[SCENARIO_INTERFERERS_MAX];
};
void world_medium_params(const struct scenario *scenario, struct world_medium_params *medium);
/* `outages` holds SCENARIO_OUTAGES_MAX and lives as long as the gateways. */
void world_gateway_params(const struct scenario *scenario, struct gateway_outage *outages,
        struct gateway_params *params);
void world_network_params(const struct scenario *scenario, struct network_params *params);
void world_campaign_params(const struct scenario *scenario, struct campaign_params *params);
void world_foreign_params(const struct scenario *scenario, struct foreign_params *params);

#endif
