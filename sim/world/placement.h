/* Where devices and gateways stand.
 * SPDX-License-Identifier: MIT
 */
#ifndef WORLD_PLACEMENT_H
#define WORLD_PLACEMENT_H

#include "air/medium.h"
#include "scenario/scenario.h"

/* Sites of every device, group by group: uniform over the disc, or evenly on a ring of the area's
 * radius. Drawn from (seed, device entity, RANDOM_PLACEMENT). Entities are numbered from
 * `first_entity`. */
void placement_devices(
        const struct scenario *scenario, uint32_t first_entity, struct medium_site *sites);
/* Sites of the gateways: on a ring (one gateway: in the centre), or uniform over the disc. */
void placement_gateways(
        const struct scenario *scenario, uint32_t first_entity, struct medium_site *sites);

#endif
