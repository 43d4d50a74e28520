/* Pseudo-random rows of the TS004 parity matrix.
 * SPDX-License-Identifier: MIT
 */
#include "services/fec_row.h"

#include <stdbool.h>
#include <string.h>

/* States are below 2^23 and moduli below 2^13, so a quotient from 36 fraction bits is exact. */
#define RECIPROCAL_BITS 36u

_Static_assert(FEC_FRAGMENTS_MAX + 1u < 1u << 13, "every modulus is below 2^13");
_Static_assert(FEC_ROW_WORDS * 32u == FEC_FRAGMENTS_MAX, "rows are whole words");

void fec_rows_init(struct fec_rows *rows, uint32_t fragments, uint8_t version)
{
    /* A power of two as modulus would expose the shift register's bits as a pattern. */
    bool power_of_two = (fragments & (fragments - 1u)) == 0;
    uint32_t modulus = fragments + (power_of_two ? 1u : 0u);
    rows->fragments = (uint16_t)fragments;
    rows->modulus = (uint16_t)modulus;
    rows->reciprocal = (((uint64_t)1 << RECIPROCAL_BITS) + modulus - 1u) / modulus;
    rows->version = version;
}

static inline uint32_t prbs23(uint32_t x)
{
    return x >> 1 | ((x ^ x >> 5) & 1u) << 22;
}

uint32_t fec_row_make(const struct fec_rows *rows, uint32_t n, uint32_t row[FEC_ROW_WORDS])
{
    const uint64_t reciprocal = rows->reciprocal;
    const uint32_t fragments = rows->fragments;
    const uint32_t modulus = rows->modulus;
    const uint32_t count_repeats = rows->version == 1 ? 1u : 0u;
    memset(row, 0, (fragments + 31u) / 32u * sizeof(row[0]));

    uint32_t x = 1u + 1001u * n;
    uint32_t needed = fragments / 2u;
    uint32_t draws = 0;
    while (needed > 0) {
        x = prbs23(x);
        uint32_t column = x - (uint32_t)(x * reciprocal >> RECIPROCAL_BITS) * modulus;
        draws++;
        if (column >= fragments) {
            continue; /* the extra column of a power of two: drawn again */
        }
        /* TS004-1.0.0 counts every draw, 2.0.0 only those that add a column. */
        uint32_t word = row[column / 32u];
        uint32_t is_new = (word >> (column % 32u) & 1u) ^ 1u;
        row[column / 32u] = word | 1u << (column % 32u);
        needed -= is_new | count_repeats;
    }
    return draws;
}
