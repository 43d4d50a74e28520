/* The JSON Schema (2020-12) of the keys of a table of parameters.
 * SPDX-License-Identifier: MIT
 *
 * It says what a schema can: keys, words, lists, ranges of bare numbers, and the form and units of
 * quantities. It accepts what the reader accepts, but for numbers in quotes, and for names without
 * quotes that YAML takes for a number or a truth value. The range of a quantity and what must hold
 * between keys are left to the reader.
 */
#ifndef SCENARIO_PARAM_SCHEMA_H
#define SCENARIO_PARAM_SCHEMA_H

#include <jansson.h>

#include "scenario/param.h"

struct param_schema {
    json_t *root; /* "properties" holds the keys of the root, "$defs" the items of lists */
    bool failed;  /* out of memory: the schema lacks parts */
};

/* The schema of an object of the table; `title` names it. Released by json_decref(root). */
struct param_schema param_schema_create(const struct param_table *table, const char *title);

/* --- for keys that are no rows ---------------------------------------------------------------- */

/* Sets a member of `object` and takes `value`, which may be NULL after a failure. */
void param_schema_set(struct param_schema *schema, json_t *object, const char *key, json_t *value);
/* Adds to `object`, an object's schema, the keys of a table as table_read_set() takes them: with
 * dots, those of items by name or number. `value_schema` makes the schema of a key from that of its
 * value, which it takes. */
void param_schema_add_paths(struct param_schema *schema, json_t *object,
        const struct param_table *table, json_t *(*value_schema)(json_t *value));

#endif
