/* Tables of numbers with named columns, separated by commas.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/csv.h"

#include <assert.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "scenario/param.h"
#include "scenario/quantity.h"
#include "scenario/text_file.h"

#define CELLS_MAX 128u

struct csv {
    const char *source;
    const struct csv_column *columns;
    size_t count;
    struct scenario_errors *errors;
    int column_of_cell[CELLS_MAX]; /* -1: a column that the caller does not want */
    size_t cell_count;
    size_t line;
};

struct cell {
    const char *text;
    struct scenario_place place;
};

static bool wrong(const struct csv *csv, size_t column, const char *what)
{
    struct scenario_place place = { csv->source, csv->line, column };
    scenario_errors_add(csv->errors, place, "%s", what);
    return false;
}

static void trim_end(char *text)
{
    for (size_t n = strlen(text); n > 0 && strchr(" \t\r", text[n - 1]) != NULL; n--) {
        text[n - 1] = '\0';
    }
}

/* Takes the quotes off the cell at `*at`, in place, and moves `*at` to the comma or the end of the
 * line. False: there is something else after the quotes, or no second quote. */
static bool unquote(char **at)
{
    char *from = *at + 1, *to = *at;
    while (*from != '\0' && (*from != '"' || from[1] == '"')) {
        from += *from == '"' ? 1 : 0;
        *to++ = *from++;
    }
    bool closed = *from == '"';
    from += closed ? 1 : 0;
    from += strspn(from, " \t\r");
    *to = '\0';
    *at = from;
    return closed && (*from == ',' || *from == '\0');
}

/* Cuts a line at its commas and trims the pieces. False after a message. */
static bool cut_line(const struct csv *csv, char *line, struct cell cells[CELLS_MAX], size_t *count)
{
    char *at = line;
    *count = 0;
    for (bool more = true; more;) {
        at += strspn(at, " \t");
        char *text = at;
        size_t column = (size_t)(text - line) + 1;
        bool quoted = *at == '"';
        if (*count == CELLS_MAX) {
            return wrong(csv, column, "too many columns");
        }
        if (quoted && !unquote(&at)) {
            return wrong(csv, column, "a quoted value should end with '\"' before the next comma");
        }
        at += quoted ? 0 : strcspn(at, ",");
        more = *at == ',';
        *at = '\0';
        at += more ? 1 : 0;
        if (!quoted) {
            trim_end(text);
        }
        cells[(*count)++] = (struct cell){ text, { csv->source, csv->line, column } };
    }
    return true;
}

static bool is_named(const struct csv_column *column, const char *name)
{
    bool found = strcasecmp(name, column->name) == 0;
    for (size_t i = 0; i < CSV_NAMES_MAX && column->other_names[i] != NULL; i++) {
        found = found || strcasecmp(name, column->other_names[i]) == 0;
    }
    return found;
}

/* Index of the column with that name; csv->count: none. */
static size_t column_named(const struct csv *csv, const char *name)
{
    size_t column = 0;
    while (column < csv->count && !is_named(&csv->columns[column], name)) {
        column++;
    }
    return column;
}

/* A column that is left out must not be a misspelt one that is absent. */
static bool check_other_columns(
        const struct csv *csv, const struct cell *cells, const bool seen[CSV_COLUMNS_MAX])
{
    const char *absent[CSV_COLUMNS_MAX + 1];
    size_t count = 0;
    bool ok = true;
    for (size_t i = 0; i < csv->count; i++) {
        if (!seen[i]) {
            absent[count++] = csv->columns[i].name;
        }
    }
    absent[count] = NULL;
    for (size_t i = 0; i < csv->cell_count; i++) {
        const char *near = csv->column_of_cell[i] < 0 ? nearest_word(cells[i].text, absent) : NULL;
        if (near != NULL) {
            scenario_errors_add(csv->errors, cells[i].place,
                    "unknown column '%s' (did you mean '%s'?)", cells[i].text, near);
            ok = false;
        }
    }
    return ok;
}

static bool read_header(struct csv *csv, char *line)
{
    struct cell cells[CELLS_MAX];
    bool seen[CSV_COLUMNS_MAX] = { false }, ok = true, any = false;
    if (!cut_line(csv, line, cells, &csv->cell_count)) {
        return false;
    }
    for (size_t i = 0; i < csv->cell_count; i++) {
        size_t column = column_named(csv, cells[i].text);
        bool known = column < csv->count;
        csv->column_of_cell[i] = known ? (int)column : -1;
        if (known && seen[column]) {
            scenario_errors_add(
                    csv->errors, cells[i].place, "column '%s' stands twice", cells[i].text);
            ok = false;
        } else if (known) {
            seen[column] = any = true;
        }
    }
    if (!any) {
        scenario_errors_add(csv->errors, cells[0].place,
                "no known column: the first line names the columns, as in %s,%s",
                csv->columns[0].name, csv->columns[1].name);
        return false;
    }
    return check_other_columns(csv, cells, seen) && ok;
}

