/* The scenario that a command line names: read, reported and handed on.
 * SPDX-License-Identifier: MIT
 */
#ifndef CLI_SCENARIO_INPUT_H
#define CLI_SCENARIO_INPUT_H

#include "cli/sets.h"
#include "scenario/scenario.h"

/* The argument that names it; the program ends at a second one. */
void scenario_input_argument(
        const char **scenario, const char *argument, const struct argp_state *state);

/* Reads the scenario `name` (NULL: the demonstration) with `sets`, prints its mistakes and warnings
 * on stderr, and returns what `use` does; EXIT_USAGE without a call when it cannot be read. */
int scenario_input_use(const char *name, const struct sets *sets,
        int (*use)(const struct scenario *scenario, void *context), void *context);

#endif
