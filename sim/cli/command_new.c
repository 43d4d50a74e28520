/* fleetcast new: writes a commented scenario to start from.
 * SPDX-License-Identifier: MIT
 */
#include <argp.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/scenario_input.h"
#include "cli/shipped.h"
#include "scenario/scenario.h"

#define STANDARD "scenario"

/* sim/cli/new_scenario.yaml, embedded by the build: all but the name. */
extern const uint8_t new_scenario_text[];
extern const uint32_t new_scenario_text_size;

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    const char **name = state->input;
    if (key != ARGP_KEY_ARG) {
        return ARGP_ERR_UNKNOWN;
    }
    scenario_input_argument(name, argument, state);
    return 0;
}

/* The scenario's name is that of its file, without folders and suffix. False: it is none. */
static bool name_of(const char *path, char name[SCENARIO_NAME_MAX])
{
    const char *slash = strrchr(path, '/');
    const char *base = slash != NULL ? slash + 1 : path;
    size_t length = strlen(base);
    length -= has_scenario_suffix(base) ? strlen(SCENARIO_SUFFIX) : 0;
    bool ok = length > 0 && length < SCENARIO_NAME_MAX;
    for (size_t i = 0; ok && i < length; i++) {
        ok = isalnum((unsigned char)base[i]) || strchr("-_.", base[i]) != NULL;
    }
    snprintf(name, SCENARIO_NAME_MAX, "%.*s", ok ? (int)length : 0, base);
    return ok;
}

/* A name of digits is a text, too. */
static bool write_scenario(FILE *out, const char *name)
{
    const char *quote = isalpha((unsigned char)name[0]) ? "" : "\"";
    fprintf(out,
            "# yaml-language-server: $schema=scenario.schema.json\n"
            "# A city to start from. \"fleetcast schema\" lists every key that it may have, with "
            "its\n"
            "# default; \"fleetcast validate\" tells every mistake at once, and what is planned.\n"
            "# Editors complete keys with what \"fleetcast schema --json > scenario.schema.json\" "
            "writes.\n"
            "name: %s%s%s\n",
            quote, name, quote);
    fwrite(new_scenario_text, 1, new_scenario_text_size, out);
    return fflush(out) == 0 && ferror(out) == 0;
}

/* A file that is there is kept. */
static int write_file(const char *path, const char *name)
{
    FILE *out = fopen(path, "wx");
    if (out == NULL && errno == EEXIST) {
        fprintf(stderr, "fleetcast new: '%s' is there already; another name, or remove it\n", path);
        return EXIT_USAGE;
    }
    bool ok = out != NULL && write_scenario(out, name);
    ok = (out == NULL || fclose(out) == 0) && ok;
    if (!ok) {
        fprintf(stderr, "fleetcast new: cannot write '%s': %s\n", path, strerror(errno));
        if (out != NULL) {
            remove(path);
        }
        return EXIT_USAGE;
    }
    printf("%s: a scenario to start from; 'fleetcast run %s' plays it\n", path, path);
    return EXIT_FINE;
}

int command_new(int argc, char **argv, const struct program *program)
{
    static const char documentation[] =
            "Writes a commented scenario to start from, NAME" SCENARIO_SUFFIX
            " (default: " STANDARD SCENARIO_SUFFIX
            "). It does not overwrite a file. NAME '-' is standard output.\v"
            "Exit status: 0 fine, 2 bad usage, or the file is there already or cannot be written.";
    const struct argp argp = { NULL, parse_option, "[NAME]", documentation, NULL, NULL, NULL };
    const char *argument = NULL;
    char name[SCENARIO_NAME_MAX], path[SCENARIO_PATH_MAX];
    (void)program;
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &argument);
    argument = argument != NULL ? argument : STANDARD;
    if (strcmp(argument, "-") == 0) {
        write_scenario(stdout, STANDARD); /* command_main() checks standard output */
        return EXIT_FINE;
    }
    int length = snprintf(path, sizeof path, "%s%s", argument,
            has_scenario_suffix(argument) ? "" : SCENARIO_SUFFIX);
    if (!name_of(argument, name) || length < 0 || (size_t)length >= sizeof path) {
        fprintf(stderr,
                "fleetcast new: '%s' should be a name of letters, digits, '-', '_' and '.', with "
                "or without " SCENARIO_SUFFIX " and folders\n",
                argument);
        return EXIT_USAGE;
    }
    return write_file(path, name);
}
