/* Fading gains out of keyed draws.
 * SPDX-License-Identifier: MIT
 */
#include "air/fading.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>

#include "random_stream.h"

#define COHERENCE_MIN_NS 100000
/* A draw's index: gateway number above, number of the block below. */
#define BLOCK_BITS 40

const char *const fading_model_names[] = { "none", "rayleigh", "rician", NULL };

/* In (0, 1): never an end, so logarithms are finite. */
static double uniform_of(uint32_t word)
{
    return (word + 0.5) / 4294967296.0;
}

/* Power gain of a steady part and scattered ones, whose power is Exp(1) before they are scaled and
 * whose phase against the steady part is uniform. */
static double rician_gain(double k_db, uint32_t power_word, uint32_t phase_word)
{
    double k = pow(10, k_db / 10);
    double scattered = sqrt(-log(uniform_of(power_word)) / (k + 1));
    double steady = sqrt(k / (k + 1));
    double phase = 2 * M_PI * uniform_of(phase_word);
    double in_phase = steady + scattered * cos(phase);
    double quadrature = scattered * sin(phase);
    return in_phase * in_phase + quadrature * quadrature;
}

/* The words of the block that `at_ns` lies in: a function of link and time alone. */
static void draw_block(const struct fading_params *params, uint64_t seed, entity_id device,
        uint32_t gateway, sim_ns at_ns, uint32_t word[4])
{
    assert(params->coherence_ns >= COHERENCE_MIN_NS && at_ns >= 0);
    uint64_t block = (uint64_t)(at_ns / params->coherence_ns);
    assert(gateway >> (64 - BLOCK_BITS) == 0);
    assert(block >> BLOCK_BITS == 0);
    random_block(seed, device, RANDOM_FADING_BLOCK, (uint64_t)gateway << BLOCK_BITS | block, word);
}

int32_t fading_gain_mdb(const struct fading_params *params, uint64_t seed, uint64_t frame_id,
        entity_id device, uint32_t gateway, entity_id receiver, sim_ns at_ns, uint32_t word)
{
    if (params->model == FADING_NONE) {
        return 0;
    }
    bool by_frame = params->coherence_ns == 0;
    uint32_t words[4] = { 0 };
    if (!by_frame) {
        draw_block(params, seed, device, gateway, at_ns, words);
        word = words[0];
    }
    double gain;
    if (params->model == FADING_RAYLEIGH) {
        gain = -log(uniform_of(word));
    } else {
        assert(params->model == FADING_RICIAN);
        if (by_frame) {
            random_block(seed, receiver, RANDOM_FADING_PHASE, frame_id, words);
        }
        gain = rician_gain(params->rician_k_db, word, words[1]);
    }
    return (int32_t)lround(10000 * log10(gain));
}

uint32_t fading_block_word(const struct fading_params *params, uint64_t seed, entity_id device,
        uint32_t gateway, sim_ns at_ns)
{
    uint32_t words[4];
    draw_block(params, seed, device, gateway, at_ns, words);
    return words[0];
}

double fading_most_of_word(const struct fading_params *params, uint32_t word)
{
    if (params->model == FADING_NONE) {
        return 1;
    }
    double scattered = -log(uniform_of(word));
    if (params->model == FADING_RAYLEIGH) {
        return scattered;
    }
    double k = pow(10, params->rician_k_db / 10);
    double amplitude = sqrt(k / (k + 1)) + sqrt(scattered / (k + 1));
    return amplitude * amplitude;
}

int32_t fading_most_mdb(const struct fading_params *params)
{
    return (int32_t)ceil(10000 * log10(fading_most_of_word(params, 0))) + 1;
}
