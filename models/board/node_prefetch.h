/* Loads into the cache what a node is about to touch: calls of one thread about its own nodes.
 * SPDX-License-Identifier: MIT
 */
#ifndef BOARD_NODE_PREFETCH_H
#define BOARD_NODE_PREFETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "engine.h"

struct node_worker;

/* What a frame touches of a node, in steps that are spread over the turns of nodes before it. */
enum node_fetch {
    NODE_FETCH_NODE, /* with its chip */
    NODE_FETCH_ROOT, /* the first span of its RAM, keys and flash */
    NODE_FETCH_SECOND_SPAN,
    NODE_FETCH_THIRD_SPAN,
    NODE_FETCH_STEPS
};

/* An engine_prefetch_fn of a struct node_fleet, for its wakes. */
void node_wake_prefetch(void *fleet, entity_id entity, uint64_t argument);
/* medium_device_ops.prefetch: notes for each step whose turn it is. */
void node_air_prefetch(void *const *nodes, uint32_t count, bool first);
/* Does the step for the node that was noted for it, once: in the turn of another one. */
void node_fetch_soon(struct node_worker *worker, enum node_fetch step);

#endif
