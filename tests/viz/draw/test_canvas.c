/* Goal: what is drawn stands where it was asked for, in the colour asked for, and nowhere else.
 * Method: pictures in memory, saved as PNG and read back with libpng; pixels are computed from the
 * call alone (geometry; alpha by the formula of "over", Porter and Duff 1984).
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "draw/canvas.h"
#include "support/picture.h"

static const struct colour black = { 0, 0, 0, 255 }, white = { 255, 255, 255, 255 };
static const struct colour red = { 200, 30, 10, 255 }, blue = { 10, 60, 220, 255 };

#define WIDTH  200
#define HEIGHT 120

static struct canvas *start(float scale)
{
    char error[200] = "";
    struct canvas *canvas = canvas_create_picture(WIDTH, HEIGHT, scale, error, sizeof error);
    cr_assert_not_null(canvas, "%s", error);
    canvas_begin(canvas, black);
    return canvas;
}

static struct picture finish(struct canvas *canvas)
{
    canvas_end(canvas);
    struct picture picture = picture_of(canvas);
    canvas_destroy(canvas);
    return picture;
}

static void expect(const struct picture *picture, int x, int y, struct colour colour)
{
    struct colour got = picture_at(picture, x, y);
    cr_expect(colour_distance(got, colour) <= 2, "at %d, %d: %d %d %d, not %d %d %d", x, y, got.r,
            got.g, got.b, colour.r, colour.g, colour.b);
}

/* Ink outside of a box. */
static unsigned ink_beyond(const struct picture *picture, struct box box)
{
    struct box all = { 0, 0, (float)picture->width, (float)picture->height };
    return picture_ink(picture, all, black, 0) - picture_ink(picture, box, black, 0);
}

Test(canvas, a_picture_has_its_size_in_points_times_scale)
{
    struct canvas *canvas = start(2.0f);
    struct box box = canvas_box(canvas);
    cr_expect(box.width == WIDTH && box.height == HEIGHT);
    cr_expect_float_eq(canvas_scale(canvas), 2.0f, 1e-6f);
    cr_expect_not(canvas_accelerated(canvas));
    struct picture picture = finish(canvas);
    cr_expect_eq(picture.width, 2 * WIDTH);
    cr_expect_eq(picture.height, 2 * HEIGHT);
    expect(&picture, 0, 0, black);
    picture_free(&picture);
}

Test(canvas, a_filled_box_covers_exactly_its_pixels)
{
    struct canvas *canvas = start(1.0f);
    canvas_fill(canvas, (struct box){ 10, 20, 30, 15 }, red);
    struct picture picture = finish(canvas);
    cr_expect_eq(picture_ink(&picture, (struct box){ 10, 20, 30, 15 }, black, 0), 30 * 15);
    cr_expect_eq(ink_beyond(&picture, (struct box){ 10, 20, 30, 15 }), 0);
    expect(&picture, 10, 20, red);
    expect(&picture, 39, 34, red);
    picture_free(&picture);
}

Test(canvas, alpha_lays_a_colour_over_what_is_there)
{
    struct canvas *canvas = start(1.0f);
    canvas_fill(canvas, (struct box){ 0, 0, 50, 50 }, blue);
    canvas_fill(canvas, (struct box){ 0, 0, 50, 50 }, (struct colour){ 200, 30, 10, 64 });
    struct picture picture = finish(canvas);
    double part = 64.0 / 255;
    expect(&picture, 25, 25,
            (struct colour){ (uint8_t)(200 * part + 10 * (1 - part)),
                    (uint8_t)(30 * part + 60 * (1 - part)), (uint8_t)(10 * part + 220 * (1 - part)),
                    255 });
    picture_free(&picture);
}

Test(canvas, a_frame_is_one_point_wide_and_hollow)
{
    struct canvas *canvas = start(2.0f);
    canvas_frame(canvas, (struct box){ 10, 10, 20, 20 }, red);
    struct picture picture = finish(canvas);
    expect(&picture, 20, 20, red);
    expect(&picture, 21, 21, red);
    expect(&picture, 22, 22, black);
    expect(&picture, 58, 58, red);
    expect(&picture, 59, 59, red);
    cr_expect_eq(
            picture_ink(&picture, (struct box){ 20, 20, 40, 40 }, black, 0), 40 * 40 - 36 * 36);
    cr_expect_eq(ink_beyond(&picture, (struct box){ 20, 20, 40, 40 }), 0);
    picture_free(&picture);
}

