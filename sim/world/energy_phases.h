/* What each device's energy was spent on: joining, reporting, each part of an update.
 * SPDX-License-Identifier: MIT
 *
 * An observer: wherever the firmware says that it goes on to something else, what the node has
 * drawn since the last such place belongs to the phase that ends there. So phases add up to the
 * node's total, whatever happens.
 */
#ifndef WORLD_ENERGY_PHASES_H
#define WORLD_ENERGY_PHASES_H

#include "board/node.h"
#include "observe.h"

/* clang-format off */
#define ENERGY_PHASES(X)                                                                           \
    X(JOIN, "join")                 /* from the first join request to the join */                  \
    X(IDLE, "idle")                 /* asleep, and what none of the others is */                   \
    X(REPORT, "report")             /* an uplink of the application and its windows */             \
    X(CLOCK_SYNC, "clock_sync")     /* the same of TS003 (a DeviceTimeReq rides along elsewhere) */\
    X(SET_UP, "set_up")             /* from a set-up command to the end of its answer's windows */ \
    X(LISTENING, "listening")       /* class C, before the first fragment */                       \
    X(BULK, "bulk")                 /* to the first coded fragment */                              \
    X(CORRECTION, "correction")     /* to the whole block */                                       \
    X(VERIFICATION, "verification") /* report of the block, its MIC and signature, to the restart */\
    X(INSTALL, "install")           /* the bootloader's work */

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

struct energy_phases;

const char *energy_phase_name(enum energy_phase phase);

/* Devices are the entities from `first_device` on. NULL: out of memory. */
struct energy_phases *energy_phases_create(
        const struct node_fleet *nodes, uint32_t device_count, entity_id first_device);
void energy_phases_destroy(struct energy_phases *phases);

/* `device` is about to say something. */
void energy_phases_prefetch(const struct energy_phases *phases, uint32_t device);
/* Takes FIRMWARE. */
void energy_phases_firmware(struct energy_phases *phases, const struct observation *observation);
/* Takes NODE_RESET: the bootloader runs from here on. */
void energy_phases_reset(struct energy_phases *phases, const struct observation *observation);

/* From power on to `now_ns`. */
void energy_phases_device(const struct energy_phases *phases, uint32_t device, sim_ns now_ns,
        struct phase_energy *energy);

#endif
