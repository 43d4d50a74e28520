/* fleetcast export: the runs of a study as a file for other programs.
 * SPDX-License-Identifier: MIT
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/table_options.h"
#include "results/whole_file.h"
#include "study/export.h"

static const struct format {
    const char *name;
    bool (*write)(const struct run_table *table, FILE *out);
} formats[] = {
    { "tidy", export_tidy },
    { "wide", export_wide },
    { "npy", export_npy },
};
#define FORMAT_COUNT (sizeof formats / sizeof formats[0])

struct export_options {
    struct table_options table;
    const struct format *format;
    const char *out;
};

static const struct argp_option options_table[] = {
    { "format", 'F', "FORMAT", 0,
            "Sets the format: tidy (CSV, a line for each metric of each run; the default), wide "
            "(CSV, a line for each run) or npy (an array of records for NumPy).",
            0 },
    { "out", 'o', "FILE", 0, "Writes to this file; the default is standard output.", 0 },
    { 0 },
};

static const char documentation[] =
        "Writes the runs of a study's database (DB) as a table: points and replications in order, "
        "whichever run ended first.\v"
        "Exit status: 0 fine, 2 bad usage, database or output.";

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct export_options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->table;
        return 0;
    case 'F':
        for (size_t i = 0; i < FORMAT_COUNT; i++) {
            if (strcmp(argument, formats[i].name) == 0) {
                options->format = &formats[i];
                return 0;
            }
        }
        argp_error(state, "--format should be tidy, wide or npy");
        return 0;
    case 'o':
        options->out = argument;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

struct writing {
    const struct export_options *options;
    const struct run_table *table;
    bool ok;
};

static void write_table(FILE *out, void *context)
{
    struct writing *writing = context;
    writing->ok = writing->options->format->write(writing->table, out);
}

static int export(const struct export_options *options, const struct run_table *table)
{
    struct writing writing = { options, table, true };
    char error[WHOLE_FILE_PATH_MAX + 128] = "";
    bool written = true;
    if (options->out != NULL) {
        written = whole_file_write(options->out, write_table, &writing, error, sizeof error);
    } else {
        write_table(stdout, &writing);
    }
    if (!writing.ok || !written) {
        fprintf(stderr, "fleetcast: %s\n", written ? "out of memory" : error);
        return EXIT_USAGE;
    }
    return EXIT_FINE;
}

int command_export(int argc, char **argv, const struct program *program)
{
    (void)program;
    struct export_options options = { .format = &formats[0] };
    const struct argp_child children[] = { { &table_options_argp, 0, NULL, 0 }, { 0 } };
    const struct argp argp = { options_table, parse_option, "DB", documentation, children, NULL,
        NULL };
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    struct run_table *table = table_options_read(&options.table);
    int status = table != NULL ? export(&options, table) : EXIT_USAGE;
    run_table_destroy(table);
    return status;
}
