/* The life of a fragmentation session, from erased flash to a verified block.
 * SPDX-License-Identifier: MIT
 */
#include "services/frag_session.h"

#include <string.h>

#include "bytes.h"
#include "core.h"
#include "hal.h"
#include "mac/mac.h"
#include "services/bits.h"
#include "services/frag_delay.h"
#include "services/fragment_table.h"
#include "trace.h"

/* Fragments that sit in RAM go to flash when no other came for this long. */
#define FLUSH_DELAY_TICKS (60u * (uint64_t)HAL_RTC_HZ)
#define RECEIVED_MAX      16383u /* 14 bits of FragSessionStatusAns */
#define CHECK_PIECE_SIZE  256u
#define CHECK_PIECES      4u /* a step */
#define CHECK_ATTEMPTS                                                                             \
    3u /* a read may fail: a MIC is not bad before the block was read so often                     \
        */

/* Waits for the done interrupt unless `status` is OK. */
static bool ready(struct fragmentation *frag, enum frag_store_status status)
{
    frag->wait_flash = status != FRAG_STORE_OK;
    return !frag->wait_flash;
}

static void count_received(struct fragmentation *frag, uint32_t more)
{
    uint32_t count = frag->received_count + more;
    frag->received_count = (uint16_t)(count < RECEIVED_MAX ? count : RECEIVED_MAX);
}

/* --- begin, recover, end -------------------------------------------------------------------- */

static void forget(struct fragmentation *frag)
{
    frag->phase = FRAG_PHASE_NONE;
    frag->wait_flash = false;
    frag->memory_error = false;
    frag->stored_since_flush = false;
    frag->block_ready = false;
    frag->mic_good = false;
    frag->block_over = false;
    frag->inbox_full = false;
    frag->missing = 0;
    frag->received_count = 0;
    frag->frozen_missing = 0;
    frag->acks_sent = 0;
    frag->flush_at_ticks = HAL_TICKS_NEVER;
    frag->status_at_ticks = HAL_TICKS_NEVER;
    frag->ack_at_ticks = HAL_TICKS_NEVER;
    block_proof_abandon(&frag->proof);
}

static void prepare(struct fragmentation *frag, const struct core *core)
{
    bool proves = (core->factory.defences & FACTORY_DEFENCE_FRAGMENT_TABLE) != 0;
    uint32_t table_size = frag->session.fragments * FRAGMENT_HASH_SIZE;
    uint32_t sectors = (table_size + FRAG_STORE_SECTOR - 1u) / FRAG_STORE_SECTOR;
    frag->missing = frag->session.fragments;
    frag_decode_init(&frag->decoder, frag->session.fragments, frag->session.fragment_size,
            frag->session.version);
    frag->decoder.proves = proves;
    frag->decoder.store.table_sectors = proves ? (uint8_t)sectors : 0;
}

void frag_session_save(struct fragmentation *frag, struct core *core)
{
    nvm_write(&core->nvm, NVM_FRAG_SESSION, &frag->session, sizeof(frag->session));
}

/* True when block, memory and fields are within their limits. */
static bool params_fit(const struct frag_params *params)
{
    uint32_t size = (uint32_t)params->fragments * params->fragment_size;
    return params->fragments <= FEC_FRAGMENTS_MAX && params->fragment_size <= FRAG_SIZE_MAX
           && size <= NOR_BLOCK_SIZE && size > params->padding
           && params->index < FRAGMENTATION_INDEXES && params->group_mask <= 0xFu
           && params->block_ack_delay <= 7u && (params->version == 1 || params->version == 2);
}

void frag_session_begin(
        struct fragmentation *frag, struct core *core, const struct frag_params *params)
{
    DEVICE_ASSERT(&core->hal, params_fit(params)); /* the set-up was checked */
    forget(frag);
    frag->session = *params;
    hal_entropy(&core->hal, &frag->session.tag, sizeof(frag->session.tag));
    frag->session.tag &= ~1u; /* never the value of an erased journal */
    frag_session_save(frag, core);
    prepare(frag, core);
    frag_store_erase_start(&frag->decoder.store);
    frag->phase = FRAG_PHASE_ERASE;
    hal_trace(&core->hal, FW_TRACE_FRAG_SET_UP, params->fragments,
            (uint32_t)params->fragment_size << 8 | params->index);
}

