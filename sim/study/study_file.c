/* Study files: a scenario, axes over its keys, and how often each point is played.
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE /* asprintf() */
#include "study/study_file.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scenario/check_expect.h"
#include "scenario/text_file.h"
#include "study/study_axes.h"
#include "study/study_check.h"

#define TEXT_MAX (1u << 20)

#define S(member) PARAM_MEMBER(struct study, member)
/* clang-format off */
static const struct param rows[] = {
    /* path, member, type, dimension, min, max, names, default, help */
    { "name", S(name), &param_string, DIMENSION_NONE, 1, SCENARIO_NAME_MAX, NULL, "study", "Name of the study in its database and in exports." },
    { "scenario", S(scenario), &param_string, DIMENSION_NONE, 1, SCENARIO_PATH_MAX, NULL, "hello-20", "Scenario that every point changes: a file beside the study, or the name of a shipped scenario." },
    { "seed", S(seed), &param_u64, DIMENSION_NONE, 0, STUDY_SEED_MAX, NULL, "1", "Random seed of the first replication of every point; the next replication has the next seed." },
    { "replications", S(replications), &param_u32, DIMENSION_NONE, 1, STUDY_REPLICATIONS_MAX, NULL, "1", "Runs of every point." },
    { "replications_max", S(replications_max), &param_u32, DIMENSION_NONE, 1, STUDY_REPLICATIONS_MAX, NULL, "100", "Most runs of a point when 'precision' adds some." },
    { "round", S(round), &param_u32, DIMENSION_NONE, 1, 10000, NULL, "4", "Runs that 'precision' adds to a point at one time." },
};
/* clang-format on */
static const struct param_rows study_rows = { rows, sizeof rows / sizeof rows[0] };
static const struct param_rows *const sections[] = { &study_rows };
const struct param_table study_table = { sections, 1, NULL, 0 };

/* --- sets, conditions, metrics, precision ----------------------------------------------------- */

static void too_many(
        const struct table_reader *reader, const yaml_node_t *node, const char *what, unsigned most)
{
    scenario_errors_add(
            reader->errors, table_place_of(reader, node), "more than %u %s", most, what);
}

static void read_set(
        const struct table_reader *reader, const yaml_node_t *key, const yaml_node_t *value)
{
    struct study *study = reader->object;
    struct scenario_place place = table_place_of(reader, value);
    char *text = study_value_text(reader, value);
    char *set = NULL;
    if (strcmp(table_scalar(key), "seed") == 0) {
        scenario_errors_add(reader->errors, table_place_of(reader, key),
                "'seed' belongs to the study: write it outside of 'set'");
    } else if (text == NULL) {
        scenario_errors_add(reader->errors, place,
                "set.%s should be one value; write the key as one word, as in "
                "campaign.data_rate: DR3",
                table_scalar(key));
    } else if (study->set_count == STUDY_SETS_MAX) {
        too_many(reader, key, "keys in 'set'", STUDY_SETS_MAX);
    } else if (asprintf(&set, "%s=%s", table_scalar(key), text) < 0) {
        scenario_errors_add(reader->errors, place, "out of memory");
    } else {
        study->sets[study->set_count++] =
                (struct study_set){ set, table_place_of(reader, key), place };
    }
    free(text);
}

static void read_pairs(const struct table_reader *reader, const yaml_node_t *node,
        const char *expected,
        void (*read)(const struct table_reader *reader, const yaml_node_t *key,
                const yaml_node_t *value))
{
    if (node->type != YAML_MAPPING_NODE) {
        scenario_errors_add(reader->errors, table_place_of(reader, node), "%s", expected);
        return;
    }
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
            pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = table_pair_key(reader, node, pair);
        const yaml_node_t *value = yaml_document_get_node(reader->document, pair->value);
        if (key != NULL && value != NULL) {
            read(reader, key, value);
        }
    }
}

static void read_sets(const struct table_reader *reader, const yaml_node_t *node)
{
    read_pairs(
            reader, node, "'set' should hold keys of a scenario, as in duration: 12 h", read_set);
}

/* A list of words, or one. */
static void read_words(const struct table_reader *reader, const yaml_node_t *node,
        const char *expected,
        void (*read)(const struct table_reader *reader, const yaml_node_t *word))
{
    if (node->type == YAML_SCALAR_NODE) {
        read(reader, node);
        return;
    }
    if (node->type != YAML_SEQUENCE_NODE) {
        scenario_errors_add(reader->errors, table_place_of(reader, node), "%s", expected);
        return;
    }
    for (const yaml_node_item_t *item = node->data.sequence.items.start;
            item < node->data.sequence.items.top; item++) {
        const yaml_node_t *word = yaml_document_get_node(reader->document, *item);
        if (word != NULL && word->type == YAML_SCALAR_NODE) {
            read(reader, word);
        } else {
            scenario_errors_add(reader->errors, table_place_of(reader, word != NULL ? word : node),
                    "%s", expected);
        }
    }
}

