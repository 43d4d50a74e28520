/* The database of finished runs (SQLite): of a study, or results.db of one run.
 * SPDX-License-Identifier: MIT
 *
 * Each run is committed on its own: what was committed outlives the process, whatever ends it. The
 * rollback journal is SQLite's plain one, which network disks bear. docs/studies.md describes the
 * tables.
 */
#ifndef STUDY_STORE_H
#define STUDY_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/summary.h"

#define STORE_SCHEMA     1
#define STORE_HASH_SIZE  65u /* 64 hexadecimal digits and 0 */
#define STORE_ERROR_SIZE 1536u

struct store;

enum store_access {
    STORE_READ,  /* what is there; refused if there is nothing */
    STORE_WRITE, /* what is there, or a new one; one process at a time */
    STORE_NEW    /* a new one in place of what is there */
};

/* NULL: `error` says why: no such file, no database of fleetcast, one of a newer fleetcast, one
 * that another process writes, a folder that cannot be written. */
struct store *store_open(const char *path, enum store_access how, char *error, size_t error_size);
void store_close(struct store *store);
const char *store_path(const struct store *store);
/* Why the last call returned false. */
const char *store_error(const struct store *store);

/* Facts of the whole database. False: there is none of that name. */
bool store_fact(struct store *store, const char *key, char *value, size_t size);
bool store_set_fact(struct store *store, const char *key, const char *value);

struct store_label {
    const char *key, *value;
};

struct store_run {
    const char *study; /* "": a run alone */
    uint32_t point, replication;
    uint64_t seed;
    const char *scenario_hash;
    const char *version, *commit; /* of the program; without "-dirty" */
    bool dirty;
    int status; /* exit status: 0, or 1 for an expectation that failed */
    double cpu_s, wall_s;
    size_t label_count;
    const struct store_label *labels;
};

/* Begins a run: its row, labels and every item of the summary. Device rows may follow. False:
 * nothing of it is kept. */
bool store_begin_run(
        struct store *store, const struct store_run *run, const struct summary *summary);
/* The run is there when this returns true; false: nothing of it is kept. */
bool store_commit_run(struct store *store);

enum store_value_kind {
    STORE_NULL,
    STORE_INTEGER,
    STORE_REAL,
    STORE_TEXT
};
struct store_value {
    enum store_value_kind kind;
    int64_t integer;
    double real;
    const char *text;
};
/* Makes the table `device` with a column `run` and these: "name TYPE". Before the first run. */
bool store_make_devices(struct store *store, const char *const *columns, size_t count);
/* A row of the run that was begun; one value for each column. */
bool store_add_device(struct store *store, const struct store_value *values, size_t count);

/* A run that is there. Texts are valid during the call. */
struct store_row {
    int64_t id;
    uint32_t point, replication;
    const char *seed; /* decimal */
    const char *scenario_hash;
    const char *version, *commit;
    bool dirty;
    int status;
    double cpu_s, wall_s;
};
/* Calls `use` for each run by point and replication, until it returns false. */
bool store_each_run(struct store *store, bool (*use)(void *context, const struct store_row *row),
        void *context);
/* Calls `use` for each label of a run in the order in which they were given. */
bool store_each_label(struct store *store, int64_t run,
        bool (*use)(void *context, const char *key, const char *value), void *context);
/* The summary of a run, in its order; the caller destroys it. What was true or false is a count, 1
 * or 0. NULL: store_error(). */
struct summary *store_summary(struct store *store, int64_t run);

#endif
