/* What the operator's keys do.
 * SPDX-License-Identifier: MIT
 */
#include "view/intents.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/channel_plan.h"
#include "scenario/quantity.h"

#define SPEED_USUAL  60.0
#define ZOOM_STEP    1.25
#define POWER_CUT_NS SIM_NS_PER_S
#define OUTAGE_NS    (600 * SIM_NS_PER_S)
#define JAM_NS       (60 * SIM_NS_PER_S)
#define TIME_MAX_S   (3650.0 * 86400.0) /* the longest run */

const struct intent_row intent_rows[INTENT_COUNT] = {
#define X(name, key, meaning) { #name, key, meaning },
    VIEW_INTENTS(X)
#undef X
};

void intent_word(enum view_intent intent, char *word, size_t size)
{
    snprintf(word, size, "%s", intent_rows[intent].name);
    for (char *c = word; *c != '\0'; c++) {
        *c = *c == '_' ? '-' : (char)tolower((unsigned char)*c);
    }
}

enum view_intent intent_find(const char *word)
{
    char name[32];
    enum view_intent intent = 0;
    for (; intent < INTENT_COUNT; intent++) {
        intent_word(intent, name, sizeof name);
        if (strcmp(name, word) == 0) {
            break;
        }
    }
    return intent;
}

bool intent_needs_window(enum view_intent intent)
{
    return intent == INTENT_SEARCH || intent == INTENT_UNTIL_TIME || intent == INTENT_SAVE_PICTURE
           || intent == INTENT_SAVE_SCENARIO || intent == INTENT_QUIT;
}

/* --- time ------------------------------------------------------------------------------------- */

static void command(struct view *view, enum player_command_kind kind)
{
    view_command(view, &(struct player_command){ .kind = kind });
}

/* The view's copy changes at once: the next key may come before the player was asked again. */
static void set_speed(struct view *view, double speed)
{
    speed = speed < PLAYER_SPEED_MAX ? speed : PLAYER_SPEED_MAX;
    view->player.speed = speed > PLAYER_SPEED_MIN ? speed : PLAYER_SPEED_MIN;
    view_command(
            view, &(struct player_command){ .kind = PLAYER_SPEED, .speed = view->player.speed });
}

static void intend_pause(struct view *view, const struct scene *scene)
{
    command(view, view->player.playing ? PLAYER_PAUSE : PLAYER_PLAY);
    view->player.playing = !view->player.playing;
}

static void intend_faster(struct view *view, const struct scene *scene)
{
    set_speed(view, view->player.speed * 2);
}

static void intend_slower(struct view *view, const struct scene *scene)
{
    set_speed(view, view->player.speed / 2);
}

static void intend_fastest(struct view *view, const struct scene *scene)
{
    set_speed(view, view->player.speed < PLAYER_SPEED_MAX ? PLAYER_SPEED_MAX : SPEED_USUAL);
}

static void intend_step_event(struct view *view, const struct scene *scene)
{
    command(view, PLAYER_STEP_EVENT);
}

static void intend_step_frame(struct view *view, const struct scene *scene)
{
    command(view, PLAYER_STEP_FRAME);
}

static void intend_until_stage(struct view *view, const struct scene *scene)
{
    command(view, PLAYER_UNTIL_STAGE);
}

static bool has_selected(struct view *view)
{
    if (view->selected == SCENE_NONE) {
        view_say(view, "First select a device: click it, or type / and its number");
    }
    return view->selected != SCENE_NONE;
}

static void intend_until_loss(struct view *view, const struct scene *scene)
{
    if (has_selected(view)) {
        view_command(view,
                &(struct player_command){ .kind = PLAYER_UNTIL_LOSS, .device = view->selected });
    }
}

static void intend_restart(struct view *view, const struct scene *scene)
{
    command(view, PLAYER_RESTART);
}

/* --- typing ----------------------------------------------------------------------------------- */

static void start_typing(struct view *view, enum view_typing typing)
{
    view->typing = typing;
    view->typed[0] = '\0';
}

static void intend_until_time(struct view *view, const struct scene *scene)
{
    start_typing(view, TYPING_TIME);
}

static void intend_search(struct view *view, const struct scene *scene)
{
    start_typing(view, TYPING_DEVICE);
}

