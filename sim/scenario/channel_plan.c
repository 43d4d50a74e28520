/* The uplink channels of a scenario's network, and which of them a group uses.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/channel_plan.h"

#include <string.h>

#define DEFAULT_CHANNELS 3u

static const uint32_t default_channel_hz[DEFAULT_CHANNELS] = { 868100000u, 868300000u, 868500000u };
static const uint32_t usual_extra_hz[5] = { 867100000u, 867300000u, 867500000u, 867700000u,
    867900000u };

static bool is_default_channel(uint32_t hz)
{
    return hz == default_channel_hz[0] || hz == default_channel_hz[1]
           || hz == default_channel_hz[2];
}

bool channel_plan_of(const struct scenario *scenario, struct channel_plan *plan)
{
    const struct scenario_channels *own = &scenario->gateways.channels;
    *plan = (struct channel_plan){ .count = own->count };
    if (own->count == 0) {
        plan->count = 8;
        plan->extra_count = 5;
        memcpy(plan->hz, default_channel_hz, sizeof default_channel_hz);
        memcpy(plan->hz + DEFAULT_CHANNELS, usual_extra_hz, sizeof usual_extra_hz);
        memcpy(plan->extra_hz, usual_extra_hz, sizeof usual_extra_hz);
        return true;
    }
    for (uint32_t i = 0; i < own->count; i++) {
        plan->hz[i] = own->hz[i];
        if (!is_default_channel(own->hz[i])) {
            if (plan->extra_count == 5) {
                return false;
            }
            plan->extra_hz[plan->extra_count++] = own->hz[i];
        }
    }
    return true;
}

bool channel_mask_of(const struct channel_plan *plan, const struct scenario_channels *channels,
        uint16_t *mask, uint32_t *missing_hz)
{
    *mask = 0;
    for (uint32_t i = 0; i < channels->count; i++) {
        uint32_t number = 0, count = DEFAULT_CHANNELS + plan->extra_count;
        while (number < count
                && channels->hz[i]
                           != (number < DEFAULT_CHANNELS
                                           ? default_channel_hz[number]
                                           : plan->extra_hz[number - DEFAULT_CHANNELS])) {
            number++;
        }
        if (number == count) {
            *missing_hz = channels->hz[i];
            return false;
        }
        *mask = (uint16_t)(*mask | 1u << number);
    }
    return true;
}