static void read_condition(const struct table_reader *reader, const yaml_node_t *word)
{
    struct study *study = reader->object;
    if (study->condition_count == STUDY_CONDITIONS_MAX) {
        too_many(reader, word, "conditions in 'where'", STUDY_CONDITIONS_MAX);
    } else if (condition_parse(&study->conditions[study->condition_count], table_scalar(word),
                       table_place_of(reader, word), reader->errors)) {
        study->condition_count++;
    }
}

static void read_where(const struct table_reader *reader, const yaml_node_t *node)
{
    read_words(reader, node,
            "'where' should be a condition or a list of them, as in - devices.0.count <= 100",
            read_condition);
}

static bool matches_a_key(const char *pattern)
{
    for (const char *const *key = expect_keys; *key != NULL; key++) {
        if (fnmatch(pattern, *key, 0) == 0) {
            return true;
        }
    }
    return false;
}

static void unknown_metric(
        const char *metric, struct scenario_place place, struct scenario_errors *errors)
{
    const char *near = nearest_word(metric, expect_keys);
    scenario_errors_add(errors, place, "summary.json has no number '%s'%s%s%s", metric,
            near != NULL ? " (did you mean '" : "", near != NULL ? near : "",
            near != NULL ? "'?)" : "");
}

static void read_metric(const struct table_reader *reader, const yaml_node_t *word)
{
    struct study *study = reader->object;
    struct scenario_place place = table_place_of(reader, word);
    const char *text = table_scalar(word);
    if (!expect_key_is_scoped(text) && !matches_a_key(text)) {
        if (strpbrk(text, "*?[") == NULL) {
            unknown_metric(text, place, reader->errors);
        } else {
            scenario_errors_add(reader->errors, place,
                    "metrics: no number of summary.json has a name like '%s'", text);
        }
    } else if (study->metric_count == STUDY_METRICS_MAX) {
        too_many(reader, word, "metrics", STUDY_METRICS_MAX);
    } else {
        study->metrics[study->metric_count] = (struct study_text){ strdup(text), place };
        if (study->metrics[study->metric_count].text != NULL) {
            study->metric_count++;
        } else {
            scenario_errors_add(reader->errors, place, "out of memory");
        }
    }
}

static void read_metrics(const struct table_reader *reader, const yaml_node_t *node)
{
    read_words(reader, node, "'metrics' should be a list of keys of summary.json, as in - energy.*",
            read_metric);
}

bool study_set_precision(struct study *study, const char *metric, const char *text,
        struct scenario_place place, struct scenario_errors *errors)
{
    struct study_precision precision;
    size_t length = strlen(metric);
    if (!expect_key_is_scoped(metric) && !expect_key_known(metric)) {
        unknown_metric(metric, place, errors);
        return false;
    }
    if (length >= sizeof precision.metric
            || quantity_parse(text, DIMENSION_RATIO, &precision.fraction) != QUANTITY_OK
            || !(precision.fraction > 0.0 && precision.fraction < 1.0)) {
        scenario_errors_add(errors, place,
                "precision of %s = '%s' should be a share of the mean between 0 %% and 100 %%, as "
                "in 1 %%",
                metric, text);
        return false;
    }
    memcpy(precision.metric, metric, length + 1);
    for (size_t i = 0; i < study->precision_count; i++) {
        if (strcmp(study->precisions[i].metric, metric) == 0) {
            study->precisions[i] = precision;
            return true;
        }
    }
    if (study->precision_count == STUDY_PRECISIONS_MAX) {
        scenario_errors_add(
                errors, place, "more than %u metrics with a precision", STUDY_PRECISIONS_MAX);
        return false;
    }
    study->precisions[study->precision_count++] = precision;
    return true;
}

static void read_precision_of(
        const struct table_reader *reader, const yaml_node_t *key, const yaml_node_t *value)
{
    study_set_precision(reader->object, table_scalar(key),
            value->type == YAML_SCALAR_NODE ? table_scalar(value) : "",
            table_place_of(reader, value), reader->errors);
}

static void read_precision(const struct table_reader *reader, const yaml_node_t *node)
{
    read_pairs(reader, node,
            "'precision' should hold keys of summary.json, as in energy_j.mean: 1 %",
            read_precision_of);
}

