/* Alterations that no CRC-64 shows.
 * SPDX-License-Identifier: MIT
 *
 * Right values: the check value of CRC-64/Jones over "123456789", and the CRC of the block of
 * device D (protocol reference, sections 7.2 and 10.2).
 */
#include <criterion/criterion.h>
#include <string.h>

#include "adversary/crc64_collision.h"

#define BLOCK_BYTES      95u
#define ALTERATION_BYTES 16u

static void fill(uint8_t block[BLOCK_BYTES])
{
    for (unsigned i = 0; i < BLOCK_BYTES; i++) {
        block[i] = (uint8_t)i;
    }
}

Test(crc64_collision, crc_has_its_published_values)
{
    uint8_t block[BLOCK_BYTES];
    fill(block);
    cr_expect_eq(crc64_jones(0, (const uint8_t *)"123456789", 9), UINT64_C(0xe9c6d914c4b8d9ca));
    cr_expect_eq(crc64_jones(0, block, sizeof block), UINT64_C(0x0308bce9db9219d1));
    cr_expect_eq(crc64_jones(crc64_jones(0, block, 40), block + 40, BLOCK_BYTES - 40),
            UINT64_C(0x0308bce9db9219d1));
}

/* The same alteration at every place of the block, at two places at one time, and of every length
 * keeps the CRC; without its correction it does not. */
Test(crc64_collision, altered_blocks_keep_their_crc)
{
    for (size_t size = 1; size <= ALTERATION_BYTES; size++) {
        uint8_t change[ALTERATION_BYTES + CRC64_CORRECTION_BYTES];
        memset(change, 0x5a, size);
        crc64_correction(change, size, change + size);
        size_t length = size + CRC64_CORRECTION_BYTES;
        for (size_t at = 0; at + length <= BLOCK_BYTES; at++) {
            uint8_t block[BLOCK_BYTES];
            fill(block);
            for (size_t i = 0; i < size; i++) {
                block[at + i] ^= change[i];
            }
            cr_expect_neq(crc64_jones(0, block, sizeof block), UINT64_C(0x0308bce9db9219d1));
            for (size_t i = size; i < length; i++) {
                block[at + i] ^= change[i];
            }
            cr_expect_eq(crc64_jones(0, block, sizeof block), UINT64_C(0x0308bce9db9219d1));
            for (size_t i = 0; i < length; i++) {
                block[BLOCK_BYTES - length + i] ^= change[i];
            }
            cr_expect_eq(crc64_jones(0, block, sizeof block), UINT64_C(0x0308bce9db9219d1));
        }
    }
}
