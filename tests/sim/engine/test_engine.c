/* The engine dispatches in the order that design.md section 3 states, and stops where told.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "random_stream.h"

enum {
    LOG_MAX = 4096
};

struct dispatched {
    sim_ns now_ns;
    entity_id entity;
    uint64_t argument;
};

struct log {
    struct engine *engine;
    size_t count;
    struct dispatched entries[LOG_MAX];
};

static void log_event(void *context, sim_ns now_ns, entity_id entity, uint64_t argument)
{
    struct log *log = context;
    cr_assert_lt(log->count, LOG_MAX);
    cr_assert_eq(engine_now(log->engine), now_ns);
    log->entries[log->count++] = (struct dispatched){ now_ns, entity, argument };
}

static struct log the_log;
static struct engine *engine;
static uint16_t handler;

static void start(void)
{
    engine = engine_create(42);
    cr_assert_not_null(engine);
    the_log.engine = engine;
    the_log.count = 0;
    handler = engine_handler_add(engine, log_event, &the_log);
}

static void finish(void)
{
    engine_destroy(engine);
}

TestSuite(engine, .init = start, .fini = finish);

static void expect_arguments(const char *letters)
{
    cr_assert_eq(the_log.count, strlen(letters));
    for (size_t i = 0; i < the_log.count; i++) {
        cr_assert_eq(the_log.entries[i].argument, (uint64_t)letters[i], "event %zu", i);
    }
}

Test(engine, starts_at_zero_with_nothing_pending)
{
    cr_assert_eq(engine_seed(engine), 42);
    cr_assert_eq(engine_now(engine), 0);
    cr_assert_eq(engine_pending(engine), 0);
    cr_assert_eq(engine_event_count(engine), 0);
    cr_assert_eq(engine_peek(engine), SIM_NS_NEVER);
}

Test(engine, numbers_entities_densely_from_one)
{
    cr_assert_eq(engine_entity_add(engine, 3), 1);
    cr_assert_eq(engine_entity_add(engine, 100000), 4);
    cr_assert_eq(engine_entity_add(engine, 1), 100004);
    cr_assert_eq(engine_entity_count(engine), 100004);
}

Test(engine, orders_by_time_then_phase_then_entity_then_sequence)
{
    entity_id one = engine_entity_add(engine, 2);
    entity_id two = one + 1;
    engine_schedule(engine, 20, SIM_PHASE_AIR_END, one, handler, 'g');
    engine_schedule(engine, 10, SIM_PHASE_WORLD, 0, handler, 'f');
    engine_schedule(engine, 10, SIM_PHASE_NODE, two, handler, 'e');
    engine_schedule(engine, 10, SIM_PHASE_NODE, one, handler, 'c');
    engine_schedule(engine, 10, SIM_PHASE_NODE, one, handler, 'd');
    engine_schedule(engine, 10, SIM_PHASE_AIR_END, two, handler, 'b');
    engine_schedule(engine, 9, SIM_PHASE_WORLD, two, handler, 'a');
    cr_assert(engine_run(engine, 20));
    expect_arguments("abcdefg");
    cr_assert_eq(engine_event_count(engine), 7);
}

/* The order must not show in which order different entities happened to schedule. */
Test(engine, orders_alike_however_entities_interleave_their_scheduling)
{
    entity_id first = engine_entity_add(engine, 3);
    for (entity_id entity = first; entity < first + 3; entity++) {
        for (uint64_t i = 0; i < 3; i++) {
            engine_schedule(engine, 5, SIM_PHASE_NODE, entity, handler, entity * 10 + i);
        }
    }
    for (uint64_t i = 0; i < 3; i++) {
        for (entity_id entity = first + 2; entity >= first; entity--) {
            engine_schedule(engine, 6, SIM_PHASE_NODE, entity, handler, entity * 10 + i);
        }
    }
    cr_assert(engine_run(engine, 6));
    cr_assert_eq(the_log.count, 18);
    for (size_t i = 0; i < 9; i++) {
        cr_assert_eq(the_log.entries[i].argument, the_log.entries[9 + i].argument);
    }
}

Test(engine, passes_entity_argument_and_context_to_the_handler)
{
    static struct log other;
    other.engine = engine;
    uint16_t other_handler = engine_handler_add(engine, log_event, &other);
    cr_assert_neq(other_handler, handler);
    entity_id entity = engine_entity_add(engine, 7) + 6;
    engine_schedule(engine, 3, SIM_PHASE_NODE, entity, other_handler, UINT64_MAX);
    cr_assert(engine_run(engine, 3));
    cr_assert_eq(the_log.count, 0);
    cr_assert_eq(other.count, 1);
    cr_assert_eq(other.entries[0].now_ns, 3);
    cr_assert_eq(other.entries[0].entity, entity);
    cr_assert_eq(other.entries[0].argument, UINT64_MAX);
}

