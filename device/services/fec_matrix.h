/* The triangular bit matrix over the fragments that are missing when decoding starts.
 * SPDX-License-Identifier: MIT
 */
#ifndef DEVICE_SERVICES_FEC_MATRIX_H
#define DEVICE_SERVICES_FEC_MATRIX_H

#include <stdbool.h>
#include <stdint.h>

#define FEC_UNKNOWNS_MAX 256u
#define FEC_VECTOR_WORDS (FEC_UNKNOWNS_MAX / 32u)
/* Row p keeps the words from p / 32 on: 32 rows of 8 words, 32 of 7, ... */
#define FEC_MATRIX_WORDS (32u * FEC_VECTOR_WORDS * (FEC_VECTOR_WORDS + 1u) / 2u)

struct fec_matrix {
    uint16_t unknowns; /* L */
    uint16_t rank;     /* rows present */
    uint8_t words;     /* of a vector of L bits */
    uint32_t present[FEC_VECTOR_WORDS];
    uint16_t slot[FEC_UNKNOWNS_MAX]; /* where the data of the row with this pivot lies */
    uint32_t rows[FEC_MATRIX_WORDS];
};

void fec_matrix_init(struct fec_matrix *matrix, uint32_t unknowns);

/* Adds rows to `vector` until its first bit belongs to no row; sets in `used` the pivots of the
 * rows that it took. Returns that first bit, or -1: nothing is left, the vector was dependent. */
int fec_matrix_reduce(const struct fec_matrix *matrix, uint32_t vector[FEC_VECTOR_WORDS],
        uint32_t used[FEC_VECTOR_WORDS]);

/* Adds a reduced vector whose first bit is `pivot`. */
void fec_matrix_add(struct fec_matrix *matrix, const uint32_t vector[FEC_VECTOR_WORDS],
        uint32_t pivot, uint32_t slot);

/* Copies row `pivot` out as a whole vector. */
void fec_matrix_row(
        const struct fec_matrix *matrix, uint32_t pivot, uint32_t vector[FEC_VECTOR_WORDS]);

#endif
