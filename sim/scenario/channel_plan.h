/* The uplink channels of a scenario's network, and which of them a group uses.
 * SPDX-License-Identifier: MIT
 */
#ifndef SCENARIO_CHANNEL_PLAN_H
#define SCENARIO_CHANNEL_PLAN_H

#include "gateway/gateway.h"
#include "region/channel_set.h"
#include "scenario/scenario.h"

/* The uplink channels of a usual network in the region: default ones, and those it adds by CFList;
 * or those of a scenario that names its own: `count` of the gateways, of which `extra` come by
 * CFList. */
struct channel_plan {
    bool named; /* by the scenario */
    uint32_t count;
    uint32_t hz[GATEWAY_CHANNELS_MAX];
    uint8_t extra_count;
    uint32_t extra_hz[REGION_EXTRA_MAX];
};

const struct region *scenario_region(const struct scenario *scenario);
/* False: more than five channels beside the default ones. */
bool channel_plan_of(const struct scenario *scenario, struct channel_plan *plan);
/* The devices' set for those of `channels`, or without any for those of the gateways (channel 0:
 * the region's first default one); empty: all. False: `*missing_hz` is no channel of the plan. */
bool channel_set_of(const struct scenario *scenario, const struct channel_plan *plan,
        const struct scenario_channels *channels, struct channel_set *set, uint32_t *missing_hz);

#endif
