/* The axes of a study file.
 * SPDX-License-Identifier: MIT
 */
#include "study/study_axes.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_SIZE 512u

/* --- values ----------------------------------------------------------------------------------- */

/* What was quoted stays so: it may look like something else. */
static void write_scalar(FILE *out, const yaml_node_t *node)
{
    const char *text = table_scalar(node);
    if (node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
        fputs(text, out);
        return;
    }
    fputc('\'', out);
    for (; *text != '\0'; text++) {
        fputs(*text == '\'' ? "''" : (const char[]){ *text, '\0' }, out);
    }
    fputc('\'', out);
}

static bool write_list(FILE *out, const struct table_reader *reader, const yaml_node_t *node)
{
    const char *before = "[";
    for (const yaml_node_item_t *item = node->data.sequence.items.start;
            item < node->data.sequence.items.top; item++) {
        const yaml_node_t *word = yaml_document_get_node(reader->document, *item);
        if (word == NULL || word->type != YAML_SCALAR_NODE) {
            return false;
        }
        fputs(before, out);
        write_scalar(out, word);
        before = ", ";
    }
    fputs(before[0] == '[' ? "[]" : "]", out);
    return true;
}

char *study_value_text(const struct table_reader *reader, const yaml_node_t *node)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) {
        return NULL;
    }
    bool ok = node != NULL && node->type != YAML_MAPPING_NODE;
    if (ok && node->type == YAML_SCALAR_NODE) {
        write_scalar(out, node);
    } else if (ok) {
        ok = write_list(out, reader, node);
    }
    ok = fclose(out) == 0 && ok && size < VALUE_SIZE;
    if (!ok) {
        free(text);
        return NULL;
    }
    return text;
}

/* --- ranges ----------------------------------------------------------------------------------- */

struct end {
    char word[16], unit[16];
    double number;
};

/* "DR5", "10 %": a word of letters, a number, a unit; the first and the last may be missing. */
static bool parse_end(const char *from, const char *to, struct end *end)
{
    char text[64];
    if (to <= from || (size_t)(to - from) >= sizeof text) {
        return false;
    }
    snprintf(text, sizeof text, "%.*s", (int)(to - from), from);
    char *word = text + strspn(text, " ");
    size_t letters = 0;
    while (isalpha((unsigned char)word[letters])) {
        letters++;
    }
    char *rest;
    end->number = strtod(word + letters, &rest);
    bool number = rest != word + letters && isfinite(end->number);
    char *unit = rest + strspn(rest, " ");
    size_t length = strcspn(unit, " ");
    snprintf(end->word, sizeof end->word, "%.*s", (int)letters, word);
    snprintf(end->unit, sizeof end->unit, "%.*s", (int)length, unit);
    return number && letters < sizeof end->word && length < sizeof end->unit
           && (unit[0] == '\0' || strchr("0123456789.+-", unit[0]) == NULL)
           && unit[length + strspn(unit + length, " ")] == '\0';
}

/* The unit of all three; false: there are two. */
static bool common_unit(const struct end *ends, char unit[16])
{
    unit[0] = '\0';
    for (int i = 0; i < 3; i++) {
        if (ends[i].unit[0] != '\0') {
            if (unit[0] != '\0' && strcmp(unit, ends[i].unit) != 0) {
                return false;
            }
            snprintf(unit, 16, "%s", ends[i].unit);
        }
    }
    return true;
}

enum study_range_result study_range_parse(const char *text, struct study_range *range)
{
    static const char step_word[] = " step ";
    struct end ends[3] = { { .number = 0 }, { .number = 0 }, { .number = 1.0 } };
    const char *dots = strstr(text, "..");
    const char *step = dots != NULL ? strstr(dots, step_word) : NULL;
    const char *to = step != NULL ? step : text + strlen(text);
    if (dots == NULL || !parse_end(text, dots, &ends[0]) || !parse_end(dots + 2, to, &ends[1])
            || (step != NULL && !parse_end(step + strlen(step_word), text + strlen(text), &ends[2]))
            || strcmp(ends[0].word, ends[1].word) != 0 || ends[2].word[0] != '\0') {
        return STUDY_RANGE_NONE;
    }
    if (!common_unit(ends, range->unit)) {
        return STUDY_RANGE_UNITS;
    }
    double steps = (ends[1].number - ends[0].number) / ends[2].number;
    if (!(steps >= 0.0) || ends[2].number == 0.0) {
        return STUDY_RANGE_STEP;
    }
    /* 0.3 in steps of 0.1 is three steps, whatever binary fractions say. */
    steps = floor(steps * (1.0 + 1e-12) + 1e-9);
    if (steps >= STUDY_VALUES_MAX) {
        return STUDY_RANGE_LONG;
    }
    range->first = ends[0].number;
    range->step = ends[2].number;
    range->count = (size_t)steps + 1;
    snprintf(range->word, sizeof range->word, "%s", ends[0].word);
    return STUDY_RANGE_OK;
}

