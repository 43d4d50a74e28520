/* fleetcast scenarios and validate: what can be run, and whether a file can.
 * SPDX-License-Identifier: MIT
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/sets.h"
#include "cli/shipped.h"
#include "scenario/firmware_image.h"
#include "scenario/fleet_estimate.h"
#include "scenario/param.h"
#include "scenario/scenario.h"
#include "scenario/wrapped_text.h"

#define VALIDATE_FILES_MAX 256
#define NAME_COLUMNS       29

static void no_such_scenario(const char *name)
{
    char *names[SHIPPED_SCENARIOS_MAX + 1];
    shipped_names(names);
    const char *near = nearest_word(name, (const char *const *)names);
    fprintf(stderr, "fleetcast: '%s' is neither a file nor a shipped scenario%s%s%s\n", name,
            near != NULL ? " (did you mean '" : "; see 'fleetcast scenarios'",
            near != NULL ? near : "", near != NULL ? "'?)" : "");
    shipped_names_free(names);
}

bool scenario_file(const char *name, char path[SCENARIO_PATH_MAX])
{
    int length = snprintf(path, SCENARIO_PATH_MAX, "%s", name);
    if (length < 0 || (size_t)length >= SCENARIO_PATH_MAX) {
        fprintf(stderr, "fleetcast: the path of a scenario has at most %u bytes\n",
                SCENARIO_PATH_MAX - 1);
        return false;
    }
    if (strcmp(name, "-") == 0 || access(name, F_OK) == 0) {
        return true;
    }
    shipped_path(name, path);
    if (access(path, F_OK) == 0) {
        return true;
    }
    /* What looks like a file is one; reading it says why it can't be read. */
    if (strpbrk(name, "/.") != NULL) {
        snprintf(path, SCENARIO_PATH_MAX, "%s", name);
        return true;
    }
    no_such_scenario(name);
    return false;
}

struct arguments {
    int allowed;
    int count;
    const char *words[VALIDATE_FILES_MAX];
    struct sets sets;
};

static error_t parse_argument(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    if (key == 'S') {
        sets_add(&arguments->sets, argument, state);
        return 0;
    }
    if (key != ARGP_KEY_ARG) {
        return ARGP_ERR_UNKNOWN;
    }
    if (arguments->count == arguments->allowed) {
        argp_error(state, "'%s' is one argument too many", argument);
    }
    arguments->words[arguments->count++] = argument;
    return 0;
}

/* `options` NULL: none but --help and --usage. */
static void parse_arguments(int argc, char **argv, const struct argp_option *options,
        const char *usage, const char *documentation, struct arguments *arguments)
{
    const struct argp argp = { options, parse_argument, usage, documentation, NULL, NULL, NULL };
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, arguments);
}

static bool validate_file(const char *name, const struct arguments *arguments)
{
    char path[SCENARIO_PATH_MAX];
    if (!scenario_file(name, path)) {
        return false;
    }
    struct scenario *scenario = malloc(sizeof *scenario);
    struct scenario_errors *errors = scenario_errors_create();
    bool ok = scenario != NULL && errors != NULL
              && scenario_read_file(
                      scenario, path, arguments->sets.items, arguments->sets.count, errors);
    if (ok) {
        char error[512];
        const struct scenario_firmware *firmware = scenario->campaign_count > 0
                                                           ? &scenario->campaigns[0].firmware
                                                           : &scenario->firmware;
        uint32_t size = firmware_image_code_size(firmware, error, sizeof error);
        uint32_t gateways = scenario->gateways.count;
        printf("%s: fine: %u end-devices, %u gateway%s, %u bytes of firmware\n", path,
                scenario_device_count(scenario), gateways, gateways == 1 ? "" : "s", size);
        scenario_errors_print(errors, stderr);
        fleet_estimate_print(scenario, stdout);
    } else if (errors != NULL) {
        scenario_errors_print(errors, stderr);
    }
    scenario_errors_destroy(errors);
    free(scenario);
    return ok;
}

int command_validate(int argc, char **argv, const struct program *program)
{
    (void)program;
    struct arguments arguments = { .allowed = VALIDATE_FILES_MAX };
    static const struct argp_option options[] = {
        { "set", 'S', "KEY=VALUE", 0, "Overrides a scenario key. The option may be repeated.", 0 },
        { 0 },
    };
    parse_arguments(argc, argv, options, "SCENARIO...",
            "Reads scenarios (YAML files, '-' for standard input, or shipped names) and reports "
            "every mistake as file:line:column.\v"
            "Exit status: 0 all are fine, 2 a scenario or its firmware image has a mistake.",
            &arguments);
    int status = EXIT_FINE;
    for (int i = 0; i < arguments.count; i++) {
        status = validate_file(arguments.words[i], &arguments) ? status : EXIT_USAGE;
    }
    if (arguments.count == 0) {
        fprintf(stderr, "fleetcast validate: which scenario? See 'fleetcast validate --help'.\n");
        return EXIT_USAGE;
    }
    return status;
}

/* Where the first sentence ends: after a full stop or question mark, at the end or before a blank.
 * NULL: it goes on. */
static char *sentence_end(char *text)
{
    for (char *stop = strpbrk(text, ".?"); stop != NULL; stop = strpbrk(stop + 1, ".?")) {
        if (stop[1] == '\0' || stop[1] == ' ') {
            return stop + 1;
        }
    }
    return NULL;
}

/* The first sentence of the comment that a scenario starts with says what it is. */
static void first_sentence(FILE *file, char *text, size_t size)
{
    char line[256];
    size_t used = 0;
    text[0] = '\0';
    while (fgets(line, sizeof line, file) != NULL && line[0] == '#' && used + 1 < size) {
        char *words = line + 1 + strspn(line + 1, " ");
        words[strcspn(words, "\n")] = '\0';
        int length = snprintf(text + used, size - used, "%s%s", used > 0 ? " " : "", words);
        used += length > 0 ? (size_t)length : 0;
        char *end = sentence_end(text);
        if (end != NULL) {
            *end = '\0';
            return;
        }
    }
}

static void print_scenario(const char *name)
{
    char path[SCENARIO_PATH_MAX], text[512] = "";
    shipped_path(name, path);
    FILE *file = fopen(path, "r");
    if (file != NULL) {
        first_sentence(file, text, sizeof text);
        fclose(file);
    }
    int column = printf("%-*s ", NAME_COLUMNS, name);
    wrapped_text_write(text, (unsigned)column, NAME_COLUMNS + 1, stdout);
}

int command_scenarios(int argc, char **argv, const struct program *program)
{
    (void)program;
    struct arguments arguments = { .allowed = 0 };
    parse_arguments(argc, argv, NULL, "",
            "Lists the shipped scenarios: each name is one that 'fleetcast run' knows.\v"
            "Exit status: 0 fine, 2 bad usage, or there are no shipped scenarios.",
            &arguments);
    char *names[SHIPPED_SCENARIOS_MAX + 1];
    if (shipped_names(names) == 0) {
        char folder[SCENARIO_PATH_MAX];
        shipped_folder(folder);
        fprintf(stderr, "fleetcast: no scenarios in '%s'\n", folder);
        return EXIT_USAGE;
    }
    for (char **name = names; *name != NULL; name++) {
        print_scenario(*name);
    }
    shipped_names_free(names);
    return EXIT_FINE;
}
