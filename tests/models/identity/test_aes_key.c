/* Expanded AES keys are those of FIPS 197 and, bit for bit, those of nettle.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <string.h>

#include "identity/aes_key.h"
#include "random_stream.h"

/* Goal: the round keys of FIPS 197 appendix A.1 (w4 to w7 and w40 to w43, as bytes). */
Test(aes_key, expands_the_published_key)
{
    static const uint8_t key[16] = { 0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7,
        0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c };
    static const uint8_t first[16] = { 0xa0, 0xfa, 0xfe, 0x17, 0x88, 0x54, 0x2c, 0xb1, 0x23, 0xa3,
        0x39, 0x39, 0x2a, 0x6c, 0x76, 0x05 };
    static const uint8_t last[16] = { 0xd0, 0x14, 0xf9, 0xa8, 0xc9, 0xee, 0x25, 0x89, 0xe1, 0x3f,
        0x0c, 0xc8, 0xb6, 0x63, 0x0c, 0xa6 };
    struct aes128_ctx schedule;
    aes_key_expand(&schedule, key);
    const uint8_t *words = (const uint8_t *)schedule.keys;
    cr_assert_arr_eq(words, key, 16);
    cr_assert_arr_eq(words + 16, first, 16);
    cr_assert_arr_eq(words + 160, last, 16);
}

/* Goal: nettle, which encrypts with what is expanded here, would have expanded the same. */
Test(aes_key, expands_as_nettle_does)
{
    struct random_stream stream;
    random_stream_init(&stream, 197, 0, RANDOM_KEYS, 0);
    for (unsigned i = 0; i < 1000; i++) {
        uint8_t key[16];
        struct aes128_ctx own, nettle;
        random_stream_bytes(&stream, key, sizeof key);
        aes_key_expand(&own, key);
        aes128_set_encrypt_key(&nettle, key);
        cr_assert_eq(memcmp(&own, &nettle, sizeof own), 0, "key %u", i);
    }
}
