/* Applies delta images with the firmware's own code, in memory.
 * SPDX-License-Identifier: MIT
 */
#ifndef FIRMWARE_DELTA_APPLY_H
#define FIRMWARE_DELTA_APPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a manifest says. */
struct delta_facts {
    uint32_t version, hardware_id;
    uint32_t base_size, target_size, patch_size;
    uint8_t base_sha256[32], target_sha256[32];
    bool is_encrypted;
    bool is_signed; /* the signatures are not all zeros; they are not checked */
};

#define DELTA_TARGET_SIZE_MAX (1u << 26)

/* False: `delta` is no delta image, or not as long as it says. */
bool delta_read_facts(const uint8_t *delta, size_t size, struct delta_facts *facts);

/* Makes the code of the target out of that of the base. NULL: `error` says why: the base is not the
 * one that the manifest names, the patch is encrypted or damaged, or out of memory. The caller
 * frees the `facts->target_size` bytes. */
uint8_t *delta_apply(const uint8_t *base, size_t base_size, const uint8_t *delta, size_t size,
        struct delta_facts *facts, char *error, size_t error_size);

#endif
