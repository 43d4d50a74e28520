/* Builds signed firmware images and generates code that looks like firmware.
 * SPDX-License-Identifier: MIT
 *
 * The image format is documented in device/update/update.h; this is a second implementation of
 * it from that document.
 */
#ifndef CAMPAIGN_IMAGE_BUILDER_H
#define CAMPAIGN_IMAGE_BUILDER_H

#include <stdbool.h>
#include <stdint.h>

#define IMAGE_BUILDER_HEADER_SIZE  256u
#define IMAGE_BUILDER_AT_SIGNATURE 96u /* in the header; it covers the bytes before */

/* A block that a campaign sends: header and code. */
struct built_image {
    const uint8_t *bytes;
    uint32_t size_bytes;
};

/* Writes header and code. False: more than `out_size_max` bytes; then nothing was written. */
bool image_build(uint8_t *out, uint32_t out_size_max, uint32_t *out_size, const uint8_t *code,
        uint32_t code_size, uint32_t version, uint32_t hardware_id,
        const uint8_t ed25519_private_key[32]);

/* Writes the digest of the code into the header again, and leaves the signature as it is. False:
 * the first `size` bytes hold no full image with plain code; then nothing was written. */
bool image_digest_again(uint8_t *image, uint32_t size);

/* Says in the header of an image that its code is encrypted wherever it does not run, and signs the
 * header again. */
void image_mark_encrypted(uint8_t *image, const uint8_t ed25519_private_key[32]);

/* AES-128 in counter mode, in place (device/update/image_place.h). The nonce is the first 12 bytes
 * of the SHA-256 of the plain bytes. */
void image_encrypt(uint8_t *bytes, uint32_t size, const uint8_t key[16], const uint8_t nonce[12]);

/* Code with the byte statistics of Thumb firmware: a skewed choice of opcodes, addresses,
 * constants, strings, some padding. The same bytes for the same seed and size. */
void image_generate(uint8_t *code, uint32_t size, uint64_t seed);

/* The code as it may have been a revision earlier: of the same size, with a stretch moved by a few
 * bytes, addresses into it changed with it, and a few instructions in other places. */
void image_revise(const uint8_t *code, uint32_t size, uint64_t seed, uint8_t *earlier);

/* The Ed25519 key pair of a run. */
void image_key_pair(uint64_t seed, uint8_t private_key[32], uint8_t public_key[32]);

/* The key under which the images of a run are encrypted, the same for all devices. */
void image_encryption_key(uint64_t seed, uint8_t key[16]);

/* Version and first 8 bytes of the code's digest from an image's header. False: not an image. */
bool image_identity(
        const uint8_t *image, uint32_t size, uint32_t *version, uint8_t digest_start[8]);

#endif
