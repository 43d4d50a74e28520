/* What lies over the map: scale, north, and the warning that something is hidden.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdio.h>

#include "view/map_internal.h"
#include "view/widgets.h"

#define MARGIN     4.0f
#define NORTH      30.0f  /* width of the arrow's box */
#define BAR_MAX    160.0f /* points */
#define GROUND     0xb0   /* alpha: what is below stays to be seen */
#define SCALE_TALL 52.0f

/* The longest of 1, 2, 5 x 10^n metres that is at most `most_m` long. */
static double round_length_m(double most_m)
{
    double decade = pow(10.0, floor(log10(most_m)));
    return decade * (most_m >= 5 * decade ? 5 : most_m >= 2 * decade ? 2 : 1);
}

/* In the lower right corner. */
struct box map_scale_box(const struct view *view)
{
    struct box map = box_inset(view->boxes[VIEW_MAP], MARGIN);
    struct box lower = box_cut(&map, EDGE_BOTTOM, SCALE_TALL);
    return box_cut(&lower, EDGE_RIGHT, BAR_MAX + NORTH + 3 * MARGIN);
}

static void draw_north(const struct theme *theme, struct box box, struct canvas *canvas)
{
    struct point tip = { box.x + box.width / 2, box.y + 18 };
    canvas_line(canvas, (struct point){ tip.x, tip.y + 28 }, tip, 2, theme->text);
    canvas_line(canvas, tip, (struct point){ tip.x - 5, tip.y + 8 }, 2, theme->text);
    canvas_line(canvas, tip, (struct point){ tip.x + 5, tip.y + 8 }, 2, theme->text);
    canvas_text(
            canvas, TEXT_SMALL, ALIGN_CENTRE, (struct point){ tip.x, box.y + 2 }, theme->text, "N");
}

void map_draw_scale(const struct view *view, struct canvas *canvas)
{
    const struct theme *theme = &themes[view->theme];
    struct box box = map_scale_box(view);
    struct box north = box_cut(&box, EDGE_RIGHT, NORTH);
    canvas_fill(canvas, north, colour_with_alpha(theme->background, GROUND));
    draw_north(theme, north, canvas);
    double most = (double)fminf(BAR_MAX, box.width - 3 * MARGIN);
    if (most < 20) {
        return; /* the map is too small */
    }
    double metres = round_length_m(most * view->camera.metres_per_point);
    float length = (float)(metres / view->camera.metres_per_point);
    char text[32];
    snprintf(text, sizeof text, "%g %s", metres >= 1000 ? metres / 1000 : metres,
            metres >= 1000 ? "km" : "m");
    struct box ground = box_cut(&box, EDGE_BOTTOM, 32);
    ground = box_cut(&ground, EDGE_RIGHT, length + 3 * MARGIN);
    canvas_fill(canvas, ground, colour_with_alpha(theme->background, GROUND));
    float right = ground.x + ground.width - MARGIN, y = ground.y + 20;
    canvas_fill(canvas, (struct box){ right - length, y, length, 2 }, theme->text);
    canvas_fill(canvas, (struct box){ right - length, y - 4, 2, 10 }, theme->text);
    canvas_fill(canvas, (struct box){ right - 2, y - 4, 2, 10 }, theme->text);
    canvas_text(canvas, TEXT_SMALL, ALIGN_CENTRE, (struct point){ right - length / 2, y - 17 },
            theme->text, text);
}

/* In the middle of the upper edge. */
struct box map_warning_box(const struct view *view)
{
    struct box map = box_inset(view->boxes[VIEW_MAP], 2 * MARGIN);
    struct box upper = box_cut(&map, EDGE_TOP, 24);
    box_cut(&upper, EDGE_LEFT, (upper.width - 190) / 2);
    return box_cut(&upper, EDGE_LEFT, 190);
}

void map_draw_warning(const struct view *view, const struct scene *scene, struct canvas *canvas)
{
    const struct theme *theme = &themes[view->theme];
    uint32_t hidden = 0;
    for (uint32_t stage = 0; stage < SCENE_STAGE_COUNT; stage++) {
        hidden += (view->hidden_stages >> stage & 1u) != 0 ? scene->stages[stage] : 0;
    }
    if (hidden == 0) {
        return;
    }
    char text[64];
    snprintf(text, sizeof text, "%u %s hidden", hidden, hidden == 1 ? "device is" : "devices are");
    struct box ground = map_warning_box(view);
    canvas_fill(canvas, ground, theme->panel);
    canvas_frame(canvas, ground, theme->warning);
    text_fitted(canvas, TEXT_BODY, ALIGN_CENTRE,
            (struct point){ ground.x + ground.width / 2, ground.y + 4 }, ground.width,
            theme->warning, text);
}
