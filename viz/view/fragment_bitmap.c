/* Fragments as cells.
 * SPDX-License-Identifier: MIT
 */
#include "view/fragment_bitmap.h"

#include <math.h>

#include "view/mark_colour.h"

#define CELL_MAX 10.0f
#define CELL_MIN 0.5f
#define RULED    5.0f /* cells from this size on have lines between them */

struct fragment_grid fragment_grid_fit(uint32_t count, float width, float height)
{
    /* Cells as large as the area allows; then smaller, until the last row fits too. */
    float cell = sqrtf(width * height / (float)count);
    cell = cell < CELL_MAX ? cell : CELL_MAX;
    struct fragment_grid grid;
    do {
        cell = cell > CELL_MIN ? cell : CELL_MIN;
        grid.columns = (uint32_t)(width / cell);
        grid.columns = grid.columns > 1 ? grid.columns : 1;
        grid.rows = (count + grid.columns - 1) / grid.columns;
        grid.cell = cell;
        cell *= 0.99f;
    } while ((float)grid.rows * grid.cell > height && grid.cell > CELL_MIN);
    return grid;
}

static void draw_rules(const struct fragment_grid *grid, struct canvas *canvas, struct box box,
        struct colour colour)
{
    for (uint32_t i = 1; i < grid->columns; i++) {
        canvas_fill(canvas,
                (struct box){ box.x + grid->cell * (float)i - 1.0f, box.y, 1.0f, box.height },
                colour);
    }
    for (uint32_t i = 1; i < grid->rows; i++) {
        canvas_fill(canvas,
                (struct box){ box.x, box.y + grid->cell * (float)i - 1.0f, box.width, 1.0f },
                colour);
    }
}

float fragment_bitmap_draw(const struct scene_detail *detail, enum theme_kind theme,
        struct canvas *canvas, struct point at, float width, float height)
{
    struct colour pixels[FRAGMENT_CELLS_MAX];
    uint32_t count = detail->fragment_count;
    if (count == 0 || width < 1.0f || height < 1.0f) {
        return 0.0f;
    }
    struct fragment_grid grid = fragment_grid_fit(count, width, height);
    if (grid.columns * grid.rows > FRAGMENT_CELLS_MAX) {
        return 0.0f;
    }
    for (uint32_t i = 0; i < grid.columns * grid.rows; i++) {
        const struct fragment_cell *cell = &detail->fragments[i];
        pixels[i] = i < count ? mark_colour_of_fragment(theme, cell->state, cell->cause)
                              : themes[theme].panel;
    }
    struct box box = { at.x, at.y, grid.cell * (float)grid.columns, grid.cell * (float)grid.rows };
    canvas_cells(canvas, box, pixels, (int)grid.columns, (int)grid.rows);
    if (grid.cell >= RULED) {
        draw_rules(&grid, canvas, box, themes[theme].panel);
    }
    return box.height;
}
