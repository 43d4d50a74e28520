/* Reads a scenario from YAML: walks the document, sets parameters, reports every mistake.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/expect_keys.h"
#include "scenario/scenario_check.h"
#include "scenario/scenario_table.h"
#include "scenario/scenario_yaml.h"

/* Deeper nesting than any key has; also what ends a document whose alias contains itself. */
#define DEPTH_MAX 6u
/* Enough to work on; it also bounds the work that a hostile file can ask for. */
#define MISTAKES_MAX 1000u

struct reader {
    struct scenario *scenario;
    const char *source;
    yaml_document_t *document;
    struct scenario_errors *errors;
    struct scenario_places *places;
    bool inline_set; /* from --set: places have no line */
};

/* A set of parameters and the object they live in. */
struct scope {
    const struct param *params;
    size_t count;
    void *object;
    struct scenario_place *places; /* one per parameter, where it was set */
};

static struct scenario_place place_of(const struct reader *reader, const yaml_node_t *node)
{
    struct scenario_place place = { reader->source, 0, 0 };
    if (!reader->inline_set) {
        place.line = node->start_mark.line + 1;
        place.column = node->start_mark.column + 1;
    }
    return place;
}

static const char *scalar_text(const yaml_node_t *node)
{
    return (const char *)node->data.scalar.value;
}

static const struct param *find_param(const struct scope *scope, const char *path)
{
    for (size_t i = 0; i < scope->count; i++) {
        if (strcmp(scope->params[i].path, path) == 0) {
            return &scope->params[i];
        }
    }
    return NULL;
}

/* Is `path` an inner node of the table, "campaign.set_up"? */
static bool is_section(const struct scope *scope, const char *path)
{
    size_t length = strlen(path);
    for (size_t i = 0; i < scope->count; i++) {
        if (strncmp(scope->params[i].path, path, length) == 0
                && scope->params[i].path[length] == '.') {
            return true;
        }
    }
    return false;
}

/* Says which key under `prefix` was probably meant. */
static void unknown_key(const struct reader *reader, const struct scope *scope, const char *prefix,
        const char *key, struct scenario_place place)
{
    const char *candidates[80];
    char words[80][48];
    size_t count = 0, length = strlen(prefix);
    for (size_t i = 0; i < scope->count && count < 75; i++) {
        const char *path = scope->params[i].path;
        if (strncmp(path, prefix, length) == 0) {
            snprintf(words[count], sizeof words[count], "%.*s", (int)strcspn(path + length, "."),
                    path + length);
            candidates[count] = words[count];
            count++;
        }
    }
    if (scope->object == reader->scenario && length == 0) {
        candidates[count++] = "devices";
        candidates[count++] = "expect";
    }
    candidates[count] = NULL;
    const char *near = nearest_word(key, candidates);
    scenario_errors_add(reader->errors, place, "unknown key '%s%s'%s%s%s", prefix, key,
            near != NULL ? " (did you mean '" : "", near != NULL ? near : "",
            near != NULL ? "'?)" : "");
}

/* A list of words becomes one text: "block-mic signature". */
static bool sequence_text(
        const struct reader *reader, const yaml_node_t *node, char *text, size_t size)
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
                text + used, size - used, "%s%s", used == 0 ? "" : " ", scalar_text(word));
    }
    return used < size;
}

static void read_leaf(const struct reader *reader, const struct scope *scope,
        const struct param *param, const yaml_node_t *node)
{
    struct scenario_place place = place_of(reader, node);
    char words[128];
    if (param->type == PARAM_VERIFY && node->type == YAML_SEQUENCE_NODE
            && sequence_text(reader, node, words, sizeof words)) {
        param_set(param, scope->object, words, place, reader->errors);
    } else if (node->type != YAML_SCALAR_NODE) {
        scenario_errors_add(reader->errors, place, "%s should be %s", param->path,
                param->type == PARAM_VERIFY ? "a list of words" : "one value");
    } else {
        param_set(param, scope->object, scalar_text(node), place, reader->errors);
    }
    scope->places[param - scope->params] = place;
}

static void read_mapping(const struct reader *reader, const struct scope *scope, const char *prefix,
        const yaml_node_t *node, unsigned depth);

