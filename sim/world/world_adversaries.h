/* The adversaries of a world.
 * SPDX-License-Identifier: MIT
 */
#ifndef WORLD_WORLD_ADVERSARIES_H
#define WORLD_WORLD_ADVERSARIES_H

#include "world/world.h"

/* Their sites; `devices` are those of the fleet, at whose places some of them are. */
void world_place_adversaries(
        const struct world *world, const struct medium_site *devices, struct medium_site *sites);
/* After medium, nodes and servers. False: out of memory. */
bool world_create_adversaries(struct world *world);

#endif
