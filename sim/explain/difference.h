/* Where two runs part: the first entity and its first event that are not the same in both.
 * SPDX-License-Identifier: MIT
 *
 * Both runs are played side by side, a step of simulated time each, and their trace hashes compared
 * after it. What was observed in the step is kept until then, so that the event is found in the
 * step after which the hashes differ, and neither run is played twice.
 */
#ifndef EXPLAIN_DIFFERENCE_H
#define EXPLAIN_DIFFERENCE_H

#include "explain/happening.h"
#include "record/summary.h"
#include "results/event_read.h"
#include "run/run.h"

enum difference_kind {
    DIFFERENCE_NONE,
    DIFFERENCE_STATIONS, /* other numbers of stations: no entity is the same in both */
    DIFFERENCE_EVENT,
    DIFFERENCE_END,   /* one run ends, at `at_ns`; all was the same up to then */
    DIFFERENCE_RESULT /* all events are the same, a number of the summary is not */
};

struct difference {
    enum difference_kind kind;
    bool recorded; /* events were read: nothing is known of results */
    /* Of an event: the earliest in simulated time, of several the one of the lowest entity. */
    sim_ns at_ns;
    entity_id entity;
    bool has[2]; /* run i has an event of the entity in that place: */
    struct happening event[2];
    sim_ns until_ns;               /* a run without one has none up to here */
    struct happenings led;         /* what led to it, the same in both runs, oldest first */
    uint64_t same;                 /* observations before it that are the same in both */
    int ended;                     /* of DIFFERENCE_END: the run, 0 or 1 */
    struct summary_item result[2]; /* of DIFFERENCE_RESULT; a key that one run lacks: null */
};

/* Called between steps: `now_ns` is where both runs are. May be NULL. */
typedef void difference_tick_fn(void *context, sim_ns now_ns);

/* Plays two runs, which have not begun, up to the first difference or to their ends; they cannot be
 * played on. False: out of memory. difference_finish() in any case. */
bool difference_find(struct run *const runs[2], difference_tick_fn *tick, void *context,
        struct difference *difference);
/* The same of the events that two runs of the scenario of `world` have left; nothing is played.
 * False: `error` says which line is no event, or that there was no memory. */
bool difference_find_recorded(struct event_reader *const readers[2], const struct world *world,
        struct difference *difference, char *error, size_t error_size);
void difference_finish(struct difference *difference);

/* For people. */
void difference_write(
        const struct difference *difference, const struct world *const worlds[2], FILE *out);

#endif
