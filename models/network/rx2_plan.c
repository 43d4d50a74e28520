/* When RX2 is taken: every gateway answers there on one frequency and data rate.
 * SPDX-License-Identifier: MIT
 */
#include "network/rx2_plan.h"

void rx2_plan_take(struct rx2_plan *plan, sim_ns start_ns, sim_ns end_ns)
{
    plan->taken[plan->next].start_ns = start_ns;
    plan->taken[plan->next].end_ns = end_ns;
    plan->next = (plan->next + 1u) % RX2_PLAN_SIZE;
}

bool rx2_plan_is_taken(const struct rx2_plan *plan, sim_ns start_ns, sim_ns end_ns)
{
    for (uint32_t i = 0; i < RX2_PLAN_SIZE; i++) {
        if (plan->taken[i].start_ns < end_ns && start_ns < plan->taken[i].end_ns) {
            return true;
        }
    }
    return false;
}