void frag_session_recover(struct fragmentation *frag, struct core *core)
{
    _Static_assert(sizeof(frag->session) == 28, "the record has no gaps");
    forget(frag);
    int size = nvm_read(&core->nvm, NVM_FRAG_SESSION, &frag->session, sizeof(frag->session));
    if (size != (int)sizeof(frag->session)) {
        return;
    }
    if (!params_fit(&frag->session)) { /* of a firmware that had other limits */
        nvm_erase(&core->nvm, NVM_FRAG_SESSION);
        return;
    }
    prepare(frag, core);
    frag->phase = FRAG_PHASE_RESUME;
}

void frag_session_end(struct fragmentation *frag, struct core *core)
{
    DEVICE_ASSERT(&core->hal, frag->phase != FRAG_PHASE_NONE);
    nvm_erase(&core->nvm, NVM_FRAG_SESSION);
    forget(frag);
}

bool frag_session_untouched(const struct fragmentation *frag)
{
    return (frag->phase == FRAG_PHASE_ERASE || frag->phase == FRAG_PHASE_COLLECT)
           && frag->missing == frag->session.fragments && !frag->inbox_full
           && !frag->decoder.store.resumed; /* without a mark does not mean without data then */
}

/* --- fragments ------------------------------------------------------------------------------ */

/* One fragment can wait for flash or for the row before it; the next one is lost. */
static void to_inbox(struct fragmentation *frag, struct core *core, uint32_t n, const uint8_t *data)
{
    DEVICE_ASSERT(&core->hal, data != NULL && data != frag->inbox);
    if (frag->inbox_full) {
        hal_trace(&core->hal, FW_TRACE_FRAME_DROPPED, FRAGMENTATION_DROPPED_BUSY, 0);
        return;
    }
    frag->inbox_n = (uint16_t)n;
    frag->inbox_full = true;
    memcpy(frag->inbox, data, frag->session.fragment_size);
}

static void collect_uncoded(struct fragmentation *frag, struct core *core, uint32_t n,
        const uint8_t *data, uint64_t now_ticks)
{
    uint32_t index = n - 1u;
    DEVICE_ASSERT(&core->hal, index < frag->session.fragments);
    if (bits_get(frag->decoder.received, index)) {
        hal_trace(&core->hal, FW_TRACE_FRAGMENT_DUPLICATE, n, 0);
        return;
    }
    DEVICE_ASSERT(&core->hal, frag->missing > 0);
    enum frag_store_status status =
            frag_store_put(&frag->decoder.store, &core->hal, index, data, frag->decoder.received);
    if (status != FRAG_STORE_OK) {
        /* An occupied place stays missing: coding decides which data is right. */
        bool busy = status == FRAG_STORE_BUSY;
        hal_trace(&core->hal, FW_TRACE_FRAME_DROPPED,
                busy ? FRAGMENTATION_DROPPED_BUSY : FRAGMENTATION_DROPPED_OCCUPIED, 0);
        return;
    }
    bits_set(frag->decoder.received, index);
    frag->missing--;
    hal_trace(&core->hal, FW_TRACE_FRAGMENT_STORED, n, frag->missing);
    frag->stored_since_flush = true;
    if (frag->flush_at_ticks == HAL_TICKS_NEVER) {
        frag->flush_at_ticks = now_ticks + FLUSH_DELAY_TICKS;
    }
    if (frag->missing == 0) {
        frag->block_over = true;
        frag->phase = FRAG_PHASE_FLUSH;
    }
}

static void collect_coded(
        struct fragmentation *frag, struct core *core, uint32_t n, const uint8_t *data)
{
    if (frag->missing > FEC_UNKNOWNS_MAX) {
        if (!frag->memory_error) {
            hal_trace(&core->hal, FW_TRACE_FEC_MEMORY, frag->missing - FEC_UNKNOWNS_MAX, 0);
        }
        frag->memory_error = true; /* until late uncoded fragments bring the number down */
        return;
    }
    DEVICE_ASSERT(&core->hal, !frag->inbox_full); /* collecting empties it */
    to_inbox(frag, core, n, data);
    frag->phase = FRAG_PHASE_FREEZE;
    hal_trace(&core->hal, FW_TRACE_FRAG_FROZEN, frag->missing, frag->session.fragments);
}

