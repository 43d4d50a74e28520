/* The files of a run's folder, line by line; only the readers of run_data.h include it.
 * SPDX-License-Identifier: MIT
 */
#ifndef REPORT_RUN_FILE_H
#define REPORT_RUN_FILE_H

#include "report/run_data.h"
#include "scenario/csv.h"

#define RUN_FILE_PATH_MAX 1200u

/* What the reader of a line gets as its context. */
struct run_file_reading {
    struct run_data *data;
    size_t capacity; /* of what run_file_grown() has grown */
    const char *path;
    struct scenario_errors *errors;
};

/* Room for one more of what `items` holds. NULL: no memory. */
void *run_file_grown(struct run_file_reading *reading, void *items, size_t count, size_t size);
/* Says that there was none. Returns false. */
bool run_file_no_memory(const struct run_file_reading *reading, size_t line);

/* The text of a file, which the caller frees, and its path. NULL after a mistake. */
char *run_file_read(const char *folder, const char *name, char path[RUN_FILE_PATH_MAX],
        size_t *size, struct scenario_errors *errors);
/* Calls `line` for each line of a CSV file. */
void run_file_read_table(struct run_data *data, const char *folder, const char *name,
        const struct csv_column *columns, size_t count,
        bool (*line)(void *context, const struct csv_row *row), struct scenario_errors *errors);

/* Fills campaigns, progress and duty, once the summary is there (run_campaigns.c). */
void run_campaigns_read(struct run_data *data, const char *folder, struct scenario_errors *errors);

#endif
