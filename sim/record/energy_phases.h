/* What each device's energy was spent on: joining, reporting, each part of an update.
 * SPDX-License-Identifier: MIT
 *
 * Wherever the states of its radio, the air or the server show that a device goes on to something
 * else, what the node has drawn since the last such place belongs to the phase that ends there. So
 * phases add up to the node's total, whatever happens, and nothing is asked of its firmware.
 */
#ifndef RECORD_ENERGY_PHASES_H
#define RECORD_ENERGY_PHASES_H

#include "record/recorder_set.h"

/* clang-format off */
#define ENERGY_PHASES(X)                                                                           \
    X(JOIN, "join")                 /* from the first JoinRequest to the JoinAccept */             \
    X(IDLE, "idle")                 /* asleep, and what none of the others is */                   \
    X(REPORT, "report")             /* an uplink of the application and its windows */             \
    X(CLOCK_SYNC, "clock_sync")     /* the same of TS003 (a DeviceTimeReq rides along elsewhere) */\
    X(SET_UP, "set_up")             /* from a set-up command to the end of its answer's windows */ \
    X(LISTENING, "listening")       /* class C, before the first fragment */                       \
    X(BULK, "bulk")                 /* to the first coded fragment */                              \
    X(CORRECTION, "correction")     /* to the end of class C */                                    \
    X(VERIFICATION, "verification") /* from there to the restart, if it reports the block whole */ \
    X(INSTALL, "install")           /* the restart after it, to the application's start */

enum energy_phase {
#define X(name, text) ENERGY_PHASE_##name,
    ENERGY_PHASES(X)
#undef X
    ENERGY_PHASE_COUNT
};
/* clang-format on */

struct phase_energy {
    double joule[ENERGY_PHASE_COUNT];
    double update_j;  /* set-up, listening, bulk, correction, verification and install */
    double steady_j;  /* the others, joining apart: what the device draws without an update */
    sim_ns steady_ns; /* in how long */
};

const char *energy_phase_name(enum energy_phase phase);

/* From power on to now. */
void energy_phases_device(
        const struct recorder_set *set, uint32_t device, struct phase_energy *energy);

#endif
