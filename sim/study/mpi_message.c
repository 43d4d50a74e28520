/* Jobs and results as bytes, for other machines.
 * SPDX-License-Identifier: MIT
 */
#include "study/mpi_message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/summary_read.h"
#include "results/summary_text.h"

/* Before the texts of a job: scenario and sets, each with its end. */
struct job_head {
    size_t index, set_count;
};

/* Before the summary as JSON, which is empty if there is none. */
struct result_head {
    size_t index;
    int status;
    double cpu_s, wall_s;
    char message[JOB_MESSAGE_SIZE];
};

static void write_text(FILE *out, const char *text)
{
    fwrite(text, 1, strlen(text) + 1, out);
}

struct mpi_message mpi_pack_job(const struct job *job, size_t index)
{
    const struct job_head head = { index, job->set_count };
    char *bytes = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&bytes, &size);
    if (out == NULL) {
        return (struct mpi_message){ 0, NULL };
    }
    fwrite(&head, sizeof head, 1, out);
    write_text(out, job->scenario);
    for (size_t i = 0; i < job->set_count; i++) {
        write_text(out, job->sets[i]);
    }
    fclose(out);
    return (struct mpi_message){ size, bytes };
}

/* The text at `*at`, and on to the next. NULL: it does not end. */
static const char *take_text(const char **at, const char *end)
{
    const char *text = *at;
    const char *zero = memchr(text, '\0', (size_t)(end - text));
    *at = zero != NULL ? zero + 1 : end;
    return zero != NULL ? text : NULL;
}

bool mpi_unpack_job(const char *bytes, size_t size, struct job *job,
        const char *sets[MPI_MESSAGE_SETS_MAX], size_t *index)
{
    struct job_head head;
    if (size < sizeof head) {
        return false;
    }
    memcpy(&head, bytes, sizeof head);
    const char *at = bytes + sizeof head, *end = bytes + size;
    *index = head.index;
    *job = (struct job){ NULL, take_text(&at, end), head.set_count, sets };
    bool ok = job->scenario != NULL && head.set_count <= MPI_MESSAGE_SETS_MAX;
    for (size_t i = 0; ok && i < head.set_count; i++) {
        sets[i] = take_text(&at, end);
        ok = sets[i] != NULL;
    }
    return ok && at == end;
}

struct mpi_message mpi_pack_result(const struct job_result *result, size_t index)
{
    struct result_head head;
    char *bytes = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&bytes, &size);
    if (out == NULL) {
        return (struct mpi_message){ 0, NULL };
    }
    memset(&head, 0, sizeof head); /* padding is sent too */
    head.index = index;
    head.status = result->status;
    head.cpu_s = result->cpu_s;
    head.wall_s = result->wall_s;
    snprintf(head.message, sizeof head.message, "%s", result->message);
    fwrite(&head, sizeof head, 1, out);
    if (result->summary != NULL) {
        summary_write_json(result->summary, out);
    }
    fclose(out);
    return (struct mpi_message){ size, bytes };
}

bool mpi_unpack_result(const char *bytes, size_t size, struct job_result *result, size_t *index)
{
    struct result_head head;
    if (size < sizeof head) {
        return false;
    }
    memcpy(&head, bytes, sizeof head);
    head.message[sizeof head.message - 1] = '\0';
    *index = head.index;
    *result = (struct job_result){
        .status = head.status, .cpu_s = head.cpu_s, .wall_s = head.wall_s
    };
    memcpy(result->message, head.message, sizeof result->message);
    if (size > sizeof head) {
        char error[200];
        result->summary =
                summary_read_json(bytes + sizeof head, size - sizeof head, error, sizeof error);
    }
    return size == sizeof head || result->summary != NULL;
}
