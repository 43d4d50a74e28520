/* The runs of a study as points of a grid, as a report needs them.
 * SPDX-License-Identifier: MIT
 */
#include "report/study_data.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "study/store.h"

#define FIRST_RUNS 64u

struct reading {
    struct study_data *data;
    struct store *store;
    size_t capacity;
    int64_t *ids;        /* of the runs in the database */
    const char *failure; /* what stopped the reading; NULL: nothing */
};

static bool fail(struct reading *reading, const char *why)
{
    reading->failure = reading->failure == NULL ? why : reading->failure;
    return false;
}

/* --- runs ------------------------------------------------------------------------------------- */

static bool grow(struct reading *reading)
{
    size_t capacity = reading->capacity > 0 ? 2 * reading->capacity : FIRST_RUNS;
    struct study_run *runs = reallocarray(reading->data->runs, capacity, sizeof *runs);
    reading->data->runs = runs != NULL ? runs : reading->data->runs;
    int64_t *ids = reallocarray(reading->ids, capacity, sizeof *ids);
    reading->ids = ids != NULL ? ids : reading->ids;
    reading->capacity = runs != NULL && ids != NULL ? capacity : reading->capacity;
    return runs != NULL && ids != NULL;
}

static bool add_run(void *context, const struct store_row *row)
{
    struct reading *reading = context;
    struct study_data *data = reading->data;
    if (data->run_count == reading->capacity && !grow(reading)) {
        return fail(reading, "no memory for so many runs");
    }
    char program[sizeof data->program];
    snprintf(program, sizeof program, "%s (%s%s)", row->version, row->commit,
            row->dirty ? "-dirty" : "");
    if (data->run_count == 0) {
        memcpy(data->program, program, sizeof program);
    }
    data->mixed = data->mixed || strcmp(data->program, program) != 0;
    bool new_point = data->run_count == 0 || data->runs[data->run_count - 1].point != row->point;
    data->point_count += new_point ? 1 : 0;
    reading->ids[data->run_count] = row->id;
    data->runs[data->run_count++] = (struct study_run){
        .point = row->point, .replication = row->replication, .status = row->status
    };
    return true;
}

/* --- axes ------------------------------------------------------------------------------------- */

struct labelling {
    struct reading *reading;
    struct study_run *run;
};

static size_t index_of(char *const *texts, size_t count, const char *text)
{
    size_t i = 0;
    while (i < count && strcmp(texts[i], text) != 0) {
        i++;
    }
    return i;
}

static struct study_axis *axis_of(struct reading *reading, const char *key)
{
    struct study_data *data = reading->data;
    for (size_t i = 0; i < data->axis_count; i++) {
        if (strcmp(data->axes[i].key, key) == 0) {
            return &data->axes[i];
        }
    }
    if (data->axis_count == REPORT_AXES_MAX) {
        fail(reading, "it has more axes than a report shows (8)");
        return NULL;
    }
    struct study_axis *axis = &data->axes[data->axis_count];
    axis->key = strdup(key);
    data->axis_count += axis->key != NULL ? 1 : 0;
    if (axis->key == NULL) {
        fail(reading, "no memory for its axes");
    }
    return axis->key != NULL ? axis : NULL;
}

/* A first point may have fewer labels than a later one: what it lacks has the index 0 until then.
 */
static bool add_label(void *context, const char *key, const char *value)
{
    struct labelling *labelling = context;
    struct reading *reading = labelling->reading;
    struct study_axis *axis = axis_of(reading, key);
    if (axis == NULL) {
        return false;
    }
    size_t index = index_of(axis->values, axis->count, value);
    if (index == axis->count) {
        char **values = reallocarray(axis->values, axis->count + 1, sizeof *values);
        axis->values = values != NULL ? values : axis->values;
        char *copy = values != NULL ? strdup(value) : NULL;
        if (copy == NULL) {
            return fail(reading, "no memory for its axes");
        }
        axis->values[axis->count++] = copy;
    }
    labelling->run->values[axis - reading->data->axes] = index;
    return true;
}

static void clear_axis(struct study_axis *axis)
{
    for (size_t i = 0; i < axis->count; i++) {
        free(axis->values[i]);
    }
    free(axis->values);
    free(axis->numbers);
    free(axis->key);
}

/* A key of which all runs have the same value is no axis. */
static void drop_constants(struct study_data *data)
{
    size_t kept = 0;
    for (size_t a = 0; a < data->axis_count; a++) {
        if (data->axes[a].count < 2) {
            clear_axis(&data->axes[a]);
            continue;
        }
        for (size_t r = 0; r < data->run_count; r++) {
            data->runs[r].values[kept] = data->runs[r].values[a];
        }
        data->axes[kept++] = data->axes[a];
    }
    data->axis_count = kept;
}