static void dispatch(struct fragmentation *frag, struct core *core, uint32_t n, const uint8_t *data,
        uint64_t now_ticks)
{
    switch ((enum frag_phase)frag->phase) {
    case FRAG_PHASE_COLLECT:
        if (n <= frag->session.fragments) {
            collect_uncoded(frag, core, n, data, now_ticks);
        } else {
            collect_coded(frag, core, n, data);
        }
        break;
    case FRAG_PHASE_RESUME:
    case FRAG_PHASE_ERASE:
    case FRAG_PHASE_FREEZE:
    case FRAG_PHASE_REBUILD:
    case FRAG_PHASE_DECODE:
    case FRAG_PHASE_SCRUB:
        to_inbox(frag, core, n, data);
        break;
    case FRAG_PHASE_NONE:
    case FRAG_PHASE_SOLVE:
    case FRAG_PHASE_FLUSH:
    case FRAG_PHASE_COMMIT:
    case FRAG_PHASE_CHECK:
    case FRAG_PHASE_RESULT:
    case FRAG_PHASE_DONE:
    case FRAG_PHASE_FAILED:
        break; /* enough fragments came: the rest is dropped */
    }
}

/* An uncoded fragment whose hash is known is the server's, or it is not taken at all. */
static bool is_refused(
        const struct fragmentation *frag, struct core *core, uint32_t n, const uint8_t *data)
{
    if (!frag->decoder.proves || n > frag->session.fragments) {
        return false;
    }
    enum fragment_proof proof =
            fragment_table_check(&core->hal, n - 1u, data, frag->session.fragment_size);
    if (proof == FRAGMENT_FORGED) {
        hal_trace(&core->hal, FW_TRACE_FRAGMENT_FORGED, n, 0);
    } else if (proof == FRAGMENT_PROOF_BUSY) {
        hal_trace(&core->hal, FW_TRACE_FRAME_DROPPED, FRAGMENTATION_DROPPED_BUSY, 0);
    }
    return proof == FRAGMENT_FORGED || proof == FRAGMENT_PROOF_BUSY;
}

void frag_session_on_fragment(struct fragmentation *frag, struct core *core, uint32_t n,
        const uint8_t *data, uint64_t now_ticks)
{
    DEVICE_ASSERT(&core->hal, n > 0 && n <= FRAG_NUMBER_MAX);
    if (is_refused(frag, core, n, data)) {
        return;
    }
    count_received(frag, 1);
    dispatch(frag, core, n, data, now_ticks);
}

/* --- phases --------------------------------------------------------------------------------- */

/* What waited for the flash takes its normal way. */
static void open_inbox(struct fragmentation *frag, struct core *core, uint64_t now_ticks)
{
    uint8_t data[FRAG_SIZE_MAX + 1u];
    if (!frag->inbox_full || frag->phase != FRAG_PHASE_COLLECT) {
        return;
    }
    DEVICE_ASSERT(&core->hal, frag->inbox_n > 0);
    memcpy(data, frag->inbox, frag->session.fragment_size);
    frag->inbox_full = false;
    dispatch(frag, core, frag->inbox_n, data, now_ticks);
}

/* The set of missing fragments is final. */
static void begin_decoding(struct fragmentation *frag)
{
    frag_decode_begin(&frag->decoder);
    frag->frozen_missing = frag->missing;
}

static void step_resume(struct fragmentation *frag, struct core *core, uint64_t now_ticks)
{
    DEVICE_ASSERT(&core->hal, frag->phase == FRAG_PHASE_RESUME);
    DEVICE_ASSERT(&core->hal, frag->missing == frag->session.fragments && !frag->block_ready);
    if (hal_flash_busy(&core->hal, HAL_FLASH_EXTERNAL)) {
        hal_flash_notify(&core->hal, HAL_FLASH_EXTERNAL);
        frag->wait_flash = true;
        return;
    }
    const struct hal *hal = &core->hal;
    if (!frag_store_has_tag(hal, frag->session.tag)) {
        frag->phase = FRAG_PHASE_ERASE; /* the reset came before the journal was opened */
        return;
    }
    bool bad = frag_store_reached(hal, FRAG_MILESTONE_MIC_BAD);
    if (bad || frag_store_reached(hal, FRAG_MILESTONE_COMPLETE)) {
        frag->missing = 0;
        frag->received_count = frag->session.fragments;
        frag->block_over = true;
        frag->mic_good = frag_store_reached(hal, FRAG_MILESTONE_MIC_GOOD);
        frag->check_offset = 0;
        frag->checks = 0;
        frag->phase = frag->mic_good || bad ? FRAG_PHASE_RESULT : FRAG_PHASE_CHECK;
        return;
    }
    uint32_t present = frag_store_read_marks(&frag->decoder.store, hal, frag->decoder.received);
    frag->missing = (uint16_t)(frag->session.fragments - present);
    count_received(frag, present);
    if (frag_store_reached(hal, FRAG_MILESTONE_FROZEN)) {
        if (frag->missing > FEC_UNKNOWNS_MAX) { /* marks have rotted: nothing was frozen so */
            prepare(frag, core);
            frag->received_count = 0;
            frag->phase = FRAG_PHASE_ERASE;
            return;
        }
        begin_decoding(frag);
        frag->phase = FRAG_PHASE_REBUILD;
    } else if (frag->missing == 0) {
        frag->block_over = true;
        frag->phase = FRAG_PHASE_COMMIT; /* all marks are there, so all data is */
    } else {
        frag->phase = FRAG_PHASE_COLLECT;
        open_inbox(frag, core, now_ticks);
    }
}

