/* The files of a run's folder, line by line.
 * SPDX-License-Identifier: MIT
 */
#include "report/run_file.h"

#include <stdio.h>
#include <stdlib.h>

#include "scenario/text_file.h"

#define FILE_SIZE_MAX (1024u << 20) /* a million devices have some 300 MB */
#define FIRST_LINES   256u

void *run_file_grown(struct run_file_reading *reading, void *items, size_t count, size_t size)
{
    if (count < reading->capacity) {
        return items;
    }
    size_t capacity = reading->capacity > 0 ? 2 * reading->capacity : FIRST_LINES;
    void *larger = reallocarray(items, capacity, size);
    reading->capacity = larger != NULL ? capacity : reading->capacity;
    return larger;
}

bool run_file_no_memory(const struct run_file_reading *reading, size_t line)
{
    scenario_errors_add(reading->errors, (struct scenario_place){ reading->path, line, 1 },
            "no memory for so many lines");
    return false;
}

char *run_file_read(const char *folder, const char *name, char path[RUN_FILE_PATH_MAX],
        size_t *size, struct scenario_errors *errors)
{
    int length = snprintf(path, RUN_FILE_PATH_MAX, "%s/%s", folder, name);
    struct scenario_place place = { path, 0, 0 };
    if (length < 0 || (size_t)length >= RUN_FILE_PATH_MAX) {
        scenario_errors_add(errors, place, "the path is too long");
        return NULL;
    }
    return text_file_read(path, FILE_SIZE_MAX, size, place, errors);
}

void run_file_read_table(struct run_data *data, const char *folder, const char *name,
        const struct csv_column *columns, size_t count,
        bool (*line)(void *context, const struct csv_row *row), struct scenario_errors *errors)
{
    char path[RUN_FILE_PATH_MAX];
    size_t size;
    char *text = run_file_read(folder, name, path, &size, errors);
    struct run_file_reading reading = { .data = data, .path = path, .errors = errors };
    if (text != NULL) {
        csv_read(path, text, size, columns, count, line, &reading, errors);
        free(text);
    }
}
