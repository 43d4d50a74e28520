/* Jobs and results as bytes, for other machines.
 * SPDX-License-Identifier: MIT
 *
 * All machines run the same program: numbers are in its own representation. What arrives is checked
 * all the same.
 */
#ifndef STUDY_MPI_MESSAGE_H
#define STUDY_MPI_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "study/job.h"

#define MPI_MESSAGE_SETS_MAX 512u

struct mpi_message {
    size_t size;
    char *bytes; /* owned; NULL: out of memory */
};

/* `index` is what the scheduler calls the job. */
struct mpi_message mpi_pack_job(const struct job *job, size_t index);
/* The job points into `bytes` and to `sets`. False: these bytes are none. */
bool mpi_unpack_job(const char *bytes, size_t size, struct job *job,
        const char *sets[MPI_MESSAGE_SETS_MAX], size_t *index);

struct mpi_message mpi_pack_result(const struct job_result *result, size_t index);
/* The caller clears the result. False: these bytes are none. */
bool mpi_unpack_result(const char *bytes, size_t size, struct job_result *result, size_t *index);

#endif
