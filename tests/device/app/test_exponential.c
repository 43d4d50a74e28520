/* The integer logarithm of Poisson traffic against the C library's.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <math.h>

#include "app/exponential.h"

static double exact(uint32_t word)
{
    return -log(((double)word + 1.0) / 4294967296.0);
}

static void expect_close(uint32_t word)
{
    double error = exponential(word) / 16777216.0 - exact(word);
    cr_assert(error > -1e-12 - 1.0 / 16777216.0 && error < 1.0 / 8388608.0, "word %u: off by %g",
            word, error);
}

Test(exponential, agrees_with_the_logarithm_of_the_c_library_within_its_stated_error)
{
    for (uint32_t i = 0; i < 40; i++) {
        expect_close(i);
        expect_close(UINT32_MAX - i);
    }
    for (unsigned bit = 0; bit < 32; bit++) {
        expect_close(1u << bit);
        expect_close((1u << bit) - 1u);
        expect_close((1u << bit) - 2u);
    }
    uint32_t word = 1;
    for (unsigned i = 0; i < 1000000; i++) {
        word = word * 1664525u + 1013904223u; /* Numerical Recipes, ch. 7 */
        expect_close(word);
    }
}

Test(exponential, ends_where_the_words_end)
{
    cr_assert_eq(exponential(UINT32_MAX), 0);
    cr_assert_float_eq(exponential(0) / 16777216.0, 32.0 * log(2.0), 1e-6);
    for (uint32_t word = 0; word < UINT32_MAX - 65537u; word += 65537u) {
        cr_assert_geq(exponential(word), exponential(word + 65537u), "it falls throughout");
    }
}

/* All words of equal distance: the integral of -ln u over 0..1 is 1, of its square 2. */
Test(exponential, has_mean_and_variance_one)
{
    double sum = 0, squares = 0;
    const unsigned steps = 1u << 20;
    for (unsigned i = 0; i < steps; i++) {
        double x = exponential(i * 4096u + 2048u) / 16777216.0;
        sum += x;
        squares += x * x;
    }
    cr_assert_float_eq(sum / steps, 1.0, 1e-5);
    cr_assert_float_eq(squares / steps, 2.0, 2e-4);
}
