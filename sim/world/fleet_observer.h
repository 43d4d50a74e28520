/* The observer behind struct fleet_record.
 * SPDX-License-Identifier: MIT
 */
#ifndef WORLD_FLEET_OBSERVER_H
#define WORLD_FLEET_OBSERVER_H

#include "world/fleet_record.h"
#include "world/world.h"

/* NULL: out of memory. */
struct fleet_record *fleet_record_create(uint32_t device_count);
void fleet_record_destroy(struct fleet_record *record);

/* Fills the record of a world from here on; the world is complete but has not started. False: out
 * of memory. */
bool fleet_record_watch(struct world *world);

#endif
