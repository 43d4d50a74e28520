/* TS004 downlinks: set-up, status, delete, data fragments and the block's receipt.
 * SPDX-License-Identifier: MIT
 */
#include "services/fragmentation.h"

#include <string.h>

#include "bytes.h"
#include "core.h"
#include "hal.h"
#include "mac/mac.h"
#include "services/block_proof.h"
#include "services/frag_delay.h"
#include "services/frag_messages.h"
#include "services/frag_session.h"
#include "services/package.h"
#include "services/services.h"
#include "trace.h"
#include "update/flash_map.h"

/* FragSessionSetupAns. */
#define SETUP_ENCODING_UNSUPPORTED 0x01u
#define SETUP_NOT_ENOUGH_MEMORY    0x02u
#define SETUP_INDEX_UNSUPPORTED    0x04u
#define SETUP_SESSION_CNT_REPLAY   0x10u
#define DELETE_NO_SESSION          0x04u
#define SETUP_SIZE_V1              10u
#define SETUP_SIZE_V2              16u
#define FRAGMENT_HEADER_SIZE       3u

/* --- start ---------------------------------------------------------------------------------- */

static void init(void *state, struct core *core)
{
    struct fragmentation *frag = state;
    uint8_t version = core->factory.frag_version;
    frag->version = version == 1u || version == 2u ? version : fragmentation_package.version;
    frag->answers.count = 0;
    uint8_t key[16] = { 0x30 };
    enum hal_status status = hal_key_load(&core->hal, MAC_KEY_GEN_APP, core->factory.gen_app_key);
    DEVICE_ASSERT(&core->hal, status == HAL_OK);
    status = hal_aes_block(&core->hal, MAC_KEY_GEN_APP, key, key);
    DEVICE_ASSERT(&core->hal, status == HAL_OK);
    status = hal_key_load(&core->hal, MAC_KEY_DATA_BLOCK_INT, key);
    DEVICE_ASSERT(&core->hal, status == HAL_OK);
    memset(key, 0, sizeof(key));

    int size = nvm_read(&core->nvm, NVM_SESSION_CNT_PREV, frag->session_cnt_prev,
            sizeof(frag->session_cnt_prev));
    if (size != (int)sizeof(frag->session_cnt_prev)) {
        for (unsigned i = 0; i < FRAGMENTATION_INDEXES; i++) {
            frag->session_cnt_prev[i] = -1;
        }
    }
    frag_session_recover(frag, core);
}

/* --- commands ------------------------------------------------------------------------------- */

static struct frag_params parse_setup(const struct fragmentation *frag, const uint8_t *bytes)
{
    struct frag_params params = {
        .fragments = (uint16_t)get_le16(&bytes[1]),
        .fragment_size = bytes[3],
        .padding = bytes[5],
        .index = bytes[0] >> 4 & 3u,
        .group_mask = bytes[0] & 0xFu,
        .block_ack_delay = bytes[4] & 7u,
        .version = frag->version,
    };
    memcpy(params.descriptor, &bytes[6], sizeof(params.descriptor));
    if (frag->version >= 2) {
        params.control = bytes[4] >> 6;
        params.session_cnt = (uint16_t)get_le16(&bytes[10]);
        memcpy(params.mic, &bytes[12], sizeof(params.mic));
    }
    return params;
}

/* Bits of the groups that are defined; what their addresses are goes into `mark`. */
static uint8_t mark_groups(const struct core *core, uint32_t groups, uint16_t *mark)
{
    uint32_t known = 0;
    uint32_t sum = 0;
    for (unsigned group = 0; group < MAC_MULTICAST_GROUPS; group++) {
        uint32_t mc_addr;
        if ((groups >> group & 1u) != 0 && mac_multicast_defined(core, group, &mc_addr)) {
            known |= 1u << group;
            sum = sum * 31u + mc_addr;
        }
    }
    *mark = (uint16_t)sum;
    return (uint8_t)known;
}

/* A group of the session at hand is another one now, or gone: what is live under its number brings
 * fragments of another block. */
static bool groups_replaced(const struct fragmentation *frag, const struct core *core)
{
    uint16_t mark;
    uint8_t known = mark_groups(core, frag->session.known_groups, &mark);
    return known != frag->session.known_groups || mark != frag->session.group_mark;
}

