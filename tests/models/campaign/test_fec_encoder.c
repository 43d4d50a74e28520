/* The FEC encoder of TS004: parity rows and encoded fragments.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: rows and fragments of the protocol reference section 5.4 (checked there against
 * published encoders of both versions), and Gaussian elimination over what the encoder puts out.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "campaign/fec_encoder.h"
#include "models/network/hex.h"
#include "services/fec_matrix.h"
#include "support/ts004_rows.h"

static void expect_row(unsigned version, uint32_t m, uint32_t n, const char *expected)
{
    uint8_t row[FEC_ROW_BYTES_MAX];
    char text[1024] = "";
    size_t at = 0;
    fec_encoder_row(version, m, n, row);
    for (uint32_t column = 0; column < m; column++) {
        if (row[column / 8] >> (column % 8) & 1) {
            at += (size_t)snprintf(
                    text + at, sizeof text - at, at == 0 ? "%u" : " %u", (unsigned)column);
        }
    }
    cr_assert_str_eq(text, expected, "version %u, M %u, n %u", version, m, n);
}

Test(fec_encoder, generates_the_published_rows)
{
    for (size_t i = 0; i < sizeof ts004_rows / sizeof ts004_rows[0]; i++) {
        expect_row(1, ts004_rows[i].fragments, ts004_rows[i].n, ts004_rows[i].v1);
        expect_row(2, ts004_rows[i].fragments, ts004_rows[i].n, ts004_rows[i].v2);
    }
}

static void expect_fragment(unsigned version, uint32_t number, const char *text)
{
    uint8_t block[100], out[10], expected[10];
    for (uint8_t i = 0; i < sizeof block; i++) {
        block[i] = i;
    }
    hex_read(text, expected);
    fec_encoder_fragment(version, block, 10, 10, number, out);
    cr_assert_arr_eq(out, expected, 10, "version %u, N %u", version, number);
}

Test(fec_encoder, encodes_the_published_fragments)
{
    for (uint32_t i = 0; i < 6; i++) {
        expect_fragment(1, 11 + i, ts004_coded_v1[i]);
    }
    for (uint32_t i = 0; i < 10; i++) {
        expect_fragment(2, 11 + i, ts004_coded_v2[i]);
    }
    expect_fragment(1, 1, "00010203040506070809");
    expect_fragment(2, 10, "5a5b5c5d5e5f60616263");
}

Test(fec_encoder, gives_every_row_of_version_2_half_the_columns)
{
    uint8_t row[FEC_ROW_BYTES_MAX];
    const uint32_t sizes[] = { 1, 2, 3, 64, 257, 1000, 16383 };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        fec_encoder_row(2, sizes[i], 9000, row);
        uint32_t weight = 0;
        for (uint32_t column = 0; column < sizes[i]; column++) {
            weight += row[column / 8] >> (column % 8) & 1;
        }
        cr_assert_eq(weight, sizes[i] / 2, "M %u", sizes[i]);
    }
}

/* Naive decoder: full Gaussian elimination over rows of M bits. */
static bool decode(unsigned version, uint32_t m, uint32_t size, const uint32_t *numbers,
        uint32_t count, const uint8_t *block)
{
    static uint8_t matrix[128][64], data[128][16];
    for (uint32_t i = 0; i < count; i++) {
        uint8_t row[FEC_ROW_BYTES_MAX] = { 0 };
        if (numbers[i] <= m) {
            row[(numbers[i] - 1) / 8] |= (uint8_t)(1u << ((numbers[i] - 1) % 8));
        } else {
            fec_encoder_row(version, m, numbers[i] - m, row);
        }
        for (uint32_t c = 0; c < m; c++) {
            matrix[i][c] = row[c / 8] >> (c % 8) & 1;
        }
        fec_encoder_fragment(version, block, m, size, numbers[i], data[i]);
    }
    for (uint32_t c = 0; c < m; c++) {
        uint32_t pivot = c;
        while (pivot < count && matrix[pivot][c] == 0) {
            pivot++;
        }
        if (pivot == count) {
            return false;
        }
        for (uint32_t k = 0; k < 64; k++) {
            uint8_t swap = matrix[c][k];
            matrix[c][k] = matrix[pivot][k];
            matrix[pivot][k] = swap;
        }
        for (uint32_t k = 0; k < 16; k++) {
            uint8_t swap = data[c][k];
            data[c][k] = data[pivot][k];
            data[pivot][k] = swap;
        }
        for (uint32_t i = 0; i < count; i++) {
            for (uint32_t k = 0; i != c && matrix[i][c] == 1 && k < 64; k++) {
                matrix[i][k] ^= k > c ? matrix[c][k] : 0;
            }
            for (uint32_t k = 0; i != c && matrix[i][c] == 1 && k < size; k++) {
                data[i][k] ^= data[c][k];
            }
            matrix[i][c] = i == c ? 1 : 0;
        }
    }
    for (uint32_t c = 0; c < m; c++) {
        if (memcmp(data[c], block + c * size, size) != 0) {
            return false;
        }
    }
    return true;
}

