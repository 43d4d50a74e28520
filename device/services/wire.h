/* Little-endian integers in messages and records, and a few bit tricks that need no library.
 * SPDX-License-Identifier: MIT
 */
#ifndef DEVICE_SERVICES_WIRE_H
#define DEVICE_SERVICES_WIRE_H

#include <stdint.h>

static inline uint32_t wire_get_u16(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8;
}

static inline uint32_t wire_get_u24(const uint8_t *bytes)
{
    return wire_get_u16(bytes) | (uint32_t)bytes[2] << 16;
}

static inline uint32_t wire_get_u32(const uint8_t *bytes)
{
    return wire_get_u24(bytes) | (uint32_t)bytes[3] << 24;
}

static inline void wire_put_u16(uint8_t *bytes, uint32_t value)
{
    bytes[0] = (uint8_t)value;
    bytes[1] = (uint8_t)(value >> 8);
}

static inline void wire_put_u24(uint8_t *bytes, uint32_t value)
{
    wire_put_u16(bytes, value);
    bytes[2] = (uint8_t)(value >> 16);
}

static inline void wire_put_u32(uint8_t *bytes, uint32_t value)
{
    wire_put_u24(bytes, value);
    bytes[3] = (uint8_t)(value >> 24);
}

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
