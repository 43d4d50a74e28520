/* Where devices and gateways stand.
 * SPDX-License-Identifier: MIT
 */
#include "world/placement.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "random_stream.h"

/* Streams of RANDOM_PLACEMENT by index: a device's place, whether it is indoors; of the entity
 * number 0 (which is a gateway's and uses index 0 only) the centres of clusters. */
#define STREAM_PLACE   0u
#define STREAM_INDOOR  1u
#define STREAM_CENTRES 16u

static void place_uniform(struct medium_site *site, struct random_stream *stream, double radius_m)
{
    /* The square root makes equal areas equally likely. */
    double r = radius_m * sqrt(random_stream_uniform(stream));
    double angle = 2.0 * M_PI * random_stream_uniform(stream);
    site->x_m = r * cos(angle);
    site->y_m = r * sin(angle);
}

static void place_on_ring(struct medium_site *site, uint32_t index, uint32_t count, double radius_m)
{
    double angle = 2.0 * M_PI * (double)index / (double)count;
    site->x_m = radius_m * cos(angle);
    site->y_m = radius_m * sin(angle);
}

/* Rows of a square, the last one perhaps shorter, around the centre. */
static void place_on_grid(
        struct medium_site *site, uint32_t index, uint32_t count, double spacing_m)
{
    uint32_t columns = (uint32_t)ceil(sqrt((double)count));
    uint32_t rows = (count + columns - 1) / columns;
    uint32_t row = index / columns;
    uint32_t in_row = row + 1 < rows ? columns : count - row * columns;
    site->x_m = spacing_m * ((double)(index % columns) - (double)(in_row - 1) / 2.0);
    site->y_m = spacing_m * ((double)row - (double)(rows - 1) / 2.0);
}

/* Number 0 is the centre; ring k has 6 k places, along six sides of k steps. */
static void place_on_hex(struct medium_site *site, uint32_t index, double spacing_m)
{
    uint32_t ring = 0, first = 0; /* of the ring */
    while (index >= first + (ring == 0 ? 1 : 6 * ring)) {
        first += ring == 0 ? 1 : 6 * ring;
        ring++;
    }
    if (ring == 0) {
        site->x_m = 0.0;
        site->y_m = 0.0;
        return;
    }
    uint32_t side = (index - first) / ring, step = (index - first) % ring;
    double corner = M_PI / 3.0 * (double)side, along = corner + 2.0 * M_PI / 3.0;
    site->x_m = spacing_m * ((double)ring * cos(corner) + (double)step * cos(along));
    site->y_m = spacing_m * ((double)ring * sin(corner) + (double)step * sin(along));
}

/* A centre is drawn for the group and not for its devices; a group holds less than 2^20. */
static void place_in_cluster(struct medium_site *site, const struct scenario *scenario,
        uint32_t group, struct random_stream *stream)
{
    const struct scenario_device_group *g = &scenario->groups[group];
    uint32_t cluster = (uint32_t)(random_stream_uniform(stream) * (double)g->clusters_count);
    struct random_stream centre;
    random_stream_init(
            &centre, scenario->seed, 0, RANDOM_PLACEMENT, STREAM_CENTRES + (group << 20 | cluster));
    place_uniform(site, &centre, scenario->area.radius_m);
    gsl_rng rng = random_stream_gsl(stream);
    site->x_m += gsl_ran_gaussian(&rng, g->clusters_spread_m);
    site->y_m += gsl_ran_gaussian(&rng, g->clusters_spread_m);
}

static void place_by_file(struct medium_site *site, const struct position *position)
{
    site->x_m = position->x;
    site->y_m = position->y;
    site->height_m = isnan(position->height_m) ? site->height_m : position->height_m;
}

/* One place each in an area as large as the disc: squares of side s have area s^2, hexagonal cells
 * s^2 sqrt(3) / 2. */
static double spacing_to_fill(double radius_m, uint32_t count, enum scenario_layout layout)
{
    double cell_m2 = M_PI * radius_m * radius_m / (double)count;
    return sqrt(layout == LAYOUT_HEX ? cell_m2 * 2.0 / sqrt(3.0) : cell_m2);
}

