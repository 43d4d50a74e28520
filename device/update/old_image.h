/* The image that an install replaces: saved before the first erase, read back for a revert.
 * SPDX-License-Identifier: MIT
 *
 * It lies in the slot of the old image (flash_map.h) as an image does: its header, plain, then its
 * code, encrypted in SPI NOR (image_place.h). NVM_UPDATE_STATE holds the SHA-256 of its code:
 * nothing else is ever read back, however well it is signed.
 */
#ifndef DEVICE_UPDATE_OLD_IMAGE_H
#define DEVICE_UPDATE_OLD_IMAGE_H

#include "update/install.h"
#include "update/nvm.h"

enum old_image_saved {
    OLD_IMAGE_SAVED,
    OLD_IMAGE_NONE,  /* what runs is not signed by the key of the factory record: not worth it */
    OLD_IMAGE_FAILED /* the flash does not take it */
};

/* Saves the image that runs, whose code is known to be whole. Blocking. */
enum old_image_saved old_image_save(
        const struct hal *hal, const struct factory *factory, struct nvm *nvm);

/* True: the saved image is whole and authentic, and `from` describes it. */
bool old_image_load(const struct hal *hal, const struct factory *factory, const struct nvm *nvm,
        struct install_source *from);

#endif
