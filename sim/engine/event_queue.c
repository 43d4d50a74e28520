/* The pending events of a run: a radix tree over time, opened only where time has come.
 * SPDX-License-Identifier: MIT
 *
 * Invariants:
 *  - `near` holds every event below near_end_ns, slots every other one;
 *  - an instant x in a slot has its highest digit that differs from base_ns at the slot's level,
 *    and that digit is the slot's; so levels, then digits, then the slots' contents are in order;
 *  - no slot below near_level holds anything: near covers what they would;
 *  - floor_ns, the instant last taken, lies in the span of near: everything pushed is at or
 *    after it, so base_ns may be moved up to it.
 */
#include "event_queue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "event_heap.h"
#include "event_sort.h"
#include "prefetch.h"

enum {
    DIGIT_BITS = 6,
    DIGIT_COUNT = 1 << DIGIT_BITS,
    LEVEL_COUNT = 11, /* of 6 bits: 63 bits and a little */
    CHUNK_EVENTS = 15,
    LOAD_MAX = 48,  /* a slot of at most so many events is sorted at once */
    NEAR_MAX = 192, /* beyond it, near gives up part of its span */
    SLAB_CHUNKS_MIN = 128,
    SLAB_CHUNKS_MAX = 4096
};

struct chunk {
    struct chunk *next;
    void *slab;         /* of the first chunk of a slab: what to free */
    uint64_t unused[2]; /* events start on a half cache line and never straddle two */
    struct event events[CHUNK_EVENTS];
};

_Static_assert(sizeof(struct chunk) == 512, "eight cache lines to a chunk");

/* Chunks from the head on; all but the head are full, the head is filled from its end. */
struct slot {
    struct chunk *head;
    uint64_t min_ns, max_ns;
    uint32_t count;
    uint32_t room; /* free places of the head */
};

static const struct slot slot_empty = { .min_ns = UINT64_MAX };

struct event_queue {
    size_t count;
    struct run_memory *memory;
    /* Near: sorted, first event last. It takes single events up to NEAR_MAX, more only when a
     * slot of one instant is loaded; those that come to that instant later go to `same`. */
    struct event *near;
    size_t near_count;
    size_t near_capacity;
    uint32_t near_level;
    uint64_t near_end_ns;
    uint64_t base_ns;
    uint64_t floor_ns;
    struct event_heap same;
    struct event taken_from_same;

    uint64_t level_mask;              /* of levels that hold something */
    uint64_t digit_mask[LEVEL_COUNT]; /* of slots that do */
    struct chunk *free_chunks;
    struct chunk *slabs; /* first chunk of each, kept to free them */
    size_t slab_chunks;

    struct slot slots[LEVEL_COUNT][DIGIT_COUNT];
};

struct event_queue *event_queue_create(struct run_memory *memory)
{
    struct event_queue *queue = calloc(1, sizeof *queue);
    if (queue == NULL) {
        return NULL;
    }
    for (size_t level = 0; level < LEVEL_COUNT; level++) {
        for (size_t digit = 0; digit < DIGIT_COUNT; digit++) {
            queue->slots[level][digit] = slot_empty;
        }
    }
    queue->near = malloc(NEAR_MAX * sizeof *queue->near);
    if (queue->near == NULL) {
        free(queue);
        return NULL;
    }
    queue->memory = memory;
    queue->same.memory = memory;
    queue->near_capacity = NEAR_MAX;
    queue->near_end_ns = 1;
    queue->slab_chunks = SLAB_CHUNKS_MIN;
    return queue;
}

void event_queue_destroy(struct event_queue *queue)
{
    if (queue == NULL) {
        return;
    }
    assert(queue->near != NULL);
    while (queue->slabs != NULL) {
        struct chunk *slab = queue->slabs;
        queue->slabs = slab->next;
        free(slab->slab);
    }
    event_heap_finish(&queue->same);
    free(queue->near);
    free(queue);
}

size_t event_queue_count(const struct event_queue *queue)
{
    assert(queue->count >= queue->near_count + queue->same.count);
    return queue->count;
}

