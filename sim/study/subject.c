/* A subject of comparison: one scenario by one program, played once for each seed.
 * SPDX-License-Identifier: MIT
 */
#include "study/subject.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/expectation.h"
#include "study/pool.h"

bool subject_start(struct subject *subject, const uint64_t *seeds, size_t count)
{
    memset(subject->expectations, 0, sizeof subject->expectations);
    subject->done = subject->broken = 0;
    subject->status = JOB_FINE;
    subject->message[0] = '\0';
    subject->replications = replications_create(seeds, count);
    return subject->replications != NULL;
}

void subject_finish(struct subject *subject)
{
    replications_destroy(subject->replications);
    subject->replications = NULL;
}

static void check_expectations(
        struct subject *subject, uint64_t seed, const struct summary *summary)
{
    for (uint32_t i = 0; i < subject->scenario->expect_count; i++) {
        struct expectation_tally *tally = &subject->expectations[i];
        double actual = NAN;
        if (expectation_check(&subject->scenario->expect[i], summary, &actual) == EXPECTATION_MET) {
            continue;
        }
        if (tally->failed == 0 || seed < tally->first_seed) {
            tally->first_seed = seed;
            tally->actual = actual;
        }
        tally->failed++;
    }
}

static void take(struct subject *subject, size_t index, const struct job_result *result)
{
    uint64_t seed = subject->replications->seeds[index];
    subject->done++;
    if (job_result_complete(result)) {
        replications_take(subject->replications, index, result->summary);
        check_expectations(subject, seed, result->summary);
        return;
    }
    if (subject->broken == 0 || seed < subject->broken_seed) {
        subject->broken_seed = seed;
        subject->status = result->status;
        snprintf(subject->message, sizeof subject->message, "%s", result->message);
    }
    subject->broken++;
}

/* --- the pool's side -------------------------------------------------------------------------- */

/* Run n of all: of which subject, and with which seed of its own. */
struct queue {
    struct subject *subjects;
    size_t subject_count;
    size_t total, next, done;
    size_t *first; /* of each subject */
    char (*seeds)[40];
    const char **sets; /* of run n at [n * set_count_max] */
    size_t set_count_max;
    const struct subject_playing *playing;
};

static struct subject *subject_of(const struct queue *queue, size_t run, size_t *index)
{
    size_t s = queue->subject_count - 1;
    while (run < queue->first[s]) {
        s--;
    }
    *index = run - queue->first[s];
    return &queue->subjects[s];
}

static bool next_job(void *context, struct job *job, size_t *index)
{
    struct queue *queue = context;
    if (queue->next == queue->total) {
        return false;
    }
    *index = queue->next++;
    size_t seed_index;
    const struct subject *subject = subject_of(queue, *index, &seed_index);
    const char **sets = queue->sets + *index * queue->set_count_max;
    for (size_t i = 0; i < subject->set_count; i++) {
        sets[i] = subject->sets[i];
    }
    snprintf(queue->seeds[*index], sizeof queue->seeds[0], "seed=%" PRIu64,
            subject->replications->seeds[seed_index]);
    sets[subject->set_count] = queue->seeds[*index];
    *job = (struct job){
        .program = subject->program,
        .scenario = subject->scenario->path,
        .set_count = subject->set_count + 1,
        .sets = sets,
    };
    return true;
}

static void job_ended(void *context, size_t index, struct job_result *result)
{
    struct queue *queue = context;
    size_t seed_index;
    struct subject *subject = subject_of(queue, index, &seed_index);
    take(subject, seed_index, result);
    queue->done++;
}

static bool is_stopped(void *context)
{
    const struct queue *queue = context;
    const struct subject_playing *playing = queue->playing;
    return playing->stopped != NULL && playing->stopped(playing->context);
}

static void show_progress(void *context)
{
    const struct queue *queue = context;
    const struct subject_playing *playing = queue->playing;
    if (playing->tick != NULL) {
        playing->tick(playing->context, queue->done, queue->total);
    }
}

static bool queue_init(struct queue *queue)
{
    queue->first = calloc(queue->subject_count + 1, sizeof *queue->first);
    if (queue->first == NULL) {
        return false;
    }
    for (size_t s = 0; s < queue->subject_count; s++) {
        queue->first[s] = queue->total;
        queue->total += queue->subjects[s].replications->count;
        if (queue->subjects[s].set_count + 1 > queue->set_count_max) {
            queue->set_count_max = queue->subjects[s].set_count + 1;
        }
    }
    queue->seeds = calloc(queue->total + 1, sizeof *queue->seeds);
    queue->sets = calloc(queue->total * queue->set_count_max + 1, sizeof *queue->sets);
    return queue->seeds != NULL && queue->sets != NULL;
}

bool subjects_play(struct subject *subjects, size_t count, const struct subject_playing *playing,
        char *error, size_t error_size)
{
    struct queue queue = { .subjects = subjects, .subject_count = count, .playing = playing };
    struct pool pool = {
        .workers = playing->workers,
        .context = &queue,
        .next = next_job,
        .finished = job_ended,
        .stopped = is_stopped,
        .tick = show_progress,
    };
    bool good = queue_init(&queue);
    if (!good) {
        snprintf(error, error_size, "out of memory");
    }
    good = good && pool_play(&pool, error, error_size);
    free(queue.first);
    free(queue.seeds);
    free(queue.sets);
    return good;
}
