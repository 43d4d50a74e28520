/* TS006 messages: versions, planned reboots, the candidate.
 * SPDX-License-Identifier: MIT
 *
 * An answer is checked for room before it is written, and what does not fit goes into the next
 * uplink: other stacks lose such answers, or overflow (spec-protocol 6).
 */
#include "services/firmware_management.h"

#include <string.h>

#include "bytes.h"
#include "core.h"
#include "hal.h"
#include "mac/mac.h"
#include "services/package.h"
#include "services/services.h"
#include "trace.h"

enum management_cid {
    CID_PACKAGE_VERSION = 0x00,
    CID_DEV_VERSION = 0x01,
    CID_REBOOT_TIME = 0x02,
    CID_REBOOT_COUNTDOWN = 0x03,
    CID_UPGRADE_IMAGE = 0x04,
    CID_DELETE_IMAGE = 0x05,
    CID_COUNT
};

/* Payload bytes of the commands. */
static const uint8_t command_sizes[CID_COUNT] = {
    [CID_REBOOT_TIME] = 4,
    [CID_REBOOT_COUNTDOWN] = 3,
    [CID_DELETE_IMAGE] = 4,
};

#define TIME_NOW         0u
#define TIME_CANCEL      0xFFFFFFFFu
#define COUNTDOWN_CANCEL 0xFFFFFFu
#define ANSWER_SIZE_MAX  9u /* DevVersionAns */

/* UpImageStatus. */
#define IMAGE_NONE           0u
#define IMAGE_CORRUPT        1u
#define IMAGE_WRONG_HARDWARE 2u
#define IMAGE_VALID          3u
/* DevDeleteImageAns. */
#define DELETE_NO_VALID_IMAGE  0x01u
#define DELETE_INVALID_VERSION 0x02u

/* What a request for a reboot led to; first byte of context of its answer. */
enum reboot_outcome {
    OUTCOME_REFUSED,
    OUTCOME_PLANNED,
    OUTCOME_CANCELLED
};

/* --- record ---------------------------------------------------------------------------------- */

/* NVM_REBOOT: plan (1), GPS second (4) or RTC time (8), RTC time of the request (8). */
enum {
    RECORD_PLAN = 0,
    RECORD_AT = 1,
    RECORD_SET_AT = 9,
    RECORD_SIZE = 17
};
_Static_assert(RECORD_SIZE <= (int)NVM_SIZE_REBOOT, "it is one record");

static void put_le64(uint8_t *bytes, uint64_t value)
{
    put_le32(bytes, (uint32_t)value);
    put_le32(bytes + 4, (uint32_t)(value >> 32));
}

static uint64_t get_le64(const uint8_t *bytes)
{
    return get_le32(bytes) | (uint64_t)get_le32(bytes + 4) << 32;
}

/* A time where that is known: it holds through a power cut, after which the RTC begins again. */
static void save(const struct firmware_management *management, struct core *core)
{
    uint8_t record[RECORD_SIZE] = { management->reboot };
    DEVICE_ASSERT(&core->hal, management->reboot != REBOOT_NONE);
    if (management->reboot == REBOOT_AT_GPS) {
        put_le64(record + RECORD_AT, management->at_gps);
    } else if (core->clock.valid) {
        record[RECORD_PLAN] = REBOOT_AT_GPS;
        put_le64(record + RECORD_AT,
                (uint64_t)gps_clock_seconds(&core->clock, management->at_ticks) + 1u);
    } else {
        put_le64(record + RECORD_AT, management->at_ticks);
    }
    put_le64(record + RECORD_SET_AT, hal_rtc_now(&core->hal));
    nvm_write(&core->nvm, NVM_REBOOT, record, sizeof record);
}

static void cancel(struct firmware_management *management, struct core *core)
{
    uint8_t record[RECORD_SIZE];
    management->reboot = REBOOT_NONE;
    if (nvm_read(&core->nvm, NVM_REBOOT, record, sizeof record) >= 0) {
        nvm_erase(&core->nvm, NVM_REBOOT);
    }
}

