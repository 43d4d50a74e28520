/* Values of a summary as people read them.
 * SPDX-License-Identifier: MIT
 */
#include "results/value_text.h"

#include <stdio.h>

static void duration_text(char text[VALUE_TEXT_SIZE], double seconds)
{
    /* The edges are where the smaller unit would round up to the larger one. */
    if (seconds >= 3599.5) {
        unsigned minutes = (unsigned)(seconds / 60.0 + 0.5);
        snprintf(text, VALUE_TEXT_SIZE, "%u h %02u min", minutes / 60, minutes % 60);
    } else if (seconds >= 59.95) {
        unsigned whole = (unsigned)(seconds + 0.5);
        snprintf(text, VALUE_TEXT_SIZE, "%u min %02u s", whole / 60, whole % 60);
    } else {
        snprintf(text, VALUE_TEXT_SIZE, "%.1f s", seconds);
    }
}

void value_text(char text[VALUE_TEXT_SIZE], enum value_kind kind, double value)
{
    switch (kind) {
    case VALUE_DURATION:
        duration_text(text, value);
        break;
    case VALUE_PERCENT:
        snprintf(text, VALUE_TEXT_SIZE, "%.2f %%", 100.0 * value);
        break;
    case VALUE_JOULE:
        snprintf(text, VALUE_TEXT_SIZE, "%.1f J", value);
        break;
    case VALUE_MS:
        snprintf(text, VALUE_TEXT_SIZE, "%.0f ms", value);
        break;
    case VALUE_YEARS:
        snprintf(text, VALUE_TEXT_SIZE, "%.1f years", value);
        break;
    case VALUE_COUNT:
    default:
        snprintf(text, VALUE_TEXT_SIZE, "%.0f", value);
        break;
    }
}
