/* Builds delta images.
 * SPDX-License-Identifier: MIT
 */
#include "campaign/delta_builder.h"

#include <nettle/eddsa.h>
#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>

#include "network/wire.h"

/* Little-endian: magic u32, header size u16, format u16, size of the target u32, version u32,
 * hardware id u32, flags u32, size of the base u32, size of the patch u32, SHA-256 of the target,
 * of the base, signature of bytes 0..95, signature of the target's header. */
#define MAGIC               0x474D4946u
#define FORMAT              1u
#define FLAG_DELTA          1u
#define IMAGE_HEADER        256u
#define SIGNED_SIZE         96u
#define AT_HEADER_SIZE      4u
#define AT_FLAGS            20u
#define AT_BASE_SIZE        24u
#define AT_PATCH_SIZE       28u
#define AT_TARGET_SHA256    32u
#define AT_BASE_SHA256      64u
#define AT_SIGNATURE        96u
#define AT_TARGET_SIGNATURE 160u

static void put_digest(uint8_t *to, const uint8_t *bytes, uint32_t size)
{
    struct sha256_ctx sha;
    sha256_init(&sha);
    sha256_update(&sha, size, bytes);
    sha256_digest(&sha, SHA256_DIGEST_SIZE, to);
}

static void sign(uint8_t *manifest, const uint8_t *private_key)
{
    uint8_t public_key[ED25519_KEY_SIZE], header[SIGNED_SIZE];
    ed25519_sha512_public_key(public_key, private_key);
    ed25519_sha512_sign(public_key, private_key, SIGNED_SIZE, manifest, manifest + AT_SIGNATURE);
    /* The header of the target says neither delta nor base. */
    memcpy(header, manifest, SIGNED_SIZE);
    wire_put_u16(header + AT_HEADER_SIZE, IMAGE_HEADER);
    memset(header + AT_FLAGS, 0, AT_TARGET_SHA256 - AT_FLAGS);
    memset(header + AT_BASE_SHA256, 0, SHA256_DIGEST_SIZE);
    ed25519_sha512_sign(
            public_key, private_key, SIGNED_SIZE, header, manifest + AT_TARGET_SIGNATURE);
}

bool delta_build(const uint8_t *base, uint32_t base_size, const uint8_t *target,
        uint32_t target_size, uint32_t version, uint32_t hardware_id,
        const uint8_t *ed25519_private_key, struct built_patch *delta)
{
    struct built_patch patch;
    if (!patch_build(base, base_size, target, target_size, &patch)) {
        return false;
    }
    uint8_t *bytes = realloc(patch.bytes, DELTA_BUILDER_MANIFEST_SIZE + patch.size);
    if (bytes == NULL) {
        free(patch.bytes);
        return false;
    }
    memmove(bytes + DELTA_BUILDER_MANIFEST_SIZE, bytes, patch.size);
    memset(bytes, 0, DELTA_BUILDER_MANIFEST_SIZE);
    wire_put_u32(bytes, MAGIC);
    wire_put_u16(bytes + AT_HEADER_SIZE, DELTA_BUILDER_MANIFEST_SIZE);
    wire_put_u16(bytes + 6, FORMAT);
    wire_put_u32(bytes + 8, target_size);
    wire_put_u32(bytes + 12, version);
    wire_put_u32(bytes + 16, hardware_id);
    wire_put_u32(bytes + AT_FLAGS, FLAG_DELTA);
    wire_put_u32(bytes + AT_BASE_SIZE, base_size);
    wire_put_u32(bytes + AT_PATCH_SIZE, patch.size);
    put_digest(bytes + AT_TARGET_SHA256, target, target_size);
    put_digest(bytes + AT_BASE_SHA256, base, base_size);
    if (ed25519_private_key != NULL) {
        sign(bytes, ed25519_private_key);
    }
    *delta = (struct built_patch){ bytes, DELTA_BUILDER_MANIFEST_SIZE + patch.size };
    return true;
}
