/* Where two runs part: both are played side by side.
 * SPDX-License-Identifier: MIT
 */
#include "explain/difference.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain/history.h"
#include "explain/side.h"

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
    struct side sides[2];
    struct history history; /* of all steps before */
    sim_ns step_ns;
};

static sim_ns now_of(const struct lockstep *lockstep, int i)
{
    return side_now_ns(&lockstep->sides[i]);
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
    const struct happenings *window = &lockstep->sides[0].window;
    for (size_t i = 0; i < window->count; i++) {
        if (same[i] && window->items[i].at_ns <= difference->at_ns) {
            history_add(&lockstep->history, &window->items[i]);
            difference->same++;
        }
    }
}

/* Nothing is found where only the order of other entities' events differs. False: out of memory. */
static bool locate(struct lockstep *lockstep, struct difference *difference)
{
    struct sorted sorted[2] = { { 0 }, { 0 } };
    bool *same = calloc(lockstep->sides[0].window.count + 1, sizeof *same);
    bool ok = same != NULL && sort_window(&lockstep->sides[0].window, &sorted[0])
              && sort_window(&lockstep->sides[1].window, &sorted[1]);
    if (ok) {
        compare(sorted, lockstep->sides[0].window.items, same, difference);
        difference->until_ns = now_of(lockstep, 0) < now_of(lockstep, 1) ? now_of(lockstep, 0)
                                                                         : now_of(lockstep, 1);
    }
    if (ok && difference->kind != DIFFERENCE_NONE) {
        add_same(lockstep, same, difference);
        history_led_to(&lockstep->history, &difference->event[difference->has[0] ? 0 : 1],
                lockstep->sides[0].world->first_device, &difference->led);
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
        summaries[i] = run_summary(lockstep->sides[i].run, false);
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

static bool advance(struct lockstep *lockstep, sim_ns until_ns)
{
    bool ok = side_advance(&lockstep->sides[0], until_ns);
    return side_advance(&lockstep->sides[1], until_ns) && ok;
}

static void end_step(struct lockstep *lockstep, struct difference *difference)
{
    size_t count = lockstep->sides[0].window.count;
    for (size_t i = 0; i < count; i++) {
        history_add(&lockstep->history, &lockstep->sides[0].window.items[i]);
    }
    difference->same += count;
    lockstep->sides[0].window.count = 0;
    lockstep->sides[1].window.count = 0;
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
        if (side_is_over(&lockstep->sides[i]) && now_of(lockstep, i) < now_of(lockstep, 1 - i)
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

/* True: go on. `ok` false: out of memory, or an event cannot be read. */
static bool step(struct lockstep *lockstep, struct difference *difference, bool *ok)
{
    sim_ns now_ns =
            now_of(lockstep, 0) > now_of(lockstep, 1) ? now_of(lockstep, 0) : now_of(lockstep, 1);
    *ok = advance(lockstep, now_ns + lockstep->step_ns);
    if (*ok && !sides_are_same(lockstep->sides)) {
        *ok = advance(lockstep, now_ns + lockstep->step_ns + SETTLE_NS);
    }
    if (!*ok) {
        return false;
    }
    if (!sides_are_same(lockstep->sides)) {
        *ok = locate(lockstep, difference);
        if (!*ok || has_ended(lockstep, difference) || difference->kind != DIFFERENCE_NONE) {
            return false;
        }
    }
    end_step(lockstep, difference);
    *ok = !lockstep->history.incomplete;
    if (!*ok || has_ended(lockstep, difference)) {
        return false;
    }
    bool over = side_is_over(&lockstep->sides[0]) && side_is_over(&lockstep->sides[1]);
    if (over && lockstep->sides[0].run != NULL) {
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

/* False: out of memory, or an event cannot be read. */
static bool compare_sides(struct lockstep *lockstep, difference_tick_fn *tick, void *context,
        struct difference *difference)
{
    bool ok = true;
    lockstep->step_ns = STEP_FIRST_NS;
    while (step(lockstep, difference, &ok)) {
        if (tick != NULL) {
            tick(context, now_of(lockstep, 0));
        }
    }
    side_finish(&lockstep->sides[0]);
    side_finish(&lockstep->sides[1]);
    history_free(&lockstep->history);
    return ok;
}

bool difference_find(struct run *const runs[2], difference_tick_fn *tick, void *context,
        struct difference *difference)
{
    struct lockstep lockstep = { 0 };
    *difference = (struct difference){ .kind = DIFFERENCE_NONE };
    if (!has_same_stations(run_world(runs[0]), run_world(runs[1]))) {
        difference->kind = DIFFERENCE_STATIONS;
        return true;
    }
    side_play(&lockstep.sides[0], runs[0]);
    side_play(&lockstep.sides[1], runs[1]);
    return compare_sides(&lockstep, tick, context, difference);
}

bool difference_find_recorded(struct event_reader *const readers[2], const struct world *world,
        struct difference *difference, char *error, size_t error_size)
{
    struct lockstep lockstep = { 0 };
    *difference = (struct difference){ .kind = DIFFERENCE_NONE, .recorded = true };
    side_read(&lockstep.sides[0], readers[0], world);
    side_read(&lockstep.sides[1], readers[1], world);
    bool ok = compare_sides(&lockstep, NULL, NULL, difference);
    const char *fault =
            lockstep.sides[0].error[0] != '\0' ? lockstep.sides[0].error : lockstep.sides[1].error;
    snprintf(error, error_size, "%s", fault[0] != '\0' ? fault : "out of memory");
    return ok;
}

void difference_finish(struct difference *difference)
{
    happenings_free(&difference->led);
}
