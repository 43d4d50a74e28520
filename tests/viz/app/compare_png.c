/* Compares two pictures: prints the share of pixels that differ by more than a tolerance in a
 * channel. With "--reduce FROM TO" it writes a picture with fewer colours, to be committed.
 * SPDX-License-Identifier: MIT
 */
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHANNELS    3
#define TOLERANCE   24 /* of 255 */
#define COLOUR_STEP 16

struct picture {
    png_image image;
    png_bytep pixels;
    size_t size;
};

static int fail(const char *what, const char *path)
{
    fprintf(stderr, "compare_png: %s: %s\n", path, what);
    exit(2);
}

static struct picture read_picture(const char *path)
{
    struct picture picture = { .image = { .version = PNG_IMAGE_VERSION } };
    if (!png_image_begin_read_from_file(&picture.image, path)) {
        fail(picture.image.message, path);
    }
    picture.image.format = PNG_FORMAT_RGB;
    picture.size = PNG_IMAGE_SIZE(picture.image);
    picture.pixels = malloc(picture.size);
    if (picture.pixels == NULL
            || !png_image_finish_read(&picture.image, NULL, picture.pixels, 0, NULL)) {
        fail("cannot be read", path);
    }
    return picture;
}

static int reduce(const char *from, const char *to)
{
    struct picture picture = read_picture(from);
    for (size_t i = 0; i < picture.size; i++) {
        unsigned value = (picture.pixels[i] + COLOUR_STEP / 2) / COLOUR_STEP * COLOUR_STEP;
        picture.pixels[i] = (png_byte)(value < 255 ? value : 255);
    }
    if (!png_image_write_to_file(&picture.image, to, 0, picture.pixels, 0, NULL)) {
        fail(picture.image.message, to);
    }
    free(picture.pixels);
    return 0;
}

static int differs(const png_byte *a, const png_byte *b)
{
    for (int c = 0; c < CHANNELS; c++) {
        if (abs(a[c] - b[c]) > TOLERANCE) {
            return 1;
        }
    }
    return 0;
}

static int compare(const char *path_a, const char *path_b)
{
    struct picture a = read_picture(path_a), b = read_picture(path_b);
    if (a.image.width != b.image.width || a.image.height != b.image.height) {
        fail("has another size", path_b);
    }
    size_t count = 0;
    for (size_t i = 0; i + CHANNELS <= a.size; i += CHANNELS) {
        count += (size_t)differs(a.pixels + i, b.pixels + i);
    }
    printf("%.6f\n", (double)count * CHANNELS / (double)a.size);
    free(a.pixels);
    free(b.pixels);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "--reduce") == 0) {
        return reduce(argv[2], argv[3]);
    }
    if (argc != 3) {
        fprintf(stderr, "Usage: compare_png A B | compare_png --reduce FROM TO\n");
        return 2;
    }
    return compare(argv[1], argv[2]);
}
