/* summary.json and the final table: what a run measured.
 * SPDX-License-Identifier: MIT
 */
#ifndef RESULTS_SUMMARY_H
#define RESULTS_SUMMARY_H

#include <stdbool.h>
#include <stdio.h>

#include "world/world.h"

struct summary; /* a tree of named numbers, in the order of the contract */

struct summary *summary_create(const struct world *world, bool partial);
void summary_destroy(struct summary *summary);
/* Value at a dotted path; false: no such key, or not a number. */
bool summary_value(const struct summary *summary, const char *path, double *value);
/* Is there such a key, be it null or text? */
bool summary_has(const struct summary *summary, const char *path);
void summary_write_json(const struct summary *summary, FILE *out);
void summary_write_table(const struct summary *summary, FILE *out, bool colour);

/* run.json: what differs from one run of the same scenario to the next. */
struct run_facts {
    const char *version;
    double wall_s;
    bool crypto_memo;
};
void run_facts_write_json(const struct world *world, const struct run_facts *facts, FILE *out);

#endif