static void read_entry(const struct reader *reader, const struct scope *scope, const char *prefix,
        const yaml_node_t *key, const yaml_node_t *value, unsigned depth)
{
    char path[128];
    int length = snprintf(path, sizeof path, "%s%s", prefix, scalar_text(key));
    if (length < 0 || (size_t)length >= sizeof path - 1) {
        unknown_key(reader, scope, prefix, "(too long)", place_of(reader, key));
        return;
    }
    const struct param *param = find_param(scope, path);
    if (param != NULL) {
        read_leaf(reader, scope, param, value);
    } else if (!is_section(scope, path)) {
        unknown_key(reader, scope, prefix, scalar_text(key), place_of(reader, key));
    } else if (value->type != YAML_MAPPING_NODE) {
        scenario_errors_add(reader->errors, place_of(reader, value),
                "'%s' should hold keys, as in %s: {key: value}", path, path);
    } else {
        path[length] = '.';
        path[length + 1] = '\0';
        read_mapping(reader, scope, path, value, depth + 1);
    }
}

/* Was the same key written earlier in this mapping? */
static bool is_repeated(const struct reader *reader, const yaml_node_t *node,
        const yaml_node_pair_t *pair, const char *key)
{
    for (const yaml_node_pair_t *p = node->data.mapping.pairs.start; p < pair; p++) {
        const yaml_node_t *other = yaml_document_get_node(reader->document, p->key);
        if (other != NULL && other->type == YAML_SCALAR_NODE
                && strcmp(scalar_text(other), key) == 0) {
            return true;
        }
    }
    return false;
}

/* The scalar key of a pair, or NULL after a message. */
static const yaml_node_t *pair_key(
        const struct reader *reader, const yaml_node_t *node, const yaml_node_pair_t *pair)
{
    const yaml_node_t *key = yaml_document_get_node(reader->document, pair->key);
    if (scenario_errors_count(reader->errors) > MISTAKES_MAX) {
        return NULL;
    }
    if (key == NULL || key->type != YAML_SCALAR_NODE) {
        scenario_errors_add(reader->errors, place_of(reader, node), "a key should be one word");
        return NULL;
    }
    if (is_repeated(reader, node, pair, scalar_text(key))) {
        scenario_errors_add(
                reader->errors, place_of(reader, key), "key '%s' stands twice", scalar_text(key));
        return NULL;
    }
    return key;
}

static void read_group(const struct reader *reader, const yaml_node_t *node, uint32_t index)
{
    struct scope scope = { group_params, group_param_count, &reader->scenario->groups[index],
        reader->places->group[index] };
    read_mapping(reader, &scope, "", node, 1);
}

static void read_devices(const struct reader *reader, const yaml_node_t *node)
{
    if (node->type != YAML_SEQUENCE_NODE) {
        scenario_errors_add(reader->errors, place_of(reader, node),
                "'devices' should be a list of groups, each starting with '-'");
        return;
    }
    uint32_t count = 0;
    for (const yaml_node_item_t *item = node->data.sequence.items.start;
            item < node->data.sequence.items.top; item++) {
        const yaml_node_t *group = yaml_document_get_node(reader->document, *item);
        if (group == NULL || group->type != YAML_MAPPING_NODE) {
            scenario_errors_add(reader->errors, place_of(reader, node),
                    "a group of devices should hold keys, as in - {count: 20}");
        } else if (count == SCENARIO_DEVICE_GROUPS_MAX) {
            scenario_errors_add(reader->errors, place_of(reader, group),
                    "more than %u groups of devices", SCENARIO_DEVICE_GROUPS_MAX);
            break;
        } else {
            params_set_defaults(group_params, group_param_count, &reader->scenario->groups[count]);
            read_group(reader, group, count++);
        }
    }
    reader->scenario->group_count = count > 0 ? count : reader->scenario->group_count;
    if (count == 0) {
        scenario_errors_add(
                reader->errors, place_of(reader, node), "'devices' should have a group");
    }
}

