/* TS005, remote multicast setup: FPort 200, package 2; class C sessions of four groups.
 * SPDX-License-Identifier: MIT
 */
#ifndef DEVICE_SERVICES_MULTICAST_SETUP_H
#define DEVICE_SERVICES_MULTICAST_SETUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "services/answers.h"
#include "services/env.h"

#define MULTICAST_SETUP_FPORT           200u
#define MULTICAST_SETUP_PACKAGE         2u
#define MULTICAST_SETUP_VERSION_DEFAULT 2u
#define MULTICAST_SETUP_GROUPS          4u
/* Uplinks of the device's own accord wait from this long before a session opens. */
#define MULTICAST_SETUP_QUIET_S 15u

enum multicast_session_state {
    MULTICAST_SESSION_NONE,
    MULTICAST_SESSION_ARMED, /* waits for its time, a valid clock, and somebody who wants it */
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

void multicast_setup_init(struct multicast_setup *setup, const struct services_env *env);
void multicast_setup_on_downlink(struct multicast_setup *setup, const struct services_env *env,
        const struct mac_downlink *downlink);
uint64_t multicast_setup_step_at(
        const struct multicast_setup *setup, const struct services_env *env, uint8_t wanted_groups);
/* Opens and closes what is due. `error_ticks`: what the last correction of the clock may have been
 * wrong by. Sessions of `served_groups` end instead of opening; of the others only those of
 * `wanted_groups` open, the rest stay armed until their end: a receiver that is on for nothing
 * costs more than the rest of a campaign. True when an open session timed out. */
bool multicast_setup_step(struct multicast_setup *setup, const struct services_env *env,
        uint64_t now_ticks, uint32_t error_ticks, uint8_t served_groups, uint8_t wanted_groups);
/* Ends open sessions of these groups before their time. True when one was open. */
bool multicast_setup_finish(
        struct multicast_setup *setup, const struct services_env *env, uint8_t group_mask);
uint64_t multicast_setup_uplink_at(const struct multicast_setup *setup);
size_t multicast_setup_build(struct multicast_setup *setup, const struct services_env *env,
        uint64_t now_ticks, uint8_t *out, size_t size_max);
/* True when a session is open, or one of `wanted_groups` is about to open. */
bool multicast_setup_session_active(const struct multicast_setup *setup,
        const struct services_env *env, uint64_t now_ticks, uint8_t wanted_groups);

#endif
