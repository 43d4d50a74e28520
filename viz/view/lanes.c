/* The lanes: what each gateway and each pinned device did, over a part of the time.
 * SPDX-License-Identifier: MIT
 *
 * The wheel zooms the time at the pointer, or scrolls the lanes at their names; a drag pans; a
 * press on an item shows its extent; two presses return to the last minute.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "view/format.h"
#include "view/lanes_merge.h"
#include "view/mark_colour.h"
#include "view/view.h"
#include "view/widgets.h"

#define GUTTER       104.0f /* as that of the timeline */
#define BORDER       6.0f
#define AXIS         19.0f
#define ROW          20.0f
#define BAR          14.0f
#define TICK         2.0f /* on what is merged */
#define NEAR         2.0f /* of an item: points */
#define FOLLOWED_NS  (60 * SIM_NS_PER_S)
#define SPAN_MIN_NS  (10 * SIM_NS_PER_US) /* more than there are columns */
#define ZOOM_OF_TURN 1.25

/* Height of a bar, so that kinds are told apart without their colours too. */
static const float heights[LANE_KIND_COUNT] = {
    [LANE_ASLEEP] = 2.0f,
    [LANE_LISTENING] = 7.0f,
    [LANE_TRANSMITTING] = BAR,
    [LANE_RECEIVED] = BAR,
    [LANE_OFF] = 4.0f,
    [LANE_LOST] = BAR,
};

_Static_assert(SPAN_MIN_NS >= LANES_COLUMNS_MAX, "each column has a time of its own");

struct places {
    struct box names;
    struct time_axis axis; /* its box is that of the bars */
};

static bool following(const struct view *view)
{
    return view->lanes_from_ns >= view->lanes_to_ns;
}

static struct places place(const struct view *view, const struct scene *scene)
{
    struct places places = { 0 };
    struct box rest = box_inset(view->boxes[VIEW_LANES], BORDER);
    box_cut(&rest, EDGE_BOTTOM, AXIS - BORDER);
    places.names = box_cut(&rest, EDGE_LEFT, GUTTER - BORDER);
    places.axis = (struct time_axis){ rest, view->lanes_from_ns, view->lanes_to_ns };
    if (following(view)) {
        places.axis.from_ns = scene->now_ns > FOLLOWED_NS ? scene->now_ns - FOLLOWED_NS : 0;
        places.axis.to_ns = places.axis.from_ns + FOLLOWED_NS;
    }
    return places;
}

/* Pinned devices stand over the gateways, of which there may be many. */
static uint32_t lane_of_row(const struct scene *scene, uint32_t row)
{
    uint32_t gateways = 0;
    while (gateways < scene->lane_count && scene->lanes[gateways].gateway) {
        gateways++;
    }
    uint32_t devices = scene->lane_count - gateways;
    return row < devices ? gateways + row : row - devices;
}

static float row_y(const struct view *view, const struct places *places, uint32_t row)
{
    return places->axis.box.y + ROW * (float)row - view->lanes_scroll;
}

/* SCENE_NONE: no lane is there. */
static uint32_t lane_at(const struct view *view, const struct scene *scene,
        const struct places *places, struct point at)
{
    float row = (at.y - row_y(view, places, 0)) / ROW;
    bool inside = at.y >= places->axis.box.y && at.y < places->axis.box.y + places->axis.box.height;
    return inside && row >= 0.0f && row < (float)scene->lane_count
                   ? lane_of_row(scene, (uint32_t)row)
                   : SCENE_NONE;
}

/* Blocks of the items of each lane; NULL: out of memory. */
static struct lanes_index *index_of(struct view *view, const struct scene *scene, uint32_t lane)
{
    uint32_t most = scene->gateway_count + SCENE_PINNED_MAX;
    if (view->lane_index_count < most) {
        view_release(view);
        view->lane_indices = calloc(most, sizeof *view->lane_indices);
        view->lane_index_count = view->lane_indices != NULL ? most : 0;
    }
    return lane < view->lane_index_count ? &view->lane_indices[lane] : NULL;
}

static uint32_t merge(struct view *view, const struct scene *scene, uint32_t lane,
        const struct lanes_window *window, struct lanes_run *runs)
{
    struct lanes_index without = { 0 }, *index = index_of(view, scene, lane);
    if (index != NULL) {
        lanes_index_update(index, scene->generation, &scene->lanes[lane]);
    }
    return lanes_merge(index != NULL ? index : &without, &scene->lanes[lane], window, runs);
}

/* The item at a place; LANES_NO_ITEM: none. */
static uint32_t item_at(struct view *view, const struct scene *scene, const struct places *places,
        uint32_t lane, float x)
{
    struct lanes_window window = {
        .from_ns = time_axis_ns(&places->axis, x - NEAR),
        .to_ns = time_axis_ns(&places->axis, x + NEAR),
        .now_ns = scene->now_ns,
        .columns = 1,
    };
    struct lanes_run run;
    window.to_ns += window.to_ns <= window.from_ns;
    return merge(view, scene, lane, &window, &run) > 0 ? run.item : LANES_NO_ITEM;
}

