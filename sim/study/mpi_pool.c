/* Plays the jobs of a pool on the processes of an MPI job.
 * SPDX-License-Identifier: MIT
 */
#include "study/mpi_pool.h"

#include <mpi.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "study/mpi_link.h"

/* A rank that hears no other for so many times the silence that counts as lost gives up. */
#define PATIENCE 5.0

struct rank {
    struct mpi_link link;
    bool busy; /* it has a job; a lost rank may still play one */
    bool lost;
    size_t index; /* of its job */
};

static struct {
    int rank, size;
    struct rank *ranks; /* of rank 0: by number, the first is not used */
    bool any_lost;
} world;

struct play {
    const struct mpi_pool *settings;
    bool moved;     /* something arrived */
    bool exhausted; /* there was no job for a rank that could play one */
};

bool mpi_pool_begin(int *rank, int *size, char *error, size_t error_size)
{
    if (MPI_Init(NULL, NULL) != MPI_SUCCESS) {
        snprintf(error, error_size, "MPI does not start");
        return false;
    }
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_rank(MPI_COMM_WORLD, &world.rank);
    MPI_Comm_size(MPI_COMM_WORLD, &world.size);
    *rank = world.rank;
    *size = world.size;
    if (world.rank == 0) {
        world.ranks = calloc((size_t)world.size, sizeof *world.ranks);
        if (world.ranks == NULL) {
            snprintf(error, error_size, "out of memory");
            return false;
        }
        for (int i = 1; i < world.size; i++) {
            mpi_link_open(&world.ranks[i].link, i);
        }
    }
    return true;
}

/* --- rank 0 ----------------------------------------------------------------------------------- */

static void take_result(struct play *play, struct rank *rank, const char *bytes, size_t size)
{
    const struct pool *pool = &play->settings->pool;
    struct job_result result;
    size_t index;
    if (!mpi_unpack_result(bytes, size, &result, &index) || !rank->busy || index != rank->index) {
        result = (struct job_result){ .status = JOB_FAILED };
        snprintf(result.message, sizeof result.message, "its result did not arrive whole");
        index = rank->index;
    }
    rank->busy = false;
    pool->finished(pool->context, index, &result);
    job_result_clear(&result);
}

static void receive(struct play *play, struct rank *rank)
{
    struct mpi_message message;
    int tag;
    while (mpi_link_receive(&rank->link, &tag, &message)) {
        play->moved = true;
        rank->lost = false;
        if (tag == MPI_LINK_RESULT && rank->busy) {
            take_result(play, rank, message.bytes, message.size);
        }
        free(message.bytes);
    }
}

static void check_silence(struct play *play, struct rank *rank)
{
    if (!rank->lost && mpi_link_silence_s(&rank->link) > play->settings->silence_s) {
        rank->lost = true;
        world.any_lost = true;
        if (rank->busy) {
            play->settings->lost(play->settings->pool.context, rank->index);
        }
    }
}

/* Gives a job to a rank that has none. False: there is no job. */
static bool give(struct play *play, struct rank *rank)
{
    const struct pool *pool = &play->settings->pool;
    struct job job = { 0 };
    if (!pool->next(pool->context, &job, &rank->index)) {
        return false;
    }
    struct mpi_message message = mpi_pack_job(&job, rank->index);
    rank->busy = true;
    if (message.bytes == NULL) {
        struct job_result result = { .status = JOB_FAILED, .message = "out of memory" };
        rank->busy = false;
        pool->finished(pool->context, rank->index, &result);
        return true;
    }
    mpi_link_send(&rank->link, MPI_LINK_JOB, message);
    return true;
}

static void exchange(struct play *play)
{
    play->moved = false;
    for (int i = 1; i < world.size; i++) {
        struct rank *rank = &world.ranks[i];
        receive(play, rank);
        check_silence(play, rank);
        mpi_link_beat(&rank->link);
    }
}

/* Does a rank that is not lost play? */
static bool any_plays(void)
{
    bool plays = false;
    for (int i = 1; i < world.size; i++) {
        plays = plays || (!world.ranks[i].lost && world.ranks[i].busy);
    }
    return plays;
}

