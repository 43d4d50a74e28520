/* What the engine holds, shared by its own files only.
 * SPDX-License-Identifier: MIT
 */
#ifndef ENGINE_ENGINE_STATE_H
#define ENGINE_ENGINE_STATE_H

#include <stdalign.h>

#include "engine.h"
#include "event_queue.h"
#include "observe.h"
#include "run_memory.h"

#define ENGINE_LINE_BYTES 64u

enum {
    ENGINE_HANDLER_MAX = 256,
    ENGINE_OBSERVER_MAX = 16,
    ENGINE_PREPARED_KEPT = 8
};

/* Together, since a dispatched handler usually observes and schedules. */
struct engine_entity {
    uint64_t trace_hash;
    uint64_t sequence; /* events scheduled so far; 48 bits */
};

struct crew;

struct engine_handler {
    engine_event_fn *function;
    void *context;
    engine_prefetch_fn *prefetch; /* NULL: none */
};

struct engine_observer {
    engine_observer_fn *function;
    void *context;
};

/* What the run's own thread writes while others read the rest has lines of the cache to itself. */
struct engine {
    struct event_queue *queue;
    struct engine_entity *entities;
    sim_ns now_ns;
    uint64_t seed;
    uint16_t observers_of[OBSERVATION_KIND_COUNT]; /* of each kind, a bit each */
    uint32_t entity_count;
    uint32_t entity_capacity;
    uint32_t handler_count;
    uint32_t observer_count;
    bool running;
    bool stopping;
    engine_expect_fn *on_expect; /* NULL: none */
    void *on_expect_context;
    struct crew *crew; /* parts.c; NULL: one thread */
    alignas(ENGINE_LINE_BYTES) uint64_t dispatched;
    uint64_t layer_sums[LAYER_COUNT]; /* of hashes of observations, engine_layer_hash() */
    uint64_t time_sum;                /* engine_time_hash() */
    /* Whose memory was asked for last, in turn. An event waits while those of others are pushed and
     * taken before it, and comes to the place that is looked at again and again. */
    entity_id prepared[ENGINE_PREPARED_KEPT];
    uint32_t prepared_next;
    alignas(ENGINE_LINE_BYTES) struct run_memory memory;
    struct engine_handler handlers[ENGINE_HANDLER_MAX];
    struct engine_observer observers[ENGINE_OBSERVER_MAX];
};

/* The trace hash of an entity that nothing has been observed of. */
uint64_t engine_trace_hash_initial(entity_id entity);

/* To the observers of its kind. */
void engine_show(const struct engine *engine, const struct observation *observation);
/* The threads end. NULL: there are none. */
void engine_crew_destroy(struct crew *crew);

#endif
