/* Where two runs part: both are played side by side.
 * SPDX-License-Identifier: MIT
 */
#include "explain/difference.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "explain/history.h"

/* A step shall keep thousands of observations: few enough for memory, many for one look at the
 * hashes of all entities. */
#define STEP_FIRST_NS SIM_NS_PER_S
#define STEP_MAX_NS   (3600 * SIM_NS_PER_S)
#define STEP_FEW      4096u
#define STEP_MANY     65536u
/* A device may be ahead of the engine by a millisecond (observe.h): what one run has stated at the
 * end of a step, the other may state in the next. */
#define SETTLE_NS (10 * SIM_NS_PER_MS)

struct lockstep {
    struct run *const *runs;
    struct happenings windows[2]; /* of this step */
    struct history history;       /* of all steps before */
    sim_ns step_ns;
};

static sim_ns now_of(const struct lockstep *lockstep, int i)
{
    return engine_now(run_engine(lockstep->runs[i]));
}

static void keep(void *context, const struct observation *o)
{
    struct happening happening;
    happening_of(o, &happening);
    happenings_add(context, &happening);
}

/* --- finding the event ------------------------------------------------------------------------ */

/* Those of a window, by entity, each entity's in their order. */
struct sorted {
    const struct happening **items;
    size_t count, at;
};

static int by_entity(const void *a, const void *b)
{
    const struct happening *x = *(const struct happening *const *)a;
    const struct happening *y = *(const struct happening *const *)b;
    if (x->entity != y->entity) {
        return x->entity < y->entity ? -1 : 1;
    }
    return x < y ? -1 : 1; /* of one array: the order in which they were added */
}

static bool sort_window(const struct happenings *window, struct sorted *sorted)
{
    *sorted = (struct sorted){ .items = malloc((window->count + 1) * sizeof *sorted->items),
        .count = window->count };
    if (sorted->items == NULL) {
        return false;
    }
    for (size_t i = 0; i < window->count; i++) {
        sorted->items[i] = &window->items[i];
    }
    qsort(sorted->items, sorted->count, sizeof *sorted->items, by_entity);
    return true;
}

/* The next one of an entity; NULL: it has no more. */
static const struct happening *next_of(const struct sorted *sorted, entity_id entity)
{
    return sorted->at < sorted->count && sorted->items[sorted->at]->entity == entity
                   ? sorted->items[sorted->at]
                   : NULL;
}

static void skip_entity(struct sorted *sorted, entity_id entity)
{
    while (next_of(sorted, entity) != NULL) {
        sorted->at++;
    }
}

static sim_ns earliest_of(const struct happening *a, const struct happening *b)
{
    if (a == NULL || b == NULL) {
        return a != NULL ? a->at_ns : b->at_ns;
    }
    return a->at_ns < b->at_ns ? a->at_ns : b->at_ns;
}

static void take(struct difference *difference, const struct happening *a,
        const struct happening *b, entity_id entity)
{
    const struct happening *const events[2] = { a, b };
    difference->kind = DIFFERENCE_EVENT;
    difference->at_ns = earliest_of(a, b);
    difference->entity = entity;
    for (int i = 0; i < 2; i++) {
        difference->has[i] = events[i] != NULL;
        difference->event[i] = events[i] != NULL ? *events[i] : (struct happening){ 0 };
    }
}

/* Goes through the entities in their order, so that of one time the lowest is found. `same` (an
 * element for each of the first window) is set for what both have. */
static void compare(struct sorted sorted[2], const struct happening *first, bool *same,
        struct difference *difference)
{
    while (sorted[0].at < sorted[0].count || sorted[1].at < sorted[1].count) {
        entity_id entity = UINT32_MAX;
        for (int i = 0; i < 2; i++) {
            if (sorted[i].at < sorted[i].count && sorted[i].items[sorted[i].at]->entity < entity) {
                entity = sorted[i].items[sorted[i].at]->entity;
            }
        }
        const struct happening *a, *b;
        while ((a = next_of(&sorted[0], entity)) != NULL
                && (b = next_of(&sorted[1], entity)) != NULL && happenings_equal(a, b)) {
            same[a - first] = true;
            sorted[0].at++;
            sorted[1].at++;
        }
        a = next_of(&sorted[0], entity);
        b = next_of(&sorted[1], entity);
        if ((a != NULL || b != NULL)
                && (difference->kind == DIFFERENCE_NONE || earliest_of(a, b) < difference->at_ns)) {
            take(difference, a, b, entity);
        }
        skip_entity(&sorted[0], entity);
        skip_entity(&sorted[1], entity);
    }
}

