/* Outboxes: lists that grow to their working size.
 * SPDX-License-Identifier: MIT
 */
#include "outbox.h"

#include <assert.h>
#include <stdlib.h>

_Thread_local struct outbox *outbox_here;

void outbox_finish(struct outbox *outbox)
{
    assert(outbox->end.events == 0 && outbox->end.observations == 0);
    for (unsigned block = 0; block < BLOCKS_MAX; block++) {
        free(outbox->events[block]);
        free(outbox->observations[block]);
    }
}

void outbox_event(struct outbox *outbox, struct run_memory *memory, const struct event *event)
{
    uint32_t at = outbox->end.events++;
    unsigned block = block_of(at);
    assert(block < BLOCKS_MAX);
    if (outbox->events[block] == NULL) {
        outbox->events[block] =
                run_memory_grow(memory, NULL, block_items(block) * sizeof *outbox->events[block]);
    }
    outbox->events[block][at - block_begin(block)] = *event;
}

void outbox_observation(
        struct outbox *outbox, struct run_memory *memory, const struct observation *observation)
{
    uint32_t at = outbox->end.observations++;
    unsigned block = block_of(at);
    assert(block < BLOCKS_MAX);
    assert(observation->data == NULL); /* it would be gone by the time it is shown */
    if (outbox->observations[block] == NULL) {
        outbox->observations[block] = run_memory_grow(
                memory, NULL, block_items(block) * sizeof *outbox->observations[block]);
    }
    outbox->observations[block][at - block_begin(block)] = *observation;
}
