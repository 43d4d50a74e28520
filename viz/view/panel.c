/* The panel: the campaign in numbers, why fragments were lost, and the selected device.
 * SPDX-License-Identifier: MIT
 *
 * What is higher than the panel is scrolled by the wheel.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "view/format.h"
#include "view/mark_colour.h"
#include "view/panel_column.h"
#include "view/panel_device.h"
#include "view/view.h"
#include "view/widgets.h"

#define BORDER       10.0f
#define CAUSES_SHOWN 6u
#define WHEEL_POINTS 48.0f

static void draw_count(
        struct column *column, const char *name, uint32_t count, uint32_t of, struct colour colour)
{
    char text[FORMAT_MAX];
    snprintf(text, sizeof text, "%u of %u", count, of);
    column_bar(column, name, of > 0 ? (double)count / of : 0.0, colour, text);
}

static void draw_headline(const struct view *view, const struct scene *scene, struct column *column)
{
    const struct scene_headline *headline = &scene->headline;
    char text[2][FORMAT_MAX], pair[2 * FORMAT_MAX + 16];
    draw_count(column, "installed", headline->installed, headline->members,
            mark_colour_of_stage(view->theme, SCENE_STAGE_INSTALLED));
    draw_count(column, "block whole", headline->whole, headline->members,
            mark_colour_of_stage(view->theme, SCENE_STAGE_VERIFYING));
    draw_count(column, "ready", headline->ready, headline->members,
            mark_colour_of_stage(view->theme, SCENE_STAGE_WAITING));
    draw_count(column, "failed", headline->failed, headline->members,
            mark_colour_of_stage(view->theme, SCENE_STAGE_FAILED));
    if (headline->set_up_time_s >= 0.0) {
        format_span(text[0], sizeof text[0], (sim_ns)(headline->set_up_time_s * 1e9));
    } else {
        snprintf(text[0], sizeof text[0], "-"); /* not known yet: a NaN */
    }
    column_pair(column, "set-up time, mean so far", text[0]);
    format_share(text[0], sizeof text[0], headline->missing_rate);
    column_pair(column, "missing rate of uncoded fragments", text[0]);
    snprintf(pair, sizeof pair, "%u of %u, and %u coded", headline->uncoded, headline->nb_frag,
            headline->coded);
    column_pair(column, "fragments sent", pair);
    format_unit(text[0], sizeof text[0], headline->energy_mean_j, "J");
    format_unit(text[1], sizeof text[1], headline->energy_max_j, "J");
    snprintf(pair, sizeof pair, "%s, max %s", text[0], text[1]);
    column_pair(column, "energy of a device, mean", pair);
}

struct cause_count {
    uint64_t count;
    enum loss_cause cause;
};

/* The most first; of equal ones the cause that is first. */
static int by_count(const void *a, const void *b)
{
    const struct cause_count *x = a, *y = b;
    return x->count != y->count ? (x->count < y->count ? 1 : -1) : (int)x->cause - (int)y->cause;
}

static void draw_losses(const struct view *view, const struct scene *scene, struct column *column)
{
    struct cause_count causes[LOSS_NONE];
    uint64_t lost = 0, others = 0;
    char text[FORMAT_MAX];
    for (unsigned cause = 0; cause < LOSS_NONE; cause++) {
        causes[cause] = (struct cause_count){ scene->headline.losses[cause], cause };
        lost += causes[cause].count;
    }
    qsort(causes, LOSS_NONE, sizeof causes[0], by_count);
    if (lost == 0) {
        column_text(column, column->theme->faint, "no uncoded fragment was lost so far");
        return;
    }
    for (unsigned i = 0; i < LOSS_NONE && causes[i].count > 0; i++) {
        if (i >= CAUSES_SHOWN) {
            others += causes[i].count;
            continue;
        }
        snprintf(text, sizeof text, "%" PRIu64, causes[i].count);
        column_bar(column, loss_cause_name(causes[i].cause), (double)causes[i].count / (double)lost,
                mark_colour_of_cause(view->theme, causes[i].cause), text);
    }
    if (others > 0) {
        snprintf(text, sizeof text, "%" PRIu64, others);
        column_bar(
                column, "other causes", (double)others / (double)lost, column->theme->faint, text);
    }
}

static float scroll_most(const struct view *view)
{
    float hidden = view->panel_height - view->boxes[VIEW_PANEL].height;
    return hidden > 0.0f ? hidden : 0.0f;
}

static void scroll_by(struct view *view, float points)
{
    float most = scroll_most(view);
    view->panel_scroll += points;
    view->panel_scroll = view->panel_scroll < 0.0f   ? 0.0f
                         : view->panel_scroll > most ? most
                                                     : view->panel_scroll;
}

static void draw_scroll(const struct view *view, struct canvas *canvas)
{
    struct box box = view->boxes[VIEW_PANEL];
    if (scroll_most(view) > 0.0f) {
        float share = box.height / view->panel_height;
        canvas_fill(canvas,
                (struct box){ box.x + box.width - 5.0f, box.y + view->panel_scroll * share, 3.0f,
                        box.height * share },
                themes[view->theme].faint);
    }
}

static void draw(struct view *view, const struct scene *scene, struct canvas *canvas)
{
    const struct theme *theme = &themes[view->theme];
    struct box box = view->boxes[VIEW_PANEL];
    scroll_by(view, 0.0f); /* there may be less to show than before */
    struct column column = { canvas, theme, box.x + BORDER, box.width - 2.0f * BORDER,
        box.y - view->panel_scroll };
    canvas_fill(canvas, box, theme->panel);
    column_heading(&column, "Campaign");
    draw_headline(view, scene, &column);
    column_heading(&column, "Losses of uncoded fragments");
    draw_losses(view, scene, &column);
    if (view->selected != SCENE_NONE) {
        panel_device_draw(view, scene, &column);
    } else {
        column_heading(&column, "No device is selected");
        column_text(&column, theme->faint, "Click one, or type / and its number.");
    }
    view->panel_height = column.y + view->panel_scroll - box.y + BORDER;
    canvas_fill(canvas, box_cut(&box, EDGE_LEFT, 1.0f), theme->line);
    draw_scroll(view, canvas);
}

static bool wheel(struct view *view, const struct scene *scene, struct point at, float turns)
{
    scroll_by(view, -turns * WHEEL_POINTS);
    return true;
}

static bool drag(struct view *view, const struct scene *scene, struct point at, struct point by)
{
    scroll_by(view, -by.y);
    return true;
}

const struct view_part panel_part = { .name = "panel", .draw = draw, .drag = drag, .wheel = wheel };
