/* Collisions and gaps among queued transmissions.
 * SPDX-License-Identifier: MIT
 */
#include "gateway/tx_queue.h"

#include <assert.h>

void tx_queue_advance(struct tx_queue *queue, sim_ns now_ns)
{
    uint32_t gone = 0;
    while (gone < queue->count
            && queue->slots[gone].at_ns + queue->slots[gone].airtime_ns <= now_ns) {
        gone++;
    }
    queue->count -= gone;
    for (uint32_t i = 0; gone > 0 && i < queue->count; i++) {
        queue->slots[i] = queue->slots[i + gone];
    }
}

bool tx_queue_full(const struct tx_queue *queue, sim_ns now_ns)
{
    uint32_t waiting = 0;
    for (uint32_t i = 0; i < queue->count; i++) {
        waiting += queue->slots[i].at_ns - TX_JIT_DELAY_NS > now_ns;
    }
    return waiting >= TX_QUEUE_SIZE;
}

static bool collide(struct tx_slot first, struct tx_slot second)
{
    return second.at_ns - first.at_ns <= TX_PRE_DELAY_NS + first.airtime_ns + TX_MARGIN_DELAY_NS;
}

bool tx_queue_collides(const struct tx_queue *queue, sim_ns at_ns, sim_ns airtime_ns)
{
    struct tx_slot wanted = { .at_ns = at_ns, .airtime_ns = airtime_ns };
    for (uint32_t i = 0; i < queue->count; i++) {
        struct tx_slot queued = queue->slots[i];
        if (queued.at_ns <= at_ns ? collide(queued, wanted) : collide(wanted, queued)) {
            return true;
        }
    }
    return false;
}

sim_ns tx_queue_first_free(const struct tx_queue *queue, sim_ns from_ns, sim_ns airtime_ns)
{
    if (!tx_queue_collides(queue, from_ns, airtime_ns)) {
        return from_ns;
    }
    for (uint32_t i = 0; i < queue->count; i++) {
        sim_ns at_ns = queue->slots[i].at_ns + queue->slots[i].airtime_ns + TX_PRE_DELAY_NS
                       + TX_JIT_DELAY_NS + TX_MARGIN_DELAY_NS;
        if (at_ns >= from_ns && !tx_queue_collides(queue, at_ns, airtime_ns)) {
            return at_ns;
        }
    }
    assert(false && "the time after the last frame is free");
    return SIM_NS_NEVER;
}

void tx_queue_insert(struct tx_queue *queue, sim_ns at_ns, sim_ns airtime_ns)
{
    assert(queue->count < sizeof queue->slots / sizeof queue->slots[0]);
    assert(!tx_queue_collides(queue, at_ns, airtime_ns));
    uint32_t position = queue->count++;
    while (position > 0 && queue->slots[position - 1].at_ns > at_ns) {
        queue->slots[position] = queue->slots[position - 1];
        position--;
    }
    queue->slots[position] = (struct tx_slot){ .at_ns = at_ns, .airtime_ns = airtime_ns };
}
