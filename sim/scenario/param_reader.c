/* Fills an object from YAML by its table of keys, and reports every mistake.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/param_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/scenario_yaml.h"

/* Deeper nesting than any key has; also what ends a document whose alias contains itself. */
#define DEPTH_MAX 6u
/* Enough to work on; it also bounds the work that a hostile file can ask for. */
#define MISTAKES_MAX  1000u
#define PATH_MAX_KEY  128u
#define TEMPLATES_MAX 200u

/* Keys and the object they are of: the root, or an item of a list. */
struct scope {
    const struct param_table *table;
    void *object;
    bool root;
    const char *prefix; /* of the keys in messages */
};

struct scenario_place table_place_of(const struct table_reader *reader, const yaml_node_t *node)
{
    if (reader->set_place != NULL) {
        return *reader->set_place;
    }
    return (struct scenario_place){ reader->source, node->start_mark.line + 1,
        node->start_mark.column + 1 };
}

const char *table_scalar(const yaml_node_t *node)
{
    return (const char *)node->data.scalar.value;
}

static const struct param_list *find_list(const struct param_table *table, const char *path)
{
    for (size_t i = 0; i < table->list_count; i++) {
        const struct param_list *list = &table->lists[i];
        if (strcmp(list->path, path) == 0
                || (list->single != NULL && strcmp(list->single, path) == 0)) {
            return list;
        }
    }
    return NULL;
}

/* Is `path` an inner node of the table, "campaign.set_up"? */
static bool is_section(const struct param_table *table, const char *path)
{
    size_t length = strlen(path);
    const struct param *param;
    for (size_t i = 0; (param = param_table_row(table, i)) != NULL; i++) {
        if (strncmp(param->path, path, length) == 0 && param->path[length] == '.') {
            return true;
        }
    }
    return false;
}

#define CANDIDATES_MAX 200u
struct candidates {
    char words[CANDIDATES_MAX][48];
    const char *list[CANDIDATES_MAX + 1];
    size_t count;
};

/* The word of `path` after `prefix`. */
static void add_candidate(struct candidates *candidates, const char *path, const char *prefix)
{
    size_t length = strlen(prefix);
    if (strncmp(path, prefix, length) == 0 && candidates->count < CANDIDATES_MAX) {
        char *word = candidates->words[candidates->count];
        snprintf(word, sizeof candidates->words[0], "%.*s", (int)strcspn(path + length, "."),
                path + length);
        candidates->list[candidates->count++] = word;
    }
}

/* Says which key under `prefix` was probably meant. */
static void unknown_key(const struct table_reader *reader, const struct scope *scope,
        const char *prefix, const char *key, struct scenario_place place)
{
    struct candidates candidates = { .count = 0 };
    const struct param *param;
    for (size_t i = 0; (param = param_table_row(scope->table, i)) != NULL; i++) {
        add_candidate(&candidates, param->path, prefix);
    }
    for (size_t i = 0; i < scope->table->list_count; i++) {
        add_candidate(&candidates, scope->table->lists[i].path, prefix);
        if (scope->table->lists[i].single != NULL) {
            add_candidate(&candidates, scope->table->lists[i].single, prefix);
        }
    }
    for (size_t i = 0; scope->root && reader->extra_keys != NULL && reader->extra_keys[i] != NULL;
            i++) {
        add_candidate(&candidates, reader->extra_keys[i], prefix);
    }
    candidates.list[candidates.count] = NULL;
    const char *near = nearest_word(key, candidates.list);
    scenario_errors_add(reader->errors, place, "unknown key '%s%s%s'%s%s%s", scope->prefix, prefix,
            key, near != NULL ? " (did you mean '" : "", near != NULL ? near : "",
            near != NULL ? "'?)" : "");
}

/* A list of words becomes one text: "block-mic, signature". */
static bool sequence_text(
        const struct table_reader *reader, const yaml_node_t *node, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (const yaml_node_item_t *item = node->data.sequence.items.start;
            item < node->data.sequence.items.top; item++) {
        const yaml_node_t *word = yaml_document_get_node(reader->document, *item);
        if (word == NULL || word->type != YAML_SCALAR_NODE || used + 1 >= size) {
            return false;
        }
        used += (size_t)snprintf(
                text + used, size - used, "%s%s", used == 0 ? "" : ", ", table_scalar(word));
    }
    return used < size;
}

