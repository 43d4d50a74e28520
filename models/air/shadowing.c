/* Shadowing as a sum of random waves.
 * SPDX-License-Identifier: MIT
 *
 * The plane spectrum of exp(-d / L) is that of isotropic wave vectors whose length r has
 * P(r < R) = 1 - (1 + (L R)^2)^(-1/2). A sum of waves so drawn, with Rayleigh amplitudes and
 * uniform phases, is Gaussian whatever the vectors, and over the seeds its correlation is the
 * exponential exactly, however few the waves. Their number, and lengths and directions that are
 * spread evenly, bring each single city near that mean.
 */
#include "air/shadowing.h"

#include <assert.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>

#include "random_stream.h"

#define WAVES         256
#define COMMON_SOURCE UINT32_MAX /* in place of a gateway's number */
#define GOLDEN_TURN   0.6180339887498949

struct wave {
    double x_per_m, y_per_m, phase, amplitude;
};

struct field {
    struct wave waves[WAVES];
};

struct shadowing {
    uint64_t seed;
    double common_sigma_db, own_sigma_db;
    bool correlated;
    uint32_t gateway_count;
    struct field fields[]; /* by gateway, and at last the common one */
};

static void field_fill(struct field *field, uint64_t seed, uint32_t source, double correlation_m)
{
    struct random_stream stream;
    random_stream_init(&stream, seed, source, RANDOM_SHADOWING, UINT32_MAX);
    double first_turn = random_stream_uniform(&stream);
    for (unsigned i = 0; i < WAVES; i++) {
        double beyond = (i + random_stream_uniform_open(&stream)) / WAVES; /* P(length > this) */
        double length_per_m = sqrt(1 / (beyond * beyond) - 1) / correlation_m;
        double direction = 2 * M_PI * (first_turn + i * GOLDEN_TURN);
        field->waves[i] = (struct wave){
            .x_per_m = length_per_m * cos(direction),
            .y_per_m = length_per_m * sin(direction),
            .phase = 2 * M_PI * random_stream_uniform(&stream),
            .amplitude = sqrt(-2 * log(random_stream_uniform_open(&stream)) / WAVES),
        };
    }
}

/* Standard normal. */
static double field_at(const struct field *field, double x_m, double y_m)
{
    double sum = 0;
    for (unsigned i = 0; i < WAVES; i++) {
        const struct wave *wave = &field->waves[i];
        sum += wave->amplitude * cos(wave->x_per_m * x_m + wave->y_per_m * y_m + wave->phase);
    }
    return sum;
}

struct shadowing *shadowing_create(
        const struct propagation_params *params, uint64_t seed, uint32_t gateway_count)
{
    assert(params->shadowing_sigma_db >= 0 && params->shadowing_correlation_m >= 0);
    assert(params->shadowing_site_correlation >= 0 && params->shadowing_site_correlation <= 1);
    bool correlated = params->shadowing_correlation_m > 0 && params->shadowing_sigma_db > 0;
    size_t fields = correlated ? (size_t)gateway_count + 1 : 0;
    struct shadowing *shadowing = malloc(sizeof *shadowing + fields * sizeof shadowing->fields[0]);
    if (shadowing == NULL) {
        return NULL;
    }
    shadowing->seed = seed;
    shadowing->common_sigma_db =
            params->shadowing_sigma_db * sqrt(params->shadowing_site_correlation);
    shadowing->own_sigma_db =
            params->shadowing_sigma_db * sqrt(1 - params->shadowing_site_correlation);
    shadowing->correlated = correlated;
    shadowing->gateway_count = gateway_count;
    for (uint32_t i = 0; i < fields; i++) {
        uint32_t source = i == gateway_count ? COMMON_SOURCE : i;
        field_fill(&shadowing->fields[i], seed, source, params->shadowing_correlation_m);
    }
    return shadowing;
}

void shadowing_destroy(struct shadowing *shadowing)
{
    free(shadowing);
}

static double part_db(const struct shadowing *shadowing, double sigma_db, uint32_t source,
        uint32_t device, double x_m, double y_m)
{
    if (sigma_db == 0) {
        return 0;
    }
    if (shadowing->correlated) {
        uint32_t field = source == COMMON_SOURCE ? shadowing->gateway_count : source;
        return sigma_db * field_at(&shadowing->fields[field], x_m, y_m);
    }
    struct random_stream stream;
    random_stream_init(&stream, shadowing->seed, source, RANDOM_SHADOWING, device);
    gsl_rng rng = random_stream_gsl(&stream);
    return gsl_ran_gaussian(&rng, sigma_db);
}

double shadowing_common_db(
        const struct shadowing *shadowing, uint32_t device, double x_m, double y_m)
{
    return part_db(shadowing, shadowing->common_sigma_db, COMMON_SOURCE, device, x_m, y_m);
}

double shadowing_link_db(const struct shadowing *shadowing, uint32_t gateway, uint32_t device,
        double x_m, double y_m, double common_db)
{
    assert(gateway < shadowing->gateway_count);
    return common_db + part_db(shadowing, shadowing->own_sigma_db, gateway, device, x_m, y_m);
}
