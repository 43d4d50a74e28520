/* The runs of a database as a table in memory: for lists and exports.
 * SPDX-License-Identifier: MIT
 */
#include "study/run_table.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "study/store.h"
#include "study/study_facts.h"

#define FIRST_RUNS 64u

struct reading {
    struct run_table *table;
    struct store *store;
    const struct run_filter *filter;
    size_t run_capacity, metric_capacity;
    int64_t *ids;
    struct table_run *run; /* whose labels are read */
    bool failed;           /* no memory */
};

/* --- runs and labels -------------------------------------------------------------------------- */

static bool fail(struct reading *reading)
{
    reading->failed = true;
    return false;
}

static bool add_run(void *context, const struct store_row *row)
{
    struct reading *reading = context;
    struct run_table *table = reading->table;
    if (table->run_count == reading->run_capacity) {
        size_t capacity = 2 * reading->run_capacity + FIRST_RUNS;
        struct table_run *runs = reallocarray(table->runs, capacity, sizeof *runs);
        table->runs = runs != NULL ? runs : table->runs;
        int64_t *ids = reallocarray(reading->ids, capacity, sizeof *ids);
        reading->ids = ids != NULL ? ids : reading->ids;
        if (runs == NULL || ids == NULL) {
            return fail(reading);
        }
        reading->run_capacity = capacity;
    }
    if (table->run_count == 0) { /* a database has runs of one program */
        snprintf(table->program, sizeof table->program, "%s (%s%s)", row->version, row->commit,
                row->dirty ? "-dirty" : "");
    }
    struct table_run *run = &table->runs[table->run_count];
    reading->ids[table->run_count++] = row->id;
    *run = (struct table_run){ row->point, row->replication, row->status, "", NULL, NULL };
    snprintf(run->seed, sizeof run->seed, "%s", row->seed);
    return true;
}

static size_t find_label(const struct run_table *table, const char *key)
{
    size_t i = 0;
    while (i < table->label_count && strcmp(table->label_keys[i], key) != 0) {
        i++;
    }
    return i;
}

static bool add_label_key(void *context, const char *key, const char *value)
{
    struct reading *reading = context;
    struct run_table *table = reading->table;
    (void)value;
    if (find_label(table, key) < table->label_count) {
        return true;
    }
    char **keys = reallocarray(table->label_keys, table->label_count + 1, sizeof *keys);
    table->label_keys = keys != NULL ? keys : table->label_keys;
    char *copy = keys != NULL ? strdup(key) : NULL;
    if (copy == NULL) {
        return fail(reading);
    }
    table->label_keys[table->label_count++] = copy;
    return true;
}

static bool add_label(void *context, const char *key, const char *value)
{
    struct reading *reading = context;
    size_t index = find_label(reading->table, key);
    char **place = &reading->run->labels[index];
    if (index == reading->table->label_count) {
        return true; /* another process has just added it */
    }
    free(*place);
    *place = strdup(value);
    return *place != NULL || fail(reading);
}

static bool read_labels(struct reading *reading)
{
    struct run_table *table = reading->table;
    bool ok = true;
    for (size_t i = 0; ok && i < table->run_count; i++) {
        ok = store_each_label(reading->store, reading->ids[i], add_label_key, reading);
    }
    for (size_t i = 0; ok && !reading->failed && i < table->run_count; i++) {
        reading->run = &table->runs[i];
        reading->run->labels = calloc(table->label_count + 1, sizeof(char *));
        ok = reading->run->labels != NULL
                     ? store_each_label(reading->store, reading->ids[i], add_label, reading)
                     : fail(reading);
        for (size_t k = 0; ok && k < table->label_count; k++) {
            char **label = &reading->run->labels[k];
            *label = *label != NULL ? *label : strdup("");
            ok = *label != NULL || fail(reading);
        }
    }
    return ok && !reading->failed;
}

/* --- the filter ------------------------------------------------------------------------------- */

static bool has_value(const struct run_table *table, const struct table_run *run, const char *key,
        const char *value)
{
    size_t index = find_label(table, key);
    if (index < table->label_count) {
        return strcmp(run->labels[index], value) == 0;
    }
    char number[16];
    snprintf(number, sizeof number, "%" PRIu32, run->point);
    return strcmp(number, value) == 0;
}

/* The key of "key=value"; false: it is none that runs have. */
static bool split(const struct run_table *table, const char *condition, char key[160],
        const char **value, char *error, size_t error_size)
{
    size_t length = strcspn(condition, "=");
    snprintf(key, 160, "%.*s", (int)length, condition);
    if (condition[length] != '=') {
        snprintf(error, error_size, "the filter '%s' should be key=value", condition);
        return false;
    }
    if (find_label(table, key) == table->label_count && strcmp(key, "point") != 0) {
        snprintf(error, error_size, "no run has the key '%s' of the filter '%s'", key, condition);
        return false;
    }
    *value = condition + length + 1;
    return true;
}

static void clear_run(const struct run_table *table, struct table_run *run)
{
    for (size_t i = 0; run->labels != NULL && i < table->label_count; i++) {
        free(run->labels[i]);
    }
    free(run->labels);
    free(run->metrics);
}

