/* Columns of the tables that a run writes, each as a row of a table.
 * SPDX-License-Identifier: MIT
 *
 * CSV files, the results database and docs/outputs.md are all made from, or held to, these rows. A
 * line of such a table is a plain struct, and a column names one member of it.
 */
#ifndef RESULTS_COLUMN_H
#define RESULTS_COLUMN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define COLUMN_NO_COUNT  UINT64_MAX /* of a COLUMN_COUNT: no value */
#define COLUMN_TEXT_SIZE 24u

/* What the member is, and which value of it stands for no value (an empty cell, NULL in SQL). */
enum column_type {
    COLUMN_COUNT,  /* uint64_t; COLUMN_NO_COUNT */
    COLUMN_NUMBER, /* double; NaN. Six digits are written, as in summary.json */
    COLUMN_TIME,   /* sim_ns, written in seconds to the millisecond; SIM_NS_NEVER */
    COLUMN_EUI,    /* uint64_t, written as 16 hexadecimal digits */
    COLUMN_TEXT    /* const char *; NULL */
};

struct column {
    const char *name;
    const char *unit; /* "": none */
    enum column_type type;
    const char *what; /* one phrase, as in docs/outputs.md */
    size_t offset;    /* of the member */
};

struct column_table {
    const char *file; /* that it is written to, as documented */
    const struct column *columns;
    size_t count;
};

struct column_value {
    bool known;
    double number;    /* COUNT, NUMBER and TIME (in seconds) */
    const char *text; /* the value as a file shows it; "" when it is not known */
    char buffer[COLUMN_TEXT_SIZE];
};

/* The value of a column in one line. `value` holds the text unless the column is a COLUMN_TEXT. */
void column_get(const struct column *column, const void *line, struct column_value *value);

/* RFC 4180 with LF: the line of names, and one line of values. */
void column_write_text(const char *text, FILE *out); /* one cell */
void column_write_names(const struct column_table *table, FILE *out);
void column_write_line(const struct column_table *table, const void *line, FILE *out);

#endif
