/* The just-in-time queue of a packet forwarder: which transmissions fit beside each other.
 * SPDX-License-Identifier: MIT
 *
 * Times of the reference packet forwarder, spec-physics section 6.
 */
#ifndef GATEWAY_TX_QUEUE_H
#define GATEWAY_TX_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim_time.h"

#define TX_QUEUE_SIZE      32u
#define TX_START_DELAY_NS  (1500 * SIM_NS_PER_US)
#define TX_JIT_DELAY_NS    (30 * SIM_NS_PER_MS) /* a frame is handed over this long before */
#define TX_MARGIN_DELAY_NS (1 * SIM_NS_PER_MS)
#define TX_PRE_DELAY_NS    (TX_START_DELAY_NS + TX_JIT_DELAY_NS)
#define TX_TOO_LATE_NS     (TX_START_DELAY_NS + TX_MARGIN_DELAY_NS + TX_JIT_DELAY_NS)
#define TX_TOO_EARLY_NS    (4 * 128 * SIM_NS_PER_S) /* four beacon periods */
#define TX_IMMEDIATE_NS    (1 * SIM_NS_PER_S)

struct tx_slot {
    sim_ns at_ns;
    sim_ns airtime_ns;
};

/* Frames in order of time: waiting, handed over, or on the air. */
struct tx_queue {
    struct tx_slot slots[TX_QUEUE_SIZE + 2];
    uint32_t count;
};

/* Drops what has left the air. */
void tx_queue_advance(struct tx_queue *queue, sim_ns now_ns);
/* Are TX_QUEUE_SIZE frames waiting to be handed over? */
bool tx_queue_full(const struct tx_queue *queue, sim_ns now_ns);
bool tx_queue_collides(const struct tx_queue *queue, sim_ns at_ns, sim_ns airtime_ns);
/* First time from `from_ns` on that collides with nothing: that one, or the end of a queued frame.
 */
sim_ns tx_queue_first_free(const struct tx_queue *queue, sim_ns from_ns, sim_ns airtime_ns);
void tx_queue_insert(struct tx_queue *queue, sim_ns at_ns, sim_ns airtime_ns);

#endif
