/* TS003 exchanges on the device's own schedule, and what the server asks for.
 * SPDX-License-Identifier: MIT
 *
 * DeviceTimeReq is the better source: a device without time asks for both in one uplink, and the
 * coarser answer is then ignored.
 */
#include "services/clock_sync.h"

#include <string.h>

#include "bytes.h"
#include "core.h"
#include "hal.h"
#include "mac/mac.h"
#include "services/package.h"
#include "services/services.h"
#include "trace.h"

enum clock_cid {
    CID_PACKAGE_VERSION = 0x00,
    CID_APP_TIME = 0x01,
    CID_PERIODICITY = 0x02,
    CID_FORCE_RESYNC = 0x03
};

#define TICKS(seconds)       ((uint64_t)(seconds)*HAL_RTC_HZ)
#define TRIES                3u
#define ANSWER_REQUIRED      0x10u
#define TOKEN_MAX            0x0Fu /* 4 bits of AppTimeReq */
#define PERIOD_MAX           0x0Fu /* 4 bits of DeviceAppTimePeriodicityReq */
#define APP_TIME_REQ_SIZE    6u
#define PERIODICITY_ANS_SIZE 6u
#define PERIOD_JITTER_S      30u
/* DeviceTimeReq rides with other uplinks and is the better source: it gets its chance first. */
#define PERIOD_PER_REFRESH_HALVES 3u

/* A first request soon after boot, unless DeviceTimeAns came with another uplink by then. */
#define FIRST_DELAY_S   32u
#define FIRST_SPREAD_S  128u
#define RETRY_DELAY_S   32u
#define RETRY_SPREAD_S  32u
#define FORCED_DELAY_S  10u
#define FORCED_SPREAD_S 5u
/* Without time and without an answer. */
#define UNANSWERED_DELAY_S 3600u
#define SESSION_SPREAD_S   900u

/* DeviceTimeAns: 100 ms required of the network, and the uplink's own dating. AppTimeAns: both
 * sides count whole seconds. */
#define ERROR_FINE_TICKS   (HAL_RTC_HZ / 4u)
#define ERROR_COARSE_TICKS (HAL_RTC_HZ + HAL_RTC_HZ / 2u)

/* The factory may forbid all requests that the server did not ask for. */
static bool may_ask(const struct core *core)
{
    return core->factory.clock_refresh_h != FACTORY_CLOCK_REFRESH_NEVER;
}

static uint64_t random_ticks(const struct core *core, uint32_t range_s)
{
    uint32_t random = 0;
    DEVICE_ASSERT(&core->hal, TICKS(range_s) <= UINT32_MAX); /* the product below fits */
    hal_entropy(&core->hal, &random, sizeof(random));
    return TICKS(range_s) * random >> 32;
}

/* One period after `from_ticks`, 30 s earlier or later by chance. */
static void schedule(struct clock_sync *sync, struct core *core, uint64_t from_ticks)
{
    sync->sends_left = 0;
    sync->forced = false;
    if (!may_ask(core)) {
        sync->next_at_ticks = HAL_TICKS_NEVER;
        return;
    }
    DEVICE_ASSERT(&core->hal, sync->period_s > PERIOD_JITTER_S);
    sync->next_at_ticks = from_ticks + TICKS(sync->period_s) - TICKS(PERIOD_JITTER_S)
                          + random_ticks(core, 2u * PERIOD_JITTER_S);
}

static void init(void *state, struct core *core)
{
    struct clock_sync *sync = state;
    memset(sync, 0, sizeof(*sync));
    sync->version = clock_sync_package.version;
    uint32_t refresh_h = core->factory.clock_refresh_h;
    sync->period_s = refresh_h != 0 ? refresh_h * 3600u * PERIOD_PER_REFRESH_HALVES / 2u
                                    : CLOCK_SYNC_PERIOD_S;
    sync->coarse_set_at_ticks = HAL_TICKS_NEVER;
    sync->next_at_ticks =
            hal_rtc_now(&core->hal) + TICKS(FIRST_DELAY_S) + random_ticks(core, FIRST_SPREAD_S);
    if (!may_ask(core)) {
        sync->next_at_ticks = HAL_TICKS_NEVER;
    } else if (!core->clock.valid) {
        mac_request_device_time(core);
    }
}

static void tell(const void *state, const struct core *core, struct package_facts *facts)
{
    const struct clock_sync *sync = state;
    DEVICE_ASSERT(&core->hal, facts->clock_error_ticks == 0); /* no other package tells it */
    facts->clock_error_ticks = core->clock.set_at_ticks == sync->coarse_set_at_ticks
                                       ? ERROR_COARSE_TICKS
                                       : ERROR_FINE_TICKS;
}

/* --- downlinks ------------------------------------------------------------------------------ */

static bool clock_set_since_request(const struct clock_sync *sync, const struct core *core)
{
    return core->clock.set_at_ticks != sync->request_set_at_ticks
           || core->clock.offset_ticks != sync->request_offset_ticks;
}

