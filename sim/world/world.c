/* The models of a run: engine, air, nodes, gateways and servers, wired from a scenario.
 * SPDX-License-Identifier: MIT
 */
#include "world/world.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "campaign/image_builder.h"
#include "parts.h"
#include "update/flash_map.h"
#include "update/update.h"
#include "world/placement.h"
#include "world/world_adversaries.h"
#include "world/world_builds.h"
#include "world/world_campaigns.h"
#include "world/world_nodes.h"
#include "world/world_params.h"

/* GPS time when the run starts: 2025-01-06 00:00:00 GPS, a Monday at midnight. */
#define GPS_SECONDS_AT_START INT64_C(1420156800)

#define FOREIGN_HEIGHT_M 1.5

static bool fail(char *error, size_t error_size, const char *what)
{
    if (error[0] == '\0') {
        snprintf(error, error_size, "%s", what);
    }
    return false;
}

static uint32_t station_count(const struct world *world)
{
    const struct scenario *scenario = world->scenario;
    return world->device_count + scenario->foreign.devices + scenario->adversary_count;
}

/* Sites of the own devices, of the foreign ones, of adversaries; freed by the caller. */
static struct medium_site *create_sites(
        const struct world *world, const struct placement *placement)
{
    const struct scenario *scenario = world->scenario;
    uint32_t foreign = scenario->foreign.devices;
    struct medium_site *sites = calloc(station_count(world), sizeof *sites);
    if (sites != NULL && !placement_devices(placement, world->first_device, sites)) {
        free(sites);
        sites = NULL;
    }
    if (sites != NULL) {
        world_complete_sites(world, placement, sites);
        foreign_place(scenario->seed, world->first_foreign, foreign, scenario->area.radius_m,
                sites + world->device_count);
        world_place_adversaries(world, sites, sites + world->device_count + foreign);
    }
    for (uint32_t i = 0; sites != NULL && i < foreign; i++) {
        struct medium_site *site = &sites[world->device_count + i];
        site->height_m = FOREIGN_HEIGHT_M;
        site->penetration_db = scenario->propagation.penetration_db;
    }
    return sites;
}

static bool create_medium(struct world *world, const struct world_options *options,
        const struct placement *placement, const struct medium_site *sites)
{
    struct medium_params medium;
    world_medium_params(world->scenario, &medium);
    medium.making = options->making;
    struct medium_site *gateway_sites = calloc(world->gateway_count, sizeof *gateway_sites);
    if (gateway_sites == NULL) {
        return false;
    }
    placement_gateways(placement, &world->gateway_entities, gateway_sites);
    world_complete_gateway_sites(world, gateway_sites);
    world->medium = medium_create(world->engine, &medium, sites, station_count(world),
            &node_medium_ops, gateway_sites, world->gateway_count, &gateway_medium_ops);
    free(gateway_sites);
    return world->medium != NULL;
}

static bool create_foreign(struct world *world)
{
    uint32_t count = world->scenario->foreign.devices;
    if (count == 0) {
        return true;
    }
    struct foreign_params params;
    world_foreign_params(world->scenario, &params);
    world->foreign = foreign_create(world->engine, world->medium, &params, count,
            world->first_foreign, world->device_count);
    return world->foreign != NULL;
}

static bool create_nodes(
        struct world *world, const struct world_options *options, const struct built_image *initial)
{
    const struct firmware_build *builds[NODE_BUILDS_MAX];
    uint32_t count = 0;
    _Static_assert(
            SCENARIO_DEVICE_GROUPS_MAX + SCENARIO_IMAGE_BUILDS_MAX <= NODE_BUILDS_MAX, "one each");
    for (uint32_t g = 0; g < world->scenario->group_count; g++) {
        builds[count++] = world->groups[g].build;
    }
    for (uint32_t i = 0; i < world->scenario->image_build_count; i++) {
        builds[count++] = world->image_builds[i].build;
    }
    struct node_fleet_params params = {
        .board = &world->groups[0].board.type,
        .builds = builds,
        .build_count = count,
        .image_builds = world->image_builds,
        .image_build_count = world->scenario->image_build_count,
        .initial_image = initial->bytes,
        .initial_image_size = initial->size_bytes,
        .crypto_memo = options->crypto_memo,
        .spare_memory = options->spare_memory,
        .whole_drops = options->whole_drops,
        .guest_errors_fatal = world->scenario->on_guest_error_fail,
    };
    world->nodes =
            node_fleet_create(world->engine, &params, world->device_count, world->first_device);
    return world->nodes != NULL;
}

