/* The commands of fleetcast: each parses its own arguments and returns the exit status.
 * SPDX-License-Identifier: MIT
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "run/run.h"

enum exit_status {
    EXIT_FINE = 0,
    EXIT_EXPECTATION = 1, /* an expectation failed */
    EXIT_USAGE = 2,       /* bad usage, scenario, image or output */
    EXIT_RUN = 3,         /* the run itself failed: an invariant broke */
    EXIT_SIGNAL = 128     /* plus the number of the signal that cut the run short */
};

struct program;

struct command {
    const char *name;
    int (*function)(int argc, char **argv, const struct program *program);
    const char *help;
};

/* A run that is to be played by hand. */
struct run_viewing {
    const struct scenario *scenario;
    struct run_settings settings;
    const char *const *sets; /* that the scenario was read with */
    size_t set_count;
    sim_ns at_ns;          /* where the run stands when the window opens */
    uint32_t device;       /* that is selected; UINT32_MAX: none */
    bool (*stopped)(void); /* a signal asks for the end; may be NULL */
    /* Called once, when the window is closed: `over` says whether the run has come to its end. May
     * be NULL. */
    void (*finished)(void *context, struct run *run, bool over);
    void *context;
};

/* What the program has beside the commands of this folder. */
struct program {
    const struct command *commands;
    size_t command_count;
    /* For --view: plays a run until its end is seen or the window is closed. False after a
     * message: there is no window. */
    bool (*view)(const struct run_viewing *viewing);
};

int command_run(int argc, char **argv, const struct program *program);
int command_export(int argc, char **argv, const struct program *program);
int command_study(int argc, char **argv, const struct program *program);
int command_sweep(int argc, char **argv, const struct program *program);
int command_diff(int argc, char **argv, const struct program *program);
int command_explain(int argc, char **argv, const struct program *program);
int command_validate(int argc, char **argv, const struct program *program);
int command_report(int argc, char **argv, const struct program *program);
int command_scenarios(int argc, char **argv, const struct program *program);
int command_new(int argc, char **argv, const struct program *program);
int command_check(int argc, char **argv, const struct program *program);
int command_compare(int argc, char **argv, const struct program *program);
int command_patch(int argc, char **argv, const struct program *program);
int command_schema(int argc, char **argv, const struct program *program);

/* Dispatches argv[1]; what main() returns. */
int command_main(int argc, char **argv, const struct program *program);

/* The file that `name` means: a path, or the name of a shipped scenario ("hello-20"). False after
 * a message: neither. */
bool scenario_file(const char *name, char path[SCENARIO_PATH_MAX]);

#endif
