/* The logarithm, a bit at a time: the square of a number has twice its logarithm.
 * SPDX-License-Identifier: MIT
 *
 * Error: what a squaring cuts off, 2^-31 of the number, weighs half as much with each further bit,
 * in all less than 2^-29; the bits that are not computed are worth less than 2^-24; both times ln
 * 2, and the last product is cut by less than 2^-24.
 */
#include "app/exponential.h"

#define LN2_2_32 UINT64_C(2977044472) /* ln 2 in units of 2^-32 */

/* log2 of `x` in units of 2^-24, cut; `x` is not 0. */
static uint32_t log2_of(uint32_t x)
{
    uint32_t whole = 31;
    while ((x & 0x80000000u) == 0) {
        x <<= 1;
        whole--;
    }
    uint64_t mantissa = x; /* 1 .. 2 in units of 2^-31 */
    uint32_t log2 = whole;
    for (unsigned bit = 0; bit < EXPONENTIAL_ONE_LOG2; bit++) {
        mantissa = mantissa * mantissa >> 31;
        log2 = log2 << 1 | (uint32_t)(mantissa >> 32);
        mantissa >>= mantissa >> 32;
    }
    return log2;
}

uint32_t exponential(uint32_t word)
{
    if (word == UINT32_MAX) {
        return 0;
    }
    uint32_t below_2_32 = (32u << EXPONENTIAL_ONE_LOG2) - log2_of(word + 1u);
    return (uint32_t)(below_2_32 * LN2_2_32 >> 32);
}
