/* CRC-64 (Jones), and alterations that leave it as it is.
 * SPDX-License-Identifier: MIT
 */
#include "adversary/crc64_collision.h"

#include "network/wire.h"

#define POLYNOMIAL_REFLECTED UINT64_C(0x95AC9329AC4BC9B5)

uint64_t crc64_jones(uint64_t crc, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ ((crc & 1u) != 0 ? POLYNOMIAL_REFLECTED : 0);
        }
    }
    return crc;
}

/* By the alteration alone the register, as long as 8 bytes, differs by its own CRC; the same value
 * in the next 8 bytes cancels it before it has moved on. */
void crc64_correction(
        const uint8_t *alteration, size_t size, uint8_t correction[CRC64_CORRECTION_BYTES])
{
    wire_put_u64(correction, crc64_jones(0, alteration, size));
}
