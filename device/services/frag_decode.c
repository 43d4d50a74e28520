/* From coded fragments to the block: elimination, and back substitution, in bounded pieces.
 * SPDX-License-Identifier: MIT
 *
 * The bits are eliminated first, all at once in RAM: a fragment that brings nothing new is dropped
 * before a byte of its data is touched. Then its data follows, some rows a step.
 */
#include <string.h>

#include "hal.h"
#include "services/bits.h"
#include "services/frag_session.h"
#include "trace.h"

#define ROWS_PER_STEP    8u
#define RUN_BUFFER_WORDS 128u /* consecutive rows are read together */

/* What a Cortex-M0+ takes, counted on its instruction timings; reads are charged by the board. */
#define CYCLES_PER_DRAW        36u
#define CYCLES_PER_WORD_XOR    7u
#define CYCLES_PER_ROW         40u
#define CYCLES_PER_VECTOR_WORD 9u

static uint32_t data_words(const struct fragmentation *frag)
{
    return (frag->session.fragment_size + 3u) / 4u;
}

/* Bit mask of the columns in word `w` that exist. */
static uint32_t columns_mask(const struct fragmentation *frag, uint32_t w)
{
    uint32_t left = frag->session.fragments - 32u * w;
    return left >= 32u ? UINT32_MAX : (1u << left) - 1u;
}

static void add_rows(
        uint32_t *restrict data, const uint32_t *restrict rows, uint32_t row_count, uint32_t words)
{
    for (uint32_t r = 0; r < row_count; r++) {
        for (uint32_t i = 0; i < words; i++) {
            data[i] ^= rows[r * words + i];
        }
    }
}

/* Reads `count` rows of the block from `index` on and adds them to the data in the works. */
static bool add_block_rows(
        struct fragmentation *frag, const struct services_env *env, uint32_t index, uint32_t count)
{
    uint32_t buffer[RUN_BUFFER_WORDS];
    uint32_t words = data_words(frag);
    DEVICE_ASSERT(env->hal, count > 0 && count * words <= RUN_BUFFER_WORDS);
    buffer[words - 1u] = 0; /* a last word that is not filled whole */
    if (!frag_session_wait(frag, frag_store_read(&frag->store, env->hal, index, count, buffer))) {
        return false;
    }
    add_rows(frag->work.data, buffer, count, words);
    hal_charge(env->hal, count * (CYCLES_PER_ROW + words * CYCLES_PER_WORD_XOR));
    return true;
}

static bool add_slot(struct fragmentation *frag, const struct services_env *env, uint32_t slot)
{
    uint32_t buffer[FRAG_DATA_WORDS];
    uint32_t words = data_words(frag);
    DEVICE_ASSERT(env->hal, slot < frag->slot_next);
    buffer[words - 1u] = 0;
    if (!frag_session_wait(frag, frag_store_slot_read(&frag->store, env->hal, slot, buffer))) {
        return false;
    }
    add_rows(frag->work.data, buffer, 1, words);
    hal_charge(env->hal, CYCLES_PER_ROW + words * CYCLES_PER_WORD_XOR);
    return true;
}

void frag_decode_init(struct fragmentation *frag)
{
    fec_matrix_init(&frag->matrix, frag->missing);
    memset(frag->late, 0, sizeof(frag->late));
    frag->work.stage = FRAG_WORK_IDLE;
    frag->frozen_missing = frag->missing;
    frag->slot_next = 0;
}

/* --- one row into the matrix ---------------------------------------------------------------- */

/* Number of a missing fragment among the missing ones. */
static uint32_t unknown_index(const struct fragmentation *frag, uint32_t column)
{
    uint32_t index = 0;
    for (uint32_t w = 0; w < column / 32u; w++) {
        index += bits_count(~frag->received[w] & columns_mask(frag, w));
    }
    return index + bits_count(~frag->received[column / 32u] & ((1u << column % 32u) - 1u));
}

