/* When RX2 is taken: every gateway answers there on one frequency and data rate.
 * SPDX-License-Identifier: MIT
 *
 * A device that opens RX2 locks on whatever downlink it hears there first, so two answers of
 * different gateways at one time cost one of them. Half duplex keeps one gateway's apart anyway.
 */
#ifndef NETWORK_RX2_PLAN_H
#define NETWORK_RX2_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "sim_time.h"

/* More than all gateways together can have planned within the seconds that an answer takes. */
#define RX2_PLAN_SIZE 64u

struct rx2_plan {
    struct {
        sim_ns start_ns, end_ns;
    } taken[RX2_PLAN_SIZE];
    uint32_t next; /* the oldest, overwritten first */
};

void rx2_plan_take(struct rx2_plan *plan, sim_ns start_ns, sim_ns end_ns);
bool rx2_plan_is_taken(const struct rx2_plan *plan, sim_ns start_ns, sim_ns end_ns);

#endif
