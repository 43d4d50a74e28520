/* The arguments of `fleetcast view`.
 * SPDX-License-Identifier: MIT
 */
#include "app/view_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/scenario_input.h"
#include "cli/setting_options.h"
#include "scenario/quantity.h"

enum option_key {
    OPTION_SEED = 's',
    OPTION_SET = 'S',
    OPTION_THEME = 256,
    OPTION_SIZE,
    OPTION_SCHEME,
    OPTION_SCHEMES,
    OPTION_SPEED,
    OPTION_SELECT,
    OPTION_PIN,
    OPTION_SCREENSHOT,
    OPTION_DO,
    OPTION_RECORD,
    OPTION_FPS,
    OPTION_SAVE,
    OPTION_WINDOW,
    OPTION_REFERENCE
};

static const struct argp_option options_table[] = {
    { "seed", OPTION_SEED, "N", 0, "Uses this random seed; the default is the scenario's.", 0 },
    { "set", OPTION_SET, "KEY=VALUE", 0, "Overrides a scenario key. The option may be repeated.",
            0 },
    { "theme", OPTION_THEME, "dark|light", 0, "Chooses dark or light colours; the default is dark.",
            1 },
    { "size", OPTION_SIZE, "WxH", 0,
            "Sets the size of the window and of pictures; the default is 1280x800.", 1 },
    { "scheme", OPTION_SCHEME, "NAME", 0,
            "Colours devices by stage, missing, margin, energy or clock, or by a scheme of "
            "--schemes.",
            1 },
    { "schemes", OPTION_SCHEMES, "FILE", 0, "Adds the colour schemes of a YAML file.", 1 },
    { "speed", OPTION_SPEED, "X", 0,
            "Plays X simulated seconds per second, at least 0.1. The default is 60, and with "
            "--record what shows the whole run in a minute.",
            2 },
    { "select", OPTION_SELECT, "N", 0, "Selects device N.", 2 },
    { "pin", OPTION_PIN, "N", 0, "Gives device N a lane of its own. The option may be repeated.",
            2 },
    { "screenshot", OPTION_SCREENSHOT, "TIME:FILE", 0,
            "Saves a picture of a simulated time, as in 6h:out.png, without a display. The option "
            "may be repeated.",
            3 },
    { "do", OPTION_DO, "TIME:ACT", 0,
            "Does what a key does at a simulated time, as in 2h:reset-device, without a display; "
            "--reference lists the acts. The option may be repeated.",
            3 },
    { "record", OPTION_RECORD, "DIR", 0,
            "Saves the frames of a film into the folder DIR, without a display.", 3 },
    { "fps", OPTION_FPS, "N", 0, "Sets the frames per second of the film; the default is 30.", 3 },
    { "window", OPTION_WINDOW, NULL, 0, "Opens the window after the pictures, too.", 3 },
    { "save", OPTION_SAVE, "FILE", 0,
            "Saves the scenario, with the faults that were given by hand, at the end.", 4 },
    { "reference", OPTION_REFERENCE, NULL, 0, "Prints docs/view.md, the page of keys and marks.",
            4 },
    { 0 },
};

static const char documentation[] =
        "Plays a scenario (a YAML file, '-' for standard input, or a shipped name; default "
        "hello-20) in a window. The run is paused at its beginning; the space bar plays it, F1 "
        "lists the keys.\v"
        "Exit status: 0 fine, 2 bad usage or scenario, no display, no font or a file that cannot "
        "be written, 3 the run itself failed (an invariant broke).";

void view_options_init(struct view_options *options)
{
    *options = (struct view_options){
        .settings = { .crypto_memo = true },
        .width = 1280,
        .height = 800,
        .selected = SCENE_NONE,
        .fps = VIEW_FPS_DEFAULT,
    };
}

bool view_options_headless(const struct view_options *options)
{
    return options->act_count > 0 || options->record != NULL;
}

/* --- values ----------------------------------------------------------------------------------- */

static long whole_number(
        const char *text, long least, long most, const char *option, const struct argp_state *state)
{
    char *end;
    long value = strtol(text, &end, 10);
    if (end == text || *end != '\0' || value < least || value > most) {
        argp_error(state, "%s %s: should be a whole number from %ld to %ld", option, text, least,
                most);
    }
    return value;
}

static void parse_size(
        struct view_options *options, const char *text, const struct argp_state *state)
{
    char *end = NULL;
    long width = strtol(text, &end, 10), height = 0;
    if (*end == 'x') {
        height = strtol(end + 1, &end, 10);
    }
    if (*end != '\0' || width < VIEW_SIZE_MIN || width > VIEW_SIZE_MAX || height < VIEW_SIZE_MIN
            || height > VIEW_SIZE_MAX) {
        argp_error(state, "--size %s: should be WIDTHxHEIGHT, each from %d to %d, as 1280x800",
                text, VIEW_SIZE_MIN, VIEW_SIZE_MAX);
    }
    options->width = (int)width;
    options->height = (int)height;
}

static void parse_theme(
        struct view_options *options, const char *text, const struct argp_state *state)
{
    for (enum theme_kind kind = 0; kind < THEME_COUNT; kind++) {
        if (strcmp(themes[kind].name, text) == 0) {
            options->theme = kind;
            return;
        }
    }
    argp_error(state, "--theme %s: should be dark or light", text);
}

