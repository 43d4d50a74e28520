/* Builds signed firmware images and generates code that looks like firmware.
 * SPDX-License-Identifier: MIT
 */
#include "campaign/image_builder.h"

#include <assert.h>
#include <nettle/aes.h>
#include <nettle/ctr.h>
#include <nettle/eddsa.h>
#include <nettle/sha2.h>
#include <string.h>

#include "network/wire.h"
#include "random_stream.h"

/* Header, little-endian: magic u32, header size u16, format u16, image size u32, version u32,
 * hardware id u32, flags u32, at 32 SHA-256 of the plain code, at 96 Ed25519 over bytes 0..95. */
#define MAGIC       0x474D4946u
#define FORMAT      1u
#define AT_SIZE     8u
#define AT_VERSION  12u
#define AT_HARDWARE 16u
#define AT_FLAGS    20u
#define AT_SHA256   32u

#define FLAG_ENCRYPTED 2u
#define NONCE_SIZE     12u

static void sign(uint8_t *image, const uint8_t *private_key)
{
    uint8_t public_key[ED25519_KEY_SIZE];
    ed25519_sha512_public_key(public_key, private_key);
    ed25519_sha512_sign(public_key, private_key, IMAGE_BUILDER_AT_SIGNATURE, image,
            image + IMAGE_BUILDER_AT_SIGNATURE);
}

static void write_digest(uint8_t *image, uint32_t code_size)
{
    struct sha256_ctx sha;
    sha256_init(&sha);
    sha256_update(&sha, code_size, image + IMAGE_BUILDER_HEADER_SIZE);
    sha256_digest(&sha, SHA256_DIGEST_SIZE, image + AT_SHA256);
}

bool image_digest_again(uint8_t *image, uint32_t size)
{
    if (size < IMAGE_BUILDER_HEADER_SIZE || wire_u32(image) != MAGIC
            || wire_u32(image + AT_FLAGS) != 0
            || wire_u32(image + AT_SIZE) > size - IMAGE_BUILDER_HEADER_SIZE) {
        return false;
    }
    write_digest(image, wire_u32(image + AT_SIZE));
    return true;
}

bool image_build(uint8_t *out, uint32_t out_size_max, uint32_t *out_size, const uint8_t *code,
        uint32_t code_size, uint32_t version, uint32_t hardware_id,
        const uint8_t ed25519_private_key[32])
{
    if (out_size_max < IMAGE_BUILDER_HEADER_SIZE
            || code_size > out_size_max - IMAGE_BUILDER_HEADER_SIZE) {
        return false;
    }
    memset(out, 0, IMAGE_BUILDER_HEADER_SIZE);
    memcpy(out + IMAGE_BUILDER_HEADER_SIZE, code, code_size);
    wire_put_u32(out, MAGIC);
    wire_put_u16(out + 4, IMAGE_BUILDER_HEADER_SIZE);
    wire_put_u16(out + 6, FORMAT);
    wire_put_u32(out + AT_SIZE, code_size);
    wire_put_u32(out + AT_VERSION, version);
    wire_put_u32(out + AT_HARDWARE, hardware_id);
    write_digest(out, code_size);
    sign(out, ed25519_private_key);
    *out_size = IMAGE_BUILDER_HEADER_SIZE + code_size;
    return true;
}

void image_mark_encrypted(uint8_t *image, const uint8_t ed25519_private_key[32])
{
    wire_put_u32(image + AT_FLAGS, FLAG_ENCRYPTED);
    sign(image, ed25519_private_key);
}

void image_encrypt(uint8_t *bytes, uint32_t size, const uint8_t key[16], const uint8_t nonce[12])
{
    struct aes128_ctx aes;
    uint8_t counter[AES_BLOCK_SIZE] = { 0 };
    assert(size > 0);
    memcpy(counter, nonce, NONCE_SIZE);
    aes128_set_encrypt_key(&aes, key);
    ctr_crypt(&aes, (nettle_cipher_func *)aes128_encrypt, sizeof counter, counter, size, bytes,
            bytes);
}

bool image_identity(const uint8_t *image, uint32_t size, uint32_t *version, uint8_t digest_start[8])
{
    if (size < IMAGE_BUILDER_HEADER_SIZE || wire_u32(image) != MAGIC
            || wire_u16(image + 6) != FORMAT) {
        return false;
    }
    *version = wire_u32(image + AT_VERSION);
    memcpy(digest_start, image + AT_SHA256, 8);
    return true;
}

void image_key_pair(uint64_t seed, uint8_t private_key[32], uint8_t public_key[32])
{
    struct random_stream stream;
    random_stream_init(&stream, seed, 0, RANDOM_KEYS, UINT32_MAX);
    random_stream_bytes(&stream, private_key, ED25519_KEY_SIZE);
    ed25519_sha512_public_key(public_key, private_key);
}

void image_encryption_key(uint64_t seed, uint8_t key[16])
{
    struct random_stream stream;
    random_stream_init(&stream, seed, 0, RANDOM_KEYS, UINT32_MAX - 1u);
    random_stream_bytes(&stream, key, AES128_KEY_SIZE);
}

/* --- generated code -------------------------------------------------------------------------- */

#define OPCODES    384u
#define CODE_START 0x08006000u

