/* A subject of comparison: one scenario by one program, played once for each seed.
 * SPDX-License-Identifier: MIT
 */
#ifndef STUDY_SUBJECT_H
#define STUDY_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scenario/scenario.h"
#include "study/job.h"
#include "study/replications.h"

/* One condition of `expect:` over the seeds: each run has to meet it. */
struct expectation_tally {
    size_t failed;       /* seeds whose run does not meet it */
    uint64_t first_seed; /* of the first that failed */
    double actual;       /* there; NaN: nothing was measured */
};

struct subject {
    /* What is played; the caller's. */
    const char *program; /* NULL: this one */
    const struct scenario *scenario;
    size_t set_count; /* beside the seed */
    const char *const *sets;

    /* What it measured; subject_start() to subject_finish(). */
    struct replications *replications;
    struct expectation_tally expectations[SCENARIO_EXPECT_MAX]; /* as in the scenario */
    size_t done;                                                /* seeds that are played */
    size_t broken;        /* whose run did not come to its end */
    uint64_t broken_seed; /* the lowest of them; its run ended so: */
    int status;
    char message[JOB_MESSAGE_SIZE];
};

/* It is to be played with these seeds, which ascend. False: out of memory. */
bool subject_start(struct subject *subject, const uint64_t *seeds, size_t count);
void subject_finish(struct subject *subject);

struct subject_playing {
    unsigned workers; /* child processes at one time */
    void *context;
    bool (*stopped)(void *context);                         /* may be NULL: asks for the end */
    void (*tick)(void *context, size_t done, size_t total); /* may be NULL: for a progress line */
};

/* Plays all runs of all subjects. The result does not depend on the number of workers. False:
 * stopped(), or `error` (else "") says why. */
bool subjects_play(struct subject *subjects, size_t count, const struct subject_playing *playing,
        char *error, size_t error_size);

#endif