static void parse_speed(
        struct view_options *options, const char *text, const struct argp_state *state)
{
    char *end;
    options->speed = strtod(text, &end);
    if (end == text || *end != '\0' || !(options->speed >= PLAYER_SPEED_MIN)) {
        argp_error(state, "--speed %s: should be a number from %g", text, PLAYER_SPEED_MIN);
    }
}

/* "TIME:rest"; returns the rest. */
static const char *parse_time(
        const char *text, const char *option, sim_ns *at_ns, const struct argp_state *state)
{
    char time[32];
    double time_s = -1.0;
    const char *colon = strchr(text, ':');
    int length = colon == NULL ? 0 : (int)(colon - text);
    snprintf(time, sizeof time, "%.*s", length, text);
    if (colon == NULL || colon[1] == '\0' || (size_t)length >= sizeof time
            || quantity_parse(time, DIMENSION_TIME, &time_s) != QUANTITY_OK || time_s < 0.0
            || time_s > 3650.0 * 86400.0) {
        argp_error(state, "%s %s: should be a time with a unit, a colon and more, as 6h:out.png",
                option, text);
    }
    *at_ns = (sim_ns)(time_s * (double)SIM_NS_PER_S + 0.5);
    return colon + 1;
}

static struct view_act *add_act(struct view_options *options, const struct argp_state *state)
{
    if (options->act_count == VIEW_ACTS_MAX) {
        argp_error(state, "more than %u times --screenshot or --do", VIEW_ACTS_MAX);
    }
    return &options->acts[options->act_count++];
}

static void parse_screenshot(
        struct view_options *options, const char *text, const struct argp_state *state)
{
    struct view_act *act = add_act(options, state);
    act->picture = parse_time(text, "--screenshot", &act->at_ns, state);
}

static void parse_do(struct view_options *options, const char *text, const struct argp_state *state)
{
    struct view_act *act = add_act(options, state);
    const char *word = parse_time(text, "--do", &act->at_ns, state);
    act->intent = intent_find(word);
    if (act->intent == INTENT_COUNT || intent_needs_window(act->intent)) {
        argp_error(state, "--do %s: no such act without a window; see --reference", text);
    }
}

static void add_pin(struct view_options *options, uint32_t device, const struct argp_state *state)
{
    if (options->pinned_count == SCENE_PINNED_MAX) {
        argp_error(state, "more than %u times --pin", SCENE_PINNED_MAX);
    }
    options->pinned[options->pinned_count++] = device;
}

/* --- options ---------------------------------------------------------------------------------- */

#define DEVICE_MAX 999999

static error_t parse_look(int key, char *argument, struct argp_state *state)
{
    struct view_options *options = state->input;
    switch (key) {
    case OPTION_THEME:
        parse_theme(options, argument, state);
        return 0;
    case OPTION_SIZE:
        parse_size(options, argument, state);
        return 0;
    case OPTION_SCHEME:
        options->scheme = argument;
        return 0;
    case OPTION_SCHEMES:
        options->schemes_file = argument;
        return 0;
    case OPTION_SPEED:
        parse_speed(options, argument, state);
        return 0;
    case OPTION_SELECT:
        options->selected = (uint32_t)whole_number(argument, 0, DEVICE_MAX, "--select", state);
        return 0;
    case OPTION_PIN:
        add_pin(options, (uint32_t)whole_number(argument, 0, DEVICE_MAX, "--pin", state), state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct view_options *options = state->input;
    switch (key) {
    case OPTION_SEED:
        sets_add_seed(&options->sets, argument, state);
        return 0;
    case OPTION_SET:
        sets_add(&options->sets, argument, state);
        return 0;
    case OPTION_SCREENSHOT:
        parse_screenshot(options, argument, state);
        return 0;
    case OPTION_DO:
        parse_do(options, argument, state);
        return 0;
    case OPTION_RECORD:
        options->record = argument;
        return 0;
    case OPTION_FPS:
        options->fps = (int)whole_number(argument, 1, 240, "--fps", state);
        return 0;
    case OPTION_WINDOW:
        options->window = true;
        return 0;
    case OPTION_SAVE:
        options->save = argument;
        return 0;
    case OPTION_REFERENCE:
        options->reference = true;
        return 0;
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->settings;
        return 0;
    case ARGP_KEY_ARG:
        scenario_input_argument(&options->scenario, argument, state);
        return 0;
    default:
        return parse_look(key, argument, state);
    }
}

/* Of equal times in the order of the arguments. */
static void sort_acts(struct view_options *options)
{
    for (uint32_t i = 1; i < options->act_count; i++) {
        struct view_act act = options->acts[i];
        uint32_t at = i;
        while (at > 0 && options->acts[at - 1].at_ns > act.at_ns) {
            options->acts[at] = options->acts[at - 1];
            at--;
        }
        options->acts[at] = act;
    }
}

void view_options_parse(struct view_options *options, int argc, char **argv)
{
    static const struct argp_child children[] = { { &setting_options_argp, 0, NULL, 0 }, { 0 } };
    const struct argp argp = { options_table, parse_option, "[SCENARIO]", documentation, children,
        NULL, NULL };
    argp_err_exit_status = EXIT_USAGE;
    view_options_init(options);
    argp_parse(&argp, argc, argv, 0, NULL, options);
    sort_acts(options);
}
