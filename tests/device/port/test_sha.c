/* SHA-256 and SHA-512 in software against FIPS 180-4 examples and against nettle.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <nettle/sha2.h>

#include "draw.h"
#include "port/crypto/sha256.h"
#include "port/crypto/sha512.h"

Test(sha256, digests_abc)
{
    static const uint8_t expected[32] = { 0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41,
        0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c,
        0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad };
    struct sha256 sha;
    uint8_t digest[32];
    sha256_start(&sha);
    sha256_add(&sha, (const uint8_t *)"abc", 3);
    sha256_finish(&sha, digest);
    cr_assert_arr_eq(digest, expected, 32);
}

Test(sha512, digests_abc)
{
    static const uint8_t expected[64] = { 0xdd, 0xaf, 0x35, 0xa1, 0x93, 0x61, 0x7a, 0xba, 0xcc,
        0x41, 0x73, 0x49, 0xae, 0x20, 0x41, 0x31, 0x12, 0xe6, 0xfa, 0x4e, 0x89, 0xa9, 0x7e, 0xa2,
        0x0a, 0x9e, 0xee, 0xe6, 0x4b, 0x55, 0xd3, 0x9a, 0x21, 0x92, 0x99, 0x2a, 0x27, 0x4f, 0xc1,
        0xa8, 0x36, 0xba, 0x3c, 0x23, 0xa3, 0xfe, 0xeb, 0xbd, 0x45, 0x4d, 0x44, 0x23, 0x64, 0x3c,
        0xe8, 0x0e, 0x2a, 0x9a, 0xc9, 0x4f, 0xa5, 0x4c, 0xa4, 0x9f };
    struct sha512 sha;
    uint8_t digest[64];
    sha512_start(&sha);
    sha512_add(&sha, (const uint8_t *)"abc", 3);
    sha512_finish(&sha, digest);
    cr_assert_arr_eq(digest, expected, 64);
}

/* Every size around the padding's edges, in two pieces cut at a drawn place. */
Test(sha, agree_with_nettle_for_every_size_up_to_three_blocks)
{
    struct draw draw = { 2 };
    uint8_t data[384];
    draw_bytes(&draw, data, sizeof data);
    for (size_t size = 0; size <= sizeof data; ++size) {
        size_t cut = size > 0 ? draw_next(&draw) % size : 0;
        uint8_t digest[64];
        uint8_t expected[64];
        struct sha256_ctx theirs_256;
        struct sha512_ctx theirs_512;
        struct sha256 ours_256;
        struct sha512 ours_512;
        nettle_sha256_init(&theirs_256);
        nettle_sha256_update(&theirs_256, size, data);
        nettle_sha256_digest(&theirs_256, 32, expected);
        sha256_start(&ours_256);
        sha256_add(&ours_256, data, cut);
        sha256_add(&ours_256, data + cut, size - cut);
        sha256_finish(&ours_256, digest);
        cr_assert_arr_eq(digest, expected, 32);
        nettle_sha512_init(&theirs_512);
        nettle_sha512_update(&theirs_512, size, data);
        nettle_sha512_digest(&theirs_512, 64, expected);
        sha512_start(&ours_512);
        sha512_add(&ours_512, data, cut);
        sha512_add(&ours_512, data + cut, size - cut);
        sha512_finish(&ours_512, digest);
        cr_assert_arr_eq(digest, expected, 64);
    }
}
