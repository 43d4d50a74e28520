/* The pending events of a run, taken out in one total order.
 * SPDX-License-Identifier: MIT
 *
 * A radix tree over the 64-bit instant, opened only where time has come: a pending event lies in
 * an unsorted slot named by the highest 6-bit digit in which its instant differs from the
 * present, and that digit's value. The earliest slot is spread over finer slots, or, when it holds
 * few events or a single instant, sorted into the "near" set from which events are taken. So an
 * event moves at most once per level, however skewed or bursty the instants are, and nothing has
 * to be tuned to them.
 */
#ifndef ENGINE_EVENT_QUEUE_H
#define ENGINE_EVENT_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Ordered by at_ns, then order, then tail. The caller makes the three unique together. */
struct event {
    uint64_t at_ns; /* below 2^63 */
    uint64_t order;
    uint64_t tail;
    uint64_t argument; /* carried along, not part of the order */
};

_Static_assert(sizeof(struct event) == 32, "two events to a cache line");

static inline bool event_before(const struct event *a, const struct event *b)
{
    if (a->at_ns != b->at_ns) {
        return a->at_ns < b->at_ns;
    }
    return a->order != b->order ? a->order < b->order : a->tail < b->tail;
}

struct event_queue;
struct run_memory;

/* NULL: out of memory. It grows from `memory` (run_memory.h). */
struct event_queue *event_queue_create(struct run_memory *memory);
void event_queue_destroy(struct event_queue *queue);

size_t event_queue_count(const struct event_queue *queue);

/* Adds an event, not before the last one taken (asserted). */
void event_queue_push(struct event_queue *queue, uint64_t at_ns, uint64_t order, uint64_t tail,
        uint64_t argument);

/* Takes the first event if it is due at `limit_ns` or before, else returns NULL. What it points
 * to is valid until the next push or pop. Afterwards nothing before it may be pushed. */
const struct event *event_queue_pop(struct event_queue *queue, uint64_t limit_ns);

/* Instant of the first event, UINT64_MAX if there is none. Moves nothing. */
uint64_t event_queue_first_ns(const struct event_queue *queue);

/* An event that is likely to come after `skip` others, to bring its owner's memory into the cache;
 * NULL if not known. */
const struct event *event_queue_hint(const struct event_queue *queue, size_t skip);

#endif
