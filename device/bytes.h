/* Fields of frames and records, little-endian but for counter blocks of AES.
 * SPDX-License-Identifier: MIT
 */
#ifndef DEVICE_BYTES_H
#define DEVICE_BYTES_H

#include <stdint.h>

static inline uint16_t get_le16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static inline uint32_t get_le24(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16;
}

static inline uint32_t get_le32(const uint8_t *bytes)
{
    return get_le24(bytes) | (uint32_t)bytes[3] << 24;
}

static inline void put_le16(uint8_t *bytes, uint32_t value)
{
    bytes[0] = (uint8_t)value;
    bytes[1] = (uint8_t)(value >> 8);
}

static inline void put_le24(uint8_t *bytes, uint32_t value)
{
    put_le16(bytes, value);
    bytes[2] = (uint8_t)(value >> 16);
}

static inline void put_le32(uint8_t *bytes, uint32_t value)
{
    put_le24(bytes, value);
    bytes[3] = (uint8_t)(value >> 24);
}

static inline void put_be32(uint8_t *bytes, uint32_t value)
{
    bytes[0] = (uint8_t)(value >> 24);
    bytes[1] = (uint8_t)(value >> 16);
    bytes[2] = (uint8_t)(value >> 8);
    bytes[3] = (uint8_t)value;
}

#endif
