/* The JSON Schema (2020-12) of the keys of a table of parameters.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/param_schema.h"

#include <stdio.h>
#include <string.h>

#define POINTER_MAX 200u
#define PATTERN_MAX 512u
#define EXACT_MAX   1e15
#define NUMBER      "([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]+)?"

void param_schema_set(struct param_schema *schema, json_t *object, const char *key, json_t *value)
{
    schema->failed = json_object_set_new(object, key, value) != 0 || schema->failed;
}

static void append(struct param_schema *schema, json_t *array, json_t *value)
{
    schema->failed = json_array_append_new(array, value) != 0 || schema->failed;
}

/* --- values ----------------------------------------------------------------------------------- */

/* "(a|b|c)"; `words` end with NULL. */
static void alternatives(char *text, size_t size, const char *const *words)
{
    size_t used = 0;
    for (size_t i = 0; words[i] != NULL && used < size; i++) {
        used += (size_t)snprintf(text + used, size - used, "%s%s", i == 0 ? "(" : "|", words[i]);
    }
    if (used < size) {
        snprintf(text + used, size - used, ")");
    }
}

/* A number with a unit of the row's dimension; a ratio needs none. */
static void quantity_pattern(const struct param *param, char *text, size_t size)
{
    char units[64], *unit;
    snprintf(units, sizeof units, "%s", quantity_units(param->dimension));
    for (unit = strchr(units, ' '); unit != NULL; unit = strchr(unit, ' ')) {
        *unit = '|';
    }
    snprintf(text, size, "%s%s *(%s)", param->min < 0.0 ? "[-+]?" : "\\+?", NUMBER, units);
}

/* What one value of the row is as text. */
static void value_pattern(const struct param *param, char *text, size_t size)
{
    enum param_form form = param->type->form;
    if (form == PARAM_NAME) {
        alternatives(text, size, param->names);
    } else if (form == PARAM_TEXT) {
        snprintf(text, size, "%s", param->type->pattern != NULL ? param->type->pattern : ".+");
    } else if (param->dimension == DIMENSION_NONE) {
        snprintf(text, size, "%s%s", param->min < 0.0 ? "[-+]?" : "\\+?", NUMBER);
    } else {
        quantity_pattern(param, text, size);
    }
}

/* A text of `pattern`, which it takes. */
static json_t *text_schema(json_t *pattern)
{
    return json_pack("{s:s, s:o}", "type", "string", "pattern", pattern);
}

static json_t *words_schema(struct param_schema *schema, const char *const *words)
{
    json_t *list = json_array();
    for (size_t i = 0; words[i] != NULL; i++) {
        append(schema, list, json_string(words[i]));
    }
    return json_pack("{s:o}", "enum", list);
}

/* Whole numbers are written as such, for 1e6 is hard to read. */
static json_t *number(double value)
{
    bool whole = value >= -EXACT_MAX && value <= EXACT_MAX && value == (double)(json_int_t)value;
    return whole ? json_integer((json_int_t)value) : json_real(value);
}

/* The largest numbers are beyond those that every reader of JSON takes exactly: they are left out.
 */
static json_t *range_schema(struct param_schema *schema, const struct param *param)
{
    bool whole = param->type->form == PARAM_WHOLE && param->dimension == DIMENSION_NONE;
    json_t *range = json_pack(
            "{s:s, s:o}", "type", whole ? "integer" : "number", "minimum", number(param->min));
    if (param->max <= EXACT_MAX) {
        param_schema_set(schema, range, "maximum", number(param->max));
    }
    return range;
}

/* What editors with a YAML language server say of another text, and of a bare number; validators
 * ignore the two keywords. */
static void add_message(struct param_schema *schema, json_t *text, const struct param *param)
{
    json_t *message = json_sprintf(
            "A number with a unit is wanted: one of %s.", quantity_units(param->dimension));
    param_schema_set(schema, text, "errorMessage", json_incref(message));
    param_schema_set(schema, text, "patternErrorMessage", message);
}