/* What both runs have up to the difference belongs to what led to it. */
static void add_same(struct lockstep *lockstep, const bool *same, struct difference *difference)
{
    const struct happenings *window = &lockstep->windows[0];
    for (size_t i = 0; i < window->count; i++) {
        if (same[i] && window->items[i].at_ns <= difference->at_ns) {
            history_add(&lockstep->history, &window->items[i]);
            difference->same++;
        }
    }
}

/* False: out of memory. */
static bool locate(struct lockstep *lockstep, struct difference *difference)
{
    struct sorted sorted[2] = { { 0 }, { 0 } };
    bool *same = calloc(lockstep->windows[0].count + 1, sizeof *same);
    bool ok = same != NULL && sort_window(&lockstep->windows[0], &sorted[0])
              && sort_window(&lockstep->windows[1], &sorted[1]);
    if (ok) {
        const struct world *world = run_world(lockstep->runs[0]);
        compare(sorted, lockstep->windows[0].items, same, difference);
        difference->until_ns = now_of(lockstep, 0) < now_of(lockstep, 1) ? now_of(lockstep, 0)
                                                                         : now_of(lockstep, 1);
        add_same(lockstep, same, difference);
        history_led_to(&lockstep->history, &difference->event[difference->has[0] ? 0 : 1],
                world->first_device, &difference->led);
    }
    free(same);
    free(sorted[0].items);
    free(sorted[1].items);
    return ok && !lockstep->history.incomplete && !difference->led.incomplete;
}

/* --- results ---------------------------------------------------------------------------------- */

static const struct summary_item *item_named(const struct summary *summary, const char *path)
{
    for (size_t i = 0; i < summary->count; i++) {
        if (strcmp(summary->items[i].path, path) == 0) {
            return &summary->items[i];
        }
    }
    return NULL;
}

static bool is_same_item(const struct summary_item *a, const struct summary_item *b)
{
    char text[2][sizeof a->text];
    summary_item_text(a, text[0], sizeof text[0]);
    summary_item_text(b, text[1], sizeof text[1]);
    return strcmp(text[0], text[1]) == 0;
}

/* The first number of summary `i` that the other one does not have so. */
static bool find_result(struct summary *const summaries[2], int i, struct difference *difference)
{
    const struct summary *own = summaries[i];
    for (size_t k = summary_head_size(own); k < own->count; k++) {
        const struct summary_item *item = &own->items[k];
        const struct summary_item *other = item_named(summaries[1 - i], item->path);
        if (other == NULL || !is_same_item(item, other)) {
            difference->kind = DIFFERENCE_RESULT;
            difference->result[i] = *item;
            difference->result[1 - i] = other != NULL ? *other : *item;
            if (other == NULL) {
                difference->result[1 - i].kind = SUMMARY_NULL;
            }
            return true;
        }
    }
    return false;
}

/* False: out of memory. */
static bool compare_results(const struct lockstep *lockstep, struct difference *difference)
{
    struct summary *summaries[2];
    for (int i = 0; i < 2; i++) {
        summaries[i] = run_summary(lockstep->runs[i], false);
    }
    bool ok = summaries[0] != NULL && summaries[1] != NULL;
    if (ok && !find_result(summaries, 0, difference)) {
        find_result(summaries, 1, difference);
    }
    summary_destroy(summaries[0]);
    summary_destroy(summaries[1]);
    return ok;
}

/* --- steps ------------------------------------------------------------------------------------ */

static void advance(struct lockstep *lockstep, sim_ns until_ns)
{
    enum run_stop end;
    for (int i = 0; i < 2; i++) {
        if (!run_over(lockstep->runs[i], &end)) {
            run_advance_to(lockstep->runs[i], until_ns);
        }
    }
}

