/* Observations: hashed for the run's fingerprint, then shown to the observers of their kind.
 * SPDX-License-Identifier: MIT
 */
#include "observe.h"

#include <assert.h>
#include <stddef.h>

#include "engine_state.h"
#include "outbox.h"

_Static_assert(OBSERVATION_KIND_COUNT <= 64, "a kind is a bit of a mask");
_Static_assert(ENGINE_OBSERVER_MAX <= 16, "an observer is a bit of observers_of");

__extension__ typedef unsigned __int128 uint128;

/* Odd constants without structure: the first 64-bit words of the fractional parts of the square
 * roots of 2, 3, 5, 7, 11 and 13 (FIPS 180-4 section 5.3.5), made odd. */
#define SALT_AT    UINT64_C(0x6a09e667f3bcc909)
#define SALT_A     UINT64_C(0xbb67ae8584caa73b)
#define SALT_B     UINT64_C(0x3c6ef372fe94f82b)
#define SALT_C     UINT64_C(0xa54ff53a5f1d36f1)
#define SALT_WHO   UINT64_C(0x510e527fade682d1)
#define SALT_STATE UINT64_C(0x9b05688c2b3e6c1f)

/* Every bit of both factors reaches the middle of the product, and so both halves folded. */
static inline uint64_t multiply_fold(uint64_t x, uint64_t y)
{
    uint128 product = (uint128)x * y;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t engine_trace_hash_initial(entity_id entity)
{
    return multiply_fold(entity ^ SALT_STATE, SALT_WHO);
}

static const uint8_t layers[OBSERVATION_KIND_COUNT] = {
#define X(name, layer, a, b, c) [OBSERVE_##name] = LAYER_##layer,
    OBSERVATION_KINDS(X)
#undef X
};

/* Into the trace hash of its entity, and into the sums of its layer and of the times. Sums, since
 * they need no order among entities. */
static inline void hash_add(struct engine *engine, const struct observation *what,
        uint64_t layer_sums[LAYER_COUNT], uint64_t *time_sum)
{
    uint64_t *hash = &engine->entities[what->entity].trace_hash;
    uint64_t who = (uint64_t)what->entity << 32 | what->kind;
    uint64_t at = (uint64_t)what->at_ns ^ SALT_AT;
    uint64_t a = (uint64_t)what->a ^ SALT_A;
    uint64_t y = multiply_fold((uint64_t)what->b ^ SALT_B, (uint64_t)what->c ^ SALT_C);
    uint64_t rest = who ^ y ^ SALT_WHO;
    *hash = multiply_fold(*hash ^ multiply_fold(at, a) ^ SALT_STATE, rest);
    layer_sums[layers[what->kind]] += multiply_fold(a, rest);
    *time_sum += multiply_fold(at, who ^ SALT_WHO);
}

void engine_observer_add(
        struct engine *engine, uint64_t mask, engine_observer_fn *function, void *context)
{
    assert(function != NULL);
    assert(engine->observer_count < ENGINE_OBSERVER_MAX);
    for (uint32_t kind = 0; kind < OBSERVATION_KIND_COUNT; kind++) {
        if ((mask & OBSERVE_BIT(kind)) != 0) {
            engine->observers_of[kind] |= (uint16_t)(1u << engine->observer_count);
        }
    }
    engine->observers[engine->observer_count++] = (struct engine_observer){ function, context };
}

void engine_show(const struct engine *engine, const struct observation *what)
{
    assert(what->entity < engine->entity_count);
    for (unsigned rest = engine->observers_of[what->kind]; rest != 0; rest &= rest - 1u) {
        const struct engine_observer *observer = &engine->observers[__builtin_ctz(rest)];
        observer->function(observer->context, what);
    }
}

void engine_observe(struct engine *engine, sim_ns at_ns, entity_id entity,
        enum observation_kind kind, int64_t a, int64_t b, int64_t c, const void *data)
{
    assert(entity < engine->entity_count);
    assert((uint32_t)kind < OBSERVATION_KIND_COUNT);
    struct observation what = { at_ns, entity, (uint32_t)kind, a, b, c, data };
    struct outbox *outbox = outbox_here;
    bool watched = engine->observers_of[kind] != 0;
    if (outbox == NULL) {
        hash_add(engine, &what, engine->layer_sums, &engine->time_sum);
        if (watched) {
            engine_show(engine, &what);
        }
        return;
    }
    assert(entity == outbox->entity);
    hash_add(engine, &what, outbox->layer_sums, &outbox->time_sum);
    if (watched) {
        outbox_observation(outbox, &engine->memory, &what);
    }
}

uint64_t engine_trace_hash(const struct engine *engine)
{
    uint64_t hash = SALT_STATE;
    assert(engine->entity_count <= engine->entity_capacity);
    for (uint32_t i = 0; i < engine->entity_count; i++) {
        hash = multiply_fold(hash ^ engine->entities[i].trace_hash, SALT_WHO) + i;
    }
    return hash;
}

uint64_t engine_entity_hash(const struct engine *engine, entity_id entity)
{
    assert(entity < engine->entity_count);
    return engine->entities[entity].trace_hash;
}

uint64_t engine_layer_hash(const struct engine *engine, enum observation_layer layer)
{
    assert((uint32_t)layer < LAYER_COUNT);
    assert(!engine->running);
    return engine->layer_sums[layer];
}

uint64_t engine_time_hash(const struct engine *engine)
{
    assert(!engine->running);
    return engine->time_sum;
}