Test(canvas, a_disc_has_its_colour_inside_its_area_and_nothing_outside)
{
    for (int radius = 2; radius <= 40; radius += 19) { /* with a texture of its size, and scaled */
        struct canvas *canvas = start(1.0f);
        canvas_disc(canvas, (struct point){ 100, 60 }, (float)radius, red);
        struct picture picture = finish(canvas);
        double area = 0;
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                double away = hypot(x + 0.5 - 100, y + 0.5 - 60);
                area += picture_at(&picture, x, y).r / 200.0;
                if (away < radius - 1.5) {
                    expect(&picture, x, y, red);
                } else if (away > radius + 1.5) {
                    expect(&picture, x, y, black);
                }
            }
        }
        double right = acos(-1) * radius * radius;
        cr_expect_float_eq(area, right, 0.06 * right, "radius %d: area %g", radius, area);
        picture_free(&picture);
    }
}

Test(canvas, a_ring_is_as_wide_as_asked_and_hollow)
{
    struct canvas *canvas = start(1.0f);
    canvas_ring(canvas, (struct point){ 100, 60 }, 30, 4, red);
    struct picture picture = finish(canvas);
    expect(&picture, 100, 60, black);
    expect(&picture, 130, 60, red);
    expect(&picture, 100, 30, red);
    double area = 0;
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        area += picture.pixels[i].r / 200.0;
    }
    double right = acos(-1) * (32 * 32 - 28 * 28);
    cr_expect_float_eq(area, right, 0.05 * right, "area %g of %g", area, right);
    cr_expect_eq(ink_beyond(&picture, (struct box){ 66, 26, 69, 69 }), 0);
    picture_free(&picture);
}

/* Ink of a line, in pixels: its length times its width, for any slope and width. */
Test(canvas, a_line_has_the_ink_of_its_length_and_width)
{
    static const struct point ends[] = { { 190, 60 }, { 100, 110 }, { 180, 100 }, { 30, 20 } };
    for (size_t i = 0; i < 4; i++) {
        for (float width = 0.5f; width < 6; width *= 2) {
            struct canvas *canvas = start(1.0f);
            struct point from = { 100, 60 };
            canvas_line(canvas, from, ends[i], width, white);
            struct picture picture = finish(canvas);
            double ink = 0;
            for (int p = 0; p < WIDTH * HEIGHT; p++) {
                ink += picture.pixels[p].r / 255.0;
            }
            double right = hypot(ends[i].x - from.x, ends[i].y - from.y) * width;
            cr_expect_float_eq(
                    ink, right, 0.1 * right, "end %zu, width %g: %g of %g", i, width, ink, right);
            picture_free(&picture);
        }
    }
}

Test(canvas, a_long_line_reaches_its_end)
{
    char error[200];
    struct canvas *canvas = canvas_create_picture(4000, 20, 1.0f, error, sizeof error);
    cr_assert_not_null(canvas);
    canvas_begin(canvas, black);
    canvas_line(canvas, (struct point){ 2, 10.5f }, (struct point){ 3990, 10.5f }, 2, white);
    struct picture picture = finish(canvas);
    for (int x = 4; x < 3988; x++) {
        cr_assert(picture_at(&picture, x, 10).r > 200, "gap at %d", x);
    }
    expect(&picture, 3995, 10, black);
    picture_free(&picture);
}

Test(canvas, nothing_is_drawn_outside_of_the_clip)
{
    struct canvas *canvas = start(1.0f);
    struct box clip = { 40, 30, 60, 40 };
    canvas_clip(canvas, &clip);
    canvas_fill(canvas, (struct box){ 0, 0, WIDTH, HEIGHT }, red);
    canvas_disc(canvas, (struct point){ 40, 30 }, 25, blue);
    canvas_line(canvas, (struct point){ 0, 0 }, (struct point){ 199, 119 }, 5, white);
    canvas_ring(canvas, (struct point){ 100, 70 }, 20, 3, white);
    canvas_text(canvas, TEXT_TITLE, ALIGN_LEFT, (struct point){ 10, 60 }, white, "outside in");
    struct picture picture = finish(canvas);
    cr_expect_eq(picture_ink(&picture, clip, black, 0), 60 * 40);
    cr_expect_eq(ink_beyond(&picture, clip), 0);
    picture_free(&picture);
}

Test(canvas, the_next_clip_replaces_the_last)
{
    struct canvas *canvas = start(1.0f);
    canvas_clip(canvas, &(struct box){ 0, 0, 10, 10 });
    canvas_clip(canvas, NULL);
    canvas_fill(canvas, (struct box){ 50, 50, 10, 10 }, red);
    struct picture picture = finish(canvas);
    expect(&picture, 55, 55, red);
    picture_free(&picture);
}

