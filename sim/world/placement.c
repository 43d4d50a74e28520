/* Where devices and gateways stand.
 * SPDX-License-Identifier: MIT
 */
#include "world/placement.h"

#include <math.h>

#include "random_stream.h"

static void place_uniform(struct medium_site *site, uint64_t seed, double radius_m)
{
    struct random_stream stream;
    random_stream_init(&stream, seed, site->entity, RANDOM_PLACEMENT, 0);
    /* The square root makes equal areas equally likely. */
    double r = radius_m * sqrt(random_stream_uniform(&stream));
    double angle = 2.0 * M_PI * random_stream_uniform(&stream);
    site->x_m = r * cos(angle);
    site->y_m = r * sin(angle);
}

static void place_on_ring(struct medium_site *site, uint32_t index, uint32_t count, double radius_m)
{
    double angle = 2.0 * M_PI * (double)index / (double)count;
    site->x_m = radius_m * cos(angle);
    site->y_m = radius_m * sin(angle);
}

void placement_devices(
        const struct scenario *scenario, uint32_t first_entity, struct medium_site *sites)
{
    uint32_t index = 0;
    for (uint32_t g = 0; g < scenario->group_count; g++) {
        const struct scenario_device_group *group = &scenario->groups[g];
        for (uint32_t i = 0; i < group->count; i++, index++) {
            struct medium_site *site = &sites[index];
            site->entity = first_entity + index;
            site->height_m = group->height_m;
            if (group->layout == LAYOUT_RING) {
                place_on_ring(site, i, group->count, scenario->area.radius_m);
            } else {
                place_uniform(site, scenario->seed, scenario->area.radius_m);
            }
        }
    }
}

void placement_gateways(
        const struct scenario *scenario, uint32_t first_entity, struct medium_site *sites)
{
    const struct scenario_gateways *gateways = &scenario->gateways;
    for (uint32_t i = 0; i < gateways->count; i++) {
        struct medium_site *site = &sites[i];
        site->entity = first_entity + i;
        site->height_m = gateways->height_m;
        if (gateways->layout == LAYOUT_UNIFORM) {
            place_uniform(site, scenario->seed, scenario->area.radius_m);
        } else {
            place_on_ring(
                    site, i, gateways->count, gateways->count == 1 ? 0.0 : gateways->radius_m);
        }
    }
}