static void place_device(
        const struct placement *placement, uint32_t group, uint32_t index, struct medium_site *site)
{
    const struct scenario *scenario = placement->scenario;
    const struct scenario_device_group *g = &scenario->groups[group];
    enum scenario_layout layout = (enum scenario_layout)g->layout;
    double radius_m = scenario->area.radius_m;
    double spacing_m =
            g->spacing_m > 0.0 ? g->spacing_m : spacing_to_fill(radius_m, g->count, layout);
    struct random_stream stream;
    random_stream_init(&stream, scenario->seed, site->entity, RANDOM_PLACEMENT, STREAM_PLACE);
    switch (layout) {
    case LAYOUT_RING:
        place_on_ring(site, index, g->count, radius_m);
        break;
    case LAYOUT_GRID:
        place_on_grid(site, index, g->count, spacing_m);
        break;
    case LAYOUT_HEX:
        place_on_hex(site, index, spacing_m);
        break;
    case LAYOUT_FILE:
        place_by_file(site, &placement->groups[group].positions[index]);
        break;
    case LAYOUT_CLUSTERS:
        place_in_cluster(site, scenario, group, &stream);
        break;
    case LAYOUT_UNIFORM:
    default:
        place_uniform(site, &stream, radius_m);
        break;
    }
}

/* Distance along a curve that passes each quarter of a square before it leaves it (Z-order, Morton
 * 1966): near places have near numbers. */
static uint32_t curve_distance(const struct medium_site *site, double radius_m)
{
    uint32_t distance = 0;
    const double axes[2] = { site->x_m, site->y_m };
    for (unsigned axis = 0; axis < 2; axis++) {
        double share = fmin(fmax(axes[axis] / radius_m, -1.0), 1.0);
        uint32_t cell = (uint32_t)((share + 1.0) * 32767.5);
        for (unsigned bit = 0; bit < 16; bit++) {
            distance |= (cell >> bit & 1u) << (2 * bit + axis);
        }
    }
    return distance;
}

/* A drawn place, and its turn. */
struct turn {
    uint32_t distance, index;
    double x_m, y_m;
};

static int compare_turns(const void *a, const void *b)
{
    const struct turn *one = a, *other = b;
    return one->distance != other->distance
                   ? (one->distance > other->distance ? 1 : -1)
                   : (one->index > other->index) - (one->index < other->index);
}

/* Exchanges the places of a group's devices among them. */
static bool number_by_place(struct medium_site *sites, uint32_t count, double radius_m)
{
    struct turn *turns = malloc(count * sizeof *turns);
    if (turns == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        turns[i] =
                (struct turn){ curve_distance(&sites[i], radius_m), i, sites[i].x_m, sites[i].y_m };
    }
    qsort(turns, count, sizeof *turns, compare_turns);
    for (uint32_t i = 0; i < count; i++) {
        sites[i].x_m = turns[i].x_m;
        sites[i].y_m = turns[i].y_m;
    }
    free(turns);
    return true;
}

bool placement_devices(
        const struct placement *placement, uint32_t first_entity, struct medium_site *sites)
{
    uint32_t index = 0;
    for (uint32_t g = 0; g < placement->scenario->group_count; g++) {
        const struct scenario_device_group *group = &placement->scenario->groups[g];
        for (uint32_t i = 0; i < group->count; i++, index++) {
            sites[index].entity = first_entity + index;
            sites[index].height_m = group->height_m;
            place_device(placement, g, i, &sites[index]);
        }
        bool by_place = group->numbering == NUMBERING_PLACE && group->layout != LAYOUT_FILE;
        if (by_place
                && !number_by_place(&sites[index - group->count], group->count,
                        placement->scenario->area.radius_m)) {
            return false;
        }
    }
    return true;
}