/* Selects a device, and moves the camera to one that is not on the map. */
static void find_device(struct view *view, const struct scene *scene, const char *text)
{
    char *end;
    unsigned long device = strtoul(text, &end, 10);
    if (end == text || *end != '\0' || device >= scene->device_count) {
        view_say(view, "No device '%s': they have the numbers 0 to %u", text,
                scene->device_count > 0 ? scene->device_count - 1 : 0);
        return;
    }
    view->follow = FOLLOW_NONE;
    view_select(view, (uint32_t)device);
    const struct scene_device *found = &scene->devices[device];
    struct point at = map_point(view, found->x_m, found->y_m);
    const struct box *map = &view->boxes[VIEW_MAP];
    if (at.x < map->x || at.x > map->x + map->width || at.y < map->y
            || at.y > map->y + map->height) {
        view->camera.x_m = found->x_m;
        view->camera.y_m = found->y_m;
        view->fitted = false;
    }
}

static void go_to_time(struct view *view, const char *text)
{
    double time_s = 0.0;
    enum quantity_result result = quantity_parse(text, DIMENSION_TIME, &time_s);
    if (result != QUANTITY_OK || time_s < 0.0 || time_s > TIME_MAX_S) {
        view_say(view, "'%s' is no time: a number with one of the units %s, as 6h", text,
                quantity_units(DIMENSION_TIME));
        return;
    }
    view_command(view, &(struct player_command){ .kind = PLAYER_UNTIL_TIME,
                               .at_ns = (sim_ns)(time_s * (double)SIM_NS_PER_S + 0.5) });
}

static void end_typing(struct view *view, const struct scene *scene)
{
    enum view_typing typing = view->typing;
    view->typing = TYPING_NOTHING;
    if (view->typed[0] == '\0') {
        return;
    }
    if (typing == TYPING_DEVICE) {
        find_device(view, scene, view->typed);
    } else {
        go_to_time(view, view->typed);
    }
}

void view_type(struct view *view, const struct scene *scene, const char *text)
{
    size_t length = strlen(view->typed), more = strlen(text);
    view->message[0] = '\0';
    if (strcmp(text, "\n") == 0) {
        end_typing(view, scene);
    } else if (strcmp(text, "\b") == 0) {
        view->typed[length > 0 ? length - 1 : 0] = '\0';
    } else if (length + more < sizeof view->typed) {
        memcpy(view->typed + length, text, more + 1);
    }
}

/* --- what is looked at ------------------------------------------------------------------------ */

static void intend_pin(struct view *view, const struct scene *scene)
{
    if (!has_selected(view)) {
        return;
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < view->pinned_count; i++) {
        if (view->pinned[i] != view->selected) {
            view->pinned[kept++] = view->pinned[i];
        }
    }
    bool unpin = kept < view->pinned_count;
    if (!unpin && kept == SCENE_PINNED_MAX) {
        view_say(view, "%u devices are pinned, as many as there can be: unpin one of them",
                SCENE_PINNED_MAX);
        return;
    }
    view->pinned_count = kept;
    if (!unpin) {
        view->pinned[view->pinned_count++] = view->selected;
    }
    view_command(view, &(struct player_command){ .kind = unpin ? PLAYER_UNPIN : PLAYER_PIN,
                               .device = view->selected });
}

static void intend_follow(struct view *view, const struct scene *scene)
{
    static const char *const words[] = {
        [FOLLOW_NONE] = "No device is followed",
        [FOLLOW_ENERGY] = "The device that has used most energy is followed",
        [FOLLOW_MISSING] = "The device that misses most fragments is followed",
    };
    view->follow = view->follow == FOLLOW_MISSING ? FOLLOW_NONE : view->follow + 1;
    view_say(view, "%s", words[view->follow]);
}

static void intend_cancel(struct view *view, const struct scene *scene)
{
    if (view->typing != TYPING_NOTHING) {
        view->typing = TYPING_NOTHING;
    } else if (view->help) {
        view->help = false;
    } else {
        view->follow = FOLLOW_NONE;
        view_select(view, SCENE_NONE);
    }
}

static void intend_fit(struct view *view, const struct scene *scene)
{
    view->fitted = true;
    map_fit(view, scene);
}

static void zoom(struct view *view, double factor)
{
    const struct box *map = &view->boxes[VIEW_MAP];
    map_zoom(view, (struct point){ map->x + map->width / 2, map->y + map->height / 2 }, factor);
}

static void intend_zoom_in(struct view *view, const struct scene *scene)
{
    zoom(view, ZOOM_STEP);
}

static void intend_zoom_out(struct view *view, const struct scene *scene)
{
    zoom(view, 1.0 / ZOOM_STEP);
}

static void intend_scheme(struct view *view, const struct scene *scene)
{
    view->scheme = (view->scheme + 1) % view->schemes->count;
}

