/* One of two runs that are compared: it is played, or its events are read that it left.
 * SPDX-License-Identifier: MIT
 */
#include "explain/side.h"

#include <assert.h>

static void keep(void *context, const struct observation *o)
{
    struct happening happening;
    happening_of(o, &happening);
    happenings_add(context, &happening);
}

void side_play(struct side *side, struct run *run)
{
    assert(engine_event_count(run_engine(run)) == 0);
    *side = (struct side){ .world = run_world(run), .run = run };
    engine_observer_add(run_engine(run), OBSERVE_ALL, keep, &side->window);
}

void side_read(struct side *side, struct event_reader *reader, const struct world *world)
{
    *side = (struct side){ .world = world, .reader = reader };
}

void side_finish(struct side *side)
{
    happenings_free(&side->window);
}

sim_ns side_now_ns(const struct side *side)
{
    return side->run != NULL ? engine_now(run_engine(side->run)) : side->now_ns;
}

bool side_is_over(const struct side *side)
{
    enum run_stop end;
    return side->run != NULL ? run_over(side->run, &end) : side->over;
}

/* Reads the next event; at the end the side is over. */
static void look_ahead(struct side *side)
{
    struct observation o;
    enum event_read read = event_reader_next(side->reader, &o, side->error, sizeof side->error);
    side->has_ahead = read == EVENT_READ;
    side->over = read != EVENT_READ;
    if (side->has_ahead) {
        happening_of(&o, &side->ahead);
    }
}

static void read_up_to(struct side *side, sim_ns until_ns)
{
    sim_ns last_ns = side->now_ns;
    if (!side->has_ahead) {
        look_ahead(side);
    }
    while (side->has_ahead && side->ahead.at_ns <= until_ns) {
        last_ns = side->ahead.at_ns;
        happenings_add(&side->window, &side->ahead);
        look_ahead(side);
    }
    side->now_ns = side->over ? last_ns : until_ns;
}

bool side_advance(struct side *side, sim_ns until_ns)
{
    if (!side_is_over(side)) {
        if (side->run != NULL) {
            run_advance_to(side->run, until_ns);
        } else {
            read_up_to(side, until_ns);
        }
    }
    return !side->window.incomplete && side->error[0] == '\0';
}

bool sides_are_same(const struct side sides[2])
{
    if (sides[0].run != NULL && sides[1].run != NULL) {
        return engine_trace_hash(run_engine(sides[0].run))
               == engine_trace_hash(run_engine(sides[1].run));
    }
    const struct happenings *a = &sides[0].window, *b = &sides[1].window;
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++) {
        same = happenings_equal(&a->items[i], &b->items[i]);
    }
    return same;
}