static void correct(
        struct clock_sync *sync, struct core *core, int32_t correction_s, uint64_t now_ticks)
{
    struct gps_clock *clock = &core->clock;
    DEVICE_ASSERT(&core->hal, !sync->request_out);
    int64_t correction_ms = (int64_t)correction_s * 1000;
    if (correction_ms > INT32_MAX) {
        correction_ms = INT32_MAX;
    } else if (correction_ms < INT32_MIN) {
        correction_ms = INT32_MIN;
    }
    clock->offset_ticks += (int64_t)correction_s * (int64_t)HAL_RTC_HZ;
    clock->set_at_ticks = now_ticks;
    clock->valid = true;
    sync->coarse_set_at_ticks = now_ticks;
    hal_trace(&core->hal, FW_TRACE_CLOCK_SET, (uint32_t)(int32_t)correction_ms, 1);
}

static void on_app_time_ans(
        struct clock_sync *sync, struct core *core, const uint8_t *bytes, uint64_t now_ticks)
{
    DEVICE_ASSERT(&core->hal, sync->token <= TOKEN_MAX);
    if (!sync->request_out || (bytes[4] & TOKEN_MAX) != sync->token) {
        return;
    }
    int32_t correction_s = (int32_t)get_le32(bytes);
    sync->request_out = false;
    sync->token = (uint8_t)((sync->token + 1u) & TOKEN_MAX);
    schedule(sync, core, now_ticks);
    if (clock_set_since_request(sync, core)) {
        return; /* DeviceTimeAns came in the same downlink: the correction is for the old clock */
    }
    correct(sync, core, correction_s, now_ticks);
    if (correction_s == INT32_MAX || correction_s == INT32_MIN) {
        sync->next_at_ticks = now_ticks; /* the field was too small: once more at once */
        sync->sends_left = TRIES;
        sync->answer_required = true;
    }
}

static void on_periodicity(
        struct clock_sync *sync, struct core *core, uint32_t period, uint64_t now_ticks)
{
    DEVICE_ASSERT(&core->hal, period <= PERIOD_MAX);
    sync->period_s = 128u << period;
    if (sync->sends_left == 0) {
        schedule(sync, core, now_ticks);
    }
    answers_push(&sync->answers, CID_PERIODICITY, 0, 0);
}

static void on_force_resync(struct clock_sync *sync, uint32_t transmissions, uint64_t now_ticks)
{
    if (transmissions == 0) {
        return;
    }
    sync->sends_left = (uint8_t)transmissions;
    sync->forced = true;
    sync->answer_required = false;
    sync->next_at_ticks = now_ticks;
}

static int command_size(uint8_t cid)
{
    switch (cid) {
    case CID_PACKAGE_VERSION:
        return 0;
    case CID_APP_TIME:
        return 5;
    case CID_PERIODICITY:
    case CID_FORCE_RESYNC:
        return 1;
    default:
        return -1;
    }
}

static void on_downlink(void *state, struct core *core, const struct mac_downlink *downlink)
{
    struct clock_sync *sync = state;
    const uint8_t *payload = downlink->payload;
    uint64_t now_ticks = downlink->end_ticks;
    uint32_t offset = 0;
    if (downlink->group >= 0) {
        return; /* unicast only */
    }
    while (offset < downlink->size && !answers_full(&sync->answers)) {
        uint8_t cid = payload[offset++];
        int size = command_size(cid);
        if (size < 0 || (uint32_t)size > downlink->size - offset) {
            break;
        }
        if (cid == CID_PACKAGE_VERSION) {
            answers_push(&sync->answers, cid, 0, 0);
        } else if (cid == CID_APP_TIME) {
            on_app_time_ans(sync, core, &payload[offset], now_ticks);
        } else if (cid == CID_PERIODICITY) {
            on_periodicity(sync, core, payload[offset] & PERIOD_MAX, now_ticks);
        } else {
            on_force_resync(sync, payload[offset] & 7u, now_ticks);
        }
        offset += (uint32_t)size;
    }
}

/* --- uplinks -------------------------------------------------------------------------------- */

static uint64_t uplink_at(const void *state, bool held)
{
    const struct clock_sync *sync = state;
    if (sync->answers.count > 0) {
        return 0;
    }
    return held ? HAL_TICKS_NEVER : sync->next_at_ticks;
}

/* Moves a request that a session held back to a random time after it. */
static void on_event(void *state, struct core *core, enum package_event event, uint64_t now_ticks)
{
    struct clock_sync *sync = state;
    DEVICE_ASSERT(&core->hal, !sync->forced || sync->sends_left > 0);
    if (event != PACKAGE_EVENT_SESSION_OVER || sync->next_at_ticks > now_ticks) {
        return;
    }
    /* All devices of the group are here now: they may not send at one time. */
    sync->next_at_ticks = now_ticks + random_ticks(core, SESSION_SPREAD_S);
    sync->held_back++;
    hal_trace(&core->hal, FW_TRACE_UPLINK_HELD, 1, sync->held_back);
}

