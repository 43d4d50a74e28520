/* How far a run may go now.
 * SPDX-License-Identifier: MIT
 */
#include "watch/pace.h"

#include <time.h>

#define MEASURE_NS INT64_C(250000000)

#define SLICE_SHORT_NS   INT64_C(2000000)
#define SLICE_LONG_NS    INT64_C(5000000)
#define SLICE_EVENTS_MAX 1000000u
#define SLICE_SIM_MAX_NS (3600 * SIM_NS_PER_S)

int64_t wall_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * SIM_NS_PER_S + now.tv_nsec;
}

void pace_start(struct pace *pace, double speed, int64_t wall_ns, sim_ns at_ns)
{
    *pace = (struct pace){ .speed = speed,
        .wall_ns = wall_ns,
        .sim_ns = at_ns,
        .measured_wall_ns = wall_ns,
        .measured_sim_ns = at_ns };
}

sim_ns pace_due(struct pace *pace, int64_t wall_ns, sim_ns at_ns)
{
    double behind_max_ns = (double)PACE_BEHIND_MAX_NS * pace->speed;
    double due_ns = (double)(wall_ns - pace->wall_ns) * pace->speed;
    if (due_ns - (double)(at_ns - pace->sim_ns) > behind_max_ns) {
        pace->wall_ns = wall_ns;
        pace->sim_ns = at_ns;
        due_ns = 0;
    }
    return pace->sim_ns + (int64_t)due_ns;
}

double pace_reached(struct pace *pace, int64_t wall_ns, sim_ns at_ns)
{
    int64_t passed_ns = wall_ns - pace->measured_wall_ns;
    if (passed_ns >= MEASURE_NS) {
        pace->reached = (double)(at_ns - pace->measured_sim_ns) / (double)passed_ns;
        pace->measured_wall_ns = wall_ns;
        pace->measured_sim_ns = at_ns;
    }
    return pace->reached;
}

void slice_adapt(struct slice *slice, int64_t took_ns)
{
    if (took_ns > SLICE_LONG_NS) {
        slice->events = slice->events > 1 ? slice->events / 2 : 1;
        slice->sim_ns = slice->sim_ns > 1 ? slice->sim_ns / 2 : 1;
    } else if (took_ns < SLICE_SHORT_NS) {
        slice->events = slice->events < SLICE_EVENTS_MAX ? slice->events * 2 : slice->events;
        slice->sim_ns = slice->sim_ns < SLICE_SIM_MAX_NS ? slice->sim_ns * 2 : slice->sim_ns;
    }
}
