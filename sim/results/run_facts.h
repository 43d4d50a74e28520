/* run.json: where a run's results come from, and how it went.
 * SPDX-License-Identifier: MIT
 */
#ifndef RESULTS_RUN_FACTS_H
#define RESULTS_RUN_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "scenario/scenario.h"

struct run_facts {
    const char *version;
    const char *commit; /* "0123456789ab", with "-dirty" where files differ from it; "unknown" */
    const struct scenario *scenario;
    size_t argument_count; /* the command line */
    const char *const *arguments;
    size_t set_count; /* each --set, and --seed as one */
    const char *const *sets;
    double wall_s, simulated_s;
    bool crypto_memo;
    unsigned threads;
};

#define RUN_FACTS_COMMIT_SIZE 64u

/* The commit alone. Returns whether files differ from it. */
bool run_facts_commit(const struct run_facts *facts, char commit[RUN_FACTS_COMMIT_SIZE]);

/* Reads the files that the scenario names again, for their digests; null where that fails. */
void run_facts_write_json(const struct run_facts *facts, FILE *out);

#endif
