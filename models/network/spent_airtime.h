/* Airtime that gateways have spent in the last hour, by what they reported as sent.
 * SPDX-License-Identifier: MIT
 *
 * A gateway keeps its duty cycles itself and refuses what exceeds them; this tells beforehand how
 * much is left in a sub-band, for multicast and unicast together.
 */
#ifndef NETWORK_SPENT_AIRTIME_H
#define NETWORK_SPENT_AIRTIME_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/duty_limiter.h"
#include "region/region.h"

struct spent_airtime {
    const struct region *region;
    uint32_t gateway_count;
    struct duty_limiter *bands; /* [gateway][sub-band] */
};

/* Zeroed before; finish it in either case. It grows from `memory` (run_memory.h). False: out of
 * memory. */
bool spent_airtime_init(struct spent_airtime *spent, const struct region *region,
        uint32_t gateway_count, struct run_memory *memory);
void spent_airtime_finish(struct spent_airtime *spent);
/* A gateway has sent a frame. */
void spent_airtime_add(struct spent_airtime *spent, uint32_t gateway, uint32_t frequency_hz,
        sim_ns start_ns, sim_ns airtime_ns);
/* From when on, not before `from_ns`, the gateway may spend `airtime_ns` and still has `reserve` of
 * the hour's airtime (0..1) left; SIM_NS_NEVER: it never has so much. */
sim_ns spent_airtime_free_ns(const struct spent_airtime *spent, uint32_t gateway,
        uint32_t frequency_hz, sim_ns from_ns, sim_ns airtime_ns, double reserve);

#endif
