/* What repeats one run of a study: its scenario and its sets.
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE /* asprintf() */
#include "study/run_command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "study/store.h"
#include "study/study_facts.h"

struct search {
    uint32_t point, replication;
    int64_t run; /* -1: not found */
    char seed[24];
    struct run_command *command;
    bool failed; /* no memory, or too many sets */
};

static bool look(void *context, const struct store_row *row)
{
    struct search *search = context;
    if (row->point == search->point && row->replication == search->replication) {
        search->run = row->id;
        snprintf(search->seed, sizeof search->seed, "%s", row->seed);
    }
    return search->run < 0;
}

static bool add_set(void *context, const char *key, const char *value)
{
    struct search *search = context;
    struct run_command *command = search->command;
    search->failed = command->set_count == STUDY_RUN_SETS_MAX
                     || asprintf(&command->sets[command->set_count], "%s=%s", key, value) < 0;
    command->set_count += search->failed ? 0u : 1u;
    return !search->failed;
}

static bool add_constants(struct run_command *command, struct store *store)
{
    char name[32], text[SCENARIO_PATH_MAX + 160];
    bool ok = true;
    for (size_t i = 0; ok; i++) {
        study_fact_set(i, name, sizeof name);
        if (!store_fact(store, name, text, sizeof text)) {
            break;
        }
        ok = command->set_count < STUDY_RUN_SETS_MAX
             && (command->sets[command->set_count] = strdup(text)) != NULL;
        command->set_count += ok ? 1u : 0u;
    }
    return ok;
}

static bool read_command(struct run_command *command, struct store *store, const char *id,
        char *error, size_t error_size)
{
    char rest;
    struct search search = { .run = -1, .command = command };
    if (sscanf(id, "%" SCNu32 ".%" SCNu32 "%c", &search.point, &search.replication, &rest) != 2) {
        snprintf(error, error_size, "'%s' should be POINT.REPLICATION, as in 3.0", id);
        return false;
    }
    if (!store_fact(store, STUDY_FACT_SCENARIO, command->scenario, sizeof command->scenario)) {
        snprintf(error, error_size, "'%s' is no database of a study", store_path(store));
        return false;
    }
    if (!store_each_run(store, look, &search)) {
        snprintf(error, error_size, "%s", store_error(store));
        return false;
    }
    if (search.run < 0) {
        snprintf(error, error_size, "'%s' has no run %s", store_path(store), id);
        return false;
    }
    if (!add_constants(command, store) || !store_each_label(store, search.run, add_set, &search)
            || search.failed || !add_set(&search, "seed", search.seed)) {
        snprintf(error, error_size, "out of memory");
        return false;
    }
    return true;
}

bool run_command_read(struct run_command *command, const char *database, const char *id,
        char *error, size_t error_size)
{
    struct store *store = store_open(database, STORE_READ, error, error_size);
    *command = (struct run_command){ .set_count = 0 };
    bool ok = store != NULL && read_command(command, store, id, error, error_size);
    store_close(store);
    if (!ok) {
        run_command_clear(command);
    }
    return ok;
}

void run_command_clear(struct run_command *command)
{
    for (size_t i = 0; i < command->set_count; i++) {
        free(command->sets[i]);
    }
    command->set_count = 0;
}
