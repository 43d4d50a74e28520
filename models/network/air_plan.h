/* Which frames of multicast groups are planned to be on the air.
 * SPDX-License-Identifier: MIT
 *
 * Copies of one frequency and spreading factor from two gateways interfere at the devices between
 * them. A group keeps its own copies apart by turns; this keeps those of different groups apart.
 */
#ifndef NETWORK_AIR_PLAN_H
#define NETWORK_AIR_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "air/lora.h"
#include "sim_time.h"

/* More than the gateways have accepted at one time: two frames each. */
#define AIR_PLAN_SIZE 256u

struct air_plan_entry {
    sim_ns start_ns, end_ns;
    uint32_t frequency_hz;
    uint32_t group;
    uint8_t spreading_factor;
};

struct air_plan {
    struct air_plan_entry entries[AIR_PLAN_SIZE];
    uint32_t next; /* the oldest, overwritten first */
};

/* Enters a frame of `group` from `start_ns` to `end_ns`. */
void air_plan_take(struct air_plan *plan, uint32_t group, const struct lora_modulation *modulation,
        sim_ns start_ns, sim_ns end_ns);
/* True: a frame of another group is planned in that time, on that frequency and spreading factor.
 */
bool air_plan_is_taken(const struct air_plan *plan, uint32_t group,
        const struct lora_modulation *modulation, sim_ns start_ns, sim_ns end_ns);

#endif
