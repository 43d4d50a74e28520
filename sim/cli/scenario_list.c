/* The scenarios that a command line names, folders taken apart.
 * SPDX-License-Identifier: MIT
 */
#include "cli/scenario_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/command.h"
#include "cli/shipped.h"

static bool append(struct scenario_list *list, const char *path)
{
    if (list->count == list->capacity) {
        size_t capacity = 2 * list->capacity + 16;
        void *paths = realloc(list->paths, capacity * sizeof *list->paths);
        if (paths == NULL) {
            fprintf(stderr, "fleetcast: out of memory\n");
            return false;
        }
        list->paths = paths;
        list->capacity = capacity;
    }
    snprintf(list->paths[list->count++], sizeof *list->paths, "%s", path);
    return true;
}

static bool append_of_folder(struct scenario_list *list, const char *folder, const char *name)
{
    char path[SCENARIO_PATH_MAX];
    size_t length = strlen(folder);
    int size = snprintf(path, sizeof path, "%s%s%s", folder,
            length > 0 && folder[length - 1] == '/' ? "" : "/", name);
    if (size < 0 || (size_t)size >= sizeof path) {
        fprintf(stderr, "fleetcast: the path of a scenario has at most %u bytes: %s/%s\n",
                SCENARIO_PATH_MAX - 1, folder, name);
        return false;
    }
    return append(list, path);
}

static bool add_folder(struct scenario_list *list, const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_scenario_entry, alphasort);
    if (count < 0) {
        fprintf(stderr, "fleetcast: cannot read the folder %s: %s\n", folder, strerror(errno));
        return false;
    }
    bool good = true;
    for (int i = 0; i < count; i++) {
        good = good && append_of_folder(list, folder, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    if (count == 0) {
        fprintf(stderr, "fleetcast: the folder %s has no scenario (NAME%s)\n", folder,
                SCENARIO_SUFFIX);
    }
    return good && count > 0;
}

bool scenario_list_add(struct scenario_list *list, const char *name)
{
    struct stat status;
    char path[SCENARIO_PATH_MAX];
    if (stat(name, &status) == 0 && S_ISDIR(status.st_mode)) {
        return add_folder(list, name);
    }
    if (strcmp(name, "-") == 0) {
        fprintf(stderr, "fleetcast: standard input cannot be played several times; name a file\n");
        return false;
    }
    return scenario_file(name, path) && append(list, path);
}

void scenario_list_finish(struct scenario_list *list)
{
    free(list->paths);
    *list = (struct scenario_list){ 0 };
}
