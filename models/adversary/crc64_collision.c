/* CRC-64 (Jones), and alterations that leave it as it is.
 * SPDX-License-Identifier: MIT
 */
#include "adversary/crc64_collision.h"

#include <assert.h>

#include "network/wire.h"

#define POLYNOMIAL_REFLECTED UINT64_C(0x95AC9329AC4BC9B5)
#define BITS                 64

static uint64_t step(uint64_t crc, int bits)
{
    for (int bit = 0; bit < bits; bit++) {
        crc = crc >> 1 ^ ((crc & 1u) != 0 ? POLYNOMIAL_REFLECTED : 0);
    }
    return crc;
}

/* The highest bit of the polynomial is 1, so that of the register is the one that was shifted
 * out. */
static uint64_t step_back(uint64_t crc, int bits)
{
    for (int bit = 0; bit < bits; bit++) {
        crc = crc >> (BITS - 1) != 0 ? (crc ^ POLYNOMIAL_REFLECTED) << 1 | 1u : crc << 1;
    }
    return crc;
}

uint64_t crc64_jones(uint64_t crc, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        crc = step(crc ^ data[i], 8);
    }
    return crc;
}

/* By the alteration alone the register has to be 0 at the end. What it has to be after the 8 bytes
 * follows from the end, what it is before them from the start; they make up the difference. */
void crc64_collide(const uint8_t *genuine, uint8_t *altered, size_t size, size_t at)
{
    uint64_t before = 0, wanted = 0;
    assert(at + CRC64_CORRECTION_BYTES <= size);
    for (size_t i = 0; i < at; i++) {
        before = step(before ^ (genuine[i] ^ altered[i]), 8);
    }
    for (size_t i = size; i > at + CRC64_CORRECTION_BYTES; i--) {
        wanted = step_back(wanted, 8) ^ (genuine[i - 1] ^ altered[i - 1]);
    }
    uint64_t correction = before ^ step_back(wanted, BITS);
    wire_put_u64(altered + at, wire_u64(genuine + at) ^ correction);
}
