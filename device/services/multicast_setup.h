/* TS005, remote multicast setup: FPort 200, package 2; class C sessions of four groups.
 * SPDX-License-Identifier: MIT
 *
 * Its row is multicast_setup_package (services/package.h).
 */
#ifndef DEVICE_SERVICES_MULTICAST_SETUP_H
#define DEVICE_SERVICES_MULTICAST_SETUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "services/answers.h"

#define MULTICAST_SETUP_FPORT  200u
#define MULTICAST_SETUP_GROUPS 4u
/* Uplinks of the device's own accord wait from this long before a session opens. */
#define MULTICAST_SETUP_QUIET_S 15u

enum multicast_session_state {
    MULTICAST_SESSION_NONE,
    MULTICAST_SESSION_ARMED, /* waits for its time, a valid clock, and a transfer that needs it */
    MULTICAST_SESSION_OPEN
};

struct multicast_session {
    uint64_t close_at_ticks; /* while open */
    uint32_t time_gps_s;
    uint32_t frequency_hz;
    uint8_t data_rate;
    uint8_t time_out; /* lasts 2^time_out seconds */
    uint8_t state;    /* enum multicast_session_state */
};

struct multicast_setup {
    uint8_t version;
    uint8_t live;          /* sessions that are not NONE: lets the hot path skip the table */
    uint8_t wanted_groups; /* at the last step: a change moves the openings */
    bool clock_was_valid;
    int64_t clock_offset_ticks; /* the offset behind next_at_ticks: a correction moves it */
    uint64_t next_at_ticks;     /* of the next opening or closing */
    struct multicast_session sessions[MULTICAST_SETUP_GROUPS];
    struct answers answers;
};

#endif
