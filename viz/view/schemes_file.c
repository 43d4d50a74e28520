/* Colour schemes that users write, in YAML.
 * SPDX-License-Identifier: MIT
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/param_reader.h"
#include "scenario/text_file.h"
#include "view/schemes.h"

#define FILE_SIZE_MAX ((size_t)1 << 20)

/* A step's start: a number in the unit of the quantity, or the word of a stage. */
static bool set_from(const struct param_text *value)
{
    for (uint32_t stage = 0; stage < SCENE_STAGE_COUNT; stage++) {
        if (strcmp(value->text, scene_stage_word(stage)) == 0) {
            *(double *)value->member = stage;
            return true;
        }
    }
    return param_read_number(value, (double *)value->member);
}

/* "#0072b2". */
static bool read_colour(const char *text, struct colour *colour)
{
    for (size_t i = 1; i <= 6; i++) {
        if (text[0] != '#' || !isxdigit((unsigned char)text[i])) {
            return false; /* also where the text ends */
        }
    }
    unsigned long rgb = strtoul(text + 1, NULL, 16);
    *colour = (struct colour){ (uint8_t)(rgb >> 16), (uint8_t)(rgb >> 8), (uint8_t)rgb, 0xff };
    return true;
}

/* One colour for both themes, or "dark, light". */
static bool set_colour(const struct param_text *value)
{
    const size_t one = strlen("#rrggbb"), two = strlen("#rrggbb, #rrggbb");
    size_t length = strlen(value->text);
    struct colour *colours = value->member, dark, light;
    bool ok = read_colour(value->text, &dark);
    if (ok && length == two && strncmp(value->text + one, ", ", 2) == 0) {
        ok = read_colour(value->text + one + 2, &light);
    } else {
        light = dark;
        ok = ok && length == one;
    }
    if (!ok) {
        scenario_errors_add(value->errors, value->place,
                "%s = '%s' should be a colour in quotes, as \"#0072b2\", or one for the dark and "
                "one for the light theme, as [\"#56b4e9\", \"#0072b2\"]",
                value->path, value->text);
        return false;
    }
    colours[THEME_DARK] = dark;
    colours[THEME_LIGHT] = light;
    return true;
}

static const struct param_type param_from = { .size = sizeof(double),
    .parse = set_from,
    .form = PARAM_NUMBER };
static const struct param_type param_colour = { .size = sizeof(struct colour[THEME_COUNT]),
    .parse = set_colour,
    .form = PARAM_TEXT,
    .takes_list = true,
    .list_min = 1,
    .list_max = THEME_COUNT,
    .pattern = "#[0-9a-fA-F]{6}",
    .values = "\"#rrggbb\"" };

#define T(member) PARAM_MEMBER(struct scheme_step, member)
#define S(member) PARAM_MEMBER(struct scheme, member)

/* clang-format off */
static const struct param step_params[] = {
    { "from", T(from), &param_from, DIMENSION_NONE, -1e9, 1e9, NULL, "0", "Least value of the step, in the unit of the quantity; or a stage." },
    { "label", T(label), &param_string, DIMENSION_NONE, 0, sizeof(((struct scheme_step *)0)->label), NULL, "", "Text of the step in the legend." },
    { "colour", T(colours), &param_colour, DIMENSION_NONE, 0, 0, NULL, "#808892", "Colour of the step, as \"#0072b2\"; or two, of the dark and the light theme." },
};
static const struct param scheme_params[] = {
    { "name", S(name), &param_string, DIMENSION_NONE, 1, sizeof(((struct scheme *)0)->name), NULL, "", "Name of the scheme." },
    { "quantity", S(quantity), &param_enum, DIMENSION_NONE, 0, 0, scheme_quantity_names, "stage", "What the scheme colours devices by." },
    { "unit", S(unit), &param_string, DIMENSION_NONE, 0, sizeof(((struct scheme *)0)->unit), NULL, "", "Unit in the legend." },
};
/* clang-format on */
#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static const struct param_rows step_rows = { step_params, COUNT(step_params) };
static const struct param_rows scheme_rows = { scheme_params, COUNT(scheme_params) };
static const struct param_list step_lists[] = { { .path = "steps",
        .offset = offsetof(struct scheme, steps),
        .count_offset = offsetof(struct scheme, step_count),
        .item_size = sizeof(struct scheme_step),
        .max = SCHEME_STEPS_MAX,
        .rows = &step_rows,
        .item_help = "a step, as in - {from: 10, colour: \"#0072b2\"}" } };
static const struct param_list scheme_lists[] = { { .path = "schemes",
        .offset = offsetof(struct schemes, rows),
        .count_offset = offsetof(struct schemes, count),
        .item_size = sizeof(struct scheme),
        .max = SCHEMES_MAX,
        .rows = &scheme_rows,
        .item_lists = step_lists,
        .item_list_count = COUNT(step_lists),
        .item_help = "a scheme, as in - {name: weak, quantity: margin, steps: [...]}" } };
