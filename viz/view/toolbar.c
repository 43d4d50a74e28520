/* The toolbar: the clock, how the run is played, and what the view has to say.
 * SPDX-License-Identifier: MIT
 *
 * Items stand from the left in the order of their importance, as long as room is left for a
 * message; the rest of them is left out.
 */
#include <math.h>
#include <stdio.h>

#include "view/format.h"
#include "view/intents.h"
#include "view/view.h"
#include "view/widgets.h"

#define MESSAGE_ROOM  240.0f
#define GAP           8.0f
#define SLIDER_MARGIN 6.0f
/* The slider is logarithmic; its last part is "as fast as possible". */
#define SLIDER_UNPACED 0.97

struct item {
    float width;
    /* NULL: a button with `label`. */
    void (*draw)(const struct view *view, const struct scene *scene, struct canvas *canvas,
            struct box box);
    enum view_intent intent; /* of a press; INTENT_COUNT: none */
    const char *label;
};

static void text_middle(struct canvas *canvas, enum text_size size, enum text_align align,
        struct box box, struct colour colour, const char *text)
{
    float x = align == ALIGN_LEFT     ? box.x
              : align == ALIGN_CENTRE ? box.x + box.width / 2.0f
                                      : box.x + box.width;
    float y = box.y + (box.height - canvas_text_height(canvas, size)) / 2.0f;
    text_fitted(canvas, size, align, (struct point){ x, y }, box.width, colour, text);
}

static void draw_play(
        const struct view *view, const struct scene *scene, struct canvas *canvas, struct box box)
{
    const struct theme *theme = &themes[view->theme];
    float x = box.x + box.width / 2.0f, y = box.y + box.height / 2.0f;
    canvas_fill(canvas, box, theme->background);
    canvas_frame(canvas, box, theme->line);
    if (view->player.playing) {
        canvas_fill(canvas, (struct box){ x - 6.0f, y - 7.0f, 4.0f, 14.0f }, theme->text);
        canvas_fill(canvas, (struct box){ x + 2.0f, y - 7.0f, 4.0f, 14.0f }, theme->text);
    } else {
        const float sides[] = { x - 5.0f, x + 7.0f };
        const float upper[] = { y - 7.0f, y }, lower[] = { y + 7.0f, y };
        canvas_band(canvas, sides, upper, lower, 2, theme->accent);
    }
}

static void draw_clock(
        const struct view *view, const struct scene *scene, struct canvas *canvas, struct box box)
{
    char text[FORMAT_MAX];
    format_time(text, sizeof text, scene->now_ns);
    text_middle(canvas, TEXT_TITLE, ALIGN_LEFT, box, themes[view->theme].text, text);
}

/* Two lines: how the run is played, and in which phase the campaign is; when it ends. */
static void draw_state(
        const struct view *view, const struct scene *scene, struct canvas *canvas, struct box box)
{
    const struct theme *theme = &themes[view->theme];
    char end[FORMAT_MAX], line[96];
    const char *state = scene->broken          ? "broken off"
                        : scene->over          ? "over"
                        : view->player.until   ? "to a goal"
                        : view->player.playing ? "playing"
                                               : "paused";
    struct box upper = box_cut(&box, EDGE_TOP, box.height / 2.0f);
    snprintf(line, sizeof line, "%s, phase: %s", state, campaign_phase_name(scene->phase));
    text_middle(canvas, TEXT_SMALL, ALIGN_LEFT, upper, scene->broken ? theme->warning : theme->text,
            line);
    format_time(end, sizeof end, scene->end_ns);
    snprintf(line, sizeof line, "end: %s", end);
    text_middle(canvas, TEXT_SMALL, ALIGN_LEFT, box, theme->faint, line);
}

static double slider_share(double speed)
{
    double share = log(speed / PLAYER_SPEED_MIN) / log(PLAYER_SPEED_MAX / PLAYER_SPEED_MIN);
    return share > 0.0 ? share < 1.0 ? share : 1.0 : 0.0;
}

/* Two digits of a speed say enough. */
static double slider_speed(double share)
{
    if (share >= SLIDER_UNPACED) {
        return PLAYER_SPEED_MAX;
    }
    share = share > 0.0 ? share : 0.0;
    double speed = PLAYER_SPEED_MIN * pow(PLAYER_SPEED_MAX / PLAYER_SPEED_MIN, share);
    double unit = pow(10.0, floor(log10(speed)) - 1.0);
    return round(speed / unit) * unit;
}

