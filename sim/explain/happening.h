/* Observations that outlive the event in which they were stated, and what a stranger calls things.
 * SPDX-License-Identifier: MIT
 */
#ifndef EXPLAIN_HAPPENING_H
#define EXPLAIN_HAPPENING_H

#include <stdio.h>

#include "observe.h"
#include "world/world.h"

/* What is kept of the frame of an observation. */
struct happening_frame {
    entity_id sender; /* 0: the observation has no frame */
    uint32_t frequency_hz;
    uint16_t size; /* bytes of PHY payload */
    uint16_t fcnt; /* of a data frame, low half */
    uint8_t type;  /* enum lorawan_ftype */
    uint8_t spreading_factor;
    int16_t fport; /* -1: none */
};

struct happening {
    sim_ns at_ns;
    entity_id entity;
    uint32_t kind; /* enum observation_kind */
    int64_t a, b, c;
    struct happening_frame frame;
};

void happening_of(const struct observation *observation, struct happening *happening);
/* As the trace hash sees it: without the frame's bytes. */
bool happenings_equal(const struct happening *a, const struct happening *b);

/* Happenings in the order in which they were added. */
struct happenings {
    struct happening *items;
    size_t count, capacity;
    bool incomplete; /* there was no memory for one */
};

void happenings_add(struct happenings *list, const struct happening *happening);
void happenings_free(struct happenings *list);

/* "device 7", "gateway 0", "the network server": what an entity of this world is called. */
void entity_write(const struct world *world, entity_id entity, FILE *out);
/* "1 d 02:03:04.567" with that many decimals of a second, 0..9, cut. */
void time_write(sim_ns at_ns, int decimals, FILE *out);

#endif