struct encode_context {
    const struct clock_sync *sync;
    const struct core *core;
    uint64_t end_ticks; /* of the uplink: the server dates its end */
};

static size_t encode_answer(
        void *context, const struct answer *answer, uint8_t *out, size_t size_max)
{
    const struct encode_context *encode = context;
    bool version = answer->cid == CID_PACKAGE_VERSION;
    DEVICE_ASSERT(&encode->core->hal, version || answer->cid == CID_PERIODICITY);
    size_t size = version ? 3u : PERIODICITY_ANS_SIZE;
    if (size > size_max) {
        return 0;
    }
    out[0] = answer->cid;
    if (version) {
        out[1] = clock_sync_package.identifier;
        out[2] = encode->sync->version;
        return size;
    }
    out[1] = 0; /* the period is accepted */
    put_le32(&out[2], (uint32_t)gps_clock_seconds(&encode->core->clock, encode->end_ticks));
    return size;
}

/* Decides whether a request that is due still has a purpose. */
static bool request_needed(struct clock_sync *sync, struct core *core, uint64_t now_ticks)
{
    const struct gps_clock *clock = &core->clock;
    DEVICE_ASSERT(&core->hal, !sync->forced || sync->sends_left > 0);
    if (sync->forced) {
        return true;
    }
    if (sync->sends_left > 0) {
        if (sync->request_out && clock_set_since_request(sync, core)) {
            schedule(sync, core, now_ticks); /* DeviceTimeAns did it */
            return false;
        }
        return true;
    }
    if (clock->valid && now_ticks - clock->set_at_ticks < TICKS(sync->period_s) / 2u) {
        schedule(sync, core, clock->set_at_ticks);
        return sync->next_at_ticks <= now_ticks;
    }
    sync->sends_left = TRIES;
    sync->answer_required = true;
    return true;
}

/* Plans the next transmission of the exchange, or the next exchange. */
static void plan_next(struct clock_sync *sync, struct core *core, uint64_t now_ticks)
{
    DEVICE_ASSERT(&core->hal, sync->sends_left > 0);
    sync->sends_left--;
    if (sync->sends_left > 0) {
        uint32_t delay_s = sync->forced ? FORCED_DELAY_S : RETRY_DELAY_S;
        uint32_t spread_s = sync->forced ? FORCED_SPREAD_S : RETRY_SPREAD_S;
        sync->next_at_ticks = now_ticks + TICKS(delay_s) + random_ticks(core, spread_s);
    } else if (core->clock.valid || !may_ask(core)) {
        schedule(sync, core, now_ticks);
    } else {
        sync->forced = false;
        sync->next_at_ticks =
                now_ticks + TICKS(UNANSWERED_DELAY_S) + random_ticks(core, UNANSWERED_DELAY_S);
    }
}

static void put_request(
        struct clock_sync *sync, struct core *core, uint64_t end_ticks, uint8_t *out)
{
    const struct gps_clock *clock = &core->clock;
    DEVICE_ASSERT(&core->hal, sync->token <= TOKEN_MAX);
    if (!clock->valid) {
        mac_request_device_time(core);
    }
    sync->request_out = true;
    sync->request_set_at_ticks = clock->set_at_ticks;
    sync->request_offset_ticks = clock->offset_ticks;
    out[0] = CID_APP_TIME;
    put_le32(&out[1], (uint32_t)gps_clock_seconds(clock, end_ticks));
    out[5] = (uint8_t)(sync->token | (sync->answer_required ? ANSWER_REQUIRED : 0));
}

static size_t build(void *state, struct core *core, uint64_t now_ticks, bool held, uint8_t *out,
        size_t size_max)
{
    struct clock_sync *sync = state;
    DEVICE_ASSERT(&core->hal, sync->answers.count <= ANSWERS_MAX);
    bool due = !held && now_ticks >= sync->next_at_ticks && size_max >= APP_TIME_REQ_SIZE
               && request_needed(sync, core, now_ticks);
    size_t planned = due ? APP_TIME_REQ_SIZE : 0;
    struct encode_context context = {
        .sync = sync,
        .core = core,
        .end_ticks = now_ticks + mac_uplink_airtime_ticks(core, APP_TIME_REQ_SIZE),
    };
    if (due) {
        put_request(sync, core, context.end_ticks, out);
        plan_next(sync, core, now_ticks);
    }
    return planned
           + answers_encode(
                   &sync->answers, encode_answer, &context, &out[planned], size_max - planned);
}

const struct package clock_sync_package = {
    .fport = CLOCK_SYNC_FPORT,
    .identifier = 1,
    .version = 2,
    .state_offset = offsetof(struct services, clock_sync),
    .init = init,
    .on_downlink = on_downlink,
    .tell = tell,
    .on_event = on_event,
    .uplink_at = uplink_at,
    .build = build,
};