static void draw_slider(
        const struct view *view, const struct scene *scene, struct canvas *canvas, struct box box)
{
    const struct theme *theme = &themes[view->theme];
    struct box track = box_inset(box, SLIDER_MARGIN);
    float y = track.y + track.height / 2.0f;
    float x = track.x + (float)slider_share(view->player.speed) * track.width;
    canvas_fill(canvas, (struct box){ track.x, y - 2.0f, track.width, 4.0f }, theme->line);
    canvas_fill(canvas, (struct box){ track.x, y - 2.0f, x - track.x, 4.0f }, theme->accent);
    /* A mark at real time. */
    float real = track.x + (float)slider_share(1.0) * track.width;
    canvas_fill(canvas, (struct box){ real, y - 6.0f, 1.0f, 12.0f }, theme->faint);
    canvas_disc(canvas, (struct point){ x, y }, 6.0f, theme->text);
}

static void format_speed(char *text, size_t size, double speed)
{
    if (speed >= PLAYER_SPEED_MAX) {
        snprintf(text, size, "no pace");
    } else {
        snprintf(text, size, "%.*fx", speed < 10.0 ? 1 : 0, speed);
    }
}

/* Two lines: the speed as commanded, and as reached. */
static void draw_speed(
        const struct view *view, const struct scene *scene, struct canvas *canvas, struct box box)
{
    const struct theme *theme = &themes[view->theme];
    char speed[FORMAT_MAX], line[FORMAT_MAX + 16];
    format_speed(speed, sizeof speed, view->player.speed);
    struct box upper = box_cut(&box, EDGE_TOP, box.height / 2.0f);
    text_middle(canvas, TEXT_SMALL, ALIGN_LEFT, upper, theme->text, speed);
    if (view->player.playing) {
        bool slow = view->player.speed < PLAYER_SPEED_MAX
                    && view->player.speed_reached < 0.9 * view->player.speed;
        snprintf(line, sizeof line, "reached %.*fx", view->player.speed_reached < 10.0 ? 1 : 0,
                view->player.speed_reached);
        text_middle(
                canvas, TEXT_SMALL, ALIGN_LEFT, box, slow ? theme->warning : theme->faint, line);
    }
}

static void draw_frame_time(
        const struct view *view, const struct scene *scene, struct canvas *canvas, struct box box)
{
    char line[FORMAT_MAX];
    snprintf(line, sizeof line, "%.1f ms a frame", view->frame_ms);
    if (view->frame_time) {
        text_middle(canvas, TEXT_SMALL, ALIGN_RIGHT, box, themes[view->theme].faint, line);
    }
}

enum {
    ITEM_SLIDER = 3
};

/* clang-format off */
static const struct item items[] = {
    { 36.0f, draw_play, INTENT_PAUSE, NULL },
    { 132.0f, draw_clock, INTENT_COUNT, NULL },
    { 150.0f, draw_state, INTENT_COUNT, NULL },
    [ITEM_SLIDER] = { 150.0f, draw_slider, INTENT_COUNT, NULL },
    { 88.0f, draw_speed, INTENT_COUNT, NULL },
    { 72.0f, NULL, INTENT_STEP_EVENT, "next event" },
    { 74.0f, NULL, INTENT_STEP_FRAME, "next frame" },
    { 76.0f, NULL, INTENT_UNTIL_STAGE, "next phase" },
    { 46.0f, NULL, INTENT_HELP, "help" },
    { 62.0f, NULL, INTENT_RESTART, "restart" },
    { 104.0f, draw_frame_time, INTENT_COUNT, NULL },
};
/* clang-format on */
#define ITEM_COUNT (sizeof items / sizeof items[0])

/* Places items; returns what is left for a message. Those left out have no area. */
static struct box place(const struct view *view, struct box boxes[ITEM_COUNT])
{
    struct box rest = view->boxes[VIEW_TOOLBAR];
    bool full = false;
    box_cut(&rest, EDGE_LEFT, GAP);
    for (size_t i = 0; i < ITEM_COUNT; i++) {
        full = full || (i > 1 && rest.width < items[i].width + GAP + MESSAGE_ROOM);
        boxes[i] = full ? (struct box){ 0 } : box_cut(&rest, EDGE_LEFT, items[i].width);
        boxes[i].y += boxes[i].height > 0.0f ? 5.0f : 0.0f;
        boxes[i].height -= boxes[i].height > 10.0f ? 10.0f : 0.0f;
        box_cut(&rest, EDGE_LEFT, full ? 0.0f : GAP);
    }
    box_cut(&rest, EDGE_RIGHT, GAP);
    return rest;
}

static void draw_button(
        const struct view *view, struct canvas *canvas, struct box box, const struct item *item)
{
    const struct theme *theme = &themes[view->theme];
    bool below = box_holds(box, view->pointer);
    canvas_fill(canvas, box, theme->background);
    canvas_frame(canvas, box, below ? theme->accent : theme->line);
    text_middle(canvas, TEXT_SMALL, ALIGN_CENTRE, box, theme->text, item->label);
}