static void cancel_by_order(struct firmware_management *management, struct core *core)
{
    DEVICE_ASSERT(&core->hal, management->reboot <= REBOOT_AT_TICKS);
    hal_trace(&core->hal, FW_TRACE_REBOOT_CANCELLED, management->reboot, 0);
    cancel(management, core);
}

/* A countdown is lost where the RTC began again: nothing tells how long the power was off. */
static void init(void *state, struct core *core)
{
    struct firmware_management *management = state;
    uint8_t record[RECORD_SIZE];
    memset(management, 0, sizeof *management);
    if (nvm_read(&core->nvm, NVM_REBOOT, record, sizeof record) != (int)RECORD_SIZE) {
        return;
    }
    uint64_t at = get_le64(record + RECORD_AT);
    management->booted_at_ticks = hal_rtc_now(&core->hal);
    if (record[RECORD_PLAN] == REBOOT_AT_GPS) {
        management->reboot = REBOOT_AT_GPS;
        management->at_gps = (uint32_t)at;
        mac_request_device_time(core);
    } else if (record[RECORD_PLAN] == REBOOT_AT_TICKS
               && get_le64(record + RECORD_SET_AT) <= management->booted_at_ticks) {
        management->reboot = REBOOT_AT_TICKS;
        management->at_ticks = at;
    }
}

/* --- reboot ---------------------------------------------------------------------------------- */

/* RTC time at which the plan falls due. */
static uint64_t due_at(const struct firmware_management *management, const struct core *core)
{
    DEVICE_ASSERT(&core->hal, management->reboot <= REBOOT_AT_TICKS);
    bool by_gps = management->reboot == REBOOT_AT_GPS;
    if (management->reboot == REBOOT_NONE || (by_gps && !core->clock.valid)) {
        return HAL_TICKS_NEVER;
    }
    if (!by_gps) {
        return management->at_ticks;
    }
    /* The nearer of the times that the 32 bits may mean. */
    int64_t now_s = gps_clock_seconds(&core->clock, hal_rtc_now(&core->hal));
    int64_t at_s = now_s + (int32_t)(management->at_gps - (uint32_t)now_s);
    return gps_clock_ticks_at(&core->clock, at_s);
}

/* A plan that fell due before this boot is carried out: each boot installs. */
uint64_t firmware_management_reboot_at(
        const struct firmware_management *management, const struct core *core)
{
    uint64_t at = due_at(management, core);
    return at >= management->booted_at_ticks ? at : HAL_TICKS_NEVER;
}

void firmware_management_rebooting(struct firmware_management *management, struct core *core)
{
    if (firmware_management_reboot_at(management, core) <= hal_rtc_now(&core->hal)) {
        cancel(management, core);
    }
}

static void plan(struct firmware_management *management, struct core *core, enum reboot_plan by)
{
    DEVICE_ASSERT(&core->hal, by != REBOOT_NONE);
    management->reboot = (uint8_t)by;
    save(management, core);
    hal_trace(&core->hal, FW_TRACE_REBOOT_PLANNED, by,
            by == REBOOT_AT_GPS ? management->at_gps : (uint32_t)management->at_ticks);
}

/* Value 0 has no answer: the device is gone before it. */
static void reboot_now(struct firmware_management *management, struct core *core)
{
    management->reboot = REBOOT_AT_TICKS;
    management->at_ticks = hal_rtc_now(&core->hal);
}

static void on_reboot_time(
        struct firmware_management *management, struct core *core, uint32_t gps_s)
{
    uint64_t now_ticks = hal_rtc_now(&core->hal);
    enum reboot_outcome outcome = OUTCOME_REFUSED;
    if (gps_s == TIME_NOW) {
        reboot_now(management, core);
        return;
    }
    if (gps_s == TIME_CANCEL) {
        cancel_by_order(management, core);
        outcome = OUTCOME_CANCELLED;
    } else if (!core->clock.valid) {
        mac_request_device_time(core); /* the server may ask again when it is known */
    } else if ((int32_t)(gps_s - (uint32_t)gps_clock_seconds(&core->clock, now_ticks)) > 0) {
        management->at_gps = gps_s;
        plan(management, core, REBOOT_AT_GPS);
        outcome = OUTCOME_PLANNED;
    }
    answers_push(&management->answers, CID_REBOOT_TIME, (uint8_t)outcome, 0);
}

