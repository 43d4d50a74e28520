/* The headline metrics: the numbers of summary.json by which two revisions are compared.
 * SPDX-License-Identifier: MIT
 */
#ifndef STUDY_HEADLINE_H
#define STUDY_HEADLINE_H

#include <stdbool.h>
#include <stddef.h>

struct headline {
    const char *key;  /* in summary.json */
    const char *unit; /* "" for shares and pure numbers */
    bool higher_is_better;
};

#define HEADLINE_COUNT 31u

/* In the order of summary.json. */
extern const struct headline headlines[HEADLINE_COUNT];

/* The row of a key; HEADLINE_COUNT: there is none. */
size_t headline_index(const char *key);

#endif
