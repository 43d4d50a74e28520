/* Study files: a scenario, axes over its keys, and how often each point is played.
 * SPDX-License-Identifier: MIT
 *
 * docs/studies.md describes the language.
 */
#ifndef STUDY_STUDY_FILE_H
#define STUDY_STUDY_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/summary.h"
#include "scenario/param.h"
#include "scenario/scenario.h"
#include "scenario/scenario_errors.h"
#include "study/condition.h"

#define STUDY_AXES_MAX         16u
#define STUDY_KEYS_MAX         16u   /* that move together on one axis */
#define STUDY_VALUES_MAX       1000u /* of one axis */
#define STUDY_SETS_MAX         32u
#define STUDY_CONDITIONS_MAX   32u
#define STUDY_METRICS_MAX      64u
#define STUDY_PRECISIONS_MAX   8u
#define STUDY_POINTS_MAX       100000u
#define STUDY_REPLICATIONS_MAX 100000u /* of one point */
/* So that each replication's seed is one that a summary can be read back with. */
#define STUDY_SEED_MAX 9000000000000000000u
/* Sets of one run, with that of its seed: as many as the program takes. */
#define STUDY_RUN_SETS_MAX 64u

/* A text of the file and where it stands. */
struct study_text {
    char *text;
    struct scenario_place place;
};

struct study_value {
    char *set;        /* "key=value" */
    const char *text; /* the value in it, as YAML */
    struct scenario_place place;
};

struct study_set {
    char *text; /* "key.path=value" */
    struct scenario_place key_place, place;
};

struct study_key {
    char *name; /* of the scenario: "campaign.data_rate" */
    struct scenario_place place;
    size_t value_count;
    struct study_value *values;
};

/* Keys that move together: each has as many values, and takes value v when the others do. */
struct study_axis {
    size_t key_count;
    struct study_key keys[STUDY_KEYS_MAX];
};

/* Replications are added until the 95 % interval of the metric's mean is that narrow. */
struct study_precision {
    char metric[SUMMARY_PATH_SIZE];
    double fraction; /* of the mean; half the width of the interval */
};

struct study {
    char path[SCENARIO_PATH_MAX];
    char name[SCENARIO_NAME_MAX];
    char scenario[SCENARIO_PATH_MAX]; /* a file: found by study_read() */
    uint64_t seed;                    /* of replication 0; the next has the next seed */
    bool seed_given;                  /* else it is the scenario's */
    uint32_t replications;
    uint32_t replications_max; /* with `precision` */
    uint32_t round;            /* replications that are added at one time */
    size_t axis_count, set_count, condition_count, metric_count, precision_count;
    struct study_axis axes[STUDY_AXES_MAX];
    struct study_set sets[STUDY_SETS_MAX]; /* of every point */
    struct study_condition conditions[STUDY_CONDITIONS_MAX];
    struct study_text metrics[STUDY_METRICS_MAX]; /* patterns as of a shell; none: all */
    struct study_precision precisions[STUDY_PRECISIONS_MAX];
};

/* The keys that hold one value. */
extern const struct param_table study_table;
/* The other keys of a study file, NULL-terminated. */
extern const char *const study_other_keys[];

/* Finds the file of a scenario's name that is no path. False: there is none of that name, and
 * `near` is the name that was probably meant or NULL. */
typedef bool study_find_scenario(
        const char *name, char path[SCENARIO_PATH_MAX], char *near, size_t near_size);

/* Reads a study file; every mistake of the file and of its scenario's keys is added to `errors`.
 * NULL: there was one; else the caller destroys the study. */
struct study *study_read(
        const char *path, study_find_scenario *find, struct scenario_errors *errors);
void study_destroy(struct study *study);

/* "energy.day=1%": adds to `precisions`, or replaces that of the same metric. False: a mistake was
 * added. */
bool study_set_precision(struct study *study, const char *metric, const char *text,
        struct scenario_place place, struct scenario_errors *errors);
/* Is the metric of that path to be kept? */
bool study_keeps(const struct study *study, const char *metric);

#endif
