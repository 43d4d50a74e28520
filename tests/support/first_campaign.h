/* The campaign of tests that have one only.
 * SPDX-License-Identifier: MIT
 */
#ifndef SUPPORT_FIRST_CAMPAIGN_H
#define SUPPORT_FIRST_CAMPAIGN_H

#include "world/world.h"

/* Campaign 0 of the server, which there is. */
static inline const struct campaign *world_first_campaign(const struct world *world)
{
    return server_campaign(world->server, 0);
}

#endif
