/* Values of a summary as people read them.
 * SPDX-License-Identifier: MIT
 */
#ifndef RESULTS_VALUE_TEXT_H
#define RESULTS_VALUE_TEXT_H

#include <stddef.h>

#define VALUE_TEXT_SIZE 32u

enum value_kind {
    VALUE_DURATION, /* s: "2 h 05 min", "12.3 s" */
    VALUE_PERCENT,  /* a share of 1: "1.31 %" */
    VALUE_JOULE,
    VALUE_MS,
    VALUE_COUNT,
    VALUE_YEARS
};

void value_text(char text[VALUE_TEXT_SIZE], enum value_kind kind, double value);

#endif
