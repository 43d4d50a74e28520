/* Parity rows against the published vectors and a plain second generator.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "fake_board.h"
#include "services/fec_row.h"
#include "support/ts004_rows.h"

/* `expected` lists the columns in words. */
static void check_vector(unsigned fragments, unsigned n, uint8_t version, const char *expected)
{
    struct fec_rows rows;
    uint32_t row[FEC_ROW_WORDS];
    fec_rows_init(&rows, fragments, version);
    fec_row_make(&rows, n, row);
    for (unsigned c = 0; c < fragments; c++) {
        char *end;
        bool listed = *expected != '\0' && strtoul(expected, &end, 10) == c;
        expected = listed ? end : expected;
        cr_expect_eq(row[c / 32] >> c % 32 & 1, listed, "M %u n %u v%u column %u", fragments, n,
                version, c);
    }
    cr_expect_str_empty(expected);
}

Test(fec_row, equals_the_published_rows_of_both_versions)
{
    for (size_t i = 0; i < sizeof(ts004_rows) / sizeof(ts004_rows[0]); i++) {
        check_vector(ts004_rows[i].fragments, ts004_rows[i].n, 1, ts004_rows[i].v1);
        check_vector(ts004_rows[i].fragments, ts004_rows[i].n, 2, ts004_rows[i].v2);
    }
}

Test(fec_row, equals_a_plain_generator_for_many_sizes_and_rows)
{
    static const unsigned sizes[] = { 1, 2, 3, 4, 5, 7, 8, 9, 16, 31, 32, 33, 63, 64, 65, 100, 255,
        256, 257, 400, 1000, 1023, 1024, 2048, 4095, 4096 };
    static uint8_t expected[FEC_FRAGMENTS_MAX];
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        unsigned m = sizes[i];
        unsigned seeds[] = { 1, 2, 3, 77, 500, 8380, 8381, 12000, 16383 - m };
        for (size_t k = 0; k < 2 * sizeof(seeds) / sizeof(seeds[0]); k++) {
            uint8_t version = (uint8_t)(k % 2 + 1);
            struct fec_rows rows;
            uint32_t row[FEC_ROW_WORDS];
            fec_rows_init(&rows, m, version);
            fec_row_make(&rows, seeds[k / 2], row);
            naive_row(seeds[k / 2], m, version, expected);
            for (unsigned c = 0; c < m; c++) {
                cr_assert_eq(row[c / 32] >> c % 32 & 1, expected[c], "M %u n %u v%u column %u", m,
                        seeds[k / 2], version, c);
            }
        }
    }
}

Test(fec_row, weighs_half_the_columns_in_version_2)
{
    for (unsigned m = 1; m < 300; m++) {
        struct fec_rows rows;
        uint32_t row[FEC_ROW_WORDS];
        fec_rows_init(&rows, m, 2);
        fec_row_make(&rows, 9, row);
        unsigned weight = 0;
        for (unsigned c = 0; c < m; c++) {
            weight += row[c / 32] >> c % 32 & 1;
        }
        cr_assert_eq(weight, m / 2);
    }
}

Test(fec_row, takes_exact_remainders_without_a_division)
{
    /* Quotients change at multiples of the modulus: both sides of each, for every modulus. */
    for (unsigned m = 2; m <= FEC_FRAGMENTS_MAX; m++) {
        struct fec_rows rows;
        fec_rows_init(&rows, m, 2);
        uint32_t q = rows.modulus;
        for (uint32_t x = q; x < 1u << 23; x += q) {
            cr_assert_eq(x * rows.reciprocal >> 36, x / q);
            cr_assert_eq((x - 1) * rows.reciprocal >> 36, x / q - 1);
        }
    }
}

Test(fec_row, leaves_words_beyond_the_fragments_alone)
{
    struct fec_rows rows;
    uint32_t row[FEC_ROW_WORDS];
    memset(row, 0x5A, sizeof(row));
    fec_rows_init(&rows, 33, 2);
    fec_row_make(&rows, 1, row);
    cr_assert_eq(row[1] >> 1, 0);
    cr_assert_eq(row[2], 0x5A5A5A5A);
}

Test(fec_row, makes_the_published_coded_fragments)
{
    uint8_t block[100];
    for (unsigned i = 0; i < 100; i++) {
        block[i] = (uint8_t)i;
    }
    for (unsigned k = 0; k < 16; k++) {
        const char *expected = k < 6 ? ts004_coded_v1[k] : ts004_coded_v2[k - 6];
        uint8_t version = k < 6 ? 1 : 2;
        unsigned n = k < 6 ? k + 1 : k - 5;
        uint8_t bytes[10];
        uint8_t sum[10] = { 0 };
        struct fec_rows rows;
        uint32_t row[FEC_ROW_WORDS];
        hex_parse(expected, bytes, sizeof(bytes));
        fec_rows_init(&rows, 10, version);
        fec_row_make(&rows, n, row);
        for (unsigned i = 0; i < 100; i++) {
            sum[i % 10] ^= row[0] >> i / 10 & 1 ? block[i] : 0;
        }
        cr_expect_arr_eq(sum, bytes, 10, "v%u N %u", version, 10 + n);
    }
}
