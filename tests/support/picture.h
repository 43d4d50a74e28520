/* Pictures that were saved as PNG, read back with libpng.
 * SPDX-License-Identifier: MIT
 */
#ifndef SUPPORT_PICTURE_H
#define SUPPORT_PICTURE_H

#include "draw/canvas.h"

struct picture {
    int width, height;
    struct colour *pixels; /* row by row */
};

/* Saves the canvas in a temporary file and reads it back. Fails the test when it cannot. */
struct picture picture_of(struct canvas *canvas);
/* Fails the test when there is no such PNG. */
struct picture picture_read(const char *path);
void picture_free(struct picture *picture);

struct colour picture_at(const struct picture *picture, int x, int y);
/* Largest difference of a channel. */
int colour_distance(struct colour a, struct colour b);
/* Pixels of a box (in pixels) that differ from `background` by more than `tolerance`. */
unsigned picture_ink(
        const struct picture *picture, struct box box, struct colour background, int tolerance);

#endif
