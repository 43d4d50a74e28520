/* The arguments of `fleetcast view`.
 * SPDX-License-Identifier: MIT
 */
#ifndef APP_VIEW_OPTIONS_H
#define APP_VIEW_OPTIONS_H

#include "cli/sets.h"
#include "run/run.h"
#include "view/intents.h"

#define VIEW_ACTS_MAX    128u
#define VIEW_SIZE_MIN    320
#define VIEW_SIZE_MAX    8192
#define VIEW_FPS_DEFAULT 30

/* What is done or kept at a simulated time, without a display. */
struct view_act {
    sim_ns at_ns;
    const char *picture; /* file to save; NULL: `intent` is done */
    enum view_intent intent;
};

struct view_options {
    const char *scenario; /* NULL: the demonstration */
    struct sets sets;
    struct run_settings settings;
    enum theme_kind theme;
    int width, height;  /* points */
    const char *scheme; /* NULL: the first */
    const char *schemes_file;
    double speed;      /* 0: the usual one */
    uint32_t selected; /* SCENE_NONE: none */
    uint32_t pinned[SCENE_PINNED_MAX], pinned_count;
    uint32_t act_count;
    struct view_act acts[VIEW_ACTS_MAX]; /* in the order of the arguments, then of time */
    const char *record;                  /* folder; NULL: no film */
    int fps;
    const char *save; /* the scenario with the faults by hand; NULL: only when it is asked for */
    bool window;      /* also after pictures */
    bool reference;
};

void view_options_init(struct view_options *options);
/* Ends the program on a mistake, and after --help. */
void view_options_parse(struct view_options *options, int argc, char **argv);
/* True: something is drawn without a window. */
bool view_options_headless(const struct view_options *options);

#endif
