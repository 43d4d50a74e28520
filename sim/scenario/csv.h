/* Tables of numbers with named columns, separated by commas.
 * SPDX-License-Identifier: MIT
 *
 * RFC 4180, and what programs write besides: a byte order mark, LF or CR LF, blanks around cells.
 * The first line names the columns, in any order, in capitals or not. Columns with other names are
 * left out, unless one looks like a misspelt name of a column that is absent. Empty lines and lines
 * that start with '#' are left out; an empty cell is a value that is not given. A quoted cell holds
 * no line break.
 */
#ifndef SCENARIO_CSV_H
#define SCENARIO_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "scenario/scenario_errors.h"

#define CSV_COLUMNS_MAX 16u
#define CSV_NAMES_MAX   3u

struct csv_column {
    const char *name;
    const char *other_names[CSV_NAMES_MAX];
    double min, max;          /* inclusive */
    const char *const *words; /* NULL: numbers; else a value is the index of one of these */
};

struct csv_row {
    size_t line;
    double values[CSV_COLUMNS_MAX];  /* in the order of the columns; NAN: not given */
    size_t columns[CSV_COLUMNS_MAX]; /* where each stands, from 1; 0: not there */
};

/* Calls `row` for each line of `text`, which is cut into pieces and ends with a 0. False after
 * mistakes, or when `row` said so. */
bool csv_read(const char *source, char *text, size_t size, const struct csv_column *columns,
        size_t count, bool (*row)(void *context, const struct csv_row *row), void *context,
        struct scenario_errors *errors);

#endif
