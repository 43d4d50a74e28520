/* Merge keys of YAML: "<<: *anchor" and "<<: [*first, *second]".
 * SPDX-License-Identifier: MIT
 */
#include "scenario/yaml_merge.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Templates of templates; more is a mistake, or hostile. */
#define DEPTH_MAX 32u
/* Comparisons of two keys in one document. A scenario needs some thousands. */
#define COMPARISONS_MAX 4000000u

enum state {
    UNSEEN = 0,
    BUSY, /* its merges are being resolved */
    DONE
};

struct merging {
    yaml_document_t *document;
    const char *source;
    struct scenario_errors *errors;
    uint8_t *states; /* of nodes, by number */
    size_t comparisons;
};

static bool mistake(struct merging *m, const yaml_node_t *node, const char *text)
{
    struct scenario_place place = { m->source, node->start_mark.line + 1,
        node->start_mark.column + 1 };
    scenario_errors_add(m->errors, place, "%s", text);
    return false;
}

static bool is_merge(const yaml_node_t *key)
{
    return key != NULL && key->type == YAML_SCALAR_NODE
           && key->data.scalar.style == YAML_PLAIN_SCALAR_STYLE
           && strcmp((const char *)key->data.scalar.value, "<<") == 0;
}

static bool is_same_scalar(const yaml_node_t *a, const yaml_node_t *b)
{
    return a != NULL && b != NULL && a->type == YAML_SCALAR_NODE && b->type == YAML_SCALAR_NODE
           && a->data.scalar.length == b->data.scalar.length
           && memcmp(a->data.scalar.value, b->data.scalar.value, a->data.scalar.length) == 0;
}

static size_t pair_count(const yaml_node_t *mapping)
{
    return (size_t)(mapping->data.mapping.pairs.top - mapping->data.mapping.pairs.start);
}

static bool has_key(struct merging *m, const yaml_node_t *mapping, int key)
{
    const yaml_node_t *wanted = yaml_document_get_node(m->document, key);
    for (size_t i = 0; i < pair_count(mapping); i++) {
        int other = mapping->data.mapping.pairs.start[i].key;
        m->comparisons++;
        if (is_same_scalar(yaml_document_get_node(m->document, other), wanted)) {
            return true;
        }
    }
    return false;
}

static bool resolve(struct merging *m, int id, unsigned depth);

/* Appends what the mapping `from` has and the mapping `to` has not. `key` is the "<<". */
static bool merge_mapping(
        struct merging *m, int to, int from, const yaml_node_t *key, unsigned depth)
{
    yaml_node_t *target = yaml_document_get_node(m->document, to);
    const yaml_node_t *template = yaml_document_get_node(m->document, from);
    if (template == NULL || template->type != YAML_MAPPING_NODE) {
        return mistake(m, key,
                "'<<' should merge keys, or a list of such, as in <<: *meters or <<: [*a, *b]");
    }
    if (m->states[from] == BUSY) {
        return mistake(m, key, "'<<' merges a mapping into itself");
    }
    if (depth == DEPTH_MAX) {
        return mistake(m, key, "'<<' leads through too many templates");
    }
    if (!resolve(m, from, depth + 1)) {
        return false;
    }
    for (size_t i = 0; i < pair_count(template); i++) {
        const yaml_node_pair_t pair = template->data.mapping.pairs.start[i];
        if (!has_key(m, target, pair.key)
                && !yaml_document_append_mapping_pair(m->document, to, pair.key, pair.value)) {
            return mistake(m, key, "out of memory");
        }
        if (m->comparisons > COMPARISONS_MAX) {
            return mistake(m, key, "'<<' merges too many keys");
        }
    }
    return true;
}

/* A list of mappings, or one. */
static bool merge_value(
        struct merging *m, int to, int value, const yaml_node_t *key, unsigned depth)
{
    const yaml_node_t *list = yaml_document_get_node(m->document, value);
    if (list == NULL || list->type != YAML_SEQUENCE_NODE) {
        return merge_mapping(m, to, value, key, depth);
    }
    for (const yaml_node_item_t *item = list->data.sequence.items.start;
            item < list->data.sequence.items.top; item++) {
        if (!merge_mapping(m, to, *item, key, depth)) {
            return false;
        }
    }
    return true;
}

/* Moves the first `count` pairs to the end: where a key can be written in two forms, as "a: {b: 1}"
 * and "a.b: 1", the later one counts. */
static bool move_to_end(yaml_node_t *mapping, size_t count)
{
    yaml_node_pair_t *pairs = mapping->data.mapping.pairs.start;
    size_t merged = pair_count(mapping) - count;
    yaml_node_pair_t *own = malloc((count + 1) * sizeof *own);
    if (own == NULL) {
        return false;
    }
    memcpy(own, pairs, count * sizeof *own);
    memmove(pairs, pairs + count, merged * sizeof *pairs);
    memcpy(pairs + merged, own, count * sizeof *own);
    free(own);
    return true;
}

/* Takes the pair of "<<" out of a mapping. `*key` NULL: it has none. */
static bool take_merge(struct merging *m, yaml_node_t *mapping, const yaml_node_t **key, int *value)
{
    yaml_node_pair_t *kept = mapping->data.mapping.pairs.start;
    *key = NULL;
    for (size_t i = 0, count = pair_count(mapping); i < count; i++) {
        const yaml_node_pair_t pair = mapping->data.mapping.pairs.start[i];
        const yaml_node_t *word = yaml_document_get_node(m->document, pair.key);
        if (!is_merge(word)) {
            *kept++ = pair;
        } else if (*key == NULL) {
            *key = word;
            *value = pair.value;
        } else {
            return mistake(m, word, "key '<<' stands twice; it takes a list, as in <<: [*a, *b]");
        }
    }
    mapping->data.mapping.pairs.top = kept;
    return true;
}

/* Resolves the merge of the mapping `id`, if it has one. */
static bool resolve(struct merging *m, int id, unsigned depth)
{
    yaml_node_t *mapping = yaml_document_get_node(m->document, id);
    const yaml_node_t *key;
    int value;
    if (m->states[id] == DONE || mapping->type != YAML_MAPPING_NODE) {
        return true;
    }
    m->states[id] = BUSY;
    if (!take_merge(m, mapping, &key, &value)) {
        return false;
    }
    size_t own = pair_count(mapping);
    if (key != NULL && !merge_value(m, id, value, key, depth)) {
        return false;
    }
    if (key != NULL && !move_to_end(mapping, own)) {
        return mistake(m, key, "out of memory");
    }
    m->states[id] = DONE;
    return true;
}

bool yaml_merge(yaml_document_t *document, const char *source, struct scenario_errors *errors)
{
    int count = (int)(document->nodes.top - document->nodes.start);
    struct merging m = { document, source, errors, calloc((size_t)count + 1, 1), 0 };
    bool ok = m.states != NULL;
    if (!ok) {
        scenario_errors_add(errors, (struct scenario_place){ source, 0, 0 }, "out of memory");
    }
    for (int id = 1; ok && id <= count; id++) {
        ok = resolve(&m, id, 0);
    }
    free(m.states);
    return ok;
}
