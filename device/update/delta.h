/* The delta image: a manifest, then a patch that makes the new code out of the running one.
 * SPDX-License-Identifier: MIT
 *
 * Little-endian. Bytes 0..95 are those of an image header (device/update/image.h) that says delta:
 * DELTA_MANIFEST_SIZE in place of the header's size, IMAGE_FLAG_DELTA, sizes of base and patch, and
 * the digest of the base; they are what the first signature covers. Everything else in them is that
 * of the target. The second signature is that of the target's own header, which the manifest's
 * fields make up. No signature covers the digest of the patch: that of the target does for what the
 * patch makes. With IMAGE_FLAG_ENCRYPTED the patch is encrypted (image_place.h), and so is the
 * target wherever it does not run.
 */
#ifndef DEVICE_UPDATE_DELTA_H
#define DEVICE_UPDATE_DELTA_H

#include "update/image_place.h"

#define IMAGE_FLAG_DELTA    1u
#define DELTA_MANIFEST_SIZE 240u
/* Byte offsets besides those of IMAGE_OFF_. */
#define DELTA_OFF_BASE_SIZE        24u  /* u32, bytes of code */
#define DELTA_OFF_PATCH_SIZE       28u  /* u32, bytes after the manifest */
#define DELTA_OFF_BASE_SHA256      64u  /* 32, over the base's code */
#define DELTA_OFF_SIGNATURE        96u  /* 64, over bytes 0..95 */
#define DELTA_OFF_TARGET_SIGNATURE 160u /* 64, of the target's header */
#define DELTA_OFF_PATCH_DIGEST     224u /* 12, the first of the plain patch's SHA-256 */

struct delta_info {
    struct image_info target;
    uint32_t base_size;
    uint32_t patch_size;
    uint8_t base_sha256[IMAGE_DIGEST_SIZE];
    uint8_t patch_digest[IMAGE_NONCE_SIZE];
    bool encrypted;
};

/* Reads a manifest out of its bytes. False: magic, format, flags or sizes wrong, or the target does
 * not fit `target_size_max` bytes with its header; `info` is all zero then. */
bool delta_manifest_parse(const uint8_t manifest[DELTA_MANIFEST_SIZE], uint32_t target_size_max,
        struct delta_info *info);

/* The header of the target image. */
void delta_target_header(
        const uint8_t manifest[DELTA_MANIFEST_SIZE], uint8_t header[IMAGE_HEADER_SIZE]);

#endif
