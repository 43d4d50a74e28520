/* Parts of one event that several threads play at one time, with the results of one thread.
 * SPDX-License-Identifier: MIT
 *
 * A part is what one entity does in an event: the firmware of one receiver of a frame. It changes
 * what belongs to its entity, or to the thread that plays it, and reads what nothing changes
 * meanwhile. What it observes and schedules, for its own entity only, goes into an outbox of its
 * thread; outboxes are emptied on the run's own thread, in the order of the parts.
 *
 * A part that needs what all share takes its turn first (engine_take_turn()): from then to its end
 * it is as in a run with one thread, with all parts before it played and their outboxes empty.
 * Parts after it may be played meanwhile, but change nothing that it sees. So neither results nor
 * the order in which observers hear of them depend on the number of threads.
 */
#ifndef ENGINE_PARTS_H
#define ENGINE_PARTS_H

#include <stdatomic.h>

#include "engine.h"

#define ENGINE_THREADS_MAX 64u
#define ENGINE_PARTS_MAX   512u

/* How many threads play parts, the run's own included: 1 to ENGINE_THREADS_MAX; 1 where this is not
 * called. Once, before the first event; they end with the engine. False: the system starts no more
 * threads, or has no memory. */
bool engine_threads_start(struct engine *engine, unsigned threads);
unsigned engine_threads(const struct engine *engine);

/* The thread, 0 .. engine_threads() - 1, that plays all parts of the owner with this number; 0 is
 * the run's own. What it keeps for them has no other user during parts. */
unsigned engine_thread_of(const struct engine *engine, uint32_t number);

/* Plays `count` of the event's parts, in order: between engine_part_begin() and engine_part_end()
 * of each. */
typedef void engine_play_fn(void *context, const uint16_t *parts, uint32_t count);

/* Work that no one owns: whichever thread is free takes the next few of its items. It changes
 * nothing but what belongs to its items, or to the thread, and neither observes nor schedules. */
typedef void engine_work_fn(void *context, uint32_t from, uint32_t to, unsigned thread);

struct engine_work {
    uint32_t count; /* of items */
    engine_work_fn *work;
    void *context;
    atomic_uint taken, done; /* items; of the engine */
};

struct engine_parts {
    uint32_t count; /* at most ENGINE_PARTS_MAX */
    struct engine_part {
        entity_id entity; /* of which it observes and schedules */
        uint32_t number;  /* of its owner: engine_thread_of() */
    } part[ENGINE_PARTS_MAX];
    engine_play_fn *play;
    void *context;
    struct engine_work *then; /* what other threads turn to when they have played; NULL: nothing */
};

/* From a handler: other threads may begin; `then` too. The caller goes on with what changes nothing
 * that parts touch, as with getting the next ones ready. */
void engine_parts_start(struct engine *engine, const struct engine_parts *parts);
/* Between the two, where `then` is given: works on it too. Returns when all of it is done. */
void engine_work_finish(struct engine *engine, struct engine_work *work);
/* All of it, on all threads; outside parts, such as while a run is made. */
void engine_work_do(struct engine *engine, struct engine_work *work);
/* Plays what is left. Returns when all parts are played and all outboxes are empty. */
void engine_parts_finish(struct engine *engine, const struct engine_parts *parts);
void engine_part_begin(struct engine *engine, uint32_t part);
void engine_part_end(struct engine *engine, uint32_t part);

/* May this thread touch only what is its own? Not in a part whose turn it is, nor outside parts. */
bool engine_is_apart(void);
/* Waits for the turn of the part that this thread plays. Else, and where it is its turn, nothing
 * happens. */
void engine_take_turn(struct engine *engine);

#endif
