/* The life of a fragmentation session, from erased flash to a verified block.
 * SPDX-License-Identifier: MIT
 */
#include "services/frag_session.h"

#include "core.h"
#include "hal.h"
#include "mac/mac.h"
#include "services/frag_delay.h"
#include "services/frag_phases.h"
#include "services/fragment_table.h"
#include "trace.h"

/* Rows of flash that one step adds: the longest take 19 ms where the radio has no appointment, and
 * 1.2 ms where one is near. What interrupts meanwhile can wait so long. */
#define ROWS_PER_STEP       128u
#define ROWS_BEFORE_RADIO   8u
#define RADIO_IS_NEAR_TICKS (HAL_RTC_HZ / 32u)

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

void frag_session_acknowledged(struct fragmentation *frag, struct core *core)
{
    DEVICE_ASSERT(&core->hal, frag->phase == FRAG_PHASE_DONE || frag->phase == FRAG_PHASE_FAILED);
    if (!frag->session.acknowledged) {
        frag->session.acknowledged = 1; /* kept: the server will not ask again after a reset */
        frag_session_save(frag, core);
    }
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

uint32_t frag_session_block_size(const struct fragmentation *frag)
{
    return (uint32_t)frag->session.fragments * frag->session.fragment_size - frag->session.padding;
}

bool frag_session_untouched(const struct fragmentation *frag)
{
    return (frag->phase == FRAG_PHASE_ERASE || frag->phase == FRAG_PHASE_COLLECT)
           && frag->missing == frag->session.fragments && !frag->inbox_full
           && !frag->decoder.store.resumed; /* without a mark does not mean without data then */
}

/* --- phases --------------------------------------------------------------------------------- */

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
    frag_count_received(frag, present);
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
        frag_collect_open_inbox(frag, core, now_ticks);
    }
}

static void step_erase(struct fragmentation *frag, struct core *core, uint64_t now_ticks)
{
    DEVICE_ASSERT(&core->hal, frag->phase == FRAG_PHASE_ERASE);
    DEVICE_ASSERT(&core->hal, frag->missing == frag->session.fragments);
    if (frag_ready(frag, frag_store_erase_step(&frag->decoder.store, &core->hal))
            && frag_ready(frag, frag_store_tag(&core->hal, frag->session.tag))) {
        frag->phase = FRAG_PHASE_COLLECT;
        frag_collect_open_inbox(frag, core, now_ticks);
    }
}

static void step_freeze(struct fragmentation *frag, struct core *core)
{
    DEVICE_ASSERT(&core->hal, frag->missing <= FEC_UNKNOWNS_MAX && frag->inbox_full);
    frag->flush_at_ticks = HAL_TICKS_NEVER;
    if (frag_ready(frag, frag_store_flush(&frag->decoder.store, &core->hal, frag->decoder.received))
            && frag_ready(frag, frag_store_milestone(&core->hal, FRAG_MILESTONE_FROZEN))) {
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
    frag_count_received(frag, frag->missing - missing);
    frag->missing = (uint16_t)missing;
    frag->wait_flash = status == FRAG_DECODE_BUSY;
    if (status == FRAG_DECODE_DONE) {
        frag->phase = FRAG_PHASE_DECODE;
        if (missing == 0) {
            begin_solving(frag, core);
        }
    }
}

static uint32_t rows_of_step(const struct core *core, uint64_t now_ticks)
{
    bool near = mac_step_at(core) < now_ticks + RADIO_IS_NEAR_TICKS;
    return near ? ROWS_BEFORE_RADIO : ROWS_PER_STEP;
}

static void step_decode(struct fragmentation *frag, struct core *core, uint64_t now_ticks)
{
    struct frag_decoder *decoder = &frag->decoder;
    uint32_t rows = rows_of_step(core, now_ticks);
    DEVICE_ASSERT(&core->hal, frag->phase == FRAG_PHASE_DECODE);
    if (frag_decode_idle(decoder)) {
        DEVICE_ASSERT(&core->hal, frag->inbox_full); /* nothing else calls for a step */
        frag->inbox_full = false;
        frag_decode_take(decoder, &core->hal, frag->inbox_n, frag->inbox);
        if (rows < ROWS_PER_STEP || frag_decode_idle(decoder)) {
            return;
        }
    }
    enum frag_decode_status status = frag_decode_step(decoder, &core->hal, rows);
    frag->missing = (uint16_t)frag_decode_missing(decoder);
    frag->wait_flash = status == FRAG_DECODE_BUSY;
    if (status == FRAG_DECODE_DONE) {
        begin_solving(frag, core);
    }
}

static void step_flush(struct fragmentation *frag, struct core *core)
{
    DEVICE_ASSERT(&core->hal, frag->missing == 0 && frag->block_over);
    frag->flush_at_ticks = HAL_TICKS_NEVER;
    if (frag_ready(
                frag, frag_store_flush(&frag->decoder.store, &core->hal, frag->decoder.received))) {
        frag->phase = FRAG_PHASE_COMMIT;
    }
}

static void step_commit(struct fragmentation *frag, struct core *core)
{
    DEVICE_ASSERT(&core->hal, frag->missing == 0 && frag->block_over);
    if (frag_ready(frag, frag_store_milestone(&core->hal, FRAG_MILESTONE_COMPLETE))) {
        hal_trace(
                &core->hal, FW_TRACE_FRAG_COMPLETE, frag->session.fragments, frag->frozen_missing);
        frag->check_offset = 0;
        frag->checks = 0;
        frag->phase = FRAG_PHASE_CHECK;
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
    if (frag_ready(frag, frag_store_flush(store, &core->hal, frag->decoder.received))
            && frag_ready(frag, frag_store_erase_slots_step(store, &core->hal))) {
        begin_decoding(frag);
        frag->phase = FRAG_PHASE_DECODE;
    }
}

static void step_solve(struct fragmentation *frag, struct core *core, uint64_t now_ticks)
{
    DEVICE_ASSERT(&core->hal, frag->missing == 0 && !frag->inbox_full);
    enum frag_decode_status status =
            frag_decode_solve_step(&frag->decoder, &core->hal, rows_of_step(core, now_ticks));
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

static void step_result(struct fragmentation *frag, struct core *core, uint64_t now_ticks)
{
    enum frag_milestone milestone =
            frag->mic_good ? FRAG_MILESTONE_MIC_GOOD : FRAG_MILESTONE_MIC_BAD;
    DEVICE_ASSERT(&core->hal, frag->block_over && !frag->block_ready);
    if (!frag_ready(frag, frag_store_milestone(&core->hal, milestone))) {
        return;
    }
    frag->phase = frag->mic_good ? FRAG_PHASE_DONE : FRAG_PHASE_FAILED;
    frag->block_ready = frag->mic_good && !frag->session.used;
    if (frag_session_asks_receipt(&frag->session) && !frag->session.acknowledged) {
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
        frag_collect_step(frag, core, now_ticks);
        break;
    case FRAG_PHASE_FREEZE:
        step_freeze(frag, core);
        break;
    case FRAG_PHASE_REBUILD:
        step_rebuild(frag, core);
        break;
    case FRAG_PHASE_DECODE:
        step_decode(frag, core, now_ticks);
        break;
    case FRAG_PHASE_SOLVE:
        step_solve(frag, core, now_ticks);
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
        frag_check_step(frag, core);
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
