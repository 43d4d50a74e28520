/* The uplink channels of a scenario's network, and which of them a group uses.
 * SPDX-License-Identifier: MIT
 */
#ifndef SCENARIO_CHANNEL_PLAN_H
#define SCENARIO_CHANNEL_PLAN_H

#include "gateway/gateway.h"
#include "scenario/scenario.h"

/* The eight uplink channels of a usual EU868 network: three default, five by CFList; and those of a
 * scenario that names its own: `count` of the gateways, of which `extra` come by CFList. */
struct channel_plan {
    bool named; /* by the scenario */
    uint32_t count;
    uint32_t hz[GATEWAY_CHANNELS_MAX];
    uint8_t extra_count;
    uint32_t extra_hz[5];
};

/* False: more than five channels beside the default ones. */
bool channel_plan_of(const struct scenario *scenario, struct channel_plan *plan);
/* The devices' mask for those of `channels`, or without any for those of the gateways (bit 0:
 * 868.1 MHz); 0: all. False: `*missing_hz` is no channel of the plan. */
bool channel_mask_of(const struct channel_plan *plan, const struct scenario_channels *channels,
        uint16_t *mask, uint32_t *missing_hz);

#endif
