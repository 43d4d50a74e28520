/* Gathers rows of flash that lie together and has them added in one call.
 * SPDX-License-Identifier: MIT
 */
#include "services/frag_add.h"

#include "hal.h"
#include "services/bits.h"

#define RUNS_PER_READ 32u

/* What a Cortex-M0+ takes, counted on its instruction timings; reads are charged by the board. */
#define CYCLES_PER_WORD_XOR 7u
#define CYCLES_PER_ROW      40u

/* Adds the rows of `runs` to the data in the works. */
static bool add_runs(struct frag_decoder *decoder, const struct hal *hal,
        const struct hal_flash_rows *runs, uint32_t run_count)
{
    DEVICE_ASSERT(hal, run_count <= RUNS_PER_READ);
    uint32_t cycles = CYCLES_PER_ROW + frag_data_words(decoder) * CYCLES_PER_WORD_XOR;
    if (frag_store_add(&decoder->store, hal, runs, run_count, decoder->work.data)
            != FRAG_STORE_OK) {
        return false;
    }
    uint32_t rows = 0;
    for (uint32_t i = 0; i < run_count; i++) {
        rows += runs[i].count;
    }
    hal_charge(hal, rows * cycles);
    return true;
}

/* Lists the first bits that are set, `max` at most; returns how many. */
static uint32_t list_bits(const uint32_t *bits, uint32_t words, uint16_t *list, uint32_t max)
{
    uint32_t count = 0;
    for (uint32_t w = 0; w < words; w++) {
        for (uint32_t left = bits[w]; left != 0; left &= left - 1u) {
            if (count == max) {
                return count;
            }
            list[count++] = (uint16_t)(32u * w + bits_first(left));
        }
    }
    return count;
}

/* Length of the run of set bits at the low end. */
static uint32_t ones_at_end(uint32_t word)
{
    return word == UINT32_MAX ? 32u : bits_first(~word);
}

static uint32_t ones(uint32_t count)
{
    return count == 32u ? UINT32_MAX : (1u << count) - 1u;
}

bool frag_add_columns(struct frag_decoder *decoder, const struct hal *hal, uint32_t *left)
{
    struct frag_work *work = &decoder->work;
    struct hal_flash_rows runs[RUNS_PER_READ];
    uint32_t words = (decoder->rows.fragments + 31u) / 32u;
    uint32_t run_count = 0, rows = *left, w = work->next_word;
    DEVICE_ASSERT(hal, w < words);
    uint32_t columns = work->map.columns[w];
    while (rows > 0 && run_count < RUNS_PER_READ) {
        if (columns == 0) {
            if (++w == words) {
                break;
            }
            columns = work->map.columns[w];
            continue;
        }
        uint32_t first = bits_first(columns);
        uint32_t count = ones_at_end(columns >> first);
        count = count < rows ? count : rows;
        runs[run_count].address = frag_store_address(&decoder->store, 32u * w + first);
        runs[run_count++].count = count;
        columns &= ~(ones(count) << first);
        rows -= count;
    }
    if (run_count > 0 && !add_runs(decoder, hal, runs, run_count)) {
        return false;
    }
    if (w < words) {
        work->map.columns[w] = columns;
    }
    work->next_word = (uint16_t)w;
    *left = rows;
    return true;
}

/* What a set of bits stands for: where the row of one of them lies. */
typedef uint32_t row_address_fn(const struct frag_decoder *decoder, uint32_t bit);

/* Adds the rows of the first bits that are set, and clears these. */
static bool add_bits(struct frag_decoder *decoder, const struct hal *hal, uint32_t *bits,
        row_address_fn *row_address, uint32_t *left)
{
    struct hal_flash_rows runs[RUNS_PER_READ];
    uint16_t list[RUNS_PER_READ];
    uint32_t max = *left < RUNS_PER_READ ? *left : RUNS_PER_READ;
    uint32_t count = list_bits(bits, decoder->matrix.words, list, max);
    DEVICE_ASSERT(hal, count <= *left);
    for (uint32_t i = 0; i < count; i++) {
        runs[i] = (struct hal_flash_rows){ row_address(decoder, list[i]), 1 };
    }
    if (count > 0 && !add_runs(decoder, hal, runs, count)) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        bits_clear(bits, list[i]);
    }
    *left -= count;
    return true;
}

static uint32_t slot_address(const struct frag_decoder *decoder, uint32_t pivot)
{
    return frag_store_slot_address(decoder->matrix.slot[pivot]);
}

static uint32_t unknown_address(const struct frag_decoder *decoder, uint32_t unknown)
{
    return frag_store_address(&decoder->store, decoder->work.map.unknown[unknown]);
}

bool frag_add_slots(struct frag_decoder *decoder, const struct hal *hal, uint32_t *left)
{
    DEVICE_ASSERT(hal, decoder->matrix.rank <= decoder->slot_next);
    return add_bits(decoder, hal, decoder->work.used, slot_address, left);
}

bool frag_add_solved(struct frag_decoder *decoder, const struct hal *hal, uint32_t *left)
{
    DEVICE_ASSERT(hal, decoder->work.pivot < decoder->matrix.unknowns);
    return add_bits(decoder, hal, decoder->work.vector, unknown_address, left);
}
