/* The runs of a database as files for other programs.
 * SPDX-License-Identifier: MIT
 *
 * False: out of memory. Whether `out` took it all is for the caller to see.
 */
#ifndef STUDY_EXPORT_H
#define STUDY_EXPORT_H

#include <stdio.h>

#include "study/run_table.h"

/* CSV (RFC 4180, lines end with \n): one line for each metric of each run; nothing where it was not
 * measured. */
bool export_tidy(const struct run_table *table, FILE *out);
/* CSV: one line for each run, one column for each metric. */
bool export_wide(const struct run_table *table, FILE *out);
/* The .npy format 1.0 (or 2.0 for a long header) of NumPy: an array of records, one for each run:
 * point, replication, status, seed and labels as bytes, metrics as 8-byte floats. */
bool export_npy(const struct run_table *table, FILE *out);

#endif