static void step_erase(struct fragmentation *frag, struct core *core, uint64_t now_ticks)
{
    DEVICE_ASSERT(&core->hal, frag->phase == FRAG_PHASE_ERASE);
    DEVICE_ASSERT(&core->hal, frag->missing == frag->session.fragments);
    if (ready(frag, frag_store_erase_step(&frag->decoder.store, &core->hal))
            && ready(frag, frag_store_tag(&core->hal, frag->session.tag))) {
        frag->phase = FRAG_PHASE_COLLECT;
        open_inbox(frag, core, now_ticks);
    }
}

static void step_collect(struct fragmentation *frag, struct core *core, uint64_t now_ticks)
{
    if (now_ticks < frag->flush_at_ticks) {
        return;
    }
    DEVICE_ASSERT(&core->hal, frag->missing > 0 && !frag->inbox_full);
    if (frag->stored_since_flush) {
        frag->stored_since_flush = false; /* the stream still flows */
        frag->flush_at_ticks = now_ticks + FLUSH_DELAY_TICKS;
    } else if (ready(frag, frag_store_flush(
                                   &frag->decoder.store, &core->hal, frag->decoder.received))) {
        frag->flush_at_ticks = HAL_TICKS_NEVER;
    }
}

static void step_freeze(struct fragmentation *frag, struct core *core)
{
    DEVICE_ASSERT(&core->hal, frag->missing <= FEC_UNKNOWNS_MAX && frag->inbox_full);
    frag->flush_at_ticks = HAL_TICKS_NEVER;
    if (ready(frag, frag_store_flush(&frag->decoder.store, &core->hal, frag->decoder.received))
            && ready(frag, frag_store_milestone(&core->hal, FRAG_MILESTONE_FROZEN))) {
        begin_decoding(frag);
        frag->phase = FRAG_PHASE_DECODE;
    }
}

/* The rank is full. */
static void begin_solving(struct fragmentation *frag, struct core *core)
{
    DEVICE_ASSERT(&core->hal, frag->phase == FRAG_PHASE_DECODE && frag->missing == 0);
    frag_decode_solve_begin(&frag->decoder, &core->hal);
    frag->inbox_full = false;
    frag->block_over = !frag->decoder.proves; /* else more may be needed: the session stays open */
    frag->phase = FRAG_PHASE_SOLVE;
}

static void step_rebuild(struct fragmentation *frag, struct core *core)
{
    DEVICE_ASSERT(&core->hal, frag->phase == FRAG_PHASE_REBUILD && !frag->block_over);
    enum frag_decode_status status = frag_decode_rebuild_step(&frag->decoder, &core->hal);
    uint32_t missing = frag_decode_missing(&frag->decoder);
    DEVICE_ASSERT(&core->hal, missing <= frag->missing);
    count_received(frag, frag->missing - missing);
    frag->missing = (uint16_t)missing;
    frag->wait_flash = status == FRAG_DECODE_BUSY;
    if (status == FRAG_DECODE_DONE) {
        frag->phase = FRAG_PHASE_DECODE;
        if (missing == 0) {
            begin_solving(frag, core);
        }
    }
}

static void step_decode(struct fragmentation *frag, struct core *core)
{
    DEVICE_ASSERT(&core->hal, frag->phase == FRAG_PHASE_DECODE);
    if (frag_decode_idle(&frag->decoder)) {
        DEVICE_ASSERT(&core->hal, frag->inbox_full); /* nothing else calls for a step */
        frag->inbox_full = false;
        frag_decode_take(&frag->decoder, &core->hal, frag->inbox_n, frag->inbox);
        return;
    }
    enum frag_decode_status status = frag_decode_step(&frag->decoder, &core->hal);
    frag->missing = (uint16_t)frag_decode_missing(&frag->decoder);
    frag->wait_flash = status == FRAG_DECODE_BUSY;
    if (status == FRAG_DECODE_DONE) {
        begin_solving(frag, core);
    }
}