static const struct param_table schemes_table = { NULL, 0, scheme_lists, COUNT(scheme_lists) };

static void check_steps(
        const struct scheme *scheme, struct table_reader *reader, struct scenario_place place)
{
    if (scheme->step_count == 0) {
        scenario_errors_add(reader->errors, place,
                "scheme '%s' has no steps: should have at least one, as in steps: [{from: 0, "
                "colour: \"#0072b2\"}]",
                scheme->name);
    }
    for (uint32_t i = 1; i < scheme->step_count; i++) {
        const struct scheme_step *step = &scheme->steps[i];
        if (!(step->from > step[-1].from)) {
            const struct scenario_place *at = scenario_places_find(reader->places, &step->from);
            scenario_errors_add(reader->errors, at != NULL ? *at : place,
                    "from = %g should be greater than %g, the one of the step before it",
                    step->from, step[-1].from);
        }
    }
}

/* What a table cannot say of a scheme: its name is its own, and its steps ascend. */
static void check(const struct schemes *read, uint32_t index, const struct schemes *known,
        struct table_reader *reader)
{
    const struct scheme *scheme = &read->rows[index];
    const struct scenario_place *at = scenario_places_find(reader->places, scheme);
    struct scenario_place place =
            at != NULL ? *at : (struct scenario_place){ reader->source, 0, 0 };
    bool taken = false;
    for (uint32_t i = 0; i < known->count; i++) {
        taken = taken || strcmp(known->rows[i].name, scheme->name) == 0;
    }
    for (uint32_t i = 0; i < index; i++) {
        taken = taken || strcmp(read->rows[i].name, scheme->name) == 0;
    }
    if (scheme->name[0] == '\0') {
        scenario_errors_add(reader->errors, place, "a scheme should have a name");
    } else if (taken) {
        scenario_errors_add(reader->errors, place,
                "there is a scheme '%s' already: should have another name", scheme->name);
    }
    check_steps(scheme, reader, place);
}

/* What was left out. */
static void complete(struct scheme *scheme, struct colour unknown)
{
    scheme->unknown = unknown;
    if (scheme->unit[0] == '\0') {
        snprintf(scheme->unit, sizeof scheme->unit, "%s", scheme_quantity_units[scheme->quantity]);
    }
    for (uint32_t i = 0; i < scheme->step_count; i++) {
        struct scheme_step *step = &scheme->steps[i];
        char label[sizeof step->label];
        snprintf(label, sizeof label, "from %g %s", step->from, scheme->unit);
        if (step->label[0] == '\0') {
            memcpy(step->label, label, sizeof label);
        }
    }
}

static void read_text(struct schemes *schemes, const char *text, size_t size, const char *path,
        struct scenario_errors *errors)
{
    struct schemes read = { .count = 0 };
    struct table_reader reader = { .table = &schemes_table,
        .object = &read,
        .source = path,
        .errors = errors,
        .places = scenario_places_create() };
    if (reader.places == NULL) {
        scenario_errors_add(errors, (struct scenario_place){ path, 0, 0 }, "out of memory");
        return;
    }
    table_read_text(&reader, text, size, "the file is empty: should hold a list 'schemes'");
    for (uint32_t i = 0; i < read.count; i++) {
        check(&read, i, schemes, &reader);
    }
    scenario_places_destroy(reader.places);
    if (read.count > SCHEMES_MAX - schemes->count) {
        scenario_errors_add(errors, (struct scenario_place){ path, 0, 0 },
                "%u schemes: should be %u at most", read.count, SCHEMES_MAX - schemes->count);
    }
    for (uint32_t i = 0; scenario_errors_count(errors) == 0 && i < read.count; i++) {
        complete(&read.rows[i], schemes->rows[0].unknown);
        schemes->rows[schemes->count++] = read.rows[i];
    }
}

/* As many lines as there is room for. */
static void say(const struct scenario_errors *errors, char *error, size_t error_size)
{
    error[0] = '\0';
    FILE *out = fmemopen(error, error_size, "w");
    if (out != NULL) {
        scenario_errors_print(errors, out);
        fclose(out);
        error[error_size - 1] = '\0';
        size_t length = strlen(error);
        error[length - (length > 0 && error[length - 1] == '\n')] = '\0';
    }
}

bool schemes_read_file(struct schemes *schemes, const char *path, char *error, size_t error_size)
{
    struct scenario_errors *errors = scenario_errors_create();
    if (errors == NULL) {
        snprintf(error, error_size, "out of memory");
        return false;
    }
    size_t size;
    char *text = text_file_read(
            path, FILE_SIZE_MAX, &size, (struct scenario_place){ path, 0, 0 }, errors);
    if (text != NULL) {
        read_text(schemes, text, size, path, errors);
    }
    free(text);
    bool ok = scenario_errors_count(errors) == 0;
    if (!ok) {
        say(errors, error, error_size);
    }
    scenario_errors_destroy(errors);
    return ok;
}