/* Is there no rank left from which something may still come? */
static bool is_alone(const struct play *play)
{
    bool alone = true;
    for (int i = 1; i < world.size; i++) {
        alone = alone
                && mpi_link_silence_s(&world.ranks[i].link) > PATIENCE * play->settings->silence_s;
    }
    return alone;
}

static void fill(struct play *play)
{
    play->exhausted = false;
    for (int i = 1; i < world.size; i++) {
        struct rank *rank = &world.ranks[i];
        while (!rank->lost && !rank->busy && mpi_link_is_idle(&rank->link)) {
            if (!give(play, rank)) {
                play->exhausted = true;
                return;
            }
        }
    }
}

bool mpi_pool_play(const struct mpi_pool *settings, char *error, size_t error_size)
{
    const struct pool *pool = &settings->pool;
    struct play play = { .settings = settings };
    error[0] = '\0';
    for (;;) {
        if (pool->stopped != NULL && pool->stopped(pool->context)) {
            return false;
        }
        fill(&play);
        if (is_alone(&play)) {
            snprintf(error, error_size, "every other process of the MPI job is lost");
            return false;
        }
        if (play.exhausted && !any_plays()) {
            return true;
        }
        exchange(&play);
        if (pool->tick != NULL) {
            pool->tick(pool->context);
        }
        if (!play.moved) {
            mpi_link_pause();
        }
    }
}

void mpi_pool_end(void)
{
    enum mpi_link_tag tag = world.any_lost ? MPI_LINK_LEAVE : MPI_LINK_END;
    for (int i = 1; world.rank == 0 && i < world.size; i++) {
        if (!world.ranks[i].lost) {
            mpi_link_tell(&world.ranks[i].link, tag);
        }
    }
    if (!world.any_lost) {
        MPI_Finalize();
    }
    free(world.ranks);
    world.ranks = NULL;
}

/* --- other ranks ------------------------------------------------------------------------------ */

struct worker {
    struct mpi_link link;
    bool playing;
    struct job_process process;
    size_t index;
};

static void send_result(struct worker *worker, struct job_result *result)
{
    struct mpi_message message = mpi_pack_result(result, worker->index);
    if (message.bytes != NULL) { /* else rank 0 hears no more of it than of a lost one */
        mpi_link_send(&worker->link, MPI_LINK_RESULT, message);
    }
    job_result_clear(result);
}

static void start(struct worker *worker, const char *bytes, size_t size)
{
    const char *sets[MPI_MESSAGE_SETS_MAX];
    struct job job;
    struct job_result result = { .status = JOB_FAILED, .message = "the job did not arrive whole" };
    worker->playing = mpi_unpack_job(bytes, size, &job, sets, &worker->index)
                      && job_start(&worker->process, &job, result.message, sizeof result.message);
    if (!worker->playing) {
        send_result(worker, &result);
    }
}

/* A job that rank 0 sends waits until the last result has left. */
static int serve(struct worker *worker)
{
    struct mpi_message message;
    int tag = MPI_LINK_BEAT;
    if (!mpi_link_is_idle(&worker->link) || !mpi_link_receive(&worker->link, &tag, &message)) {
        return MPI_LINK_BEAT;
    }
    if (tag == MPI_LINK_JOB && !worker->playing) {
        start(worker, message.bytes, message.size);
    }
    free(message.bytes);
    return tag;
}

static void look_at_job(struct worker *worker)
{
    if (worker->playing && mpi_link_is_idle(&worker->link) && !job_read(&worker->process)) {
        struct job_result result;
        job_finish(&worker->process, &result);
        worker->playing = false;
        send_result(worker, &result);
    }
}

void mpi_pool_work(double silence_s)
{
    struct worker worker = { .playing = false };
    int tag = MPI_LINK_BEAT;
    mpi_link_open(&worker.link, 0);
    while (tag != MPI_LINK_END && tag != MPI_LINK_LEAVE
            && mpi_link_silence_s(&worker.link) < PATIENCE * silence_s) {
        tag = serve(&worker);
        look_at_job(&worker);
        mpi_link_beat(&worker.link);
        mpi_link_pause();
    }
    if (worker.playing) {
        struct job_result result;
        job_signal(&worker.process, SIGKILL);
        job_finish(&worker.process, &result);
        job_result_clear(&result);
    }
    world.any_lost = tag != MPI_LINK_END;
}
