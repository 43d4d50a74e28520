/* Devices and gateways on the map, and their labels.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdio.h>

#include "view/format.h"
#include "view/map_internal.h"

#define BATCH           128u
#define GATEWAY_SIZE    13.0f
#define TROUBLE_SIZE    18.0f
#define TROUBLE_LINES   5u
#define LABELS_MAX      200u
#define LABEL_SPACING   30.0f /* points between devices, from which their numbers are shown */
#define SIZE_WITHOUT    0.6f  /* of a device without fragments, of the full size */
#define STEP_GROUPS_MAX (SCHEME_STEPS_MAX + 1)

float map_mark_size(const struct map_look *look, const struct scene_device *device)
{
    float share = device->nb_frag > 0 && device->missing <= device->nb_frag
                          ? (float)(device->nb_frag - device->missing) / (float)device->nb_frag
                          : 0.0f;
    return look->diameter * (SIZE_WITHOUT + (1.0f - SIZE_WITHOUT) * share);
}

/* Marks of one colour, drawn together: that is what makes thousands of them cheap. */
struct group {
    uint32_t count;
    struct canvas_mark marks[BATCH];
};

static void flush(struct group *group, struct canvas *canvas, bool squares)
{
    canvas_marks(canvas, group->marks, group->count, squares);
    group->count = 0;
}

void map_draw_devices(const struct view *view, const struct scene *scene, struct canvas *canvas,
        const struct map_look *look)
{
    const struct scheme *scheme = &view->schemes->rows[view->scheme];
    struct group groups[STEP_GROUPS_MAX]; /* by step */
    for (uint32_t step = 0; step <= scheme->step_count; step++) {
        groups[step].count = 0;
    }
    for (uint32_t i = 0; i < scene->device_count; i++) {
        const struct scene_device *device = &scene->devices[i];
        struct point at = map_point(view, (double)device->x_m, (double)device->y_m);
        if (map_is_hidden(view, device) || !map_sees(view, at, look->diameter)) {
            continue;
        }
        uint32_t step = scheme_step_of(scheme, device);
        struct group *group = &groups[step];
        group->marks[group->count++] = (struct canvas_mark){ at.x, at.y,
            map_mark_size(look, device), scheme_step_colour(scheme, view->theme, step) };
        if (group->count == BATCH) {
            flush(group, canvas, look->squares);
        }
    }
    for (uint32_t step = 0; step <= scheme->step_count; step++) {
        flush(&groups[step], canvas, look->squares);
    }
}

/* A square with a rim; one that does not work is crossed out. */
static void draw_gateway(const struct view *view, const struct scene_gateway *gateway,
        uint32_t number, struct canvas *canvas)
{
    const struct theme *theme = &themes[view->theme];
    struct point at = map_point(view, (double)gateway->x_m, (double)gateway->y_m);
    float half = GATEWAY_SIZE / 2;
    struct box box = { at.x - half, at.y - half, GATEWAY_SIZE, GATEWAY_SIZE };
    struct box rim = { box.x - 2, box.y - 2, GATEWAY_SIZE + 4, GATEWAY_SIZE + 4 };
    bool works = gateway->powered && gateway->connected;
    canvas_fill(canvas, rim, works ? theme->background : theme->warning);
    canvas_fill(canvas, box, gateway->powered ? theme->gateway : theme->line);
    if (!works) {
        struct point corners[] = { { box.x + 2, box.y + 2 }, { at.x + half - 2, at.y + half - 2 },
            { box.x + 2, at.y + half - 2 }, { at.x + half - 2, box.y + 2 } };
        canvas_line(canvas, corners[0], corners[1], 2, theme->warning);
        canvas_line(canvas, corners[2], corners[3], 2, theme->warning);
    }
    if (view->gateway == number) {
        canvas_frame(canvas, (struct box){ rim.x - 2, rim.y - 2, rim.width + 4, rim.height + 4 },
                theme->accent);
    }
}

void map_draw_gateways(const struct view *view, const struct scene *scene, struct canvas *canvas)
{
    for (uint32_t i = 0; i < scene->gateway_count; i++) {
        draw_gateway(view, &scene->gateways[i], i, canvas);
    }
}

/* Labels that are drawn and what else holds text, so that none is drawn over another one. */
struct labels {
    const struct view *view;
    struct canvas *canvas;
    uint32_t count;
    struct box boxes[LABELS_MAX];
};

static bool boxes_meet(const struct box *a, const struct box *b)
{
    return a->x < b->x + b->width && b->x < a->x + a->width && a->y < b->y + b->height
           && b->y < a->y + a->height;
}

static bool has_room(const struct labels *labels, const struct box *box)
{
    for (uint32_t i = 0; i < labels->count; i++) {
        if (boxes_meet(&labels->boxes[i], box)) {
            return false;
        }
    }
    return labels->count < LABELS_MAX;
}

static bool is_inside(const struct box *inner, const struct box *outer)
{
    return inner->x >= outer->x && inner->y >= outer->y
           && inner->x + inner->width <= outer->x + outer->width
           && inner->y + inner->height <= outer->y + outer->height;
}

