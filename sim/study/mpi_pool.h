/* Plays the jobs of a pool on the processes of an MPI job, on one machine or many.
 * SPDX-License-Identifier: MIT
 *
 * Rank 0 has the pool; each other rank plays one job at a time, as a child process of its own.
 * Point-to-point calls only, none of which waits, and both sides show that they live: a rank that
 * dies or hangs costs its job some time, nothing more. Open MPI ends a job whose process died
 * unless it is started with --enable-recovery.
 */
#ifndef STUDY_MPI_POOL_H
#define STUDY_MPI_POOL_H

#include <stdbool.h>
#include <stddef.h>

#include "study/pool.h"

/* Has mpirun started this process with others? No call of MPI is made. */
bool mpi_pool_started(void);

/* MPI_Init(): once, before the functions below. False: `error` says why; without MPI in this
 * program always. */
bool mpi_pool_begin(int *rank, int *size, char *error, size_t error_size);

struct mpi_pool {
    struct pool pool; /* `workers` is of no use here */
    /* A rank has been silent for too long: its job is to be played again. Its result may still
     * come, and finished() is told of both. */
    void (*lost)(void *context, size_t index);
    double silence_s; /* how long is too long */
};
/* Rank 0: as pool_play(). False, with `error`, also when no other rank was heard for long. */
bool mpi_pool_play(const struct mpi_pool *mpi_pool, char *error, size_t error_size);
/* Other ranks: plays what rank 0 sends until it says that it is done, or is silent too long. */
void mpi_pool_work(double silence_s);
/* Tells every other rank to end, if this is rank 0, and MPI_Finalize(), unless a rank is lost. */
void mpi_pool_end(void);

#endif
