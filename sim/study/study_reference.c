/* What a study file may say: aligned text, and a JSON Schema.
 * SPDX-License-Identifier: MIT
 */
#include "study/study_reference.h"

#include "scenario/expect_keys.h"
#include "scenario/param_reference.h"
#include "scenario/param_schema.h"
#include "scenario/scenario_keys.h"
#include "study/study_file.h"

/* The keys of study_other_keys, which are no rows of the table. */
static const struct param_type axes = { .form = PARAM_TEXT, .values = "list of axes" };
static const struct param_type keys = { .form = PARAM_TEXT, .values = "KEY: VALUE" };
static const struct param_type conditions = { .form = PARAM_TEXT, .values = "list of conditions" };
static const struct param_type patterns = { .form = PARAM_TEXT, .values = "list of keys" };
static const struct param_type shares = { .form = PARAM_TEXT, .values = "METRIC: SHARE" };
static const struct param other[] = {
    { .path = "axes",
            .type = &axes,
            .standard = "",
            .help = "Axes of the study: each holds keys of the scenario with a list of values, or "
                    "a "
                    "range as 10..50 step 10. Keys of one item move together." },
    { .path = "set",
            .type = &keys,
            .standard = "",
            .help = "Keys of the scenario with the value that they have at every point." },
    { .path = "where",
            .type = &conditions,
            .standard = "",
            .help = "Condition that the points hold, or a list of them, as in gateways.count > "
                    "1." },
    { .path = "metrics",
            .type = &patterns,
            .standard = "",
            .help = "Keys of summary.json that are kept; * and ? stand for any characters. Without "
                    "it all are kept." },
    { .path = "precision",
            .type = &shares,
            .standard = "",
            .help = "Metrics with half the width that the 95 % interval of their mean may have, as "
                    "a "
                    "share of the mean." },
};
#define OTHER_COUNT (sizeof other / sizeof other[0])
static const struct param_rows other_rows = { other, OTHER_COUNT };

size_t study_write_reference(const char *const *words, FILE *out)
{
    const struct param_part parts[] = {
        { "Study", "", "", study_table.sections[0] },
        { "Study, points and metrics", "", "", &other_rows },
    };
    return param_part_write_text(&parts[0], words, out)
           + param_part_write_text(&parts[1], words, out);
}

/* --- schema ----------------------------------------------------------------------------------- */

/* At a point, a key has one value. Takes `value`. */
static json_t *value_of_set(json_t *value)
{
    return value;
}

/* On an axis, it has a list of values or a range. Takes `value`. */
static json_t *values_of_axis(json_t *value)
{
    return json_pack("{s:[{s:s, s:o, s:i, s:i}, {s:s, s:s}]}", "anyOf", "type", "array", "items",
            value, "minItems", 1, "maxItems", (int)STUDY_VALUES_MAX, "type", "string", "pattern",
            "\\.\\.");
}

/* An object whose keys are those of a scenario, as --set takes them. */
static json_t *keys_schema(struct param_schema *schema, json_t *(*value_schema)(json_t *value))
{
    json_t *object = json_pack("{s:s, s:b}", "type", "object", "additionalProperties", 0);
    param_schema_add_paths(schema, object, &scenario_table, value_schema);
    json_t *none = json_pack("{s:s}", "const", "none");
    param_schema_set(schema, json_object_get(object, "properties"), "campaign", value_schema(none));
    return object;
}

static json_t *text_or_list(void)
{
    return json_pack("{s:[{s:s}, {s:s, s:{s:s}}]}", "anyOf", "type", "string", "type", "array",
            "items", "type", "string");
}

static json_t *precision_schema(struct param_schema *schema)
{
    json_t *share = json_pack("{s:[{s:s, s:i, s:i}, {s:s, s:s}]}", "anyOf", "type", "number",
            "exclusiveMinimum", 0, "exclusiveMaximum", 1, "type", "string", "pattern",
            "^[0-9]+\\.?[0-9]* *%$");
    json_t *metrics = json_object();
    for (size_t i = 0; expect_keys[i] != NULL; i++) {
        param_schema_set(schema, metrics, expect_keys[i], json_incref(share));
    }
    return json_pack("{s:s, s:o, s:{s:o}, s:b}", "type", "object", "properties", metrics,
            "patternProperties", "^(campaigns|groups)\\..+\\..+$", share, "additionalProperties",
            0);
}

json_t *study_schema(void)
{
    struct param_schema schema = param_schema_create(&study_table, "fleetcast study");
    param_schema_set(&schema, json_object_get(schema.root, "$defs"), "axis",
            keys_schema(&schema, values_of_axis));
    json_t *members[OTHER_COUNT] = {
        json_pack("{s:[{s:s, s:{s:s}, s:i}, {s:s}]}", "anyOf", "type", "array", "items", "$ref",
                "#/$defs/axis", "maxItems", (int)STUDY_AXES_MAX, "$ref", "#/$defs/axis"),
        keys_schema(&schema, value_of_set),
        text_or_list(),
        text_or_list(),
        precision_schema(&schema),
    };
    for (size_t i = 0; i < OTHER_COUNT; i++) {
        param_schema_set(&schema, members[i], "description", json_string(other[i].help));
        param_schema_set(
                &schema, json_object_get(schema.root, "properties"), other[i].path, members[i]);
    }
    if (schema.failed) {
        json_decref(schema.root);
        return NULL;
    }
    return schema.root;
}