static bool move_together(const struct study_data *data, size_t a, size_t b)
{
    for (size_t r = 0; r < data->run_count; r++) {
        if (data->runs[r].values[a] != data->runs[r].values[b]) {
            return false;
        }
    }
    return data->axes[a].count == data->axes[b].count;
}

/* "one, other" in the place of "one". False: no memory. */
static bool append(char **text, const char *other)
{
    size_t size = strlen(*text) + strlen(other) + 3;
    char *both = malloc(size);
    if (both != NULL) {
        snprintf(both, size, "%s, %s", *text, other);
        free(*text);
        *text = both;
    }
    return both != NULL;
}

/* Keys that move together are one axis. False: no memory. */
static bool join_axes(struct study_data *data)
{
    bool ok = true;
    for (size_t a = 0; a < data->axis_count; a++) {
        for (size_t b = a + 1; ok && b < data->axis_count; b++) {
            struct study_axis *axis = &data->axes[a], *other = &data->axes[b];
            if (other->count < 2 || !move_together(data, a, b)) {
                continue;
            }
            ok = append(&axis->key, other->key);
            for (size_t v = 0; ok && v < axis->count; v++) {
                ok = append(&axis->values[v], other->values[v]);
            }
            for (; other->count > 1; other->count--) {
                free(other->values[other->count - 1]); /* one value: dropped with the constants */
            }
        }
    }
    return ok;
}

/* False: no memory. */
static bool find_numbers(struct study_axis *axis)
{
    axis->numeric = true;
    axis->unit = "";
    axis->numbers = calloc(axis->count, sizeof *axis->numbers);
    for (size_t i = 0; axis->numbers != NULL && i < axis->count; i++) {
        char *end;
        axis->numbers[i] = strtod(axis->values[i], &end);
        bool number = end != axis->values[i] && isfinite(axis->numbers[i]);
        end += strspn(end, " ");
        axis->unit = i == 0 ? end : axis->unit;
        axis->numeric = axis->numeric && number && strcmp(end, axis->unit) == 0;
    }
    return axis->numbers != NULL;
}

/* --- all -------------------------------------------------------------------------------------- */

static bool read_runs(struct reading *reading)
{
    struct study_data *data = reading->data;
    if (!store_each_run(reading->store, add_run, reading)) {
        return fail(reading, store_error(reading->store));
    }
    for (size_t i = 0; reading->failure == NULL && i < data->run_count; i++) {
        struct labelling labelling = { reading, &data->runs[i] };
        data->runs[i].summary = store_summary(reading->store, reading->ids[i]);
        if (data->runs[i].summary == NULL
                || !store_each_label(reading->store, reading->ids[i], add_label, &labelling)) {
            return fail(reading, store_error(reading->store));
        }
    }
    if (reading->failure == NULL && data->run_count == 0) {
        return fail(reading, "it has no run yet");
    }
    if (!join_axes(data)) {
        return fail(reading, "no memory for its axes");
    }
    drop_constants(data);
    for (size_t i = 0; i < data->axis_count; i++) {
        if (!find_numbers(&data->axes[i])) {
            return fail(reading, "no memory for its axes");
        }
    }
    return reading->failure == NULL;
}

struct study_data *study_data_read(const char *path, struct scenario_errors *errors)
{
    char error[STORE_ERROR_SIZE] = "no memory for a study";
    struct study_data *data = calloc(1, sizeof *data);
    struct reading reading = { .data = data };
    struct scenario_place place = { path, 0, 0 };
    reading.store = data != NULL ? store_open(path, STORE_READ, error, sizeof error) : NULL;
    if (reading.store == NULL) {
        scenario_errors_add(errors, place, "%s", error);
        free(data);
        return NULL;
    }
    bool ok = read_runs(&reading);
    if (!ok) {
        scenario_errors_add(errors, place, "%s", reading.failure);
    } else if (!store_fact(reading.store, "study", data->name, sizeof data->name)) {
        snprintf(data->name, sizeof data->name, "%s",
                summary_text(data->runs[0].summary, "scenario.name"));
    }
    store_close(reading.store);
    free(reading.ids);
    if (!ok) {
        study_data_destroy(data);
        return NULL;
    }
    return data;
}

void study_data_destroy(struct study_data *data)
{
    if (data == NULL) {
        return;
    }
    for (size_t i = 0; i < data->run_count; i++) {
        summary_destroy(data->runs[i].summary);
    }
    for (size_t i = 0; i < data->axis_count; i++) {
        clear_axis(&data->axes[i]);
    }
    free(data->runs);
    free(data);
}