static void place_gateway(
        const struct placement *placement, uint32_t index, struct medium_site *site)
{
    const struct scenario_gateways *g = &placement->scenario->gateways;
    struct random_stream stream;
    switch ((enum scenario_layout)g->layout) {
    case LAYOUT_UNIFORM:
        random_stream_init(
                &stream, placement->scenario->seed, site->entity, RANDOM_PLACEMENT, STREAM_PLACE);
        place_uniform(site, &stream, placement->scenario->area.radius_m);
        break;
    case LAYOUT_GRID:
        place_on_grid(site, index, g->count, g->spacing_m);
        break;
    case LAYOUT_HEX:
        place_on_hex(site, index, g->spacing_m);
        break;
    case LAYOUT_FILE:
        place_by_file(site, &placement->gateways.positions[index]);
        break;
    case LAYOUT_RING:
    case LAYOUT_CLUSTERS:
    default:
        place_on_ring(site, index, g->count, g->count == 1 ? 0.0 : g->radius_m);
        break;
    }
}

void placement_gateways(const struct placement *placement, const struct gateway_entities *entities,
        struct medium_site *sites)
{
    for (uint32_t i = 0; i < placement->scenario->gateways.count; i++) {
        sites[i].entity = gateway_entity(entities, i);
        sites[i].height_m = placement->scenario->gateways.height_m;
        place_gateway(placement, i, &sites[i]);
    }
}

enum penetration_class placement_indoor(
        const struct placement *placement, uint32_t group, uint32_t index, uint32_t entity)
{
    const struct scenario_device_group *g = &placement->scenario->groups[group];
    const struct position_file *file = &placement->groups[group];
    if (file->count > 0 && file->positions[index].indoor >= 0) {
        return (enum penetration_class)file->positions[index].indoor;
    }
    struct random_stream stream;
    random_stream_init(&stream, placement->scenario->seed, entity, RANDOM_PLACEMENT, STREAM_INDOOR);
    bool indoors = random_stream_uniform(&stream) < g->indoor_share;
    /* The depths of `indoor.depth` are the classes without the first, outdoor. */
    return indoors ? (enum penetration_class)(PENETRATION_OUTDOOR + 1 + g->indoor_depth)
                   : PENETRATION_OUTDOOR;
}

/* The scenario was read with these files; they may have changed since. */
static bool read_file(struct position_file *file, const char *path, uint32_t count, char *error,
        size_t error_size)
{
    struct scenario_errors *errors = scenario_errors_create();
    bool ok = errors != NULL
              && position_file_read(file, path, (struct scenario_place){ path, 0, 0 }, errors)
              && file->count >= count;
    if (!ok) {
        snprintf(error, error_size, "'%s' does not hold %u positions any more", path, count);
    }
    scenario_errors_destroy(errors);
    return ok;
}

bool placement_create(struct placement *placement, const struct scenario *scenario, char *error,
        size_t error_size)
{
    *placement = (struct placement){ .scenario = scenario };
    bool ok = scenario->gateways.layout != LAYOUT_FILE
              || read_file(&placement->gateways, scenario->gateways.file, scenario->gateways.count,
                      error, error_size);
    for (uint32_t i = 0; ok && i < scenario->group_count; i++) {
        const struct scenario_device_group *group = &scenario->groups[i];
        ok = group->layout != LAYOUT_FILE
             || read_file(&placement->groups[i], group->file, group->count, error, error_size);
    }
    if (!ok) {
        placement_destroy(placement);
        return false;
    }
    struct position_file all[SCENARIO_DEVICE_GROUPS_MAX + 1];
    all[0] = placement->gateways;
    memcpy(all + 1, placement->groups, sizeof placement->groups);
    struct geo_origin origin = geo_centroid(all, SCENARIO_DEVICE_GROUPS_MAX + 1);
    position_file_project(&placement->gateways, &origin);
    for (uint32_t i = 0; i < scenario->group_count; i++) {
        position_file_project(&placement->groups[i], &origin);
    }
    return true;
}

void placement_destroy(struct placement *placement)
{
    position_file_clear(&placement->gateways);
    for (uint32_t i = 0; i < SCENARIO_DEVICE_GROUPS_MAX; i++) {
        position_file_clear(&placement->groups[i]);
    }
}
