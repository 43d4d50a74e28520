/* The runs of a database as a table in memory: for lists and exports.
 * SPDX-License-Identifier: MIT
 *
 * All of it is read at once, so that a slow reader of a list never makes a sweep wait.
 */
#ifndef STUDY_RUN_TABLE_H
#define STUDY_RUN_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/summary.h"

struct table_run {
    uint32_t point, replication;
    int status;
    char seed[24];
    char **labels;   /* value of each label key, "" where the run has none */
    double *metrics; /* of each metric, NaN where nothing was measured */
};

/* By point and replication. */
struct run_table {
    char study[64];
    char program[80]; /* of the database: "0.1.0 (0123456789ab-dirty)" */
    size_t label_count, metric_count, run_count;
    char **label_keys;
    char (*metric_keys)[SUMMARY_PATH_SIZE]; /* numbers only, in the order of summaries */
    struct table_run *runs;
};

struct run_filter {
    size_t condition_count;
    const char *const *conditions; /* "key=value", all of which a run must have; "point=3" too */
    size_t metric_count;
    const char *const *metrics; /* patterns as of a shell; none: all */
};

/* NULL: `error` says why: no such database, a key of the filter that no run has, no memory. */
struct run_table *run_table_read(
        const char *path, const struct run_filter *filter, char *error, size_t error_size);
void run_table_destroy(struct run_table *table);

#endif
