/* Writes the text of a scenario again, with changes that were made to it after it was read.
 * SPDX-License-Identifier: MIT
 */
#ifndef SCENARIO_SCENARIO_REWRITE_H
#define SCENARIO_SCENARIO_REWRITE_H

#include "scenario/scenario.h"

struct scenario_changes {
    const char *const *sets; /* "key.path=value", as scenario_read() took them */
    size_t set_count;
    const struct scenario_fault *faults; /* happen once each; they follow those of the text */
    uint32_t fault_count;
};

/* `text` is what `scenario` was read from, with the sets of `changes`. What is written is a
 * scenario of its own: sets stand in place of what the text said, and files that were named
 * relative to the scenario or to the working folder are named by their whole path. Comments are
 * left out, but for those that the text starts with. False: `error` says why in one line. */
bool scenario_rewrite(const struct scenario *scenario, const char *text, size_t size,
        const struct scenario_changes *changes, FILE *out, char *error, size_t error_size);

#endif
