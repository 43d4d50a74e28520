/* The timeline: how many devices were at each stage, over the whole duration.
 * SPDX-License-Identifier: MIT
 *
 * From top to bottom: the phases of the campaign; attacks and faults of the scenario; the stages as
 * a stacked area, the last stage lowest, with the count of fragments on the air as a line over it;
 * the time. At the right side the share of its duty cycle that each gateway has used.
 */
#include <stdio.h>

#include "view/format.h"
#include "view/mark_colour.h"
#include "view/timeline_troubles.h"
#include "view/view.h"
#include "view/widgets.h"

#define GUTTER      104.0f /* as that of the lanes */
#define GAUGES      168.0f
#define GAUGES_FROM 560.0f /* of the timeline's width: with less there are no gauges */
#define GAUGE_MAX   54.0f  /* with the gap after it */
#define PHASES      15.0f
#define AXIS        19.0f
#define BORDER      6.0f
#define LINE_WIDTH  1.5f
#define POINTS_MAX  (SCENE_SAMPLES + 1u) /* and what holds now */

struct places {
    struct box gutter, phases, strips, gauges;
    struct time_axis axis; /* its box is that of the area */
};

static struct places place(const struct view *view, const struct scene *scene)
{
    struct places places = { 0 };
    struct box rest = box_inset(view->boxes[VIEW_TIMELINE], BORDER);
    if (rest.width >= GAUGES_FROM) {
        places.gauges = box_cut(&rest, EDGE_RIGHT, GAUGES);
        box_cut(&rest, EDGE_RIGHT, 2.0f * BORDER);
    }
    places.gutter = box_cut(&rest, EDGE_LEFT, GUTTER - BORDER);
    places.phases = box_cut(&rest, EDGE_TOP, PHASES);
    places.strips = box_cut(&rest, EDGE_TOP, timeline_troubles_height(scene));
    box_cut(&rest, EDGE_BOTTOM, AXIS);
    places.axis = (struct time_axis){ rest, 0, scene->end_ns > 0 ? scene->end_ns : 1 };
    return places;
}

/* From the phases down to the axis. */
static float height_of(const struct places *places)
{
    return places->phases.height + places->strips.height + places->axis.box.height;
}

/* Sample `index`, or what holds now after the last. */
static const uint32_t *stages_at(const struct scene *scene, uint32_t index)
{
    return index < scene->sample_count ? scene->samples[index].stages : scene->stages;
}

static float x_at(const struct scene *scene, const struct time_axis *axis, uint32_t index)
{
    return time_axis_x(
            axis, index < scene->sample_count ? scene->samples[index].at_ns : scene->now_ns);
}

static void draw_stages(const struct view *view, const struct scene *scene,
        const struct time_axis *axis, struct canvas *canvas)
{
    float x[POINTS_MAX], upper[POINTS_MAX], lower[POINTS_MAX];
    uint32_t points = scene->sample_count + 1;
    float bottom = axis->box.y + axis->box.height;
    float scale = axis->box.height / (float)(scene->device_count > 0 ? scene->device_count : 1);
    for (uint32_t i = 0; i < points; i++) {
        x[i] = x_at(scene, axis, i);
        upper[i] = bottom;
    }
    /* What matters at the end stands on the ground. */
    for (unsigned stage = SCENE_STAGE_COUNT; stage-- > 0;) {
        uint64_t devices = 0;
        for (uint32_t i = 0; i < points; i++) {
            uint32_t count = stages_at(scene, i)[stage];
            lower[i] = upper[i];
            upper[i] -= scale * (float)count;
            devices += count;
        }
        if (devices > 0) {
            canvas_band(canvas, x, upper, lower, points, mark_colour_of_stage(view->theme, stage));
        }
    }
}

