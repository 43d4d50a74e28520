/* Trace hashes depend on everything that is observed and not on observers.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <signal.h>

#include "observe.h"
#include "random_stream.h"

enum {
    ENTITIES = 4
};

static struct engine *start(void)
{
    struct engine *engine = engine_create(1);
    cr_assert_not_null(engine);
    cr_assert_eq(engine_entity_add(engine, ENTITIES), 1);
    return engine;
}

static void observe(struct engine *engine, const struct observation *what)
{
    engine_observe(engine, what->at_ns, what->entity, (enum observation_kind)what->kind, what->a,
            what->b, what->c, what->data);
}

static uint64_t hash_of(const struct observation *what)
{
    struct engine *engine = start();
    observe(engine, what);
    uint64_t hash = engine_trace_hash(engine);
    engine_destroy(engine);
    return hash;
}

static const struct observation sample = {
    .at_ns = 123456789012,
    .entity = 2,
    .kind = OBSERVE_FRAME_RECEIVED,
    .a = 17,
    .b = -120500,
    .c = -7250,
};

Test(observe, hashes_every_bit_of_every_field)
{
    uint64_t hash = hash_of(&sample);
    for (unsigned bit = 0; bit < 64; bit++) {
        struct observation at = sample, a = sample, b = sample, c = sample;
        at.at_ns = (sim_ns)((uint64_t)at.at_ns ^ UINT64_C(1) << bit);
        a.a = (int64_t)((uint64_t)a.a ^ UINT64_C(1) << bit);
        b.b = (int64_t)((uint64_t)b.b ^ UINT64_C(1) << bit);
        c.c = (int64_t)((uint64_t)c.c ^ UINT64_C(1) << bit);
        cr_assert_neq(hash_of(&at), hash, "at_ns bit %u", bit);
        cr_assert_neq(hash_of(&a), hash, "a bit %u", bit);
        cr_assert_neq(hash_of(&b), hash, "b bit %u", bit);
        cr_assert_neq(hash_of(&c), hash, "c bit %u", bit);
    }
    for (uint32_t kind = 0; kind < OBSERVATION_KIND_COUNT; kind++) {
        struct observation other = sample;
        other.kind = kind;
        cr_assert_eq(hash_of(&other) == hash, kind == sample.kind, "kind %u", kind);
    }
    for (entity_id entity = 0; entity <= ENTITIES; entity++) {
        struct observation other = sample;
        other.entity = entity;
        cr_assert_eq(hash_of(&other) == hash, entity == sample.entity, "entity %u", entity);
    }
}

/* A good mix flips half of the 64 bits whatever single bit changes. The mean over 256 changes of
 * a binomial(64, 1/2) has a standard deviation of 4 / 16 = 0.25: 31 to 33 is four of them. */
Test(observe, flips_half_of_the_hash_for_any_changed_bit)
{
    struct engine *engine = start();
    observe(engine, &sample);
    uint64_t hash = engine_entity_hash(engine, sample.entity);
    engine_destroy(engine);
    unsigned flipped = 0;
    for (unsigned field = 0; field < 4; field++) {
        for (unsigned bit = 0; bit < 64; bit++) {
            struct observation other = sample;
            int64_t *fields[] = { &other.at_ns, &other.a, &other.b, &other.c };
            *fields[field] = (int64_t)((uint64_t)*fields[field] ^ UINT64_C(1) << bit);
            engine = start();
            observe(engine, &other);
            flipped += (unsigned)__builtin_popcountll(
                    hash ^ engine_entity_hash(engine, sample.entity));
            engine_destroy(engine);
        }
    }
    cr_assert_geq(flipped, 31 * 256);
    cr_assert_leq(flipped, 33 * 256);
}

Test(observe, does_not_hash_the_data)
{
    struct observation with = sample;
    with.data = "a frame";
    cr_assert_eq(hash_of(&with), hash_of(&sample));
}

