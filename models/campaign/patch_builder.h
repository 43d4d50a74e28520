/* Builds delta patches.
 * SPDX-License-Identifier: MIT
 *
 * The format is documented in device/update/patch.h; this is a second implementation of it from
 * that document.
 */
#ifndef CAMPAIGN_PATCH_BUILDER_H
#define CAMPAIGN_PATCH_BUILDER_H

#include <stdbool.h>
#include <stdint.h>

/* Of base and target, so that every number of the format fits. */
#define PATCH_BUILDER_SIZE_MAX (1u << 26)

struct built_patch {
    uint8_t *bytes; /* free() */
    uint32_t size;
};

/* The patch that makes `target` out of `base`; the same bytes each time. False: out of memory, or a
 * size of 0 or above PATCH_BUILDER_SIZE_MAX. Sorts the suffixes of the base (libdivsufsort), as
 * bsdiff does (C. Percival, "Naive differences of executable code", 2003). */
bool patch_build(const uint8_t *base, uint32_t base_size, const uint8_t *target,
        uint32_t target_size, struct built_patch *patch);

#endif
