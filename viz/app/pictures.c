/* Pictures and films of a run, without a display.
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "app/app.h"

#define FILM_S 60.0 /* that the whole run takes, unless a speed is given */

static bool complain(const char *what, const char *error)
{
    fprintf(stderr, "fleetcast: %s: %s\n", what, error);
    return false;
}

/* The run stands at a time, with all commands done. False after a message. */
static bool go_to(struct app *app, sim_ns at_ns)
{
    app_command(app);
    player_settle(app->player);
    const struct scene *scene = player_scene_now(app->player, false);
    if (scene->now_ns < at_ns && !scene->over) {
        player_command(
                app->player, &(struct player_command){ .kind = PLAYER_UNTIL_TIME, .at_ns = at_ns });
        player_settle(app->player);
    }
    app->view.message[0] = '\0';
    app_refresh(app);
    return app->view.player.error[0] == '\0' || complain("view", app->view.player.error);
}

/* Drawn twice: what is drawn first may change what the view asks for, as the device to follow. */
static bool save(struct app *app, struct canvas *canvas, const char *path)
{
    char error[256];
    for (int i = 0; i < 2; i++) {
        const struct scene *scene = player_scene_now(app->player, true);
        app_draw(app, scene, canvas);
        app_command(app);
        player_settle(app->player);
    }
    return canvas_save_png(canvas, path, error, sizeof error) || complain(path, error);
}

/* The view said why it gave the player nothing to do. */
static bool was_refused(const struct view *view, enum view_intent intent)
{
    bool needs_target = intent == INTENT_UNTIL_LOSS || intent == INTENT_PIN
                        || intent == INTENT_RESET_DEVICE || intent == INTENT_CUT_POWER
                        || intent == INTENT_OUTAGE;
    return needs_target && view->command_count == 0;
}

static bool do_act(struct app *app, struct canvas *canvas, const struct view_act *act)
{
    if (!go_to(app, act->at_ns)) {
        return false;
    }
    if (act->picture != NULL) {
        return save(app, canvas, act->picture);
    }
    view_intend(&app->view, player_scene_now(app->player, false), act->intent);
    if (was_refused(&app->view, act->intent)) {
        return complain("--do", app->view.message);
    }
    app_command(app);
    player_settle(app->player);
    app_refresh(app);
    return app->view.player.error[0] == '\0' || complain("--do", app->view.player.error);
}

/* --- films ------------------------------------------------------------------------------------ */

static bool frame_path(const struct view_options *options, uint32_t number, char *path, size_t size)
{
    int length = snprintf(path, size, "%s/frame-%06u.png", options->record, number);
    return length > 0 && (size_t)length < size;
}

static void print_film_line(const struct view_options *options, uint32_t frames)
{
    printf("%u frames; a film of them:\n"
           "ffmpeg -framerate %d -i '%s/frame-%%06d.png' -vf 'pad=ceil(iw/2)*2:ceil(ih/2)*2' "
           "-pix_fmt yuv420p '%s.mp4'\n",
            frames, options->fps, options->record, options->record);
}

/* One frame each 1 / fps of the film, at the speed of the options; acts on the way are done. */
static bool record(struct app *app, const struct view_options *options, struct canvas *canvas)
{
    char path[SCENARIO_PATH_MAX];
    double duration_s = (double)app->scenario->duration_ns / (double)SIM_NS_PER_S;
    double speed = options->speed > 0.0 ? options->speed : duration_s / FILM_S;
    sim_ns step_ns = (sim_ns)(speed / options->fps * (double)SIM_NS_PER_S);
    if (mkdir(options->record, 0777) != 0 && errno != EEXIST) {
        return complain(options->record, strerror(errno));
    }
    uint32_t frames = 0, acts = 0;
    bool over = false;
    for (sim_ns at_ns = 0; !over; at_ns += step_ns > 0 ? step_ns : 1) {
        for (; acts < options->act_count && options->acts[acts].at_ns <= at_ns; acts++) {
            if (!do_act(app, canvas, &options->acts[acts])) {
                return false;
            }
        }
        if (!go_to(app, at_ns) || !frame_path(options, ++frames, path, sizeof path)
                || !save(app, canvas, path)) {
            return false;
        }
        over = app->view.player.over;
    }
    print_film_line(options, frames);
    return true;
}

bool app_save_pictures(struct app *app, const struct view_options *options)
{
    char error[256];
    struct canvas *canvas =
            canvas_create_picture(options->width, options->height, 1.0f, error, sizeof error);
    if (canvas == NULL) {
        return complain("view", error);
    }
    bool ok = true;
    if (options->record != NULL) {
        ok = record(app, options, canvas);
    }
    for (uint32_t i = 0; i < options->act_count && ok && options->record == NULL; i++) {
        ok = do_act(app, canvas, &options->acts[i]);
    }
    canvas_destroy(canvas);
    return ok;
}
