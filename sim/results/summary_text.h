/* A summary as text: summary.json and the final table.
 * SPDX-License-Identifier: MIT
 */
#ifndef RESULTS_SUMMARY_TEXT_H
#define RESULTS_SUMMARY_TEXT_H

#include <stdbool.h>
#include <stdio.h>

#include "record/summary.h"

/* A JSON string: quotes, escapes. */
void json_write_text(FILE *out, const char *text);
void summary_write_json(const struct summary *summary, FILE *out);
/* For people; `colour`: `out` is a terminal that shows bold. */
void summary_write_table(const struct summary *summary, FILE *out, bool colour);

#endif
