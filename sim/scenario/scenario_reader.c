/* Reads a scenario: its file, the overrides, and what must hold between them.
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/check_expect.h"
#include "scenario/expect_keys.h"
#include "scenario/expect_text.h"
#include "scenario/param_reader.h"
#include "scenario/scenario_check.h"
#include "scenario/scenario_keys.h"

/* One condition on a key; its place is that of its text. */
static void read_condition(
        const struct table_reader *reader, const yaml_node_t *key, const yaml_node_t *value)
{
    struct scenario *scenario = reader->object;
    struct scenario_expect expect = { 0 };
    struct scenario_place place = table_place_of(reader, key);
    snprintf(expect.key, sizeof expect.key, "%s", table_scalar(key));
    if (value == NULL || value->type != YAML_SCALAR_NODE
            || !expect_text_parse(table_scalar(value), &expect)) {
        scenario_errors_add(reader->errors, table_place_of(reader, value != NULL ? value : key),
                "expect.%s should be a condition or a list of them, as in \">= 99 %%\", \"between "
                "3 and 4\" or \"1.2 %% +- 10 %%\"",
                table_scalar(key));
    } else if (scenario->expect_count == SCENARIO_EXPECT_MAX) {
        scenario_errors_add(
                reader->errors, place, "more than %u expectations", SCENARIO_EXPECT_MAX);
    } else {
        struct scenario_expect *kept = &scenario->expect[scenario->expect_count++];
        *kept = expect;
        if (!scenario_places_set(reader->places, kept, place)) {
            scenario_errors_add(reader->errors, place, "out of memory");
        }
    }
}

static void read_conditions(
        const struct table_reader *reader, const yaml_node_t *key, const yaml_node_t *value)
{
    struct scenario_place place = table_place_of(reader, key);
    const char *name = table_scalar(key);
    if (!expect_key_is_scoped(name) && !expect_key_known(name)) {
        expect_key_unknown(name, EXPECT_RUN, place, reader->errors);
    } else if (strlen(name) >= sizeof((struct scenario_expect *)NULL)->key) {
        scenario_errors_add(reader->errors, place, "expect: the key is too long");
    } else if (value != NULL && value->type == YAML_SEQUENCE_NODE
               && value->data.sequence.items.start < value->data.sequence.items.top) {
        for (const yaml_node_item_t *item = value->data.sequence.items.start;
                item < value->data.sequence.items.top; item++) {
            read_condition(reader, key, yaml_document_get_node(reader->document, *item));
        }
    } else {
        read_condition(reader, key, value);
    }
}

static void read_expect(const struct table_reader *reader, const yaml_node_t *node)
{
    if (node->type != YAML_MAPPING_NODE) {
        scenario_errors_add(reader->errors, table_place_of(reader, node),
                "'expect' should hold keys, as in devices.confirmed: \">= 99 %%\"");
        return;
    }
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
            pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = table_pair_key(reader, node, pair);
        if (key != NULL) {
            read_conditions(reader, key, yaml_document_get_node(reader->document, pair->value));
        }
    }
}

static const char *const extra_keys[] = { "expect", NULL };

/* `expect` has keys of its own; "campaign: none" says that there is none. */
static bool read_extra(
        const struct table_reader *reader, const yaml_node_t *key, const yaml_node_t *value)
{
    if (strcmp(table_scalar(key), "expect") == 0) {
        read_expect(reader, value);
        return true;
    }
    if (strcmp(table_scalar(key), "campaign") == 0) {
        return value->type == YAML_SCALAR_NODE && strcmp(table_scalar(value), "none") == 0;
    }
    return false;
}

/* What messages call an override: "--set key.path=value". */
struct set_source {
    char text[160];
};

static void read_sets(struct table_reader *reader, const char *const *sets, size_t count,
        struct set_source *sources)
{
    struct scenario *scenario = reader->object;
    reader->inline_set = true;
    for (size_t i = 0; i < count; i++) {
        snprintf(sources[i].text, sizeof sources[i].text, "--set %s", sets[i]);
        reader->source = sources[i].text;
        if (strcmp(sets[i], "campaign=none") == 0) {
            scenario->campaign_count = 0;
        } else {
            table_read_set(reader, sets[i]);
        }
    }
}

bool scenario_read(struct scenario *scenario, const char *name, const char *text, size_t size,
        const char *const *sets, size_t set_count, struct scenario_errors *errors)
{
    size_t before = scenario_errors_count(errors);
    struct scenario_places *places = scenario_places_create();
    /* Places point to these until the last check is done. */
    struct set_source *sources = calloc(set_count + 1, sizeof *sources);
    if (places == NULL || sources == NULL) {
        scenario_places_destroy(places);
        free(sources);
        scenario_errors_add(errors, (struct scenario_place){ name, 0, 0 }, "out of memory");
        return false;
    }
    memset(scenario, 0, sizeof *scenario);
    snprintf(scenario->path, sizeof scenario->path, "%s", name);
    param_table_set_defaults(&scenario_table, scenario);
    struct table_reader reader = { .table = &scenario_table,
        .object = scenario,
        .source = name,
        .errors = errors,
        .places = places,
        .extra = read_extra,
        .extra_keys = extra_keys };
    table_read_text(&reader, text, size,
            "the file is empty; 'fleetcast run' without a file plays hello-20");
    read_sets(&reader, sets, set_count, sources);
    if (scenario_errors_count(errors) == before) {
        scenario_complete(scenario, places, name, errors);
    }
    if (scenario_errors_count(errors) == before) {
        scenario_check(scenario, places, name, errors);
    }
    free(sources);
    scenario_places_destroy(places);
    return scenario_errors_count(errors) == before;
}
