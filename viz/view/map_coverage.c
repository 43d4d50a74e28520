/* Coverage on the map: which gateway is strongest where, and how far data rates reach.
 * SPDX-License-Identifier: MIT
 */
#include "view/map_internal.h"

#define ALPHA_LEAST 0x18 /* at the edge of coverage */
#define ALPHA_MOST  0x70
#define STRONG_MDB  40000 /* above what is needed: solid */
#define EDGE_WIDTH  1.5f

struct colour map_edge_colour(enum theme_kind theme, unsigned edge)
{
    return edge == 0 ? themes[theme].text : themes[theme].accent;
}

/* A corner of the grid of cells' middles, on the map. */
static struct point middle_of(
        const struct view *view, const struct scene_coverage *coverage, float column, float row)
{
    return map_point(view, (double)(coverage->left_m + (column + 0.5f) * coverage->cell_m),
            (double)(coverage->bottom_m + (row + 0.5f) * coverage->cell_m));
}

static struct colour cell_colour(
        const struct view *view, const struct scene_coverage *coverage, uint32_t cell)
{
    int32_t above_mdb = coverage->level_mdbm[cell] - coverage->needed_mdbm[0];
    if (above_mdb < 0) {
        return (struct colour){ 0, 0, 0, 0 };
    }
    int32_t strong_mdb = above_mdb < STRONG_MDB ? above_mdb : STRONG_MDB;
    return colour_with_alpha(palette_category(view->theme, coverage->gateways[cell]),
            (uint8_t)(ALPHA_LEAST + (ALPHA_MOST - ALPHA_LEAST) * strong_mdb / STRONG_MDB));
}

static void draw_cells(
        const struct view *view, const struct scene_coverage *coverage, struct canvas *canvas)
{
    struct colour pixels[SCENE_COVERAGE_SIDE * SCENE_COVERAGE_SIDE]; /* from the north */
    for (uint32_t row = 0; row < coverage->rows; row++) {
        for (uint32_t column = 0; column < coverage->columns; column++) {
            pixels[(coverage->rows - 1u - row) * coverage->columns + column] =
                    cell_colour(view, coverage, row * coverage->columns + column);
        }
    }
    struct point low = middle_of(view, coverage, -0.5f, -0.5f);
    struct point high = middle_of(
            view, coverage, (float)coverage->columns - 0.5f, (float)coverage->rows - 0.5f);
    canvas_cells(canvas, (struct box){ low.x, high.y, high.x - low.x, low.y - high.y }, pixels,
            coverage->columns, coverage->rows);
}

/* Where a level crosses the side between two corners of a square; false: it does not. */
static bool crossing(const int32_t above_mdb[4], const float corners[4][2], unsigned side,
        float *column, float *row)
{
    unsigned a = side, b = (side + 1) % 4;
    if ((above_mdb[a] >= 0) == (above_mdb[b] >= 0)) {
        return false;
    }
    float part = (float)above_mdb[a] / (float)(above_mdb[a] - above_mdb[b]);
    *column = corners[a][0] + part * (corners[b][0] - corners[a][0]);
    *row = corners[a][1] + part * (corners[b][1] - corners[a][1]);
    return true;
}

/* Marching squares: one square between the middles of four cells. Two lines cross a saddle, as they
 * come. */
static void draw_square(const struct view *view, const struct scene_coverage *coverage,
        unsigned edge, uint32_t column, uint32_t row, struct canvas *canvas)
{
    const float x = (float)column, y = (float)row;
    const float corners[4][2] = { { x, y }, { x + 1, y }, { x + 1, y + 1 }, { x, y + 1 } };
    uint32_t cell = row * coverage->columns + column;
    const uint32_t cells[4] = { cell, cell + 1, cell + 1 + coverage->columns,
        cell + coverage->columns };
    int32_t above_mdb[4];
    for (unsigned i = 0; i < 4; i++) {
        above_mdb[i] = coverage->level_mdbm[cells[i]] - coverage->needed_mdbm[edge];
    }
    struct point ends[4];
    unsigned count = 0;
    for (unsigned side = 0; side < 4; side++) {
        float at_column, at_row;
        if (crossing(above_mdb, corners, side, &at_column, &at_row)) {
            ends[count++] = middle_of(view, coverage, at_column, at_row);
        }
    }
    for (unsigned i = 0; i + 1 < count; i += 2) {
        canvas_line(canvas, ends[i], ends[i + 1], EDGE_WIDTH, map_edge_colour(view->theme, edge));
    }
}

void map_draw_coverage(const struct view *view, const struct scene *scene, struct canvas *canvas)
{
    const struct scene_coverage *coverage = &scene->coverage;
    if (coverage->columns == 0) {
        return;
    }
    draw_cells(view, coverage, canvas);
    for (unsigned edge = 0; edge < SCENE_COVERAGE_EDGES; edge++) {
        for (uint32_t row = 0; row + 1 < coverage->rows; row++) {
            for (uint32_t column = 0; column + 1 < coverage->columns; column++) {
                draw_square(view, coverage, edge, column, row, canvas);
            }
        }
    }
}