static uint32_t setup_errors(const struct fragmentation *frag, const struct core *core,
        const struct frag_params *params, uint32_t algorithm)
{
    uint32_t errors = 0;
    DEVICE_ASSERT(&core->hal, params->index < FRAGMENTATION_INDEXES);
    uint32_t size = (uint32_t)params->fragments * params->fragment_size;
    if (algorithm != 0 || size <= params->padding) {
        errors |= SETUP_ENCODING_UNSUPPORTED;
    }
    /* While the block before is being verified, or waits for its install, its memory is not free.
     * A server that sets up another one does not wait for the proof of this one. */
    enum update_status status = update_status(&core->update);
    bool proving = frag->proof.state != BLOCK_PROOF_NONE;
    if (params->fragments > FEC_FRAGMENTS_MAX || params->fragment_size > FRAG_SIZE_MAX
            || size > NOR_BLOCK_SIZE || status == UPDATE_BUSY
            || (status == UPDATE_VALID && !proving)) {
        errors |= SETUP_NOT_ENOUGH_MEMORY;
    }
    bool over = frag->phase == FRAG_PHASE_DONE || frag->phase == FRAG_PHASE_FAILED;
    /* One session at a time; one whose multicast sessions are over must not keep the device from
     * the next block for ever. */
    bool live = (frag->session.group_mask & frag->live_groups) != 0 && !groups_replaced(frag, core);
    if (frag->phase != FRAG_PHASE_NONE && !over && live && frag->session.index != params->index) {
        errors |= SETUP_INDEX_UNSUPPORTED;
    }
    if (params->version >= 2 && params->session_cnt <= frag->session_cnt_prev[params->index]) {
        errors |= SETUP_SESSION_CNT_REPLAY;
    }
    return errors;
}

/* The session at hand goes on under the new SessionCnt, and its flash need not be erased: a server
 * repeats a set-up whose answer was lost, and in a further round it sets up a block again that was
 * fetched in part. Without a group all that there is came by unicast, under the device's own keys:
 * what is left of the block of a group may be forged, and is not worth keeping. */
static bool continues_session(const struct fragmentation *frag, const struct frag_params *params)
{
    const struct frag_params *session = &frag->session;
    bool fetched = frag->phase == FRAG_PHASE_COLLECT && session->group_mask == 0
                   && params->group_mask == 0 && session->index == params->index;
    return (frag_session_untouched(frag) || fetched) && session->version == params->version
           && session->fragments == params->fragments
           && session->fragment_size == params->fragment_size
           && memcmp(session->descriptor, params->descriptor, sizeof(params->descriptor)) == 0;
}

static void on_setup(struct fragmentation *frag, struct core *core, const uint8_t *bytes)
{
    DEVICE_ASSERT(&core->hal, frag->version == 1 || frag->version == 2);
    struct frag_params params = parse_setup(frag, bytes);
    uint32_t errors = setup_errors(frag, core, &params, bytes[4] >> 3 & 7u);
    answers_push(&frag->answers, CID_SETUP, (uint8_t)((uint32_t)params.index << 6 | errors), 0);
    if (errors != 0) {
        return;
    }
    params.known_groups = mark_groups(core, params.group_mask, &params.group_mark);
    if (continues_session(frag, &params)) {
        params.tag = frag->session.tag;
        frag->session = params;
        frag_session_save(frag, core);
        return;
    }
    frag_session_begin(frag, core, &params);
}

static void on_delete(struct fragmentation *frag, struct core *core, uint32_t index)
{
    DEVICE_ASSERT(&core->hal, index < FRAGMENTATION_INDEXES);
    bool exists = frag_session_is(frag, index);
    if (exists) {
        frag_session_end(frag, core);
    }
    answers_push(
            &frag->answers, CID_DELETE, (uint8_t)(index | (exists ? 0 : DELETE_NO_SESSION)), 0);
}

static void on_status(struct fragmentation *frag, struct core *core, uint32_t param,
        const struct mac_downlink *downlink)
{
    uint32_t index = param >> 1 & 3u;
    DEVICE_ASSERT(&core->hal, downlink->group < (int)MAC_MULTICAST_GROUPS);
    bool exists = frag_session_is(frag, index);
    bool everyone = (param & 1u) != 0;
    if (downlink->group >= 0
            && (!exists || (frag->session.group_mask >> downlink->group & 1) == 0)) {
        return;
    }
    if (exists && !everyone && frag->missing == 0) {
        /* Only devices that miss fragments answer: silence is the report. */
        if (frag->phase == FRAG_PHASE_DONE && !frag_session_asks_receipt(&frag->session)) {
            frag_session_acknowledged(frag, core);
        }
        return;
    }
    if (downlink->group < 0) {
        if (exists || frag->version >= 2) { /* 1.0.0 cannot say that there is no session */
            answers_push(&frag->answers, CID_STATUS, (uint8_t)index, 0);
        }
        return;
    }
    /* A whole group was asked: answers are spread. */
    uint64_t at = downlink->end_ticks + frag_delay_ticks(frag, core);
    frag->status_at_ticks = at < frag->status_at_ticks ? at : frag->status_at_ticks;
}

