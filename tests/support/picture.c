/* Pictures read back: libpng by its simplified interface.
 * SPDX-License-Identifier: MIT
 */
#include "support/picture.h"

#include <criterion/criterion.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct picture picture_read(const char *path)
{
    png_image image = { .version = PNG_IMAGE_VERSION };
    cr_assert(png_image_begin_read_from_file(&image, path), "%s: %s", path, image.message);
    image.format = PNG_FORMAT_RGBA;
    struct picture picture = { (int)image.width, (int)image.height, malloc(PNG_IMAGE_SIZE(image)) };
    cr_assert_not_null(picture.pixels);
    cr_assert(png_image_finish_read(&image, NULL, picture.pixels, 0, NULL), "%s: %s", path,
            image.message);
    return picture;
}

struct picture picture_of(struct canvas *canvas)
{
    char path[] = "/tmp/picture.XXXXXX", error[200];
    int descriptor = mkstemp(path);
    cr_assert(descriptor >= 0);
    close(descriptor);
    cr_assert(canvas_save_png(canvas, path, error, sizeof error), "%s", error);
    struct picture picture = picture_read(path);
    unlink(path);
    return picture;
}

void picture_free(struct picture *picture)
{
    free(picture->pixels);
    picture->pixels = NULL;
}

struct colour picture_at(const struct picture *picture, int x, int y)
{
    cr_assert(x >= 0 && x < picture->width && y >= 0 && y < picture->height, "%d, %d", x, y);
    return picture->pixels[y * picture->width + x];
}

int colour_distance(struct colour a, struct colour b)
{
    int red = abs(a.r - b.r), green = abs(a.g - b.g), blue = abs(a.b - b.b);
    int most = red > green ? red : green;
    return most > blue ? most : blue;
}

unsigned picture_ink(
        const struct picture *picture, struct box box, struct colour background, int tolerance)
{
    unsigned ink = 0;
    for (int y = (int)box.y; y < (int)(box.y + box.height); y++) {
        for (int x = (int)box.x; x < (int)(box.x + box.width); x++) {
            ink += colour_distance(picture_at(picture, x, y), background) > tolerance;
        }
    }
    return ink;
}