static void step_flush(struct fragmentation *frag, struct core *core)
{
    DEVICE_ASSERT(&core->hal, frag->missing == 0 && frag->block_over);
    frag->flush_at_ticks = HAL_TICKS_NEVER;
    if (ready(frag, frag_store_flush(&frag->decoder.store, &core->hal, frag->decoder.received))) {
        frag->phase = FRAG_PHASE_COMMIT;
    }
}

static void step_commit(struct fragmentation *frag, struct core *core)
{
    DEVICE_ASSERT(&core->hal, frag->missing == 0 && frag->block_over);
    if (ready(frag, frag_store_milestone(&core->hal, FRAG_MILESTONE_COMPLETE))) {
        hal_trace(
                &core->hal, FW_TRACE_FRAG_COMPLETE, frag->session.fragments, frag->frozen_missing);
        frag->check_offset = 0;
        frag->checks = 0;
        frag->phase = FRAG_PHASE_CHECK;
    }
}

uint32_t frag_session_block_size(const struct fragmentation *frag)
{
    return (uint32_t)frag->session.fragments * frag->session.fragment_size - frag->session.padding;
}

/* TS004-2.0.0: MIC = CMAC(DataBlockIntKey, B0 | block without padding). */
static void check_begin(struct fragmentation *frag, struct core *core)
{
    uint8_t b0[16] = { 0x49 };
    put_le16(&b0[1], frag->session.session_cnt);
    b0[3] = frag->session.index;
    memcpy(&b0[4], frag->session.descriptor, 4);
    put_le32(&b0[12], frag_session_block_size(frag));
    hal_cmac_begin(&core->hal, &frag->cmac);
    enum hal_status status =
            hal_cmac_update(&core->hal, MAC_KEY_DATA_BLOCK_INT, &frag->cmac, b0, sizeof(b0));
    DEVICE_ASSERT(&core->hal, status == HAL_OK);
}

static void check_end(struct fragmentation *frag, struct core *core)
{
    uint8_t mac[16];
    enum hal_status status = hal_cmac_end(&core->hal, MAC_KEY_DATA_BLOCK_INT, &frag->cmac, mac);
    DEVICE_ASSERT(&core->hal, status == HAL_OK);
    frag->mic_good = memcmp(mac, frag->session.mic, sizeof(frag->session.mic)) == 0;
    hal_trace(&core->hal, FW_TRACE_BLOCK_MIC, frag->mic_good, frag_session_block_size(frag));
    if (frag->mic_good || ++frag->checks == CHECK_ATTEMPTS) {
        frag->phase = FRAG_PHASE_RESULT;
    } else {
        frag->check_offset = 0;
    }
}

/* Some combination was forged, and which one cannot be told: all of them go, and more coded
 * fragments are needed. What was solved before has been proven. */
static void begin_scrub(struct fragmentation *frag, struct core *core)
{
    uint32_t solved = frag_decode_keep_solved(&frag->decoder, &core->hal);
    DEVICE_ASSERT(&core->hal, solved < frag->frozen_missing);
    DEVICE_ASSERT(&core->hal, !frag->block_over);
    frag->missing = (uint16_t)(frag->frozen_missing - solved);
    frag_store_erase_start(&frag->decoder.store);
    frag->phase = FRAG_PHASE_SCRUB;
}

static void step_scrub(struct fragmentation *frag, struct core *core)
{
    struct frag_store *store = &frag->decoder.store;
    DEVICE_ASSERT(&core->hal, frag->missing > 0 && !frag->block_over);
    if (ready(frag, frag_store_flush(store, &core->hal, frag->decoder.received))
            && ready(frag, frag_store_erase_slots_step(store, &core->hal))) {
        begin_decoding(frag);
        frag->phase = FRAG_PHASE_DECODE;
    }
}

