/* What a study's database says of the whole study (the table `meta`), and whose it is.
 * SPDX-License-Identifier: MIT
 */
#ifndef STUDY_STUDY_FACTS_H
#define STUDY_STUDY_FACTS_H

#include <stdbool.h>
#include <stddef.h>

#include "results/run_facts.h"
#include "study/plan.h"
#include "study/store.h"

#define STUDY_FACT_STUDY    "study"
#define STUDY_FACT_SCENARIO "scenario" /* whole path */
#define STUDY_FACT_VERSION  "version"
#define STUDY_FACT_COMMIT   "commit"
#define STUDY_FACT_DIRTY    "dirty"
#define STUDY_FACT_PROGRAM  "program_sha256"
#define STUDY_FACT_HASH     "study_hash"

/* The name of the fact that holds a set of every point. */
void study_fact_set(size_t index, char *name, size_t size);

struct sweep_program {
    const char *version;
    char commit[RUN_FACTS_COMMIT_SIZE]; /* without "-dirty" */
    bool dirty;
};
/* From what `git describe --dirty` says: "0123456789ab-dirty". */
struct sweep_program sweep_program_of(const char *version, const char *description);

/* Writes the facts into a database that has none, or finds that they are the same. False: `error`
 * says what differs; nothing was changed. */
bool study_facts_claim(struct store *store, const struct plan *plan,
        const struct sweep_program *program, char *error, size_t error_size);

#endif