/* Adjacent runs that look alike are drawn as one. */
static bool look_alike(
        const struct lane *lane, const struct lanes_run *a, const struct lanes_run *b)
{
    const struct lane_item *x = &lane->items[a->item], *y = &lane->items[b->item];
    return a->end == b->first && a->merged == b->merged && x->kind == y->kind
           && x->cause == y->cause;
}

static void draw_bar(const struct view *view, const struct lane_item *item, bool merged,
        struct box bar, struct canvas *canvas)
{
    float bottom = bar.y + bar.height;
    bar.y = bottom - heights[item->kind];
    bar.height = heights[item->kind];
    canvas_fill(canvas, bar, mark_colour_of_lane(view->theme, item->kind, item->cause));
    if (merged) {
        bar.y = bottom - BAR - TICK;
        bar.height = TICK;
        canvas_fill(canvas, bar, themes[view->theme].text);
    }
}

static void draw_lane(struct view *view, const struct scene *scene, const struct places *places,
        uint32_t lane, float y, struct canvas *canvas)
{
    struct lanes_run runs[LANES_COLUMNS_MAX];
    struct box box = places->axis.box;
    float pixels = box.width * canvas_scale(canvas);
    struct lanes_window window = {
        .from_ns = places->axis.from_ns,
        .to_ns = places->axis.to_ns,
        .now_ns = scene->now_ns,
        .columns = pixels < 1.0f                       ? 1
                   : pixels < (float)LANES_COLUMNS_MAX ? (uint32_t)pixels
                                                       : LANES_COLUMNS_MAX,
    };
    uint32_t count = merge(view, scene, lane, &window, runs);
    float top = y + (ROW - BAR) / 2.0f;
    float step = box.width / (float)window.columns;
    for (uint32_t i = 0, first = 0; i < count; i++) {
        if (i + 1 < count && look_alike(&scene->lanes[lane], &runs[i], &runs[i + 1])) {
            continue;
        }
        draw_bar(view, &scene->lanes[lane].items[runs[i].item], runs[i].merged,
                (struct box){ box.x + step * (float)runs[first].first, top,
                        step * (float)(runs[i].end - runs[first].first), BAR },
                canvas);
        first = i + 1;
    }
}

static void draw_name(
        const struct view *view, const struct lane *lane, struct box box, struct canvas *canvas)
{
    char name[32];
    const struct theme *theme = &themes[view->theme];
    bool chosen = lane->station == (lane->gateway ? view->gateway : view->selected);
    snprintf(name, sizeof name, "%s %u", lane->gateway ? "gateway" : "device", lane->station);
    float y = box.y + (ROW - canvas_text_height(canvas, TEXT_SMALL)) / 2.0f + 1.0f;
    text_fitted(canvas, TEXT_SMALL, ALIGN_LEFT, (struct point){ box.x, y }, box.width - BORDER,
            chosen ? theme->accent : theme->text, name);
}

/* What lies below the pointer, in words. */
static void draw_hint(struct view *view, const struct scene *scene, const struct places *places,
        struct canvas *canvas)
{
    char span[FORMAT_MAX], from[FORMAT_MAX], text[160];
    uint32_t lane = lane_at(view, scene, places, view->pointer);
    if (lane == SCENE_NONE || !box_holds(places->axis.box, view->pointer)) {
        return;
    }
    uint32_t index = item_at(view, scene, places, lane, view->pointer.x);
    if (index == LANES_NO_ITEM) {
        return;
    }
    const struct lane_item *item = &scene->lanes[lane].items[index];
    bool still = item->to_ns > scene->now_ns;
    format_span(span, sizeof span, (still ? scene->now_ns : item->to_ns) - item->from_ns);
    format_time(from, sizeof from, item->from_ns);
    snprintf(text, sizeof text, "%s%s%s, %s%s from %s", lane_kind_word(item->kind),
            item->kind == LANE_LOST ? ": " : "",
            item->kind == LANE_LOST ? loss_cause_name(item->cause) : "", span,
            still ? " so far" : "", from);
    hint_draw(&themes[view->theme], canvas, view->pointer, view->boxes[VIEW_LANES], text);
}

static float scroll_most(const struct scene *scene, const struct places *places)
{
    float hidden = ROW * (float)scene->lane_count - places->axis.box.height;
    return hidden > 0.0f ? hidden : 0.0f;
}

static void scroll_by(
        struct view *view, const struct scene *scene, const struct places *places, float points)
{
    float most = scroll_most(scene, places);
    view->lanes_scroll += points;
    view->lanes_scroll = view->lanes_scroll < 0.0f   ? 0.0f
                         : view->lanes_scroll > most ? most
                                                     : view->lanes_scroll;
}

