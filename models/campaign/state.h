/* What changes in the update server, as bytes: what a database keeps over a restart.
 * SPDX-License-Identifier: MIT
 *
 * One walk over the state writes it, forgets it and reads it back, so that all three have the same
 * parts in the same order. Pointers are no state, and stay; nor are parameters and images, which a
 * server reads when it starts.
 */
#ifndef CAMPAIGN_STATE_H
#define CAMPAIGN_STATE_H

#include <stddef.h>
#include <stdint.h>

struct run_memory;

enum state_walk {
    STATE_WRITE,
    STATE_FORGET, /* overwrites each part, as a process that ends loses it */
    STATE_READ
};

struct state {
    enum state_walk walk;
    uint8_t *bytes;
    size_t size, capacity;
    size_t at; /* of the next part to be read */
    struct run_memory *memory;
};

/* Appends, overwrites or reads a part of `size` bytes. */
void state_part(struct state *state, void *part, size_t size);

#endif
