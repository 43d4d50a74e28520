/* Where code lies in flash, and whether it lies there encrypted.
 * SPDX-License-Identifier: MIT
 *
 * Encrypted code is AES-128 in counter mode (NIST SP 800-38A, 6.5) under the factory record's image
 * key. The first counter block is a nonce of 12 bytes, then a block number of 4 bytes, big-endian,
 * from 0 on. The nonce is the first 12 bytes of the SHA-256 of the plain code, so two contents
 * never share one. Headers and manifests are plain, and so is all code in internal flash: nothing
 * outside the MCU reads it there.
 */
#ifndef DEVICE_UPDATE_IMAGE_PLACE_H
#define DEVICE_UPDATE_IMAGE_PLACE_H

#include "update/image.h"

#define IMAGE_NONCE_SIZE   12u
#define IMAGE_CIPHER_BLOCK 16u
/* A HAL slot that no key of device/mac/mac.h has. */
#define IMAGE_KEY_SLOT (HAL_KEY_SLOTS - 1u)
/* One program call writes no more. */
#define IMAGE_PLACE_PIECE 256u

struct image_place {
    enum hal_flash_region region;
    uint32_t address; /* of the first byte of code */
    bool encrypted;
    uint8_t nonce[IMAGE_NONCE_SIZE];
};

/* A place whose code is plain. */
static inline struct image_place image_place_plain(enum hal_flash_region region, uint32_t address)
{
    return (struct image_place){ .region = region, .address = address };
}

/* The code of the image that runs. */
struct image_place image_place_running(void);

/* What lies at this place is encrypted from now on, unless that is internal flash; the nonce begins
 * the SHA-256 of it while plain. Loads the key; a reset forgets it. */
void image_place_encrypt(struct image_place *place, const struct hal *hal,
        const struct factory *factory, const uint8_t nonce[IMAGE_NONCE_SIZE]);

/* The place of the code after a header at `header_address`, as the header says. */
struct image_place image_place_of(const struct hal *hal, const struct factory *factory,
        enum hal_flash_region region, uint32_t header_address,
        const uint8_t header[IMAGE_HEADER_SIZE]);

/* Reads plain code. `offset` is a multiple of IMAGE_CIPHER_BLOCK. */
enum hal_status image_place_read(const struct hal *hal, const struct image_place *place,
        uint32_t offset, uint8_t *code, uint32_t size);

/* Programs plain code of at most IMAGE_PLACE_PIECE bytes. `offset` is a multiple of
 * IMAGE_CIPHER_BLOCK; else as flash_write(). */
enum hal_status image_place_program(const struct hal *hal, const struct image_place *place,
        uint32_t offset, const uint8_t *code, uint32_t size);

/* SHA-256 over the first `size` bytes of plain code. False: they can't be read. */
bool image_place_digest(const struct hal *hal, const struct image_place *place, uint32_t size,
        uint8_t digest[IMAGE_DIGEST_SIZE]);

#endif
