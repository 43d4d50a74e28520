/* From coded fragments to the block: elimination, and back substitution, in bounded pieces.
 * SPDX-License-Identifier: MIT
 *
 * The bits are eliminated first, all at once in RAM: a fragment that brings nothing new is dropped
 * before a byte of its data is touched. Then its data follows, some rows a step.
 */
#include "services/frag_decode.h"

#include <string.h>

#include "hal.h"
#include "services/bits.h"
#include "services/frag_add.h"
#include "services/fragment_table.h"
#include "trace.h"

/* What a Cortex-M0+ takes, counted on its instruction timings; reads are charged by the board. */
#define CYCLES_PER_DRAW        36u
#define CYCLES_PER_VECTOR_WORD 9u

static bool ready(enum frag_store_status status)
{
    return status == FRAG_STORE_OK;
}

/* Bit mask of the columns in word `w` that exist. */
static uint32_t columns_mask(const struct frag_decoder *decoder, uint32_t w)
{
    uint32_t left = decoder->rows.fragments - 32u * w;
    return left >= 32u ? UINT32_MAX : (1u << left) - 1u;
}

void frag_decode_init(
        struct frag_decoder *decoder, uint32_t fragments, uint32_t fragment_size, uint8_t version)
{
    frag_store_init(&decoder->store, fragments, fragment_size);
    fec_rows_init(&decoder->rows, fragments, version);
    memset(decoder->received, 0, sizeof(decoder->received));
}

void frag_decode_begin(struct frag_decoder *decoder)
{
    uint32_t missing = 0;
    for (uint32_t w = 0; 32u * w < decoder->rows.fragments; w++) {
        missing += bits_count(~decoder->received[w] & columns_mask(decoder, w));
    }
    fec_matrix_init(&decoder->matrix, missing);
    memset(decoder->late, 0, sizeof(decoder->late));
    decoder->work.stage = FRAG_WORK_IDLE;
    decoder->slot_next = 0;
}

/* --- one row into the matrix ---------------------------------------------------------------- */

/* Number of a missing fragment among the missing ones. */
static uint32_t unknown_index(const struct frag_decoder *decoder, uint32_t column)
{
    uint32_t index = 0;
    for (uint32_t w = 0; w < column / 32u; w++) {
        index += bits_count(~decoder->received[w] & columns_mask(decoder, w));
    }
    return index + bits_count(~decoder->received[column / 32u] & ((1u << column % 32u) - 1u));
}

/* Splits the row in work.map.columns: unknowns go to the vector, what is known stays. */
static void split_row(struct frag_decoder *decoder)
{
    struct frag_work *work = &decoder->work;
    uint32_t unknowns_before = 0;
    for (uint32_t w = 0; 32u * w < decoder->rows.fragments; w++) {
        uint32_t missing = ~decoder->received[w] & columns_mask(decoder, w);
        if (missing == 0) {
            continue;
        }
        uint32_t open = work->map.columns[w] & missing;
        work->map.columns[w] &= ~missing;
        while (open != 0) {
            uint32_t below = (open & (0u - open)) - 1u;
            bits_set(work->vector, unknowns_before + bits_count(missing & below));
            open &= open - 1u;
        }
        unknowns_before += bits_count(missing);
    }
}

/* Sets vector and columns of fragment `n` and reduces the vector; -1: it brings nothing. */
static int make_row(struct frag_decoder *decoder, const struct hal *hal, uint32_t n)
{
    struct frag_work *work = &decoder->work;
    uint32_t fragments = decoder->rows.fragments;
    DEVICE_ASSERT(hal, n > 0 && work->stage == FRAG_WORK_IDLE);
    memset(work->vector, 0, sizeof(work->vector));
    if (n <= fragments) {
        /* An uncoded fragment after the freeze is a row with one column. */
        memset(work->map.columns, 0, (fragments + 31u) / 32u * sizeof(work->map.columns[0]));
        bits_set(work->vector, unknown_index(decoder, n - 1u));
    } else {
        uint32_t draws = fec_row_make(&decoder->rows, n - fragments, work->map.columns);
        hal_charge(hal, draws * CYCLES_PER_DRAW);
        split_row(decoder);
    }
    int pivot = fec_matrix_reduce(&decoder->matrix, work->vector, work->used);
    uint32_t added = 1;
    for (uint32_t w = 0; w < decoder->matrix.words; w++) {
        added += bits_count(work->used[w]);
    }
    hal_charge(hal, added * decoder->matrix.words * CYCLES_PER_VECTOR_WORD);
    return pivot;
}