static bool is_same(const struct lockstep *lockstep)
{
    return engine_trace_hash(run_engine(lockstep->runs[0]))
           == engine_trace_hash(run_engine(lockstep->runs[1]));
}

static void end_step(struct lockstep *lockstep, struct difference *difference)
{
    size_t count = lockstep->windows[0].count;
    for (size_t i = 0; i < count; i++) {
        history_add(&lockstep->history, &lockstep->windows[0].items[i]);
    }
    difference->same += count;
    lockstep->windows[0].count = 0;
    lockstep->windows[1].count = 0;
    if (count < STEP_FEW && lockstep->step_ns < STEP_MAX_NS) {
        lockstep->step_ns *= 2;
    } else if (count > STEP_MANY && lockstep->step_ns > STEP_FIRST_NS) {
        lockstep->step_ns /= 2;
    }
}

/* One run is over, and the other is not or went on for longer. */
static bool has_ended(const struct lockstep *lockstep, struct difference *difference)
{
    for (int i = 0; i < 2; i++) {
        enum run_stop end;
        if (run_over(lockstep->runs[i], &end) && now_of(lockstep, i) < now_of(lockstep, 1 - i)
                && (difference->kind == DIFFERENCE_NONE
                        || difference->at_ns > now_of(lockstep, i))) {
            difference->kind = DIFFERENCE_END;
            difference->ended = i;
            difference->at_ns = now_of(lockstep, i);
            return true;
        }
    }
    return false;
}

/* True: go on. `ok` false: out of memory. */
static bool step(struct lockstep *lockstep, struct difference *difference, bool *ok)
{
    enum run_stop end;
    sim_ns now_ns =
            now_of(lockstep, 0) > now_of(lockstep, 1) ? now_of(lockstep, 0) : now_of(lockstep, 1);
    advance(lockstep, now_ns + lockstep->step_ns);
    if (!is_same(lockstep)) {
        advance(lockstep, now_ns + lockstep->step_ns + SETTLE_NS);
    }
    *ok = !lockstep->windows[0].incomplete && !lockstep->windows[1].incomplete;
    if (!*ok) {
        return false;
    }
    if (!is_same(lockstep)) {
        *ok = locate(lockstep, difference);
        has_ended(lockstep, difference);
        return false;
    }
    end_step(lockstep, difference);
    *ok = !lockstep->history.incomplete;
    if (!*ok || has_ended(lockstep, difference)) {
        return false;
    }
    bool over = run_over(lockstep->runs[0], &end) && run_over(lockstep->runs[1], &end);
    if (over) {
        *ok = compare_results(lockstep, difference);
    }
    return !over;
}

static bool has_same_stations(const struct world *a, const struct world *b)
{
    return a->device_count == b->device_count && a->gateway_count == b->gateway_count
           && a->scenario->foreign.devices == b->scenario->foreign.devices
           && a->scenario->adversary_count == b->scenario->adversary_count
           && a->scenario->campaign_count == b->scenario->campaign_count;
}

bool difference_find(struct run *const runs[2], difference_tick_fn *tick, void *context,
        struct difference *difference)
{
    bool ok = true;
    struct lockstep lockstep = { .runs = runs, .step_ns = STEP_FIRST_NS };
    *difference = (struct difference){ .kind = DIFFERENCE_NONE };
    if (!has_same_stations(run_world(runs[0]), run_world(runs[1]))) {
        difference->kind = DIFFERENCE_STATIONS;
        return true;
    }
    for (int i = 0; i < 2; i++) {
        assert(engine_event_count(run_engine(runs[i])) == 0);
        engine_observer_add(run_engine(runs[i]), OBSERVE_ALL, keep, &lockstep.windows[i]);
    }
    while (step(&lockstep, difference, &ok)) {
        if (tick != NULL) {
            tick(context, now_of(&lockstep, 0));
        }
    }
    happenings_free(&lockstep.windows[0]);
    happenings_free(&lockstep.windows[1]);
    history_free(&lockstep.history);
    return ok;
}

void difference_finish(struct difference *difference)
{
    happenings_free(&difference->led);
}
