/* The fragments of a device's block as a grid of cells, N = 1 in the upper left corner, row by row.
 * SPDX-License-Identifier: MIT
 */
#ifndef VIEW_FRAGMENT_BITMAP_H
#define VIEW_FRAGMENT_BITMAP_H

#include "draw/canvas.h"
#include "draw/theme.h"
#include "watch/scene.h"

/* More fragments than TS004 can number, 2^14 - 1 (section 3.2), are not drawn. */
#define FRAGMENT_CELLS_MAX 16384u

struct fragment_grid {
    uint32_t columns, rows;
    float cell; /* side, points */
};

/* The largest square cells, of 10 points at most, with which `count` (1 or more) fit into a box. */
struct fragment_grid fragment_grid_fit(uint32_t count, float width, float height);

/* Returns the height used, at most `height`; at `at` is the upper left corner. */
float fragment_bitmap_draw(const struct scene_detail *detail, enum theme_kind theme,
        struct canvas *canvas, struct point at, float width, float height);

#endif