Test(canvas, marks_stand_at_their_places_in_their_colours)
{
    struct canvas_mark marks[700]; /* more than go to SDL in one call */
    for (int i = 0; i < 700; i++) {
        marks[i] = (struct canvas_mark){ (float)(i % 50) * 4 + 2, (float)(i / 50) * 8 + 4, 3,
            i % 7 < 4 ? red : blue };
    }
    for (int squares = 0; squares < 2; squares++) {
        struct canvas *canvas = start(1.0f);
        canvas_marks(canvas, marks, 700, squares);
        struct picture picture = finish(canvas);
        for (int i = 0; i < 700; i++) {
            expect(&picture, i % 50 * 4 + 2, i / 50 * 8 + 4, i % 7 < 4 ? red : blue);
            expect(&picture, i % 50 * 4 + 2, i / 50 * 8, black);
        }
        picture_free(&picture);
    }
}

Test(canvas, large_marks_have_a_rim_of_their_hue_and_translucent_ones_none)
{
    struct canvas_mark marks[] = { { 50, 50, 20, red }, { 100, 50, 20, red } };
    marks[1].colour.a = 128;
    struct canvas *canvas = start(1.0f);
    canvas_marks(canvas, marks, 2, false);
    struct picture picture = finish(canvas);
    expect(&picture, 50, 50, red);
    struct colour rim = picture_at(&picture, 40, 50);
    cr_expect(rim.r > 90 && rim.r < 130, "%d of 200", rim.r);
    cr_expect_float_eq((double)rim.g / rim.r, 30.0 / 200, 0.02);
    cr_expect_float_eq(picture_at(&picture, 92, 50).r, picture_at(&picture, 100, 50).r, 3);
    picture_free(&picture);
}

Test(canvas, a_band_lies_between_its_two_lines)
{
    const float x[] = { 10, 110, 190 }, upper[] = { 20, 60, 40 }, lower[] = { 100, 80, 110 };
    struct canvas *canvas = start(1.0f);
    canvas_band(canvas, x, upper, lower, 3, red);
    struct picture picture = finish(canvas);
    for (int column = 0; column < WIDTH; column++) {
        double at = column + 0.5, top = 0, bottom = 0;
        if (at > 10 && at < 190) {
            double part = at < 110 ? (at - 10) / 100 : (at - 110) / 80;
            top = at < 110 ? 20 + 40 * part : 60 - 20 * part;
            bottom = at < 110 ? 100 - 20 * part : 80 + 30 * part;
        }
        unsigned ink = picture_ink(&picture, (struct box){ (float)column, 0, 1, HEIGHT }, black, 0);
        cr_expect_float_eq(
                ink, bottom - top, 1.001, "column %d: %u of %g", column, ink, bottom - top);
    }
    expect(&picture, 110, 70, red);
    picture_free(&picture);
}

Test(canvas, cells_fill_their_box_with_sharp_edges)
{
    const struct colour cells[] = { red, blue, white, { 0, 0, 0, 0 }, blue, red };
    struct canvas *canvas = start(1.0f);
    canvas_cells(canvas, (struct box){ 10, 10, 90, 60 }, cells, 3, 2);
    canvas_cells(canvas, (struct box){ 150, 10, 20, 20 }, &cells[1], 1, 1);
    struct picture picture = finish(canvas);
    expect(&picture, 10, 10, red);
    expect(&picture, 39, 39, red);
    expect(&picture, 40, 39, blue);
    expect(&picture, 70, 10, white);
    expect(&picture, 39, 40, black); /* transparent */
    expect(&picture, 99, 69, red);
    expect(&picture, 100, 69, black);
    expect(&picture, 160, 20, blue);
    picture_free(&picture);
}

/* Where the ink of a text is, in columns: from the first one to after the last one. */
static void extent(const struct picture *picture, int *from, int *to)
{
    *from = picture->width;
    *to = 0;
    for (int x = 0; x < picture->width; x++) {
        if (picture_ink(picture, (struct box){ (float)x, 0, 1, (float)picture->height }, black, 40)
                > 0) {
            *from = x < *from ? x : *from;
            *to = x + 1;
        }
    }
}

Test(canvas, text_has_its_ink_inside_of_its_box_however_it_is_aligned)
{
    const char *text = "Ag 12 \xc2\xb5J";
    for (int size = 0; size < TEXT_SIZE_COUNT; size++) {
        for (int align = ALIGN_LEFT; align <= ALIGN_RIGHT; align++) {
            struct canvas *canvas = start(1.0f);
            float width = canvas_text_width(canvas, size, text);
            float height = canvas_text_height(canvas, size);
            canvas_text(canvas, size, align, (struct point){ 100, 40 }, white, text);
            struct picture picture = finish(canvas);
            float left = 100
                         - (align == ALIGN_LEFT          ? 0
                                 : align == ALIGN_CENTRE ? width / 2
                                                         : width);
            struct box box = { floorf(left) - 1, 40, ceilf(width) + 2, height };
            cr_expect(picture_ink(&picture, box, black, 100) > 40);
            cr_expect_eq(ink_beyond(&picture, box), 0, "size %d, align %d", size, align);
            int from, to;
            extent(&picture, &from, &to);
            cr_expect((float)(to - from) > 0.9f * width, "ink is %d of %g wide", to - from, width);
            picture_free(&picture);
        }
    }
}

