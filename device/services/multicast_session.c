/* The times at which class C sessions open and close, and their record in non-volatile memory.
 * SPDX-License-Identifier: MIT
 *
 * What is kept is the request, not how far the session is: after a reset the time decides.
 */
#include "services/multicast_session.h"

#include <string.h>

#include "bytes.h"
#include "core.h"
#include "mac/mac.h"
#include "services/package.h"
#include "trace.h"

/* assumed: a 20 ppm crystal, and as much again for temperature away from 25 degrees. */
#define DRIFT_PPM    40u
#define TIME_OUT_MAX 15u /* 4 bits of McClassCSessionReq */

_Static_assert(MULTICAST_SETUP_GROUPS == MAC_MULTICAST_GROUPS, "the MAC holds the groups");

/* NVM_CLASS_C_SESSIONS, of each group in turn. */
enum {
    SESSION_TIME = 0,      /* u32, GPS time modulo 2^32 */
    SESSION_FREQUENCY = 4, /* u24, 100 Hz */
    SESSION_DATA_RATE = 7,
    SESSION_TIME_OUT = 8, /* SESSION_NONE: there is no session */
    SESSION_SIZE = 9,
    SESSIONS_SIZE = SESSION_SIZE * (int)MULTICAST_SETUP_GROUPS
};
#define SESSION_NONE 0xFFu
_Static_assert(SESSIONS_SIZE <= (int)NVM_SIZE_CLASS_C_SESSIONS, "the sessions are one record");

/* --- record ---------------------------------------------------------------------------------- */

static void save(const struct multicast_sessions *sessions, struct core *core)
{
    uint8_t record[SESSIONS_SIZE] = { 0 };
    DEVICE_ASSERT(&core->hal, sessions->live <= MULTICAST_SETUP_GROUPS);
    if (sessions->live == 0) {
        nvm_erase(&core->nvm, NVM_CLASS_C_SESSIONS);
        return;
    }
    for (unsigned group = 0; group < MULTICAST_SETUP_GROUPS; group++) {
        const struct multicast_session *session = &sessions->of_group[group];
        uint8_t *b = record + SESSION_SIZE * group;
        bool none = session->state == MULTICAST_SESSION_NONE;
        b[SESSION_TIME_OUT] = none ? SESSION_NONE : session->time_out;
        if (!none) {
            put_le32(b + SESSION_TIME, session->time_gps_s);
            put_le24(b + SESSION_FREQUENCY, session->frequency_hz / 100u);
            b[SESSION_DATA_RATE] = session->data_rate;
        }
    }
    nvm_write(&core->nvm, NVM_CLASS_C_SESSIONS, record, sizeof record);
}

static void put_armed(struct multicast_sessions *sessions, struct core *core, unsigned group,
        const struct multicast_session *session)
{
    DEVICE_ASSERT(&core->hal, sessions->live < MULTICAST_SETUP_GROUPS);
    sessions->of_group[group] = *session;
    sessions->of_group[group].state = MULTICAST_SESSION_ARMED;
    sessions->live++;
    sessions->next_at_ticks = 0;
    hal_trace(&core->hal, FW_TRACE_SESSION_ARMED, session->time_gps_s, group);
    if (!core->clock.valid) {
        mac_request_device_time(core);
    }
}

void multicast_sessions_restore(struct multicast_sessions *sessions, struct core *core)
{
    uint8_t record[SESSIONS_SIZE];
    memset(sessions, 0, sizeof(*sessions));
    sessions->next_at_ticks = HAL_TICKS_NEVER;
    if (nvm_read(&core->nvm, NVM_CLASS_C_SESSIONS, record, sizeof record) != SESSIONS_SIZE) {
        return;
    }
    for (unsigned group = 0; group < MULTICAST_SETUP_GROUPS; group++) {
        const uint8_t *b = record + SESSION_SIZE * group;
        struct multicast_session session = {
            .time_gps_s = get_le32(b + SESSION_TIME),
            .frequency_hz = get_le24(b + SESSION_FREQUENCY) * 100u,
            .data_rate = b[SESSION_DATA_RATE],
            .time_out = b[SESSION_TIME_OUT],
        };
        uint32_t mc_addr;
        if (session.time_out <= TIME_OUT_MAX && mac_data_rate_valid(core, session.data_rate)
                && mac_frequency_valid(core, session.frequency_hz)
                && mac_multicast_defined(core, group, &mc_addr)) {
            put_armed(sessions, core, group, &session);
        }
    }
}

/* --- opening and closing --------------------------------------------------------------------- */

int64_t multicast_session_start_s(const struct core *core, uint32_t time_gps_s, uint64_t now_ticks)
{
    DEVICE_ASSERT(&core->hal, core->clock.valid);
    int64_t now_s = gps_clock_seconds(&core->clock, now_ticks);
    return now_s + (int32_t)(time_gps_s - (uint32_t)now_s);
}