static bool parse_expectation(const char *text, struct scenario_expect *expect)
{
    static const struct {
        const char *text;
        enum expect_operator op;
    } operators[] = { { "==", EXPECT_EQ }, { "!=", EXPECT_NE }, { ">=", EXPECT_GE },
        { "<=", EXPECT_LE }, { ">", EXPECT_GT }, { "<", EXPECT_LT } };
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        size_t length = strlen(operators[i].text);
        if (strncmp(text, operators[i].text, length) == 0) {
            char *end;
            expect->op = operators[i].op;
            expect->value = strtod(text + length, &end);
            bool number = end != text + length;
            end += strspn(end, " ");
            expect->percent = *end == '%';
            end += expect->percent ? 1 : 0;
            return number && *end == '\0';
        }
    }
    return false;
}

static void unknown_expectation(
        const struct reader *reader, const char *key, struct scenario_place place)
{
    const char *near = nearest_word(key, expect_keys);
    scenario_errors_add(reader->errors, place, "expect: summary.json has no number '%s'%s%s%s", key,
            near != NULL ? " (did you mean '" : "", near != NULL ? near : "",
            near != NULL ? "'?)" : "");
}

static void read_expectation(
        const struct reader *reader, const yaml_node_t *key, const yaml_node_t *value)
{
    struct scenario_expect expect = { 0 };
    if (!expect_key_known(scalar_text(key))) {
        unknown_expectation(reader, scalar_text(key), place_of(reader, key));
    } else if (value == NULL || value->type != YAML_SCALAR_NODE
               || !parse_expectation(scalar_text(value), &expect)) {
        scenario_errors_add(reader->errors, place_of(reader, value != NULL ? value : key),
                "expect.%s should be an operator and a number, as in \">= 99 %%\"",
                scalar_text(key));
    } else if (reader->scenario->expect_count == SCENARIO_EXPECT_MAX) {
        scenario_errors_add(reader->errors, place_of(reader, key), "more than %u expectations",
                SCENARIO_EXPECT_MAX);
    } else {
        snprintf(expect.key, sizeof expect.key, "%s", scalar_text(key));
        reader->scenario->expect[reader->scenario->expect_count++] = expect;
    }
}

static void read_expect(const struct reader *reader, const yaml_node_t *node)
{
    if (node->type != YAML_MAPPING_NODE) {
        scenario_errors_add(reader->errors, place_of(reader, node),
                "'expect' should hold keys, as in devices.confirmed: \">= 99 %%\"");
        return;
    }
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
            pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = pair_key(reader, node, pair);
        if (key != NULL) {
            read_expectation(reader, key, yaml_document_get_node(reader->document, pair->value));
        }
    }
}

static void read_mapping(const struct reader *reader, const struct scope *scope, const char *prefix,
        const yaml_node_t *node, unsigned depth)
{
    if (depth > DEPTH_MAX) {
        scenario_errors_add(reader->errors, place_of(reader, node), "nested too deeply");
        return;
    }
    bool root = scope->object == reader->scenario && prefix[0] == '\0';
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
            pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = pair_key(reader, node, pair);
        const yaml_node_t *value = yaml_document_get_node(reader->document, pair->value);
        if (key == NULL || value == NULL) {
            continue;
        }
        if (root && strcmp(scalar_text(key), "devices") == 0) {
            read_devices(reader, value);
        } else if (root && strcmp(scalar_text(key), "expect") == 0) {
            read_expect(reader, value);
        } else {
            if (root && strcmp(scalar_text(key), "campaign") == 0) {
                reader->scenario->campaign.enabled = true;
            }
            read_entry(reader, scope, prefix, key, value, depth);
        }
    }
}

static void read_text(struct reader *reader, const char *text, size_t size)
{
    yaml_document_t document;
    reader->document = &document;
    if (!scenario_yaml_load(&document, reader->source, text, size, reader->errors)) {
        return;
    }
    const yaml_node_t *root = yaml_document_get_root_node(&document);
    struct scope scope = { scenario_params, scenario_param_count, reader->scenario,
        reader->places->scenario };
    if (root == NULL) {
        scenario_errors_add(reader->errors, (struct scenario_place){ reader->source, 1, 1 },
                "the file is empty; 'fleetcast run' without a file plays hello-20");
    } else if (root->type != YAML_MAPPING_NODE) {
        scenario_errors_add(
                reader->errors, place_of(reader, root), "should hold keys, as in name: city");
    } else {
        read_mapping(reader, &scope, "", root, 0);
    }
    yaml_document_delete(&document);
}