void study_range_value(const struct study_range *range, size_t index, char *text, size_t size)
{
    snprintf(text, size, "%s%.10g%s%s", range->word, range->first + (double)index * range->step,
            range->unit[0] != '\0' ? " " : "", range->unit);
}

/* --- axes ------------------------------------------------------------------------------------- */

static void out_of_memory(const struct table_reader *reader, struct scenario_place place)
{
    scenario_errors_add(reader->errors, place, "out of memory");
}

static struct study_value *make_values(
        const struct table_reader *reader, size_t count, struct scenario_place place)
{
    struct study_value *values = calloc(count, sizeof *values);
    if (values == NULL) {
        out_of_memory(reader, place);
    }
    return values;
}

static bool set_value(
        struct study_value *value, const char *key, const char *text, struct scenario_place place)
{
    size_t length = strlen(key), size = length + strlen(text) + 2;
    char *set = malloc(size);
    if (set != NULL) {
        snprintf(set, size, "%s=%s", key, text);
        *value = (struct study_value){ set, set + length + 1, place };
    }
    return set != NULL;
}

/* `*count` is the number of values that are owned, also after a mistake. */
static struct study_value *read_range(
        const struct table_reader *reader, const char *key, const yaml_node_t *node, size_t *count)
{
    struct scenario_place place = table_place_of(reader, node);
    struct study_range range;
    switch (study_range_parse(table_scalar(node), &range)) {
    case STUDY_RANGE_OK:
        break;
    case STUDY_RANGE_UNITS:
        scenario_errors_add(
                reader->errors, place, "%s: '%s' should have one unit", key, table_scalar(node));
        return NULL;
    case STUDY_RANGE_STEP:
        scenario_errors_add(reader->errors, place, "%s: the step of '%s' does not lead to its end",
                key, table_scalar(node));
        return NULL;
    case STUDY_RANGE_LONG:
        scenario_errors_add(reader->errors, place, "%s: '%s' has more than %u values", key,
                table_scalar(node), STUDY_VALUES_MAX);
        return NULL;
    case STUDY_RANGE_NONE:
    default:
        scenario_errors_add(reader->errors, place,
                "%s = '%s' should be a list of values or a range, as in [DR3, DR5] or 10..50 step "
                "10",
                key, table_scalar(node));
        return NULL;
    }
    struct study_value *values = make_values(reader, range.count, place);
    for (*count = 0; values != NULL && *count < range.count; ++*count) {
        char text[VALUE_SIZE];
        study_range_value(&range, *count, text, sizeof text);
        if (!set_value(&values[*count], key, text, place)) {
            out_of_memory(reader, place);
            break;
        }
    }
    return values;
}

static struct study_value *read_values(
        const struct table_reader *reader, const char *key, const yaml_node_t *node, size_t *count)
{
    struct scenario_place place = table_place_of(reader, node);
    const yaml_node_item_t *items = node->data.sequence.items.start;
    size_t length = (size_t)(node->data.sequence.items.top - items);
    *count = 0;
    if (length == 0 || length > STUDY_VALUES_MAX) {
        scenario_errors_add(reader->errors, place, "%s should have 1 to %u values, it has %zu", key,
                STUDY_VALUES_MAX, length);
        return NULL;
    }
    struct study_value *values = make_values(reader, length, place);
    for (; values != NULL && *count < length; ++*count) {
        const yaml_node_t *item = yaml_document_get_node(reader->document, items[*count]);
        struct scenario_place at = table_place_of(reader, item != NULL ? item : node);
        char *text = study_value_text(reader, item);
        bool ok = text != NULL && set_value(&values[*count], key, text, at);
        free(text);
        if (!ok) {
            scenario_errors_add(reader->errors, at,
                    "%s: a value should be one word or number, or a list of words", key);
            break;
        }
    }
    return values;
}