/* Level of the highest digit in which two different instants differ. */
static inline uint32_t level_of(uint64_t difference)
{
    assert(difference != 0);
    uint32_t bit = 63u - (uint32_t)__builtin_clzll(difference);
    return bit / DIGIT_BITS;
}

static inline uint32_t digit_of(uint64_t at_ns, uint32_t level)
{
    assert(level < LEVEL_COUNT);
    return (uint32_t)(at_ns >> (DIGIT_BITS * level)) & (DIGIT_COUNT - 1);
}

/* The end of the span around `at_ns` that one slot of `level` covers. */
static inline uint64_t span_end_ns(uint64_t at_ns, uint32_t level)
{
    assert(level < LEVEL_COUNT);
    uint64_t mask = (UINT64_C(1) << (DIGIT_BITS * level)) - 1;
    return (at_ns | mask) + 1;
}

/* Each slab is bigger than the one before, up to 2 MiB: few calls, little waste. */
static void add_slab(struct event_queue *queue)
{
    size_t chunk_count = queue->slab_chunks;
    assert(queue->free_chunks == NULL);
    assert(chunk_count >= SLAB_CHUNKS_MIN && chunk_count <= SLAB_CHUNKS_MAX);
    size_t alignment = sizeof(struct chunk);
    void *block = run_memory_grow(
            queue->memory, NULL, chunk_count * sizeof(struct chunk) + alignment - 1);
    uintptr_t aligned = ((uintptr_t)block + alignment - 1) / alignment * alignment;
    struct chunk *slab = (struct chunk *)aligned;
    slab[0].slab = block;
    slab[0].next = queue->slabs;
    queue->slabs = &slab[0];
    for (size_t i = chunk_count - 1; i > 0; i--) {
        slab[i].next = queue->free_chunks;
        queue->free_chunks = &slab[i];
    }
    if (queue->slab_chunks < SLAB_CHUNKS_MAX) {
        queue->slab_chunks *= 2;
    }
}

static struct event *slot_add_chunk(struct event_queue *queue, uint32_t level, uint32_t digit)
{
    if (queue->free_chunks == NULL) {
        add_slab(queue);
    }
    struct chunk *chunk = queue->free_chunks;
    queue->free_chunks = chunk->next;
    struct slot *slot = &queue->slots[level][digit];
    assert(slot->room == 0);
    chunk->next = slot->head;
    slot->head = chunk;
    slot->room = CHUNK_EVENTS - 1;
    queue->level_mask |= UINT64_C(1) << level;
    queue->digit_mask[level] |= UINT64_C(1) << digit;
    return &chunk->events[CHUNK_EVENTS - 1];
}

/* A place for one more event at `at_ns` in a slot. */
static inline struct event *slot_place(
        struct event_queue *queue, uint64_t at_ns, uint32_t level, uint32_t digit)
{
    struct slot *slot = &queue->slots[level][digit];
    assert(at_ns >= queue->floor_ns);
    slot->min_ns = at_ns < slot->min_ns ? at_ns : slot->min_ns;
    slot->max_ns = at_ns > slot->max_ns ? at_ns : slot->max_ns;
    slot->count++;
    if (slot->room == 0) {
        return slot_add_chunk(queue, level, digit);
    }
    return &slot->head->events[--slot->room];
}

/* Empties a slot; its content goes on in the returned copy. */
static struct slot slot_take(struct event_queue *queue, uint32_t level, uint32_t digit)
{
    struct slot taken = queue->slots[level][digit];
    assert(taken.count > 0 && taken.head != NULL);
    assert((queue->digit_mask[level] >> digit & 1u) != 0);
    queue->slots[level][digit] = slot_empty;
    queue->digit_mask[level] &= ~(UINT64_C(1) << digit);
    if (queue->digit_mask[level] == 0) {
        queue->level_mask &= ~(UINT64_C(1) << level);
    }
    return taken;
}

/* Gives back the head of a taken slot once its events are copied. */
static void slot_drop_head(struct event_queue *queue, struct slot *taken)
{
    struct chunk *chunk = taken->head;
    assert(chunk != NULL);
    taken->head = chunk->next;
    taken->room = 0;
    chunk->next = queue->free_chunks;
    queue->free_chunks = chunk;
}

