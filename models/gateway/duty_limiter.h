/* Enforces the duty cycle of one sub-band over sent and reserved transmissions.
 * SPDX-License-Identifier: MIT
 *
 * Budget form: of the frames whose end lies in any window (e - W, e], the airtimes sum up to at
 * most d W. Counting whole frames by their end is never less than the true on-time of a window.
 * Off-time form: a pause of T/d - T for each frame of airtime T, from its end or from its start.
 */
#ifndef GATEWAY_DUTY_LIMITER_H
#define GATEWAY_DUTY_LIMITER_H

#include <stdbool.h>
#include <stdint.h>

#include "sim_time.h"

struct run_memory;

struct duty_entry {
    sim_ns end_ns;
    sim_ns airtime_ns;
    sim_ns sum_ns; /* airtime of this and all entries before, forgotten ones too */
};

struct duty_limiter {
    double duty_cycle;
    sim_ns window_ns;       /* 0: off-time form */
    bool pauses_from_start; /* else from a frame's end */
    sim_ns budget_ns;
    struct duty_entry *entries; /* in order of end */
    uint32_t head, count, capacity;
    sim_ns forgotten_ns; /* sum of what lies before the head */
    struct run_memory *memory;
};

/* They grow from `memory` (run_memory.h). */
void duty_limiter_init(struct duty_limiter *limiter, double duty_cycle, double window_s,
        struct run_memory *memory);
void duty_limiter_init_pauses(struct duty_limiter *limiter, double duty_cycle, bool from_start,
        struct run_memory *memory);
void duty_limiter_finish(struct duty_limiter *limiter);
bool duty_limiter_allows(const struct duty_limiter *limiter, sim_ns start_ns, sim_ns airtime_ns);
/* Earliest allowed start from `from_ns` on; SIM_NS_NEVER: the frame is longer than the budget. */
sim_ns duty_limiter_earliest(const struct duty_limiter *limiter, sim_ns from_ns, sim_ns airtime_ns);
/* Reserves an allowed transmission, not before `now_ns`. */
void duty_limiter_reserve(
        struct duty_limiter *limiter, sim_ns now_ns, sim_ns start_ns, sim_ns airtime_ns);

#endif
