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

/* Takes OBSERVE_FIRMWARE; context: the world, whose record it fills. */
void fleet_record_observe(void *context, const struct observation *observation);

#endif
