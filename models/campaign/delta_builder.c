/* Builds delta images.
 * SPDX-License-Identifier: MIT
 */
#include "campaign/delta_builder.h"

#include <assert.h>
#include <nettle/eddsa.h>
#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>

#include "campaign/image_builder.h"
#include "network/wire.h"

/* Little-endian: magic u32, header size u16, format u16, size of the target u32, version u32,
 * hardware id u32, flags u32, size of the base u32, size of the patch u32, SHA-256 of the target,
 * of the base, signature of bytes 0..95, signature of the target's header, first 12 bytes of the
 * SHA-256 of the plain patch, 4 zeros. */
#define MAGIC               0x474D4946u
#define FORMAT              1u
#define FLAG_DELTA          1u
#define FLAG_ENCRYPTED      2u
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
#define AT_PATCH_DIGEST     224u
#define PATCH_DIGEST_SIZE   12u

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
    wire_put_u32(header + AT_FLAGS, wire_u32(manifest + AT_FLAGS) & ~FLAG_DELTA);
    memset(header + AT_BASE_SHA256, 0, SHA256_DIGEST_SIZE);
    ed25519_sha512_sign(
            public_key, private_key, SIGNED_SIZE, header, manifest + AT_TARGET_SIGNATURE);
}

static void put_manifest(const struct delta_order *order, uint32_t patch_size, uint8_t *manifest)
{
    memset(manifest, 0, DELTA_BUILDER_MANIFEST_SIZE);
    wire_put_u32(manifest, MAGIC);
    wire_put_u16(manifest + AT_HEADER_SIZE, DELTA_BUILDER_MANIFEST_SIZE);
    wire_put_u16(manifest + 6, FORMAT);
    wire_put_u32(manifest + 8, order->target_size);
    wire_put_u32(manifest + 12, order->version);
    wire_put_u32(manifest + 16, order->hardware_id);
    wire_put_u32(manifest + AT_FLAGS,
            FLAG_DELTA | (order->encryption_key != NULL ? FLAG_ENCRYPTED : 0u));
    wire_put_u32(manifest + AT_BASE_SIZE, order->base_size);
    wire_put_u32(manifest + AT_PATCH_SIZE, patch_size);
    put_digest(manifest + AT_TARGET_SHA256, order->target, order->target_size);
    put_digest(manifest + AT_BASE_SHA256, order->base, order->base_size);
    if (order->ed25519_private_key != NULL) {
        sign(manifest, order->ed25519_private_key);
    }
}

bool delta_build(const struct delta_order *order, struct built_patch *delta)
{
    struct built_patch patch;
    if (!patch_build(order->base, order->base_size, order->target, order->target_size, &patch)) {
        return false;
    }
    uint8_t *bytes = realloc(patch.bytes, DELTA_BUILDER_MANIFEST_SIZE + patch.size);
    if (bytes == NULL) {
        free(patch.bytes);
        return false;
    }
    uint8_t *body = bytes + DELTA_BUILDER_MANIFEST_SIZE;
    uint8_t digest[SHA256_DIGEST_SIZE];
    memmove(body, bytes, patch.size);
    put_manifest(order, patch.size, bytes);
    put_digest(digest, body, patch.size);
    memcpy(bytes + AT_PATCH_DIGEST, digest, PATCH_DIGEST_SIZE);
    if (order->encryption_key != NULL) {
        image_encrypt(body, patch.size, order->encryption_key, digest);
    }
    *delta = (struct built_patch){ bytes, DELTA_BUILDER_MANIFEST_SIZE + patch.size };
    return true;
}

void delta_base_digest(const uint8_t *delta, uint8_t digest_start[8])
{
    assert((wire_u32(delta + AT_FLAGS) & FLAG_DELTA) != 0);
    memcpy(digest_start, delta + AT_BASE_SHA256, 8);
}