static void step_solve(struct fragmentation *frag, struct core *core)
{
    DEVICE_ASSERT(&core->hal, frag->missing == 0 && !frag->inbox_full);
    enum frag_decode_status status = frag_decode_solve_step(&frag->decoder, &core->hal);
    frag->wait_flash = status == FRAG_DECODE_BUSY;
    frag->block_over =
            status == FRAG_DECODE_DONE || status == FRAG_DECODE_FAILED || frag->block_over;
    if (status == FRAG_DECODE_DONE) {
        frag->phase = FRAG_PHASE_COMMIT;
    } else if (status == FRAG_DECODE_FORGED) {
        begin_scrub(frag, core);
    } else if (status == FRAG_DECODE_FAILED) {
        /* To the server a block that cannot be completed is one whose MIC is wrong. */
        frag->mic_good = false;
        hal_trace(&core->hal, FW_TRACE_BLOCK_MIC, frag->mic_good, frag_session_block_size(frag));
        frag->phase = FRAG_PHASE_RESULT;
    }
}

static void step_check(struct fragmentation *frag, struct core *core)
{
    uint8_t piece[CHECK_PIECE_SIZE];
    const struct hal *hal = &core->hal;
    DEVICE_ASSERT(hal, frag->phase == FRAG_PHASE_CHECK && frag->missing == 0);
    if (frag->session.version < 2) {
        frag->mic_good = true; /* TS004-1.0.0 leaves it to the file */
        frag->phase = FRAG_PHASE_RESULT;
        return;
    }
    if (frag->check_offset == 0) {
        check_begin(frag, core);
    }
    for (unsigned i = 0; i < CHECK_PIECES; i++) {
        uint32_t left = frag_session_block_size(frag) - frag->check_offset;
        size_t size = left < sizeof(piece) ? left : sizeof(piece);
        enum hal_status status = hal_flash_read(
                hal, HAL_FLASH_EXTERNAL, NOR_BLOCK_ADDRESS + frag->check_offset, piece, size);
        DEVICE_ASSERT(hal, status == HAL_OK || status == HAL_BUSY);
        if (status == HAL_BUSY) {
            hal_flash_notify(hal, HAL_FLASH_EXTERNAL);
            frag->wait_flash = true;
            return;
        }
        status = hal_cmac_update(hal, MAC_KEY_DATA_BLOCK_INT, &frag->cmac, piece, size);
        DEVICE_ASSERT(hal, status == HAL_OK);
        frag->check_offset += (uint32_t)size;
        if (frag->check_offset == frag_session_block_size(frag)) {
            check_end(frag, core);
            return;
        }
    }
}

static void step_result(struct fragmentation *frag, struct core *core, uint64_t now_ticks)
{
    enum frag_milestone milestone =
            frag->mic_good ? FRAG_MILESTONE_MIC_GOOD : FRAG_MILESTONE_MIC_BAD;
    DEVICE_ASSERT(&core->hal, frag->block_over && !frag->block_ready);
    if (!ready(frag, frag_store_milestone(&core->hal, milestone))) {
        return;
    }
    frag->phase = frag->mic_good ? FRAG_PHASE_DONE : FRAG_PHASE_FAILED;
    frag->block_ready = frag->mic_good && !frag->session.used;
    if (frag->session.ack_reception && !frag->session.acknowledged) {
        frag->acks_sent = 0;
        frag->ack_at_ticks = now_ticks + frag_delay_ticks(frag, core);
    }
}

void frag_session_step(struct fragmentation *frag, struct core *core, uint64_t now_ticks)
{
    DEVICE_ASSERT(&core->hal, !frag->wait_flash);
    switch ((enum frag_phase)frag->phase) {
    case FRAG_PHASE_RESUME:
        step_resume(frag, core, now_ticks);
        break;
    case FRAG_PHASE_ERASE:
        step_erase(frag, core, now_ticks);
        break;
    case FRAG_PHASE_COLLECT:
        step_collect(frag, core, now_ticks);
        break;
    case FRAG_PHASE_FREEZE:
        step_freeze(frag, core);
        break;
    case FRAG_PHASE_REBUILD:
        step_rebuild(frag, core);
        break;
    case FRAG_PHASE_DECODE:
        step_decode(frag, core);
        break;
    case FRAG_PHASE_SOLVE:
        step_solve(frag, core);
        break;
    case FRAG_PHASE_SCRUB:
        step_scrub(frag, core);
        break;
    case FRAG_PHASE_FLUSH:
        step_flush(frag, core);
        break;
    case FRAG_PHASE_COMMIT:
        step_commit(frag, core);
        break;
    case FRAG_PHASE_CHECK:
        step_check(frag, core);
        break;
    case FRAG_PHASE_RESULT:
        step_result(frag, core, now_ticks);
        break;
    case FRAG_PHASE_NONE:
    case FRAG_PHASE_DONE:
    case FRAG_PHASE_FAILED:
        break;
    }
}
