/* Which frames of multicast groups are planned to be on the air.
 * SPDX-License-Identifier: MIT
 */
#include "network/air_plan.h"

#include <assert.h>

void air_plan_take(struct air_plan *plan, uint32_t group, const struct lora_modulation *modulation,
        sim_ns start_ns, sim_ns end_ns)
{
    assert(start_ns < end_ns);
    plan->entries[plan->next] = (struct air_plan_entry){ start_ns, end_ns, modulation->frequency_hz,
        group, modulation->spreading_factor };
    plan->next = (plan->next + 1u) % AIR_PLAN_SIZE;
}

bool air_plan_is_taken(const struct air_plan *plan, uint32_t group,
        const struct lora_modulation *modulation, sim_ns start_ns, sim_ns end_ns)
{
    assert(start_ns < end_ns);
    for (uint32_t i = 0; i < AIR_PLAN_SIZE; i++) {
        const struct air_plan_entry *entry = &plan->entries[i];
        if (entry->group != group && entry->frequency_hz == modulation->frequency_hz
                && entry->spreading_factor == modulation->spreading_factor
                && entry->start_ns < end_ns && start_ns < entry->end_ns) {
            return true;
        }
    }
    return false;
}
