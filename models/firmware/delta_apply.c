/* Applies delta images with the firmware's own code.
 * SPDX-License-Identifier: MIT
 */
#include "firmware/delta_apply.h"

#include <assert.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "update/delta.h"
#include "update/patch.h"

/* A board that is nothing but the base in its flash. */
struct base_flash {
    const uint8_t *bytes;
    size_t size;
};

static enum hal_status read_base(
        void *board, enum hal_flash_region region, uint32_t address, void *data, size_t size)
{
    const struct base_flash *flash = board;
    (void)region;
    if (address > flash->size || size > flash->size - address) {
        return HAL_ERR_RANGE;
    }
    memcpy(data, flash->bytes + address, size);
    return HAL_OK;
}

static void panic(void *board, const char *file, int line)
{
    (void)board, (void)file, (void)line;
    assert(false); /* the decoder broke an invariant of its own */
}

static const struct hal_ops base_ops = {
    .version = HAL_OPS_VERSION,
    .size = sizeof(struct hal_ops),
    .flash_read = read_base,
    .panic = panic,
};

bool delta_read_facts(const uint8_t *delta, size_t size, struct delta_facts *facts)
{
    struct delta_info info;
    *facts = (struct delta_facts){ 0 };
    if (size < DELTA_MANIFEST_SIZE || !delta_manifest_parse(delta, DELTA_TARGET_SIZE_MAX, &info)
            || size - DELTA_MANIFEST_SIZE != info.patch_size) {
        return false;
    }
    facts->version = info.target.version;
    facts->hardware_id = info.target.hardware_id;
    facts->base_size = info.base_size;
    facts->target_size = info.target.image_size;
    facts->patch_size = info.patch_size;
    memcpy(facts->base_sha256, info.base_sha256, sizeof facts->base_sha256);
    memcpy(facts->target_sha256, info.target.sha256, sizeof facts->target_sha256);
    facts->is_encrypted = info.encrypted;
    for (size_t i = DELTA_OFF_SIGNATURE; i < DELTA_OFF_PATCH_DIGEST; i++) {
        facts->is_signed = facts->is_signed || delta[i] != 0;
    }
    return true;
}

static bool has_digest(const uint8_t *bytes, size_t size, const uint8_t digest[32])
{
    uint8_t actual[SHA256_DIGEST_SIZE];
    struct sha256_ctx sha;
    sha256_init(&sha);
    sha256_update(&sha, size, bytes);
    sha256_digest(&sha, sizeof actual, actual);
    return memcmp(actual, digest, sizeof actual) == 0;
}

static bool decode(const struct base_flash *flash, const uint8_t *bytes, uint8_t *target,
        const struct delta_facts *facts)
{
    struct base_flash board = *flash;
    const struct hal hal = { &board, &base_ops };
    const struct patch_base base = { HAL_FLASH_INTERNAL, 0, facts->base_size };
    struct patch patch;
    struct patch_piece piece = {
        .in = bytes, .in_size = facts->patch_size, .out = target, .out_size = facts->target_size
    };
    patch_begin(&patch, &base, facts->target_size);
    return patch_continue(&patch, &hal, &piece) == PATCH_DONE
           && has_digest(target, facts->target_size, facts->target_sha256);
}

uint8_t *delta_apply(const uint8_t *base, size_t base_size, const uint8_t *delta, size_t size,
        struct delta_facts *facts, char *error, size_t error_size)
{
    const struct base_flash flash = { base, base_size };
    if (!delta_read_facts(delta, size, facts)) {
        snprintf(error, error_size, "it is no delta image, or not whole");
        return NULL;
    }
    if (facts->is_encrypted) {
        snprintf(error, error_size, "the patch is encrypted");
        return NULL;
    }
    if (base_size != facts->base_size || !has_digest(base, base_size, facts->base_sha256)) {
        snprintf(error, error_size, "it is a patch of another base: one of %u bytes",
                facts->base_size);
        return NULL;
    }
    uint8_t *target = malloc(facts->target_size);
    if (target == NULL) {
        snprintf(error, error_size, "out of memory");
        return NULL;
    }
    if (!decode(&flash, delta + DELTA_MANIFEST_SIZE, target, facts)) {
        snprintf(error, error_size, "the patch is damaged");
        free(target);
        return NULL;
    }
    return target;
}