/* Sorts an event into near, which has room for it. */
static inline void near_insert(struct event_queue *queue, const struct event *event)
{
    struct event added = *event;
    assert(queue->near_count < queue->near_capacity);
    struct event *hole = &queue->near[queue->near_count++];
    while (hole > queue->near && event_before(hole - 1, &added)) {
        *hole = *(hole - 1);
        hole--;
    }
    *hole = added;
}

/* Near has become long: narrows its span to the digit where its last event parts from the
 * present and puts what is outside back into slots. */
static void near_narrow(struct event_queue *queue)
{
    assert(queue->near_level > 0);
    assert(queue->near_count == NEAR_MAX);
    uint64_t last_ns = queue->near[0].at_ns;
    uint32_t level = last_ns == queue->floor_ns ? 0 : level_of(last_ns ^ queue->floor_ns);
    assert(level < queue->near_level);
    queue->base_ns = queue->floor_ns;
    queue->near_level = level;
    queue->near_end_ns = span_end_ns(queue->floor_ns, level);
    size_t out = 0;
    while (out < queue->near_count && queue->near[out].at_ns >= queue->near_end_ns) {
        uint64_t at_ns = queue->near[out].at_ns;
        *slot_place(queue, at_ns, level, digit_of(at_ns, level)) = queue->near[out];
        out++;
    }
    queue->near_count -= out;
    memmove(queue->near, queue->near + out, queue->near_count * sizeof queue->near[0]);
}

static void near_add(struct event_queue *queue, const struct event *event)
{
    if (queue->near_count == NEAR_MAX && queue->near_level > 0) {
        near_narrow(queue); /* its last event at least goes, unless all are of this instant */
    }
    if (event->at_ns >= queue->near_end_ns) { /* narrowed past it */
        uint32_t level = level_of(event->at_ns ^ queue->base_ns);
        *slot_place(queue, event->at_ns, level, digit_of(event->at_ns, level)) = *event;
    } else if (queue->near_count < NEAR_MAX) {
        near_insert(queue, event);
    } else {
        assert(queue->near_level == 0);
        event_heap_push(&queue->same, event);
    }
}

void event_queue_push(
        struct event_queue *queue, uint64_t at_ns, uint64_t order, uint64_t tail, uint64_t argument)
{
    assert(at_ns >= queue->floor_ns);
    queue->count++;
    if (at_ns < queue->near_end_ns) {
        struct event event = { at_ns, order, tail, argument };
        near_add(queue, &event);
        return;
    }
    uint32_t level = level_of(at_ns ^ queue->base_ns);
    struct event *place = slot_place(queue, at_ns, level, digit_of(at_ns, level));
    place->at_ns = at_ns;
    place->order = order;
    place->tail = tail;
    place->argument = argument;
}

/* Spreads a taken slot over the slots of the level at which its instants part. */
static void slot_spread(struct event_queue *queue, struct slot taken)
{
    assert(taken.min_ns < taken.max_ns);
    uint32_t level = level_of(taken.min_ns ^ taken.max_ns);
    while (taken.head != NULL) {
        const struct chunk *chunk = taken.head;
        if (chunk->next != NULL) {
            prefetch_read(chunk->next);
        }
        for (uint32_t i = taken.room; i < CHUNK_EVENTS; i++) {
            uint64_t at_ns = chunk->events[i].at_ns;
            *slot_place(queue, at_ns, level, digit_of(at_ns, level)) = chunk->events[i];
        }
        slot_drop_head(queue, &taken);
    }
}

/* Room for `count` events, and as many again to sort them with. */
static void near_reserve(struct event_queue *queue, size_t count)
{
    assert(queue->near_count == 0);
    if (2 * count <= queue->near_capacity) {
        return;
    }
    queue->near_capacity = 4 * count;
    queue->near =
            run_memory_grow(queue->memory, queue->near, queue->near_capacity * sizeof *queue->near);
}

/* Many events of one instant. They were added mostly in order, and slots give back the last one
 * first, so there is mostly nothing to sort. */