/* Of an uncoded fragment that came after the freeze; false: it had been here before. */
static bool note_late(struct frag_decoder *decoder, uint32_t n)
{
    if (bits_get(decoder->received, n - 1u)) {
        return false;
    }
    uint32_t unknown = unknown_index(decoder, n - 1u);
    bool fresh = !bits_get(decoder->late, unknown);
    bits_set(decoder->late, unknown);
    return fresh;
}

void frag_decode_take(
        struct frag_decoder *decoder, const struct hal *hal, uint32_t n, const uint8_t *data)
{
    struct frag_work *work = &decoder->work;
    bool coded = n > decoder->rows.fragments;
    DEVICE_ASSERT(hal, n > 0 && frag_decode_idle(decoder));
    if (!coded && !note_late(decoder, n)) {
        hal_trace(hal, FW_TRACE_FRAGMENT_DUPLICATE, n, 0);
        return;
    }
    int pivot = make_row(decoder, hal, n);
    if (pivot < 0) {
        hal_trace(hal, coded ? FW_TRACE_FRAGMENT_USELESS : FW_TRACE_FRAGMENT_STORED, n,
                frag_decode_missing(decoder));
        return;
    }
    if (decoder->slot_next >= FRAG_SLOTS_MAX) {
        hal_trace(hal, FW_TRACE_FEC_MEMORY, 1, 0);
        return;
    }
    work->n = (uint16_t)n;
    work->pivot = (uint16_t)pivot;
    work->next_word = 0;
    work->data[frag_data_words(decoder) - 1u] = 0;
    memcpy(work->data, data, decoder->store.fragment_size);
    work->stage = FRAG_WORK_XOR;
}

/* Adds up to `rows_max` rows to the data; then the row is ready to be stored. */
static enum frag_decode_status add_some_rows(
        struct frag_decoder *decoder, const struct hal *hal, uint32_t rows_max)
{
    struct frag_work *work = &decoder->work;
    uint32_t words = (decoder->rows.fragments + 31u) / 32u;
    uint32_t left = rows_max;
    DEVICE_ASSERT(hal, work->next_word <= words);
    while (left > 0 && work->next_word < words) {
        if (!frag_add_columns(decoder, hal, &left)) {
            return FRAG_DECODE_BUSY;
        }
    }
    for (uint32_t before = left + 1u; left > 0 && left < before;) {
        before = left;
        if (!frag_add_slots(decoder, hal, &left)) {
            return FRAG_DECODE_BUSY;
        }
    }
    if (left > 0) {
        work->stage = FRAG_WORK_STORE;
    }
    return FRAG_DECODE_MORE;
}

static enum frag_decode_status store_row(struct frag_decoder *decoder, const struct hal *hal)
{
    struct frag_work *work = &decoder->work;
    DEVICE_ASSERT(hal, decoder->slot_next < FRAG_SLOTS_MAX && work->pivot < FEC_UNKNOWNS_MAX);
    enum frag_store_status status =
            frag_store_slot_write(&decoder->store, hal, decoder->slot_next, work->n, work->data);
    if (status == FRAG_STORE_BUSY) {
        return FRAG_DECODE_BUSY;
    }
    if (status == FRAG_STORE_OCCUPIED) {
        decoder->slot_next++;
        if (decoder->slot_next == FRAG_SLOTS_MAX) { /* the row is lost */
            hal_trace(hal, FW_TRACE_FEC_MEMORY, 1, 0);
            work->stage = FRAG_WORK_IDLE;
        }
        return FRAG_DECODE_MORE;
    }
    fec_matrix_add(&decoder->matrix, work->vector, work->pivot, decoder->slot_next);
    decoder->slot_next++;
    work->stage = FRAG_WORK_IDLE;
    bool coded = work->n > decoder->rows.fragments;
    hal_trace(hal, coded ? FW_TRACE_FRAGMENT_CODED : FW_TRACE_FRAGMENT_STORED, work->n,
            frag_decode_missing(decoder));
    return frag_decode_missing(decoder) == 0 ? FRAG_DECODE_DONE : FRAG_DECODE_MORE;
}