static void draw_typing(const struct view *view, struct canvas *canvas, struct box box)
{
    const struct theme *theme = &themes[view->theme];
    char line[VIEW_TYPED_MAX + 64];
    snprintf(line, sizeof line, "%s: %s_",
            view->typing == TYPING_DEVICE ? "Number of a device" : "Run until (6h, 90min)",
            view->typed);
    struct box field = box_inset(box, 5.0f);
    canvas_fill(canvas, field, theme->background);
    canvas_frame(canvas, field, theme->accent);
    text_middle(canvas, TEXT_BODY, ALIGN_LEFT, box_inset(field, 6.0f), theme->text, line);
}

/* Devices that the map does not draw because their stage is hidden. */
static uint32_t hidden_devices(const struct view *view, const struct scene *scene)
{
    uint32_t hidden = 0;
    for (unsigned stage = 0; stage < SCENE_STAGE_COUNT; stage++) {
        hidden += (view->hidden_stages >> stage & 1u) != 0 ? scene->stages[stage] : 0;
    }
    return hidden;
}

/* What matters most: one line, and whether it warns. */
static bool message(const struct view *view, const struct scene *scene, char *line, size_t size)
{
    uint32_t hidden = hidden_devices(view, scene);
    line[0] = '\0';
    if (scene->broken) {
        snprintf(line, size, "An invariant broke: %s", scene->failure);
    } else if (view->message[0] != '\0') {
        snprintf(line, size, "%s", view->message);
        return false;
    } else if (view->player.error[0] != '\0') {
        snprintf(line, size, "%s", view->player.error);
    } else if (view->hidden_stages != 0) {
        snprintf(line, size, "The legend hides %u of %u devices", hidden, scene->device_count);
    } else if (view->player.intervention_count > 0) {
        snprintf(line, size, "%u faults given by hand: Shift+S saves them",
                view->player.intervention_count);
        return false;
    }
    return true;
}

static void draw(struct view *view, const struct scene *scene, struct canvas *canvas)
{
    const struct theme *theme = &themes[view->theme];
    struct box boxes[ITEM_COUNT], rest = place(view, boxes), bar = view->boxes[VIEW_TOOLBAR];
    char line[256];
    canvas_fill(canvas, bar, theme->panel);
    canvas_fill(canvas, box_cut(&bar, EDGE_BOTTOM, 1.0f), theme->line);
    for (size_t i = 0; i < ITEM_COUNT; i++) {
        if (box_empty(boxes[i])) {
            continue;
        }
        if (items[i].draw != NULL) {
            items[i].draw(view, scene, canvas, boxes[i]);
        } else {
            draw_button(view, canvas, boxes[i], &items[i]);
        }
    }
    if (view->typing != TYPING_NOTHING) {
        draw_typing(view, canvas, rest);
        return;
    }
    bool warns = message(view, scene, line, sizeof line);
    text_middle(canvas, TEXT_BODY, ALIGN_LEFT, box_inset(rest, 4.0f),
            warns ? theme->warning : theme->text, line);
}

static bool slide(struct view *view, struct point at)
{
    struct box boxes[ITEM_COUNT];
    place(view, boxes);
    if (box_empty(boxes[ITEM_SLIDER])) {
        return false;
    }
    struct box track = box_inset(boxes[ITEM_SLIDER], SLIDER_MARGIN);
    view_command(view, &(struct player_command){
                               .kind = PLAYER_SPEED,
                               .speed = slider_speed((at.x - track.x) / track.width),
                       });
    return true;
}

static bool press(struct view *view, const struct scene *scene, struct point at, bool twice)
{
    struct box boxes[ITEM_COUNT];
    place(view, boxes);
    for (size_t i = 0; i < ITEM_COUNT; i++) {
        if (!box_holds(boxes[i], at)) {
            continue;
        }
        if (i == ITEM_SLIDER) {
            return slide(view, at);
        }
        if (items[i].intent != INTENT_COUNT) {
            view_intend(view, scene, items[i].intent);
        }
        return true;
    }
    return true;
}

static bool drag(struct view *view, const struct scene *scene, struct point at, struct point by)
{
    struct box boxes[ITEM_COUNT];
    place(view, boxes);
    /* A drag that began on the slider may leave it up and down. */
    struct point begun = { at.x - by.x, boxes[ITEM_SLIDER].y };
    return box_holds(boxes[ITEM_SLIDER], begun) && slide(view, at);
}

const struct view_part toolbar_part = { .name = "toolbar",
    .draw = draw,
    .press = press,
    .drag = drag };