struct generator {
    struct random_stream stream;
    uint16_t opcodes[OPCODES];
    uint8_t *out;
    uint32_t size, at;
};

static uint32_t draw(struct generator *generator, uint32_t below)
{
    assert(below > 0);
    return random_stream_u32(&generator->stream) % below;
}

static void put(struct generator *generator, uint32_t value, uint32_t bytes)
{
    assert(bytes <= 4);
    for (uint32_t i = 0; i < bytes && generator->at < generator->size; i++) {
        generator->out[generator->at++] = (uint8_t)(value >> (8u * i));
    }
}

/* A run of halfwords, the common opcodes far more often than the rare. */
static void put_function(struct generator *generator)
{
    uint32_t length = 16 + draw(generator, 112);
    put(generator, 0xB500u | draw(generator, 256), 2); /* push */
    for (uint32_t i = 0; i < length; i++) {
        double u = random_stream_uniform(&generator->stream);
        uint32_t opcode = generator->opcodes[(uint32_t)(u * u * u * OPCODES)];
        /* One in four carries another register or offset. */
        opcode ^= draw(generator, 4) == 0 ? draw(generator, 64) : 0u;
        put(generator, opcode, 2);
    }
    put(generator, 0xBD00u | draw(generator, 256), 2); /* pop {.., pc} */
    uint32_t literals = draw(generator, 5);
    for (uint32_t i = 0; i < literals; i++) {
        uint32_t base = draw(generator, 2) == 0 ? CODE_START : 0x20000000u;
        put(generator, base + 4u * draw(generator, 4096), 4);
    }
}

static void put_data(struct generator *generator)
{
    static const char letters[] = " etaoinsrhldcumfpgwybvkxjqz%d:_/0123456789";
    uint32_t kind = draw(generator, 3);
    uint32_t length = 8 + draw(generator, 40);
    for (uint32_t i = 0; i < length; i++) {
        if (kind == 0) {
            double u = random_stream_uniform(&generator->stream);
            put(generator, (uint8_t)letters[(uint32_t)(u * u * (sizeof letters - 1u))], 1);
        } else if (kind == 1) {
            put(generator, draw(generator, 256), 1);
        } else {
            put(generator, 0, 1);
        }
    }
    put(generator, 0, 1);
}

void image_generate(uint8_t *code, uint32_t size, uint64_t seed)
{
    struct generator generator = { .out = code, .size = size };
    random_stream_init(&generator.stream, seed, 0, RANDOM_IMAGE, 0);
    for (uint32_t i = 0; i < OPCODES; i++) {
        generator.opcodes[i] = (uint16_t)random_stream_u32(&generator.stream);
    }
    put(&generator, 0x20005000u, 4); /* vector table: stack pointer, then 47 handlers */
    for (uint32_t i = 0; i < 47; i++) {
        put(&generator, (CODE_START + 4u * draw(&generator, 8192)) | 1u, 4);
    }
    while (generator.at < size) {
        if (draw(&generator, 6) == 0) {
            put_data(&generator);
        } else {
            put_function(&generator);
        }
    }
}

/* --- an earlier revision --------------------------------------------------------------------- */

#define EDIT_BYTES      1024u /* one change in so many */
#define EDIT_HALFWORDS  8u    /* of at most so many instructions */
#define MOVE_WORDS_MAX  16u
#define REVISE_SIZE_MIN 256u /* less changes in one byte */

/* Addresses from `from` to `to` in the code, which moved `bytes` down. */
static void move_addresses(uint8_t *code, uint32_t size, uint32_t from, uint32_t to, uint32_t bytes)
{
    assert(from < to && to <= size);
    for (uint32_t at = 0; at + 4u <= size; at += 4) {
        uint32_t value = wire_u32(code + at);
        if (value >= CODE_START + from && value < CODE_START + to) {
            wire_put_u32(code + at, value - bytes);
        }
    }
}

void image_revise(const uint8_t *code, uint32_t size, uint64_t seed, uint8_t *earlier)
{
    struct generator generator = { .out = earlier, .size = size };
    assert(size > 0);
    random_stream_init(&generator.stream, seed, 0, RANDOM_IMAGE, 1);
    memcpy(earlier, code, size);
    if (size < REVISE_SIZE_MIN) {
        earlier[size - 1u] ^= 1u;
        return;
    }
    uint32_t bytes = 4u * (1u + draw(&generator, MOVE_WORDS_MAX));
    uint32_t from = 4u * draw(&generator, size / 16u), to = size / 2u / 4u * 4u;
    to += 4u * draw(&generator, size / 16u);
    memmove(earlier + from, code + from + bytes, to - from - bytes);
    memcpy(earlier + to - bytes, code, bytes);
    move_addresses(earlier, size, from + bytes, to, bytes);
    for (uint32_t i = 0; i < 1u + size / EDIT_BYTES; i++) {
        uint32_t halfwords = 1u + draw(&generator, EDIT_HALFWORDS);
        generator.at = 2u * draw(&generator, size / 2u - EDIT_HALFWORDS);
        for (uint32_t j = 0; j < halfwords; j++) {
            put(&generator, random_stream_u32(&generator.stream), 2);
        }
    }
}
