/* CRC-64 with the polynomial of D. T. Jones, as the clients of 2017 proved a block
 * (spec-protocol 7.2).
 * SPDX-License-Identifier: MIT
 */
#ifndef DEVICE_UPDATE_CRC64_H
#define DEVICE_UPDATE_CRC64_H

#include <stddef.h>
#include <stdint.h>

/* Continues `crc` (0 at the start) over `size` bytes. Of "123456789": E9C6D914C4B8D9CA. */
uint64_t crc64_update(uint64_t crc, const void *data, size_t size);

#endif