Test(fec_encoder, lets_a_naive_decoder_recover_lost_fragments)
{
    uint8_t block[60 * 8];
    uint32_t numbers[128];
    for (uint32_t i = 0; i < sizeof block; i++) {
        block[i] = (uint8_t)(i * i + 3 * i);
    }
    for (unsigned version = 1; version <= 2; version++) {
        uint32_t count = 0;
        for (uint32_t n = 1; n <= 60; n++) {
            if (n % 6 != 0) { /* every sixth is lost */
                numbers[count++] = n;
            }
        }
        for (uint32_t n = 61; n <= 61 + 25; n++) {
            numbers[count++] = n;
        }
        cr_assert(decode(version, 60, 8, numbers, count, block), "version %u", version);
        cr_assert_not(decode(version, 60, 8, numbers, 59, block), "fewer than M never suffice");
    }
}

/* --- coded fragments alone ------------------------------------------------------------------- */

/* Rank that the device's decoder reaches with so many coded fragments, and uncoded fragment 1. */
static uint32_t device_rank(unsigned version, uint32_t m, uint32_t coded, bool uncoded)
{
    static struct fec_matrix matrix;
    fec_matrix_init(&matrix, m);
    for (uint32_t n = 0; n < coded + (uncoded ? 1u : 0u) && matrix.rank < m; n++) {
        uint8_t row[FEC_ROW_BYTES_MAX] = { 1 }; /* of uncoded fragment 1 */
        uint32_t vector[FEC_VECTOR_WORDS] = { 0 };
        uint32_t used[FEC_VECTOR_WORDS] = { 0 };
        if (n < coded) {
            fec_encoder_row(version, m, n + 1u, row);
        }
        for (uint32_t c = 0; c < m; c++) {
            vector[c / 32u] |= (uint32_t)(row[c / 8u] >> (c % 8u) & 1u) << (c % 32u);
        }
        int pivot = fec_matrix_reduce(&matrix, vector, used);
        if (pivot >= 0) {
            fec_matrix_add(&matrix, vector, (uint32_t)pivot, 0);
        }
    }
    return matrix.rank;
}

/* Linear algebra: vectors of even weight span a space of M - 1 dimensions at most. */
Test(fec_encoder, serves_devices_that_lost_all_uncoded_fragments)
{
    for (uint32_t m = 2; m <= 64; m++) {
        bool even = fec_encoder_rows_are_even(2, m);
        cr_assert_eq(even, m / 2 % 2 == 0, "M %u", m);
        cr_assert_eq(device_rank(2, m, 4 * m + 100, false), even ? m - 1 : m, "M %u", m);
        cr_assert_eq(device_rank(2, m, 4 * m + 100, true), m, "M %u", m);
        cr_assert_eq(device_rank(1, m, 4 * m + 100, true), m, "M %u", m);
    }
}