/* Different fragments on the air so far, on a scale of its own; returns the top of the scale. */
static uint32_t draw_fragments(const struct view *view, const struct scene *scene,
        const struct time_axis *axis, struct canvas *canvas)
{
    float x[POINTS_MAX], upper[POINTS_MAX], lower[POINTS_MAX];
    uint32_t now = scene->headline.uncoded + scene->headline.coded, most = now;
    for (uint32_t i = 0; i < scene->sample_count; i++) {
        uint32_t sent = scene->samples[i].uncoded + scene->samples[i].coded;
        most = sent > most ? sent : most;
    }
    if (most == 0) {
        return 0;
    }
    for (uint32_t i = 0; i < scene->sample_count; i++) {
        uint32_t sent = scene->samples[i].uncoded + scene->samples[i].coded;
        x[i] = x_at(scene, axis, i);
        upper[i] =
                axis->box.y + (axis->box.height - LINE_WIDTH) * (1.0f - (float)sent / (float)most);
        lower[i] = upper[i] + LINE_WIDTH;
    }
    canvas_band(canvas, x, upper, lower, scene->sample_count, themes[view->theme].text);
    return most;
}

static void draw_phase(const struct view *view, const struct places *places, struct canvas *canvas,
        unsigned phase, float from, float to)
{
    const struct theme *theme = &themes[view->theme];
    struct box box = { from, places->phases.y, to - from, places->phases.height - 2.0f };
    if (phase == CAMPAIGN_PHASE_IDLE || to <= from) {
        return;
    }
    canvas_fill(canvas, box, phase % 2 == 0 ? theme->line : theme->background);
    canvas_fill(canvas, (struct box){ from, box.y, 1.0f, height_of(places) }, theme->faint);
    const char *name = campaign_phase_name(phase);
    if (canvas_text_width(canvas, TEXT_SMALL, name) + 6.0f <= box.width) {
        canvas_text(canvas, TEXT_SMALL, ALIGN_LEFT, (struct point){ from + 4.0f, box.y },
                theme->text, name);
    }
}

static void draw_phases(const struct view *view, const struct scene *scene,
        const struct places *places, struct canvas *canvas)
{
    uint32_t begun = 0;
    for (uint32_t i = 1; i <= scene->sample_count; i++) {
        bool last = i == scene->sample_count;
        if (last || scene->samples[i].phase != scene->samples[begun].phase) {
            draw_phase(view, places, canvas, scene->samples[begun].phase,
                    x_at(scene, &places->axis, begun), x_at(scene, &places->axis, i));
            begun = i;
        }
    }
}

static void draw_gutter(const struct view *view, const struct scene *scene,
        const struct places *places, uint32_t most, struct canvas *canvas)
{
    const struct theme *theme = &themes[view->theme];
    struct box box = places->gutter;
    char line[64];
    snprintf(line, sizeof line, "%u devices", scene->device_count);
    float width = box.width - BORDER, x = box.x, y = box.y + PHASES + places->strips.height;
    text_fitted(canvas, TEXT_SMALL, ALIGN_LEFT, (struct point){ x, y }, width, theme->text, line);
    if (most == 0) {
        return;
    }
    float height = canvas_text_height(canvas, TEXT_SMALL);
    snprintf(line, sizeof line, "%u uncoded", scene->headline.uncoded);
    y += 1.5f * height;
    text_fitted(canvas, TEXT_SMALL, ALIGN_LEFT, (struct point){ x, y }, width, theme->faint, line);
    snprintf(line, sizeof line, "%u coded", scene->headline.coded);
    text_fitted(canvas, TEXT_SMALL, ALIGN_LEFT, (struct point){ x, y + height }, width,
            theme->faint, line);
    snprintf(line, sizeof line, "line: 0 to %u", most);
    text_fitted(canvas, TEXT_SMALL, ALIGN_LEFT, (struct point){ x, y + 2.0f * height }, width,
            theme->faint, line);
}

static struct colour gauge_colour(enum theme_kind theme, double share)
{
    return share < 0.5   ? palette[PALETTE_GREEN]
           : share < 0.9 ? palette[PALETTE_ORANGE]
                         : palette[PALETTE_VERMILLION];
}

