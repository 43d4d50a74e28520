/* Little-endian fields of byte strings on air.
 * SPDX-License-Identifier: MIT
 */
#ifndef NETWORK_WIRE_H
#define NETWORK_WIRE_H

#include <stdint.h>

static inline uint16_t wire_u16(const uint8_t *p)
{
    return (uint16_t)(p[0] | (uint16_t)(p[1] << 8));
}

static inline uint32_t wire_u24(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
}

static inline uint32_t wire_u32(const uint8_t *p)
{
    return wire_u24(p) | (uint32_t)p[3] << 24;
}

static inline uint64_t wire_u64(const uint8_t *p)
{
    return (uint64_t)wire_u32(p) | (uint64_t)wire_u32(p + 4) << 32;
}

static inline void wire_put_u16(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)value;
    p[1] = (uint8_t)(value >> 8);
}

static inline void wire_put_u24(uint8_t *p, uint32_t value)
{
    wire_put_u16(p, value);
    p[2] = (uint8_t)(value >> 16);
}

static inline void wire_put_u32(uint8_t *p, uint32_t value)
{
    wire_put_u24(p, value);
    p[3] = (uint8_t)(value >> 24);
}

static inline void wire_put_u64(uint8_t *p, uint64_t value)
{
    wire_put_u32(p, (uint32_t)value);
    wire_put_u32(p + 4, (uint32_t)(value >> 32));
}

#endif
