/* A scenario's text and the sets that change it: what reading starts from.
 * SPDX-License-Identifier: MIT
 */
#ifndef SCENARIO_SCENARIO_READER_H
#define SCENARIO_SCENARIO_READER_H

#include "scenario/scenario.h"

struct scenario_text {
    const char *name; /* in messages */
    const char *text;
    size_t size;
    const struct scenario_set *sets;
    size_t set_count;
};

/* `keys_only`: without what follows from several keys and must hold between them. */
bool scenario_read_text(struct scenario *scenario, const struct scenario_text *text, bool keys_only,
        struct scenario_errors *errors);
/* Overrides of a command line as sets: messages call them "--set key.path=value". Freed by the
 * caller with free(); NULL after a mistake: out of memory. */
struct scenario_set *scenario_name_sets(
        const char *const *sets, size_t count, struct scenario_errors *errors);

#endif
