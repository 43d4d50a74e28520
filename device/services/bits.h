/* Sets of bits in words, and a few bit tricks that need no library.
 * SPDX-License-Identifier: MIT
 */
#ifndef DEVICE_SERVICES_BITS_H
#define DEVICE_SERVICES_BITS_H

#include <stdint.h>

/* Bits set; by addition in place, since a call into the compiler's library may not be made. */
static inline uint32_t bits_count(uint32_t word)
{
    word -= word >> 1 & 0x55555555u;
    word = (word & 0x33333333u) + (word >> 2 & 0x33333333u);
    word = (word + (word >> 4)) & 0x0F0F0F0Fu;
    return word * 0x01010101u >> 24;
}

/* Index of the lowest bit set; `word` is not 0. */
static inline uint32_t bits_first(uint32_t word)
{
    return (uint32_t)__builtin_ctz(word);
}

static inline uint32_t bits_get(const uint32_t *words, uint32_t index)
{
    return words[index / 32u] >> (index % 32u) & 1u;
}

static inline void bits_set(uint32_t *words, uint32_t index)
{
    words[index / 32u] |= 1u << (index % 32u);
}

static inline void bits_clear(uint32_t *words, uint32_t index)
{
    words[index / 32u] &= ~(1u << (index % 32u));
}

#endif
