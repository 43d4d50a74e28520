/* Whole runs for tests: from scenario text to a world and its summary.
 * SPDX-License-Identifier: MIT
 */
#ifndef SUPPORT_RUN_H
#define SUPPORT_RUN_H

#include "results/summary_text.h"
#include "world/world.h"

struct run {
    struct scenario scenario;
    struct world *world;
};

/* Creates the world of `text`; fails the test on a mistake. */
struct run *run_create(const char *text, const char *const *sets, size_t set_count);
struct run *run_create_with(
        const char *text, const char *const *sets, size_t set_count, struct world_options options);
/* Plays it to its end and fails the test if an invariant broke. */
void run_play(struct run *run);
void run_destroy(struct run *run);

/* summary.json as text; the caller frees it. */
char *run_summary(const struct run *run);
/* A number of the summary; fails the test if there is none. */
double run_value(const struct run *run, const char *path);

/* The text of a shipped scenario; the caller frees it. */
char *run_shipped(const char *name);

#endif
