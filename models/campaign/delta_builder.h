/* Builds delta images: a manifest and a patch.
 * SPDX-License-Identifier: MIT
 *
 * The format is documented in device/update/delta.h; this is a second implementation of it from
 * that document.
 */
#ifndef CAMPAIGN_DELTA_BUILDER_H
#define CAMPAIGN_DELTA_BUILDER_H

#include "campaign/patch_builder.h"

#define DELTA_BUILDER_MANIFEST_SIZE 240u

struct delta_order {
    const uint8_t *base; /* code without header */
    uint32_t base_size;
    const uint8_t *target; /* likewise */
    uint32_t target_size;
    uint32_t version;
    uint32_t hardware_id;
    const uint8_t *ed25519_private_key; /* NULL: the signatures are zeros */
    const uint8_t *encryption_key;      /* 16 bytes; NULL: the patch stays plain */
};

/* First bytes of the digest of its base, of a delta image as delta_build() makes it. */
void delta_base_digest(const uint8_t *delta, uint8_t digest_start[8]);

/* False as of patch_build(). */
bool delta_build(const struct delta_order *order, struct built_patch *delta);

#endif
