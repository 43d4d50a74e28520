/* The builds that belong to images: firmware.builds of the scenario.
 * SPDX-License-Identifier: MIT
 */
#ifndef WORLD_WORLD_BUILDS_H
#define WORLD_WORLD_BUILDS_H

#include "world/world.h"

/* Loads builds and digests images. False: `error` says why. */
bool world_builds_create(struct world *world, char *error, size_t error_size);
void world_builds_destroy(struct world *world);

#endif
