/* A surface to draw on: a window, or a picture in memory. The only header of drawing primitives;
 * its implementation alone (draw/canvas*.c) knows SDL.
 * SPDX-License-Identifier: MIT
 *
 * Lengths and places are in points, 1/1 pixel at the usual density and `canvas_scale()` pixels at a
 * high one; x to the right, y down. Colours are drawn over what is there by their alpha.
 */
#ifndef DRAW_CANVAS_H
#define DRAW_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct canvas;

struct colour {
    uint8_t r, g, b, a;
};

struct box {
    float x, y, width, height;
};

struct point {
    float x, y;
};

enum text_size {
    TEXT_SMALL, /* 11 points */
    TEXT_BODY,  /* 13 */
    TEXT_TITLE, /* 18 */
    TEXT_SIZE_COUNT
};

enum text_align {
    ALIGN_LEFT,
    ALIGN_CENTRE,
    ALIGN_RIGHT
};

/* One of many marks of a kind. */
struct canvas_mark {
    float x, y, size; /* centre and diameter */
    struct colour colour;
};

/* NULL: `error` says in one line what is missing (display, font) and what would be right. `scale`
 * is pixels per point of a picture; a window has that of its display. */
struct canvas *canvas_create_window(
        const char *title, int width, int height, char *error, size_t error_size);
struct canvas *canvas_create_picture(
        int width, int height, float scale, char *error, size_t error_size);
void canvas_destroy(struct canvas *canvas);

struct box canvas_box(const struct canvas *canvas); /* all of it, from 0, 0 */
float canvas_scale(const struct canvas *canvas);
/* The window has another size or density now. */
void canvas_resized(struct canvas *canvas);
/* Names the window; of a picture there is nothing to name. */
void canvas_set_title(struct canvas *canvas, const char *title);
/* True: the renderer is accelerated. */
bool canvas_accelerated(const struct canvas *canvas);

void canvas_begin(struct canvas *canvas, struct colour background);
void canvas_end(struct canvas *canvas); /* shows it */

/* Nothing is drawn outside of `box`, until the next call; NULL: no limit. */
void canvas_clip(struct canvas *canvas, const struct box *box);
void canvas_fill(struct canvas *canvas, struct box box, struct colour colour);
void canvas_frame(struct canvas *canvas, struct box box, struct colour colour); /* 1 point wide */
void canvas_line(struct canvas *canvas, struct point from, struct point to, float width,
        struct colour colour);
void canvas_disc(struct canvas *canvas, struct point centre, float radius, struct colour colour);
void canvas_ring(struct canvas *canvas, struct point centre, float radius, float width,
        struct colour colour);
/* Discs, or squares when `squares`. Opaque discs have a darker rim, which tells neighbours of one
 * colour apart, and pale colours from a light ground. One call for all of them is much cheaper than
 * one for each. */
void canvas_marks(
        struct canvas *canvas, const struct canvas_mark *marks, size_t count, bool squares);
/* The area between two lines over the same x: `count` points each. */
void canvas_band(struct canvas *canvas, const float *x, const float *upper, const float *lower,
        size_t count, struct colour colour);
/* columns x rows cells over a box, which may be much larger than the canvas; row by row. */
void canvas_cells(
        struct canvas *canvas, struct box box, const struct colour *pixels, int columns, int rows);

/* `at` is the left, middle or right of the upper edge of the text. UTF-8, one line. */
void canvas_text(struct canvas *canvas, enum text_size size, enum text_align align, struct point at,
        struct colour colour, const char *text);
float canvas_text_width(struct canvas *canvas, enum text_size size, const char *text);
float canvas_text_height(const struct canvas *canvas, enum text_size size);

/* What was drawn last, as a PNG, written whole or not at all. False: `error` says why. */
bool canvas_save_png(struct canvas *canvas, const char *path, char *error, size_t error_size);

#endif
