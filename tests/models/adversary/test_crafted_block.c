/* The block that an impostor sends: what holds of it, and what does not.
 * SPDX-License-Identifier: MIT
 *
 * Right values: layout of the image header (device/update/image.h), SHA-256 and Ed25519 by nettle,
 * the CRC-64 that test_crc64_collision.c holds to its published values.
 */
#include <criterion/criterion.h>
#include <nettle/eddsa.h>
#include <nettle/sha2.h>
#include <string.h>

#include "adversary/crafted_block.h"
#include "adversary/crc64_collision.h"
#include "campaign/image_builder.h"

#define CODE_BYTES  3000u
#define PADDING     44u
#define IMAGE_BYTES (IMAGE_BUILDER_HEADER_SIZE + CODE_BYTES)
#define BLOCK_BYTES (IMAGE_BYTES + PADDING)
#define SEEDS       64u

static uint8_t private_key[32], public_key[32];
static uint8_t genuine[BLOCK_BYTES], crafted[BLOCK_BYTES];

static void build(void)
{
    uint8_t code[CODE_BYTES];
    uint32_t size;
    image_key_pair(1, private_key, public_key);
    image_generate(code, sizeof code, 1);
    memset(genuine, 0, sizeof genuine);
    cr_assert(image_build(
            genuine, sizeof genuine, &size, code, sizeof code, 0x02000000, 1, private_key));
}

static void craft(uint64_t seed, uint32_t size)
{
    struct random_stream stream;
    random_stream_init(&stream, seed, 0, RANDOM_TEST, 0);
    crafted_block_make(genuine, size, &stream, crafted);
}

static bool digest_fits(const uint8_t *image)
{
    uint8_t digest[SHA256_DIGEST_SIZE];
    struct sha256_ctx sha;
    sha256_init(&sha);
    sha256_update(&sha, CODE_BYTES, image + IMAGE_BUILDER_HEADER_SIZE);
    sha256_digest(&sha, sizeof digest, digest);
    return memcmp(digest, image + 32, sizeof digest) == 0;
}

/* Goal: other code, a digest that fits it, the CRC-64 of the genuine block with its padding and
 * without; the rest of the header is the genuine one's, but for 8 bytes of the signature. */
Test(crafted_block, passes_every_check_that_needs_no_key, .init = build)
{
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        craft(seed, BLOCK_BYTES);
        cr_expect_arr_neq(crafted + 256, genuine + 256, CODE_BYTES);
        cr_expect(digest_fits(crafted));
        cr_expect_eq(crc64_jones(0, crafted, IMAGE_BYTES), crc64_jones(0, genuine, IMAGE_BYTES));
        cr_expect_eq(crc64_jones(0, crafted, BLOCK_BYTES), crc64_jones(0, genuine, BLOCK_BYTES));
        cr_expect_arr_eq(crafted, genuine, 32);
        cr_expect_arr_eq(crafted + 64, genuine + 64, 96 - 64);
        cr_expect_arr_eq(crafted + 104, genuine + 104, 256 - 104);
        cr_expect_not(ed25519_sha512_verify(public_key, 96, crafted, crafted + 96));
    }
}

/* Goal: without the image key the digest of encrypted code is out of reach. */
Test(crafted_block, of_encrypted_code_has_no_digest_that_fits, .init = build)
{
    image_mark_encrypted(genuine, private_key);
    craft(1, BLOCK_BYTES);
    cr_expect_arr_eq(crafted, genuine, 96);
    cr_expect_arr_neq(crafted + 256, genuine + 256, CODE_BYTES);
    cr_expect_eq(crc64_jones(0, crafted, BLOCK_BYTES), crc64_jones(0, genuine, BLOCK_BYTES));
}

/* Goal: the shortest code there is. */
Test(crafted_block, alters_the_only_byte_of_code, .init = build)
{
    craft(1, IMAGE_BUILDER_HEADER_SIZE + 1);
    cr_expect_neq(crafted[256], genuine[256]);
}