/* Adds the schemas of one value: any of them is right. */
static void add_number(struct param_schema *schema, const struct param *param, json_t *any)
{
    char pattern[PATTERN_MAX];
    if (param->dimension == DIMENSION_NONE || param->dimension == DIMENSION_RATIO) {
        append(schema, any, range_schema(schema, param));
    } else if (param->min <= 0.0 && param->max >= 0.0) {
        append(schema, any, json_pack("{s:i}", "const", 0)); /* 0 needs no unit */
    }
    if (param->dimension != DIMENSION_NONE) {
        value_pattern(param, pattern, sizeof pattern);
        json_t *text = text_schema(json_sprintf("^%s$", pattern));
        add_message(schema, text, param);
        append(schema, any, text);
    }
    if (param->names != NULL) {
        append(schema, any, words_schema(schema, param->names));
    }
}

static void add_value(struct param_schema *schema, const struct param *param, json_t *any)
{
    char pattern[PATTERN_MAX];
    switch (param->type->form) {
    case PARAM_NUMBER:
    case PARAM_WHOLE:
        add_number(schema, param, any);
        break;
    case PARAM_NAME:
        append(schema, any, words_schema(schema, param->names));
        break;
    case PARAM_TRUTH:
        append(schema, any,
                param->names != NULL ? words_schema(schema, param->names)
                                     : json_pack("{s:s}", "type", "boolean"));
        break;
    case PARAM_TEXT:
    default:
        value_pattern(param, pattern, sizeof pattern);
        json_t *text = text_schema(json_sprintf("^%s$", pattern));
        if (param->type->size == 0) { /* a char[] */
            param_schema_set(schema, text, "maxLength", json_integer((json_int_t)param->size - 1));
        }
        append(schema, any, text);
        break;
    }
}

/* {"anyOf": [...]}, or the only one of them. Takes `any`. */
static json_t *any_of(json_t *any)
{
    if (json_array_size(any) != 1) {
        return json_pack("{s:o}", "anyOf", any);
    }
    json_t *only = json_incref(json_array_get(any, 0));
    json_decref(any);
    return only;
}

/* A sequence, or the same as one text with commas. */
static void add_list(struct param_schema *schema, const struct param *param, json_t *any)
{
    char one[PATTERN_MAX];
    json_t *item = json_array();
    add_value(schema, param, item);
    json_t *list = json_pack("{s:s, s:o}", "type", "array", "items", any_of(item));
    if (param->type->list_max > 0) {
        param_schema_set(schema, list, "minItems", json_integer(param->type->list_min));
        param_schema_set(schema, list, "maxItems", json_integer(param->type->list_max));
    }
    append(schema, any, list);
    if (param->type->form != PARAM_TEXT || param->type->pattern != NULL) {
        value_pattern(param, one, sizeof one);
        const char *between = param->type->form == PARAM_NAME ? "[ ,]+" : " *, *";
        append(schema, any, text_schema(json_sprintf("^%s(%s%s)*$", one, between, one)));
    }
}

/* The default, in the type that a YAML reader gives it. */
static json_t *standard_value(const struct param *param)
{
    double value;
    bool plain = param->dimension == DIMENSION_NONE || param->dimension == DIMENSION_RATIO;
    bool numeric = param->type->form == PARAM_NUMBER || param->type->form == PARAM_WHOLE;
    if (numeric && plain
            && quantity_parse(param->standard, DIMENSION_NONE, &value) == QUANTITY_OK) {
        return number(value);
    }
    if (param->type->form == PARAM_TRUTH && param->names == NULL) {
        return json_boolean(strcmp(param->standard, "true") == 0);
    }
    return json_string(param->standard);
}

static json_t *param_value_schema(struct param_schema *schema, const struct param *param)
{
    char values[360], text[1024];
    json_t *any = json_array();
    add_value(schema, param, any);
    if (param->type->takes_list) {
        add_list(schema, param, any);
    }
    json_t *value = any_of(any);
    param_print_values(param, values, sizeof values);
    snprintf(
            text, sizeof text, "%s%s%s", param->help, values[0] != '\0' ? " Values: " : "", values);
    param_schema_set(schema, value, "description", json_string(text));
    if (param->standard[0] != '\0') {
        param_schema_set(schema, value, "default", standard_value(param));
    }
    return value;
}

