/* Where two runs part: the event is the earliest that is not the same, whatever is played before.
 * SPDX-License-Identifier: MIT
 *
 * Goal: difference_find() names the first entity and event in which two runs differ, says of equal
 * runs that they are, and does not take the end of a run, or other results of the same events, for
 * an event. Method: runs that differ in something with a known time and place; the answer is held
 * against the events of both runs, recorded by another observer, each run played by itself.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "explain/difference.h"
#include "support/trial.h"

static const char fleet[] =
        "name: pair\n"
        "duration: 6 h\n"
        "area: {radius: 2 km}\n"
        "gateways: {count: 2, radius: 1 km}\n"
        "devices: [{name: a, count: 4, boot: {spread: 10 min}, report: {period: 10 min}}, "
        "{name: b, count: 4, boot: {spread: 10 min}, report: {period: 10 min}}]\n"
        "firmware: {image: generated, size: 4 KiB}\n"
        "campaign: {start: 30 min, set_up: {window: 2 h}, confirm_timeout: 1 h}\n";

/* More than the run has. */
#define ENTITIES 2000u

struct pair {
    struct trial *trials[2];
    struct run *runs[2];
    struct difference difference;
};

/* The fleet with one more line, or with one key overridden: "key=value". NULL: as it is. */
static struct trial *create(const char *change)
{
    char text[sizeof fleet + 128];
    bool is_line = change != NULL && strchr(change, '=') == NULL;
    snprintf(text, sizeof text, "%s%s", fleet, is_line ? change : "");
    return trial_create(text, &change, change != NULL && !is_line ? 1 : 0);
}

static struct pair find(const char *change_a, const char *change_b)
{
    const char *const changes[2] = { change_a, change_b };
    struct pair pair;
    for (int i = 0; i < 2; i++) {
        pair.trials[i] = create(changes[i]);
        pair.runs[i] = pair.trials[i]->run;
    }
    cr_assert(difference_find(pair.runs, NULL, NULL, &pair.difference));
    return pair;
}

static void forget(struct pair *pair)
{
    difference_finish(&pair->difference);
    trial_destroy(pair->trials[0]);
    trial_destroy(pair->trials[1]);
}

static void record(void *context, const struct observation *o)
{
    struct happening happening;
    happening_of(o, &happening);
    happenings_add(context, &happening);
}

/* All events of a run by itself. */
static struct happenings events_of(const char *change)
{
    struct happenings events = { 0 };
    struct trial *trial = create(change);
    engine_observer_add(run_engine(trial->run), OBSERVE_ALL, record, &events);
    trial_play(trial);
    trial_destroy(trial);
    cr_assert_not(events.incomplete);
    return events;
}

/* The next event of an entity from place `at` on; NULL: it has none. */
static const struct happening *next_of(const struct happenings *events, entity_id entity, size_t at)
{
    while (at < events->count && events->items[at].entity != entity) {
        at++;
    }
    return at < events->count ? &events->items[at] : NULL;
}

struct first {
    sim_ns at_ns;
    entity_id entity;
};

/* When the events of an entity are no longer the same. */
static sim_ns parting_of(const struct happenings *a, const struct happenings *b, entity_id entity)
{
    const struct happening *x = next_of(a, entity, 0), *y = next_of(b, entity, 0);
    while (x != NULL && y != NULL && happenings_equal(x, y)) {
        x = next_of(a, entity, (size_t)(x - a->items) + 1);
        y = next_of(b, entity, (size_t)(y - b->items) + 1);
    }
    sim_ns at_ns = x == NULL ? SIM_NS_NEVER : x->at_ns;
    return y != NULL && y->at_ns < at_ns ? y->at_ns : at_ns;
}

/* Of every entity the first event that is not the same, and the earliest of these. */
static struct first first_by_definition(const char *change_a, const char *change_b)
{
    struct happenings a = events_of(change_a), b = events_of(change_b);
    struct first first = { SIM_NS_NEVER, 0 };
    for (entity_id entity = 0; entity < ENTITIES; entity++) {
        sim_ns at_ns = parting_of(&a, &b, entity);
        if (at_ns < first.at_ns) {
            first = (struct first){ at_ns, entity };
        }
    }
    happenings_free(&a);
    happenings_free(&b);
    return first;
}

static void expect_first(const char *change_a, const char *change_b)
{
    struct pair pair = find(change_a, change_b);
    struct first first = first_by_definition(change_a, change_b);
    cr_assert_eq(pair.difference.kind, DIFFERENCE_EVENT);
    cr_expect_eq(pair.difference.at_ns, first.at_ns, "%lld, by the definition %lld",
            (long long)pair.difference.at_ns, (long long)first.at_ns);
    cr_expect_eq(pair.difference.entity, first.entity);
    for (size_t i = 0; i < pair.difference.led.count; i++) {
        cr_expect_leq(pair.difference.led.items[i].at_ns, first.at_ns);
    }
    forget(&pair);
}

Test(difference, equal_runs_are_equal_to_their_last_result)
{
    struct pair pair = find(NULL, NULL);
    struct happenings events = events_of(NULL);
    cr_expect_eq(pair.difference.kind, DIFFERENCE_NONE);
    cr_expect_eq(pair.difference.same, events.count);
    happenings_free(&events);
    forget(&pair);
}

Test(difference, another_seed_differs_early)
{
    expect_first("seed=1", "seed=2");
}

Test(difference, a_fault_late_in_the_run_is_where_they_part)
{
    static const char *const reset = "faults: [{kind: reset, device: 5, at: 100 min}]\n";
    struct pair pair = find(NULL, reset);
    cr_assert_eq(pair.difference.kind, DIFFERENCE_EVENT);
    cr_expect_eq(pair.difference.entity, run_world(pair.runs[0])->first_device + 5);
    /* What it does at the reset is at that time, in its own clock. */
    cr_expect_geq(pair.difference.at_ns, 6000 * SIM_NS_PER_S);
    cr_expect_lt(pair.difference.at_ns, 6000 * SIM_NS_PER_S + 100 * SIM_NS_PER_MS);
    cr_expect(pair.difference.has[1]);
    cr_expect_eq(pair.difference.event[1].kind, OBSERVE_NODE_RESET);
    cr_expect_gt(pair.difference.led.count, 0);
    forget(&pair);
    expect_first(NULL, reset);
}

Test(difference, a_group_that_reports_less_often_is_where_they_part)
{
    expect_first(NULL, "devices.1.report.period=11 min");
}

Test(difference, a_run_that_ends_sooner_is_the_same_up_to_there)
{
    struct pair pair = find("duration=9100 s", NULL);
    cr_expect_eq(pair.difference.kind, DIFFERENCE_END);
    cr_expect_eq(pair.difference.ended, 0);
    cr_expect_eq(pair.difference.at_ns, 9100 * SIM_NS_PER_S);
    forget(&pair);
}

/* No event depends on the size of a battery; results do. */
Test(difference, the_same_events_with_other_results)
{
    struct pair pair = find(NULL, "devices.0.battery.capacity=100 mAh");
    cr_assert_eq(pair.difference.kind, DIFFERENCE_RESULT);
    cr_expect_eq(strncmp(pair.difference.result[0].path, "battery.", 8), 0, "%s",
            pair.difference.result[0].path);
    cr_expect_neq(pair.difference.result[0].number, pair.difference.result[1].number);
    forget(&pair);
}

Test(difference, other_stations_are_no_event)
{
    struct pair pair = find(NULL, "devices.1.count=5");
    cr_expect_eq(pair.difference.kind, DIFFERENCE_STATIONS);
    forget(&pair);
}
