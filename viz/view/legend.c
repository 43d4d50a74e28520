/* The legend: what colours and sizes on the map mean, with counts of devices.
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>

#include "view/map_internal.h"
#include "view/mark_colour.h"
#include "view/widgets.h"

#define PADDING 8.0f
#define ROW     15.0f
#define TITLE   19.0f
#define SWATCH  9.0f
#define COUNT   48.0f /* width of the column of counts */

/* Devices by step; the last count is of those at none. */
struct counts {
    uint32_t of[SCHEME_STEPS_MAX + 1];
    uint32_t rows; /* with one for devices at no step, if there are any */
};

static struct counts count_steps(const struct scheme *scheme, const struct scene *scene)
{
    struct counts counts = { { 0 }, scheme->step_count };
    for (uint32_t i = 0; i < scene->device_count; i++) {
        counts.of[scheme_step_of(scheme, &scene->devices[i])]++;
    }
    counts.rows += counts.of[scheme->step_count] > 0 ? 1 : 0;
    return counts;
}

/* Stages whose devices are at a step; none in schemes of other quantities. */
static uint32_t stages_of(const struct scheme *scheme, uint32_t step)
{
    uint32_t stages = 0;
    for (uint8_t stage = 0; scheme->quantity == SCHEME_STAGE && stage < SCENE_STAGE_COUNT;
            stage++) {
        const struct scene_device device = { .stage = stage };
        stages |= scheme_step_of(scheme, &device) == step ? 1u << stage : 0u;
    }
    return stages;
}

/* Of all rows: the title and the steps; the causes; the sizes. */
static float height_of(const struct view *view, const struct counts *counts)
{
    uint32_t rows = counts->rows + CAUSE_FAMILY_COUNT + 2;
    rows += view->coverage ? SCENE_COVERAGE_EDGES : 0;
    return 2 * PADDING + 2 * TITLE + ROW * (float)rows;
}

/* At the lower edge of the part's box, as high as its rows; in a small window less high. */
static struct box ground_of(const struct view *view, const struct counts *counts)
{
    struct box ground = view->boxes[VIEW_LEGEND];
    return box_cut(&ground, EDGE_BOTTOM, height_of(view, counts));
}

/* Takes a row off, and draws its text between swatch and count. */
static struct box draw_row(struct box *rest, struct canvas *canvas, const struct theme *theme,
        bool dim, const char *text, const char *count)
{
    struct box row = box_cut(rest, EDGE_TOP, ROW);
    struct colour colour = dim ? theme->faint : theme->text;
    float from = row.x + SWATCH + 7;
    text_fitted(canvas, TEXT_SMALL, ALIGN_LEFT, (struct point){ from, row.y },
            row.x + row.width - from - (count[0] != '\0' ? COUNT : 0), colour, text);
    canvas_text(canvas, TEXT_SMALL, ALIGN_RIGHT, (struct point){ row.x + row.width, row.y }, colour,
            count);
    return (struct box){ row.x, row.y + 3, SWATCH, SWATCH };
}

static void draw_title(
        struct box *rest, struct canvas *canvas, const struct theme *theme, const char *text)
{
    struct box row = box_cut(rest, EDGE_TOP, TITLE);
    text_fitted(canvas, TEXT_SMALL, ALIGN_LEFT, (struct point){ row.x, row.y + 2 }, row.width,
            theme->faint, text);
}

static void draw_steps(const struct view *view, const struct counts *counts, struct box *rest,
        struct canvas *canvas)
{
    const struct scheme *scheme = &view->schemes->rows[view->scheme];
    const struct theme *theme = &themes[view->theme];
    char text[64];
    snprintf(text, sizeof text, "%s%s%s: devices", scheme->name,
            scheme->unit[0] != '\0' ? ", " : "", scheme->unit);
    draw_title(rest, canvas, theme, text);
    for (uint32_t step = 0; step < counts->rows; step++) {
        uint32_t stages = stages_of(scheme, step);
        bool hidden = stages != 0 && (view->hidden_stages & stages) == stages;
        snprintf(text, sizeof text, "%s%s",
                step < scheme->step_count ? scheme->steps[step].label : "no value",
                hidden ? " (hidden)" : "");
        char count[16];
        snprintf(count, sizeof count, "%u", counts->of[step]);
        struct box swatch = draw_row(rest, canvas, theme, hidden, text, count);
        struct colour colour = scheme_step_colour(scheme, view->theme, step);
        if (hidden) {
            canvas_frame(canvas, swatch, colour);
        } else {
            canvas_fill(canvas, swatch, colour);
        }
    }
}

