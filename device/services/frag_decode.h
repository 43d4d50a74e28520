/* From coded fragments to the block: the rows, the store that holds their data, and the matrix.
 * SPDX-License-Identifier: MIT
 *
 * The decoder knows nothing of messages and sessions: fragments come in by number and data, and
 * each step says how it ended.
 */
#ifndef DEVICE_SERVICES_FRAG_DECODE_H
#define DEVICE_SERVICES_FRAG_DECODE_H

#include <stdbool.h>
#include <stdint.h>

#include "services/fec_matrix.h"
#include "services/fec_row.h"
#include "services/frag_store.h"
#include "update/slot_fill.h"

enum frag_work_stage {
    FRAG_WORK_IDLE,
    FRAG_WORK_XOR,
    FRAG_WORK_STORE
};

/* The one row in the works, coded or late uncoded; and in back substitution the row that is
 * being solved. */
struct frag_work {
    uint8_t stage; /* enum frag_work_stage */
    bool fresh;    /* solving: the data of the row is not in its place yet */
    uint16_t n;
    uint16_t pivot;
    uint16_t next_word;              /* of `columns`: earlier ones are done */
    uint32_t used[FEC_VECTOR_WORDS]; /* rows of the matrix still to be added to the data */
    uint32_t vector[FEC_VECTOR_WORDS];
    uint32_t data[FRAG_DATA_WORDS];
    union {
        uint32_t columns[FEC_ROW_WORDS];    /* uncoded fragments still to be added */
        uint16_t unknown[FEC_UNKNOWNS_MAX]; /* solving: index of each missing fragment */
    } map;
};

/* In order of heat: every fragment goes through the store. */
struct frag_decoder {
    struct frag_store store;
    uint16_t slot_next; /* of the store: the first that holds no row */
    bool proves;        /* what is decoded has to match the table of hashes (fragment_table.h) */
    uint32_t received[FEC_ROW_WORDS]; /* uncoded fragments in place; final once decoding began */
    uint32_t late[FEC_VECTOR_WORDS];  /* uncoded fragments that came after that */
    struct fec_rows rows;
    struct frag_work work;
    union {
        struct fec_matrix matrix;
        struct slot_fill fill; /* once the block is whole */
    };
};

/* How a step ended. */
enum frag_decode_status {
    FRAG_DECODE_MORE,   /* there is more to do, or (while idle) another fragment to be taken */
    FRAG_DECODE_BUSY,   /* nothing changed; the flash runs, a done interrupt will come */
    FRAG_DECODE_DONE,   /* this part of the work is finished */
    FRAG_DECODE_FORGED, /* solving: the row at hand is not this block's */
    FRAG_DECODE_FAILED  /* a hole of the block holds data of something else */
};

/* A block of `fragments` fragments of `fragment_size` bytes, coded by version 1 or 2 of TS004;
 * nothing is received yet. */
void frag_decode_init(
        struct frag_decoder *decoder, uint32_t fragments, uint32_t fragment_size, uint8_t version);

/* The fragments that `received` leaves open, FEC_UNKNOWNS_MAX at most, become the unknowns. */
void frag_decode_begin(struct frag_decoder *decoder);

/* Unknowns that no row resolves yet. */
static inline uint32_t frag_decode_missing(const struct frag_decoder *decoder)
{
    return (uint32_t)decoder->matrix.unknowns - decoder->matrix.rank;
}

/* Of the data of one row. */
static inline uint32_t frag_data_words(const struct frag_decoder *decoder)
{
    return (decoder->store.fragment_size + 3u) / 4u;
}

static inline bool frag_decode_idle(const struct frag_decoder *decoder)
{
    return decoder->work.stage == FRAG_WORK_IDLE;
}

/* Takes fragment `n` (1-based, uncoded or coded) with its data; only while idle. */
void frag_decode_take(
        struct frag_decoder *decoder, const struct hal *hal, uint32_t n, const uint8_t *data);

/* Each does one bounded piece, and adds `rows_max` rows of flash at most. DONE: the rank is full.
 */
enum frag_decode_status frag_decode_step(
        struct frag_decoder *decoder, const struct hal *hal, uint32_t rows_max);

/* After a reset and frag_decode_begin(): takes up the rows that the store holds. DONE: all are. */
enum frag_decode_status frag_decode_rebuild_step(
        struct frag_decoder *decoder, const struct hal *hal);

/* With the rank full: puts the unknowns into their places. DONE: the block is whole. */
void frag_decode_solve_begin(struct frag_decoder *decoder, const struct hal *hal);
enum frag_decode_status frag_decode_solve_step(
        struct frag_decoder *decoder, const struct hal *hal, uint32_t rows_max);

/* After FORGED: what was solved before is received for good. Returns how much that is. */
uint32_t frag_decode_keep_solved(struct frag_decoder *decoder, const struct hal *hal);

#endif