Test(engine, runs_up_to_and_including_the_limit)
{
    engine_schedule(engine, 10, SIM_PHASE_NODE, 0, handler, 'a');
    engine_schedule(engine, 11, SIM_PHASE_NODE, 0, handler, 'b');
    cr_assert(engine_run(engine, 10));
    expect_arguments("a");
    cr_assert_eq(engine_now(engine), 10);
    cr_assert_eq(engine_peek(engine), 11);
    cr_assert_eq(engine_pending(engine), 1);
    cr_assert(engine_run(engine, 1000));
    expect_arguments("ab");
    cr_assert_eq(engine_now(engine), 1000);
}

static void follow_up(void *context, sim_ns now_ns, entity_id entity, uint64_t argument)
{
    struct log *log = context;
    log_event(log, now_ns, entity, argument);
    if (argument == 'b') {
        engine_schedule(engine, now_ns, SIM_PHASE_AIR_END, entity, handler, 'c');
        engine_schedule(engine, now_ns, SIM_PHASE_NODE, entity, handler, 'e');
    }
}

Test(engine, runs_what_a_handler_schedules_at_its_own_instant)
{
    uint16_t following = engine_handler_add(engine, follow_up, &the_log);
    engine_schedule(engine, 7, SIM_PHASE_NODE, 0, handler, 'a');
    engine_schedule(engine, 7, SIM_PHASE_NODE, 0, following, 'b');
    engine_schedule(engine, 7, SIM_PHASE_NODE, 0, handler, 'd');
    engine_schedule(engine, 8, SIM_PHASE_NODE, 0, handler, 'f');
    cr_assert(engine_run(engine, 8));
    expect_arguments("abcdef");
}

static void stop_at_b(void *context, sim_ns now_ns, entity_id entity, uint64_t argument)
{
    log_event(context, now_ns, entity, argument);
    if (argument == 'b') {
        engine_stop(engine);
    }
}

Test(engine, stops_at_the_event_that_asks_for_it_and_goes_on_from_there)
{
    uint16_t stopping = engine_handler_add(engine, stop_at_b, &the_log);
    engine_schedule(engine, 1, SIM_PHASE_NODE, 0, stopping, 'a');
    engine_schedule(engine, 2, SIM_PHASE_NODE, 0, stopping, 'b');
    engine_schedule(engine, 2, SIM_PHASE_NODE, 0, stopping, 'c');
    cr_assert_not(engine_run(engine, 100));
    expect_arguments("ab");
    cr_assert_eq(engine_now(engine), 2);
    cr_assert(engine_run(engine, 100));
    expect_arguments("abc");
    cr_assert_eq(engine_now(engine), 100);
}

/* Between two runs the world looks ahead, then nodes still schedule before what it saw. */
Test(engine, schedules_before_an_event_it_has_peeked_at)
{
    sim_ns year_ns = SIM_NS_PER_S * 86400 * 365;
    engine_schedule(engine, 10 * year_ns, SIM_PHASE_NODE, 0, handler, 'z');
    cr_assert_eq(engine_peek(engine), 10 * year_ns);
    cr_assert(engine_run(engine, SIM_NS_PER_S));
    cr_assert_eq(engine_peek(engine), 10 * year_ns);
    engine_schedule(engine, SIM_NS_PER_S, SIM_PHASE_NODE, 0, handler, 'a');
    engine_schedule(engine, 2 * SIM_NS_PER_S, SIM_PHASE_NODE, 0, handler, 'b');
    cr_assert_eq(engine_peek(engine), SIM_NS_PER_S);
    cr_assert(engine_run(engine, 11 * year_ns));
    expect_arguments("abz");
}

struct key {
    sim_ns at_ns;
    uint32_t phase;
    entity_id entity;
    uint64_t argument; /* grows with the sequence */
};

static int by_key(const void *a, const void *b)
{
    const struct key *x = a;
    const struct key *y = b;
    if (x->at_ns != y->at_ns) {
        return x->at_ns < y->at_ns ? -1 : 1;
    }
    if (x->phase != y->phase) {
        return x->phase < y->phase ? -1 : 1;
    }
    if (x->entity != y->entity) {
        return x->entity < y->entity ? -1 : 1;
    }
    return x->argument < y->argument ? -1 : 1;
}

Test(engine, dispatches_in_the_order_of_a_full_sort)
{
    static struct key keys[LOG_MAX];
    entity_id first = engine_entity_add(engine, 50);
    for (uint32_t i = 0; i < LOG_MAX; i++) {
        uint32_t words[4];
        random_block(9, 0, RANDOM_TEST, i, words);
        keys[i] = (struct key){ words[0] % 500, words[1] % 8, first + words[2] % 50, i };
        engine_schedule(
                engine, keys[i].at_ns, (enum sim_phase)keys[i].phase, keys[i].entity, handler, i);
    }
    cr_assert(engine_run(engine, 500));
    qsort(keys, LOG_MAX, sizeof keys[0], by_key);
    cr_assert_eq(the_log.count, LOG_MAX);
    for (size_t i = 0; i < LOG_MAX; i++) {
        cr_assert_eq(the_log.entries[i].argument, keys[i].argument, "event %zu", i);
        cr_assert_eq(the_log.entries[i].now_ns, keys[i].at_ns);
    }
}

