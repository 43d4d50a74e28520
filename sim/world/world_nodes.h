/* The end-devices of a world: their identities, factory settings, places and first states.
 * SPDX-License-Identifier: MIT
 */
#ifndef WORLD_WORLD_NODES_H
#define WORLD_WORLD_NODES_H

#include "scenario/board_file.h"
#include "scenario/build_file.h"
#include "scenario/temperature_file.h"
#include "world/placement.h"
#include "world/world_images.h"

/* Constants that nodes of one group share and point to. */
struct world_group {
    struct board_file board;
    struct temperature_file temperature; /* empty: mean and swing */
    struct firmware_object *object;      /* loaded for this group; NULL: of another, or built-in */
    const struct firmware_build *build;
};

/* Keys and EUIs of every device. NULL: out of memory. */
struct device_identity *world_draw_identities(
        const struct world *world, const struct world_factory *factory);

/* Sites of devices from where they stand: walls, antenna, crystal of the radio. */
void world_complete_sites(
        const struct world *world, const struct placement *placement, struct medium_site *sites);

/* Sites of gateways likewise: antenna, crystal of the radio. */
void world_complete_gateway_sites(const struct world *world, struct medium_site *sites);

/* Reads what groups name: boards, firmware builds, courses of temperature. False: `error` says why.
 */
bool world_groups_create(struct world *world, char *error, size_t error_size);
void world_groups_destroy(struct world *world);

/* Configures every node: medium, network and fleet exist. Commissioned devices join here, by bytes
 * between their factory and the join server. False: out of memory. */
bool world_configure_nodes(
        struct world *world, const struct medium_site *sites, const struct making *making);

#endif
