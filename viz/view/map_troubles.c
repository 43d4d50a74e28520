/* Adversaries and jammers on the map: a diamond, filled while it may act.
 * SPDX-License-Identifier: MIT
 */
#include "view/map_internal.h"

#define RADIUS 8.0f
#define LINE   2.0f

bool map_trouble_acts(const struct scene *scene, const struct scene_trouble *trouble)
{
    return scene->now_ns >= trouble->from_ns && scene->now_ns < trouble->until_ns;
}

static void draw_diamond(
        struct point at, float radius, struct colour colour, bool filled, struct canvas *canvas)
{
    struct point corners[] = { { at.x - radius, at.y }, { at.x, at.y - radius },
        { at.x + radius, at.y }, { at.x, at.y + radius } };
    float x[] = { corners[0].x, at.x, corners[2].x };
    float upper[] = { at.y, corners[1].y, at.y }, lower[] = { at.y, corners[3].y, at.y };
    if (filled) {
        canvas_band(canvas, x, upper, lower, 3, colour);
    }
    for (unsigned i = 0; i < 4; i++) {
        canvas_line(canvas, corners[i], corners[(i + 1) % 4], LINE, colour);
    }
}

void map_draw_troubles(const struct view *view, const struct scene *scene, struct canvas *canvas)
{
    for (uint32_t i = 0; i < scene->trouble_count; i++) {
        const struct scene_trouble *trouble = &scene->troubles[i];
        struct point at = map_point(view, (double)trouble->x_m, (double)trouble->y_m);
        if (trouble->placed && map_sees(view, at, 2.0f * RADIUS)) {
            struct colour ground = themes[view->theme].background;
            struct colour colour = mark_colour_of_trouble(view->theme, trouble->kind);
            draw_diamond(at, RADIUS + LINE, ground, true, canvas);
            draw_diamond(at, RADIUS, colour, map_trouble_acts(scene, trouble), canvas);
        }
    }
}
