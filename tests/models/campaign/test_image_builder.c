/* Images: layout, signature, generated code.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: the layout documented in device/update/update.h, Ed25519 verification and SHA-256 by
 * nettle, RFC 8032 test 1 for the key pair, openssl's counter mode, order-0 entropy.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <nettle/eddsa.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "campaign/image_builder.h"
#include "campaign/patch_builder.h"
#include "models/network/hex.h"

Test(image_builder, lays_an_image_out_and_signs_its_header)
{
    uint8_t private_key[32], public_key[32], code[1000], out[2000], digest[32];
    uint32_t size;
    image_key_pair(7, private_key, public_key);
    image_generate(code, sizeof code, 3);
    cr_assert(image_build(
            out, sizeof out, &size, code, sizeof code, 0x02000001, 0x11223344, private_key));
    cr_assert_eq(size, 1256);
    uint8_t head[32];
    hex_read("46494d47 0001 0100 e8030000 01000002 44332211 00000000 0000000000000000", head);
    cr_assert_arr_eq(out, head, 32);
    struct sha256_ctx sha;
    sha256_init(&sha);
    sha256_update(&sha, sizeof code, code);
    sha256_digest(&sha, 32, digest);
    cr_assert_arr_eq(out + 32, digest, 32);
    cr_assert_arr_eq(out + 256, code, sizeof code);
    cr_assert(ed25519_sha512_verify(public_key, 96, out, out + 96));
    out[12] ^= 1;
    cr_assert_not(ed25519_sha512_verify(public_key, 96, out, out + 96));
    uint32_t version;
    uint8_t start[8];
    cr_assert(image_identity(out, size, &version, start));
    cr_assert_eq(version, 0x02000000);
    cr_assert_arr_eq(start, digest, 8);
    cr_assert_not(image_identity(code, sizeof code, &version, start));
}

Test(image_builder, refuses_what_does_not_fit)
{
    uint8_t key[32] = { 1 }, code[100] = { 0 }, out[355];
    uint32_t size = 5;
    cr_assert_not(image_build(out, sizeof out, &size, code, sizeof code, 1, 1, key));
    cr_assert_eq(size, 5);
}

Test(image_builder, draws_one_key_pair_per_seed)
{
    uint8_t a[32], b[32], c[32], public_a[32], public_b[32];
    image_key_pair(1, a, public_a);
    image_key_pair(1, b, public_b);
    cr_assert_arr_eq(a, b, 32);
    cr_assert_arr_eq(public_a, public_b, 32);
    image_key_pair(2, c, public_b);
    cr_assert_neq(memcmp(a, c, 32), 0);
}

/* What openssl makes of `size` bytes under AES-128 in counter mode. */
static void encrypt_by_openssl(const uint8_t key[16], const uint8_t counter[16],
        const uint8_t *bytes, uint32_t size, uint8_t *out)
{
    char folder[] = "/tmp/fleetcast-test-XXXXXX", plain[64], cipher[64], command[256];
    char key_text[33], counter_text[33];
    cr_assert_not_null(mkdtemp(folder));
    snprintf(plain, sizeof plain, "%s/plain", folder);
    snprintf(cipher, sizeof cipher, "%s/cipher", folder);
    for (unsigned i = 0; i < 16; i++) {
        snprintf(key_text + 2 * i, 3, "%02x", key[i]);
        snprintf(counter_text + 2 * i, 3, "%02x", counter[i]);
    }
    FILE *file = fopen(plain, "wb");
    cr_assert(file != NULL && fwrite(bytes, 1, size, file) == size && fclose(file) == 0);
    snprintf(command, sizeof command, "openssl enc -aes-128-ctr -K %s -iv %s -in %s -out %s",
            key_text, counter_text, plain, cipher);
    cr_assert_eq(system(command), 0);
    file = fopen(cipher, "rb");
    cr_assert(file != NULL && fread(out, 1, size, file) == size && fgetc(file) == EOF);
    fclose(file);
    unlink(plain);
    unlink(cipher);
    rmdir(folder);
}

/* The layout is that of device/update/image_place.h. */
Test(image_builder, encrypts_code_as_openssl_does)
{
    uint8_t private_key[32], public_key[32], key[16], counter[16] = { 0 };
    uint8_t code[1000], image[1256], expected[1000];
    uint32_t size;
    if (system("openssl version >/dev/null 2>&1") != 0) {
        cr_skip_test("openssl is missing");
    }
    image_key_pair(7, private_key, public_key);
    image_encryption_key(7, key);
    image_generate(code, sizeof code, 3);
    cr_assert(image_build(image, sizeof image, &size, code, sizeof code, 1, 1, private_key));
    image_mark_encrypted(image, private_key);
    cr_assert_eq(image[20], 2);
    cr_assert(ed25519_sha512_verify(public_key, 96, image, image + 96));
    image_encrypt(image + 256, sizeof code, key, image + 32);
    memcpy(counter, image + 32, 12);
    encrypt_by_openssl(key, counter, code, sizeof code, expected);
    cr_assert_arr_eq(image + 256, expected, sizeof expected);
}

Test(image_builder, draws_one_encryption_key_per_seed)
{
    uint8_t a[16], b[16], private_key[32], public_key[32];
    image_encryption_key(1, a);
    image_encryption_key(1, b);
    cr_assert_arr_eq(a, b, 16);
    image_encryption_key(2, b);
    cr_assert_arr_neq(a, b, 16);
    image_key_pair(1, private_key, public_key);
    cr_assert_arr_neq(a, private_key, 16);
}

static double entropy_bits(const uint8_t *data, uint32_t size)
{
    uint32_t count[256] = { 0 };
    double bits = 0.0;
    for (uint32_t i = 0; i < size; i++) {
        count[data[i]]++;
    }
    for (unsigned i = 0; i < 256; i++) {
        double p = (double)count[i] / size;
        bits -= count[i] > 0 ? p * log2(p) : 0.0;
    }
    return bits;
}

Test(image_builder, revises_code_in_a_few_places)
{
    const uint32_t size = 48 * 1024;
    uint8_t *code = malloc(size), *a = malloc(size), *b = malloc(size);
    image_generate(code, size, 11);
    image_revise(code, size, 11, a);
    image_revise(code, size, 11, b);
    cr_assert_arr_eq(a, b, size);
    struct built_patch patch;
    cr_assert(patch_build(a, size, code, size, &patch));
    cr_assert(patch.size > 200 && patch.size < size / 10, "%u bytes of patch", patch.size);
    free(patch.bytes);
    image_revise(code, 1, 11, a);
    cr_assert_neq(a[0], code[0]);
    free(code);
    free(a);
    free(b);
}

Test(image_builder, generates_code_with_the_entropy_of_firmware)
{
    const uint32_t size = 60 * 1024;
    uint8_t *a = malloc(size), *b = malloc(size);
    image_generate(a, size, 11);
    image_generate(b, size, 11);
    cr_assert_arr_eq(a, b, size);
    /* Cortex-M images of 30 to 200 KiB have 6 to 7.3 bits per byte: neither text nor noise. */
    double bits = entropy_bits(a, size);
    cr_assert(bits > 6.0 && bits < 7.4, "%f bits", bits);
    image_generate(b, size, 12);
    cr_assert_neq(memcmp(a, b, size), 0);
    image_generate(b, 3, 11); /* shorter than a vector */
    cr_assert_arr_eq(b, a, 3);
    free(a);
    free(b);
}
