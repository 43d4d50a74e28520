/* Where devices and gateways stand.
 * SPDX-License-Identifier: MIT
 *
 * Draws are keyed by (seed, entity, RANDOM_PLACEMENT): a device more moves none of a layout that is
 * drawn, but for which number has which place with `numbering: place`. Lattices and rings have a
 * place for each number, which more devices may move.
 */
#ifndef WORLD_PLACEMENT_H
#define WORLD_PLACEMENT_H

#include "air/medium.h"
#include "air/penetration.h"
#include "gateway/gateway.h"
#include "scenario/position_file.h"
#include "scenario/scenario.h"

/* The files that a scenario names, in metres around the centroid of all that is given in degrees.
 */
struct placement {
    const struct scenario *scenario;
    struct position_file gateways;
    struct position_file groups[SCENARIO_DEVICE_GROUPS_MAX];
};

/* False: `error` says why in one line. */
bool placement_create(struct placement *placement, const struct scenario *scenario, char *error,
        size_t error_size);
void placement_destroy(struct placement *placement);

/* Sites of every device, group by group. Entities are numbered from `first_entity`.
 *   uniform   over the disc
 *   ring      evenly on the edge of the area
 *   grid      a square of rows around the centre; as dense as the area unless spacing says
 *   hex       rings of six neighbours around the centre, likewise
 *   clusters  around centres that are uniform over the disc, normal along each axis
 *   file      as given
 * A group with `numbering: place` gets the same places, numbered along a curve, but for a file.
 * False: no memory. */
bool placement_devices(
        const struct placement *placement, uint32_t first_entity, struct medium_site *sites);
/* Sites of the gateways: on a ring of their own radius (one gateway: in the centre), or as above.
 */
void placement_gateways(const struct placement *placement, const struct gateway_entities *entities,
        struct medium_site *sites);

/* Is device `index` of a group indoors, and how deep? By its file, else drawn by the group's share.
 */
enum penetration_class placement_indoor(
        const struct placement *placement, uint32_t group, uint32_t index, uint32_t entity);

#endif
