/* The adversaries of a world: where they are and what they are told.
 * SPDX-License-Identifier: MIT
 */
#include "world/world_adversaries.h"

#include "scenario/channel_plan.h"
#include "scenario/scenario_campaigns.h"

_Static_assert(SCENARIO_SHARES_MAX <= ADVERSARY_RANGES_MAX, "an adversary takes every share");

/* A replay of uplinks is heard at the place of the device and sent somewhere else. */
static bool stands_at_device(const struct scenario_adversary *adversary)
{
    return adversary->device != SCENARIO_NO_NUMBER && adversary->kind != ADVERSARY_REPLAY_UPLINKS;
}

void world_place_adversaries(
        const struct world *world, const struct medium_site *devices, struct medium_site *sites)
{
    for (uint32_t i = 0; i < world->scenario->adversary_count; i++) {
        const struct scenario_adversary *adversary = &world->scenario->adversaries[i];
        sites[i] = (struct medium_site){
            .entity = world->first_adversary + i,
            .x_m = adversary->x_m,
            .y_m = adversary->y_m,
            .height_m = adversary->height_m,
        };
        if (stands_at_device(adversary)) {
            const struct medium_site *device = &devices[adversary->device];
            sites[i].x_m = device->x_m;
            sites[i].y_m = device->y_m;
            sites[i].penetration_db = device->penetration_db;
        }
    }
}

static void params_of(const struct world *world, uint32_t i, struct adversary_params *params)
{
    const struct scenario_adversary *adversary = &world->scenario->adversaries[i];
    struct scenario_range ranges[SCENARIO_SHARES_MAX];
    bool endless = adversary->duration_ns == SCENARIO_AUTO;
    *params = (struct adversary_params){
        .kind = (enum adversary_kind)adversary->kind,
        .from_ns = adversary->at_ns,
        .until_ns = endless ? SIM_NS_NEVER : adversary->at_ns + adversary->duration_ns,
        .every_ns = adversary->every_ns,
        .height_m = adversary->height_m,
        .power_mdbm = adversary->power_mdbm,
        .jump = adversary->jump,
        .delay_ns = adversary->delay_ns,
        .frequency_hz = adversary->frequency_hz,
        .hears_at = adversary->device != SCENARIO_NO_NUMBER
                            ? adversary->device
                            : world->device_count + world->scenario->foreign.devices + i,
    };
    params->range_count = scenario_members_ranges(world->scenario, &adversary->devices, ranges);
    for (uint32_t r = 0; r < params->range_count; r++) {
        params->ranges[r] = (struct adversary_range){ ranges[r].from, ranges[r].to };
    }
}

bool world_create_adversaries(struct world *world)
{
    uint32_t count = world->scenario->adversary_count;
    if (count == 0) {
        return true;
    }
    struct adversary_params params[ADVERSARIES_MAX];
    for (uint32_t i = 0; i < count; i++) {
        params_of(world, i, &params[i]);
    }
    const struct adversary_surroundings surroundings = {
        .engine = world->engine,
        .medium = world->medium,
        .server = world->server,
        .nodes = world->nodes,
        .region = scenario_region(world->scenario),
    };
    world->adversaries = adversaries_create(&surroundings, params, count, world->first_adversary,
            world->device_count + world->scenario->foreign.devices);
    return world->adversaries != NULL;
}