Test(observe, hashes_the_order_within_an_entity_only)
{
    struct observation other = sample, elsewhere = sample;
    other.a = 18;
    elsewhere.entity = 3;
    const struct observation *sequences[][3] = { { &sample, &other, &elsewhere },
        { &elsewhere, &sample, &other }, { &other, &sample, &elsewhere } };
    uint64_t hashes[3];
    for (size_t i = 0; i < 3; i++) {
        struct engine *engine = start();
        for (size_t j = 0; j < 3; j++) {
            observe(engine, sequences[i][j]);
        }
        hashes[i] = engine_trace_hash(engine);
        engine_destroy(engine);
    }
    cr_assert_eq(hashes[0], hashes[1]);
    cr_assert_neq(hashes[0], hashes[2]);
}

/* Not even one that happened is the same as none, nor twice as once. */
Test(observe, counts_repeated_and_zero_observations)
{
    struct engine *engine = start();
    uint64_t hashes[4];
    for (size_t i = 0; i < 4; i++) {
        hashes[i] = engine_entity_hash(engine, 1);
        for (size_t j = 0; j < i; j++) {
            cr_assert_neq(hashes[j], hashes[i]);
        }
        engine_observe(engine, 0, 1, OBSERVE_FRAME_STARTED, 0, 0, 0, NULL);
    }
    engine_destroy(engine);
}

struct layers {
    uint64_t time, layer[LAYER_COUNT];
};

static struct layers layers_of(const struct observation *what, size_t count)
{
    struct engine *engine = start();
    for (size_t i = 0; i < count; i++) {
        observe(engine, &what[i]);
    }
    struct layers layers = { .time = engine_time_hash(engine) };
    for (uint32_t i = 0; i < LAYER_COUNT; i++) {
        layers.layer[i] = engine_layer_hash(engine, (enum observation_layer)i);
    }
    engine_destroy(engine);
    return layers;
}

Test(observe, every_kind_counts_in_one_layer_and_in_time)
{
    for (uint32_t kind = 0; kind < OBSERVATION_KIND_COUNT; kind++) {
        struct observation what = sample;
        what.kind = kind;
        struct layers layers = layers_of(&what, 1);
        uint32_t moved = 0;
        for (uint32_t i = 0; i < LAYER_COUNT; i++) {
            moved += layers.layer[i] != 0 ? 1 : 0;
        }
        cr_expect_eq(moved, 1, "kind %u", kind);
        cr_expect_neq(layers.time, 0, "kind %u", kind);
    }
}

Test(observe, a_layer_is_of_what_was_observed_and_time_is_of_when)
{
    struct layers before = layers_of(&sample, 1);
    for (unsigned bit = 0; bit < 64; bit++) {
        struct observation later = sample, other = sample;
        later.at_ns = (sim_ns)((uint64_t)later.at_ns ^ UINT64_C(1) << bit);
        struct layers after = layers_of(&later, 1);
        cr_expect_neq(after.time, before.time, "at_ns bit %u", bit);
        cr_expect_arr_eq(after.layer, before.layer, sizeof before.layer);
        int64_t *fields[] = { &other.a, &other.b, &other.c };
        for (size_t i = 0; i < 3; i++) {
            int64_t was = *fields[i];
            *fields[i] = (int64_t)((uint64_t)was ^ UINT64_C(1) << bit);
            after = layers_of(&other, 1);
            cr_expect_eq(after.time, before.time, "field %zu bit %u", i, bit);
            cr_expect_neq(
                    after.layer[LAYER_AIR], before.layer[LAYER_AIR], "field %zu bit %u", i, bit);
            *fields[i] = was;
        }
    }
    struct observation elsewhere = sample;
    elsewhere.entity = 3;
    struct layers moved = layers_of(&elsewhere, 1);
    cr_expect_neq(moved.time, before.time);
    cr_expect_neq(moved.layer[LAYER_AIR], before.layer[LAYER_AIR]);
}

