/* Manifests of delta images.
 * SPDX-License-Identifier: MIT
 */
#include "update/delta.h"

#include <string.h>

#include "bytes.h"

#define OFF_RESERVED (DELTA_OFF_PATCH_DIGEST + IMAGE_NONCE_SIZE)

_Static_assert(DELTA_OFF_TARGET_SIGNATURE + IMAGE_SIGNATURE_SIZE == DELTA_OFF_PATCH_DIGEST
                       && OFF_RESERVED + 4u == DELTA_MANIFEST_SIZE,
        "the manifest has no gaps");
_Static_assert(DELTA_OFF_BASE_SHA256 + IMAGE_DIGEST_SIZE == IMAGE_SIGNED_SIZE,
        "what is signed ends with the digest of the base");

void delta_target_header(
        const uint8_t manifest[DELTA_MANIFEST_SIZE], uint8_t header[IMAGE_HEADER_SIZE])
{
    memset(header, 0, IMAGE_HEADER_SIZE);
    memcpy(header, manifest, DELTA_OFF_BASE_SIZE);
    put_le16(header + IMAGE_OFF_HEADER_SIZE, IMAGE_HEADER_SIZE);
    put_le32(header + IMAGE_OFF_FLAGS, get_le32(manifest + IMAGE_OFF_FLAGS) & ~IMAGE_FLAG_DELTA);
    memcpy(header + IMAGE_OFF_SHA256, manifest + IMAGE_OFF_SHA256, IMAGE_DIGEST_SIZE);
    memcpy(header + IMAGE_OFF_SIGNATURE, manifest + DELTA_OFF_TARGET_SIGNATURE,
            IMAGE_SIGNATURE_SIZE);
}

bool delta_manifest_parse(const uint8_t manifest[DELTA_MANIFEST_SIZE], uint32_t target_size_max,
        struct delta_info *info)
{
    uint8_t header[IMAGE_HEADER_SIZE];
    *info = (struct delta_info){ 0 };
    delta_target_header(manifest, header);
    uint32_t base_size = get_le32(manifest + DELTA_OFF_BASE_SIZE);
    uint32_t patch_size = get_le32(manifest + DELTA_OFF_PATCH_SIZE);
    if (get_le16(manifest + IMAGE_OFF_HEADER_SIZE) != DELTA_MANIFEST_SIZE
            || (get_le32(manifest + IMAGE_OFF_FLAGS) & IMAGE_FLAG_DELTA) == 0 || base_size == 0
            || patch_size == 0 || get_le32(manifest + OFF_RESERVED) != 0
            || !image_header_parse(header, target_size_max, &info->target)) {
        return false;
    }
    info->base_size = base_size;
    info->patch_size = patch_size;
    info->encrypted = (get_le32(header + IMAGE_OFF_FLAGS) & IMAGE_FLAG_ENCRYPTED) != 0;
    memcpy(info->patch_digest, manifest + DELTA_OFF_PATCH_DIGEST, sizeof info->patch_digest);
    memcpy(info->base_sha256, manifest + DELTA_OFF_BASE_SHA256, sizeof info->base_sha256);
    return true;
}