static bool filter_runs(struct reading *reading, char *error, size_t error_size)
{
    struct run_table *table = reading->table;
    for (size_t c = 0; c < reading->filter->condition_count; c++) {
        char key[160];
        const char *value;
        size_t kept = 0;
        if (!split(table, reading->filter->conditions[c], key, &value, error, error_size)) {
            return false;
        }
        for (size_t i = 0; i < table->run_count; i++) {
            if (has_value(table, &table->runs[i], key, value)) {
                reading->ids[kept] = reading->ids[i];
                table->runs[kept++] = table->runs[i];
            } else {
                clear_run(table, &table->runs[i]);
            }
        }
        table->run_count = kept;
    }
    return true;
}

/* --- metrics ---------------------------------------------------------------------------------- */

static bool is_wanted(const struct run_filter *filter, const struct summary_item *item)
{
    bool wanted = filter->metric_count == 0;
    for (size_t i = 0; !wanted && i < filter->metric_count; i++) {
        wanted = fnmatch(filter->metrics[i], item->path, 0) == 0;
    }
    /* The seed is a column of its own. */
    return wanted && item->kind != SUMMARY_TEXT && strcmp(item->path, "seed") != 0;
}

/* Its column; a new one stands after `*at`, the column that the summary had before. */
static bool column_of(struct reading *reading, const char *path, size_t *at)
{
    struct run_table *table = reading->table;
    for (size_t i = 0; i < table->metric_count; i++) {
        size_t column = (*at + 1 + i) % table->metric_count; /* most often the next */
        if (strcmp(table->metric_keys[column], path) == 0) {
            *at = column;
            return true;
        }
    }
    if (table->metric_count == reading->metric_capacity) {
        size_t capacity = 2 * reading->metric_capacity + 256;
        void *keys = reallocarray(table->metric_keys, capacity, sizeof table->metric_keys[0]);
        if (keys == NULL) {
            return fail(reading);
        }
        table->metric_keys = keys;
        reading->metric_capacity = capacity;
    }
    *at = table->metric_count++;
    snprintf(table->metric_keys[*at], SUMMARY_PATH_SIZE, "%s", path);
    return true;
}

/* Values of a run by the columns that are known so far; a later run may add some. */
static bool take_metrics(struct reading *reading, struct table_run *run,
        const struct summary *summary, size_t *known)
{
    const struct run_table *table = reading->table;
    size_t at = SIZE_MAX;
    run->metrics = malloc((table->metric_count + summary->count + 1) * sizeof *run->metrics);
    if (run->metrics == NULL) {
        return fail(reading);
    }
    for (size_t i = 0; i < table->metric_count + summary->count; i++) {
        run->metrics[i] = NAN;
    }
    for (size_t i = 0; i < summary->count; i++) {
        const struct summary_item *item = &summary->items[i];
        if (is_wanted(reading->filter, item)) {
            if (!column_of(reading, item->path, &at)) {
                return false;
            }
            run->metrics[at] = item->kind == SUMMARY_NULL ? NAN : item->number;
        }
    }
    *known = table->metric_count;
    return true;
}

/* Columns that later runs added are not measured in earlier ones. */
static bool widen(struct reading *reading, struct table_run *run, size_t known)
{
    size_t count = reading->table->metric_count;
    double *metrics = reallocarray(run->metrics, count + 1, sizeof *metrics);
    if (metrics == NULL) {
        return fail(reading);
    }
    for (size_t i = known; i < count; i++) {
        metrics[i] = NAN;
    }
    run->metrics = metrics;
    return true;
}

static bool read_metrics(struct reading *reading)
{
    struct run_table *table = reading->table;
    size_t *known = calloc(table->run_count + 1, sizeof *known);
    bool ok = known != NULL || fail(reading);
    for (size_t i = 0; ok && i < table->run_count; i++) {
        struct summary *summary = store_summary(reading->store, reading->ids[i]);
        ok = summary != NULL && take_metrics(reading, &table->runs[i], summary, &known[i]);
        summary_destroy(summary);
    }
    for (size_t i = 0; ok && i < table->run_count; i++) {
        ok = widen(reading, &table->runs[i], known[i]);
    }
    free(known);
    return ok;
}

/* --- all -------------------------------------------------------------------------------------- */

struct run_table *run_table_read(
        const char *path, const struct run_filter *filter, char *error, size_t error_size)
{
    struct store *store = store_open(path, STORE_READ, error, error_size);
    struct reading reading = { .store = store, .filter = filter };
    if (store == NULL) {
        return NULL;
    }
    reading.table = calloc(1, sizeof *reading.table);
    bool ok = reading.table != NULL || fail(&reading);
    if (ok
            && !store_fact(
                    store, STUDY_FACT_STUDY, reading.table->study, sizeof reading.table->study)) {
        snprintf(reading.table->study, sizeof reading.table->study, "one run");
    }
    error[0] = '\0';
    ok = ok && store_each_run(store, add_run, &reading) && !reading.failed && read_labels(&reading)
         && filter_runs(&reading, error, error_size) && read_metrics(&reading);
    if (!ok && error[0] == '\0') {
        snprintf(error, error_size, "%s", reading.failed ? "out of memory" : store_error(store));
    }
    store_close(store);
    free(reading.ids);
    if (!ok) {
        run_table_destroy(reading.table);
        return NULL;
    }
    return reading.table;
}

void run_table_destroy(struct run_table *table)
{
    if (table == NULL) {
        return;
    }
    for (size_t i = 0; i < table->run_count; i++) {
        clear_run(table, &table->runs[i]);
    }
    for (size_t i = 0; i < table->label_count; i++) {
        free(table->label_keys[i]);
    }
    free(table->label_keys);
    free(table->metric_keys);
    free(table->runs);
    free(table);
}
