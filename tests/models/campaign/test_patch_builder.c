/* Patches and delta images: what the builder makes, the firmware's decoder makes undone.
 * SPDX-License-Identifier: MIT
 *
 * Goal: for any pair of base and target the firmware's own decoder gets the target back; the same
 * pair gives the same bytes; small changes make small patches. Oracles: the decoder of
 * device/update, SHA-256 and Ed25519 by nettle, the parser of device/update/image.h. Sizes beside
 * other programs: tests/sim/cli/test_patch.py.
 */
#include <criterion/criterion.h>
#include <nettle/eddsa.h>
#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>

#include "campaign/delta_builder.h"
#include "campaign/image_builder.h"
#include "firmware/delta_apply.h"
#include "random_stream.h"
#include "update/delta.h"

#define CODE 20000u

static uint8_t base[CODE], target[2 * CODE];

static bool build(uint32_t base_size, uint32_t target_size, const uint8_t *private_key,
        const uint8_t *encryption_key, struct built_patch *delta)
{
    const struct delta_order order = { base, base_size, target, target_size, 0x02010003, 7,
        private_key, encryption_key };
    return delta_build(&order, delta);
}

/* Builds, applies, compares; returns the size of the patch. */
static uint32_t round_trip(uint32_t base_size, uint32_t target_size, const char *what)
{
    struct built_patch delta, again;
    struct delta_facts facts;
    char error[128] = "";
    cr_assert(build(base_size, target_size, NULL, NULL, &delta));
    cr_assert(build(base_size, target_size, NULL, NULL, &again));
    cr_assert_eq(delta.size, again.size);
    cr_assert_arr_eq(delta.bytes, again.bytes, delta.size);
    uint8_t *made =
            delta_apply(base, base_size, delta.bytes, delta.size, &facts, error, sizeof error);
    cr_assert_not_null(made, "%s: %s", what, error);
    cr_assert_eq(facts.target_size, target_size);
    cr_assert_arr_eq(made, target, target_size, "%s", what);
    cr_assert_not(facts.is_signed);
    uint32_t patch_size = facts.patch_size;
    free(made);
    free(delta.bytes);
    free(again.bytes);
    return patch_size;
}

static void generate(void)
{
    image_generate(base, CODE, 1);
    memcpy(target, base, CODE);
}

Test(patch_builder, says_nothing_changed_in_a_few_bytes)
{
    generate();
    cr_assert_leq(round_trip(CODE, CODE, "the same"), 8);
}

Test(patch_builder, says_one_changed_byte_in_a_few_bytes)
{
    generate();
    target[CODE / 2] ^= 0x40;
    cr_assert_leq(round_trip(CODE, CODE, "one byte"), 16);
}

/* Everything after an insertion moves. */
Test(patch_builder, follows_what_moved)
{
    generate();
    memmove(target + 1080, target + 1000, CODE - 1000);
    image_generate(target + 1000, 80, 9);
    cr_assert_leq(round_trip(CODE, CODE + 80, "80 bytes more"), 80 + 30);
    generate();
    memmove(target + 1000, target + 1500, CODE - 1500);
    cr_assert_leq(round_trip(CODE, CODE - 500, "500 bytes less"), 30);
    memcpy(target, base + CODE / 2, CODE / 2);
    memcpy(target + CODE / 2, base, CODE / 2);
    cr_assert_leq(round_trip(CODE, CODE, "halves exchanged"), 40);
}

Test(patch_builder, has_no_pair_that_it_cannot_say)
{
    generate();
    image_generate(target, CODE, 2);
    round_trip(CODE, CODE, "other code");
    memset(target, 0, sizeof target);
    round_trip(CODE, 2 * CODE, "zeros");
    cr_assert_leq(round_trip(CODE, 1, "one byte"), 8);
    memset(base, 0xFF, sizeof base);
    round_trip(1, CODE, "zeros from one byte");
    memset(target, 0xFF, CODE);
    round_trip(CODE, CODE - 3, "all 0xFF");
}

/* 200 pairs: pieces of the base in any order, bytes changed, inserted, left out. */
Test(patch_builder, survives_random_edits)
{
    struct random_stream stream;
    random_stream_init(&stream, 4, 0, RANDOM_IMAGE, 0);
    for (unsigned pair = 0; pair < 200; pair++) {
        uint32_t base_size = 1 + random_stream_u32(&stream) % 800, size = 0;
        image_generate(base, base_size, pair);
        while (size < 700) {
            uint32_t from = random_stream_u32(&stream) % base_size;
            uint32_t length = 1 + random_stream_u32(&stream) % 120;
            length = length < base_size - from ? length : base_size - from;
            memcpy(target + size, base + from, length);
            target[size + length / 2] ^= (uint8_t)random_stream_u32(&stream);
            size += length;
            target[size++] = (uint8_t)random_stream_u32(&stream);
        }
        char what[32];
        snprintf(what, sizeof what, "pair %u", pair);
        round_trip(base_size, size, what);
    }
}

