/* Little-endian numbers in byte arrays, for the formats of device/update/.
 * SPDX-License-Identifier: MIT
 */
#ifndef DEVICE_UPDATE_BYTES_H
#define DEVICE_UPDATE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline uint16_t bytes_get_u16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static inline uint32_t bytes_get_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes_get_u16(bytes) | (uint32_t)bytes_get_u16(bytes + 2) << 16;
}

static inline void bytes_put_u16(uint8_t *bytes, uint16_t value)
{
    bytes[0] = (uint8_t)value;
    bytes[1] = (uint8_t)(value >> 8);
}

static inline void bytes_put_u32(uint8_t *bytes, uint32_t value)
{
    bytes_put_u16(bytes, (uint16_t)value);
    bytes_put_u16(bytes + 2, (uint16_t)(value >> 16));
}

static inline bool bytes_equal(const uint8_t *a, const uint8_t *b, size_t size)
{
    uint8_t difference = 0;
    for (size_t i = 0; i < size; ++i) {
        difference |= (uint8_t)(a[i] ^ b[i]);
    }
    return difference == 0;
}

static inline void bytes_copy(uint8_t *to, const uint8_t *from, size_t size)
{
    for (size_t i = 0; i < size; ++i) {
        to[i] = from[i];
    }
}

static inline void bytes_fill(uint8_t *to, uint8_t value, size_t size)
{
    for (size_t i = 0; i < size; ++i) {
        to[i] = value;
    }
}

#endif