static void on_reboot_countdown(
        struct firmware_management *management, struct core *core, uint32_t seconds)
{
    uint64_t now_ticks = hal_rtc_now(&core->hal);
    if (seconds == TIME_NOW) {
        reboot_now(management, core);
        return;
    }
    if (seconds == COUNTDOWN_CANCEL) {
        cancel_by_order(management, core);
    } else {
        management->at_ticks = now_ticks + (uint64_t)seconds * HAL_RTC_HZ;
        plan(management, core, REBOOT_AT_TICKS);
    }
    bool cancelled = seconds == COUNTDOWN_CANCEL;
    answers_push(&management->answers, CID_REBOOT_COUNTDOWN,
            cancelled ? OUTCOME_CANCELLED : OUTCOME_PLANNED, 0);
}

/* --- candidate ------------------------------------------------------------------------------- */

static uint32_t image_status(const struct core *core)
{
    switch (update_status(&core->update)) {
    case UPDATE_NONE:
    case UPDATE_BUSY:
    case UPDATE_DAMAGED:
    case UPDATE_REVERTED:
    case UPDATE_UNHEARD:
        break;
    case UPDATE_VALID:
        return update_is_committed(&core->update, &core->nvm) ? IMAGE_VALID : IMAGE_NONE;
    case UPDATE_BAD_HARDWARE:
        return IMAGE_WRONG_HARDWARE;
    case UPDATE_BAD_HEADER:
    case UPDATE_BAD_VERSION:
    case UPDATE_BAD_DIGEST:
    case UPDATE_BAD_SIGNATURE:
    case UPDATE_REFUSED:
    case UPDATE_REJECTED:
    case UPDATE_WRONG_BASE:
    case UPDATE_BAD_PATCH:
        return IMAGE_CORRUPT;
    }
    return IMAGE_NONE;
}

static void on_delete_image(
        struct firmware_management *management, struct core *core, uint32_t version)
{
    uint8_t errors = 0;
    if (image_status(core) != IMAGE_VALID) {
        errors = DELETE_NO_VALID_IMAGE;
    } else if (core->update.candidate.version != version) {
        errors = DELETE_INVALID_VERSION;
    } else {
        update_uncommit(&core->update, &core->nvm);
        hal_trace(&core->hal, FW_TRACE_IMAGE_DELETED, version, 0);
    }
    answers_push(&management->answers, CID_DELETE_IMAGE, errors, 0);
}

/* --- commands -------------------------------------------------------------------------------- */

static void on_command(struct firmware_management *management, struct core *core, uint8_t cid,
        const uint8_t *bytes)
{
    DEVICE_ASSERT(&core->hal, !answers_full(&management->answers));
    switch ((enum management_cid)cid) {
    case CID_PACKAGE_VERSION:
    case CID_DEV_VERSION:
    case CID_UPGRADE_IMAGE:
        answers_push(&management->answers, cid, 0, 0);
        break;
    case CID_REBOOT_TIME:
        on_reboot_time(management, core, get_le32(bytes));
        break;
    case CID_REBOOT_COUNTDOWN:
        on_reboot_countdown(management, core, get_le24(bytes));
        break;
    case CID_DELETE_IMAGE:
        on_delete_image(management, core, get_le32(bytes));
        break;
    case CID_COUNT:
        break;
    }
}

static void on_downlink(void *state, struct core *core, const struct mac_downlink *downlink)
{
    struct firmware_management *management = state;
    uint32_t offset = 0;
    if (downlink->group >= 0) {
        return;
    }
    while (offset < downlink->size && !answers_full(&management->answers)) {
        uint8_t cid = downlink->payload[offset++];
        if (cid >= CID_COUNT || command_sizes[cid] > downlink->size - offset) {
            break; /* what follows cannot be parsed */
        }
        on_command(management, core, cid, &downlink->payload[offset]);
        offset += command_sizes[cid];
    }
}

/* --- answers --------------------------------------------------------------------------------- */

