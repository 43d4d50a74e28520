/* What repeats one run of a study: its scenario and its sets.
 * SPDX-License-Identifier: MIT
 */
#ifndef STUDY_RUN_COMMAND_H
#define STUDY_RUN_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "scenario/scenario.h"
#include "study/study_file.h"

struct run_command {
    char scenario[SCENARIO_PATH_MAX];
    size_t set_count;
    char *sets[STUDY_RUN_SETS_MAX]; /* "key.path=value"; owned */
};

/* `id`: "POINT.REPLICATION". False: `error` says why; nothing is to be cleared. */
bool run_command_read(struct run_command *command, const char *database, const char *id,
        char *error, size_t error_size);
void run_command_clear(struct run_command *command);

#endif