/* One bar for each gateway, from the left in the order of their numbers. */
static void draw_gauges(
        const struct view *view, const struct scene *scene, struct box box, struct canvas *canvas)
{
    const struct theme *theme = &themes[view->theme];
    float height = canvas_text_height(canvas, TEXT_SMALL);
    text_fitted(canvas, TEXT_SMALL, ALIGN_LEFT, (struct point){ box.x, box.y }, box.width,
            theme->text, "Duty cycle used, last hour");
    box_cut(&box, EDGE_TOP, height + 3.0f);
    struct box numbers = box_cut(&box, EDGE_BOTTOM, height + 1.0f);
    float step = box.width / (float)(scene->gateway_count > 0 ? scene->gateway_count : 1);
    step = step > GAUGE_MAX ? GAUGE_MAX : step;
    float free_x = box.x, end = box.x + box.width; /* for numbers */
    char text[FORMAT_MAX];
    for (uint32_t i = 0; i < scene->gateway_count; i++) {
        double share = scene->gateways[i].duty_max;
        struct box bar = { box.x + step * (float)i, box.y, step > 3.0f ? step - 2.0f : step,
            box.height };
        canvas_fill(canvas, bar, theme->background);
        share = share > 0.0 ? share < 1.0 ? share : 1.0 : 0.0;
        canvas_fill(canvas, box_cut(&bar, EDGE_BOTTOM, (float)share * bar.height),
                gauge_colour(view->theme, share));
        snprintf(text, sizeof text, step >= 48.0f ? "%u: %.0f%%" : "%u", i, share * 100.0);
        if (bar.x >= free_x && bar.x + canvas_text_width(canvas, TEXT_SMALL, text) <= end) {
            canvas_text(canvas, TEXT_SMALL, ALIGN_LEFT, (struct point){ bar.x, numbers.y },
                    theme->faint, text);
            free_x = bar.x + canvas_text_width(canvas, TEXT_SMALL, text) + BORDER;
        }
    }
}

static void draw_marker(const struct view *view, const struct scene *scene,
        const struct places *places, struct canvas *canvas)
{
    const struct theme *theme = &themes[view->theme];
    float x = time_axis_x(&places->axis, scene->now_ns);
    float height = height_of(places);
    canvas_fill(canvas, (struct box){ x - 1.0f, places->phases.y, 2.0f, height }, theme->accent);
    if (box_holds(places->axis.box, view->pointer)) {
        char text[FORMAT_MAX];
        sim_ns at_ns = time_axis_ns(&places->axis, view->pointer.x);
        format_time(text, sizeof text, at_ns);
        canvas_fill(canvas,
                (struct box){ view->pointer.x, places->axis.box.y, 1.0f, places->axis.box.height },
                theme->faint);
        hint_draw(theme, canvas, view->pointer, view->boxes[VIEW_TIMELINE], text);
    }
}

static void draw(struct view *view, const struct scene *scene, struct canvas *canvas)
{
    const struct theme *theme = &themes[view->theme];
    struct box all = view->boxes[VIEW_TIMELINE];
    struct places places = place(view, scene);
    canvas_fill(canvas, all, theme->panel);
    canvas_fill(canvas, box_cut(&all, EDGE_TOP, 1.0f), theme->line);
    canvas_fill(canvas, places.axis.box, theme->background);
    time_axis_draw(&places.axis, theme, canvas);
    draw_stages(view, scene, &places.axis, canvas);
    uint32_t most = draw_fragments(view, scene, &places.axis, canvas);
    draw_phases(view, scene, &places, canvas);
    timeline_troubles_draw(view, scene, &places.axis, places.strips, places.gutter.x, canvas);
    draw_gutter(view, scene, &places, most, canvas);
    draw_marker(view, scene, &places, canvas);
    timeline_troubles_hint(view, scene, &places.axis, places.strips, canvas);
    if (!box_empty(places.gauges)) {
        draw_gauges(view, scene, places.gauges, canvas);
    }
}

/* Plays until that time. */
static bool press(struct view *view, const struct scene *scene, struct point at, bool twice)
{
    struct places places = place(view, scene);
    if (at.x < places.axis.box.x || at.x >= places.axis.box.x + places.axis.box.width) {
        return true;
    }
    sim_ns at_ns = time_axis_ns(&places.axis, at.x);
    if (at_ns <= scene->now_ns) {
        view_say(view, "That time has passed. Backspace restarts from time 0.");
        return true;
    }
    view_command(view, &(struct player_command){ .kind = PLAYER_UNTIL_TIME, .at_ns = at_ns });
    return true;
}

const struct view_part timeline_part = { .name = "timeline", .draw = draw, .press = press };
