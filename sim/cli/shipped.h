/* The scenarios that come with the program.
 * SPDX-License-Identifier: MIT
 */
#ifndef CLI_SHIPPED_H
#define CLI_SHIPPED_H

#include <dirent.h>
#include <stdbool.h>

#include "scenario/scenario.h"

#define SHIPPED_SCENARIOS_MAX 64
#define SCENARIO_SUFFIX       ".yaml"

/* A name, and the suffix of scenarios after it? */
bool has_scenario_suffix(const char *file);
/* Of scandir(): is it the file of a scenario, and not hidden? */
int is_scenario_entry(const struct dirent *entry);

/* The folder that holds them: share/fleetcast/scenarios beside the folder of an installed program,
 * else the one of the checkout that the program was built in. */
void shipped_folder(char path[SCENARIO_PATH_MAX]);
/* The file of the scenario `name`, whether it is there or not. */
void shipped_path(const char *name, char path[SCENARIO_PATH_MAX]);
/* Their names without suffix ("hello-20", "published/bor-2016"), those of a folder in alphabetical
 * order, and NULL; returns how many. */
int shipped_names(char *names[SHIPPED_SCENARIOS_MAX + 1]);
void shipped_names_free(char *const *names);

#endif
