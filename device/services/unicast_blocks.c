/* Simple block protocol: messages, requests and their pauses.
 * SPDX-License-Identifier: MIT
 */
#include "services/unicast_blocks.h"

#include "bytes.h"
#include "core.h"
#include "hal.h"
#include "mac/mac.h"
#include "services/bits.h"
#include "services/frag_session.h"
#include "services/fragmentation.h"
#include "services/package.h"
#include "services/services.h"
#include "trace.h"

enum unicast_cid {
    CID_PACKAGE_VERSION = 0x00,
    CID_FETCH = 0x01,
    CID_DATA = 0x02,
    CID_STOP = 0x03
};

#define FETCH_NO_SESSION 0x04u
#define DATA_HEADER_SIZE 3u
#define REQUEST_SIZE     4u
#define INDEX_SHIFT      14u
#define NUMBER_MASK      0x3FFFu
/* Devices that were answered at one time do not ask at one time. */
#define ASK_SPREAD_TICKS (2u * HAL_RTC_HZ)
/* The first pause without an answer is longer than the receive windows; each further one doubles,
 * and half as much again is random. */
#define PAUSE_FIRST_TICKS (10u * HAL_RTC_HZ)
#define PAUSE_MAX_TICKS   (3600u * HAL_RTC_HZ)
#define UNANSWERED_MAX    24u
/* A failure of the mains resets all devices at one time. */
#define RESUME_SPREAD_TICKS (300u * HAL_RTC_HZ)

/* Answers without anything new, in a row: a flash that was busy is ready again by then. */
#define USELESS_MAX 3u

static uint32_t random_ticks(const struct core *core, uint32_t bound)
{
    uint32_t random = 0;
    hal_entropy(&core->hal, &random, sizeof(random));
    return (uint32_t)((uint64_t)bound * random >> 32);
}

/* The session that is fetched still lacks fragments that can be filed at once. */
static bool fetches(const struct fragmentation *frag)
{
    return frag->fetch.on && frag->phase == FRAG_PHASE_COLLECT
           && frag->fetch.tag == frag->session.tag;
}

static void remember(struct fragmentation *frag, struct core *core)
{
    uint8_t record[NVM_SIZE_UNICAST];
    put_le32(record, frag->fetch.tag);
    nvm_write(&core->nvm, NVM_UNICAST, record, sizeof(record));
}

static void stop(struct fragmentation *frag, struct core *core)
{
    frag->fetch.on = false;
    nvm_erase(&core->nvm, NVM_UNICAST);
}

static void init(void *state, struct core *core)
{
    struct fragmentation *frag = state;
    uint8_t record[NVM_SIZE_UNICAST];
    frag->fetch.answers.count = 0;
    frag->fetch.unanswered = 0;
    frag->fetch.useless = 0;
    frag->fetch.on =
            nvm_read(&core->nvm, NVM_UNICAST, record, sizeof(record)) == (int)sizeof(record);
    frag->fetch.tag = frag->fetch.on ? get_le32(record) : 0;
    frag->fetch.ask_at_ticks = HAL_TICKS_NEVER;
    if (frag->fetch.on) {
        frag->fetch.ask_at_ticks =
                hal_rtc_now(&core->hal) + random_ticks(core, RESUME_SPREAD_TICKS);
    }
}

/* --- downlinks -------------------------------------------------------------------------------- */

static void on_fetch(
        struct fragmentation *frag, struct core *core, uint32_t index, uint64_t now_ticks)
{
    DEVICE_ASSERT(&core->hal, index < FRAGMENTATION_INDEXES);
    bool exists = frag->phase != FRAG_PHASE_NONE && frag->session.index == index;
    answers_push(
            &frag->fetch.answers, CID_FETCH, (uint8_t)(index | (exists ? 0 : FETCH_NO_SESSION)), 0);
    if (!exists) {
        return;
    }
    frag->fetch.on = true;
    frag->fetch.tag = frag->session.tag;
    frag->fetch.unanswered = 0;
    frag->fetch.ask_at_ticks = now_ticks;
    remember(frag, core);
    hal_trace(&core->hal, FW_TRACE_FETCH_STARTED, frag->missing, index);
}

/* Answers that bring nothing new: what a power cut left in those places is in the way. */
static void restart_if_stuck(struct fragmentation *frag, struct core *core, bool progress)
{
    DEVICE_ASSERT(&core->hal, frag->fetch.useless < USELESS_MAX);
    frag->fetch.useless = (uint8_t)(progress ? 0 : frag->fetch.useless + 1u);
    if (frag->fetch.useless == USELESS_MAX) {
        const struct frag_params again = frag->session;
        frag->fetch.useless = 0;
        frag_session_begin(frag, core, &again);
        frag->fetch.tag = frag->session.tag;
        remember(frag, core);
    }
}

/* Whole fragments from N on, no coded ones. */
static void on_data(
        struct fragmentation *frag, struct core *core, const struct mac_downlink *downlink)
{
    uint32_t size = frag->session.fragment_size;
    if (!fetches(frag) || downlink->size < DATA_HEADER_SIZE + size) {
        return;
    }
    DEVICE_ASSERT(&core->hal, size > 0);
    uint32_t field = get_le16(&downlink->payload[1]);
    uint32_t first = field & NUMBER_MASK;
    uint32_t count = (downlink->size - DATA_HEADER_SIZE) / size;
    if (field >> INDEX_SHIFT != frag->session.index || first == 0
            || first + count - 1u > frag->session.fragments
            || DATA_HEADER_SIZE + count * size != downlink->size) {
        return;
    }
    uint32_t missing = frag->missing;
    for (uint32_t i = 0; i < count; i++) {
        fragmentation_take(frag, core, first + i, &downlink->payload[DATA_HEADER_SIZE + i * size],
                false, downlink->end_ticks);
    }
    restart_if_stuck(frag, core, frag->missing < missing);
    frag->fetch.unanswered = 0;
    frag->fetch.ask_at_ticks = downlink->end_ticks + random_ticks(core, ASK_SPREAD_TICKS);
}