/* --- the file --------------------------------------------------------------------------------- */

const char *const study_other_keys[] = { "axes", "set", "where", "metrics", "precision", NULL };
static void (*const other_readers[])(const struct table_reader *reader, const yaml_node_t *node) = {
    study_axes_read, read_sets, read_where, read_metrics, read_precision
};

static bool read_other(
        const struct table_reader *reader, const yaml_node_t *key, const yaml_node_t *value)
{
    for (size_t i = 0; study_other_keys[i] != NULL; i++) {
        if (strcmp(table_scalar(key), study_other_keys[i]) == 0) {
            other_readers[i](reader, value);
            return true;
        }
    }
    return false;
}

/* A path is one beside the study, as for all that files name. */
static void find_scenario(struct study *study, study_find_scenario *find,
        const struct scenario_places *places, struct scenario_errors *errors)
{
    char found[SCENARIO_PATH_MAX], near[SCENARIO_NAME_MAX] = "";
    const struct scenario_place *given = scenario_places_find(places, study->scenario);
    struct scenario_place place =
            given != NULL ? *given : (struct scenario_place){ study->path, 0, 0 };
    const char *slash = strrchr(study->path, '/');
    const char *name = study->scenario;
    if (strpbrk(name, "/.") == NULL) {
        if (find(name, found, near, sizeof near)) {
            memcpy(study->scenario, found, sizeof study->scenario);
        } else {
            scenario_errors_add(errors, place, "scenario: there is no shipped scenario '%s'%s%s%s",
                    name, near[0] != '\0' ? " (did you mean '" : "", near,
                    near[0] != '\0' ? "'?)" : "; a file is named with its suffix");
        }
        return;
    }
    bool beside = name[0] != '/' && slash != NULL;
    int length = snprintf(found, sizeof found, "%.*s%s",
            beside ? (int)(slash - study->path) + 1 : 0, study->path, name);
    if (length < 0 || (size_t)length >= sizeof found) {
        scenario_errors_add(errors, place, "scenario: the path is too long");
        return;
    }
    memcpy(study->scenario, found, sizeof study->scenario);
    if (access(study->scenario, R_OK) != 0) {
        scenario_errors_add(errors, place, "scenario: there is no file '%s'", study->scenario);
    }
}

static void read_text(struct study *study, const char *text, size_t size, study_find_scenario *find,
        struct scenario_places *places, struct scenario_errors *errors)
{
    struct table_reader reader = { .table = &study_table,
        .object = study,
        .source = study->path,
        .errors = errors,
        .places = places,
        .extra = read_other,
        .extra_keys = study_other_keys };
    size_t before = scenario_errors_count(errors);
    table_read_text(&reader, text, size, "the file is empty; docs/studies.md describes studies");
    study->seed_given = scenario_places_find(places, &study->seed) != NULL;
    find_scenario(study, find, places, errors);
    study_check(study, places, scenario_errors_count(errors) == before, errors);
}

struct study *study_read(
        const char *path, study_find_scenario *find, struct scenario_errors *errors)
{
    struct scenario_place whole = { path, 0, 0 };
    size_t before = scenario_errors_count(errors), size;
    struct study *study = calloc(1, sizeof *study);
    struct scenario_places *places = scenario_places_create();
    char *text = text_file_read(path, TEXT_MAX, &size, whole, errors);
    if (study == NULL || places == NULL || strlen(path) >= sizeof study->path) {
        scenario_errors_add(errors, whole, "out of memory, or a path that is too long");
    } else if (text != NULL) {
        snprintf(study->path, sizeof study->path, "%s", path);
        param_table_set_defaults(&study_table, study);
        read_text(study, text, size, find, places, errors);
    }
    free(text);
    scenario_places_destroy(places);
    if (scenario_errors_count(errors) > before) {
        study_destroy(study);
        return NULL;
    }
    return study;
}

void study_destroy(struct study *study)
{
    if (study != NULL) {
        study_axes_destroy(study);
        for (size_t i = 0; i < study->set_count; i++) {
            free(study->sets[i].text);
        }
        for (size_t i = 0; i < study->metric_count; i++) {
            free(study->metrics[i].text);
        }
        free(study);
    }
}

bool study_keeps(const struct study *study, const char *metric)
{
    bool kept = study->metric_count == 0;
    for (size_t i = 0; !kept && i < study->metric_count; i++) {
        kept = fnmatch(study->metrics[i].text, metric, 0) == 0;
    }
    for (size_t i = 0; !kept && i < study->precision_count; i++) {
        kept = strcmp(study->precisions[i].metric, metric) == 0;
    }
    return kept;
}
