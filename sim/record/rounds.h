/* What each round of a campaign came to and cost.
 * SPDX-License-Identifier: MIT
 */
#ifndef RECORD_ROUNDS_H
#define RECORD_ROUNDS_H

#include "record/recorder_set.h"

struct round_cost {
    sim_ns airtime_ns; /* of its multicast frames, copies each */
    double energy_j;   /* of members, for updates, until the next round began */
};

/* Of a round that has begun. */
void rounds_cost(
        const struct recorder_set *set, uint32_t campaign, uint32_t round, struct round_cost *cost);

#endif
