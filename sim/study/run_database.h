/* results.db: one run with its devices as a database of the form that studies have.
 * SPDX-License-Identifier: MIT
 */
#ifndef STUDY_RUN_DATABASE_H
#define STUDY_RUN_DATABASE_H

#include "record/summary.h"
#include "results/run_facts.h"
#include "run/run.h"

struct run_record {
    struct run *run;
    const struct summary *summary;
    const struct run_facts *facts;
    bool partial; /* the run was cut short: no device is said to have failed */
    int status;   /* exit status that the run alone gives */
};

/* Writes a new database in place of what is there, whole or not at all. False: `error` says why. */
bool run_database_write(
        const char *path, const struct run_record *record, char *error, size_t error_size);

#endif