static void near_load_instant(struct event_queue *queue, struct slot taken)
{
    assert(taken.min_ns == taken.max_ns);
    near_reserve(queue, taken.count);
    struct event *place = queue->near;
    while (taken.head != NULL) {
        size_t count = CHUNK_EVENTS - taken.room;
        memcpy(place, &taken.head->events[taken.room], count * sizeof *place);
        place += count;
        slot_drop_head(queue, &taken);
    }
    assert(place == queue->near + taken.count);
    queue->near_count = taken.count;
    event_sort_first_last(queue->near, queue->near + taken.count, taken.count);
}

static void near_load_few(struct event_queue *queue, struct slot taken)
{
    assert(taken.count <= LOAD_MAX);
    while (taken.head != NULL) {
        for (uint32_t i = taken.room; i < CHUNK_EVENTS; i++) {
            near_insert(queue, &taken.head->events[i]);
        }
        slot_drop_head(queue, &taken);
    }
    assert(queue->near_count == taken.count);
}

/* Makes a taken slot the new near. */
static void near_load(struct event_queue *queue, struct slot taken, uint32_t level)
{
    assert(queue->near_count == 0);
    assert(taken.min_ns >= queue->floor_ns);
    queue->near_level = taken.min_ns == taken.max_ns ? 0 : level;
    queue->base_ns = taken.min_ns;
    queue->near_end_ns = span_end_ns(taken.min_ns, queue->near_level);
    if (taken.count <= LOAD_MAX) {
        near_load_few(queue, taken);
    } else {
        near_load_instant(queue, taken);
    }
}

/* Near is empty: fills it from the slots unless they begin after `limit_ns`. That limit keeps
 * base_ns from running ahead of the present, where events may still be pushed. */
static bool near_fill(struct event_queue *queue, uint64_t limit_ns)
{
    assert(queue->near_count == 0 && queue->same.count == 0);
    if (event_queue_first_ns(queue) > limit_ns || queue->count == 0) {
        return false;
    }
    for (;;) {
        uint32_t level = (uint32_t)__builtin_ctzll(queue->level_mask);
        uint32_t digit = (uint32_t)__builtin_ctzll(queue->digit_mask[level]);
        struct slot taken = slot_take(queue, level, digit);
        if (taken.count <= LOAD_MAX || taken.min_ns == taken.max_ns) {
            near_load(queue, taken, level);
            return true;
        }
        slot_spread(queue, taken);
    }
}

const struct event *event_queue_pop(struct event_queue *queue, uint64_t limit_ns)
{
    if (queue->near_count == 0 && queue->same.count == 0 && !near_fill(queue, limit_ns)) {
        return NULL;
    }
    const struct event *first = queue->near_count == 0 ? NULL : &queue->near[queue->near_count - 1];
    const struct event *same = event_heap_first(&queue->same);
    bool from_same = same != NULL && (first == NULL || event_before(same, first));
    first = from_same ? same : first;
    if (first->at_ns > limit_ns) {
        return NULL;
    }
    if (from_same) {
        queue->taken_from_same = event_heap_pop(&queue->same);
        first = &queue->taken_from_same;
    } else {
        queue->near_count--;
    }
    assert(first->at_ns >= queue->floor_ns);
    assert(queue->count > 0);
    queue->floor_ns = first->at_ns;
    queue->count--;
    return first;
}

uint64_t event_queue_first_ns(const struct event_queue *queue)
{
    if (queue->near_count > 0) {
        return queue->near[queue->near_count - 1].at_ns;
    }
    if (queue->same.count > 0) {
        return queue->same.events[0].at_ns;
    }
    if (queue->level_mask == 0) {
        return UINT64_MAX;
    }
    uint32_t level = (uint32_t)__builtin_ctzll(queue->level_mask);
    return queue->slots[level][__builtin_ctzll(queue->digit_mask[level])].min_ns;
}

const struct event *event_queue_hint(const struct event_queue *queue, size_t skip)
{
    return queue->near_count <= skip ? NULL : &queue->near[queue->near_count - 1 - skip];
}
