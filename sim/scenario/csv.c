/* Tables of numbers with named columns, separated by commas.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/csv.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "scenario/param.h"
#include "scenario/quantity.h"

#define CELLS_MAX 32u

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

/* Cuts a line at its commas and trims the pieces. */
static size_t cut_line(const struct csv *csv, char *line, struct cell cells[CELLS_MAX])
{
    size_t count = 0;
    char *at = line;
    for (bool more = true; more && count < CELLS_MAX;) {
        size_t length = strcspn(at, ",");
        more = at[length] == ',';
        at[length] = '\0';
        char *text = at + strspn(at, " \t");
        for (size_t n = strlen(text); n > 0 && strchr(" \t\r", text[n - 1]) != NULL; n--) {
            text[n - 1] = '\0';
        }
        cells[count++] =
                (struct cell){ text, { csv->source, csv->line, (size_t)(text - line) + 1 } };
        at += length + 1;
    }
    return count;
}

static void unknown_column(const struct csv *csv, const struct cell *cell)
{
    const char *names[CSV_COLUMNS_MAX + 1] = { NULL };
    for (size_t i = 0; i < csv->count; i++) {
        names[i] = csv->columns[i].name;
    }
    const char *near = nearest_word(cell->text, names);
    scenario_errors_add(csv->errors, cell->place,
            "unknown column '%s'%s%s%s: the first line names the columns, as in %s,%s", cell->text,
            near != NULL ? " (did you mean '" : "", near != NULL ? near : "",
            near != NULL ? "'?)" : "", csv->columns[0].name, csv->columns[1].name);
}

static bool read_header(struct csv *csv, char *line)
{
    struct cell cells[CELLS_MAX];
    bool seen[CSV_COLUMNS_MAX] = { false }, ok = true;
    csv->cell_count = cut_line(csv, line, cells);
    for (size_t i = 0; i < csv->cell_count; i++) {
        size_t column = 0;
        while (column < csv->count && strcmp(cells[i].text, csv->columns[column].name) != 0) {
            column++;
        }
        csv->column_of_cell[i] = (int)column;
        if (column == csv->count) {
            unknown_column(csv, &cells[i]);
            ok = false;
        } else if (seen[column]) {
            scenario_errors_add(
                    csv->errors, cells[i].place, "column '%s' stands twice", cells[i].text);
            ok = false;
        } else {
            seen[column] = true;
        }
    }
    return ok;
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
    size_t count = cut_line(csv, line, cells);
    bool ok = true;
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
    for (char *line = text; line != NULL; line = rest) {
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
