/* Mistakes of a scenario, collected with their places.
 * SPDX-License-Identifier: MIT
 */
#ifndef SCENARIO_SCENARIO_ERRORS_H
#define SCENARIO_SCENARIO_ERRORS_H

#include <stddef.h>

/* Where in what: lines and columns from 1; line 0: the whole source. */
struct scenario_place {
    const char *source;
    size_t line;
    size_t column;
};

struct scenario_errors;

void scenario_errors_add(struct scenario_errors *errors, struct scenario_place place,
        const char *format, ...) __attribute__((format(printf, 3, 4)));
/* What is allowed but probably not meant. */
void scenario_warnings_add(struct scenario_errors *errors, struct scenario_place place,
        const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