enum frag_decode_status frag_decode_step(
        struct frag_decoder *decoder, const struct hal *hal, uint32_t rows_max)
{
    DEVICE_ASSERT(hal, rows_max > 0);
    DEVICE_ASSERT(hal, decoder->work.stage <= FRAG_WORK_STORE);
    DEVICE_ASSERT(hal, decoder->matrix.rank <= decoder->matrix.unknowns);
    switch ((enum frag_work_stage)decoder->work.stage) {
    case FRAG_WORK_IDLE:
        break;
    case FRAG_WORK_XOR: {
        enum frag_decode_status status = add_some_rows(decoder, hal, rows_max);
        if (decoder->work.stage != FRAG_WORK_STORE) {
            return status;
        }
        return store_row(decoder, hal);
    }
    case FRAG_WORK_STORE:
        return store_row(decoder, hal);
    }
    return FRAG_DECODE_MORE;
}

/* --- after a reset -------------------------------------------------------------------------- */

/* What a slot holds is input: a number that no fragment has, a fragment that lies in the block, and
 * a row that brings nothing were never stored by this decoder. */
static bool take_slot(struct frag_decoder *decoder, const struct hal *hal, uint32_t n)
{
    bool uncoded = n <= decoder->rows.fragments;
    DEVICE_ASSERT(hal, decoder->slot_next < FRAG_SLOTS_MAX);
    if (n == 0 || n > FRAG_NUMBER_MAX || (uncoded && bits_get(decoder->received, n - 1u))) {
        return false;
    }
    int pivot = make_row(decoder, hal, n);
    if (pivot < 0) {
        return false;
    }
    fec_matrix_add(&decoder->matrix, decoder->work.vector, (uint32_t)pivot, decoder->slot_next);
    if (uncoded) {
        note_late(decoder, n);
    }
    return true;
}

/* One slot a call. The data of a slot is already reduced; the bits are reduced again, by the same
 * rows in the same order, so they come out the same. */
enum frag_decode_status frag_decode_rebuild_step(
        struct frag_decoder *decoder, const struct hal *hal)
{
    uint32_t n = 0;
    enum frag_slot_state state = FRAG_SLOT_ERASED;
    DEVICE_ASSERT(hal, decoder->slot_next <= FRAG_SLOTS_MAX);
    if (decoder->slot_next < FRAG_SLOTS_MAX
            && !ready(frag_store_slot_check(hal, decoder->slot_next, &state, &n))) {
        return FRAG_DECODE_BUSY;
    }
    if (state == FRAG_SLOT_ERASED) {
        return FRAG_DECODE_DONE;
    }
    if (state == FRAG_SLOT_VALID) {
        (void)take_slot(decoder, hal, n);
    }
    decoder->slot_next++; /* one that is torn, or was not taken, is never used */
    return frag_decode_missing(decoder) == 0 ? FRAG_DECODE_DONE : FRAG_DECODE_MORE;
}

/* --- back substitution ---------------------------------------------------------------------- */

void frag_decode_solve_begin(struct frag_decoder *decoder, const struct hal *hal)
{
    struct frag_work *work = &decoder->work;
    uint32_t unknown = 0;
    for (uint32_t w = 0; 32u * w < decoder->rows.fragments; w++) {
        uint32_t missing = ~decoder->received[w] & columns_mask(decoder, w);
        for (; missing != 0; missing &= missing - 1u) {
            work->map.unknown[unknown++] = (uint16_t)(32u * w + bits_first(missing));
        }
    }
    DEVICE_ASSERT(hal, unknown == decoder->matrix.unknowns);
    DEVICE_ASSERT(hal, frag_decode_missing(decoder) == 0);
    work->pivot = decoder->matrix.unknowns;
    work->stage = FRAG_WORK_IDLE;
}

/* Loads the combination of the next row to solve. */
static enum frag_decode_status solve_start(struct frag_decoder *decoder, const struct hal *hal)
{
    struct frag_work *work = &decoder->work;
    if (work->pivot == 0) {
        return FRAG_DECODE_DONE;
    }
    uint32_t row = work->pivot - 1u;
    DEVICE_ASSERT(hal, row < decoder->matrix.unknowns);
    work->data[frag_data_words(decoder) - 1u] = 0;
    if (!ready(frag_store_slot_read(&decoder->store, hal, decoder->matrix.slot[row], work->data))) {
        return FRAG_DECODE_BUSY;
    }
    fec_matrix_row(&decoder->matrix, row, work->vector);
    bits_clear(work->vector, row);
    work->pivot = (uint16_t)row;
    work->fresh = true;
    work->stage = FRAG_WORK_XOR;
    return FRAG_DECODE_MORE;
}

