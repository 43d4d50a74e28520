/* The threads of a run: they play parts of one event, and wait for the next.
 * SPDX-License-Identifier: MIT
 *
 * Which thread plays a part depends on its owner's number alone, so what a thread keeps for its
 * owners needs no lock. The run's own thread plays its share first; then it goes through all parts
 * in order, waits for each to be played, and empties its outbox. A part of another thread that
 * takes its turn waits until it is reached there; one of the run's own thread goes through those
 * before it by itself.
 */
#include "parts.h"

#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "engine_state.h"
#include "outbox.h"

/* Fewer parts are played on the run's own thread: to wake another one costs more. */
#define PARTS_WORTH_WAKING 8u
/* And where there is shared work, fewer of its items. */
#define ITEMS_WORTH_WAKING 64u
/* Items of shared work that a thread takes at one time. */
#define ITEMS_TOGETHER 16u
/* A thread looks this often whether it can go on before it lets others run, or sleeps: some 100 us
 * where a pause takes 28 ns. */
#define LOOKS 4000u

enum share_state {
    SHARE_ENDED, /* or taken back */
    SHARE_GIVEN,
    SHARE_TAKEN
};

/* What belongs to one thread. The first members are written by it and read by the run's own, or the
 * other way; the rest is looked at by others only when it waits or has ended its share. */
struct mate {
    alignas(ENGINE_LINE_BYTES) atomic_uint played; /* all of its parts below this one */
    atomic_uint state;                             /* enum share_state, of its last share */
    atomic_uint waits;                             /* part + 1 that waits for its turn; 0: none */
    alignas(ENGINE_LINE_BYTES) atomic_uint share;  /* counts the shares that it was given */
    atomic_uint granted;                           /* part + 1 whose turn it is */
    alignas(ENGINE_LINE_BYTES) struct crew *crew;
    uint32_t part; /* that it plays */
    uint32_t count;
    uint16_t list[ENGINE_PARTS_MAX]; /* its share */
    struct outbox outbox;
    /* Written by the run's own thread for each part, as the outbox is by the other. */
    alignas(ENGINE_LINE_BYTES) struct outbox_mark emptied; /* of its outbox, up to here */
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    bool asleep; /* under the mutex */
};

struct crew {
    struct engine *engine;
    unsigned threads; /* started so far, the run's own included */
    atomic_bool over;
    const struct engine_parts *parts; /* being played; NULL: none are */
    /* All parts before this one are played and emptied. */
    alignas(ENGINE_LINE_BYTES) uint32_t reached;
    alignas(ENGINE_LINE_BYTES) struct outbox_mark
            ends[ENGINE_PARTS_MAX]; /* of the outbox of a part's thread */
    struct mate mates[ENGINE_THREADS_MAX];
};

/* The thread that this is, while it plays its share. */
static _Thread_local struct mate *mate_here;

/* --- waiting ---------------------------------------------------------------------------------- */

