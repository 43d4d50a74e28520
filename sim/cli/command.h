/* The commands of fleetcast: each parses its own arguments and returns the exit status.
 * SPDX-License-Identifier: MIT
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "scenario/scenario.h"

enum exit_status {
    EXIT_FINE = 0,
    EXIT_EXPECTATION = 1, /* an expectation failed */
    EXIT_USAGE = 2,       /* bad usage, scenario, image or output */
    EXIT_RUN = 3,         /* the run itself failed: an invariant broke */
    EXIT_SIGNAL = 128     /* plus the number of the signal that cut the run short */
};

int command_run(int argc, char **argv);
int command_validate(int argc, char **argv);
int command_scenarios(int argc, char **argv);
int command_schema(int argc, char **argv);

/* Dispatches argv[1]; what main() returns. */
int command_main(int argc, char **argv);

/* The file that `name` means: a path, or the name of a shipped scenario ("hello-20"). False after
 * a message: neither. */
bool scenario_file(const char *name, char path[SCENARIO_PATH_MAX]);

#endif