/* Runs whose entities are served in another order, by workers as well, have the same layers. */
Test(observe, layers_need_no_order_but_count)
{
    struct observation what[3] = { sample, sample, sample };
    what[1].entity = 3;
    what[2].at_ns += 7;
    struct observation turned[3] = { what[2], what[0], what[1] };
    struct layers in_order = layers_of(what, 3), other_order = layers_of(turned, 3);
    cr_expect_eq(in_order.time, other_order.time);
    cr_expect_arr_eq(in_order.layer, other_order.layer, sizeof in_order.layer);
    struct observation once[2] = { sample, what[1] };
    struct layers fewer = layers_of(once, 2);
    cr_expect_neq(fewer.layer[LAYER_AIR], in_order.layer[LAYER_AIR]);
}

struct watcher {
    uint32_t seen;
    struct observation last;
};

static void watch(void *context, const struct observation *what)
{
    struct watcher *watcher = context;
    watcher->seen++;
    watcher->last = *what;
}

static uint64_t run_watched(struct watcher *watchers, const uint64_t *masks, size_t count)
{
    struct engine *engine = start();
    for (size_t i = 0; i < count; i++) {
        engine_observer_add(engine, masks[i], watch, &watchers[i]);
    }
    for (uint32_t i = 0; i < 1000; i++) {
        uint32_t words[4];
        random_block(3, 0, RANDOM_TEST, i, words);
        engine_observe(engine, i, words[0] % (ENTITIES + 1),
                (enum observation_kind)(words[1] % OBSERVATION_KIND_COUNT), words[2], words[3], i,
                &words);
    }
    uint64_t hash = engine_trace_hash(engine);
    engine_destroy(engine);
    return hash;
}

Test(observe, gives_the_same_hash_with_any_observers)
{
    struct watcher watchers[16] = { 0 };
    uint64_t masks[16];
    for (size_t i = 0; i < 16; i++) {
        masks[i] = i == 0 ? OBSERVE_ALL : OBSERVE_BIT(i);
    }
    uint64_t unwatched = run_watched(NULL, NULL, 0);
    cr_assert_eq(run_watched(watchers, masks, 1), unwatched);
    cr_assert_eq(run_watched(watchers, masks, 16), unwatched);
}

Test(observe, shows_each_observer_the_kinds_of_its_mask)
{
    struct watcher watchers[3] = { 0 };
    uint64_t masks[3] = { OBSERVE_ALL, OBSERVE_BIT(OBSERVE_GATEWAY_TX), 0 };
    run_watched(watchers, masks, 3);
    cr_assert_eq(watchers[0].seen, 1000);
    cr_assert_gt(watchers[1].seen, 0);
    cr_assert_lt(watchers[1].seen, 1000);
    cr_assert_eq(watchers[1].last.kind, OBSERVE_GATEWAY_TX);
    cr_assert_eq(watchers[2].seen, 0);
}

Test(observe, shows_the_observation_as_it_was_stated)
{
    struct engine *engine = start();
    struct watcher watcher = { 0 };
    engine_observer_add(engine, OBSERVE_BIT(sample.kind), watch, &watcher);
    struct observation with = sample;
    with.data = &watcher;
    observe(engine, &with);
    cr_assert_eq(watcher.seen, 1);
    cr_assert_eq(watcher.last.at_ns, with.at_ns);
    cr_assert_eq(watcher.last.entity, with.entity);
    cr_assert_eq(watcher.last.kind, with.kind);
    cr_assert_eq(watcher.last.a, with.a);
    cr_assert_eq(watcher.last.b, with.b);
    cr_assert_eq(watcher.last.c, with.c);
    cr_assert_eq(watcher.last.data, with.data);
    engine_destroy(engine);
}

Test(observe, rejects_an_unknown_entity, .signal = SIGABRT)
{
    struct engine *engine = start();
    engine_observe(engine, 0, ENTITIES + 1, OBSERVE_FRAME_STARTED, 0, 0, 0, NULL);
}

Test(observe, rejects_a_17th_observer, .signal = SIGABRT)
{
    struct engine *engine = start();
    struct watcher watcher = { 0 };
    for (uint32_t i = 0; i < 17; i++) {
        engine_observer_add(engine, OBSERVE_ALL, watch, &watcher);
    }
}