/* To the right of a mark; `ground` keeps it readable over others, and it may go to the left. False:
 * there is no room for it. */
static bool draw_label(struct labels *labels, struct point at, float mark, const char *text,
        struct colour colour, bool ground)
{
    float width = canvas_text_width(labels->canvas, TEXT_SMALL, text);
    float height = canvas_text_height(labels->canvas, TEXT_SMALL);
    struct box box = { at.x + mark / 2 + 3, at.y - height / 2, width + 4, height };
    const struct box *map = &labels->view->boxes[VIEW_MAP];
    if (ground && !(is_inside(&box, map) && has_room(labels, &box))) {
        box.x = at.x - mark / 2 - 3 - box.width;
    }
    if (!map_sees(labels->view, at, mark) || !is_inside(&box, map) || !has_room(labels, &box)) {
        return false;
    }
    labels->boxes[labels->count++] = box;
    if (ground) {
        canvas_fill(labels->canvas, box,
                colour_with_alpha(themes[labels->view->theme].background, 0xc0));
    }
    canvas_text(labels->canvas, TEXT_SMALL, ALIGN_LEFT, (struct point){ box.x + 2, box.y }, colour,
            text);
    return true;
}

static void label_device(struct labels *labels, const struct scene *scene, uint32_t device,
        const struct map_look *look, bool marked)
{
    if (device >= scene->device_count) {
        return;
    }
    const struct theme *theme = &themes[labels->view->theme];
    const struct scene_device *d = &scene->devices[device];
    struct point at = map_point(labels->view, (double)d->x_m, (double)d->y_m);
    if (!map_sees(labels->view, at, look->diameter)) {
        return;
    }
    char text[16];
    snprintf(text, sizeof text, "%u", device);
    if (marked) {
        bool selected = device == labels->view->selected;
        float radius = look->diameter / 2 + 4;
        canvas_ring(labels->canvas, at, radius, selected ? 5 : 4, theme->background);
        canvas_ring(labels->canvas, at, radius, selected ? 3 : 1.5f,
                selected ? theme->accent : theme->text);
    }
    draw_label(labels, at, look->diameter + (marked ? 10 : 0), text,
            marked ? theme->text : theme->faint, marked);
}

/* "inject: 0 d 00:30:00 to 0 d 02:00:00"; below its mark, and of several at one
 * place one below the other. */
static void label_trouble(struct labels *labels, const struct scene_trouble *trouble)
{
    struct point at = map_point(labels->view, (double)trouble->x_m, (double)trouble->y_m);
    float height = canvas_text_height(labels->canvas, TEXT_SMALL);
    if (labels->count < LABELS_MAX) { /* its mark stays free of other text */
        labels->boxes[labels->count++] = (struct box){ at.x - TROUBLE_SIZE / 2,
            at.y - TROUBLE_SIZE / 2, TROUBLE_SIZE, TROUBLE_SIZE };
    }
    at.y += TROUBLE_SIZE;
    char from[FORMAT_MAX], until[FORMAT_MAX], text[3 * FORMAT_MAX];
    format_time(from, sizeof from, trouble->from_ns);
    format_time(until, sizeof until, trouble->until_ns);
    snprintf(text, sizeof text, "%s: %s to %s", trouble->word, from, until);
    for (unsigned line = 0;
            line < TROUBLE_LINES
            && !draw_label(labels, at, 0.0f, text, themes[labels->view->theme].text, true);
            line++) {
        at.y += height;
    }
}

void map_draw_labels(const struct view *view, const struct scene *scene, struct canvas *canvas,
        const struct map_look *look)
{
    struct labels labels = { .view = view, .canvas = canvas };
    labels.boxes[labels.count++] = view->boxes[VIEW_LEGEND];
    labels.boxes[labels.count++] = map_scale_box(view);
    if (view->hidden_stages != 0) {
        labels.boxes[labels.count++] = map_warning_box(view);
    }
    label_device(&labels, scene, view->selected, look, true);
    for (uint32_t i = 0; i < view->pinned_count; i++) {
        if (view->pinned[i] != view->selected) {
            label_device(&labels, scene, view->pinned[i], look, true);
        }
    }
    for (uint32_t i = 0; i < scene->trouble_count; i++) {
        if (scene->troubles[i].placed) {
            label_trouble(&labels, &scene->troubles[i]);
        }
    }
    for (uint32_t i = 0; i < scene->gateway_count; i++) {
        const struct scene_gateway *gateway = &scene->gateways[i];
        char text[40];
        snprintf(text, sizeof text, "gateway %u%s", i,
                !gateway->powered     ? ": no power"
                : !gateway->connected ? ": no backhaul"
                                      : "");
        draw_label(&labels, map_point(view, (double)gateway->x_m, (double)gateway->y_m),
                GATEWAY_SIZE + 4, text, themes[view->theme].text, true);
    }
    for (uint32_t i = 0; look->spacing >= LABEL_SPACING && i < scene->device_count; i++) {
        if (!map_is_hidden(view, &scene->devices[i])) {
            label_device(&labels, scene, i, look, false);
        }
    }
}