/* --- objects ---------------------------------------------------------------------------------- */

static json_t *object_schema(void)
{
    return json_pack("{s:s, s:{}, s:b}", "type", "object", "properties", "additionalProperties", 0);
}

static json_t *properties_of(json_t *object)
{
    return json_object_get(object, "properties");
}

/* Puts `value` where the dotted path leads from `object`, through objects that are made. Takes
 * `value`. */
static void put(struct param_schema *schema, json_t *object, const char *path, json_t *value)
{
    char word[64];
    const char *dot;
    while ((dot = strchr(path, '.')) != NULL) {
        snprintf(word, sizeof word, "%.*s", (int)(dot - path), path);
        json_t *properties = properties_of(object);
        if (json_object_get(properties, word) == NULL) {
            param_schema_set(schema, properties, word, object_schema());
        }
        object = json_object_get(properties, word);
        path = dot + 1;
    }
    param_schema_set(schema, properties_of(object), path, value);
}

static json_t *reference(const char *pointer)
{
    return json_pack("{s:s}", "$ref", pointer);
}

/* Adds to "patternProperties" of `object`: keys are matched, but editors do not propose them. */
static void add_pattern(
        struct param_schema *schema, json_t *object, const char *pattern, json_t *value)
{
    if (json_object_get(object, "patternProperties") == NULL) {
        param_schema_set(schema, object, "patternProperties", json_object());
    }
    param_schema_set(schema, json_object_get(object, "patternProperties"), pattern, value);
}

/* "set_up.window: 8 h" is short for "set_up: {window: 8 h}": what `inner`, at `pointer`, holds may
 * be written in `object` with the path `words` before it. */
static void add_dotted(struct param_schema *schema, json_t *object, json_t *inner,
        const char *words, const char *pointer)
{
    const char *key;
    json_t *value;
    json_object_foreach(properties_of(inner), key, value)
    {
        char pattern[PATTERN_MAX], at[POINTER_MAX];
        snprintf(pattern, sizeof pattern, "%s\\.%s", words, key);
        snprintf(at, sizeof at, "%s/properties/%s", pointer, key);
        if (properties_of(value) != NULL) {
            add_dotted(schema, object, value, pattern, at);
        }
        char whole[PATTERN_MAX + 4];
        snprintf(whole, sizeof whole, "^%s$", pattern);
        add_pattern(schema, object, whole, reference(at));
    }
}

/* For `object` at `pointer`, and all objects in it. */
static void add_short_forms(struct param_schema *schema, json_t *object, const char *pointer)
{
    const char *key;
    json_t *value;
    json_object_foreach(properties_of(object), key, value)
    {
        char at[POINTER_MAX];
        snprintf(at, sizeof at, "%s/properties/%s", pointer, key);
        if (properties_of(value) != NULL) {
            add_short_forms(schema, value, at);
            add_dotted(schema, object, value, key, at);
        }
    }
}

static void add_rows(struct param_schema *schema, json_t *object, const struct param_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        put(schema, object, rows->params[i].path, param_value_schema(schema, &rows->params[i]));
    }
}

static void add_list_of_objects(
        struct param_schema *schema, json_t *object, const struct param_list *list)
{
    char pointer[POINTER_MAX];
    json_t *item = object_schema();
    add_rows(schema, item, list->rows);
    for (size_t i = 0; i < list->item_list_count; i++) {
        add_list_of_objects(schema, item, &list->item_lists[i]);
    }
    snprintf(pointer, sizeof pointer, "#/$defs/%s", list->path);
    add_short_forms(schema, item, pointer);
    param_schema_set(schema, json_object_get(schema->root, "$defs"), list->path, item);
    json_t *items = json_pack("{s:s, s:o, s:i, s:i}", "type", "array", "items", reference(pointer),
            "minItems", list->keep_one ? 1 : 0, "maxItems", (int)list->max);
    char text[256];
    snprintf(text, sizeof text, "A list of at most %u; each is %s.", list->max, list->item_help);
    param_schema_set(schema, items, "description", json_string(text));
    put(schema, object, list->path, items);
    if (list->single != NULL) {
        put(schema, object, list->single, reference(pointer));
        param_schema_set(schema, object, "not",
                json_pack("{s:[s, s]}", "required", list->path, list->single));
    }
}

