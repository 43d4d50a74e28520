/* Mistakes of a scenario, collected with their places.
 * SPDX-License-Identifier: MIT
 */
#ifndef SCENARIO_SCENARIO_ERRORS_H
#define SCENARIO_SCENARIO_ERRORS_H

#include <stddef.h>
#include <stdio.h>

/* Where in what: lines and columns from 1; line 0: the whole source. */
struct scenario_place {
    const char *source;
    size_t line;
    size_t column;
};

struct scenario_errors; /* all are collected before the user is told */
struct scenario_errors *scenario_errors_create(void); /* NULL: out of memory */
void scenario_errors_destroy(struct scenario_errors *errors);
size_t scenario_errors_count(const struct scenario_errors *errors);
/* What is allowed but probably not meant: told with the mistakes, and no mistake. */
size_t scenario_warnings_count(const struct scenario_errors *errors);
/* Prints "file:line:column: error: ...", one line each. */
void scenario_errors_print(const struct scenario_errors *errors, FILE *out);

void scenario_errors_add(struct scenario_errors *errors, struct scenario_place place,
        const char *format, ...) __attribute__((format(printf, 3, 4)));
/* What is allowed but probably not meant. */
void scenario_warnings_add(struct scenario_errors *errors, struct scenario_place place,
        const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