int64_t multicast_session_end_s(const struct multicast_session *session, int64_t start_s)
{
    return start_s + (1 << (session->time_out & TIME_OUT_MAX));
}

/* What the clock may be off by at `at_ticks`: the guard time before and after a session. */
static uint64_t clock_error_ticks(const struct core *core, uint64_t at_ticks, uint32_t error_ticks)
{
    const struct factory *factory = &core->factory;
    DEVICE_ASSERT(&core->hal, core->clock.valid);
    uint64_t set_at_ticks = core->clock.set_at_ticks;
    uint64_t age = at_ticks > set_at_ticks ? at_ticks - set_at_ticks : 0;
    if ((factory->boot_options & FACTORY_OPTION_GUARD) != 0) {
        return (uint64_t)factory->guard_ms * HAL_RTC_HZ / 1000u
               + age * factory->guard_ppm / 1000000u;
    }
    return error_ticks + age * DRIFT_PPM / 1000000u;
}

/* There is one receiver: when the session that had it closes, another open one gets it back. */
static void listen_to_another(const struct multicast_sessions *sessions, struct core *core)
{
    DEVICE_ASSERT(&core->hal, !mac_class_c_is_open(core));
    for (unsigned group = 0; group < MULTICAST_SETUP_GROUPS; group++) {
        const struct multicast_session *session = &sessions->of_group[group];
        if (session->state == MULTICAST_SESSION_OPEN) {
            mac_class_c_open(core, group, session->frequency_hz, session->data_rate);
            return;
        }
    }
}

/* Takes the session out of the table and off the receiver. True: it was open. */
static bool remove_session(struct multicast_sessions *sessions, struct core *core, unsigned group)
{
    DEVICE_ASSERT(&core->hal, group < MULTICAST_SETUP_GROUPS);
    struct multicast_session *session = &sessions->of_group[group];
    bool was_open = session->state == MULTICAST_SESSION_OPEN;
    if (session->state != MULTICAST_SESSION_NONE) {
        DEVICE_ASSERT(&core->hal, sessions->live > 0);
        session->state = MULTICAST_SESSION_NONE;
        sessions->live--;
    }
    if (was_open) {
        mac_class_c_close(core, group);
        if (!mac_class_c_is_open(core)) {
            listen_to_another(sessions, core);
        }
    }
    return was_open;
}

static void end_session(
        struct multicast_sessions *sessions, struct core *core, unsigned group, bool timed_out)
{
    uint8_t live = sessions->live;
    bool was_open = remove_session(sessions, core, group);
    DEVICE_ASSERT(&core->hal, !was_open || sessions->live < live);
    if (sessions->live != live) {
        save(sessions, core);
    }
    if (was_open) {
        hal_trace(&core->hal, FW_TRACE_SESSION_CLOSED, group, timed_out);
    }
}

void multicast_session_end(struct multicast_sessions *sessions, struct core *core, unsigned group)
{
    end_session(sessions, core, group, false);
}

void multicast_session_arm(struct multicast_sessions *sessions, struct core *core, unsigned group,
        const struct multicast_session *session)
{
    DEVICE_ASSERT(&core->hal, group < MULTICAST_SETUP_GROUPS);
    /* The record changes once: after a reset it holds the old session or the new one. */
    if (remove_session(sessions, core, group)) {
        hal_trace(&core->hal, FW_TRACE_SESSION_CLOSED, group, false);
    }
    put_armed(sessions, core, group, session);
    save(sessions, core);
}

static void open_session(struct multicast_sessions *sessions, struct core *core, unsigned group)
{
    DEVICE_ASSERT(&core->hal, group < MULTICAST_SETUP_GROUPS);
    struct multicast_session *session = &sessions->of_group[group];
    DEVICE_ASSERT(&core->hal, session->state == MULTICAST_SESSION_ARMED && core->clock.valid);
    session->state = MULTICAST_SESSION_OPEN;
    mac_class_c_open(core, group, session->frequency_hz, session->data_rate);
    int64_t gps_ticks = (int64_t)hal_rtc_now(&core->hal) + core->clock.offset_ticks;
    hal_trace(&core->hal, FW_TRACE_SESSION_OPENED, group,
            (uint32_t)(gps_ticks * 1000 / (int64_t)HAL_RTC_HZ));
}

