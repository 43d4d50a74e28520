/* Which runs of a study are to be played, in which order, and what becomes of their results.
 * SPDX-License-Identifier: MIT
 *
 * A sweep does not play: sweep_next() and sweep_finished() are what a pool of processes, or other
 * machines, ask and tell. Whatever they do, and in whichever order, the database ends with the same
 * runs.
 */
#ifndef STUDY_SWEEP_H
#define STUDY_SWEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "study/job.h"
#include "study/plan.h"
#include "study/store.h"
#include "study/study_facts.h"

struct sweep_settings {
    const struct plan *plan;
    struct store *store; /* open for writing */
    struct sweep_program program;
    void *context;
    /* A run failed, and why; may be NULL. */
    void (*failed)(void *context, size_t point, uint32_t replication, const char *why);
};

struct sweep;

/* Claims the database for this study and this program, or finds that it is theirs, and what is done
 * already. NULL: `error` says that it holds another study or runs of another program; nothing of it
 * was changed. */
struct sweep *sweep_create(const struct sweep_settings *settings, char *error, size_t error_size);
void sweep_destroy(struct sweep *sweep);

/* The run that is expected to take longest of those that wait. False: none waits. */
bool sweep_next(void *sweep, struct job *job, size_t *index);
/* Commits a run that came to its end. One that is known already changes nothing. */
void sweep_finished(void *sweep, size_t index, struct job_result *result);
/* A run that was begun and will not be finished waits again. */
void sweep_lost(struct sweep *sweep, size_t index);
/* Is the sweep over before its end, as the database cannot be written? sweep_error() says why. */
bool sweep_broken(const struct sweep *sweep);
const char *sweep_error(const struct sweep *sweep);

struct sweep_state {
    size_t wanted, done, failed; /* runs; precision may still add some */
    size_t played;               /* of `done`, by this sweep */
    double left_s;               /* of one worker, by what runs took so far; NaN: none was played */
};
void sweep_state(const struct sweep *sweep, struct sweep_state *state);

#endif