static void on_block_received(struct fragmentation *frag, struct core *core, uint32_t index)
{
    DEVICE_ASSERT(&core->hal, index < FRAGMENTATION_INDEXES);
    if (!frag_session_is(frag, index) || frag->acks_sent == 0) {
        return; /* nothing was sent that this could answer */
    }
    bool over = frag->phase == FRAG_PHASE_DONE || frag->phase == FRAG_PHASE_FAILED;
    if (over && frag_session_asks_receipt(&frag->session)) {
        frag->ack_at_ticks = HAL_TICKS_NEVER;
        frag_session_acknowledged(frag, core);
        hal_trace(&core->hal, FW_TRACE_BLOCK_ACKNOWLEDGED, index, 0);
    }
}

void fragmentation_take(struct fragmentation *frag, struct core *core, uint32_t n,
        const uint8_t *data, bool to_group, uint64_t now_ticks)
{
    uint8_t index = frag->session.index;
    DEVICE_ASSERT(&core->hal, frag->phase != FRAG_PHASE_NONE && index < FRAGMENTATION_INDEXES);
    /* The counter is spent with the first fragment, so a set-up may be repeated before. */
    if (frag->session.version >= 2 && frag->session_cnt_prev[index] != frag->session.session_cnt) {
        frag->session_cnt_prev[index] = frag->session.session_cnt;
        nvm_write(&core->nvm, NVM_SESSION_CNT_PREV, frag->session_cnt_prev,
                sizeof(frag->session_cnt_prev));
    }
    frag_session_on_fragment(frag, core, n, data, to_group, now_ticks);
}

static void on_data_fragment(
        struct fragmentation *frag, struct core *core, const struct mac_downlink *downlink)
{
    DEVICE_ASSERT(&core->hal, downlink->payload != NULL && downlink->size > 0);
    if (frag->phase == FRAG_PHASE_NONE
            || downlink->size != FRAGMENT_HEADER_SIZE + frag->session.fragment_size) {
        return;
    }
    uint32_t field = get_le16(&downlink->payload[1]);
    uint32_t n = field & 0x3FFFu;
    uint32_t index = field >> 14;
    bool allowed = downlink->group < 0 || (frag->session.group_mask >> downlink->group & 1) != 0;
    if (n == 0 || index != frag->session.index || !allowed) {
        return;
    }
    fragmentation_take(frag, core, n, &downlink->payload[FRAGMENT_HEADER_SIZE],
            downlink->group >= 0, downlink->end_ticks);
}

/* Payload bytes of a command, or -1: unknown, so that what follows cannot be parsed. */
static int command_size(
        const struct fragmentation *frag, uint8_t cid, const uint8_t *bytes, uint32_t left)
{
    switch (cid) {
    case CID_PACKAGE_VERSION:
        return 0;
    case CID_STATUS:
    case CID_DELETE:
        return 1;
    case CID_SETUP:
        return frag->version >= 2 ? (int)SETUP_SIZE_V2 : (int)SETUP_SIZE_V1;
    case CID_BLOCK_RECEIVED:
        return frag->version >= 2 ? 1 : -1;
    case CID_BLOCK_AUTH:
        return left > 0 ? (int)block_proof_answer_size(bytes[0]) : -1;
    default:
        return -1; /* a DataFragment is alone in its message */
    }
}

static void on_command(struct fragmentation *frag, struct core *core, uint8_t cid,
        const uint8_t *bytes, const struct mac_downlink *downlink)
{
    DEVICE_ASSERT(&core->hal, !answers_full(&frag->answers));
    if (downlink->group >= 0 && cid != CID_STATUS) {
        return; /* unicast only */
    }
    switch (cid) {
    case CID_PACKAGE_VERSION:
        answers_push(&frag->answers, CID_PACKAGE_VERSION, 0, 0);
        break;
    case CID_STATUS:
        on_status(frag, core, bytes[0], downlink);
        break;
    case CID_SETUP:
        on_setup(frag, core, bytes);
        break;
    case CID_DELETE:
        on_delete(frag, core, bytes[0] & 3u);
        break;
    case CID_BLOCK_RECEIVED:
        on_block_received(frag, core, bytes[0] & 3u);
        break;
    case CID_BLOCK_AUTH:
        block_proof_on_answer(frag, core, bytes);
        break;
    default:
        break;
    }
}

static void on_downlink(void *state, struct core *core, const struct mac_downlink *downlink)
{
    struct fragmentation *frag = state;
    const uint8_t *payload = downlink->payload;
    DEVICE_ASSERT(&core->hal, downlink->group < (int)MAC_MULTICAST_GROUPS);
    if (downlink->size > 0 && payload[0] == CID_DATA_FRAGMENT) {
        on_data_fragment(frag, core, downlink);
        return;
    }
    uint32_t offset = 0;
    while (offset < downlink->size && !answers_full(&frag->answers)) {
        uint8_t cid = payload[offset++];
        int size = command_size(frag, cid, &payload[offset], downlink->size - offset);
        if (size < 0 || (uint32_t)size > downlink->size - offset) {
            break;
        }
        on_command(frag, core, cid, &payload[offset], downlink);
        offset += (uint32_t)size;
    }
}

