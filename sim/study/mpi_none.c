/* A program without MPI.
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>

#include "study/mpi_pool.h"

bool mpi_pool_begin(int *rank, int *size, char *error, size_t error_size)
{
    *rank = 0;
    *size = 1;
    snprintf(error, error_size,
            "mpirun started this program, which was built without MPI (meson -Dmpi=enabled)");
    return false;
}

bool mpi_pool_play(const struct mpi_pool *mpi_pool, char *error, size_t error_size)
{
    return pool_play(&mpi_pool->pool, error, error_size);
}

void mpi_pool_work(double silence_s)
{
    (void)silence_s;
}

void mpi_pool_end(void)
{
}