static inline void pause_shortly(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

/* Between two looks: after many of them others get the processor. */
static void look_again(unsigned *looks)
{
    if (++*looks % LOOKS == 0) {
        (void)sched_yield();
    } else {
        pause_shortly();
    }
}

static void sleep_until_given(struct mate *mate, unsigned before)
{
    assert(mate != &mate->crew->mates[0]); /* the run's own never sleeps */
    (void)pthread_mutex_lock(&mate->mutex);
    mate->asleep = true;
    while (atomic_load(&mate->share) == before) {
        (void)pthread_cond_wait(&mate->wake, &mate->mutex);
    }
    mate->asleep = false;
    (void)pthread_mutex_unlock(&mate->mutex);
}

static void wait_for_share(struct mate *mate, unsigned before)
{
    for (unsigned looks = 0; looks < LOOKS; looks++) {
        if (atomic_load_explicit(&mate->share, memory_order_acquire) != before) {
            return;
        }
        pause_shortly();
    }
    sleep_until_given(mate, before);
}

static void give_share(struct mate *mate)
{
    atomic_store_explicit(&mate->state, SHARE_GIVEN, memory_order_release);
    atomic_fetch_add(&mate->share, 1);
    (void)pthread_mutex_lock(&mate->mutex);
    if (mate->asleep) {
        (void)pthread_cond_signal(&mate->wake);
    }
    (void)pthread_mutex_unlock(&mate->mutex);
}

/* False: it was taken back. */
static bool take_share(struct mate *mate)
{
    unsigned given = SHARE_GIVEN;
    assert(mate_here == NULL);
    return atomic_compare_exchange_strong(&mate->state, &given, SHARE_TAKEN);
}

/* --- shared work ------------------------------------------------------------------------------ */

static void work_on(struct engine_work *work, unsigned thread)
{
    assert(outbox_here == NULL && mate_here == NULL);
    assert(thread < ENGINE_THREADS_MAX);
    for (;;) {
        uint32_t from =
                atomic_fetch_add_explicit(&work->taken, ITEMS_TOGETHER, memory_order_relaxed);
        if (from >= work->count) {
            return;
        }
        uint32_t left = work->count - from;
        uint32_t count = left < ITEMS_TOGETHER ? left : ITEMS_TOGETHER;
        work->work(work->context, from, from + count, thread);
        atomic_fetch_add_explicit(&work->done, count, memory_order_release);
    }
}

void engine_work_finish(struct engine *engine, struct engine_work *work)
{
    unsigned looks = 0;
    assert(work->work != NULL && work->count > 0);
    if (engine->crew == NULL) {
        work->work(work->context, 0, work->count, 0);
        return;
    }
    work_on(work, 0);
    while (atomic_load_explicit(&work->done, memory_order_acquire) < work->count) {
        look_again(&looks);
    }
    assert(atomic_load(&work->done) == work->count);
}

/* --- playing ---------------------------------------------------------------------------------- */

static void play_share(struct mate *mate)
{
    const struct engine_parts *parts = mate->crew->parts;
    assert(mate->count <= parts->count);
    assert(mate_here == NULL && outbox_here == NULL);
    mate_here = mate;
    parts->play(parts->context, mate->list, mate->count);
    mate_here = NULL;
    assert(outbox_here == NULL);
}

static void *mate_main(void *context)
{
    struct mate *mate = context;
    unsigned share = 0;
    for (;;) {
        wait_for_share(mate, share);
        share = atomic_load(&mate->share);
        if (atomic_load(&mate->crew->over)) {
            return NULL;
        }
        if (take_share(mate)) {
            play_share(mate);
            if (mate->crew->parts->then != NULL) {
                work_on(mate->crew->parts->then, (unsigned)(mate - mate->crew->mates));
            }
            atomic_store_explicit(&mate->state, SHARE_ENDED, memory_order_release);
        }
    }
}

void engine_part_begin(struct engine *engine, uint32_t part)
{
    struct mate *mate = mate_here;
    if (mate == NULL) {
        return; /* one thread plays them all */
    }
    assert(outbox_here == NULL);
    assert(part < engine->crew->parts->count);
    mate->part = part;
    mate->outbox.entity = engine->crew->parts->part[part].entity;
    outbox_here = &mate->outbox;
}

void engine_part_end(struct engine *engine, uint32_t part)
{
    struct mate *mate = mate_here;
    if (mate == NULL) {
        return;
    }
    assert(mate->part == part);
    assert(outbox_here == NULL || outbox_here == &mate->outbox);
    outbox_here = NULL;
    engine->crew->ends[part] = mate->outbox.end;
    atomic_store_explicit(&mate->played, part + 1, memory_order_release);
}

/* --- in order --------------------------------------------------------------------------------- */

static void empty(struct engine *engine, struct mate *mate, struct outbox_mark end)
{
    struct outbox *outbox = &mate->outbox;
    assert(outbox_here == NULL);
    for (; mate->emptied.events < end.events; mate->emptied.events++) {
        const struct event *event = outbox_event_at(outbox, mate->emptied.events);
        event_queue_push(engine->queue, event->at_ns, event->order, event->tail, event->argument);
    }
    for (; mate->emptied.observations < end.observations; mate->emptied.observations++) {
        engine_show(engine, outbox_observation_at(outbox, mate->emptied.observations));
    }
}

/* The thread is in the part that is reached, and takes its turn. */
static void grant(struct engine *engine, struct mate *mate, uint32_t part)
{
    assert(engine->crew->reached == part);
    empty(engine, mate, mate->outbox.end);
    atomic_store_explicit(&mate->granted, part + 1, memory_order_release);
}

static void wait_until_played(struct engine *engine, struct mate *mate, uint32_t part)
{
    unsigned looks = 0;
    bool granted = false;
    while (atomic_load_explicit(&mate->played, memory_order_acquire) <= part) {
        if (!granted && atomic_load_explicit(&mate->waits, memory_order_acquire) == part + 1) {
            grant(engine, mate, part);
            granted = true;
        }
        look_again(&looks);
    }
}

/* Up to the part `end`, which it does not reach. */
static void go_through(struct crew *crew, uint32_t end)
{
    assert(end <= crew->parts->count);
    assert(outbox_here == NULL);
    for (; crew->reached < end; crew->reached++) {
        uint32_t part = crew->reached;
        struct mate *mate =
                &crew->mates[engine_thread_of(crew->engine, crew->parts->part[part].number)];
        wait_until_played(crew->engine, mate, part);
        empty(crew->engine, mate, crew->ends[part]);
    }
}

bool engine_is_apart(void)
{
    return outbox_here != NULL;
}

void engine_take_turn(struct engine *engine)
{
    struct mate *mate = mate_here;
    if (outbox_here == NULL) {
        return;
    }
    assert(mate != NULL);
    outbox_here = NULL;
    if (mate == &engine->crew->mates[0]) {
        go_through(engine->crew, mate->part);
        assert(engine->crew->reached == mate->part);
        empty(engine, mate, mate->outbox.end);
        return;
    }
    unsigned looks = 0;
    atomic_store_explicit(&mate->waits, mate->part + 1, memory_order_release);
    while (atomic_load_explicit(&mate->granted, memory_order_acquire) != mate->part + 1) {
        look_again(&looks);
    }
}

/* --- all of it -------------------------------------------------------------------------------- */

unsigned engine_threads(const struct engine *engine)
{
    return engine->crew != NULL ? engine->crew->threads : 1;
}

static void play_alone(const struct engine_parts *parts)
{
    uint16_t list[ENGINE_PARTS_MAX];
    assert(parts->count <= ENGINE_PARTS_MAX);
    for (uint32_t i = 0; i < parts->count; i++) {
        list[i] = (uint16_t)i;
    }
    if (parts->count > 0) {
        parts->play(parts->context, list, parts->count);
    }
}

static void deal(struct crew *crew, const struct engine_parts *parts)
{
    assert(crew->parts == NULL); /* parts have no parts */
    crew->parts = parts;
    crew->reached = 0;
    for (unsigned i = 0; i < crew->threads; i++) {
        struct mate *mate = &crew->mates[i];
        mate->count = 0;
        mate->emptied = mate->outbox.end = (struct outbox_mark){ 0 };
        atomic_store_explicit(&mate->played, 0, memory_order_relaxed);
        atomic_store_explicit(&mate->waits, 0, memory_order_relaxed);
        atomic_store_explicit(&mate->granted, 0, memory_order_relaxed);
    }
    for (uint32_t part = 0; part < parts->count; part++) {
        struct mate *mate = &crew->mates[engine_thread_of(crew->engine, parts->part[part].number)];
        mate->list[mate->count++] = (uint16_t)part;
    }
}

/* What was hashed apart. */
static void add_sums(struct crew *crew)
{
    for (unsigned i = 0; i < crew->threads; i++) {
        struct outbox *outbox = &crew->mates[i].outbox;
        assert(crew->mates[i].emptied.events == outbox->end.events);
        assert(crew->mates[i].emptied.observations == outbox->end.observations);
        for (unsigned layer = 0; layer < LAYER_COUNT; layer++) {
            crew->engine->layer_sums[layer] += outbox->layer_sums[layer];
            outbox->layer_sums[layer] = 0;
        }
        crew->engine->time_sum += outbox->time_sum;
        outbox->time_sum = 0;
        outbox->end = (struct outbox_mark){ 0 };
    }
}

static bool are_played_alone(const struct engine *engine, const struct engine_parts *parts)
{
    assert(parts->count <= ENGINE_PARTS_MAX && parts->play != NULL);
    assert(mate_here == NULL);
    bool long_work = parts->then != NULL && parts->then->count >= ITEMS_WORTH_WAKING;
    return engine->crew == NULL || (parts->count < PARTS_WORTH_WAKING && !long_work);
}

static void wait_until_ended(struct mate *mate)
{
    unsigned looks = 0, given = SHARE_GIVEN;
    assert(mate != &mate->crew->mates[0]); /* the run's own is this one */
    if (mate->count == 0) { /* what it could help with is done: taken back if it has not begun */
        (void)atomic_compare_exchange_strong(&mate->state, &given, SHARE_ENDED);
    }
    while (atomic_load_explicit(&mate->state, memory_order_acquire) != SHARE_ENDED) {
        look_again(&looks);
    }
}

void engine_parts_start(struct engine *engine, const struct engine_parts *parts)
{
    struct crew *crew = engine->crew;
    if (parts->then != NULL) {
        atomic_store_explicit(&parts->then->taken, 0, memory_order_relaxed);
        atomic_store_explicit(&parts->then->done, 0, memory_order_relaxed);
    }
    if (are_played_alone(engine, parts)) {
        return;
    }
    deal(crew, parts);
    for (unsigned i = 1; i < crew->threads; i++) {
        if (crew->mates[i].count > 0 || parts->then != NULL) {
            give_share(&crew->mates[i]);
        }
    }
}

void engine_parts_finish(struct engine *engine, const struct engine_parts *parts)
{
    struct crew *crew = engine->crew;
    if (are_played_alone(engine, parts)) {
        play_alone(parts);
        return;
    }
    assert(crew->parts == parts);
    play_share(&crew->mates[0]);
    go_through(crew, parts->count);
    for (unsigned i = 1; i < crew->threads; i++) {
        wait_until_ended(&crew->mates[i]);
    }
    add_sums(crew);
    crew->parts = NULL;
}

/* Signals that are meant for the process go to threads that others made; the faults of a part are
 * its own. */
static bool start(struct mate *mate)
{
    static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGVTALRM };
    sigset_t blocked, before;
    assert(mate != &mate->crew->mates[0]); /* that is the run's own */
    (void)sigfillset(&blocked);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        (void)sigdelset(&blocked, faults[i]);
    }
    (void)pthread_sigmask(SIG_SETMASK, &blocked, &before);
    bool started = pthread_create(&mate->thread, NULL, mate_main, mate) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

