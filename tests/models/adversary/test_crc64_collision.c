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

/* Goal: whatever was altered, and wherever the 8 free bytes lie: before it, after it, in it. */
Test(crc64_collision, altered_blocks_keep_their_crc)
{
    for (size_t size = 1; size <= ALTERATION_BYTES; size++) {
        for (size_t at = 0; at + CRC64_CORRECTION_BYTES <= BLOCK_BYTES; at++) {
            uint8_t genuine[BLOCK_BYTES], altered[BLOCK_BYTES], before[BLOCK_BYTES];
            fill(genuine);
            fill(altered);
            for (size_t i = 0; i < size; i++) {
                altered[40 + i] ^= 0x5a;
                altered[BLOCK_BYTES - 1 - i] ^= (uint8_t)(0xc3 + i);
            }
            cr_expect_neq(crc64_jones(0, altered, BLOCK_BYTES), UINT64_C(0x0308bce9db9219d1));
            memcpy(before, altered, sizeof before);
            crc64_collide(genuine, altered, BLOCK_BYTES, at);
            cr_expect_eq(crc64_jones(0, altered, BLOCK_BYTES), UINT64_C(0x0308bce9db9219d1),
                    "%zu bytes, free from %zu on", size, at);
            memcpy(before + at, altered + at, CRC64_CORRECTION_BYTES);
            cr_expect_arr_eq(altered, before, BLOCK_BYTES, "no other byte is touched");
        }
    }
}

/* Goal: 8 bytes are the only ones that make it up: the correction of an unaltered block is none. */
Test(crc64_collision, an_unaltered_block_stays_as_it_is)
{
    uint8_t genuine[BLOCK_BYTES], altered[BLOCK_BYTES];
    fill(genuine);
    fill(altered);
    memset(altered + 13, 0, CRC64_CORRECTION_BYTES);
    crc64_collide(genuine, altered, BLOCK_BYTES, 13);
    cr_expect_arr_eq(altered, genuine, BLOCK_BYTES);
}
