/* Plays jobs on several child processes at one time.
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE /* sched_getaffinity() */
#include "study/pool.h"

#include <assert.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "run/wall_clock.h"

/* A fifth of a second between two looks at stopped() is fast for people. */
#define TICK_MS 200
/* After SIGTERM a run ends within 30 s of simulated time; what does not is killed. */
#define GRACE_S 10.0

struct slot {
    bool used;
    size_t index;
    struct job_process process;
};

struct play {
    const struct pool *pool;
    struct slot *slots;
    struct pollfd *polls; /* two for each slot */
    unsigned used;
};

unsigned pool_processors(void)
{
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return count > 0 ? (unsigned)count : 1;
}

static void tell(const struct pool *pool, size_t index, struct job_result *result)
{
    pool->finished(pool->context, index, result);
    job_result_clear(result);
}

/* A job that does not start has failed like one that ended badly. */
static void start(struct play *play, struct slot *slot, const struct job *job, size_t index)
{
    struct job_result result = { .status = JOB_FAILED };
    if (job_start(&slot->process, job, result.message, sizeof result.message)) {
        slot->used = true;
        slot->index = index;
        play->used++;
    } else {
        tell(play->pool, index, &result);
    }
}

static void fill(struct play *play)
{
    const struct pool *pool = play->pool;
    for (unsigned i = 0; i < pool->workers; i++) {
        struct job job = { 0 };
        size_t index = 0;
        while (!play->slots[i].used) {
            if (!pool->next(pool->context, &job, &index)) {
                return;
            }
            start(play, &play->slots[i], &job, index);
        }
    }
}

/* Until a process writes or ends, a signal arrives, or the tick is over. */
static void wait_for_any(struct play *play)
{
    nfds_t count = 0;
    for (unsigned i = 0; i < play->pool->workers; i++) {
        const struct slot *slot = &play->slots[i];
        if (slot->used) {
            play->polls[count++] = (struct pollfd){ .fd = slot->process.out, .events = POLLIN };
            play->polls[count++] =
                    (struct pollfd){ .fd = slot->process.messages, .events = POLLIN };
        }
    }
    poll(play->polls, count, TICK_MS);
}

/* `ending`: what was cut short is not told. */
static void collect(struct play *play, bool ending)
{
    for (unsigned i = 0; i < play->pool->workers; i++) {
        struct slot *slot = &play->slots[i];
        if (slot->used && !job_read(&slot->process)) {
            struct job_result result;
            job_finish(&slot->process, &result);
            slot->used = false;
            play->used--;
            if (!ending || job_result_complete(&result)) {
                tell(play->pool, slot->index, &result);
            } else {
                job_result_clear(&result);
            }
        }
    }
}

static void signal_all(const struct play *play, int signal_number)
{
    for (unsigned i = 0; i < play->pool->workers; i++) {
        if (play->slots[i].used) {
            job_signal(&play->slots[i].process, signal_number);
        }
    }
}

static void end_all(struct play *play)
{
    double killed_s = wall_clock_s() + GRACE_S;
    signal_all(play, SIGTERM);
    while (play->used > 0) {
        if (wall_clock_s() > killed_s) {
            signal_all(play, SIGKILL);
        }
        wait_for_any(play);
        collect(play, true);
    }
}

static bool is_stopped(const struct pool *pool)
{
    return pool->stopped != NULL && pool->stopped(pool->context);
}

bool pool_play(const struct pool *pool, char *error, size_t error_size)
{
    assert(pool->workers > 0 && pool->next != NULL && pool->finished != NULL);
    struct play play = { .pool = pool };
    play.slots = calloc(pool->workers, sizeof *play.slots);
    play.polls = calloc(pool->workers, 2 * sizeof *play.polls);
    bool ok = play.slots != NULL && play.polls != NULL;
    snprintf(error, error_size, "%s", ok ? "" : "out of memory");
    bool stopped = is_stopped(pool);
    while (ok && !stopped) {
        fill(&play);
        if (play.used == 0) {
            break;
        }
        wait_for_any(&play);
        stopped = is_stopped(pool);
        collect(&play, stopped);
        if (pool->tick != NULL) {
            pool->tick(pool->context);
        }
    }
    end_all(&play);
    free(play.slots);
    free(play.polls);
    return ok && !stopped;
}
