/* Picks the command of fleetcast.
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "commit.h"
#include "run_memory.h"
#include "scenario/param.h"
#include "version.h"

static const struct command commands[] = {
    { "run", command_run, "Plays a scenario and prints what it measured." },
    { "sweep", command_sweep, "Plays the runs of a study that its database lacks." },
    { "study", command_study, "Lists the points of a study with their statistics." },
    { "export", command_export, "Writes the runs of a study as CSV or for NumPy." },
    { "explain", command_explain, "Tells what one device did in a run, and why." },
    { "diff", command_diff, "Names the first event in which two runs part." },
    { "check", command_check, "Compares scenarios with their baselines, for CI." },
    { "compare", command_compare, "Compares two firmwares, scenarios or programs." },
    { "report", command_report, "Writes one HTML page of a run or of a study." },
    { "validate", command_validate, "Reports every mistake in scenario files." },
    { "scenarios", command_scenarios, "Lists the shipped scenarios." },
    { "new", command_new, "Writes a commented scenario to start from." },
    { "patch", command_patch, "Makes and applies delta images of firmware." },
    { "schema", command_schema, "Lists every key of scenarios, or writes their JSON Schema." },
};

#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

/* The n-th of all; NULL after the last. */
static const struct command *command_at(const struct program *program, size_t n)
{
    if (n < COMMAND_COUNT) {
        return &commands[n];
    }
    n -= COMMAND_COUNT;
    return n < program->command_count ? &program->commands[n] : NULL;
}

static void print_help(const struct program *program, FILE *out)
{
    fputs("Usage: fleetcast COMMAND [OPTION...] [SCENARIO...]\n"
          "Simulates firmware update over the air over LoRaWAN with real device firmware.\n\n",
            out);
    const struct command *command;
    for (size_t i = 0; (command = command_at(program, i)) != NULL; i++) {
        fprintf(out, "  %-11s %s\n", command->name, command->help);
    }
    fputs("\n'fleetcast COMMAND --help' lists the options of a command, 'fleetcast --version'\n"
          "prints version and commit. 'fleetcast run' without a scenario plays 20 devices.\n\n"
          "Exit status: 0 fine, 1 an expectation failed, 2 bad usage or scenario, 3 the run\n"
          "failed, 128 + N signal N cut the run short.\n",
            out);
}

#define NAMES_MAX 16u

static int unknown_command(const struct program *program, const char *name)
{
    const char *names[NAMES_MAX + 1] = { NULL };
    for (size_t i = 0; i < NAMES_MAX && command_at(program, i) != NULL; i++) {
        names[i] = command_at(program, i)->name;
    }
    const char *near = nearest_word(name, names);
    fprintf(stderr, "fleetcast: unknown command '%s'%s%s%s; see 'fleetcast --help'\n", name,
            near != NULL ? " (did you mean '" : "", near != NULL ? near : "",
            near != NULL ? "'?)" : "");
    return EXIT_USAGE;
}

/* A result that did not reach its reader is no result. */
static int close_output(int status)
{
    if (fflush(stdout) == 0 && ferror(stdout) == 0) {
        return status;
    }
    fprintf(stderr, "fleetcast: cannot write standard output: %s\n", strerror(errno));
    return status == EXIT_FINE ? EXIT_USAGE : status;
}

static bool is_any(const char *name, const char *const *words)
{
    while (*words != NULL && strcmp(name, *words) != 0) {
        words++;
    }
    return *words != NULL;
}

static void end_without_memory(size_t bytes)
{
    fprintf(stderr,
            "fleetcast: out of memory in the middle of an event: the system refused a block of %zu "
            "bytes, which is more than the reserve; the run has no results\n",
            bytes);
    quick_exit(EXIT_RUN);
}

int command_main(int argc, char **argv, const struct program *program)
{
    static const char *const help_words[] = { "--help", "-h", "-?", "help", NULL };
    run_memory_on_end(end_without_memory);
    if (argc < 2) {
        print_help(program, stderr);
        return EXIT_USAGE;
    }
    const char *name = argv[1];
    if (is_any(name, help_words)) {
        print_help(program, stdout);
        return close_output(EXIT_FINE);
    }
    if (strcmp(name, "--version") == 0) {
        printf("fleetcast %s (%s)\n", FLEETCAST_VERSION, FLEETCAST_COMMIT);
        return close_output(EXIT_FINE);
    }
    const struct command *command;
    for (size_t i = 0; (command = command_at(program, i)) != NULL; i++) {
        if (strcmp(name, command->name) == 0) {
            char title[64];
            snprintf(title, sizeof title, "fleetcast %s", name);
            argv[1] = title;
            return close_output(command->function(argc - 1, argv + 1, program));
        }
    }
    return unknown_command(program, name);
}