/* The group that "devices.NAME.key" or "devices.INDEX.key" means; the key is behind it. */
static bool find_group(
        const struct reader *reader, const char *path, uint32_t *index, const char **key)
{
    size_t length = strcspn(path, ".");
    for (uint32_t i = 0; i < reader->scenario->group_count; i++) {
        char number[12];
        snprintf(number, sizeof number, "%u", i);
        const char *name = reader->scenario->groups[i].name;
        bool named = strlen(name) == length && strncmp(name, path, length) == 0;
        bool numbered = strlen(number) == length && strncmp(number, path, length) == 0;
        if (path[length] == '.' && (named || numbered)) {
            *index = i;
            *key = path + length + 1;
            return true;
        }
    }
    return false;
}

/* One "key.path=value"; the value is YAML. */
static void apply_set(struct reader *reader, const char *set)
{
    char path[128];
    const char *equals = strchr(set, '=');
    size_t length = equals == NULL ? 0 : (size_t)(equals - set);
    struct scenario_place place = { reader->source, 0, 0 };
    if (length == 0 || length >= sizeof path) {
        scenario_errors_add(reader->errors, place, "should be key.path=value");
        return;
    }
    snprintf(path, sizeof path, "%.*s", (int)length, set);
    struct scope scope = { scenario_params, scenario_param_count, reader->scenario,
        reader->places->scenario };
    const char *key = path;
    uint32_t index;
    if (strncmp(path, "devices.", 8) == 0) {
        if (!find_group(reader, path + 8, &index, &key)) {
            scenario_errors_add(reader->errors, place,
                    "no such group of devices: should be devices.NAME.key or devices.0.key");
            return;
        }
        scope = (struct scope){ group_params, group_param_count, &reader->scenario->groups[index],
            reader->places->group[index] };
    }
    const struct param *param = find_param(&scope, key);
    if (param == NULL) {
        unknown_key(reader, &scope, "", key, place);
        return;
    }
    yaml_document_t document;
    reader->document = &document;
    if (!scenario_yaml_load(
                &document, reader->source, equals + 1, strlen(equals + 1), reader->errors)) {
        return;
    }
    const yaml_node_t *root = yaml_document_get_root_node(&document);
    if (root == NULL) {
        scenario_errors_add(reader->errors, place, "the value is empty");
    } else {
        read_leaf(reader, &scope, param, root);
    }
    if (strncmp(path, "campaign.", 9) == 0) {
        reader->scenario->campaign.enabled = true;
    }
    yaml_document_delete(&document);
}

/* What messages call an override: "--set key.path=value". */
struct set_source {
    char text[160];
};

static void set_defaults(struct scenario *scenario, const char *name)
{
    memset(scenario, 0, sizeof *scenario);
    snprintf(scenario->path, sizeof scenario->path, "%s", name);
    params_set_defaults(scenario_params, scenario_param_count, scenario);
    params_set_defaults(group_params, group_param_count, &scenario->groups[0]);
    scenario->group_count = 1;
}

bool scenario_read(struct scenario *scenario, const char *name, const char *text, size_t size,
        const char *const *sets, size_t set_count, struct scenario_errors *errors)
{
    size_t before = scenario_errors_count(errors);
    struct scenario_places *places = calloc(1, sizeof *places);
    /* Places point to these until the last check is done. */
    struct set_source *sources = calloc(set_count + 1, sizeof *sources);
    if (places == NULL || sources == NULL) {
        free(places);
        free(sources);
        scenario_errors_add(errors, (struct scenario_place){ name, 0, 0 }, "out of memory");
        return false;
    }
    set_defaults(scenario, name);
    struct reader reader = { scenario, name, NULL, errors, places, false };
    read_text(&reader, text, size);
    reader.inline_set = true;
    for (size_t i = 0; i < set_count; i++) {
        snprintf(sources[i].text, sizeof sources[i].text, "--set %s", sets[i]);
        reader.source = sources[i].text;
        apply_set(&reader, sets[i]);
    }
    if (scenario_errors_count(errors) == before) {
        scenario_check(scenario, places, name, errors);
        scenario_place_image(scenario, places, name);
    }
    free(sources);
    free(places);
    return scenario_errors_count(errors) == before;
}
