/* Jobs and results as bytes: they come back as they went, and nothing else is taken for one.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "study/mpi_message.h"

static const char *const sets[] = { "a=1", "", "devices.0.count=50" };
static const struct job job = { NULL, "folder/city.yaml", 3, sets };

Test(mpi_message, a_job_comes_back)
{
    const char *read[MPI_MESSAGE_SETS_MAX];
    struct job back;
    size_t index = 0;
    struct mpi_message message = mpi_pack_job(&job, (size_t)7 << 32 | 5);
    cr_assert(mpi_unpack_job(message.bytes, message.size, &back, read, &index));
    cr_expect_eq(index, (size_t)7 << 32 | 5);
    cr_expect_str_eq(back.scenario, job.scenario);
    cr_assert_eq(back.set_count, 3);
    for (size_t i = 0; i < 3; i++) {
        cr_expect_str_eq(back.sets[i], sets[i]);
    }
    free(message.bytes);
}

/* Every shorter message, and one byte more. */
Test(mpi_message, a_job_that_is_not_whole_is_none)
{
    const char *read[MPI_MESSAGE_SETS_MAX];
    struct job back;
    size_t index;
    struct mpi_message message = mpi_pack_job(&job, 1);
    char *longer = calloc(1, message.size + 1);
    memcpy(longer, message.bytes, message.size);
    for (size_t size = 0; size < message.size; size++) {
        cr_expect_not(mpi_unpack_job(longer, size, &back, read, &index), "%zu bytes", size);
    }
    cr_expect_not(mpi_unpack_job(longer, message.size + 1, &back, read, &index));
    free(longer);
    free(message.bytes);
}

Test(mpi_message, a_result_comes_back_with_its_summary)
{
    struct job_result result = { .status = 1, .cpu_s = 1.5, .wall_s = 2.5, .message = "late" };
    struct job_result back;
    size_t index;
    double value;
    result.summary = summary_create();
    summary_add_number(result.summary, "energy_j.mean", 0.125);
    struct mpi_message message = mpi_pack_result(&result, 9);
    cr_assert(mpi_unpack_result(message.bytes, message.size, &back, &index));
    cr_expect_eq(index, 9);
    cr_expect_eq(back.status, 1);
    cr_expect_eq(back.cpu_s + back.wall_s, 4.0);
    cr_expect_str_eq(back.message, "late");
    cr_assert(summary_value(back.summary, "energy_j.mean", &value));
    cr_expect_eq(value, 0.125);
    job_result_clear(&back);
    cr_expect_not(mpi_unpack_result(message.bytes, message.size - 3, &back, &index));
    cr_expect_not(mpi_unpack_result(message.bytes, 20, &back, &index));
    free(message.bytes);
    job_result_clear(&result);
}

Test(mpi_message, a_result_without_a_summary_comes_back)
{
    const struct job_result result = { .status = JOB_SIGNAL + 9, .message = "killed" };
    struct job_result back;
    size_t index;
    struct mpi_message message = mpi_pack_result(&result, 3);
    cr_assert(mpi_unpack_result(message.bytes, message.size, &back, &index));
    cr_expect_eq(back.status, JOB_SIGNAL + 9);
    cr_expect_null(back.summary);
    free(message.bytes);
}
