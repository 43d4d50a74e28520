/* The JSON Schema of a scenario: its table, and the keys that are no rows of it.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/expect_keys.h"
#include "scenario/param_schema.h"
#include "scenario/scenario_keys.h"
#include "scenario/scenario_reference.h"

/* The forms of expect_text.h. */
#define NUMBER " *[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]+)? *(%|ns|us|ms|s|min|h|d)? *"
#define CONDITION                                                                                  \
    "^((==|!=|>=|>|<=|<)" NUMBER "|between " NUMBER " and " NUMBER "|" NUMBER "\\+-" NUMBER ")$"

static json_t *reference_to_condition(void)
{
    return json_pack("{s:s}", "$ref", "#/$defs/condition");
}

/* One condition or several. */
static json_t *condition_schema(void)
{
    json_t *one = json_pack("{s:s, s:s}", "type", "string", "pattern", CONDITION);
    json_t *several = json_pack("{s:s, s:O, s:i}", "type", "array", "items", one, "minItems", 1);
    return json_pack("{s:[o, o], s:s}", "anyOf", one, several, "description",
            "Condition on this number of summary.json, or a list of conditions.");
}

static json_t *expect_schema(struct param_schema *schema)
{
    json_t *keys = json_object();
    for (size_t i = 0; expect_keys[i] != NULL; i++) {
        param_schema_set(schema, keys, expect_keys[i], reference_to_condition());
    }
    /* Which numbers a campaign or a group has is left to the reader. */
    return json_pack("{s:s, s:s, s:o, s:{s:o}, s:b}", "type", "object", "description",
            "What the run should measure: conditions on numbers of summary.json.", "properties",
            keys, "patternProperties", "^(campaigns|groups)\\..+\\..+$", reference_to_condition(),
            "additionalProperties", 0);
}

/* A campaign's keys, or the word that there is none. */
static json_t *campaign_schema(const json_t *campaign)
{
    return json_pack("{s:[{s:s}, O], s:s}", "anyOf", "const", "none", campaign, "description",
            "The one campaign of the scenario, or none.");
}

json_t *scenario_schema(void)
{
    struct param_schema schema = param_schema_create(&scenario_table, "fleetcast scenario");
    json_t *properties = json_object_get(schema.root, "properties");
    param_schema_set(
            &schema, json_object_get(schema.root, "$defs"), "condition", condition_schema());
    param_schema_set(&schema, properties, "campaign",
            campaign_schema(json_object_get(properties, "campaign")));
    param_schema_set(&schema, properties, "expect", expect_schema(&schema));
    if (schema.failed) {
        json_decref(schema.root);
        return NULL;
    }
    return schema.root;
}