struct param_schema param_schema_create(const struct param_table *table, const char *title)
{
    struct param_schema schema = { json_pack("{s:s, s:s}", "$schema",
                                           "https://json-schema.org/draft/2020-12/schema", "title",
                                           title),
        false };
    json_t *members = object_schema();
    schema.failed = json_object_update(schema.root, members) != 0;
    json_decref(members);
    param_schema_set(&schema, schema.root, "$defs", json_object());
    for (size_t i = 0; i < table->section_count; i++) {
        add_rows(&schema, schema.root, table->sections[i]);
    }
    for (size_t i = 0; i < table->list_count; i++) {
        add_list_of_objects(&schema, schema.root, &table->lists[i]);
    }
    add_short_forms(&schema, schema.root, "#");
    add_pattern(&schema, schema.root, "^" PARAM_TEMPLATE_PREFIX, json_true());
    return schema;
}

/* --- keys with dots --------------------------------------------------------------------------- */

/* "devices.0.rtc.tolerance", for every item: a pattern. */
static void pattern_of_item(
        const struct param_list *list, const struct param *param, char *pattern, size_t size)
{
    size_t used = 0;
    const char *const words[] = { list->path, "[^.]+", param->path };
    for (size_t i = 0; i < 3 && used < size; i++) {
        used += (size_t)snprintf(pattern + used, size - used, "%s", i == 0 ? "^" : "\\.");
        for (const char *c = words[i]; *c != '\0' && used < size; c++) {
            const char *escape = *c == '.' && i != 1 ? "\\" : "";
            used += (size_t)snprintf(pattern + used, size - used, "%s%c", escape, *c);
        }
    }
    if (used < size) {
        snprintf(pattern + used, size - used, "$");
    }
}

/* The value of a key is defined once, under `name`. */
static json_t *defined_value(
        struct param_schema *schema, const struct param *param, const char *name)
{
    json_t *definitions = json_object_get(schema->root, "$defs");
    char pointer[POINTER_MAX];
    if (json_object_get(definitions, name) == NULL) {
        param_schema_set(schema, definitions, name, param_value_schema(schema, param));
    }
    snprintf(pointer, sizeof pointer, "#/$defs/%s", name);
    return reference(pointer);
}

static void add_paths_of_items(struct param_schema *schema, json_t *object,
        const struct param_list *list, json_t *(*value_schema)(json_t *value))
{
    for (size_t i = 0; i < list->rows->count; i++) {
        const struct param *param = &list->rows->params[i];
        char name[POINTER_MAX / 2], pattern[PATTERN_MAX];
        snprintf(name, sizeof name, "%s.%s", list->path, param->path);
        pattern_of_item(list, param, pattern, sizeof pattern);
        add_pattern(schema, object, pattern, value_schema(defined_value(schema, param, name)));
        if (list->single != NULL) {
            json_t *value = value_schema(defined_value(schema, param, name));
            snprintf(name, sizeof name, "%s.%s", list->single, param->path);
            param_schema_set(schema, properties_of(object), name, value);
        }
    }
}

void param_schema_add_paths(struct param_schema *schema, json_t *object,
        const struct param_table *table, json_t *(*value_schema)(json_t *value))
{
    const struct param *param;
    param_schema_set(schema, object, "properties", json_object());
    for (size_t i = 0; (param = param_table_row(table, i)) != NULL; i++) {
        param_schema_set(schema, properties_of(object), param->path,
                value_schema(defined_value(schema, param, param->path)));
    }
    for (size_t i = 0; i < table->list_count; i++) {
        add_paths_of_items(schema, object, &table->lists[i], value_schema);
    }
}