static void crew_init(struct crew *crew, struct engine *engine)
{
    memset(crew, 0, sizeof *crew);
    crew->engine = engine;
    crew->threads = 1;
    for (unsigned i = 0; i < ENGINE_THREADS_MAX; i++) {
        crew->mates[i].crew = crew;
        (void)pthread_mutex_init(&crew->mates[i].mutex, NULL);
        (void)pthread_cond_init(&crew->mates[i].wake, NULL);
    }
}

bool engine_threads_start(struct engine *engine, unsigned threads)
{
    assert(threads >= 1 && threads <= ENGINE_THREADS_MAX);
    assert(engine->crew == NULL && engine->dispatched == 0);
    if (threads == 1) {
        return true;
    }
    struct crew *crew = aligned_alloc(ENGINE_LINE_BYTES, sizeof *crew);
    if (crew == NULL) {
        return false;
    }
    crew_init(crew, engine);
    engine->crew = crew;
    while (crew->threads < threads) {
        if (!start(&crew->mates[crew->threads])) {
            return false;
        }
        crew->threads++;
    }
    return true;
}

void engine_crew_destroy(struct crew *crew)
{
    if (crew == NULL) {
        return;
    }
    atomic_store(&crew->over, true);
    for (unsigned i = 1; i < crew->threads; i++) {
        give_share(&crew->mates[i]);
        (void)pthread_join(crew->mates[i].thread, NULL);
    }
    for (unsigned i = 0; i < ENGINE_THREADS_MAX; i++) {
        outbox_finish(&crew->mates[i].outbox);
        (void)pthread_mutex_destroy(&crew->mates[i].mutex);
        (void)pthread_cond_destroy(&crew->mates[i].wake);
    }
    free(crew);
}
