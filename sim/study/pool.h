/* Plays jobs on several child processes at one time.
 * SPDX-License-Identifier: MIT
 */
#ifndef STUDY_POOL_H
#define STUDY_POOL_H

#include <stdbool.h>
#include <stddef.h>

#include "study/job.h"

/* All functions are called by the thread that plays the pool. Those marked so may be NULL. */
struct pool {
    unsigned workers; /* child processes at one time; at least 1 */
    void *context;
    /* The next job to start, and what finished() calls it; what it points to stays until then.
     * False: there is none now. Asked again after each finished(). */
    bool (*next)(void *context, struct job *job, size_t *index);
    /* Called once for each job, in the order in which they end. The summary is destroyed after the
     * call unless it sets result->summary to NULL. A process that a signal ended is a job that
     * failed. */
    void (*finished)(void *context, size_t index, struct job_result *result);
    /* May be NULL. True: no more jobs, and those that play are ended; finished() is not told of
     * what that cuts short. Asked at least five times a second. */
    bool (*stopped)(void *context);
    /* May be NULL. Called at least five times a second, for a progress line. */
    void (*tick)(void *context);
};

/* Plays until next() has no job and none plays. False: stopped() ended it; or out of memory, which
 * `error` says (it is "" for stopped()). No child process is left in any case. */
bool pool_play(const struct pool *pool, char *error, size_t error_size);

/* How many processors this process may use; at least 1. */
unsigned pool_processors(void);

#endif
