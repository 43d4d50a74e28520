/* One run as a child process of a fleetcast program: its result is its status, its summary and what
 * it used.
 * SPDX-License-Identifier: MIT
 *
 * The child is `PROGRAM run SCENARIO --json --quiet --set KEY=VALUE ...`. Another program is how
 * two revisions are compared. A child ends with its parent, even if that is killed.
 */
#ifndef STUDY_JOB_H
#define STUDY_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "record/summary.h"

struct job {
    const char *program;  /* NULL: this program */
    const char *scenario; /* a file, or the name of a shipped one */
    size_t set_count;
    const char *const *sets; /* "key.path=value" */
};

#define JOB_MESSAGE_SIZE 1024u

enum job_status {
    JOB_FINE = 0,        /* statuses of `fleetcast run`: */
    JOB_EXPECTATION = 1, /* an expectation failed; there is a summary */
    JOB_FAILED = 255, /* it did not start, or wrote no summary although it says that it is fine */
    JOB_SIGNAL = 256  /* plus the number of the signal that ended the process */
};

struct job_result {
    int status;              /* of the process, or one of enum job_status */
    struct summary *summary; /* NULL: none was read; owned by this result */
    double cpu_s;            /* of user and system, of the child and what it waited for */
    double wall_s;
    char message[JOB_MESSAGE_SIZE]; /* the last lines of what it wrote on stderr, or what went
                                     * wrong here; "" if there is nothing */
};

/* Did the run come to its end, with a summary of all of it? */
bool job_result_complete(const struct job_result *result);
void job_result_clear(struct job_result *result); /* frees the summary */

/* A child process and what it wrote so far. */
struct job_process {
    pid_t pid;
    int out, messages; /* its stdout and stderr; -1: at their end */
    char *text;        /* of stdout */
    size_t length, capacity;
    bool no_memory;
    char last[JOB_MESSAGE_SIZE]; /* the end of stderr */
    size_t last_length;
    double started_s;
};

/* False: `error` says why it did not start. */
bool job_start(struct job_process *process, const struct job *job, char *error, size_t error_size);
/* Reads what there is to read from `out` and `messages`, without waiting. False: both are at their
 * end, and the process is to be finished. */
bool job_read(struct job_process *process);
/* Waits for the end of the process, fills `result` and frees what `process` holds. */
void job_finish(struct job_process *process, struct job_result *result);
/* Asks the process to end (SIGTERM), or makes it (SIGKILL); it is still to be finished. */
void job_signal(const struct job_process *process, int signal_number);

#endif
