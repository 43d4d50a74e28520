/* The campaigns of a run.
 * SPDX-License-Identifier: MIT
 */
#ifndef WORLD_WORLD_CAMPAIGNS_H
#define WORLD_WORLD_CAMPAIGNS_H

#include "world/world.h"

/* Adds every campaign of the scenario to the server. False: `error` says why. */
bool world_create_campaigns(struct world *world, char *error, size_t error_size);

#endif