static void read_leaf(const struct table_reader *reader, const struct scope *scope,
        const struct param *param, const yaml_node_t *node)
{
    struct scenario_place place = table_place_of(reader, node);
    char words[512];
    bool list = param->type->takes_list;
    if (list && node->type == YAML_SEQUENCE_NODE
            && sequence_text(reader, node, words, sizeof words)) {
        param_set(param, scope->object, scope->prefix, words, place, reader->errors);
    } else if (node->type != YAML_SCALAR_NODE) {
        scenario_errors_add(reader->errors, place, "%s%s should be %s", scope->prefix, param->path,
                list ? "a list of words" : "one value");
    } else {
        param_set(param, scope->object, scope->prefix, table_scalar(node), place, reader->errors);
    }
    if (!scenario_places_set(reader->places, (const char *)scope->object + param->offset, place)) {
        scenario_errors_add(reader->errors, place, "out of memory");
    }
}

static void read_mapping(const struct table_reader *reader, const struct scope *scope,
        const char *prefix, const yaml_node_t *node, unsigned depth);

static void *list_item(const struct param_list *list, void *object, uint32_t index)
{
    return (char *)object + list->offset + index * list->item_size;
}

static uint32_t *list_count(const struct param_list *list, void *object)
{
    return (uint32_t *)(void *)((char *)object + list->count_offset);
}

static void clear_item(const struct param_list *list, void *item)
{
    memset(item, 0, list->item_size);
    params_set_defaults(list->rows, item);
}

/* An item's place is known as that of its first member, until that is given itself. */
static void read_item(const struct table_reader *reader, const struct param_list *list, void *item,
        const char *prefix, const yaml_node_t *keys)
{
    struct param_table table = { &list->rows, 1, list->item_lists, list->item_list_count };
    struct scope scope = { &table, item, false, prefix };
    clear_item(list, item);
    if (!scenario_places_set(reader->places, item, table_place_of(reader, keys))) {
        scenario_errors_add(reader->errors, table_place_of(reader, keys), "out of memory");
    }
    read_mapping(reader, &scope, "", keys, 1);
}

/* The one item of a list, under a key of its own. */
static void read_single(const struct table_reader *reader, const struct param_list *list,
        void *object, const yaml_node_t *node)
{
    char prefix[PATH_MAX_KEY];
    if (node->type != YAML_MAPPING_NODE) {
        scenario_errors_add(reader->errors, table_place_of(reader, node),
                "'%s' should hold keys, as in %s: {key: value}", list->single, list->single);
        return;
    }
    snprintf(prefix, sizeof prefix, "%s.", list->single);
    *list_count(list, object) = 1;
    read_item(reader, list, list_item(list, object, 0), prefix, node);
}

static void read_items(const struct table_reader *reader, const struct param_list *list,
        void *object, const yaml_node_t *node)
{
    uint32_t count = 0;
    for (const yaml_node_item_t *item = node->data.sequence.items.start;
            item < node->data.sequence.items.top; item++) {
        const yaml_node_t *keys = yaml_document_get_node(reader->document, *item);
        if (keys == NULL || keys->type != YAML_MAPPING_NODE) {
            scenario_errors_add(reader->errors, table_place_of(reader, keys != NULL ? keys : node),
                    "'%s' should list keys of %s", list->path, list->item_help);
        } else if (count == list->max) {
            scenario_errors_add(reader->errors, table_place_of(reader, keys),
                    "'%s' has more than %u items", list->path, list->max);
            break;
        } else {
            read_item(reader, list, list_item(list, object, count++), "", keys);
        }
    }
    if (count == 0 && list->keep_one) {
        scenario_errors_add(reader->errors, table_place_of(reader, node), "'%s' should have %s",
                list->path, list->item_help);
        return;
    }
    *list_count(list, object) = count;
}

static void read_list(const struct table_reader *reader, const struct param_list *list,
        void *object, const char *key, const yaml_node_t *node)
{
    if (list->single != NULL && *list_count(list, object) > 0) {
        scenario_errors_add(reader->errors, table_place_of(reader, node),
                "'%s' and '%s': only one of them", list->single, list->path);
    } else if (list->single != NULL && strcmp(key, list->single) == 0) {
        read_single(reader, list, object, node);
    } else if (node->type == YAML_SEQUENCE_NODE) {
        read_items(reader, list, object, node);
    } else {
        scenario_errors_add(reader->errors, table_place_of(reader, node),
                "'%s' should be a list, each item starting with '-': %s", list->path,
                list->item_help);
    }
}

