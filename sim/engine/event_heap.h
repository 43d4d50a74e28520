/* A 4-ary heap of events, for the events of one instant that are too many to keep sorted.
 * SPDX-License-Identifier: MIT
 */
#ifndef ENGINE_EVENT_HEAP_H
#define ENGINE_EVENT_HEAP_H

#include <stddef.h>

#include "event_queue.h"
#include "run_memory.h"

struct event_heap {
    struct event *events;
    size_t count;
    size_t capacity;
    struct run_memory *memory;
};

/* A zeroed struct is an empty heap. */
void event_heap_finish(struct event_heap *heap);

void event_heap_push(struct event_heap *heap, const struct event *event);

/* The first event, NULL if there is none. Valid until the next push or pop. */
const struct event *event_heap_first(const struct event_heap *heap);

/* Takes the first event of a heap that is not empty. */
struct event event_heap_pop(struct event_heap *heap);

#endif
