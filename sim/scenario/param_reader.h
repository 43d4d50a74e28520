/* Fills an object from YAML by its table of keys, and reports every mistake.
 * SPDX-License-Identifier: MIT
 */
#ifndef SCENARIO_PARAM_READER_H
#define SCENARIO_PARAM_READER_H

#include <yaml.h>

#include "scenario/param.h"
#include "scenario/scenario_places.h"

struct table_reader {
    const struct param_table *table;
    void *object; /* holds its defaults */
    const char *source;
    struct scenario_errors *errors;
    struct scenario_places *places; /* where each member was set */
    /* Keys of the root that are no rows: true when `extra` took the pair. May be NULL. */
    bool (*extra)(
            const struct table_reader *reader, const yaml_node_t *key, const yaml_node_t *value);
    const char *const *extra_keys; /* NULL-terminated, for suggestions */
    /* Of the key and the value of a set that is read; NULL: a text is. */
    const struct scenario_place *set_key_place, *set_place;
    yaml_document_t *document;
};

/* `text` is a document of keys. `empty`: what to say of none. */
void table_read_text(struct table_reader *reader, const char *text, size_t size, const char *empty);
/* One "key.path=value", where the value is YAML; items of lists by name or number. Both
 * places are those of the set. */
void table_read_set(struct table_reader *reader, const char *set);

/* --- for `extra` ------------------------------------------------------------------------------ */
struct scenario_place table_place_of(const struct table_reader *reader, const yaml_node_t *node);
const char *table_scalar(const yaml_node_t *node);
/* The scalar key of a pair, or NULL after a message: none, or there was the same before it. */
const yaml_node_t *table_pair_key(
        const struct table_reader *reader, const yaml_node_t *node, const yaml_node_pair_t *pair);

#endif