/* Adds unknowns that are solved and in place already. */
static enum frag_decode_status solve_add(
        struct frag_decoder *decoder, const struct hal *hal, uint32_t rows_max)
{
    uint32_t left = rows_max;
    DEVICE_ASSERT(hal, decoder->work.pivot < decoder->matrix.unknowns);
    for (uint32_t before = left + 1u; left > 0 && left < before;) {
        before = left;
        if (!frag_add_solved(decoder, hal, &left)) {
            return FRAG_DECODE_BUSY;
        }
    }
    if (left > 0) {
        decoder->work.stage = FRAG_WORK_STORE;
    }
    return FRAG_DECODE_MORE;
}

/* Forged fragments among the coded ones show in the rows that are made from them. */
static enum fragment_proof prove_row(const struct frag_decoder *decoder, const struct hal *hal)
{
    const struct frag_work *work = &decoder->work;
    uint32_t index = work->map.unknown[work->pivot];
    if (!decoder->proves) {
        return FRAGMENT_UNPROVEN;
    }
    enum fragment_proof proof = fragment_table_check(
            hal, index, (const uint8_t *)work->data, decoder->store.fragment_size);
    if (proof == FRAGMENT_FORGED) {
        hal_trace(hal, FW_TRACE_FRAGMENT_FORGED, index + 1u, 1);
    } else if (proof == FRAGMENT_PROOF_BUSY) {
        hal_flash_notify(hal, HAL_FLASH_EXTERNAL);
    }
    return proof;
}

/* Each hole of the block is written once. One that a reset left other data in cannot be: that data
 * or the coded fragments are not this block's, and no more fragments will tell which. */
static enum frag_decode_status solve_store(struct frag_decoder *decoder, const struct hal *hal)
{
    struct frag_work *work = &decoder->work;
    DEVICE_ASSERT(hal, work->pivot < decoder->matrix.unknowns);
    if (work->fresh) {
        enum fragment_proof proof = prove_row(decoder, hal);
        if (proof == FRAGMENT_FORGED || proof == FRAGMENT_PROOF_BUSY) {
            return proof == FRAGMENT_FORGED ? FRAG_DECODE_FORGED : FRAG_DECODE_BUSY;
        }
        enum frag_store_status status = frag_store_put(&decoder->store, hal,
                work->map.unknown[work->pivot], (const uint8_t *)work->data, NULL);
        if (status == FRAG_STORE_OCCUPIED) {
            return FRAG_DECODE_FAILED;
        }
        if (!ready(status)) {
            return FRAG_DECODE_BUSY;
        }
        work->fresh = false;
    }
    if (!ready(frag_store_flush(&decoder->store, hal, NULL))) {
        return FRAG_DECODE_BUSY;
    }
    work->stage = FRAG_WORK_IDLE;
    return FRAG_DECODE_MORE;
}

enum frag_decode_status frag_decode_solve_step(
        struct frag_decoder *decoder, const struct hal *hal, uint32_t rows_max)
{
    DEVICE_ASSERT(hal, frag_decode_missing(decoder) == 0);
    switch ((enum frag_work_stage)decoder->work.stage) {
    case FRAG_WORK_IDLE:
        return solve_start(decoder, hal);
    case FRAG_WORK_XOR:
        return solve_add(decoder, hal, rows_max);
    case FRAG_WORK_STORE:
        return solve_store(decoder, hal);
    }
    return FRAG_DECODE_MORE;
}

uint32_t frag_decode_keep_solved(struct frag_decoder *decoder, const struct hal *hal)
{
    const struct frag_work *work = &decoder->work;
    uint32_t count = 0;
    DEVICE_ASSERT(hal, work->pivot < decoder->matrix.unknowns);
    for (uint32_t row = work->pivot + 1u; row < decoder->matrix.unknowns; row++, count++) {
        bits_set(decoder->received, work->map.unknown[row]);
        frag_store_mark(&decoder->store, work->map.unknown[row]);
    }
    return count;
}
