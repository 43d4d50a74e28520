/* Elimination over GF(2), one word-aligned triangular matrix.
 * SPDX-License-Identifier: MIT
 */
#include "services/fec_matrix.h"

#include <string.h>

#include "services/bits.h"

_Static_assert(FEC_VECTOR_WORDS * 32u == FEC_UNKNOWNS_MAX, "vectors are whole words");
_Static_assert(FEC_UNKNOWNS_MAX <= UINT16_MAX, "unknowns and rank are counted in 16 bits");

void fec_matrix_init(struct fec_matrix *matrix, uint32_t unknowns)
{
    matrix->unknowns = (uint16_t)unknowns;
    matrix->rank = 0;
    matrix->words = (uint8_t)((unknowns + 31u) / 32u);
    memset(matrix->present, 0, sizeof(matrix->present));
}

/* Index of the first word kept of row `pivot`, which is word pivot / 32 of the vector. */
static inline uint32_t row_start(const struct fec_matrix *matrix, uint32_t pivot)
{
    uint32_t words = matrix->words;
    uint32_t block = pivot / 32u;
    return 32u * (words * block - block * (block - 1u) / 2u) + pivot % 32u * (words - block);
}

int fec_matrix_reduce(const struct fec_matrix *matrix, uint32_t vector[FEC_VECTOR_WORDS],
        uint32_t used[FEC_VECTOR_WORDS])
{
    memset(used, 0, FEC_VECTOR_WORDS * sizeof(used[0]));
    for (uint32_t w = 0; w < matrix->words; w++) {
        while (vector[w] != 0) {
            uint32_t bit = bits_first(vector[w]);
            if ((matrix->present[w] >> bit & 1u) == 0) {
                return (int)(32u * w + bit);
            }
            const uint32_t *row = &matrix->rows[row_start(matrix, 32u * w + bit)];
            for (uint32_t i = w; i < matrix->words; i++) {
                vector[i] ^= row[i - w];
            }
            used[w] |= 1u << bit;
        }
    }
    return -1;
}

void fec_matrix_add(struct fec_matrix *matrix, const uint32_t vector[FEC_VECTOR_WORDS],
        uint32_t pivot, uint32_t slot)
{
    uint32_t first = pivot / 32u;
    memcpy(&matrix->rows[row_start(matrix, pivot)], &vector[first],
            (matrix->words - first) * sizeof(vector[0]));
    matrix->slot[pivot] = (uint16_t)slot;
    bits_set(matrix->present, pivot);
    matrix->rank++;
}

void fec_matrix_row(
        const struct fec_matrix *matrix, uint32_t pivot, uint32_t vector[FEC_VECTOR_WORDS])
{
    uint32_t first = pivot / 32u;
    memset(vector, 0, FEC_VECTOR_WORDS * sizeof(vector[0]));
    memcpy(&vector[first], &matrix->rows[row_start(matrix, pivot)],
            (matrix->words - first) * sizeof(vector[0]));
}
