/* Reads a scenario: its file, the overrides, and what must hold between them.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/scenario_reader.h"

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

static void read_sets(struct table_reader *reader, const struct scenario_set *sets, size_t count)
{
    struct scenario *scenario = reader->object;
    for (size_t i = 0; i < count; i++) {
        reader->set_key_place = &sets[i].key_place;
        reader->set_place = &sets[i].place;
        if (strcmp(sets[i].text, "campaign=none") == 0) {
            scenario->campaign_count = 0;
        } else {
            table_read_set(reader, sets[i].text);
        }
    }
}

/* The text and the sets, without what must hold between them. */
static void read_keys(struct scenario *scenario, const struct scenario_text *text,
        struct scenario_places *places, struct scenario_errors *errors)
{
    memset(scenario, 0, sizeof *scenario);
    snprintf(scenario->path, sizeof scenario->path, "%s", text->name);
    param_table_set_defaults(&scenario_table, scenario);
    struct table_reader reader = { .table = &scenario_table,
        .object = scenario,
        .source = text->name,
        .errors = errors,
        .places = places,
        .extra = read_extra,
        .extra_keys = extra_keys };
    table_read_text(&reader, text->text, text->size,
            "the file is empty; 'fleetcast run' without a file plays hello-20");
    read_sets(&reader, text->sets, text->set_count);
}

bool scenario_read_text(struct scenario *scenario, const struct scenario_text *text, bool keys_only,
        struct scenario_errors *errors)
{
    size_t before = scenario_errors_count(errors);
    struct scenario_places *places = scenario_places_create();
    if (places == NULL) {
        scenario_errors_add(errors, (struct scenario_place){ text->name, 0, 0 }, "out of memory");
        return false;
    }
    read_keys(scenario, text, places, errors);
    if (!keys_only && scenario_errors_count(errors) == before) {
        scenario_complete(scenario, places, text->name, errors);
    }
    if (!keys_only && scenario_errors_count(errors) == before) {
        scenario_check(scenario, places, text->name, errors);
    }
    scenario_places_destroy(places);
    return scenario_errors_count(errors) == before;
}

/* An override of the command line, and what messages call it: "--set key.path=value". */
struct named_set {
    char name[160];
};

struct scenario_set *scenario_name_sets(
        const char *const *sets, size_t count, struct scenario_errors *errors)
{
    struct scenario_set *named = calloc(count + 1, sizeof *named + sizeof(struct named_set));
    struct named_set *names = (void *)(named + count + 1);
    if (named == NULL) {
        scenario_errors_add(errors, (struct scenario_place){ "--set", 0, 0 }, "out of memory");
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        snprintf(names[i].name, sizeof names[i].name, "--set %s", sets[i]);
        struct scenario_place place = { names[i].name, 0, 0 };
        named[i] = (struct scenario_set){ sets[i], place, place };
    }
    return named;
}

bool scenario_read(struct scenario *scenario, const char *name, const char *text, size_t size,
        const char *const *sets, size_t set_count, struct scenario_errors *errors)
{
    struct scenario_set *named = scenario_name_sets(sets, set_count, errors);
    const struct scenario_text whole = { name, text, size, named, set_count };
    bool ok = named != NULL && scenario_read_text(scenario, &whole, false, errors);
    free(named);
    return ok;
}
