/* The firmware image: its header in flash and what the header says.
 * SPDX-License-Identifier: MIT
 *
 * Little-endian: header of IMAGE_HEADER_SIZE bytes, then `image_size` bytes of code. The
 * signature is Ed25519 over header bytes 0..95, which hold the SHA-256 of the code.
 */
#ifndef DEVICE_UPDATE_IMAGE_H
#define DEVICE_UPDATE_IMAGE_H

#include "hal.h"
#include "update/factory.h"

#define IMAGE_MAGIC       0x474D4946u /* "FIMG" */
#define IMAGE_FORMAT      1u
#define IMAGE_HEADER_SIZE 256u /* the vector table after it stays aligned */
/* Byte offsets in the header; bytes not named are 0. */
#define IMAGE_OFF_MAGIC       0u
#define IMAGE_OFF_HEADER_SIZE 4u  /* u16 */
#define IMAGE_OFF_FORMAT      6u  /* u16, 1 */
#define IMAGE_OFF_IMAGE_SIZE  8u  /* u32, bytes after the header */
#define IMAGE_OFF_VERSION     12u /* u32: major << 24 | minor << 16 | patch */
#define IMAGE_OFF_HARDWARE_ID 16u /* u32 */
#define IMAGE_OFF_FLAGS       20u /* u32, IMAGE_FLAG_ bits; 0: a full image, plain */
#define IMAGE_OFF_SHA256      32u /* 32, over the image bytes */
#define IMAGE_OFF_SIGNATURE   96u /* 64 */
#define IMAGE_SIGNED_SIZE     96u
#define IMAGE_DIGEST_SIZE     32u
#define IMAGE_SIGNATURE_SIZE  64u
/* 1 is that of delta images (device/update/delta.h). */
#define IMAGE_FLAG_ENCRYPTED 2u /* the code is, except where it runs (image_place.h) */

struct image_info {
    uint32_t version;
    uint32_t image_size; /* without header */
    uint32_t hardware_id;
    uint8_t sha256[IMAGE_DIGEST_SIZE];
};

/* Reads a header out of its bytes. False: magic, format or flags wrong, a byte that is neither
 * signed nor the signature is not 0, or header and code do not fit `size_max` bytes; `info` is all
 * zero then. */
bool image_header_parse(
        const uint8_t header[IMAGE_HEADER_SIZE], uint32_t size_max, struct image_info *info);

/* True when the header's signature is that of the key in the factory record. */
bool image_signature_valid(const struct hal *hal, const struct factory *factory,
        const uint8_t header[IMAGE_HEADER_SIZE]);

#endif