static bool create_servers(struct world *world)
{
    struct gateway_params gateway_params;
    world_gateway_params(world->scenario, &gateway_params);
    gateway_params.gps_at_start_ns = GPS_SECONDS_AT_START * SIM_NS_PER_S;
    world->gateways = gateway_fleet_create(
            world->engine, &gateway_params, world->gateway_count, &world->gateway_entities);
    if (world->gateways == NULL) {
        return false;
    }
    struct network_params network_params;
    world_network_params(world->scenario, &network_params);
    world->network =
            network_create(world->engine, &network_params, world->gateways, world->gateway_count,
                    world->identities, world->device_count, GPS_SECONDS_AT_START * SIM_NS_PER_S);
    if (world->network == NULL) {
        return false;
    }
    gateway_fleet_connect(world->gateways, world->medium, &network_gateway_sink, world->network);
    world->server =
            server_create(world->engine, world->network, world->identities, world->device_count);
    return world->server != NULL;
}

static bool create_placed(struct world *world, const struct world_options *options,
        const struct placement *placement, char *error, size_t error_size)
{
    struct world_factory factory = { 0 };
    struct medium_site *sites = NULL;
    bool ok = world_groups_create(world, error, error_size)
              && world_builds_create(world, error, error_size)
              && (sites = create_sites(world, placement)) != NULL
              && world_build_images(world, &factory, error, error_size)
              && (world->identities = world_draw_identities(world, &factory)) != NULL
              && create_medium(world, options, placement, sites)
              && create_nodes(world, options, &factory.image) && create_servers(world)
              && world_configure_nodes(world, sites, &options->making) && create_foreign(world);
    free((void *)(uintptr_t)factory.image.bytes);
    free(sites);
    return ok && world_create_campaigns(world, error, error_size)
           && world_create_adversaries(world);
}

static bool create_parts(
        struct world *world, const struct world_options *options, char *error, size_t error_size)
{
    struct placement placement;
    if (!placement_create(&placement, world->scenario, error, error_size)) {
        return false;
    }
    bool ok = create_placed(world, options, &placement, error, error_size);
    placement_destroy(&placement);
    return ok;
}

static bool start_threads(
        struct world *world, const struct world_options *options, char *error, size_t error_size)
{
    unsigned threads = options->threads > 0 ? options->threads : 1;
    if (!engine_threads_start(world->engine, threads)) {
        snprintf(error, error_size, "the system does not start %u threads", threads);
        return false;
    }
    return true;
}

static uint32_t more_gateways(const struct world *world)
{
    uint32_t count = world->gateway_count;
    return count > GATEWAY_ENTITIES_FIRST ? count - GATEWAY_ENTITIES_FIRST : 0;
}

struct world *world_create(const struct scenario *scenario, const struct world_options *options,
        char *error, size_t error_size)
{
    error[0] = '\0';
    struct world *world = calloc(1, sizeof *world);
    if (world == NULL) {
        fail(error, error_size, "out of memory");
        return NULL;
    }
    world->scenario = scenario;
    world->device_count = scenario_device_count(scenario);
    world->gateway_count = scenario->gateways.count;
    world->engine = engine_create(scenario->seed);
    if (world->engine != NULL) {
        /* Draws are keyed by entity: a gateway more renumbers no entity, a device more only those
         * that follow it: foreign ones, adversaries, gateways beyond the first 64. */
        assert(world->gateway_count <= SCENARIO_GATEWAYS_MAX);
        world->gateway_entities.first = engine_entity_add(world->engine, GATEWAY_ENTITIES_FIRST);
        world->first_device = engine_entity_add(world->engine, world->device_count);
        world->first_foreign = engine_entity_add(world->engine, scenario->foreign.devices);
        world->first_adversary = engine_entity_add(world->engine, scenario->adversary_count);
        world->gateway_entities.more = engine_entity_add(world->engine, more_gateways(world));
    }
    if (world->engine == NULL || !start_threads(world, options, error, error_size)
            || !create_parts(world, options, error, error_size)) {
        fail(error, error_size, "out of memory");
        world_destroy(world);
        return NULL;
    }
    return world;
}

void world_start(struct world *world)
{
    node_fleet_start(world->nodes, world->medium);
}

void world_destroy(struct world *world)
{
    if (world == NULL) {
        return;
    }
    adversaries_destroy(world->adversaries);
    foreign_destroy(world->foreign);
    server_destroy(world->server);
    network_destroy(world->network);
    gateway_fleet_destroy(world->gateways);
    node_fleet_destroy(world->nodes);
    world_groups_destroy(world);
    world_builds_destroy(world);
    medium_destroy(world->medium);
    engine_destroy(world->engine);
    free((void *)(uintptr_t)world->identities);
    world_free_images(world);
    free(world);
}

int64_t world_start_unix_s(const struct world *world)
{
    (void)world;
    /* GPS epoch 315964800 in Unix time; 18 leap seconds since (protocol reference, section 0). */
    return GPS_SECONDS_AT_START + INT64_C(315964800) - 18;
}
