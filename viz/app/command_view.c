/* fleetcast view, and the window of `fleetcast run --view`.
 * SPDX-License-Identifier: MIT
 */
#include "app/command_view.h"

#include <stdio.h>
#include <stdlib.h>

#include "app/app.h"
#include "cli/play.h"
#include "cli/scenario_input.h"

/* A broken invariant is told, whatever else was asked for. */
static int status_of_run(struct app *app)
{
    char failure[192];
    struct run *run = player_hold(app->player);
    bool failed = run_audit_fails(run, failure, sizeof failure);
    player_release(app->player);
    if (failed) {
        fprintf(stderr, "fleetcast: the run failed: %s\n", failure);
    }
    return failed ? EXIT_RUN : EXIT_FINE;
}

static bool save(struct app *app, const char *path)
{
    bool ok = app_save_scenario(app, path);
    fprintf(ok ? stdout : stderr, "%s%s\n", ok ? "" : "fleetcast: --save: ", app->view.message);
    return ok;
}

static int show(const struct scenario *scenario, void *context)
{
    const struct view_options *options = context;
    struct app app;
    int status = EXIT_USAGE;
    struct run_settings settings = options->settings;
    bool headless = view_options_headless(options);
    if (!play_plan(scenario, 0, false, &settings)) {
        return EXIT_USAGE;
    }
    if (app_open(&app, scenario, &settings, options->sets.items, options->sets.count, options)
            && (!headless || app_save_pictures(&app, options))
            && ((headless && !options->window) || app_show_window(&app, options, NULL))) {
        status = status_of_run(&app);
        if (options->save != NULL && !save(&app, options->save)) {
            status = EXIT_USAGE;
        }
    }
    app_close(&app);
    return status;
}

int command_view(int argc, char **argv, const struct program *program)
{
    (void)program;
    struct view_options options;
    view_options_parse(&options, argc, argv);
    if (options.reference) {
        app_print_reference(stdout);
        return EXIT_FINE;
    }
    return scenario_input_use(options.scenario, &options.sets, show, &options);
}

bool view_run(const struct run_viewing *viewing)
{
    struct app app;
    struct view_options options;
    view_options_init(&options);
    options.selected = viewing->device;
    bool ok = app_open(&app, viewing->scenario, &viewing->settings, viewing->sets,
            viewing->set_count, &options);
    if (ok && viewing->at_ns > 0) { /* the run goes there while the window is shown */
        player_command(app.player,
                &(struct player_command){ .kind = PLAYER_UNTIL_TIME, .at_ns = viewing->at_ns });
    }
    ok = ok && app_show_window(&app, &options, viewing->stopped);
    if (ok && viewing->finished != NULL) {
        struct player_state state;
        struct run *run = player_hold(app.player);
        player_state(app.player, &state);
        if (state.intervention_count > 0) {
            fprintf(stderr, "fleetcast: the results are those of a run with %u faults by hand\n",
                    state.intervention_count);
        }
        viewing->finished(viewing->context, run, state.over);
        player_release(app.player);
    }
    app_close(&app);
    return ok;
}