static void draw_rows(struct view *view, const struct scene *scene, const struct places *places,
        struct canvas *canvas)
{
    struct box rows = places->axis.box;
    rows.width += rows.x - places->names.x;
    rows.x = places->names.x;
    canvas_clip(canvas, &rows);
    for (uint32_t row = 0; row < scene->lane_count; row++) {
        uint32_t lane = lane_of_row(scene, row);
        float y = row_y(view, places, row);
        if (y + ROW <= rows.y || y >= rows.y + rows.height) {
            continue;
        }
        draw_name(view, &scene->lanes[lane], (struct box){ rows.x, y, places->names.width, ROW },
                canvas);
        draw_lane(view, scene, places, lane, y, canvas);
    }
    canvas_clip(canvas, &view->boxes[VIEW_LANES]);
}

static void draw(struct view *view, const struct scene *scene, struct canvas *canvas)
{
    const struct theme *theme = &themes[view->theme];
    struct box all = view->boxes[VIEW_LANES];
    struct places places = place(view, scene);
    scroll_by(view, scene, &places, 0.0f); /* lanes may have gone */
    canvas_fill(canvas, all, theme->panel);
    canvas_fill(canvas, box_cut(&all, EDGE_TOP, 1.0f), theme->line);
    canvas_fill(canvas, places.axis.box, theme->background);
    time_axis_draw(&places.axis, theme, canvas);
    draw_rows(view, scene, &places, canvas);
    float now = time_axis_x(&places.axis, scene->now_ns);
    if (now >= places.axis.box.x && now < places.axis.box.x + places.axis.box.width) {
        canvas_fill(canvas, (struct box){ now, places.axis.box.y, 2.0f, places.axis.box.height },
                theme->accent);
    }
    float most = scroll_most(scene, &places);
    if (most > 0.0f) {
        float height = places.axis.box.height, share = height / (height + most);
        canvas_fill(canvas,
                (struct box){ places.axis.box.x - 5.0f,
                        places.axis.box.y + view->lanes_scroll * share, 3.0f, height * share },
                theme->faint);
    }
    draw_hint(view, scene, &places, canvas);
}

/* Shows from..to, at least 10 us of it and never more than the whole run. */
static void show(struct view *view, const struct scene *scene, sim_ns from_ns, sim_ns to_ns)
{
    sim_ns span_ns = to_ns - from_ns;
    if (span_ns < SPAN_MIN_NS) {
        from_ns -= (SPAN_MIN_NS - span_ns) / 2;
        span_ns = SPAN_MIN_NS;
    }
    span_ns = span_ns < scene->end_ns ? span_ns : scene->end_ns;
    from_ns = from_ns + span_ns < scene->end_ns ? from_ns : scene->end_ns - span_ns;
    view->lanes_from_ns = from_ns > 0 ? from_ns : 0;
    view->lanes_to_ns = view->lanes_from_ns + span_ns;
}

static bool press(struct view *view, const struct scene *scene, struct point at, bool twice)
{
    struct places places = place(view, scene);
    uint32_t lane = lane_at(view, scene, &places, at);
    if (twice) {
        view->lanes_from_ns = view->lanes_to_ns = 0;
        return true;
    }
    if (lane == SCENE_NONE) {
        return true;
    }
    if (!box_holds(places.axis.box, at)) {
        if (scene->lanes[lane].gateway) {
            view->gateway = scene->lanes[lane].station;
        } else {
            view_select(view, scene->lanes[lane].station);
        }
        return true;
    }
    uint32_t index = item_at(view, scene, &places, lane, at.x);
    if (index != LANES_NO_ITEM) {
        const struct lane_item *item = &scene->lanes[lane].items[index];
        sim_ns to_ns = item->to_ns < scene->now_ns ? item->to_ns : scene->now_ns;
        sim_ns margin_ns = (to_ns - item->from_ns) / 10;
        show(view, scene, item->from_ns - margin_ns, to_ns + margin_ns);
    }
    return true;
}

static bool drag(struct view *view, const struct scene *scene, struct point at, struct point by)
{
    struct places places = place(view, scene);
    sim_ns span_ns = places.axis.to_ns - places.axis.from_ns;
    sim_ns by_ns = (sim_ns)((double)by.x / places.axis.box.width * (double)span_ns);
    scroll_by(view, scene, &places, -by.y);
    if (by.x != 0.0f) {
        show(view, scene, places.axis.from_ns - by_ns, places.axis.to_ns - by_ns);
    }
    return true;
}

static bool wheel(struct view *view, const struct scene *scene, struct point at, float turns)
{
    struct places places = place(view, scene);
    if (at.x < places.axis.box.x) {
        scroll_by(view, scene, &places, -turns * ROW);
        return true;
    }
    double factor = pow(ZOOM_OF_TURN, -turns);
    sim_ns at_ns = time_axis_ns(&places.axis, at.x);
    sim_ns before_ns = at_ns - places.axis.from_ns, after_ns = places.axis.to_ns - at_ns;
    show(view, scene, at_ns - (sim_ns)(factor * (double)before_ns),
            at_ns + (sim_ns)(factor * (double)after_ns));
    return true;
}

const struct view_part lanes_part = {
    .name = "lanes",
    .draw = draw,
    .press = press,
    .drag = drag,
    .wheel = wheel,
};
