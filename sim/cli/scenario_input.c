/* The scenario that a command line names.
 * SPDX-License-Identifier: MIT
 */
#include "cli/scenario_input.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/command.h"

#define DEMONSTRATION "hello-20"

void scenario_input_argument(
        const char **scenario, const char *argument, const struct argp_state *state)
{
    if (*scenario != NULL) {
        argp_error(state, "one scenario at a time: '%s' is one too many", argument);
    }
    *scenario = argument;
}

int scenario_input_use(const char *name, const struct sets *sets,
        int (*use)(const struct scenario *scenario, void *context), void *context)
{
    char path[SCENARIO_PATH_MAX];
    int status = EXIT_USAGE;
    struct scenario *scenario = malloc(sizeof *scenario);
    struct scenario_errors *errors = scenario_errors_create();
    if (scenario == NULL || errors == NULL) {
        fprintf(stderr, "fleetcast: out of memory\n");
    } else if (scenario_file(name != NULL ? name : DEMONSTRATION, path)) {
        bool ok = scenario_read_file(scenario, path, sets->items, sets->count, errors);
        scenario_errors_print(errors, stderr); /* warnings too, with --quiet as well */
        status = ok ? use(scenario, context) : EXIT_USAGE;
    }
    scenario_errors_destroy(errors);
    free(scenario);
    return status;
}
