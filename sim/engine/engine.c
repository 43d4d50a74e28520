/* The discrete-event engine: dispatches events in the order of time, phase, entity and sequence.
 * SPDX-License-Identifier: MIT
 */
#include "engine.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "engine_state.h"
#include "outbox.h"
#include "prefetch.h"

/* An event's order is phase, then entity; its tail is the entity's sequence number, with the
 * handler in the low bits: those never decide, since no sequence number occurs twice. */
enum {
    ORDER_PHASE_SHIFT = 32,
    TAIL_HANDLER_BITS = 16,
    PHASE_MAX = 15
};

enum {
    ENTITY_FIRST_CAPACITY = 64,
    PREFETCH_SKIP = 2
};

struct engine *engine_create(uint64_t seed)
{
    struct engine *engine = aligned_alloc(ENGINE_LINE_BYTES, sizeof *engine);
    if (engine == NULL) {
        return NULL;
    }
    memset(engine, 0, sizeof *engine);
    engine->seed = seed;
    bool reserved = run_memory_init(&engine->memory);
    engine->queue = event_queue_create(&engine->memory);
    engine->entities = calloc(ENTITY_FIRST_CAPACITY, sizeof *engine->entities);
    if (!reserved || engine->queue == NULL || engine->entities == NULL) {
        engine_destroy(engine);
        return NULL;
    }
    engine->entity_capacity = ENTITY_FIRST_CAPACITY;
    engine->entity_count = 1; /* the engine itself */
    engine->entities[0].trace_hash = engine_trace_hash_initial(0);
    return engine;
}

void engine_destroy(struct engine *engine)
{
    if (engine == NULL) {
        return;
    }
    assert(!engine->running); /* not from a handler */
    engine_crew_destroy(engine->crew);
    event_queue_destroy(engine->queue);
    free(engine->entities);
    run_memory_finish(&engine->memory);
    free(engine);
}

struct run_memory *engine_memory(struct engine *engine)
{
    return &engine->memory;
}

bool engine_out_of_memory(const struct engine *engine)
{
    return engine->memory.exhausted;
}

uint64_t engine_seed(const struct engine *engine)
{
    return engine->seed;
}

sim_ns engine_now(const struct engine *engine)
{
    return engine->now_ns;
}

uint64_t engine_event_count(const struct engine *engine)
{
    return engine->dispatched;
}

size_t engine_pending(const struct engine *engine)
{
    return event_queue_count(engine->queue);
}

static void entities_grow(struct engine *engine, uint32_t count)
{
    uint64_t capacity = engine->entity_capacity;
    assert(count > capacity);
    while (capacity < count) {
        capacity *= 2;
    }
    capacity = capacity > UINT32_MAX ? UINT32_MAX : capacity;
    engine->entities = run_memory_grow(
            &engine->memory, engine->entities, (size_t)capacity * sizeof *engine->entities);
    engine->entity_capacity = (uint32_t)capacity;
}

entity_id engine_entity_add(struct engine *engine, uint32_t count)
{
    assert(count <= UINT32_MAX - engine->entity_count);
    entity_id first = engine->entity_count;
    if (first + count > engine->entity_capacity) {
        entities_grow(engine, first + count);
    }
    for (entity_id id = first; id < first + count; id++) {
        engine->entities[id] = (struct engine_entity){ engine_trace_hash_initial(id), 0 };
    }
    engine->entity_count = first + count;
    assert(engine->entity_count <= engine->entity_capacity);
    return first;
}

uint32_t engine_entity_count(const struct engine *engine)
{
    assert(engine->entity_count > 0); /* the engine itself */
    return engine->entity_count - 1;
}

uint16_t engine_handler_add(struct engine *engine, engine_event_fn *function, void *context)
{
    assert(function != NULL);
    assert(engine->handler_count < ENGINE_HANDLER_MAX);
    engine->handlers[engine->handler_count] = (struct engine_handler){ function, context, NULL };
    return (uint16_t)engine->handler_count++;
}

void engine_handler_prefetch(struct engine *engine, uint16_t handler, engine_prefetch_fn *function)
{
    assert(handler < engine->handler_count);
    assert(function != NULL);
    engine->handlers[handler].prefetch = function;
}

void engine_expect(const struct engine *engine, entity_id entity, enum observation_kind kind)
{
    assert(entity < engine->entity_count);
    prefetch_write(&engine->entities[entity]);
    if (engine->on_expect != NULL) {
        engine->on_expect(engine->on_expect_context, entity, kind);
    }
}

