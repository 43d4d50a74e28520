/* The scenarios that a command line names, folders taken apart.
 * SPDX-License-Identifier: MIT
 */
#ifndef CLI_SCENARIO_LIST_H
#define CLI_SCENARIO_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "scenario/scenario.h"

struct scenario_list {
    size_t count, capacity;
    char (*paths)[SCENARIO_PATH_MAX];
};

/* Appends a file or shipped scenario, or every NAME.yaml of a folder in alphabetical order, not of
 * folders in it. False after a message on stderr. */
bool scenario_list_add(struct scenario_list *list, const char *name);
void scenario_list_finish(struct scenario_list *list);

#endif
