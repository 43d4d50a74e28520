/* What parts of an event observe and schedule, kept until it is their turn.
 * SPDX-License-Identifier: MIT
 *
 * The thread of an outbox adds to it while the run's own empties what parts before have left: what
 * is in it stays where it is.
 */
#ifndef ENGINE_OUTBOX_H
#define ENGINE_OUTBOX_H

#include "blocks.h"
#include "event_queue.h"
#include "observe.h"
#include "run_memory.h"

struct outbox_mark {
    uint32_t events, observations;
};

struct outbox {
    struct event *events[BLOCKS_MAX];
    struct observation *observations[BLOCKS_MAX]; /* that someone watches */
    struct outbox_mark end;                       /* how many there are */
    uint64_t layer_sums[LAYER_COUNT]; /* to be added to those of the engine, as the next */
    uint64_t time_sum;
    entity_id entity; /* the only one that the present part may speak for */
};

void outbox_finish(struct outbox *outbox);
void outbox_event(struct outbox *outbox, struct run_memory *memory, const struct event *event);
void outbox_observation(
        struct outbox *outbox, struct run_memory *memory, const struct observation *observation);

static inline const struct event *outbox_event_at(const struct outbox *outbox, uint32_t at)
{
    unsigned block = block_of(at);
    assert(outbox->events[block] != NULL);
    return &outbox->events[block][at - block_begin(block)];
}

static inline const struct observation *outbox_observation_at(
        const struct outbox *outbox, uint32_t at)
{
    unsigned block = block_of(at);
    assert(outbox->observations[block] != NULL);
    return &outbox->observations[block][at - block_begin(block)];
}

/* That of the part that this thread plays; NULL: it plays none, or it is that one's turn. */
extern _Thread_local struct outbox *outbox_here;

#endif
