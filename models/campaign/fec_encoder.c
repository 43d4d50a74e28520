/* The forward error correction of TS004, as the sender computes it.
 * SPDX-License-Identifier: MIT
 */
#include "campaign/fec_encoder.h"

#include <assert.h>
#include <string.h>

/* One step of the 23-bit shift register: taps 0 and 5, feedback into bit 22. */
static uint32_t prbs23(uint32_t x)
{
    uint32_t feedback = (x ^ x >> 5) & 1u;
    return x >> 1 | feedback << 22;
}

void fec_encoder_row(unsigned version, uint32_t m, uint32_t n, uint8_t row[FEC_ROW_BYTES_MAX])
{
    assert(m > 0 && m <= 8u * FEC_ROW_BYTES_MAX && n > 0);
    memset(row, 0, (m + 7u) / 8u);
    /* A power of two would show the raw bits of the register as a pattern. */
    uint32_t modulus = m + ((m & (m - 1u)) == 0 ? 1u : 0u);
    uint32_t x = 1u + 1001u * n;
    uint32_t left = m / 2u;
    while (left > 0) {
        uint32_t column;
        do {
            x = prbs23(x);
            column = x % modulus;
        } while (column >= m);
        uint8_t bit = (uint8_t)(1u << (column & 7u));
        bool fresh = (row[column >> 3] & bit) == 0;
        row[column >> 3] |= bit;
        /* 1.0.0 counts every draw, 2.0.0 only those that set a new column. */
        left -= version < 2 || fresh ? 1u : 0u;
    }
}

bool fec_encoder_rows_are_even(unsigned version, uint32_t m)
{
    assert(m > 0);
    return m < 2 || (version >= 2 && m / 2u % 2u == 0);
}

static void xor_into(uint8_t *restrict out, const uint8_t *restrict in, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++) {
        out[i] ^= in[i];
    }
}

void fec_encoder_fragment(unsigned version, const uint8_t *block, uint32_t m,
        uint32_t fragment_size, uint32_t number, uint8_t *out)
{
    assert(number >= 1 && m > 0 && fragment_size > 0);
    if (number <= m) {
        memcpy(out, block + (size_t)(number - 1u) * fragment_size, fragment_size);
        return;
    }
    uint8_t row[FEC_ROW_BYTES_MAX];
    fec_encoder_row(version, m, number - m, row);
    memset(out, 0, fragment_size);
    for (uint32_t column = 0; column < m; column++) {
        if ((row[column >> 3] >> (column & 7u) & 1u) != 0) {
            xor_into(out, block + (size_t)column * fragment_size, fragment_size);
        }
    }
}
