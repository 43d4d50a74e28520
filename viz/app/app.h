/* A view of a run: what the window and pictures have in common.
 * SPDX-License-Identifier: MIT
 */
#ifndef APP_APP_H
#define APP_APP_H

#include "app/view_options.h"
#include "scenario/scenario.h"
#include "view/view.h"
#include "watch/player.h"

struct app {
    const struct scenario *scenario;
    const char *const *sets; /* that it was read with */
    size_t set_count;
    struct player *player;
    struct schemes schemes;
    struct view view;
    char *text; /* of the scenario's file; NULL: of standard input, which is not kept */
    size_t text_size;
    char error[192]; /* of the player, said last */
};

/* Creates the run, paused at time 0. False after a message. */
bool app_open(struct app *app, const struct scenario *scenario, const struct run_settings *settings,
        const char *const *sets, size_t set_count, const struct view_options *options);
void app_close(struct app *app);

/* Gives the view's commands to the player. */
void app_command(struct app *app);
/* Brings the view's copy of the player's state up to date, and says its errors. */
void app_refresh(struct app *app);
/* Draws the scene; the view then holds the CPU time that it took. */
void app_draw(struct app *app, const struct scene *scene, struct canvas *canvas);
/* Writes the scenario with the faults given by hand; `path` NULL: beside the program, by its name
 * and time. False: the view says why. */
bool app_save_scenario(struct app *app, const char *path);
bool app_save_picture(struct app *app, const struct scene *scene, struct canvas *canvas);

/* Does the acts and saves the pictures and frames of the options. False after a message. */
bool app_save_pictures(struct app *app, const struct view_options *options);
/* Until the operator closes it, or `stopped` (may be NULL) says so. False after a message: there is
 * no window. */
bool app_show_window(struct app *app, const struct view_options *options, bool (*stopped)(void));

/* docs/view.md, from the tables that the view uses. */
void app_print_reference(FILE *out);

#endif
