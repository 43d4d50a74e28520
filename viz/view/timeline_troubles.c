/* Strips of the timeline: when adversaries and faults of the scenario may act, and when the server
 * acted against them.
 * SPDX-License-Identifier: MIT
 *
 * A strip for each kind that the run has. Windows lie over each other: the more act at one
 * time, the denser is the colour.
 */
#include "view/timeline_troubles.h"

#include <stdio.h>
#include <string.h>

#include "view/mark_colour.h"

#define STRIP    13.0f
#define GAP      1.0f
#define DENSITY  0x70 /* of one window, of 0xff */
#define SHORTEST 3.0f /* wide enough for the pointer */
#define HINT     160u

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

/* Its part of the strip; what has no length is shown all the same. */
static struct box window_of(
        const struct scene_trouble *trouble, const struct time_axis *axis, struct box strip)
{
    float from = time_axis_x(axis, trouble->from_ns), to = time_axis_x(axis, trouble->until_ns);
    strip.x = from;
    strip.width = to - from > SHORTEST ? to - from : SHORTEST;
    return strip;
}

/* "attacks: inject, collide": those of a kind that are shown at a place, each word once. */
static void name_acting(const struct scene *scene, enum trouble_kind kind,
        const struct time_axis *axis, struct box strip, struct point at, char text[HINT])
{
    size_t used = (size_t)snprintf(text, HINT, "%s:", trouble_kind_word(kind));
    uint32_t count = 0;
    for (uint32_t i = 0; i < scene->trouble_count; i++) {
        const struct scene_trouble *trouble = &scene->troubles[i];
        bool acts = trouble->kind == kind && box_holds(window_of(trouble, axis, strip), at);
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
            canvas_fill(canvas, window_of(&scene->troubles[i], axis, strip),
                    colour_with_alpha(mark_colour_of_trouble(view->theme, kind), DENSITY));
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
            name_acting(scene, kind, axis, strip, view->pointer, text);
            hint_draw(
                    &themes[view->theme], canvas, view->pointer, view->boxes[VIEW_TIMELINE], text);
        }
    }
}
