/* Whether this process is one of an MPI job.
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>
#include <string.h>

#include "study/mpi_pool.h"

/* Open MPI's mpirun, MPICH's and Intel's, and srun tell the number of processes. */
bool mpi_pool_started(void)
{
    static const char *const names[] = { "OMPI_COMM_WORLD_SIZE", "PMI_SIZE" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *size = getenv(names[i]);
        if (size != NULL && strcmp(size, "1") != 0) {
            return true;
        }
    }
    /* srun --mpi=pmix: no size, but a rank. */
    const char *tasks = getenv("SLURM_NTASKS");
    return getenv("PMIX_RANK") != NULL && tasks != NULL && strcmp(tasks, "1") != 0;
}
