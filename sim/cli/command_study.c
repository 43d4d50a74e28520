/* fleetcast study show: the points of a study and what their runs measured.
 * SPDX-License-Identifier: MIT
 */
#include <argp.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/point_list.h"
#include "cli/run_options.h"
#include "cli/table_options.h"
#include "scenario/scenario.h"
#include "study/run_command.h"
#include "study/store.h"

struct study_options {
    struct table_options table;
    const char *command; /* "POINT.REPLICATION" */
    bool show;           /* the word "show" was there */
};

static const struct argp_option options_table[] = {
    { "command", 'c', "POINT.REPLICATION", 0,
            "Prints the command that repeats this one run, as in 3.0.", 0 },
    { 0 },
};

static const char documentation[] =
        "Lists the points of a study's database (DB): for each metric its mean over the runs, the "
        "95 % confidence interval of that (Student), quantiles, and the number of runs. Without "
        "--metric it lists a few that most studies are about.\v"
        "Exit status: 0 fine, 2 bad usage or database.";

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct study_options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->table;
        return 0;
    case 'c':
        options->command = argument;
        return 0;
    case ARGP_KEY_ARG:
        if (options->show) {
            return ARGP_ERR_UNKNOWN; /* the database, which the child takes */
        }
        if (strcmp(argument, "show") != 0) {
            argp_error(state, "'%s' should be 'show'", argument);
        }
        options->show = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int print_command(const struct study_options *options)
{
    char error[STORE_ERROR_SIZE];
    struct run_command command;
    struct run_options run = { 0 };
    if (!run_command_read(
                &command, options->table.database, options->command, error, sizeof error)) {
        fprintf(stderr, "fleetcast: %s\n", error);
        return EXIT_USAGE;
    }
    for (; run.sets.count < command.set_count; run.sets.count++) {
        run.sets.items[run.sets.count] = command.sets[run.sets.count];
    }
    run_options_print_again(&run, command.scenario, stdout);
    run_command_clear(&command);
    return EXIT_FINE;
}

static int list_points(const struct study_options *options)
{
    struct run_table *table = table_options_read(&options->table);
    if (table == NULL) {
        return EXIT_USAGE;
    }
    bool ok = point_list_print(table, options->table.metric_count > 0, stdout);
    run_table_destroy(table);
    if (!ok) {
        fprintf(stderr, "fleetcast: out of memory\n");
    }
    return ok ? EXIT_FINE : EXIT_USAGE;
}

int command_study(int argc, char **argv, const struct program *program)
{
    (void)program;
    struct study_options options = { .show = false };
    const struct argp_child children[] = { { &table_options_argp, 0, NULL, 0 }, { 0 } };
    const struct argp argp = { options_table, parse_option, "show DB", documentation, children,
        NULL, NULL };
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    return options.command != NULL ? print_command(&options) : list_points(&options);
}
