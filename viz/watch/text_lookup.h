/* Functions that give the texts of the values of an enumeration.
 * SPDX-License-Identifier: MIT
 */
#ifndef WATCH_TEXT_LOOKUP_H
#define WATCH_TEXT_LOOKUP_H

#include <assert.h>

/* Defines `function`: of a value below `count`, one of the texts that follow, in their order. */
#define TEXT_LOOKUP(function, type, count, ...)                                                    \
    const char *function(type value)                                                               \
    {                                                                                              \
        static const char *const texts[] = { __VA_ARGS__ };                                        \
        _Static_assert(sizeof texts / sizeof texts[0] == (count), "a text for each value");        \
        assert(value < (count));                                                                   \
        return texts[value];                                                                       \
    }

#endif
