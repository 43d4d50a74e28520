/* Writes an image into the running slot.
 * SPDX-License-Identifier: MIT
 */
#ifndef DEVICE_UPDATE_INSTALL_H
#define DEVICE_UPDATE_INSTALL_H

#include "update/image_place.h"

/* An image whose header was verified: what is in RAM counts, not what its place reads later. */
struct install_source {
    struct image_place place;
    uint8_t header[IMAGE_HEADER_SIZE];
    struct image_info info; /* of the header */
};

/* Copies the code, compares its digest, then writes the header. False: the flash does not take the
 * bytes; the slot has no header then. A cut at any operation leaves a slot without header, one
 * whose first erase had not begun, or a whole one. */
bool install_image(const struct hal *hal, const struct install_source *from);

#endif
