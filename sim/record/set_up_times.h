/* How long a device's set-up took, step by step; the steps add up.
 * SPDX-License-Identifier: MIT
 */
#ifndef RECORD_SET_UP_TIMES_H
#define RECORD_SET_UP_TIMES_H

#include "record/recorder_set.h"

enum set_up_step {
    SET_UP_CONTACT,       /* campaign start to the first command: a device hears after it spoke */
    SET_UP_CLOCK_SYNC,    /* from there on without a clock that was ever set */
    SET_UP_MULTICAST,     /* to the positive answers on group and session */
    SET_UP_FRAGMENTATION, /* to the one on the fragmentation session: ready */
    SET_UP_STEP_COUNT
};

struct set_up_times {
    sim_ns step_ns[SET_UP_STEP_COUNT];
    sim_ns total_ns; /* campaign start to ready */
    /* Ready to the opening of the session, 0 if that came before; SIM_NS_NEVER: it did not. */
    sim_ns session_start_ns;
};

/* In one campaign. False: the device was never ready. */
bool set_up_times(const struct recorder_set *set, uint32_t campaign, uint32_t device,
        struct set_up_times *times);

#endif
