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
void summary_write_json(const struct summary *summary, FILE *out);
void summary_write_table(const struct summary *summary, FILE *out, bool colour);

/* Writes `write(out, context)` to a temporary beside `path` and renames it into place. False:
 * `error` says why; nothing is left behind. */
bool file_write_whole(const char *path, void (*write)(FILE *out, void *context), void *context,
        char *error, size_t error_size);

#endif
