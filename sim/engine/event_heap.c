/* A 4-ary heap of events: shallow, and a node's children share two cache lines.
 * SPDX-License-Identifier: MIT
 */
#include "event_heap.h"

#include <assert.h>
#include <stdlib.h>

enum {
    HEAP_ARITY = 4,
    HEAP_FIRST_CAPACITY = 256
};

void event_heap_finish(struct event_heap *heap)
{
    free(heap->events);
    *heap = (struct event_heap){ 0 };
}

static void heap_grow(struct event_heap *heap)
{
    assert(heap->count == heap->capacity);
    size_t capacity = heap->capacity == 0 ? HEAP_FIRST_CAPACITY : heap->capacity * 2;
    heap->events = run_memory_grow(heap->memory, heap->events, capacity * sizeof *heap->events);
    heap->capacity = capacity;
}

void event_heap_push(struct event_heap *heap, const struct event *event)
{
    struct event added = *event; /* it may lie in the array that moves */
    if (heap->count == heap->capacity) {
        heap_grow(heap);
    }
    size_t hole = heap->count++;
    while (hole > 0) {
        size_t parent = (hole - 1) / HEAP_ARITY;
        if (!event_before(&added, &heap->events[parent])) {
            break;
        }
        heap->events[hole] = heap->events[parent];
        hole = parent;
    }
    assert(hole < heap->count);
    heap->events[hole] = added;
}

const struct event *event_heap_first(const struct event_heap *heap)
{
    assert(heap->count <= heap->capacity);
    return heap->count == 0 ? NULL : &heap->events[0];
}

/* The first of the children of `node`, which has at least one. */
static size_t heap_first_child(const struct event_heap *heap, size_t node)
{
    size_t first = node * HEAP_ARITY + 1;
    assert(first < heap->count);
    size_t end = first + HEAP_ARITY < heap->count ? first + HEAP_ARITY : heap->count;
    for (size_t child = first + 1; child < end; child++) {
        if (event_before(&heap->events[child], &heap->events[first])) {
            first = child;
        }
    }
    return first;
}

struct event event_heap_pop(struct event_heap *heap)
{
    assert(heap->count > 0);
    struct event taken = heap->events[0];
    struct event last = heap->events[--heap->count];
    assert(!event_before(&last, &taken));
    size_t hole = 0;
    while (hole * HEAP_ARITY + 1 < heap->count) {
        size_t child = heap_first_child(heap, hole);
        if (!event_before(&heap->events[child], &last)) {
            break;
        }
        heap->events[hole] = heap->events[child];
        hole = child;
    }
    heap->events[hole] = last;
    return taken;
}