void engine_on_expect(struct engine *engine, engine_expect_fn *function, void *context)
{
    assert(engine->on_expect == NULL && function != NULL);
    engine->on_expect = function;
    engine->on_expect_context = context;
}

void engine_schedule(struct engine *engine, sim_ns at_ns, enum sim_phase phase, entity_id entity,
        uint16_t handler, uint64_t argument)
{
    assert(at_ns >= engine->now_ns);
    assert(at_ns != SIM_NS_NEVER);
    assert((uint32_t)phase <= PHASE_MAX);
    assert(entity < engine->entity_count);
    assert(handler < engine->handler_count);
    uint64_t order = (uint64_t)phase << ORDER_PHASE_SHIFT | entity;
    uint64_t tail = engine->entities[entity].sequence++ << TAIL_HANDLER_BITS | handler;
    struct outbox *outbox = outbox_here;
    if (outbox == NULL) {
        event_queue_push(engine->queue, (uint64_t)at_ns, order, tail, argument);
    } else {
        assert(entity == outbox->entity);
        const struct event event = { (uint64_t)at_ns, order, tail, argument };
        outbox_event(outbox, &engine->memory, &event);
    }
}

sim_ns engine_peek(struct engine *engine)
{
    uint64_t first_ns = event_queue_first_ns(engine->queue);
    assert(first_ns >= (uint64_t)engine->now_ns);
    return first_ns > (uint64_t)SIM_NS_NEVER ? SIM_NS_NEVER : (sim_ns)first_ns;
}

static inline const struct engine_handler *handler_of(
        const struct engine *engine, const struct event *event)
{
    assert((event->tail & ((1u << TAIL_HANDLER_BITS) - 1)) < engine->handler_count);
    return &engine->handlers[event->tail & ((1u << TAIL_HANDLER_BITS) - 1)];
}

bool engine_has_prepared(const struct engine *engine, entity_id entity)
{
    assert(entity < engine->entity_count);
    bool found = false;
    for (uint32_t i = 0; i < ENGINE_PREPARED_KEPT; i++) { /* no branch: it is vectorised */
        found |= engine->prepared[i] == entity;
    }
    return found;
}

/* Events of one entity mostly come in bursts: those after the first find its memory in the cache
 * and need no preparation. Looking PREFETCH_SKIP events past the next one gives the memory time to
 * arrive, and finds the first of a burst after the last ones of another. */
static inline void prepare(struct engine *engine, entity_id now_served)
{
    const struct event *hint = event_queue_hint(engine->queue, PREFETCH_SKIP);
    if (hint == NULL || (entity_id)hint->order == now_served
            || engine_has_prepared(engine, (entity_id)hint->order)) {
        return;
    }
    entity_id entity = (entity_id)hint->order;
    assert(engine->prepared_next < ENGINE_PREPARED_KEPT);
    prefetch_write(&engine->entities[entity]);
    const struct engine_handler *handler = handler_of(engine, hint);
    if (handler->prefetch != NULL) {
        engine->prepared[engine->prepared_next] = entity;
        engine->prepared_next = (engine->prepared_next + 1) % ENGINE_PREPARED_KEPT;
        handler->prefetch(handler->context, entity, hint->argument);
    }
}

static inline void dispatch(struct engine *engine, const struct event *event)
{
    /* The event's memory is the queue's: read it before the handler may schedule. */
    const struct engine_handler *handler = handler_of(engine, event);
    sim_ns now_ns = (sim_ns)event->at_ns;
    entity_id entity = (entity_id)event->order;
    uint64_t argument = event->argument;
    assert(engine->running);
    assert(now_ns >= engine->now_ns);
    engine->now_ns = now_ns;
    engine->dispatched++;
    prepare(engine, entity);
    handler->function(handler->context, now_ns, entity, argument);
}

bool engine_run_events(struct engine *engine, sim_ns until_ns, uint64_t events)
{
    assert(until_ns >= engine->now_ns);
    assert(events > 0);
    assert(!engine->running);
    uint64_t left = events;
    bool reached = false;
    engine->running = true;
    engine->stopping = false;
    while (!engine->stopping && !engine->memory.exhausted && left > 0) {
        const struct event *event = event_queue_pop(engine->queue, (uint64_t)until_ns);
        if (event == NULL) {
            engine->now_ns = until_ns;
            reached = true;
            break;
        }
        dispatch(engine, event);
        left--;
    }
    engine->running = false;
    return reached;
}

bool engine_run(struct engine *engine, sim_ns until_ns)
{
    assert(until_ns >= 0);
    return engine_run_events(engine, until_ns, UINT64_MAX);
}

void engine_stop(struct engine *engine)
{
    assert(engine->running);
    engine->stopping = true;
}
