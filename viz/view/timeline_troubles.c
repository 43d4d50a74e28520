/* Strips of the timeline: when adversaries and faults of the scenario may act.
 * SPDX-License-Identifier: MIT
 *
 * A strip for each kind that the scenario has. Windows lie over each other: the more act at one
 * time, the denser is the colour.
 */
#include "view/timeline_troubles.h"

#include <stdio.h>
#include <string.h>

#include "view/mark_colour.h"

#define STRIP   13.0f
#define GAP     1.0f
#define DENSITY 0x70 /* of one window, of 0xff */
#define HINT    160u

static bool has(const struct scene *scene, enum trouble_kind kind)
{
    bool found = false;
    for (uint32_t i = 0; i < scene->trouble_count && !found; i++) {
        found = scene->troubles[i].kind == kind;
    }
    return found;
}

float timeline_troubles_height(const struct scene *scene)
{
    float height = 0.0f;
    for (unsigned kind = 0; kind < TROUBLE_KIND_COUNT; kind++) {
        height += has(scene, kind) ? STRIP : 0.0f;
    }
    return height;
}

static void draw_window(const struct view *view, const struct scene_trouble *trouble,
        const struct time_axis *axis, struct box strip, struct canvas *canvas)
{
    float from = time_axis_x(axis, trouble->from_ns), to = time_axis_x(axis, trouble->until_ns);
    struct colour colour = mark_colour_of_trouble(view->theme, trouble->kind);
    strip.x = from;
    strip.width = to - from > 1.0f ? to - from : 1.0f;
    canvas_fill(canvas, strip, colour_with_alpha(colour, DENSITY));
}

/* "attacks: inject, collide": those of a kind that may act at a time, each word once. */
static void name_acting(
        const struct scene *scene, enum trouble_kind kind, sim_ns at_ns, char text[HINT])
{
    size_t used = (size_t)snprintf(text, HINT, "%s:", trouble_kind_word(kind));
    uint32_t count = 0;
    for (uint32_t i = 0; i < scene->trouble_count; i++) {
        const struct scene_trouble *trouble = &scene->troubles[i];
        bool acts = trouble->kind == kind && at_ns >= trouble->from_ns && at_ns < trouble->until_ns;
        if (acts && strstr(text, trouble->word) == NULL && used < HINT) {
            used += (size_t)snprintf(
                    text + used, HINT - used, "%s %s", count++ > 0 ? "," : "", trouble->word);
        }
    }
    if (count == 0) {
        snprintf(text, HINT, "%s: none", trouble_kind_word(kind));
    }
}

static void draw_strip(const struct view *view, const struct scene *scene, enum trouble_kind kind,
        const struct time_axis *axis, struct box strip, struct canvas *canvas)
{
    canvas_fill(canvas, strip, themes[view->theme].background);
    for (uint32_t i = 0; i < scene->trouble_count; i++) {
        if (scene->troubles[i].kind == kind) {
            draw_window(view, &scene->troubles[i], axis, strip, canvas);
        }
    }
}

void timeline_troubles_draw(const struct view *view, const struct scene *scene,
        const struct time_axis *axis, struct box strips, float gutter_x, struct canvas *canvas)
{
    const struct theme *theme = &themes[view->theme];
    for (unsigned kind = 0; kind < TROUBLE_KIND_COUNT; kind++) {
        if (!has(scene, kind)) {
            continue;
        }
        struct box strip = box_cut(&strips, EDGE_TOP, STRIP);
        text_fitted(canvas, TEXT_SMALL, ALIGN_LEFT, (struct point){ gutter_x, strip.y },
                strip.x - gutter_x, theme->faint, trouble_kind_word(kind));
        box_cut(&strip, EDGE_BOTTOM, GAP);
        draw_strip(view, scene, kind, axis, strip, canvas);
    }
}

void timeline_troubles_hint(const struct view *view, const struct scene *scene,
        const struct time_axis *axis, struct box strips, struct canvas *canvas)
{
    for (unsigned kind = 0; kind < TROUBLE_KIND_COUNT; kind++) {
        struct box strip = has(scene, kind) ? box_cut(&strips, EDGE_TOP, STRIP) : (struct box){ 0 };
        if (box_holds(strip, view->pointer)) {
            char text[HINT];
            name_acting(scene, kind, time_axis_ns(axis, view->pointer.x), text);
            hint_draw(
                    &themes[view->theme], canvas, view->pointer, view->boxes[VIEW_TIMELINE], text);
        }
    }
}
