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
    *plan = (struct channel_plan){ .named = own->count > 0, .count = own->count };
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

/* As devices number them; behind the last one: none of them. */
static uint32_t channel_number(const struct channel_plan *plan, uint32_t hz)
{
    uint32_t number = 0;
    while (number < DEFAULT_CHANNELS && default_channel_hz[number] != hz) {
        number++;
    }
    if (number < DEFAULT_CHANNELS) {
        return number;
    }
    while (number < DEFAULT_CHANNELS + plan->extra_count
            && plan->extra_hz[number - DEFAULT_CHANNELS] != hz) {
        number++;
    }
    return number;
}

bool channel_mask_of(const struct channel_plan *plan, const struct scenario_channels *channels,
        uint16_t *mask, uint32_t *missing_hz)
{
    const uint32_t *hz = channels->count > 0 ? channels->hz : plan->hz;
    uint32_t count = channels->count > 0 ? channels->count : plan->named ? plan->count : 0;
    *mask = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t number = channel_number(plan, hz[i]);
        if (number == DEFAULT_CHANNELS + plan->extra_count) {
            *missing_hz = hz[i];
            return false;
        }
        *mask = (uint16_t)(*mask | 1u << number);
    }
    return true;
}
