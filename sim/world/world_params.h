/* What each model is told, from a scenario.
 * SPDX-License-Identifier: MIT
 */
#ifndef WORLD_WORLD_PARAMS_H
#define WORLD_WORLD_PARAMS_H

#include "air/medium.h"
#include "campaign/campaign.h"
#include "gateway/gateway.h"
#include "network/network.h"
#include "scenario/scenario.h"
#include "traffic/foreign.h"

/* All point into the scenario, which outlives the models. */
void world_medium_params(const struct scenario *scenario, struct medium_params *params);
void world_gateway_params(const struct scenario *scenario, struct gateway_params *params);
void world_network_params(const struct scenario *scenario, struct network_params *params);
void world_campaign_params(
        const struct scenario_campaign *campaign, struct campaign_params *params);
void world_foreign_params(const struct scenario *scenario, struct foreign_params *params);

#endif