static void read_entry(const struct table_reader *reader, const struct scope *scope,
        const char *prefix, const yaml_node_t *key, const yaml_node_t *value, unsigned depth)
{
    char path[PATH_MAX_KEY];
    int length = snprintf(path, sizeof path, "%s%s", prefix, table_scalar(key));
    if (length < 0 || (size_t)length >= sizeof path - 1) {
        unknown_key(reader, scope, prefix, "(too long)", table_place_of(reader, key));
        return;
    }
    const struct param *param = param_table_find(scope->table, path);
    const struct param_list *list = find_list(scope->table, path);
    if (param != NULL) {
        read_leaf(reader, scope, param, value);
    } else if (list != NULL) {
        read_list(reader, list, scope->object, path, value);
    } else if (!is_section(scope->table, path)) {
        unknown_key(reader, scope, prefix, table_scalar(key), table_place_of(reader, key));
    } else if (value->type != YAML_MAPPING_NODE) {
        scenario_errors_add(reader->errors, table_place_of(reader, value),
                "'%s' should hold keys, as in %s: {key: value}", path, path);
    } else {
        path[length] = '.';
        path[length + 1] = '\0';
        read_mapping(reader, scope, path, value, depth + 1);
    }
}

/* Was the same key written earlier in this mapping? */
static bool is_repeated(const struct table_reader *reader, const yaml_node_t *node,
        const yaml_node_pair_t *pair, const char *key)
{
    for (const yaml_node_pair_t *p = node->data.mapping.pairs.start; p < pair; p++) {
        const yaml_node_t *other = yaml_document_get_node(reader->document, p->key);
        if (other != NULL && other->type == YAML_SCALAR_NODE
                && strcmp(table_scalar(other), key) == 0) {
            return true;
        }
    }
    return false;
}

const yaml_node_t *table_pair_key(
        const struct table_reader *reader, const yaml_node_t *node, const yaml_node_pair_t *pair)
{
    const yaml_node_t *key = yaml_document_get_node(reader->document, pair->key);
    if (scenario_errors_count(reader->errors) > MISTAKES_MAX) {
        return NULL;
    }
    if (key == NULL || key->type != YAML_SCALAR_NODE) {
        scenario_errors_add(
                reader->errors, table_place_of(reader, node), "a key should be one word");
        return NULL;
    }
    if (is_repeated(reader, node, pair, table_scalar(key))) {
        scenario_errors_add(reader->errors, table_place_of(reader, key), "key '%s' stands twice",
                table_scalar(key));
        return NULL;
    }
    return key;
}

/* Is a key of the root a template's? Each is compared with all before it: their number is bounded.
 */
static bool is_template(
        const struct table_reader *reader, const yaml_node_t *key, uint32_t *template_count)
{
    if (strncmp(table_scalar(key), PARAM_TEMPLATE_PREFIX, strlen(PARAM_TEMPLATE_PREFIX)) != 0) {
        return false;
    }
    if (++*template_count > TEMPLATES_MAX) {
        scenario_errors_add(reader->errors, table_place_of(reader, key),
                "more than %u keys that begin with '" PARAM_TEMPLATE_PREFIX "'", TEMPLATES_MAX);
    }
    return true;
}

static void read_mapping(const struct table_reader *reader, const struct scope *scope,
        const char *prefix, const yaml_node_t *node, unsigned depth)
{
    uint32_t template_count = 0;
    if (depth > DEPTH_MAX) {
        scenario_errors_add(reader->errors, table_place_of(reader, node), "nested too deeply");
        return;
    }
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
            pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = table_pair_key(reader, node, pair);
        const yaml_node_t *value = yaml_document_get_node(reader->document, pair->value);
        if (key == NULL || value == NULL) {
            continue;
        }
        bool top = scope->root && prefix[0] == '\0';
        bool taken = top
                     && (is_template(reader, key, &template_count)
                             || (reader->extra != NULL && reader->extra(reader, key, value)));
        if (!taken) {
            read_entry(reader, scope, prefix, key, value, depth);
        }
    }
}

void table_read_text(struct table_reader *reader, const char *text, size_t size, const char *empty)
{
    yaml_document_t document;
    reader->document = &document;
    if (!scenario_yaml_load(&document, reader->source, "YAML", text, size, reader->errors)) {
        return;
    }
    const yaml_node_t *root = yaml_document_get_root_node(&document);
    struct scope scope = { reader->table, reader->object, true, "" };
    if (root == NULL) {
        scenario_errors_add(
                reader->errors, (struct scenario_place){ reader->source, 1, 1 }, "%s", empty);
    } else if (root->type != YAML_MAPPING_NODE) {
        scenario_errors_add(
                reader->errors, table_place_of(reader, root), "should hold keys, as in name: city");
    } else {
        read_mapping(reader, &scope, "", root, 0);
    }
    yaml_document_delete(&document);
}

