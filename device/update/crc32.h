/* CRC-32 of IEEE 802.3, as zlib computes it.
 * SPDX-License-Identifier: MIT
 */
#ifndef DEVICE_UPDATE_CRC32_H
#define DEVICE_UPDATE_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* Continues `crc` (0 at the start) over `size` bytes. */
uint32_t crc32_update(uint32_t crc, const void *data, size_t size);

#endif
