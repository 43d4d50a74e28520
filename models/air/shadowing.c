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

#define WAVES 512
#define LANES 4 /* waves summed at a time */
/* Waves shorter than a micrometre change nothing, and their turns could not be counted. */
#define BEYOND_MIN    1e-9
#define COMMON_SOURCE UINT32_MAX /* in place of a gateway's number */
#define GOLDEN_TURN   0.6180339887498949
#define ROUNDED_UP_BY 1.000001

/* By member, so that the sum over the waves is done several at a time. Turns, not radians. */
struct field {
    double x_per_m[WAVES], y_per_m[WAVES], phase[WAVES], amplitude[WAVES];
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
        beyond = fmax(beyond, BEYOND_MIN);
        double length_per_m = sqrt(1 / (beyond * beyond) - 1) / correlation_m / (2 * M_PI);
        double direction = 2 * M_PI * (first_turn + i * GOLDEN_TURN);
        field->x_per_m[i] = length_per_m * cos(direction);
        field->y_per_m[i] = length_per_m * sin(direction);
        field->phase[i] = random_stream_uniform(&stream);
        field->amplitude[i] = sqrt(-2 * log(random_stream_uniform_open(&stream)) / WAVES);
    }
}

/* cos(2 pi turns) to 6e-8, without a branch or a call: the Taylor series of the sine as far as the
 * quarter turn. Adding and taking 3 * 2^51 rounds to an integer. */
static inline double cosine_of_turns(double turns)
{
    double rounded = (turns + 0x1.8p52) - 0x1.8p52;
    double x = 2 * M_PI * (0.25 - fabs(turns - rounded));
    double x2 = x * x;
    double series = 1.0 / 362880 - x2 / 39916800;
    series = -1.0 / 5040 + x2 * series;
    series = 1.0 / 120 + x2 * series;
    series = -1.0 / 6 + x2 * series;
    return x + x * x2 * series;
}

/* Standard normal. */
static double field_at(const struct field *field, double x_m, double y_m)
{
    double sum[LANES] = { 0 };
    for (unsigned i = 0; i < WAVES; i += LANES) {
        for (unsigned k = 0; k < LANES; k++) {
            double turns =
                    field->x_per_m[i + k] * x_m + field->y_per_m[i + k] * y_m + field->phase[i + k];
            sum[k] += field->amplitude[i + k] * cosine_of_turns(turns);
        }
    }
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
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

/* gsl_ran_gaussian() takes points (x, y) of a square until one lies in the unit circle, and returns
 * sigma y sqrt(-2 log(r2) / r2). As -log(r2) <= (1 - r2) / r, most values are settled by the point.
 */
bool shadowing_may_gain(
        const struct shadowing *shadowing, uint32_t gateway, uint32_t device, double gain_db)
{
    assert(gateway < shadowing->gateway_count);
    if (shadowing->correlated || gain_db <= 0) {
        return true;
    }
    if (shadowing->own_sigma_db == 0) {
        return false;
    }
    double sigmas = gain_db / shadowing->own_sigma_db;
    struct random_stream stream;
    random_stream_init(&stream, shadowing->seed, gateway, RANDOM_SHADOWING, device);
    double x, y, r2;
    do {
        x = 2 * random_stream_uniform(&stream) - 1;
        y = 2 * random_stream_uniform(&stream) - 1;
        r2 = x * x + y * y;
    } while (r2 > 1 || r2 == 0);
    double most = 2 * (1 - r2) / (r2 * sqrt(r2)) * y * y;
    return y < 0 && most * ROUNDED_UP_BY >= sigmas * sigmas;
}
