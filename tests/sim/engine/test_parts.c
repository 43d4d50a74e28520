/* Parts of an event on several threads give what one thread gives, in its order.
 * SPDX-License-Identifier: MIT
 *
 * Goal: trace hashes, the order of observations and the order of events are the same for 1, 2, 3
 * and 8 threads, whether parts stay apart or take their turn; a part whose turn it is sees what
 * those before it did to shared state, and nothing of those after it. Each item of shared work is
 * done once, by the thread whose number is told, before the run's own goes on.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "observe.h"
#include "parts.h"

#define OWNERS     400u
#define EVENTS     60u
#define HAPPENINGS 200000u
#define ITEMS      900u

/* What was observed and dispatched, in order. */
struct record {
    size_t count;
    struct happening {
        sim_ns at_ns;
        int64_t a, b;
        entity_id entity;
    } items[HAPPENINGS];
};

struct stage {
    struct engine *engine;
    entity_id first;
    uint16_t handler, answer_handler;
    bool taking_turns;
    struct engine_parts parts;
    uint64_t own[OWNERS]; /* of each owner: only its parts touch it */
    uint64_t shared;      /* only in turn */
    pthread_t player[OWNERS];
    struct engine_work work;
    uint8_t worked[ITEMS]; /* how often */
    bool has_worked[ENGINE_THREADS_MAX];
    pthread_t worker[ENGINE_THREADS_MAX];
    struct record record;
};

static void keep(struct record *record, sim_ns at_ns, entity_id entity, int64_t a, int64_t b)
{
    cr_assert(record->count < HAPPENINGS);
    record->items[record->count++] = (struct happening){ at_ns, a, b, entity };
}

static void observe(void *context, const struct observation *o)
{
    keep(context, o->at_ns, o->entity, o->a, o->b);
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 31) * UINT64_C(0x9E3779B97F4A7C15);
    return x ^ x >> 29;
}

static void play_part(struct stage *stage, uint32_t part)
{
    struct engine *engine = stage->engine;
    uint32_t owner = stage->parts.part[part].number;
    entity_id entity = stage->parts.part[part].entity;
    sim_ns now_ns = engine_now(engine);
    stage->player[owner] = pthread_self();
    stage->own[owner] = mix(stage->own[owner] + owner + (uint64_t)now_ns);
    uint64_t draw = stage->own[owner];
    engine_observe(engine, now_ns, entity, OBSERVE_FIRMWARE, (int64_t)(draw >> 8), 1, 0, NULL);
    if (stage->taking_turns && draw % 7 == 0) {
        engine_take_turn(engine);
        cr_assert_not(engine_is_apart());
        stage->shared = mix(stage->shared + draw);
        engine_observe(
                engine, now_ns, entity, OBSERVE_NODE_RESET, (int64_t)stage->shared, 2, 0, "bytes");
        engine_take_turn(engine); /* once more changes nothing */
    }
    if (draw % 3 == 0) {
        engine_schedule(engine, now_ns + (sim_ns)(draw % 50), SIM_PHASE_NODE, entity,
                stage->answer_handler, draw);
    }
    engine_observe(engine, now_ns + 1, entity, OBSERVE_FIRMWARE, (int64_t)(draw >> 16), 3, 0, NULL);
}

static void play(void *context, const uint16_t *parts, uint32_t count)
{
    struct stage *stage = context;
    for (uint32_t i = 0; i < count; i++) {
        engine_part_begin(stage->engine, parts[i]);
        play_part(stage, parts[i]);
        engine_part_end(stage->engine, parts[i]);
    }
}

static void work(void *context, uint32_t from, uint32_t to, unsigned thread)
{
    struct stage *stage = context;
    cr_assert_lt(thread, engine_threads(stage->engine));
    if (!stage->has_worked[thread]) {
        stage->has_worked[thread] = true;
        stage->worker[thread] = pthread_self();
    }
    cr_assert(pthread_equal(stage->worker[thread], pthread_self()));
    for (uint32_t i = from; i < to; i++) {
        stage->worked[i]++;
    }
}