/* Splits the row in work.map.columns: unknowns go to the vector, what is known stays. */
static void split_row(struct fragmentation *frag)
{
    struct frag_work *work = &frag->work;
    uint32_t unknowns_before = 0;
    for (uint32_t w = 0; 32u * w < frag->session.fragments; w++) {
        uint32_t missing = ~frag->received[w] & columns_mask(frag, w);
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
static int make_row(struct fragmentation *frag, const struct services_env *env, uint32_t n)
{
    struct frag_work *work = &frag->work;
    uint32_t fragments = frag->session.fragments;
    DEVICE_ASSERT(env->hal, n > 0 && work->stage == FRAG_WORK_IDLE);
    memset(work->vector, 0, sizeof(work->vector));
    if (n <= fragments) {
        /* An uncoded fragment after the freeze is a row with one column. */
        memset(work->map.columns, 0, (fragments + 31u) / 32u * sizeof(work->map.columns[0]));
        bits_set(work->vector, unknown_index(frag, n - 1u));
    } else {
        uint32_t draws = fec_row_make(&frag->rows, n - fragments, work->map.columns);
        hal_charge(env->hal, draws * CYCLES_PER_DRAW);
        split_row(frag);
    }
    int pivot = fec_matrix_reduce(&frag->matrix, work->vector, work->used);
    uint32_t added = 1;
    for (uint32_t w = 0; w < frag->matrix.words; w++) {
        added += bits_count(work->used[w]);
    }
    hal_charge(env->hal, added * frag->matrix.words * CYCLES_PER_VECTOR_WORD);
    return pivot;
}

/* Of an uncoded fragment that came after the freeze; false: it had been here before. */
static bool note_late(struct fragmentation *frag, uint32_t n)
{
    if (bits_get(frag->received, n - 1u)) {
        return false;
    }
    uint32_t unknown = unknown_index(frag, n - 1u);
    bool fresh = !bits_get(frag->late, unknown);
    bits_set(frag->late, unknown);
    return fresh;
}

static void start_row(struct fragmentation *frag, const struct services_env *env)
{
    struct frag_work *work = &frag->work;
    uint32_t n = frag->inbox_n;
    bool coded = n > frag->session.fragments;
    DEVICE_ASSERT(env->hal, frag->inbox_full && n > 0);
    frag->inbox_full = false;
    if (!coded && !note_late(frag, n)) {
        hal_trace(env->hal, FW_TRACE_FRAGMENT_DUPLICATE, n, 0);
        return;
    }
    int pivot = make_row(frag, env, n);
    if (pivot < 0) {
        hal_trace(env->hal, coded ? FW_TRACE_FRAGMENT_USELESS : FW_TRACE_FRAGMENT_STORED, n,
                frag->missing);
        return;
    }
    if (frag->slot_next >= FRAG_SLOTS_MAX) {
        hal_trace(env->hal, FW_TRACE_FEC_MEMORY, 1, 0);
        return;
    }
    work->n = (uint16_t)n;
    work->pivot = (uint16_t)pivot;
    work->next_word = 0;
    work->data[data_words(frag) - 1u] = 0;
    memcpy(work->data, frag->inbox, frag->session.fragment_size);
    work->stage = FRAG_WORK_XOR;
}

/* Takes the next run of set bits out of work.map.columns: at most `max` and within a word. */
static uint32_t take_run(struct frag_work *work, uint32_t words, uint32_t max, uint32_t *index)
{
    while (work->next_word < words && work->map.columns[work->next_word] == 0) {
        work->next_word++;
    }
    if (work->next_word == words) {
        return 0;
    }
    uint32_t columns = work->map.columns[work->next_word];
    uint32_t first = bits_first(columns);
    uint32_t ones = columns >> first;
    uint32_t count = ones == UINT32_MAX ? 32u : bits_first(~ones);
    count = count < max ? count : max;
    *index = 32u * work->next_word + first;
    return count;
}

static void drop_run(struct frag_work *work, uint32_t index, uint32_t count)
{
    uint32_t ones = count == 32u ? UINT32_MAX : (1u << count) - 1u;
    work->map.columns[work->next_word] &= ~(ones << index % 32u);
}

/* Adds up to ROWS_PER_STEP rows to the data; then the row is ready to be stored. */
static void add_some_rows(struct fragmentation *frag, const struct services_env *env)
{
    struct frag_work *work = &frag->work;
    uint32_t words = (frag->session.fragments + 31u) / 32u;
    uint32_t size = frag->session.fragment_size;
    DEVICE_ASSERT(env->hal, work->next_word <= words);
    /* Rows of whole words can be read in runs and stay aligned. */
    uint32_t run_max = size % 4u == 0 ? RUN_BUFFER_WORDS * 4u / size : 1u;
    uint32_t left = ROWS_PER_STEP;
    while (left > 0) {
        uint32_t index = 0;
        uint32_t count = take_run(work, words, left < run_max ? left : run_max, &index);
        if (count == 0) {
            break;
        }
        if (!add_block_rows(frag, env, index, count)) {
            return;
        }
        drop_run(work, index, count);
        left -= count;
    }
    for (uint32_t w = 0; w < frag->matrix.words && left > 0; w++) {
        while (work->used[w] != 0 && left > 0) {
            uint32_t pivot = 32u * w + bits_first(work->used[w]);
            if (!add_slot(frag, env, frag->matrix.slot[pivot])) {
                return;
            }
            work->used[w] &= work->used[w] - 1u;
            left--;
        }
    }
    if (left > 0) {
        work->stage = FRAG_WORK_STORE;
    }
}

static void begin_solving(struct fragmentation *frag, const struct services_env *env)
{
    struct frag_work *work = &frag->work;
    uint32_t unknown = 0;
    for (uint32_t w = 0; 32u * w < frag->session.fragments; w++) {
        uint32_t missing = ~frag->received[w] & columns_mask(frag, w);
        for (; missing != 0; missing &= missing - 1u) {
            work->map.unknown[unknown++] = (uint16_t)(32u * w + bits_first(missing));
        }
    }
    DEVICE_ASSERT(env->hal, unknown == frag->matrix.unknowns);
    DEVICE_ASSERT(env->hal, frag->matrix.rank == frag->matrix.unknowns);
    frag->inbox_full = false;
    frag->block_over = true;
    work->pivot = frag->matrix.unknowns;
    work->stage = FRAG_WORK_IDLE;
    frag->phase = FRAG_PHASE_SOLVE;
}

static void store_row(struct fragmentation *frag, const struct services_env *env)
{
    struct frag_work *work = &frag->work;
    DEVICE_ASSERT(env->hal, frag->slot_next < FRAG_SLOTS_MAX && work->pivot < FEC_UNKNOWNS_MAX);
    if (!frag_session_wait(frag, frag_store_slot_write(&frag->store, env->hal, frag->slot_next,
                                         work->n, work->data))) {
        return;
    }
    fec_matrix_add(&frag->matrix, work->vector, work->pivot, frag->slot_next);
    frag->slot_next++;
    frag->missing = (uint16_t)(frag->matrix.unknowns - frag->matrix.rank);
    work->stage = FRAG_WORK_IDLE;
    bool coded = work->n > frag->session.fragments;
    hal_trace(env->hal, coded ? FW_TRACE_FRAGMENT_CODED : FW_TRACE_FRAGMENT_STORED, work->n,
            frag->missing);
    if (frag->missing == 0) {
        begin_solving(frag, env);
    }
}

void frag_decode_step(struct fragmentation *frag, const struct services_env *env)
{
    DEVICE_ASSERT(env->hal, frag->phase == FRAG_PHASE_DECODE);
    switch ((enum frag_work_stage)frag->work.stage) {
    case FRAG_WORK_IDLE:
        if (frag->inbox_full) {
            start_row(frag, env);
        }
        break;
    case FRAG_WORK_XOR:
        add_some_rows(frag, env);
        break;
    case FRAG_WORK_STORE:
        store_row(frag, env);
        break;
    }
}

/* --- after a reset -------------------------------------------------------------------------- */

/* One slot a call. The data of a slot is already reduced; the bits are reduced again, by the same
 * rows in the same order, so they come out the same. */
void frag_rebuild_step(struct fragmentation *frag, const struct services_env *env)
{
    struct frag_work *work = &frag->work;
    uint32_t n = 0;
    enum frag_slot_state state = FRAG_SLOT_ERASED;
    DEVICE_ASSERT(env->hal, frag->phase == FRAG_PHASE_REBUILD);
    DEVICE_ASSERT(env->hal, frag->slot_next <= FRAG_SLOTS_MAX && !frag->block_over);
    if (frag->slot_next < FRAG_SLOTS_MAX
            && !frag_session_wait(
                    frag, frag_store_slot_check(env->hal, frag->slot_next, &state, &n))) {
        return;
    }
    if (state == FRAG_SLOT_VALID && n > 0) {
        int pivot = make_row(frag, env, n);
        DEVICE_ASSERT(env->hal, pivot >= 0);
        fec_matrix_add(&frag->matrix, work->vector, (uint32_t)pivot, frag->slot_next);
        frag->missing = (uint16_t)(frag->matrix.unknowns - frag->matrix.rank);
        frag->received_count++;
        if (n <= frag->session.fragments) {
            note_late(frag, n);
        }
    }
    if (state == FRAG_SLOT_ERASED) {
        frag->phase = FRAG_PHASE_DECODE;
        if (frag->missing == 0) {
            begin_solving(frag, env);
        }
        return;
    }
    frag->slot_next++; /* a torn slot is passed over for good */
}

/* --- back substitution ---------------------------------------------------------------------- */

/* Loads the combination of the next row to solve. */
static void solve_start(struct fragmentation *frag, const struct services_env *env)
{
    struct frag_work *work = &frag->work;
    if (work->pivot == 0) {
        frag->phase = FRAG_PHASE_COMMIT;
        return;
    }
    uint32_t row = work->pivot - 1u;
    DEVICE_ASSERT(env->hal, row < frag->matrix.unknowns);
    work->data[data_words(frag) - 1u] = 0;
    if (!frag_session_wait(frag,
                frag_store_slot_read(&frag->store, env->hal, frag->matrix.slot[row], work->data))) {
        return;
    }
    fec_matrix_row(&frag->matrix, row, work->vector);
    bits_clear(work->vector, row);
    work->pivot = (uint16_t)row;
    work->fresh = true;
    work->stage = FRAG_WORK_XOR;
}

/* Adds unknowns that are solved and in place already. */
static void solve_add(struct fragmentation *frag, const struct services_env *env)
{
    struct frag_work *work = &frag->work;
    uint32_t left = ROWS_PER_STEP;
    DEVICE_ASSERT(env->hal, work->pivot < frag->matrix.unknowns);
    for (uint32_t w = work->pivot / 32u; w < frag->matrix.words; w++) {
        while (work->vector[w] != 0) {
            if (left == 0) {
                return;
            }
            uint32_t unknown = 32u * w + bits_first(work->vector[w]);
            if (!add_block_rows(frag, env, work->map.unknown[unknown], 1)) {
                return;
            }
            work->vector[w] &= work->vector[w] - 1u;
            left--;
        }
    }
    work->stage = FRAG_WORK_STORE;
}

/* Each hole of the block is written once. One that a reset left other data in cannot be: that data
 * or the coded fragments are not this block's, and no more fragments will tell which. */
static void solve_store(struct fragmentation *frag, const struct services_env *env)
{
    struct frag_work *work = &frag->work;
    DEVICE_ASSERT(env->hal, work->pivot < frag->matrix.unknowns);
    if (work->fresh) {
        enum frag_store_status status = frag_store_put(&frag->store, env->hal,
                work->map.unknown[work->pivot], (const uint8_t *)work->data, NULL);
        if (status == FRAG_STORE_OCCUPIED) {
            frag_session_fail(frag, env);
            return;
        }
        if (!frag_session_wait(frag, status)) {
            return;
        }
        work->fresh = false;
    }
    if (frag_session_wait(frag, frag_store_flush(&frag->store, env->hal, NULL))) {
        work->stage = FRAG_WORK_IDLE;
    }
}

void frag_solve_step(struct fragmentation *frag, const struct services_env *env)
{
    DEVICE_ASSERT(env->hal, frag->phase == FRAG_PHASE_SOLVE && frag->block_over);
    DEVICE_ASSERT(env->hal, frag->missing == 0 && !frag->inbox_full);
    switch ((enum frag_work_stage)frag->work.stage) {
    case FRAG_WORK_IDLE:
        solve_start(frag, env);
        break;
    case FRAG_WORK_XOR:
        solve_add(frag, env);
        break;
    case FRAG_WORK_STORE:
        solve_store(frag, env);
        break;
    }
}
