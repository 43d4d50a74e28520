/* Coverage: the median level of the strongest gateway on a grid.
 * SPDX-License-Identifier: MIT
 */
#include "watch/coverage.h"

#include <math.h>

#include "air/medium.h"
#include "scenario/channel_plan.h"
#include "world/world_nodes.h"

#define BEYOND         1.0 /* of the extent of all stations, on each side */
#define EXTENT_LEAST_M 500.0

static void extend(float *low, float *high, float value)
{
    *low = fminf(*low, value);
    *high = fmaxf(*high, value);
}

/* Square cells over all stations and some of what is around them. */
static void place_grid(const struct scene *scene, struct scene_coverage *coverage)
{
    float left = INFINITY, right = -INFINITY, bottom = INFINITY, top = -INFINITY;
    for (uint32_t i = 0; i < scene->device_count; i++) {
        extend(&left, &right, scene->devices[i].x_m);
        extend(&bottom, &top, scene->devices[i].y_m);
    }
    for (uint32_t i = 0; i < scene->gateway_count; i++) {
        extend(&left, &right, scene->gateways[i].x_m);
        extend(&bottom, &top, scene->gateways[i].y_m);
    }
    double width = fmax((double)(right - left), EXTENT_LEAST_M) * (1 + 2 * BEYOND);
    double height = fmax((double)(top - bottom), EXTENT_LEAST_M) * (1 + 2 * BEYOND);
    double cell_m = fmax(width, height) / SCENE_COVERAGE_SIDE;
    coverage->cell_m = (float)cell_m;
    coverage->columns = (uint16_t)fmin(ceil(width / cell_m), SCENE_COVERAGE_SIDE);
    coverage->rows = (uint16_t)fmin(ceil(height / cell_m), SCENE_COVERAGE_SIDE);
    coverage->left_m = (float)((double)(left + right) / 2 - cell_m * coverage->columns / 2);
    coverage->bottom_m = (float)((double)(bottom + top) / 2 - cell_m * coverage->rows / 2);
}

/* What a level has to be for the slowest data rate, and for that of the first campaign's session.
 */
static bool find_needs(const struct world *world, struct scene_coverage *coverage)
{
    const struct scenario *scenario = world->scenario;
    const struct region *region = scenario_region(scenario);
    struct judge_tables *tables = judge_tables_create(&scenario->reception);
    if (tables == NULL) {
        return false;
    }
    coverage->data_rates[0] = 0;
    coverage->data_rates[1] =
            scenario->campaign_count > 0 ? scenario->campaigns[0].params.data_rate : 0;
    for (size_t i = 0; i < SCENE_COVERAGE_EDGES; i++) {
        const struct region_rate *rate = &region->rates[coverage->data_rates[i]];
        coverage->needed_mdbm[i] = judge_sensitivity_mdbm(
                tables, RECEIVER_SX1276, rate->spreading_factor, rate->bandwidth_hz);
    }
    judge_tables_destroy(tables);
    return true;
}

/* Power sent plus the gain of the receiver's antenna. */
static int32_t budget_mdbm(const struct world *world)
{
    const struct scenario *scenario = world->scenario;
    uint32_t frequency_hz = scenario->campaign_count > 0
                                    ? scenario->campaigns[0].params.frequency_hz
                                    : region_default_channel_hz(scenario_region(scenario), 0);
    return network_eirp_mdbm(world->network, frequency_hz)
           + world->groups[0].board.type.tx_antenna_gain_mdb;
}

static void fill_cell(const struct world *world, struct scene_coverage *coverage, uint32_t cell,
        int32_t sent_mdbm)
{
    double column = cell % coverage->columns + 0.5, row = cell / coverage->columns + 0.5;
    double x_m = (double)coverage->left_m + column * (double)coverage->cell_m;
    double y_m = (double)coverage->bottom_m + row * (double)coverage->cell_m;
    coverage->level_mdbm[cell] = INT32_MIN;
    for (uint32_t gateway = 0; gateway < world->gateway_count; gateway++) {
        int32_t level_mdbm = sent_mdbm
                             + medium_gain_at_mdb(world->medium, gateway, x_m, y_m,
                                     world->scenario->groups[0].height_m);
        if (level_mdbm > coverage->level_mdbm[cell]) {
            coverage->level_mdbm[cell] = level_mdbm;
            coverage->gateways[cell] = (uint8_t)gateway;
        }
    }
}

void coverage_fill(const struct world *world, struct scene *scene)
{
    struct scene_coverage *coverage = &scene->coverage;
    coverage->columns = coverage->rows = 0;
    if (world->gateway_count == 0 || !find_needs(world, coverage)) {
        return;
    }
    place_grid(scene, coverage);
    int32_t sent_mdbm = budget_mdbm(world);
    for (uint32_t cell = 0; cell < (uint32_t)coverage->columns * coverage->rows; cell++) {
        fill_cell(world, coverage, cell, sent_mdbm);
    }
}