static void intend_coverage(struct view *view, const struct scene *scene)
{
    view->coverage = !view->coverage;
}

static void intend_theme(struct view *view, const struct scene *scene)
{
    view->theme = (enum theme_kind)((view->theme + 1) % THEME_COUNT);
}

static void intend_frame_time(struct view *view, const struct scene *scene)
{
    view->frame_time = !view->frame_time;
}

static void intend_help(struct view *view, const struct scene *scene)
{
    view->help = !view->help;
}

/* --- faults ----------------------------------------------------------------------------------- */

static void intervene_with(struct view *view, struct intervention intervention)
{
    view_command(view,
            &(struct player_command){ .kind = PLAYER_INTERVENE, .intervention = intervention });
}

static void intend_reset_device(struct view *view, const struct scene *scene)
{
    if (has_selected(view)) {
        intervene_with(view,
                (struct intervention){ .kind = SCENARIO_FAULT_RESET, .target = view->selected });
        view_say(view, "Device %u is reset", view->selected);
    }
}

static void intend_cut_power(struct view *view, const struct scene *scene)
{
    if (has_selected(view)) {
        intervene_with(view, (struct intervention){ .kind = SCENARIO_FAULT_POWER_CUT,
                                     .target = view->selected,
                                     .duration_ns = POWER_CUT_NS });
        view_say(view, "Device %u is without power for a second", view->selected);
    }
}

static void intend_outage(struct view *view, const struct scene *scene)
{
    uint32_t gateway = scene->gateway_count == 1 ? 0 : view->gateway;
    if (gateway == SCENE_NONE) {
        view_say(view, "First click the gateway to take down");
        return;
    }
    intervene_with(view, (struct intervention){ .kind = SCENARIO_FAULT_OUTAGE,
                                 .target = gateway,
                                 .duration_ns = OUTAGE_NS,
                                 .part = GATEWAY_OUTAGE_POWER });
    view_say(view, "Gateway %u is without power for ten minutes", gateway);
}

static void intend_jam(struct view *view, const struct scene *scene)
{
    const struct scenario *scenario = view->scenario;
    uint32_t frequency_hz = scenario->campaign_count > 0
                                    ? scenario->campaigns[0].params.frequency_hz
                                    : region_default_channel_hz(scenario_region(scenario), 0);
    intervene_with(view, (struct intervention){ .kind = SCENARIO_FAULT_JAMMER,
                                 .duration_ns = JAM_NS,
                                 .frequency_hz = frequency_hz });
    view_say(view, "%.3f MHz is jammed for a minute", frequency_hz / 1e6);
}

bool view_intend(struct view *view, const struct scene *scene, enum view_intent intent)
{
    /* NULL: of the window. */
    static void (*const acts[INTENT_COUNT])(struct view * view, const struct scene *scene) = {
        [INTENT_PAUSE] = intend_pause,
        [INTENT_FASTER] = intend_faster,
        [INTENT_SLOWER] = intend_slower,
        [INTENT_FASTEST] = intend_fastest,
        [INTENT_STEP_EVENT] = intend_step_event,
        [INTENT_STEP_FRAME] = intend_step_frame,
        [INTENT_UNTIL_STAGE] = intend_until_stage,
        [INTENT_UNTIL_LOSS] = intend_until_loss,
        [INTENT_UNTIL_TIME] = intend_until_time,
        [INTENT_RESTART] = intend_restart,
        [INTENT_SEARCH] = intend_search,
        [INTENT_PIN] = intend_pin,
        [INTENT_FOLLOW] = intend_follow,
        [INTENT_CANCEL] = intend_cancel,
        [INTENT_FIT] = intend_fit,
        [INTENT_ZOOM_IN] = intend_zoom_in,
        [INTENT_ZOOM_OUT] = intend_zoom_out,
        [INTENT_SCHEME] = intend_scheme,
        [INTENT_COVERAGE] = intend_coverage,
        [INTENT_THEME] = intend_theme,
        [INTENT_RESET_DEVICE] = intend_reset_device,
        [INTENT_CUT_POWER] = intend_cut_power,
        [INTENT_OUTAGE] = intend_outage,
        [INTENT_JAM] = intend_jam,
        [INTENT_FRAME_TIME] = intend_frame_time,
        [INTENT_HELP] = intend_help,
    };
    view->message[0] = '\0';
    if (acts[intent] == NULL) {
        return true;
    }
    acts[intent](view, scene);
    return false;
}