static bool is_taken(const struct study *study, const struct study_axis *axis, const char *key)
{
    size_t length = strlen(key);
    for (size_t s = 0; s < study->set_count; s++) {
        if (strncmp(study->sets[s].text, key, length) == 0 && study->sets[s].text[length] == '=') {
            return true;
        }
    }
    for (size_t a = 0; a <= study->axis_count && a < STUDY_AXES_MAX; a++) {
        const struct study_axis *other = &study->axes[a];
        for (size_t k = 0; k < other->key_count; k++) {
            if (other != axis && strcmp(other->keys[k].name, key) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* May the axis get a key of that name? False after a mistake. */
static bool check_key(const struct table_reader *reader, const struct study_axis *axis,
        const char *name, struct scenario_place place)
{
    if (axis->key_count == STUDY_KEYS_MAX) {
        scenario_errors_add(reader->errors, place, "more than %u keys on one axis", STUDY_KEYS_MAX);
        return false;
    }
    if (strcmp(name, "seed") == 0) {
        scenario_errors_add(
                reader->errors, place, "'seed' is no axis: each replication has a seed of its own");
        return false;
    }
    if (is_taken(reader->object, axis, name)) {
        scenario_errors_add(reader->errors, place,
                "key '%s' stands twice: on two axes, or on one and in 'set'", name);
        return false;
    }
    return true;
}

static void read_key(const struct table_reader *reader, struct study_axis *axis,
        const yaml_node_t *key, const yaml_node_t *node)
{
    const char *name = table_scalar(key);
    struct study_key *added = &axis->keys[axis->key_count];
    struct scenario_place place = table_place_of(reader, node);
    if (!check_key(reader, axis, name, table_place_of(reader, key))) {
        return;
    }
    *added = (struct study_key){ .name = strdup(name), .place = table_place_of(reader, key) };
    if (added->name == NULL) {
        out_of_memory(reader, place);
        return;
    }
    axis->key_count++;
    if (node->type == YAML_SCALAR_NODE) {
        added->values = read_range(reader, name, node, &added->value_count);
    } else if (node->type == YAML_SEQUENCE_NODE) {
        added->values = read_values(reader, name, node, &added->value_count);
    } else {
        scenario_errors_add(reader->errors, place,
                "%s should have a list of values; write the key as one word, as in "
                "campaign.data_rate: [DR3, DR5]",
                name);
    }
    const struct study_key *first = &axis->keys[0];
    if (added->values != NULL && first->values != NULL
            && added->value_count != first->value_count) {
        scenario_errors_add(reader->errors, place,
                "'%s' should have as many values as '%s', with which it moves: %zu, not %zu", name,
                first->name, first->value_count, added->value_count);
    }
}

/* An axis of `pair_count` keys. */
static void read_axis(const struct table_reader *reader, const yaml_node_t *node,
        const yaml_node_pair_t *pairs, size_t pair_count)
{
    struct study *study = reader->object;
    if (study->axis_count == STUDY_AXES_MAX) {
        scenario_errors_add(
                reader->errors, table_place_of(reader, node), "more than %u axes", STUDY_AXES_MAX);
        return;
    }
    struct study_axis *axis = &study->axes[study->axis_count];
    for (size_t i = 0; i < pair_count; i++) {
        const yaml_node_t *key = table_pair_key(reader, node, &pairs[i]);
        const yaml_node_t *value = yaml_document_get_node(reader->document, pairs[i].value);
        if (key != NULL && value != NULL) {
            read_key(reader, axis, key, value);
        }
    }
    study->axis_count += axis->key_count > 0 ? 1u : 0u;
}

static size_t pair_count(const yaml_node_t *mapping)
{
    return (size_t)(mapping->data.mapping.pairs.top - mapping->data.mapping.pairs.start);
}

static void no_axes(const struct table_reader *reader, const yaml_node_t *node)
{
    scenario_errors_add(reader->errors, table_place_of(reader, node),
            "'axes' should hold keys, each an axis, or a list of axes, as in "
            "- campaign.data_rate: [DR3, DR5]");
}

void study_axes_read(const struct table_reader *reader, const yaml_node_t *axes)
{
    if (axes->type == YAML_MAPPING_NODE) {
        for (size_t i = 0; i < pair_count(axes); i++) {
            read_axis(reader, axes, axes->data.mapping.pairs.start + i, 1);
        }
    } else if (axes->type == YAML_SEQUENCE_NODE) {
        for (const yaml_node_item_t *item = axes->data.sequence.items.start;
                item < axes->data.sequence.items.top; item++) {
            const yaml_node_t *axis = yaml_document_get_node(reader->document, *item);
            if (axis != NULL && axis->type == YAML_MAPPING_NODE) {
                read_axis(reader, axis, axis->data.mapping.pairs.start, pair_count(axis));
            } else {
                no_axes(reader, axis != NULL ? axis : axes);
            }
        }
    } else {
        no_axes(reader, axes);
    }
}

void study_axes_destroy(struct study *study)
{
    for (size_t a = 0; a < STUDY_AXES_MAX; a++) {
        struct study_axis *axis = &study->axes[a];
        for (size_t k = 0; k < axis->key_count; k++) {
            struct study_key *key = &axis->keys[k];
            for (size_t v = 0; v < key->value_count; v++) {
                free(key->values[v].set);
            }
            free(key->values);
            free(key->name);
        }
    }
}