Test(engine, keeps_two_runs_in_one_process_apart)
{
    struct engine *second = engine_create(43);
    cr_assert_eq(engine_entity_add(second, 1), 1);
    engine_schedule(engine, 5, SIM_PHASE_NODE, 0, handler, 'a');
    cr_assert_eq(engine_pending(second), 0);
    cr_assert(engine_run(second, 10));
    cr_assert_eq(the_log.count, 0);
    engine_destroy(second);
}

Test(engine, rejects_an_event_in_the_past, .signal = SIGABRT)
{
    engine_run(engine, 10);
    engine_schedule(engine, 9, SIM_PHASE_NODE, 0, handler, 0);
}

Test(engine, rejects_an_event_that_never_happens, .signal = SIGABRT)
{
    engine_schedule(engine, SIM_NS_NEVER, SIM_PHASE_NODE, 0, handler, 0);
}

Test(engine, rejects_an_unknown_entity, .signal = SIGABRT)
{
    entity_id first = engine_entity_add(engine, 2);
    engine_schedule(engine, 1, SIM_PHASE_NODE, first + 2, handler, 0);
}

Test(engine, rejects_an_unknown_handler, .signal = SIGABRT)
{
    engine_schedule(engine, 1, SIM_PHASE_NODE, 0, (uint16_t)(handler + 1), 0);
}

Test(engine, rejects_a_run_into_the_past, .signal = SIGABRT)
{
    engine_run(engine, 10);
    engine_run(engine, 9);
}

Test(engine, takes_256_handlers)
{
    for (uint32_t expected = 1; expected < 256; expected++) {
        cr_assert_eq(engine_handler_add(engine, log_event, &the_log), expected);
    }
    engine_schedule(engine, 1, SIM_PHASE_NODE, 0, 255, 'a');
    cr_assert(engine_run(engine, 1));
    expect_arguments("a");
}

Test(engine, rejects_the_257th_handler, .signal = SIGABRT)
{
    for (uint32_t i = 1; i <= 256; i++) {
        engine_handler_add(engine, log_event, &the_log);
    }
}

/* Prefetches are counted by entity. */
struct asked {
    struct engine *engine;
    entity_id waiting;
    unsigned count;  /* for the entity that waits */
    unsigned pushes; /* of the others, left */
    bool had_prepared;
};

static void count_prefetch(void *context, entity_id entity, uint64_t argument)
{
    struct asked *asked = context;
    asked->count += entity == asked->waiting ? 1u : 0u;
}

/* Two events that are taken before the one that waits, so that it moves away from its place. */
static void push_two(void *context, sim_ns now_ns, entity_id entity, uint64_t argument)
{
    struct asked *asked = context;
    if (entity == asked->waiting) {
        asked->had_prepared = engine_has_prepared(asked->engine, entity);
    } else if (asked->pushes > 0) {
        asked->pushes--;
        uint16_t own = (uint16_t)argument;
        engine_schedule(asked->engine, now_ns + 1, SIM_PHASE_NODE, entity, own, argument);
        engine_schedule(asked->engine, now_ns + 1, SIM_PHASE_NODE, entity, own, argument);
    }
}

/* Goal: an event that comes to the place looked at several times, since others are pushed and taken
 * before it, has its memory asked for once, and its handler can tell that it was. */
Test(engine, asks_once_for_the_memory_of_an_event_that_waits)
{
    struct asked asked = { .engine = engine, .pushes = 6 };
    entity_id first = engine_entity_add(engine, 4);
    asked.waiting = first + 3;
    uint16_t own = engine_handler_add(engine, push_two, &asked);
    engine_handler_prefetch(engine, own, count_prefetch);
    cr_assert_not(engine_has_prepared(engine, asked.waiting));
    for (uint32_t i = 0; i < 3; i++) {
        engine_schedule(engine, 64, SIM_PHASE_NODE, first + i, own, own);
    }
    engine_schedule(engine, 120, SIM_PHASE_NODE, asked.waiting, own, own);
    engine_schedule(engine, 121, SIM_PHASE_NODE, first, own, own);
    engine_schedule(engine, 121, SIM_PHASE_NODE, first + 1, own, own);
    cr_assert(engine_run(engine, 2000));
    cr_assert_eq(asked.count, 1, "asked %u times", asked.count);
    cr_assert(asked.had_prepared);
}
