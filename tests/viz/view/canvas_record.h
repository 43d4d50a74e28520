/* A canvas that notes what is drawn on it, in place of draw/canvas.c: for tests without SDL.
 * SPDX-License-Identifier: MIT
 *
 * Text is as wide as 0.55 times its size for each character.
 */
#ifndef TESTS_CANVAS_RECORD_H
#define TESTS_CANVAS_RECORD_H

#include "draw/canvas.h"

enum drawn_kind {
    DRAWN_FILL,
    DRAWN_FRAME,
    DRAWN_LINE,
    DRAWN_DISC,
    DRAWN_RING,
    DRAWN_MARKS,
    DRAWN_BAND,
    DRAWN_CELLS,
    DRAWN_TEXT
};

struct drawn {
    enum drawn_kind kind;
    struct box box; /* that it covers; not cut by the clip */
    struct box clip;
    struct colour colour;
    char text[128];
};

#define DRAWN_MAX 65536u

struct canvas {
    struct box box, clip;
    uint32_t count;
    struct drawn drawn[DRAWN_MAX];
};

struct canvas *canvas_record_create(float width, float height);
/* The first text that holds `part`; NULL: none. */
const struct drawn *canvas_record_text(const struct canvas *canvas, const char *part);
/* Two texts that are seen one over the other, as "'one' and 'other'". False: there are none. */
bool canvas_record_overlap(const struct canvas *canvas, char *which, size_t size);
/* A text that is seen beyond the canvas, or that its clip cuts at the left or right; likewise. */
bool canvas_record_cut(const struct canvas *canvas, char *which, size_t size);

#endif