/* --- for the main loop ---------------------------------------------------------------------- */

static void on_flash_done(void *state, struct core *core)
{
    struct fragmentation *frag = state;
    frag->wait_flash = false;
    if (frag->phase == FRAG_PHASE_COLLECT) {
        frag_store_on_flash_done(&frag->decoder.store, &core->hal);
    }
}

static uint64_t due_at(const struct fragmentation *frag)
{
    if (frag->wait_flash) {
        return HAL_TICKS_NEVER;
    }
    switch ((enum frag_phase)frag->phase) {
    case FRAG_PHASE_COLLECT:
        return frag->flush_at_ticks;
    case FRAG_PHASE_DECODE:
        return !frag_decode_idle(&frag->decoder) || frag->inbox_full ? 0 : HAL_TICKS_NEVER;
    case FRAG_PHASE_DONE:
        return frag->proof.state == BLOCK_PROOF_HASHING ? 0 : HAL_TICKS_NEVER;
    case FRAG_PHASE_NONE:
    case FRAG_PHASE_FAILED:
        return HAL_TICKS_NEVER;
    case FRAG_PHASE_RESUME:
    case FRAG_PHASE_ERASE:
    case FRAG_PHASE_FREEZE:
    case FRAG_PHASE_REBUILD:
    case FRAG_PHASE_SOLVE:
    case FRAG_PHASE_SCRUB:
    case FRAG_PHASE_FLUSH:
    case FRAG_PHASE_COMMIT:
    case FRAG_PHASE_CHECK:
    case FRAG_PHASE_RESULT:
        break;
    }
    return 0;
}

static uint64_t step_at(
        const void *state, const struct core *core, const struct package_facts *facts)
{
    return due_at(state);
}

static enum package_event step(
        void *state, struct core *core, const struct package_facts *facts, uint64_t now_ticks)
{
    struct fragmentation *frag = state;
    DEVICE_ASSERT(&core->hal, frag->phase <= FRAG_PHASE_FAILED);
    if (due_at(frag) > now_ticks) {
        return PACKAGE_EVENT_NONE;
    }
    if (frag->phase == FRAG_PHASE_DONE && frag->proof.state == BLOCK_PROOF_HASHING) {
        block_proof_step(frag, core);
    } else {
        frag_session_step(frag, core, now_ticks);
    }
    return PACKAGE_EVENT_NONE;
}

static void tell(const void *state, const struct core *core, struct package_facts *facts)
{
    const struct fragmentation *frag = state;
    bool exists = frag->phase != FRAG_PHASE_NONE;
    DEVICE_ASSERT(&core->hal, !frag->block_over || (exists && frag->missing == 0));
    facts->served_groups = frag->block_over ? frag->session.group_mask : 0;
    facts->wanted_groups = exists && !frag->block_over ? frag->session.group_mask : 0;
}

static void heed(void *state, const struct package_facts *facts)
{
    ((struct fragmentation *)state)->live_groups = facts->live_groups;
}

bool fragmentation_take_block(
        struct fragmentation *frag, uint32_t *nor_address, uint32_t *size_bytes)
{
    if (!frag->block_ready || !frag->session.acknowledged) {
        return false;
    }
    frag->block_ready = false;
    *nor_address = NOR_BLOCK_ADDRESS;
    *size_bytes = frag_session_block_size(frag);
    return true;
}

struct slot_fill *fragmentation_lend_memory(struct fragmentation *frag)
{
    return &frag->decoder.fill;
}

void fragmentation_block_used(struct fragmentation *frag, struct core *core)
{
    block_proof_end(&frag->proof, core);
    if (fragmentation_awaits_block(frag)) {
        frag->session.used = 1;
        frag_session_save(frag, core);
    }
}

bool fragmentation_awaits_block(const struct fragmentation *frag)
{
    return frag->phase != FRAG_PHASE_NONE && !frag->session.used;
}

const struct package fragmentation_package = {
    .fport = FRAGMENTATION_FPORT,
    .identifier = 3,
    .version = 2,
    .state_offset = offsetof(struct services, fragmentation),
    .init = init,
    .on_downlink = on_downlink,
    .on_flash_done = on_flash_done,
    .tell = tell,
    .heed = heed,
    .step_at = step_at,
    .step = step,
    .uplink_at = frag_uplink_at,
    .build = frag_uplink_build,
};