static void on_downlink(void *state, struct core *core, const struct mac_downlink *downlink)
{
    struct fragmentation *frag = state;
    const uint8_t *payload = downlink->payload;
    if (downlink->group >= 0 || downlink->size == 0) {
        return; /* unicast only */
    }
    if (payload[0] == CID_DATA) {
        on_data(frag, core, downlink);
        return;
    }
    uint32_t offset = 0;
    while (offset < downlink->size && !answers_full(&frag->fetch.answers)) {
        uint8_t cid = payload[offset++];
        bool version = cid == CID_PACKAGE_VERSION;
        if ((!version && offset == downlink->size) || cid == CID_DATA || cid > CID_STOP) {
            break;
        }
        if (version) {
            answers_push(&frag->fetch.answers, CID_PACKAGE_VERSION, 0, 0);
        } else if (cid == CID_FETCH) {
            on_fetch(frag, core, payload[offset] & 3u, downlink->end_ticks);
        } else if (frag->fetch.on && (payload[offset] & 3u) == frag->session.index) {
            stop(frag, core);
        }
        offset += version ? 0u : 1u;
    }
}

/* --- uplinks ---------------------------------------------------------------------------------- */

static size_t encode_answer(
        void *context, const struct answer *answer, uint8_t *out, size_t size_max)
{
    const struct core *core = context;
    bool version = answer->cid == CID_PACKAGE_VERSION;
    DEVICE_ASSERT(&core->hal, version || answer->cid == CID_FETCH);
    if (size_max < (version ? 3u : 2u)) {
        return 0;
    }
    out[0] = answer->cid;
    out[1] = version ? unicast_blocks_package.identifier : answer->a;
    if (version) {
        out[2] = unicast_blocks_package.version;
    }
    return version ? 3u : 2u;
}

static uint64_t uplink_at(const void *state, bool held)
{
    const struct fragmentation *frag = state;
    if (frag->fetch.answers.count > 0) {
        return 0;
    }
    return !held && fetches(frag) ? frag->fetch.ask_at_ticks : HAL_TICKS_NEVER;
}

/* The first run of missing fragments: its first index; `*count`: 1..255 of them. */
static uint32_t missing_run(
        const struct fragmentation *frag, const struct core *core, uint32_t *count)
{
    uint32_t first = 0;
    uint32_t end = frag->session.fragments;
    DEVICE_ASSERT(&core->hal, frag->missing > 0 && end <= FEC_FRAGMENTS_MAX);
    while (first < end && bits_get(frag->decoder.received, first)) {
        first++;
    }
    *count = 0;
    while (first + *count < end && *count < UINT8_MAX
            && !bits_get(frag->decoder.received, first + *count)) {
        (*count)++;
    }
    DEVICE_ASSERT(&core->hal, *count > 0);
    return first;
}

static uint64_t pause_ticks(const struct core *core, unsigned unanswered)
{
    DEVICE_ASSERT(&core->hal, unanswered > 0);
    uint32_t pause = PAUSE_FIRST_TICKS;
    for (unsigned i = 1; i < unanswered && pause < PAUSE_MAX_TICKS; i++) {
        pause *= 2u;
    }
    pause = pause < PAUSE_MAX_TICKS ? pause : PAUSE_MAX_TICKS;
    return pause + random_ticks(core, pause / 2u);
}

static size_t put_request(
        struct fragmentation *frag, const struct core *core, uint64_t now_ticks, uint8_t *out)
{
    uint32_t count;
    uint32_t first = missing_run(frag, core, &count);
    out[0] = CID_DATA;
    put_le16(&out[1], (uint32_t)frag->session.index << INDEX_SHIFT | (first + 1u));
    out[3] = (uint8_t)count;
    frag->fetch.unanswered++;
    frag->fetch.ask_at_ticks = now_ticks + pause_ticks(core, frag->fetch.unanswered);
    return REQUEST_SIZE;
}

static size_t build(void *state, struct core *core, uint64_t now_ticks, bool held, uint8_t *out,
        size_t size_max)
{
    struct fragmentation *frag = state;
    size_t size = answers_encode(&frag->fetch.answers, encode_answer, core, out, size_max);
    DEVICE_ASSERT(&core->hal, size <= size_max);
    if (held || !fetches(frag) || now_ticks < frag->fetch.ask_at_ticks
            || size_max - size < REQUEST_SIZE) {
        return size;
    }
    if (frag->fetch.unanswered >= UNANSWERED_MAX) {
        stop(frag, core);
        hal_trace(&core->hal, FW_TRACE_FETCH_GIVEN_UP, frag->missing, UNANSWERED_MAX);
        return size;
    }
    return size + put_request(frag, core, now_ticks, &out[size]);
}

const struct package unicast_blocks_package = {
    .fport = UNICAST_BLOCKS_FPORT,
    .identifier = 204,
    .version = 1,
    .state_offset = offsetof(struct services, fragmentation),
    .init = init,
    .on_downlink = on_downlink,
    .uplink_at = uplink_at,
    .build = build,
};
