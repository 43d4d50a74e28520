/* One of two runs that are compared: it is played, or its events are read that it left.
 * SPDX-License-Identifier: MIT
 */
#ifndef EXPLAIN_SIDE_H
#define EXPLAIN_SIDE_H

#include "explain/happening.h"
#include "results/event_read.h"
#include "run/run.h"

struct side {
    const struct world *world;
    struct run *run;             /* NULL: events are read: */
    struct event_reader *reader; /* in the order in which they happened */
    struct happening ahead;      /* the next one, after the step */
    bool has_ahead, over;
    sim_ns now_ns;
    struct happenings window; /* of the step */
    char error[512];          /* of a reader; "": none */
};

/* A run that has not begun; or events that were written. The side stays where it is. */
void side_play(struct side *side, struct run *run);
void side_read(struct side *side, struct event_reader *reader, const struct world *world);
void side_finish(struct side *side);

/* How far it is; of events that are at their end, the last one. */
sim_ns side_now_ns(const struct side *side);
bool side_is_over(const struct side *side);
/* Adds what happens up to `until_ns` to the window. False: out of memory, or `error` is set. */
bool side_advance(struct side *side, sim_ns until_ns);
/* Are they the same so far, in their events of the step where these are read? Of other entities'
 * events the order counts, too. */
bool sides_are_same(const struct side sides[2]);

#endif
