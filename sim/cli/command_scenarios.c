/* fleetcast scenarios, validate and schema: what can be run, and whether a file can.
 * SPDX-License-Identifier: MIT
 */
#include <argp.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "scenario/scenario.h"
#include "version.h"
#include "world/firmware_image.h"

#define SCENARIO_SUFFIX ".yaml"

void scenario_file(const char *name, char *path, size_t size)
{
    snprintf(path, size, "%s", name);
    if (strcmp(name, "-") == 0 || access(name, F_OK) == 0 || strchr(name, '/') != NULL) {
        return;
    }
    char shipped[SCENARIO_PATH_MAX];
    int length = snprintf(
            shipped, sizeof shipped, "%s/%s%s", FLEETCAST_SCENARIOS, name, SCENARIO_SUFFIX);
    if (length > 0 && (size_t)length < sizeof shipped && access(shipped, R_OK) == 0) {
        snprintf(path, size, "%s", shipped);
    }
}

/* No options but --help and --usage: arguments only. */
static error_t parse_no_option(int key, char *argument, struct argp_state *state)
{
    (void)argument;
    (void)state;
    return key == ARGP_KEY_ARG ? 0 : ARGP_ERR_UNKNOWN;
}

static bool validate_file(const char *name)
{
    char path[SCENARIO_PATH_MAX];
    scenario_file(name, path, sizeof path);
    struct scenario *scenario = malloc(sizeof *scenario);
    struct scenario_errors *errors = scenario_errors_create();
    bool ok = scenario != NULL && errors != NULL
              && scenario_read_file(scenario, path, NULL, 0, errors);
    if (ok) {
        char error[512];
        uint32_t size;
        uint8_t *code = firmware_image_load(scenario, &size, error, sizeof error);
        ok = code != NULL;
        if (ok) {
            printf("%s: fine: %u end-devices, %u gateways, %u bytes of firmware\n", path,
                    scenario_device_count(scenario), scenario->gateways.count, size);
        } else {
            fprintf(stderr, "%s: error: %s\n", path, error);
        }
        free(code);
    } else if (errors != NULL) {
        scenario_errors_print(errors, stderr);
    }
    scenario_errors_destroy(errors);
    free(scenario);
    return ok;
}

int command_validate(int argc, char **argv)
{
    const struct argp argp = { NULL, parse_no_option, "SCENARIO...",
        "Reads scenarios and reports every mistake as file:line:column.", NULL, NULL, NULL };
    int first;
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, &first, NULL);
    int status = EXIT_FINE;
    int given = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-") == 0 || argv[i][0] != '-') {
            given++;
            status = validate_file(argv[i]) ? status : EXIT_USAGE;
        }
    }
    if (given == 0) {
        fprintf(stderr, "fleetcast validate: which scenario? See 'fleetcast validate --help'.\n");
        return EXIT_USAGE;
    }
    return status;
}

static int is_scenario(const struct dirent *entry)
{
    const char *suffix = strrchr(entry->d_name, '.');
    return suffix != NULL && strcmp(suffix, SCENARIO_SUFFIX) == 0;
}

/* The first comment line of a scenario says what it is. */
static void print_scenario(const char *name)
{
    char path[SCENARIO_PATH_MAX], line[256] = "";
    snprintf(path, sizeof path, "%s/%s", FLEETCAST_SCENARIOS, name);
    FILE *file = fopen(path, "r");
    if (file != NULL) {
        if (fgets(line, sizeof line, file) == NULL || line[0] != '#') {
            line[0] = '\0';
        }
        fclose(file);
    }
    line[strcspn(line, "\n")] = '\0';
    printf("%-20.*s %s\n", (int)(strlen(name) - strlen(SCENARIO_SUFFIX)), name,
            line[0] == '#' ? line + 1 + (line[1] == ' ') : "");
}

int command_scenarios(int argc, char **argv)
{
    const struct argp argp = { NULL, parse_no_option, "", "Lists the shipped scenarios.", NULL,
        NULL, NULL };
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, NULL);
    struct dirent **entries;
    int count = scandir(FLEETCAST_SCENARIOS, &entries, is_scenario, alphasort);
    if (count < 0) {
        fprintf(stderr, "fleetcast: cannot list '%s'\n", FLEETCAST_SCENARIOS);
        return EXIT_USAGE;
    }
    for (int i = 0; i < count; i++) {
        print_scenario(entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return EXIT_FINE;
}

int command_schema(int argc, char **argv)
{
    const struct argp argp = { NULL, parse_no_option, "",
        "Lists every scenario key with default, range and meaning.", NULL, NULL, NULL };
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, NULL);
    scenario_print_reference(stdout);
    return EXIT_FINE;
}
