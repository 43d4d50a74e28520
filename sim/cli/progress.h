/* The progress line of a run.
 * SPDX-License-Identifier: MIT
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdio.h>

#include "world/world.h"

struct progress {
    FILE *out;
    bool enabled;     /* `out` is a terminal and nobody said --quiet */
    double started_s; /* wall clock */
    double shown_s;
};

double wall_clock_s(void);
void progress_start(struct progress *progress, FILE *out, bool quiet);
/* Redraws at most five times a second. */
void progress_show(struct progress *progress, const struct world *world);
void progress_clear(struct progress *progress);

#endif
