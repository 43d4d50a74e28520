/* The images of a run, and the campaigns that send them.
 * SPDX-License-Identifier: MIT
 */
#ifndef WORLD_WORLD_CAMPAIGNS_H
#define WORLD_WORLD_CAMPAIGNS_H

#include "world/world.h"

/* Builds the image of each campaign and the one that devices run at first: the first campaign's
 * code (without a campaign, the scenario's) at version 1.0.0; the caller frees `*initial`. Writes
 * the key that images are checked with. False: `error` says why. */
bool world_build_images(struct world *world, uint8_t **initial, uint32_t *initial_size,
        uint8_t public_key[32], char *error, size_t error_size);
void world_free_images(struct world *world);

/* Adds every campaign of the scenario to the server. False: `error` says why. */
bool world_create_campaigns(struct world *world, char *error, size_t error_size);

#endif
