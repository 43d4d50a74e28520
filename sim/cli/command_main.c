/* Picks the command of fleetcast.
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "version.h"

static const struct {
    const char *name;
    int (*function)(int argc, char **argv);
    const char *help;
} commands[] = {
    { "run", command_run, "play a scenario and print what it measured" },
    { "validate", command_validate, "report every mistake in scenario files" },
    { "scenarios", command_scenarios, "list the shipped scenarios" },
    { "schema", command_schema, "list every scenario key" },
};

#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

static void print_help(FILE *out)
{
    fputs("Usage: fleetcast COMMAND [OPTION...] [SCENARIO...]\n"
          "Simulates firmware update over the air over LoRaWAN with real device firmware.\n\n",
            out);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        fprintf(out, "  %-11s %s\n", commands[i].name, commands[i].help);
    }
    fputs("\n'fleetcast COMMAND --help' tells more. 'fleetcast run' alone plays 20 devices.\n"
          "Exit status: 0 fine, 1 an expectation failed, 2 bad usage or scenario, 3 the run\n"
          "failed.\n",
            out);
}

int command_main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "--help";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-?") == 0) {
        print_help(stdout);
        return argc > 1 ? EXIT_FINE : EXIT_USAGE;
    }
    if (strcmp(name, "--version") == 0) {
        printf("fleetcast %s\n", FLEETCAST_VERSION);
        return EXIT_FINE;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(name, commands[i].name) == 0) {
            char title[64];
            snprintf(title, sizeof title, "fleetcast %s", name);
            argv[1] = title;
            return commands[i].function(argc - 1, argv + 1);
        }
    }
    fprintf(stderr, "fleetcast: unknown command '%s'; see 'fleetcast --help'\n", name);
    return EXIT_USAGE;
}