/* Of every third event, and of one that has no parts. */
static void begin_work(struct stage *stage, uint64_t argument)
{
    stage->parts.then = argument % 3 == 1 ? &stage->work : NULL;
    stage->work.count = 1 + (uint32_t)(mix(argument) % ITEMS);
    memset(stage->worked, 0, sizeof stage->worked);
    if (argument % 9 == 1) {
        stage->parts.count = 0;
    }
}

static void finish_work(struct stage *stage)
{
    if (stage->parts.then != NULL) {
        engine_work_finish(stage->engine, stage->parts.then);
        for (uint32_t i = 0; i < ITEMS; i++) {
            cr_assert_eq(stage->worked[i], i < stage->work.count, "item %u", i);
        }
    }
}

static void on_event(void *context, sim_ns now_ns, entity_id entity, uint64_t argument)
{
    struct stage *stage = context;
    stage->parts.count = 0;
    for (uint32_t owner = 0; owner < OWNERS; owner++) {
        if (mix(owner + argument) % 4 != 0) {
            stage->parts.part[stage->parts.count++] =
                    (struct engine_part){ stage->first + owner, owner };
        }
    }
    begin_work(stage, argument);
    engine_parts_start(stage->engine, &stage->parts);
    finish_work(stage);
    engine_observe(stage->engine, now_ns, 0, OBSERVE_FRAME_ENDED, (int64_t)argument, 4, 0, "bytes");
    engine_parts_finish(stage->engine, &stage->parts);
}

static void on_answer(void *context, sim_ns now_ns, entity_id entity, uint64_t argument)
{
    struct stage *stage = context;
    keep(&stage->record, now_ns, entity, (int64_t)argument, -1);
}

static struct stage *perform(unsigned threads, bool taking_turns)
{
    struct stage *stage = calloc(1, sizeof *stage);
    struct engine *engine = engine_create(7);
    stage->engine = engine;
    cr_assert(engine_threads_start(engine, threads));
    cr_assert_eq(engine_threads(engine), threads);
    stage->taking_turns = taking_turns;
    stage->parts.play = play;
    stage->parts.context = stage;
    stage->work.work = work;
    stage->work.context = stage;
    stage->first = engine_entity_add(engine, OWNERS);
    stage->handler = engine_handler_add(engine, on_event, stage);
    stage->answer_handler = engine_handler_add(engine, on_answer, stage);
    engine_observer_add(engine, OBSERVE_ALL, observe, &stage->record);
    for (uint32_t i = 0; i < EVENTS; i++) {
        engine_schedule(engine, 20 * (sim_ns)i, SIM_PHASE_AIR_END, 0, stage->handler, i);
    }
    cr_assert(engine_run(engine, 1000000));
    return stage;
}

static void finish(struct stage *stage)
{
    engine_destroy(stage->engine);
    free(stage);
}

static void expect_same(const struct stage *one, const struct stage *other)
{
    cr_assert_eq(engine_trace_hash(one->engine), engine_trace_hash(other->engine));
    cr_assert_eq(engine_time_hash(one->engine), engine_time_hash(other->engine));
    for (unsigned layer = 0; layer < LAYER_COUNT; layer++) {
        cr_assert_eq(engine_layer_hash(one->engine, (enum observation_layer)layer),
                engine_layer_hash(other->engine, (enum observation_layer)layer));
    }
    cr_assert_eq(one->shared, other->shared);
    cr_assert_eq(one->record.count, other->record.count);
    for (size_t i = 0; i < one->record.count; i++) {
        const struct happening *a = &one->record.items[i], *b = &other->record.items[i];
        cr_assert(a->at_ns == b->at_ns && a->a == b->a && a->b == b->b && a->entity == b->entity,
                "happening %zu of %zu differs", i, one->record.count);
    }
}

