/* The uplink channels of a scenario's network, and which of them a group uses.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/channel_plan.h"

#include <string.h>

const struct region *scenario_region(const struct scenario *scenario)
{
    return regions[scenario->region];
}

/* Number of a default channel; their count: none of them. */
static uint32_t default_channel(const struct region *region, uint32_t hz)
{
    uint32_t count = region_default_channel_count(region), channel = 0;
    while (channel < count && region_default_channel_hz(region, channel) != hz) {
        channel++;
    }
    return channel;
}

static void usual_plan(const struct region *region, struct channel_plan *plan)
{
    uint32_t defaults = region_default_channel_count(region);
    plan->extra_count = region->extra_count;
    memcpy(plan->extra_hz, region->extra_hz, sizeof plan->extra_hz);
    for (uint32_t i = 0; i < defaults && plan->count < GATEWAY_CHANNELS_MAX; i++) {
        plan->hz[plan->count++] = region_default_channel_hz(region, i);
    }
    for (uint32_t i = 0; i < plan->extra_count && plan->count < GATEWAY_CHANNELS_MAX; i++) {
        plan->hz[plan->count++] = plan->extra_hz[i];
    }
}

bool channel_plan_of(const struct scenario *scenario, struct channel_plan *plan)
{
    const struct region *region = scenario_region(scenario);
    const struct scenario_channels *own = &scenario->gateways.channels;
    *plan = (struct channel_plan){ .named = own->count > 0, .count = own->count };
    if (own->count == 0) {
        usual_plan(region, plan);
        return true;
    }
    for (uint32_t i = 0; i < own->count; i++) {
        plan->hz[i] = own->hz[i];
        if (default_channel(region, own->hz[i]) == region_default_channel_count(region)) {
            if (plan->extra_count == REGION_EXTRA_MAX) {
                return false;
            }
            plan->extra_hz[plan->extra_count++] = own->hz[i];
        }
    }
    return true;
}

/* As devices number them; after the last one: none of them. */
static uint32_t channel_number(
        const struct region *region, const struct channel_plan *plan, uint32_t hz)
{
    uint32_t defaults = region_default_channel_count(region);
    uint32_t number = default_channel(region, hz);
    if (number < defaults) {
        return number;
    }
    while (number < defaults + plan->extra_count && plan->extra_hz[number - defaults] != hz) {
        number++;
    }
    return number;
}

bool channel_set_of(const struct scenario *scenario, const struct channel_plan *plan,
        const struct scenario_channels *channels, struct channel_set *set, uint32_t *missing_hz)
{
    const struct region *region = scenario_region(scenario);
    const uint32_t *hz = channels->count > 0 ? channels->hz : plan->hz;
    uint32_t count = channels->count > 0 ? channels->count : plan->named ? plan->count : 0;
    *set = channel_set_first(0);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t number = channel_number(region, plan, hz[i]);
        if (number == region_default_channel_count(region) + plan->extra_count) {
            *missing_hz = hz[i];
            return false;
        }
        channel_set_add(set, number);
    }
    return true;
}