static bool read_word(const struct csv *csv, const struct cell *cell,
        const struct csv_column *column, double *value)
{
    for (int i = 0; column->words[i] != NULL; i++) {
        if (strcmp(column->words[i], cell->text) == 0) {
            *value = i;
            return true;
        }
    }
    const char *near = nearest_word(cell->text, column->words);
    scenario_errors_add(csv->errors, cell->place, "%s = '%s' is unknown%s%s%s", column->name,
            cell->text, near != NULL ? " (did you mean '" : "", near != NULL ? near : "",
            near != NULL ? "'?)" : "");
    return false;
}

static bool read_cell(const struct csv *csv, const struct cell *cell,
        const struct csv_column *column, double *value)
{
    if (cell->text[0] == '\0') {
        *value = NAN;
        return true;
    }
    if (column->words != NULL) {
        return read_word(csv, cell, column, value);
    }
    if (quantity_parse(cell->text, DIMENSION_NONE, value) != QUANTITY_OK) {
        scenario_errors_add(
                csv->errors, cell->place, "%s = '%s' is not a number", column->name, cell->text);
        return false;
    }
    if (*value < column->min || *value > column->max) {
        scenario_errors_add(csv->errors, cell->place, "%s = %s is outside %.10g .. %.10g",
                column->name, cell->text, column->min, column->max);
        return false;
    }
    return true;
}

static bool read_row(const struct csv *csv, char *line, struct csv_row *row)
{
    struct cell cells[CELLS_MAX];
    size_t count;
    bool ok = true;
    if (!cut_line(csv, line, cells, &count)) {
        return false;
    }
    row->line = csv->line;
    for (size_t i = 0; i < CSV_COLUMNS_MAX; i++) {
        row->values[i] = NAN;
        row->columns[i] = 0;
    }
    if (count != csv->cell_count) {
        scenario_errors_add(csv->errors, (struct scenario_place){ csv->source, csv->line, 1 },
                "%zu values; the first line names %zu columns", count, csv->cell_count);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (csv->column_of_cell[i] < 0) {
            continue;
        }
        size_t column = (size_t)csv->column_of_cell[i];
        row->columns[column] = cells[i].place.column;
        ok = read_cell(csv, &cells[i], &csv->columns[column], &row->values[column]) && ok;
    }
    return ok;
}

/* Text ends where its size says, and not at a zero byte on the way. */
static bool check_end(const struct csv *csv, const char *line, const char *end)
{
    const char *zero = strchr(line, '\0');
    if (zero != end) {
        scenario_errors_add(csv->errors,
                (struct scenario_place){ csv->source, csv->line, (size_t)(zero - line) + 1 },
                "a zero byte: not text");
    }
    return zero == end;
}

bool csv_read(const char *source, char *text, size_t size, const struct csv_column *columns,
        size_t count, bool (*row)(void *context, const struct csv_row *row), void *context,
        struct scenario_errors *errors)
{
    assert(count >= 2 && count <= CSV_COLUMNS_MAX);
    struct csv csv = { source, columns, count, errors, { 0 }, 0, 0 };
    bool ok = true, header_read = false;
    char *rest = NULL;
    for (char *line = text + text_file_mark(text, size); line != NULL; line = rest) {
        rest = strchr(line, '\n');
        if (rest != NULL) {
            *rest++ = '\0';
        }
        csv.line++;
        if (rest == NULL && !check_end(&csv, line, text + size)) {
            return false;
        }
        if (line[0] == '#' || line[strspn(line, " \t\r")] == '\0') {
            continue;
        }
        struct csv_row values;
        if (!header_read) {
            if (!read_header(&csv, line)) {
                return false;
            }
            header_read = true;
        } else {
            ok = read_row(&csv, line, &values) && row(context, &values) && ok;
        }
    }
    if (!header_read) {
        scenario_errors_add(errors, (struct scenario_place){ source, 1, 1 },
                "no columns: the first line names them, as in %s,%s", columns[0].name,
                columns[1].name);
    }
    return ok && header_read;
}