Test(canvas, text_grows_with_the_scale)
{
    struct canvas *one = start(1.0f), *two = start(2.0f);
    float at_one = canvas_text_width(one, TEXT_BODY, "12:34:56");
    float at_two = canvas_text_width(two, TEXT_BODY, "12:34:56");
    /* Each of the eight glyphs is as wide as whole pixels allow: half a point, a quarter. */
    cr_expect_float_eq(at_one, at_two, 8 * 0.75f, "points: %g, %g", at_one, at_two);
    canvas_destroy(one);
    canvas_destroy(two);
}

Test(canvas, what_is_no_utf_8_is_drawn_as_a_replacement)
{
    struct canvas *canvas = start(1.0f);
    float replaced = canvas_text_width(canvas, TEXT_BODY, "\xef\xbf\xbd");
    cr_expect_float_eq(canvas_text_width(canvas, TEXT_BODY, "\xff"), replaced, 0.01f);
    /* Cut short by the end of the text: nothing is read beyond it. */
    cr_expect_float_eq(canvas_text_width(canvas, TEXT_BODY, "\xe2"), replaced, 0.01f);
    cr_expect_float_eq(canvas_text_width(canvas, TEXT_BODY, "\xe2\x82"), 2 * replaced, 0.01f);
    canvas_destroy(canvas);
}

Test(canvas, more_glyphs_than_the_cache_holds_are_all_drawn)
{
    struct canvas *canvas = start(1.0f);
    char text[4] = { 0 };
    for (int character = 0x100; character < 0x580; character++) {
        text[0] = (char)(0xc0 | character >> 6);
        text[1] = (char)(0x80 | (character & 0x3f));
        canvas_begin(canvas, black);
        canvas_text(canvas, TEXT_TITLE, ALIGN_LEFT, (struct point){ 20, 20 }, white, text);
    }
    canvas_text(canvas, TEXT_TITLE, ALIGN_LEFT, (struct point){ 20, 20 }, white, "M");
    struct picture picture = finish(canvas);
    cr_expect(picture_ink(&picture, (struct box){ 20, 20, 20, 24 }, black, 100) > 30);
    picture_free(&picture);
}

Test(canvas, a_missing_font_is_named_with_what_to_do)
{
    char error[200] = "";
    setenv("FLEETCAST_FONTS", "/nowhere", 1);
    cr_expect_null(canvas_create_picture(WIDTH, HEIGHT, 1.0f, error, sizeof error));
    unsetenv("FLEETCAST_FONTS");
    cr_expect_str_eq(error, "no font DejaVuSans.ttf in /nowhere: install fonts-dejavu-core, or set "
                            "FLEETCAST_FONTS to a folder that has it");
}

Test(canvas, a_missing_display_is_named_with_what_to_do)
{
    static const char *const displays[] = { NULL, ":nowhere" };
    unsetenv("SDL_VIDEODRIVER");
    unsetenv("WAYLAND_DISPLAY");
    for (size_t i = 0; i < 2; i++) {
        char error[200] = "";
        unsetenv("DISPLAY");
        if (displays[i] != NULL) {
            setenv("DISPLAY", displays[i], 1);
        }
        cr_expect_null(canvas_create_window("test", WIDTH, HEIGHT, error, sizeof error));
        cr_expect_str_eq(error, "no display: set DISPLAY or WAYLAND_DISPLAY, or ask for a picture "
                                "with --screenshot");
    }
}

/* SDL's own driver without a display draws into memory. */
Test(canvas, a_window_is_drawn_on_and_saved_as_a_picture_is)
{
    char error[200] = "";
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    struct canvas *canvas = canvas_create_window("test", WIDTH, HEIGHT, error, sizeof error);
    cr_assert_not_null(canvas, "%s", error);
    canvas_begin(canvas, black);
    canvas_fill(canvas, (struct box){ 10, 20, 30, 15 }, red);
    struct picture picture = finish(canvas);
    cr_expect_eq(picture.width, WIDTH);
    cr_expect_eq(picture_ink(&picture, (struct box){ 10, 20, 30, 15 }, black, 0), 30 * 15);
    picture_free(&picture);
}

Test(canvas, a_picture_that_cannot_be_written_is_an_error_with_its_path)
{
    char error[200] = "";
    struct canvas *canvas = start(1.0f);
    canvas_end(canvas);
    cr_expect_not(canvas_save_png(canvas, "/nowhere/out.png", error, sizeof error));
    cr_expect_not_null(strstr(error, "/nowhere/out.png"), "%s", error);
    cr_expect_not(canvas_save_png(canvas, "/dev/full", error, sizeof error));
    canvas_destroy(canvas);
}
