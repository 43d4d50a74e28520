/* Whole runs for tests: from scenario text to a run and its summary.
 * SPDX-License-Identifier: MIT
 */
#ifndef SUPPORT_TRIAL_H
#define SUPPORT_TRIAL_H

#include "results/summary_text.h"
#include "run/run.h"
#include "support/first_campaign.h"

struct trial {
    struct scenario scenario;
    struct run *run;
    struct world *world;                  /* its models */
    const struct recorder_set *recorders; /* its recorders */
    char failure[192];
};

/* Creates the world of `text`; fails the test on a mistake. */
struct trial *trial_create(const char *text, const char *const *sets, size_t set_count);
struct trial *trial_create_with(
        const char *text, const char *const *sets, size_t set_count, struct run_settings settings);
/* Plays it to `until_ns`. False: the run is over. */
bool trial_go(struct trial *trial, sim_ns until_ns);
/* NULL: nothing is broken; else what, in one line. */
const char *trial_failure(struct trial *trial);
/* Plays it to its end and fails the test if an invariant broke. */
void trial_play(struct trial *trial);
void trial_destroy(struct trial *trial);

/* summary.json as text; the caller frees it. */
char *trial_summary(const struct trial *trial);
/* A number of the summary; fails the test if there is none. */
double trial_value(const struct trial *trial, const char *path);

/* Fails the test for each expectation of the scenario that is not met; it has some. */
void trial_expect_met(const struct trial *trial);

/* The text of a shipped scenario; the caller frees it. */
char *trial_shipped(const char *name);

#endif
