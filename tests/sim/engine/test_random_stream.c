/* The random streams are Philox4x32-10, uniform, and independent of each other.
 * SPDX-License-Identifier: MIT
 *
 * Known answers: Random123 distribution, tests/kat_vectors, lines "philox4x32 10".
 */
#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "random_stream.h"

Test(random_stream, gives_the_published_answers)
{
    static const struct {
        uint32_t counter[4], key[2], answer[4];
    } vectors[] = {
        { { 0, 0, 0, 0 }, { 0, 0 }, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
        { { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff }, { 0xffffffff, 0xffffffff },
                { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
        { { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 }, { 0xa4093822, 0x299f31d0 },
                { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
    };
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        uint32_t out[4];
        random_philox(vectors[i].counter, vectors[i].key, out);
        cr_assert_arr_eq(out, vectors[i].answer, sizeof out, "vector %zu", i);
    }
}

/* A stream is the generator over counters (block, index, entity, purpose) under the seed. */
Test(random_stream, draws_its_words_block_by_block)
{
    struct random_stream stream;
    random_stream_init(&stream, UINT64_C(0x0123456789abcdef), 77, RANDOM_TEST, 5);
    uint32_t key[2] = { 0x89abcdef, 0x01234567 };
    for (uint32_t block = 0; block < 3; block++) {
        uint32_t counter[4] = { block, 5, 77, RANDOM_TEST };
        uint32_t expected[4];
        random_philox(counter, key, expected);
        for (size_t i = 0; i < 4; i++) {
            cr_assert_eq(random_stream_u32(&stream), expected[i]);
        }
    }
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* 2^14 keys of 64-bit values: two equal ones by chance have a probability of 7e-12. */
Test(random_stream, shares_no_draw_between_any_two_keys)
{
    static uint64_t draws[8 * 8 * 8 * 16 * 2];
    size_t count = 0;
    for (uint64_t i = 0; i < 8 * 8 * 8 * 16; i++) {
        uint64_t seed = (i & 4) != 0 ? (i & 3) << 32 : i & 3;
        uint32_t entity = (uint32_t)(i >> 3 & 7);
        uint32_t index = (uint32_t)(i >> 6 & 7);
        if ((i & 7) == 4) {
            continue; /* seed 0 again */
        }
        enum random_purpose purpose = (enum random_purpose)(1 + (i >> 9 & 15));
        struct random_stream stream;
        random_stream_init(&stream, seed, entity, purpose, index);
        draws[count++] = random_stream_u64(&stream);
        uint32_t block[4];
        random_block(seed, entity, purpose, index, block);
        draws[count++] = (uint64_t)block[1] << 32 | block[0];
    }
    qsort(draws, count, sizeof draws[0], by_value);
    for (size_t i = 1; i < count; i++) {
        cr_assert_neq(draws[i - 1], draws[i]);
    }
}

Test(random_stream, uses_all_64_bits_of_a_block_index)
{
    uint32_t low[4], high[4], both[4];
    random_block(1, 2, RANDOM_TEST, 1, low);
    random_block(1, 2, RANDOM_TEST, UINT64_C(1) << 32, high);
    random_block(1, 2, RANDOM_TEST, (UINT64_C(1) << 32) + 1, both);
    cr_assert_arr_neq(low, high, sizeof low);
    cr_assert_arr_neq(low, both, sizeof low);
    cr_assert_arr_neq(high, both, sizeof low);
}

Test(random_stream, draws_the_same_again_from_the_same_key)
{
    struct random_stream one, two;
    random_stream_init(&one, 9, 8, RANDOM_FADING, 7);
    random_stream_init(&two, 9, 8, RANDOM_FADING, 7);
    for (size_t i = 0; i < 1000; i++) {
        cr_assert_eq(random_stream_u64(&one), random_stream_u64(&two));
    }
}

/* Pearson's chi-squared over 256 cells; rejected below one in a million. */
Test(random_stream, is_uniform)
{
    enum {
        CELLS = 256,
        DRAWS = 256 * 1000
    };
    static uint32_t counts[2][CELLS];
    struct random_stream stream;
    random_stream_init(&stream, 10, 1, RANDOM_TEST, 0);
    for (size_t i = 0; i < DRAWS; i++) {
        double closed = random_stream_uniform(&stream);
        double open = random_stream_uniform_open(&stream);
        cr_assert(closed >= 0.0 && closed < 1.0 && open > 0.0 && open < 1.0);
        counts[0][(size_t)(closed * CELLS)]++;
        counts[1][(size_t)(open * CELLS)]++;
    }
    for (size_t kind = 0; kind < 2; kind++) {
        double chi_squared = 0.0;
        for (size_t i = 0; i < CELLS; i++) {
            double excess = (double)counts[kind][i] - (double)DRAWS / CELLS;
            chi_squared += excess * excess / ((double)DRAWS / CELLS);
        }
        cr_assert_gt(gsl_cdf_chisq_Q(chi_squared, CELLS - 1), 1e-6);
        cr_assert_gt(gsl_cdf_chisq_P(chi_squared, CELLS - 1), 1e-6);
    }
}

Test(random_stream, makes_doubles_of_53_bits)
{
    struct random_stream words, doubles;
    random_stream_init(&words, 11, 1, RANDOM_TEST, 0);
    doubles = words;
    for (size_t i = 0; i < 1000; i++) {
        uint64_t word = random_stream_u64(&words);
        cr_assert_eq(ldexp(random_stream_uniform(&doubles), 53), (double)(word >> 11));
    }
}

Test(random_stream, fills_bytes_in_the_order_of_its_words)
{
    struct random_stream words, bytes;
    random_stream_init(&words, 12, 1, RANDOM_TEST, 0);
    bytes = words;
    uint8_t data[16];
    memset(data, 0xee, sizeof data);
    random_stream_bytes(&bytes, data, 11);
    for (size_t i = 0; i < 11; i += 4) {
        uint32_t word = random_stream_u32(&words);
        for (size_t j = 0; j < 4 && i + j < 11; j++) {
            cr_assert_eq(data[i + j], (uint8_t)(word >> 8 * j));
        }
    }
    cr_assert_eq(data[11], 0xee);
    cr_assert_eq(random_stream_u32(&bytes), random_stream_u32(&words));
}

Test(random_stream, serves_gsl_distributions_reproducibly)
{
    enum {
        DRAWS = 100000
    };
    struct random_stream one, two;
    random_stream_init(&one, 13, 1, RANDOM_TEST, 0);
    random_stream_init(&two, 13, 1, RANDOM_TEST, 0);
    gsl_rng first = random_stream_gsl(&one);
    gsl_rng second = random_stream_gsl(&two);
    double sum = 0.0, square_sum = 0.0, exponential_sum = 0.0;
    for (size_t i = 0; i < DRAWS; i++) {
        double draw = gsl_ran_gaussian(&first, 2.0);
        cr_assert_eq(draw, gsl_ran_gaussian(&second, 2.0));
        sum += draw;
        square_sum += draw * draw;
        double exponential = gsl_ran_exponential(&first, 3.0);
        cr_assert_eq(exponential, gsl_ran_exponential(&second, 3.0));
        exponential_sum += exponential;
        cr_assert_eq(gsl_ran_poisson(&first, 4.0), gsl_ran_poisson(&second, 4.0));
        cr_assert_lt(gsl_rng_uniform_int(&first, 10), 10);
        gsl_rng_uniform_int(&second, 10);
    }
    /* Five standard deviations of each estimate. */
    cr_assert_float_eq(sum / DRAWS, 0.0, 5 * 2.0 / sqrt(DRAWS));
    cr_assert_float_eq(square_sum / DRAWS, 4.0, 5 * 4.0 * sqrt(2.0 / DRAWS));
    cr_assert_float_eq(exponential_sum / DRAWS, 3.0, 5 * 3.0 / sqrt(DRAWS));
}

Test(random_stream, tells_gsl_its_range)
{
    struct random_stream stream;
    random_stream_init(&stream, 14, 1, RANDOM_TEST, 0);
    gsl_rng rng = random_stream_gsl(&stream);
    cr_assert_eq(gsl_rng_min(&rng), 0);
    cr_assert_eq(gsl_rng_max(&rng), UINT32_MAX);
    cr_assert_str_eq(gsl_rng_name(&rng), "philox4x32-10");
    cr_assert_eq(gsl_rng_size(&rng), sizeof stream);
}

/* gsl_rng_alloc() makes the state itself and seeds it by gsl_rng_set(). */
Test(random_stream, can_be_allocated_and_seeded_by_gsl)
{
    gsl_rng *one = gsl_rng_alloc(random_stream_gsl_type);
    gsl_rng *two = gsl_rng_alloc(random_stream_gsl_type);
    gsl_rng_set(one, 5);
    gsl_rng_set(two, 6);
    unsigned long first = gsl_rng_get(one);
    cr_assert_neq(first, gsl_rng_get(two));
    gsl_rng_set(two, 5);
    cr_assert_eq(first, gsl_rng_get(two));
    gsl_rng_free(one);
    gsl_rng_free(two);
}
