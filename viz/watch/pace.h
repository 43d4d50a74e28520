/* How far a run may go now: a pace in simulated against wall time, and slices short enough that
 * commands act soon. Wall times are in ns of CLOCK_MONOTONIC.
 * SPDX-License-Identifier: MIT
 */
#ifndef WATCH_PACE_H
#define WATCH_PACE_H

#include <stdint.h>

#include "sim_time.h"

/* A run that lacks more than this of its pace does not catch up. */
#define PACE_BEHIND_MAX_NS INT64_C(100000000)

int64_t wall_now_ns(void);

struct pace {
    double speed; /* simulated seconds per second */
    int64_t wall_ns;
    sim_ns sim_ns; /* was due at wall_ns */
    /* For pace_reached(): */
    int64_t measured_wall_ns;
    sim_ns measured_sim_ns;
    double reached;
};

/* From now on. */
void pace_start(struct pace *pace, double speed, int64_t wall_ns, sim_ns at_ns);
/* The simulated time that is due. A run that lacks more goes on from where it stands. */
sim_ns pace_due(struct pace *pace, int64_t wall_ns, sim_ns at_ns);
/* Simulated seconds per second, lately. */
double pace_reached(struct pace *pace, int64_t wall_ns, sim_ns at_ns);

/* A slice of a run, that shall take a few milliseconds of wall time. */
struct slice {
    uint64_t events;
    sim_ns sim_ns;
};
#define SLICE_FIRST                                                                                \
    {                                                                                              \
        64, SIM_NS_PER_S                                                                           \
    }
/* The next one, after this took so long. */
void slice_adapt(struct slice *slice, int64_t took_ns);

#endif
