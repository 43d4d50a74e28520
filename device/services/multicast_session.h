/* Class C sessions of the multicast groups: when the receiver opens and closes, through resets too.
 * SPDX-License-Identifier: MIT
 */
#ifndef DEVICE_SERVICES_MULTICAST_SESSION_H
#define DEVICE_SERVICES_MULTICAST_SESSION_H

#include <stdbool.h>
#include <stdint.h>

struct core;
struct package_facts;

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
    uint32_t time_gps_s;     /* SessionTime: GPS time modulo 2^32 */
    uint32_t frequency_hz;
    uint8_t data_rate;
    uint8_t time_out; /* TimeOut, 4 bits: lasts 2^time_out seconds */
    uint8_t state;    /* enum multicast_session_state */
};

struct multicast_sessions {
    uint8_t live;          /* sessions that are not NONE: lets the hot path skip the table */
    uint8_t wanted_groups; /* at the last step: a change moves the openings */
    bool clock_was_valid;
    int64_t clock_offset_ticks; /* the offset that next_at_ticks came from: a correction moves it */
    uint64_t next_at_ticks;     /* of the next opening or closing */
    struct multicast_session of_group[MULTICAST_SETUP_GROUPS];
};

/* At start: arms what non-volatile memory holds of groups that are defined. A session that a reset
 * interrupted opens again once the time is known. */
void multicast_sessions_restore(struct multicast_sessions *sessions, struct core *core);

/* Arms a session, which replaces the group's last one; kept in non-volatile memory until its end.
 * Its parameters are valid in this region, the group is defined. */
void multicast_session_arm(struct multicast_sessions *sessions, struct core *core, unsigned group,
        const struct multicast_session *session);

/* Ends the group's session, if it has one. */
void multicast_session_end(struct multicast_sessions *sessions, struct core *core, unsigned group);

/* GPS second of the start: of the seconds that SessionTime stands for the one nearest to now, less
 * than 2^31 s before or after it. Only while the clock is valid. */
int64_t multicast_session_start_s(const struct core *core, uint32_t time_gps_s, uint64_t now_ticks);
/* GPS second of the end of a session that starts at `start_s`. */
int64_t multicast_session_end_s(const struct multicast_session *session, int64_t start_s);

/* One of them is open. */
bool multicast_sessions_open(const struct multicast_sessions *sessions);

/* RTC time of the next step; 0: now; HAL_TICKS_NEVER: on input only. */
uint64_t multicast_sessions_step_at(const struct multicast_sessions *sessions,
        const struct core *core, const struct package_facts *facts);

/* Opens and closes what is due. True: an open session has ended. */
bool multicast_sessions_step(struct multicast_sessions *sessions, struct core *core,
        const struct package_facts *facts, uint64_t now_ticks);

/* True: a session is open or about to open. */
bool multicast_sessions_active(const struct multicast_sessions *sessions, const struct core *core,
        const struct package_facts *facts, uint64_t now_ticks);

#endif
