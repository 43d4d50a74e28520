/* Philox4x32-10: random numbers as a function of a key and a counter.
 * SPDX-License-Identifier: MIT
 *
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011,
 * section 3.3 and table 2.
 *
 * The key is the seed. The counter is (block, index, entity, purpose) for a stream; for a single
 * block it is (low index, high index, entity, purpose) with the top bit of the purpose set. Both
 * maps are one to one and their images are disjoint, so no two draws share a counter.
 */
#include "random_stream.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

enum {
    PHILOX_ROUNDS = 10,
    BLOCK_WORDS = 4
};

#define PHILOX_MULTIPLIER_0 UINT32_C(0xd2511f53)
#define PHILOX_MULTIPLIER_1 UINT32_C(0xcd9e8d57)
#define PHILOX_KEY_STEP_0   UINT32_C(0x9e3779b9) /* golden ratio */
#define PHILOX_KEY_STEP_1   UINT32_C(0xbb67ae85) /* sqrt(3) - 1 */

#define PURPOSE_SINGLE_BLOCK UINT32_C(0x80000000)

enum {
    COUNTER_BLOCK,
    COUNTER_INDEX,
    COUNTER_ENTITY,
    COUNTER_PURPOSE
};

void random_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < PHILOX_ROUNDS; round++) {
        uint64_t product_0 = (uint64_t)PHILOX_MULTIPLIER_0 * c0;
        uint64_t product_1 = (uint64_t)PHILOX_MULTIPLIER_1 * c2;
        c0 = (uint32_t)(product_1 >> 32) ^ c1 ^ k0;
        c2 = (uint32_t)(product_0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)product_1;
        c3 = (uint32_t)product_0;
        k0 += PHILOX_KEY_STEP_0;
        k1 += PHILOX_KEY_STEP_1;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

void random_stream_init(struct random_stream *stream, uint64_t seed, uint32_t entity,
        enum random_purpose purpose, uint32_t index)
{
    assert(((uint32_t)purpose & PURPOSE_SINGLE_BLOCK) == 0);
    stream->key[0] = (uint32_t)seed;
    stream->key[1] = (uint32_t)(seed >> 32);
    stream->counter[COUNTER_BLOCK] = 0;
    stream->counter[COUNTER_INDEX] = index;
    stream->counter[COUNTER_ENTITY] = entity;
    stream->counter[COUNTER_PURPOSE] = (uint32_t)purpose;
    memset(stream->block, 0, sizeof stream->block);
    stream->used = BLOCK_WORDS;
}

uint32_t random_stream_u32(struct random_stream *stream)
{
    assert(stream->used <= BLOCK_WORDS);
    if (stream->used == BLOCK_WORDS) {
        random_philox(stream->counter, stream->key, stream->block);
        stream->counter[COUNTER_BLOCK]++;
        assert(stream->counter[COUNTER_BLOCK] != 0); /* 2^34 words are drawn: they would repeat */
        stream->used = 0;
    }
    return stream->block[stream->used++];
}

uint64_t random_stream_u64(struct random_stream *stream)
{
    uint64_t low = random_stream_u32(stream);
    return (uint64_t)random_stream_u32(stream) << 32 | low;
}

double random_stream_uniform(struct random_stream *stream)
{
    return (double)(random_stream_u64(stream) >> 11) * 0x1p-53;
}

double random_stream_uniform_open(struct random_stream *stream)
{
    /* The middles of 2^52 equal cells: neither end can occur. */
    return ((double)(random_stream_u64(stream) >> 12) + 0.5) * 0x1p-52;
}

void random_stream_bytes(struct random_stream *stream, void *data, size_t size)
{
    uint8_t *bytes = data;
    assert(data != NULL || size == 0);
    uint32_t word = 0;
    for (size_t i = 0; i < size; i++) {
        word = i % 4 == 0 ? random_stream_u32(stream) : word >> 8;
        bytes[i] = (uint8_t)word;
    }
}

void random_block(uint64_t seed, uint32_t entity, enum random_purpose purpose, uint64_t index,
        uint32_t out[4])
{
    assert(((uint32_t)purpose & PURPOSE_SINGLE_BLOCK) == 0);
    uint32_t key[2] = { (uint32_t)seed, (uint32_t)(seed >> 32) };
    uint32_t counter[4] = { (uint32_t)index, (uint32_t)(index >> 32), entity,
        (uint32_t)purpose | PURPOSE_SINGLE_BLOCK };
    random_philox(counter, key, out);
}

/* gsl_rng_set(): the wrapped stream starts again, keyed by another seed. */
static void gsl_set(void *state, unsigned long seed)
{
    struct random_stream *stream = state;
    assert(stream != NULL);
    stream->key[0] = (uint32_t)seed;
    stream->key[1] = (uint32_t)((uint64_t)seed >> 32);
    stream->counter[COUNTER_BLOCK] = 0;
    stream->used = BLOCK_WORDS;
}

static unsigned long gsl_get(void *state)
{
    return random_stream_u32(state);
}

static double gsl_get_double(void *state)
{
    return random_stream_uniform(state);
}

static const gsl_rng_type philox_type = {
    .name = "philox4x32-10",
    .max = UINT32_MAX,
    .min = 0,
    .size = sizeof(struct random_stream),
    .set = gsl_set,
    .get = gsl_get,
    .get_double = gsl_get_double,
};

const gsl_rng_type *const random_stream_gsl_type = &philox_type;

gsl_rng random_stream_gsl(struct random_stream *stream)
{
    assert(stream != NULL);
    return (gsl_rng){ .type = random_stream_gsl_type, .state = stream };
}
