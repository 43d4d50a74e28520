/* A view of a run: what the window and pictures have in common.
 * SPDX-License-Identifier: MIT
 */
#include "app/app.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "results/whole_file.h"
#include "scenario/text_file.h"

#define TEXT_MAX (1u << 20)

static bool complain(const char *what, const char *error)
{
    fprintf(stderr, "fleetcast: %s%s%s\n", what, what[0] != '\0' ? ": " : "", error);
    return false;
}

/* --- opening ---------------------------------------------------------------------------------- */

/* Kept as it is now: the file may be edited while the view shows it. */
static void keep_text(struct app *app)
{
    const char *path = app->scenario->path;
    struct scenario_errors *errors = scenario_errors_create();
    if (errors != NULL && strcmp(path, "-") != 0) {
        app->text = text_file_read(
                path, TEXT_MAX, &app->text_size, (struct scenario_place){ path, 0, 0 }, errors);
    }
    scenario_errors_destroy(errors);
}

static bool choose_scheme(struct app *app, const struct view_options *options)
{
    char error[256] = "", names[256] = "";
    schemes_init(&app->schemes);
    if (options->schemes_file != NULL
            && !schemes_read_file(&app->schemes, options->schemes_file, error, sizeof error)) {
        return complain("", error);
    }
    size_t used = 0;
    for (uint32_t i = 0; i < app->schemes.count && used < sizeof names; i++) {
        const char *name = app->schemes.rows[i].name;
        if (options->scheme == NULL || strcmp(options->scheme, name) == 0) {
            app->view.scheme = i;
            return true;
        }
        used += (size_t)snprintf(
                names + used, sizeof names - used, "%s%s", used > 0 ? ", " : "", name);
    }
    fprintf(stderr, "fleetcast: --scheme %s: should be one of %s\n", options->scheme, names);
    return false;
}

static bool check_device(const struct app *app, const char *option, uint32_t device)
{
    uint32_t count = scenario_device_count(app->scenario);
    if (device != SCENE_NONE && device >= count) {
        fprintf(stderr, "fleetcast: %s %u: the scenario has %u devices, counted from 0\n", option,
                device, count);
        return false;
    }
    return true;
}

static bool apply_options(struct app *app, const struct view_options *options)
{
    struct view *view = &app->view;
    view->theme = options->theme;
    bool ok = choose_scheme(app, options) && check_device(app, "--select", options->selected);
    if (options->selected != SCENE_NONE) {
        view_select(view, options->selected);
    }
    for (uint32_t i = 0; i < options->pinned_count && ok; i++) {
        uint32_t device = options->pinned[i];
        ok = check_device(app, "--pin", device);
        view->pinned[view->pinned_count++] = device;
        view_command(view, &(struct player_command){ .kind = PLAYER_PIN, .device = device });
    }
    if (options->speed > 0.0) {
        view_command(
                view, &(struct player_command){ .kind = PLAYER_SPEED, .speed = options->speed });
    }
    return ok;
}

bool app_open(struct app *app, const struct scenario *scenario, const struct run_settings *settings,
        const char *const *sets, size_t set_count, const struct view_options *options)
{
    char error[1024];
    *app = (struct app){ .scenario = scenario, .sets = sets, .set_count = set_count };
    view_init(&app->view, scenario, &app->schemes);
    if (!apply_options(app, options)) {
        return false;
    }
    app->player = player_create(scenario, settings, error, sizeof error);
    if (app->player == NULL) {
        return complain(scenario->path, error);
    }
    keep_text(app);
    app_command(app);
    return true;
}

void app_close(struct app *app)
{
    view_release(&app->view);
    player_destroy(app->player);
    free(app->text);
}

/* --- drawing ---------------------------------------------------------------------------------- */

void app_command(struct app *app)
{
    for (uint32_t i = 0; i < app->view.command_count; i++) {
        player_command(app->player, &app->view.commands[i]);
    }
    app->view.command_count = 0;
}

void app_refresh(struct app *app)
{
    struct player_state *state = &app->view.player;
    player_state(app->player, state);
    if (state->error[0] != '\0' && strcmp(state->error, app->error) != 0) {
        view_say(&app->view, "%s", state->error);
    }
    snprintf(app->error, sizeof app->error, "%s", state->error);
}

static double cpu_ms(void)
{
    struct timespec used;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (double)used.tv_sec * 1e3 + (double)used.tv_nsec / 1e6;
}

void app_draw(struct app *app, const struct scene *scene, struct canvas *canvas)
{
    struct view *view = &app->view;
    double began_ms = cpu_ms();
    view_layout(view, canvas_box(canvas));
    view_update(view, scene);
    canvas_begin(canvas, themes[view->theme].background);
    view_draw(view, scene, canvas);
    canvas_end(canvas);
    view->frame_ms = cpu_ms() - began_ms;
}

/* --- keeping ---------------------------------------------------------------------------------- */

/* "fleetcast-hello-20-6h00m00s.png": in the working folder. */
static void file_name(
        const struct app *app, sim_ns at_ns, const char *suffix, char *path, size_t size)
{
    char name[SCENARIO_NAME_MAX];
    long long s = at_ns / SIM_NS_PER_S;
    snprintf(name, sizeof name, "%s", app->scenario->name);
    for (char *c = name; *c != '\0'; c++) {
        *c = isalnum((unsigned char)*c) || strchr("-_.", *c) != NULL ? *c : '_';
    }
    snprintf(path, size, "fleetcast-%s-%lldh%02lldm%02llds.%s", name, s / 3600, s / 60 % 60, s % 60,
            suffix);
}

struct written {
    char *text;
    size_t size;
};

static void write_text(FILE *out, void *context)
{
    const struct written *written = context;
    fwrite(written->text, 1, written->size, out);
}

/* Into memory first: a file is there only when all of it is. */
static bool write_scenario(const struct app *app, const char *path, char *error, size_t error_size)
{
    struct written written = { 0 };
    if (app->text == NULL) {
        snprintf(error, error_size, "the scenario came from standard input");
        return false;
    }
    FILE *out = open_memstream(&written.text, &written.size);
    if (out == NULL) {
        snprintf(error, error_size, "out of memory");
        return false;
    }
    bool ok = interventions_write(player_interventions(app->player), app->scenario, app->text,
            app->text_size, app->sets, app->set_count, out, error, error_size);
    fclose(out);
    ok = ok && whole_file_write(path, write_text, &written, error, error_size);
    free(written.text);
    return ok;
}

bool app_save_scenario(struct app *app, const char *path)
{
    char error[WHOLE_FILE_PATH_MAX + 128] = "", own_path[160];
    app_command(app); /* faults given just before are among those written */
    struct run *run = player_hold(app->player);
    if (path == NULL) {
        file_name(app, engine_now(run_engine(run)), "yaml", own_path, sizeof own_path);
        path = own_path;
    }
    bool ok = write_scenario(app, path, error, sizeof error);
    player_release(app->player);
    view_say(&app->view, ok ? "Saved %s" : "Not saved: %s", ok ? path : error);
    return ok;
}

bool app_save_picture(struct app *app, const struct scene *scene, struct canvas *canvas)
{
    char error[256], path[160];
    file_name(app, scene->now_ns, "png", path, sizeof path);
    bool ok = canvas_save_png(canvas, path, error, sizeof error);
    view_say(&app->view, ok ? "Saved %s" : "Not saved: %s", ok ? path : error);
    return ok;
}
