/* The images of a run: what devices run at first, and what campaigns send.
 * SPDX-License-Identifier: MIT
 */
#ifndef WORLD_WORLD_IMAGES_H
#define WORLD_WORLD_IMAGES_H

#include "world/world.h"

/* The image that devices run at first, and the keys that their factory gives them for images. */
struct world_factory {
    struct built_image image;
    uint8_t public_key[32];
    uint8_t encryption_key[16];
};

/* Builds the image of each campaign, and the one that devices run at first: firmware.base at
 * version 1.0.0; the caller frees its bytes. False: `error` says why. */
bool world_build_images(
        struct world *world, struct world_factory *factory, char *error, size_t error_size);
void world_free_images(struct world *world);

#endif
