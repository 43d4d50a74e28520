/* When a device speaks of its block: spread over the fleet, and repeated in growing intervals.
 * SPDX-License-Identifier: MIT
 */
#ifndef DEVICE_SERVICES_FRAG_DELAY_H
#define DEVICE_SERVICES_FRAG_DELAY_H

#include <stdint.h>

struct core;
struct fragmentation;

/* A random delay of up to 2^(BlockAckDelay + 4) s, in ticks. */
uint64_t frag_delay_ticks(const struct fragmentation *frag, const struct core *core);

/* From a request that was the `sent`th of its kind, 1 and up, to the next: soon at first; then,
 * since gateways that send to others all the time hear badly, in ever longer intervals. There is no
 * last one. In ticks. */
uint64_t frag_delay_retry_ticks(
        const struct fragmentation *frag, const struct core *core, unsigned sent);

#endif
