/* The discrete-event engine: entities, time-ordered events, trace hashes, observers.
 * SPDX-License-Identifier: MIT
 *
 * Order of events is total and independent of memory, workers and observers: (time, phase,
 * entity, per-entity sequence). Scheduling and dispatch allocate nothing once the queue has
 * grown to its working size. An engine that cannot get the memory to grow any more stops after the
 * event, with all of its state whole (run_memory.h).
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim_time.h"

struct engine;
struct run_memory;

typedef uint32_t entity_id; /* 0 is the engine itself; others by engine_entity_add() */

/* Among events of one instant, lower phases run first: what ends, before what is judged, before
 * what starts, before what computes. At most 16. */
enum sim_phase {
    SIM_PHASE_AIR_END,    /* frames end, receivers get them */
    SIM_PHASE_AIR_DETECT, /* preambles are detected */
    SIM_PHASE_AIR_START,  /* frames start */
    SIM_PHASE_GATEWAY,
    SIM_PHASE_NODE, /* alarms, chip edges, resumed firmware */
    SIM_PHASE_NETWORK,
    SIM_PHASE_CAMPAIGN,
    SIM_PHASE_WORLD /* progress, stop conditions */
};

typedef void engine_event_fn(void *context, sim_ns now_ns, entity_id entity, uint64_t argument);

/* `seed` keys every random stream of the run. NULL: out of memory. */
struct engine *engine_create(uint64_t seed);
void engine_destroy(struct engine *engine);

/* What models grow from while the run goes on. */
struct run_memory *engine_memory(struct engine *engine);
/* True: the system has no more; nothing is dispatched any more. */
bool engine_out_of_memory(const struct engine *engine);

uint64_t engine_seed(const struct engine *engine);
sim_ns engine_now(const struct engine *engine);
uint64_t engine_event_count(const struct engine *engine); /* dispatched so far */
size_t engine_pending(const struct engine *engine);

/* Adds `count` entities with consecutive ids, returns the first. Ids are dense from 1. */
entity_id engine_entity_add(struct engine *engine, uint32_t count);
uint32_t engine_entity_count(const struct engine *engine); /* entity 0 not counted */

/* Registers the handler of a kind of event; returns its number. At most 256. */
uint16_t engine_handler_add(struct engine *engine, engine_event_fn *function, void *context);

/* Optional: called a few events before an event of this handler is likely to be dispatched, or
 * several times, or never. It may start to bring memory into the cache and do nothing else. */
typedef void engine_prefetch_fn(void *context, entity_id entity, uint64_t argument);
void engine_handler_prefetch(struct engine *engine, uint16_t handler, engine_prefetch_fn *function);
/* Was the entity one of the last for which a handler's prefetch was called? */
bool engine_has_prepared(const struct engine *engine, entity_id entity);

/* Schedules an event at `at_ns` (asserted: not before now, not SIM_NS_NEVER) on behalf of
 * `entity`. Events are never cancelled: a handler ignores one that time has overtaken. */
void engine_schedule(struct engine *engine, sim_ns at_ns, enum sim_phase phase, entity_id entity,
        uint16_t handler, uint64_t argument);

/* Time of the next pending event, SIM_NS_NEVER if none. */
sim_ns engine_peek(struct engine *engine);

/* Dispatches events up to and including `until_ns`, then sets now to it; returns early, with now
 * at the last event, after engine_stop() or where memory ended. Returns true when it was not
 * stopped. */
bool engine_run(struct engine *engine, sim_ns until_ns);
/* The same, but at most `events` (at least 1) of them: after that many it returns false, with now
 * at the last one, even if no other is due. */
bool engine_run_events(struct engine *engine, sim_ns until_ns, uint64_t events);
void engine_stop(struct engine *engine); /* from a handler */

#endif