/* Seconds from the transmission of this answer to the reboot, at most `most`. */
static uint32_t time_left(const struct firmware_management *management, const struct core *core,
        uint64_t now_ticks, uint32_t most)
{
    uint64_t at = firmware_management_reboot_at(management, core);
    if (at == HAL_TICKS_NEVER) {
        return 0; /* another request has cancelled it since */
    }
    uint64_t left = at > now_ticks ? (at - now_ticks + HAL_RTC_HZ / 2u) / HAL_RTC_HZ : 0;
    return left < most ? (left > 0 ? (uint32_t)left : 1u) : most;
}

struct encode_context {
    struct firmware_management *management;
    struct core *core;
    uint64_t now_ticks;
};

static size_t put_reboot(const struct encode_context *encode, const struct answer *answer,
        uint8_t out[ANSWER_SIZE_MAX])
{
    DEVICE_ASSERT(&encode->core->hal, answer->a <= OUTCOME_CANCELLED);
    bool countdown = answer->cid == CID_REBOOT_COUNTDOWN;
    uint32_t cancelled = countdown ? COUNTDOWN_CANCEL : TIME_CANCEL;
    uint32_t value = 0;
    if (answer->a == OUTCOME_CANCELLED) {
        value = cancelled;
    } else if (answer->a == OUTCOME_PLANNED) {
        value = time_left(encode->management, encode->core, encode->now_ticks, cancelled - 1u);
    }
    put_le32(out + 1, value);
    return countdown ? 4u : 5u;
}

/* Writes an answer; returns its size. */
static size_t put_answer(const struct encode_context *encode, const struct answer *answer,
        uint8_t out[ANSWER_SIZE_MAX])
{
    const struct core *core = encode->core;
    struct image_info running;
    out[0] = answer->cid;
    switch ((enum management_cid)answer->cid) {
    case CID_PACKAGE_VERSION:
        out[1] = firmware_management_package.identifier;
        out[2] = firmware_management_package.version;
        return 3;
    case CID_DEV_VERSION:
        (void)update_running_image(&core->hal, &running); /* unknown: version 0 */
        put_le32(out + 1, running.version);
        put_le32(out + 5, core->factory.hardware_id);
        return 9;
    case CID_REBOOT_TIME:
    case CID_REBOOT_COUNTDOWN:
        return put_reboot(encode, answer, out);
    case CID_UPGRADE_IMAGE:
        out[1] = (uint8_t)image_status(core);
        put_le32(out + 2, core->update.candidate.version);
        return out[1] == IMAGE_VALID ? 6u : 2u;
    case CID_DELETE_IMAGE:
    case CID_COUNT:
        break;
    }
    out[1] = answer->a;
    return 2;
}

static size_t encode_answer(
        void *context, const struct answer *answer, uint8_t *out, size_t size_max)
{
    const struct encode_context *encode = context;
    uint8_t bytes[ANSWER_SIZE_MAX];
    DEVICE_ASSERT(&encode->core->hal, answer->cid < CID_COUNT);
    size_t size = put_answer(encode, answer, bytes);
    DEVICE_ASSERT(&encode->core->hal, size <= sizeof bytes);
    if (size > size_max) {
        return 0;
    }
    memcpy(out, bytes, size);
    return size;
}

static uint64_t uplink_at(const void *state, bool held)
{
    const struct firmware_management *management = state;
    return management->answers.count > 0 ? 0 : HAL_TICKS_NEVER;
}

static size_t build(void *state, struct core *core, uint64_t now_ticks, bool held, uint8_t *out,
        size_t size_max)
{
    struct firmware_management *management = state;
    struct encode_context context = { management, core, now_ticks };
    DEVICE_ASSERT(&core->hal, management->answers.count <= ANSWERS_MAX);
    return answers_encode(&management->answers, encode_answer, &context, out, size_max);
}

const struct package firmware_management_package = {
    .fport = FIRMWARE_MANAGEMENT_FPORT,
    .identifier = 4,
    .version = 1,
    .state_offset = offsetof(struct services, firmware_management),
    .init = init,
    .on_downlink = on_downlink,
    .uplink_at = uplink_at,
    .build = build,
};