static bool step_session(struct multicast_sessions *sessions, struct core *core, unsigned group,
        uint64_t now_ticks, uint32_t error_ticks, bool served)
{
    DEVICE_ASSERT(&core->hal, group < MULTICAST_SETUP_GROUPS);
    struct multicast_session *session = &sessions->of_group[group];
    DEVICE_ASSERT(&core->hal, session->state != MULTICAST_SESSION_NONE);
    int64_t start_s = multicast_session_start_s(core, session->time_gps_s, now_ticks);
    uint64_t start = gps_clock_ticks_at(&core->clock, start_s);
    uint64_t end = gps_clock_ticks_at(&core->clock, multicast_session_end_s(session, start_s));
    uint64_t early = clock_error_ticks(core, start, error_ticks);
    uint64_t open_at = start > early ? start - early : 0;
    session->close_at_ticks = end + clock_error_ticks(core, end, error_ticks);
    if (now_ticks >= session->close_at_ticks) {
        bool was_open = session->state == MULTICAST_SESSION_OPEN;
        end_session(sessions, core, group, true);
        return was_open;
    }
    uint64_t next = session->close_at_ticks;
    if (session->state == MULTICAST_SESSION_ARMED) {
        if (now_ticks < open_at) {
            next = open_at;
        } else if (served) {
            end_session(sessions, core, group, false);
            return false;
        } else if ((sessions->wanted_groups >> group & 1u) != 0) {
            open_session(sessions, core, group);
        }
    }
    sessions->next_at_ticks = next < sessions->next_at_ticks ? next : sessions->next_at_ticks;
    return false;
}

uint64_t multicast_sessions_step_at(const struct multicast_sessions *sessions,
        const struct core *core, const struct package_facts *facts)
{
    DEVICE_ASSERT(&core->hal, sessions->live <= MULTICAST_SETUP_GROUPS);
    if (sessions->live == 0) {
        return HAL_TICKS_NEVER;
    }
    bool same_clock = sessions->clock_was_valid == core->clock.valid
                      && sessions->clock_offset_ticks == core->clock.offset_ticks;
    return same_clock && sessions->wanted_groups == facts->wanted_groups ? sessions->next_at_ticks
                                                                         : 0;
}

/* Opens and closes what is due. Sessions of served groups end instead of opening; of the others
 * only those of wanted groups open, the rest stay armed until their end: a receiver that is on for
 * nothing costs more than the rest of a campaign. True when an open session timed out. */
static bool step_sessions(struct multicast_sessions *sessions, struct core *core,
        const struct package_facts *facts, uint64_t now_ticks)
{
    bool closed = false;
    DEVICE_ASSERT(&core->hal, sessions->live > 0 && sessions->live <= MULTICAST_SETUP_GROUPS);
    sessions->wanted_groups = facts->wanted_groups;
    sessions->clock_was_valid = core->clock.valid;
    sessions->clock_offset_ticks = core->clock.offset_ticks;
    sessions->next_at_ticks = HAL_TICKS_NEVER;
    for (unsigned group = 0; group < MULTICAST_SETUP_GROUPS; group++) {
        bool live = sessions->of_group[group].state != MULTICAST_SESSION_NONE;
        if (live && core->clock.valid) { /* without the time, armed sessions wait for it */
            bool served = (facts->served_groups >> group & 1u) != 0;
            closed |= step_session(
                    sessions, core, group, now_ticks, facts->clock_error_ticks, served);
        }
    }
    return closed;
}

/* Ends open sessions of these groups before their time. True when one was open. */
static bool finish(struct multicast_sessions *sessions, struct core *core, uint8_t group_mask)
{
    bool closed = false;
    for (unsigned group = 0; sessions->live > 0 && group < MULTICAST_SETUP_GROUPS; group++) {
        if ((group_mask >> group & 1u) != 0
                && sessions->of_group[group].state == MULTICAST_SESSION_OPEN) {
            end_session(sessions, core, group, false);
            closed = true;
        }
    }
    return closed;
}

bool multicast_sessions_step(struct multicast_sessions *sessions, struct core *core,
        const struct package_facts *facts, uint64_t now_ticks)
{
    bool closed = finish(sessions, core, facts->served_groups);
    if (multicast_sessions_step_at(sessions, core, facts) <= now_ticks) {
        closed |= step_sessions(sessions, core, facts, now_ticks);
    }
    return closed;
}

bool multicast_sessions_open(const struct multicast_sessions *sessions)
{
    for (unsigned group = 0; sessions->live > 0 && group < MULTICAST_SETUP_GROUPS; group++) {
        if (sessions->of_group[group].state == MULTICAST_SESSION_OPEN) {
            return true;
        }
    }
    return false;
}

bool multicast_sessions_active(const struct multicast_sessions *sessions, const struct core *core,
        const struct package_facts *facts, uint64_t now_ticks)
{
    DEVICE_ASSERT(&core->hal, sessions->live <= MULTICAST_SETUP_GROUPS);
    for (unsigned group = 0; sessions->live > 0 && group < MULTICAST_SETUP_GROUPS; group++) {
        const struct multicast_session *session = &sessions->of_group[group];
        if (session->state == MULTICAST_SESSION_OPEN) {
            return true;
        }
        bool wanted = (facts->wanted_groups >> group & 1u) != 0;
        if (session->state == MULTICAST_SESSION_ARMED && wanted && core->clock.valid) {
            int64_t start_s = multicast_session_start_s(core, session->time_gps_s, now_ticks);
            if (now_ticks >= gps_clock_ticks_at(&core->clock, start_s - MULTICAST_SETUP_QUIET_S)) {
                return true;
            }
        }
    }
    return false;
}