Test(patch_builder, refuses_empty_sides)
{
    struct built_patch patch;
    cr_assert_not(patch_build(base, 0, target, 1, &patch));
    cr_assert_not(patch_build(base, 1, target, 0, &patch));
}

/* --- manifest ------------------------------------------------------------------------------------
 */

Test(delta_builder, signs_the_manifest_and_the_header_of_the_target)
{
    uint8_t private_key[32], public_key[32], header[IMAGE_HEADER_SIZE];
    uint8_t image[IMAGE_HEADER_SIZE + CODE];
    uint32_t image_size;
    struct built_patch delta;
    generate();
    target[5] ^= 1;
    image_key_pair(3, private_key, public_key);
    cr_assert(build(CODE, CODE, private_key, NULL, &delta));
    cr_assert(ed25519_sha512_verify(
            public_key, IMAGE_SIGNED_SIZE, delta.bytes, delta.bytes + DELTA_OFF_SIGNATURE));
    /* The header is the one that the full image has. */
    cr_assert(image_build(
            image, sizeof image, &image_size, target, CODE, 0x02010003, 7, private_key));
    delta_target_header(delta.bytes, header);
    cr_assert_arr_eq(header, image, sizeof header);
    delta.bytes[DELTA_OFF_BASE_SHA256] ^= 1;
    cr_assert_not(ed25519_sha512_verify(
            public_key, IMAGE_SIGNED_SIZE, delta.bytes, delta.bytes + DELTA_OFF_SIGNATURE));
    free(delta.bytes);
}

/* An encrypted one is the plain one with another flag and another look of the patch. */
Test(delta_builder, encrypts_the_patch_under_its_own_digest)
{
    uint8_t private_key[32], public_key[32], key[16], header[IMAGE_HEADER_SIZE], digest[32];
    struct built_patch plain, encrypted;
    struct delta_info info;
    generate();
    target[5] ^= 1;
    image_key_pair(3, private_key, public_key);
    image_encryption_key(3, key);
    cr_assert(build(CODE, CODE, private_key, NULL, &plain));
    cr_assert(build(CODE, CODE, private_key, key, &encrypted));
    cr_assert_eq(encrypted.size, plain.size);
    uint32_t patch_size = plain.size - DELTA_MANIFEST_SIZE;
    uint8_t *patch = encrypted.bytes + DELTA_MANIFEST_SIZE;
    struct sha256_ctx sha;
    sha256_init(&sha);
    sha256_update(&sha, patch_size, plain.bytes + DELTA_MANIFEST_SIZE);
    sha256_digest(&sha, sizeof digest, digest);
    cr_assert(delta_manifest_parse(encrypted.bytes, CODE + IMAGE_HEADER_SIZE, &info));
    cr_assert(info.encrypted);
    cr_assert_arr_eq(info.patch_digest, digest, sizeof info.patch_digest);
    cr_assert_arr_neq(patch, plain.bytes + DELTA_MANIFEST_SIZE, patch_size);
    image_encrypt(patch, patch_size, key, digest);
    cr_assert_arr_eq(patch, plain.bytes + DELTA_MANIFEST_SIZE, patch_size);
    cr_assert(ed25519_sha512_verify(
            public_key, IMAGE_SIGNED_SIZE, encrypted.bytes, encrypted.bytes + DELTA_OFF_SIGNATURE));
    delta_target_header(encrypted.bytes, header);
    cr_assert_eq(header[IMAGE_OFF_FLAGS], IMAGE_FLAG_ENCRYPTED);
    cr_assert(ed25519_sha512_verify(
            public_key, IMAGE_SIGNED_SIZE, header, header + IMAGE_OFF_SIGNATURE));
    free(plain.bytes);
    free(encrypted.bytes);
}

static void refuses(const struct built_patch *delta, uint32_t base_size, const char *message)
{
    struct delta_facts facts;
    char error[128] = "";
    cr_assert_null(
            delta_apply(base, base_size, delta->bytes, delta->size, &facts, error, sizeof error));
    cr_assert_not_null(strstr(error, message), "%s", error);
}

Test(delta_builder, applies_to_its_own_base_only)
{
    struct built_patch delta;
    generate();
    target[5] ^= 1;
    cr_assert(build(CODE, CODE, NULL, NULL, &delta));
    base[9] ^= 1;
    refuses(&delta, CODE, "another base");
    base[9] ^= 1;
    refuses(&delta, CODE - 1, "another base");
    delta.size--;
    refuses(&delta, CODE, "not whole");
    delta.size++;
    delta.bytes[DELTA_MANIFEST_SIZE] ^= 0x20;
    refuses(&delta, CODE, "damaged");
    free(delta.bytes);
}
