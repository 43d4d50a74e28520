/* The runs of a study as points of a grid, as a report needs them.
 * SPDX-License-Identifier: MIT
 */
#ifndef REPORT_STUDY_DATA_H
#define REPORT_STUDY_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/summary.h"
#include "scenario/scenario_errors.h"

#define REPORT_AXES_MAX 8u

/* A scenario key of which the runs have several values. */
struct study_axis {
    char *key;
    size_t count;
    char **values; /* in the order of the points */
    /* All values are numbers with one unit: what they are, and that unit. */
    bool numeric;
    double *numbers;
    const char *unit; /* points into a value; "" if there is none */
};

/* A run: for each axis the index of its value. */
struct study_run {
    uint32_t point, replication;
    int status;
    size_t values[REPORT_AXES_MAX];
    struct summary *summary;
};

struct study_data {
    char name[128];
    char program[128]; /* version and commit of the first run */
    bool mixed;        /* other runs are of another program */
    size_t axis_count;
    struct study_axis axes[REPORT_AXES_MAX];
    size_t run_count;
    struct study_run *runs;
    size_t point_count;
};

/* NULL after mistakes: no database, none of fleetcast, no run in it, more axes than a report shows.
 */
struct study_data *study_data_read(const char *path, struct scenario_errors *errors);
void study_data_destroy(struct study_data *data);

#endif
