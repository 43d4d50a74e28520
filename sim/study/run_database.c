/* results.db: one run with its devices as a database of the form that studies have.
 * SPDX-License-Identifier: MIT
 */
#include "study/run_database.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "results/device_table.h"
#include "results/whole_file.h"
#include "study/digest.h"
#include "study/store.h"

#define LABELS_MAX  64u
#define LABEL_SIZE  512u
#define COLUMNS_MAX 128u
#define COLUMN_SIZE 64u

/* --- the run ---------------------------------------------------------------------------------- */

/* "KEY=VALUE" of --set as label KEY with value VALUE. */
struct labels {
    size_t count;
    struct store_label items[LABELS_MAX];
    char keys[LABELS_MAX][LABEL_SIZE];
};

static void add_labels(const struct run_facts *facts, struct labels *labels)
{
    for (size_t i = 0; i < facts->set_count && labels->count < LABELS_MAX; i++) {
        size_t length = strcspn(facts->sets[i], "=");
        char *key = labels->keys[labels->count];
        snprintf(key, LABEL_SIZE, "%.*s", (int)length, facts->sets[i]);
        const char *value = facts->sets[i] + length;
        labels->items[labels->count++] =
                (struct store_label){ key, value[0] == '=' ? value + 1 : value };
    }
}

static double cpu_s(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
           + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static bool begin_run(struct store *store, const struct run_record *record)
{
    struct labels labels;
    char commit[RUN_FACTS_COMMIT_SIZE], scenario_hash[STORE_HASH_SIZE];
    bool dirty = run_facts_commit(record->facts, commit);
    digest_hex(record->facts->scenario->text_sha256, scenario_hash);
    labels.count = 0;
    add_labels(record->facts, &labels);
    const struct store_run run = {
        .study = "",
        .seed = record->facts->scenario->seed,
        .scenario_hash = scenario_hash,
        .version = record->facts->version,
        .commit = commit,
        .dirty = dirty,
        .status = record->status,
        .cpu_s = cpu_s(),
        .wall_s = record->facts->wall_s,
        .label_count = labels.count,
        .labels = labels.items,
    };
    return store_begin_run(store, &run, record->summary);
}

/* --- its devices ------------------------------------------------------------------------------ */

static bool make_device_table(struct store *store)
{
    static const char *const types[] = {
        [COLUMN_COUNT] = "INTEGER",
        [COLUMN_NUMBER] = "REAL",
        [COLUMN_TIME] = "REAL",
        [COLUMN_EUI] = "TEXT",
        [COLUMN_TEXT] = "TEXT",
    };
    char texts[COLUMNS_MAX][COLUMN_SIZE];
    const char *columns[COLUMNS_MAX];
    assert(device_table.count <= COLUMNS_MAX);
    for (size_t i = 0; i < device_table.count; i++) {
        const struct column *column = &device_table.columns[i];
        snprintf(texts[i], COLUMN_SIZE, "\"%s\" %s", column->name, types[column->type]);
        columns[i] = texts[i];
    }
    return store_make_devices(store, columns, device_table.count);
}

static struct store_value value_of(const struct column *column, const struct column_value *value)
{
    if (!value->known) {
        return (struct store_value){ .kind = STORE_NULL };
    }
    switch (column->type) {
    case COLUMN_COUNT:
        return (struct store_value){ .kind = STORE_INTEGER, .integer = (int64_t)value->number };
    case COLUMN_NUMBER:
    case COLUMN_TIME:
        return (struct store_value){ .kind = STORE_REAL, .real = value->number };
    case COLUMN_EUI:
    case COLUMN_TEXT:
    default:
        return (struct store_value){ .kind = STORE_TEXT, .text = value->text };
    }
}

static bool add_devices(struct store *store, const struct run_record *record)
{
    const struct world *world = run_world(record->run);
    for (uint32_t i = 0; i < world->device_count; i++) {
        struct device_line line;
        struct column_value values[COLUMNS_MAX];
        struct store_value stored[COLUMNS_MAX];
        device_line_get(world, run_recorders(record->run), i, record->partial, &line);
        for (size_t c = 0; c < device_table.count; c++) {
            column_get(&device_table.columns[c], &line, &values[c]);
            stored[c] = value_of(&device_table.columns[c], &values[c]);
        }
        if (!store_add_device(store, stored, device_table.count)) {
            return false;
        }
    }
    return true;
}

/* --- the file --------------------------------------------------------------------------------- */

static bool fill(const char *path, const struct run_record *record, char *error, size_t error_size)
{
    struct store *store = store_open(path, STORE_WRITE, error, error_size);
    if (store == NULL) {
        return false;
    }
    bool ok = make_device_table(store) && begin_run(store, record) && add_devices(store, record)
              && store_commit_run(store);
    if (!ok) {
        snprintf(error, error_size, "%s", store_error(store));
    }
    store_close(store);
    return ok;
}

bool run_database_write(
        const char *path, const struct run_record *record, char *error, size_t error_size)
{
    struct whole_file file;
    if (!whole_file_open(&file, path, error, error_size)) {
        return false;
    }
    if (!fill(file.temporary, record, error, error_size)) {
        whole_file_discard(&file);
        return false;
    }
    return whole_file_commit(&file, error, error_size);
}