/* Does `path` lead into `key`, as "devices.NAME.count" does into "devices"? `*rest` is after the
 * dot. */
static bool leads_into(const char *path, const char *key, const char **rest)
{
    size_t length = key == NULL ? 0 : strlen(key);
    if (length == 0 || strncmp(path, key, length) != 0 || path[length] != '.') {
        return false;
    }
    *rest = path + length + 1;
    return true;
}

/* The item that "NAME.key" or "INDEX.key" means; the key is after it. NULL: none. */
static void *find_item(
        const struct param_list *list, void *object, const char *path, const char **key)
{
    size_t length = strcspn(path, ".");
    for (uint32_t i = 0; path[length] == '.' && i < *list_count(list, object); i++) {
        char number[12];
        snprintf(number, sizeof number, "%u", i);
        char *item = list_item(list, object, i);
        bool named = list->named && strlen(item) == length && strncmp(item, path, length) == 0;
        bool numbered = strlen(number) == length && strncmp(number, path, length) == 0;
        if (named || numbered) {
            *key = path + length + 1;
            return item;
        }
    }
    return NULL;
}

/* The item of a list that has one, made if there is none; NULL: there are several. */
static void *single_item(const struct param_list *list, void *object)
{
    uint32_t *count = list_count(list, object);
    if (*count == 0) {
        clear_item(list, list_item(list, object, 0));
        *count = 1;
    }
    return *count == 1 ? list_item(list, object, 0) : NULL;
}

static void set_leaf(struct table_reader *reader, const struct scope *scope,
        const struct param *param, const char *text)
{
    yaml_document_t document;
    struct scenario_place place = *reader->set_place;
    reader->document = &document;
    if (!scenario_yaml_load(&document, place.source, "YAML", text, strlen(text), reader->errors)) {
        return;
    }
    const yaml_node_t *root = yaml_document_get_root_node(&document);
    if (root == NULL) {
        scenario_errors_add(reader->errors, place, "the value is empty");
    } else {
        read_leaf(reader, scope, param, root);
    }
    yaml_document_delete(&document);
}

/* The object and the table that an override's path leads to; `*key` is what is left of it. False
 * after a mistake. `table` and `prefix` are what `scope` points to. */
static bool scope_of_set(const struct table_reader *reader, const char *path, struct scope *scope,
        struct param_table *table, char prefix[PATH_MAX_KEY], const char **key)
{
    *scope = (struct scope){ reader->table, reader->object, true, "" };
    *key = path;
    for (size_t i = 0; i < reader->table->list_count; i++) {
        const struct param_list *list = &reader->table->lists[i];
        bool single = leads_into(path, list->single, key);
        if (!single && !leads_into(path, list->path, key)) {
            continue;
        }
        snprintf(prefix, PATH_MAX_KEY, "%s%s", single ? list->single : "", single ? "." : "");
        *table = (struct param_table){ &list->rows, 1, NULL, 0 };
        *scope = (struct scope){ table, NULL, false, prefix };
        scope->object = single ? single_item(list, reader->object)
                               : find_item(list, reader->object, *key, key);
        if (scope->object == NULL) {
            scenario_errors_add(reader->errors, *reader->set_key_place,
                    "no such item: should be %s.%s.key or %s.0.key", list->path,
                    list->named ? "NAME" : "NUMBER", list->path);
        }
        return scope->object != NULL;
    }
    return true;
}

void table_read_set(struct table_reader *reader, const char *set)
{
    char path[PATH_MAX_KEY], prefix[PATH_MAX_KEY];
    const char *equals = strchr(set, '='), *key;
    size_t length = equals == NULL ? 0 : (size_t)(equals - set);
    struct scenario_place place = *reader->set_key_place;
    struct param_table table;
    struct scope scope;
    if (length == 0 || length >= sizeof path) {
        scenario_errors_add(reader->errors, place, "should be key.path=value");
        return;
    }
    snprintf(path, sizeof path, "%.*s", (int)length, set);
    if (!scope_of_set(reader, path, &scope, &table, prefix, &key)) {
        return;
    }
    const struct param *param = param_table_find(scope.table, key);
    if (param == NULL) {
        unknown_key(reader, &scope, "", key, place);
    } else {
        set_leaf(reader, &scope, param, equals + 1);
    }
}