/* As the rings on the map: one stripe for each spreading factor. */
static void draw_rings(const struct view *view, struct box *rest, struct canvas *canvas)
{
    const float stripe = SWATCH / (MAP_SF_MAX - MAP_SF_MIN + 1);
    struct box swatch =
            draw_row(rest, canvas, &themes[view->theme], false, "ring: SF7 .. SF12", "");
    for (uint8_t sf = MAP_SF_MIN; sf <= MAP_SF_MAX; sf++) {
        canvas_fill(canvas, box_cut(&swatch, EDGE_LEFT, stripe), map_sf_colour(view->theme, sf));
    }
}

/* As the lines on the map: how far a data rate reaches. */
static void draw_edges(
        const struct view *view, const struct scene *scene, struct box *rest, struct canvas *canvas)
{
    for (unsigned edge = 0; edge < SCENE_COVERAGE_EDGES; edge++) {
        char text[32];
        snprintf(text, sizeof text, "edge of DR%u outdoors", scene->coverage.data_rates[edge]);
        struct box swatch = draw_row(rest, canvas, &themes[view->theme], false, text, "");
        canvas_fill(canvas, (struct box){ swatch.x, swatch.y + 4, SWATCH, 1.5f },
                map_edge_colour(view->theme, edge));
    }
}

static void draw(struct view *view, const struct scene *scene, struct canvas *canvas)
{
    const struct theme *theme = &themes[view->theme];
    struct counts counts = count_steps(&view->schemes->rows[view->scheme], scene);
    struct box ground = ground_of(view, &counts);
    canvas_fill(canvas, ground, colour_with_alpha(theme->panel, 0xe6));
    canvas_frame(canvas, ground, theme->line);
    struct box rest = box_inset(ground, PADDING);
    rest.height = height_of(view, &counts); /* rows without room are outside of the clip */
    draw_steps(view, &counts, &rest, canvas);
    struct box swatch = draw_row(&rest, canvas, theme, false, "larger: more fragments", "");
    struct point middle = { swatch.x + SWATCH / 2, swatch.y + SWATCH / 2 };
    canvas_disc(canvas, (struct point){ middle.x - 4, middle.y }, 2, theme->faint);
    canvas_disc(canvas, (struct point){ middle.x + 3, middle.y }, 4, theme->faint);
    draw_title(&rest, canvas, theme, "frames: how they ended");
    for (unsigned back = 1; back <= CAUSE_FAMILY_COUNT; back++) { /* received first */
        enum cause_family family = CAUSE_FAMILY_COUNT - back;
        swatch = draw_row(&rest, canvas, theme, false, cause_family_word(family), "");
        canvas_fill(canvas, (struct box){ swatch.x, swatch.y + 3, SWATCH, 3 },
                mark_colour_of_family(view->theme, family));
    }
    draw_rings(view, &rest, canvas);
    if (view->coverage) {
        draw_edges(view, scene, &rest, canvas);
    }
}

/* A press on a stage hides its devices, or shows them again. */
static bool press(struct view *view, const struct scene *scene, struct point at, bool twice)
{
    const struct scheme *scheme = &view->schemes->rows[view->scheme];
    struct counts counts = count_steps(scheme, scene);
    struct box ground = ground_of(view, &counts);
    if (!box_holds(ground, at)) {
        return false;
    }
    struct box rest = box_inset(ground, PADDING);
    box_cut(&rest, EDGE_TOP, TITLE);
    for (uint32_t step = 0; step < counts.rows; step++) {
        uint32_t stages = stages_of(scheme, step);
        if (box_holds(box_cut(&rest, EDGE_TOP, ROW), at) && stages != 0) {
            bool hidden = (view->hidden_stages & stages) == stages;
            view->hidden_stages =
                    hidden ? view->hidden_stages & ~stages : view->hidden_stages | stages;
        }
    }
    return true;
}

const struct view_part legend_part = { .name = "legend", .draw = draw, .press = press };
