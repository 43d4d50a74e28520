/* The scenarios that come with the program.
 * SPDX-License-Identifier: MIT
 */
#include "cli/shipped.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "version.h"

bool has_scenario_suffix(const char *file)
{
    size_t length = strlen(file), suffix = strlen(SCENARIO_SUFFIX);
    return length > suffix && strcmp(file + length - suffix, SCENARIO_SUFFIX) == 0;
}

int is_scenario_entry(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && has_scenario_suffix(entry->d_name);
}

/* The folder of the program's own file is bin/ of an installation. */
static bool installed_folder(char path[SCENARIO_PATH_MAX])
{
    char program[SCENARIO_PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length <= 0) {
        return false;
    }
    program[length] = '\0';
    char *slash = strrchr(program, '/');
    if (slash == NULL) {
        return false;
    }
    *slash = '\0';
    int size = snprintf(path, SCENARIO_PATH_MAX, "%s/%s", program, FLEETCAST_DATA_FROM_PROGRAM);
    return size > 0 && (size_t)size < SCENARIO_PATH_MAX && access(path, F_OK) == 0;
}

void shipped_folder(char path[SCENARIO_PATH_MAX])
{
    if (!installed_folder(path)) {
        snprintf(path, SCENARIO_PATH_MAX, "%s", FLEETCAST_SCENARIOS);
    }
}

void shipped_path(const char *name, char path[SCENARIO_PATH_MAX])
{
    char folder[SCENARIO_PATH_MAX];
    shipped_folder(folder);
    int size = snprintf(path, SCENARIO_PATH_MAX, "%s/%s%s", folder, name, SCENARIO_SUFFIX);
    if (size < 0 || (size_t)size >= SCENARIO_PATH_MAX) {
        path[0] = '\0';
    }
}

/* Adds the names of one folder. */
static int add_names(const char *part, char *names[], int kept)
{
    char folder[SCENARIO_PATH_MAX], path[SCENARIO_PATH_MAX], name[SCENARIO_PATH_MAX];
    struct dirent **entries;
    shipped_folder(folder);
    int size = snprintf(path, sizeof path, "%s/%s", folder, part);
    if (size < 0 || (size_t)size >= sizeof path) {
        return kept;
    }
    int count = scandir(path, &entries, is_scenario_entry, alphasort);
    for (int i = 0; i < count; i++) {
        int length = (int)(strlen(entries[i]->d_name) - strlen(SCENARIO_SUFFIX));
        size = snprintf(name, sizeof name, "%s%.*s", part, length, entries[i]->d_name);
        char *copy = kept < SHIPPED_SCENARIOS_MAX && size > 0 && (size_t)size < sizeof name
                             ? strdup(name)
                             : NULL;
        if (copy != NULL) {
            names[kept++] = copy;
        }
        free(entries[i]);
    }
    if (count >= 0) {
        free(entries);
    }
    return kept;
}

int shipped_names(char *names[SHIPPED_SCENARIOS_MAX + 1])
{
    static const char *const parts[] = { "", "published/" };
    int kept = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        kept = add_names(parts[i], names, kept);
    }
    names[kept] = NULL;
    return kept;
}

void shipped_names_free(char *const *names)
{
    for (; *names != NULL; names++) {
        free(*names);
    }
}
