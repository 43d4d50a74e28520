/* What a scenario may say, written from the tables that read it.
 * SPDX-License-Identifier: MIT
 */
#ifndef SCENARIO_SCENARIO_REFERENCE_H
#define SCENARIO_SCENARIO_REFERENCE_H

#include <jansson.h>
#include <stdio.h>

/* Every key of scenarios and boards in lines of at most 80 columns, or those that contain one of
 * `words` (NULL-terminated). Returns how many keys were written. */
size_t scenario_write_reference(const char *const *words, FILE *out);
/* The page docs/scenario.md. */
void scenario_write_markdown(FILE *out);
/* The JSON Schema (2020-12) of a scenario; NULL: out of memory. Released by json_decref(). */
json_t *scenario_schema(void);

#endif