static void compare_threads(bool taking_turns)
{
    static const unsigned threads[] = { 2, 3, 8, 17 };
    struct stage *one = perform(1, taking_turns);
    cr_assert_gt(one->record.count, EVENTS * OWNERS);
    for (size_t i = 0; i < sizeof threads / sizeof threads[0]; i++) {
        struct stage *other = perform(threads[i], taking_turns);
        expect_same(one, other);
        finish(other);
    }
    finish(one);
}

Test(parts, that_stay_apart_do_the_same_on_any_number_of_threads)
{
    compare_threads(false);
}

Test(parts, that_take_their_turn_do_the_same_on_any_number_of_threads)
{
    compare_threads(true);
}

Test(parts, of_an_owner_are_played_by_its_thread)
{
    struct stage *stage = perform(3, true);
    for (uint32_t i = 0; i < OWNERS; i++) {
        for (uint32_t j = 0; j < i; j++) {
            bool same = engine_thread_of(stage->engine, i) == engine_thread_of(stage->engine, j);
            cr_assert_eq(pthread_equal(stage->player[i], stage->player[j]) != 0, same);
        }
    }
    unsigned own = engine_thread_of(stage->engine, 0);
    cr_expect_eq(own, 0);
    cr_expect(pthread_equal(stage->player[0], pthread_self()));
    finish(stage);
}

/* Wherever a stretch of numbers begins, each of the other threads has as many owners of it as
 * the next, but for two groups of 16, and the run's own has no more, but for one. */
static void expect_even(unsigned threads)
{
    struct engine *engine = engine_create(1);
    cr_assert(engine_threads_start(engine, threads));
    for (uint32_t first = 0; first < 2000; first += 100) {
        unsigned owners[ENGINE_THREADS_MAX] = { 0 };
        for (uint32_t number = first; number < first + ENGINE_PARTS_MAX; number++) {
            owners[engine_thread_of(engine, number)]++;
        }
        for (unsigned i = 1; i < threads; i++) {
            cr_expect_leq(abs((int)owners[i] - (int)owners[1]), 32, "%u of %u", i, threads);
            cr_expect_leq(owners[0], owners[i] + 16, "%u of %u", i, threads);
        }
    }
    engine_destroy(engine);
}

Test(parts, are_shared_evenly)
{
    for (unsigned threads = 2; threads <= 9; threads++) {
        expect_even(threads);
    }
}

#define TALLIED 100000u

struct tally {
    unsigned char done[TALLIED]; /* how often */
    unsigned char by[TALLIED];   /* thread + 1 */
};

static void count_items(void *context, uint32_t from, uint32_t to, unsigned thread)
{
    struct tally *tally = context;
    for (uint32_t i = from; i < to; i++) {
        tally->done[i]++;
        tally->by[i] = (unsigned char)(thread + 1);
    }
}

/* Each item once, on a thread of this engine, whatever their number. */
static void do_items(unsigned threads, uint32_t count)
{
    struct tally *tally = calloc(1, sizeof *tally);
    struct engine *engine = engine_create(1);
    struct engine_work items = { .count = count, .work = count_items, .context = tally };
    cr_assert(engine_threads_start(engine, threads));
    engine_work_do(engine, &items);
    for (uint32_t i = 0; i < count; i++) {
        cr_assert_eq(tally->done[i], 1, "item %u of %u", i, count);
        cr_assert_leq(tally->by[i], threads);
    }
    engine_destroy(engine);
    free(tally);
}

Test(parts, none_leave_work_to_all_threads)
{
    static const unsigned threads[] = { 1, 2, 5 };
    static const uint32_t counts[] = { 1, 63, 64, TALLIED };
    for (size_t i = 0; i < sizeof threads / sizeof threads[0]; i++) {
        for (size_t j = 0; j < sizeof counts / sizeof counts[0]; j++) {
            do_items(threads[i], counts[j]);
        }
    }
}

Test(parts, need_no_threads)
{
    struct engine *engine = engine_create(1);
    cr_expect_eq(engine_threads(engine), 1);
    cr_expect_eq(engine_thread_of(engine, 12345), 0);
    cr_expect_not(engine_is_apart());
    engine_take_turn(engine);
    engine_destroy(engine);
}
