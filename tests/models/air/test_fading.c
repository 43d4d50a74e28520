/* Fading gains against their distributions.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: Exp(1); Rician power as a noncentral chi-squared of two degrees, by its Poisson mixture
 * of gamma distributions (Johnson, Kotz, Balakrishnan, "Continuous univariate distributions" 2,
 * section 29.2); spec-physics section 4 for single values.
 */
#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <math.h>

#include "air/fading.h"
#include "estimate.h"
#include "random_stream.h"

enum {
    DRAWS = 20000
};
#define SEED 7u

static double samples[DRAWS];

static int32_t gain_of_frame(const struct fading_params *params, uint64_t frame_id)
{
    uint32_t word[4];
    random_block(SEED, 11, RANDOM_FADING, frame_id, word);
    return fading_gain_mdb(params, SEED, frame_id, 11, 2, 11, 0, word[0]);
}

static int32_t gain_of_block(const struct fading_params *params, uint64_t block)
{
    return fading_gain_mdb(
            params, SEED, 0, 11, 2, 11, (sim_ns)block * params->coherence_ns + 1, 12345);
}

static void draw(const struct fading_params *params)
{
    for (unsigned i = 0; i < DRAWS; i++) {
        int32_t mdb =
                params->coherence_ns == 0 ? gain_of_frame(params, i) : gain_of_block(params, i);
        samples[i] = pow(10, mdb / 10000.0);
    }
}

static double rayleigh_cdf(double gain, const void *context)
{
    (void)context;
    return 1 - exp(-gain);
}

/* P(2 (K+1) gain < x) of a noncentral chi-squared with noncentrality 2 K. */
static double rician_cdf(double gain, const void *context)
{
    double k = *(const double *)context;
    double weight = exp(-k), sum = 0;
    for (unsigned j = 0; j < 40 + 4 * k; j++) {
        sum += weight * gsl_cdf_gamma_P((k + 1) * gain, j + 1.0, 1);
        weight *= k / (j + 1);
    }
    return sum;
}

static void expect_distribution(
        const struct fading_params *params, estimate_cdf_fn *cdf, const void *context)
{
    draw(params);
    double mean = 0;
    for (unsigned i = 0; i < DRAWS; i++) {
        mean += samples[i] / DRAWS;
    }
    cr_expect(fabs(mean - 1) < 3.3 / sqrt(DRAWS), "mean power %g", mean);
    double statistic = estimate_kolmogorov(samples, DRAWS, cdf, context);
    cr_expect_lt(statistic, KOLMOGOROV_1_PERCENT, "model %d, K %g dB: sqrt(n) D = %g",
            params->model, params->rician_k_db, statistic);
}

Test(fading, rayleigh_power_is_exponential)
{
    struct fading_params params = { .model = FADING_RAYLEIGH };
    expect_distribution(&params, rayleigh_cdf, NULL);
    params.coherence_ns = 146 * SIM_NS_PER_MS;
    expect_distribution(&params, rayleigh_cdf, NULL);
}

Test(fading, rician_power_is_a_noncentral_chi_squared)
{
    static const double k_db[] = { -10, 0, 3, 6, 10 };
    for (unsigned i = 0; i < sizeof k_db / sizeof k_db[0]; i++) {
        struct fading_params params = { .model = FADING_RICIAN, .rician_k_db = k_db[i] };
        double k = pow(10, k_db[i] / 10);
        expect_distribution(&params, rician_cdf, &k);
        params.coherence_ns = 146 * SIM_NS_PER_MS;
        expect_distribution(&params, rician_cdf, &k);
    }
}

/* Spec-physics section 4: P(gain < -10 dB) 0.0952, < -3 dB 0.394, < -20 dB 0.00995. */
Test(fading, rayleigh_gives_the_worked_chances_of_deep_fades)
{
    static const double rows[][2] = { { -3000, 0.394 }, { -10000, 0.0952 }, { -20000, 0.00995 } };
    struct fading_params params = { .model = FADING_RAYLEIGH };
    for (unsigned row = 0; row < 3; row++) {
        enum {
            TRIALS = 200000
        };
        unsigned below = 0;
        for (unsigned i = 0; i < TRIALS; i++) {
            below += gain_of_frame(&params, i) < rows[row][0];
        }
        double p = rows[row][1];
        cr_expect(fabs((double)below / TRIALS - p) < 3.3 * sqrt(p / TRIALS), "< %g mdB: %g",
                rows[row][0], (double)below / TRIALS);
    }
}

/* -ln((word + 1/2) / 2^32): the map that every recorded run has used. */
Test(fading, rayleigh_of_a_frame_maps_its_word)
{
    static const struct {
        uint32_t word;
        int32_t gain_mdb;
    } rows[] = {
        { 0, 13593 },           /* 22.87: what a draw can add at most */
        { 0x5e2d58d8, 0 },      /* 1/e */
        { 0x80000000, -1592 },  /* ln 2 */
        { UINT32_MAX, -99340 }, /* 2^-33 */
    };
    struct fading_params params = { .model = FADING_RAYLEIGH };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_eq(fading_gain_mdb(&params, SEED, 1, 2, 3, 4, 5, rows[i].word), rows[i].gain_mdb,
                "word %08x: %d mdB", rows[i].word,
                fading_gain_mdb(&params, SEED, 1, 2, 3, 4, 5, rows[i].word));
    }
}

Test(fading, without_a_model_nothing_fades)
{
    struct fading_params params = { .model = FADING_NONE, .coherence_ns = SIM_NS_PER_MS };
    cr_expect_eq(fading_gain_mdb(&params, SEED, 1, 2, 3, 4, 5, 6), 0);
    cr_expect_str_eq(fading_model_names[FADING_NONE], "none");
    cr_expect_str_eq(fading_model_names[FADING_RAYLEIGH], "rayleigh");
    cr_expect_str_eq(fading_model_names[FADING_RICIAN], "rician");
    cr_expect_null(fading_model_names[FADING_RICIAN + 1]);
}

Test(fading, a_strong_steady_part_hides_the_rest)
{
    struct fading_params params = { .model = FADING_RICIAN, .rician_k_db = 60 };
    for (unsigned i = 0; i < 1000; i++) {
        cr_expect(abs(gain_of_frame(&params, i)) < 35, "0.4 %% of the amplitude at most");
    }
}

/* --- coherence -------------------------------------------------------------------------------- */

static void expect_constant_within_blocks(enum fading_model model)
{
    struct fading_params params = { .model = model, .coherence_ns = 146 * SIM_NS_PER_MS };
    int32_t gain = fading_gain_mdb(&params, SEED, 1, 20, 3, 20, 0, 9);
    for (unsigned i = 0; i < 146; i++) {
        sim_ns at_ns = i * SIM_NS_PER_MS;
        cr_expect_eq(fading_gain_mdb(&params, SEED, 1 + i, 20, 3, 20, at_ns, i), gain);
        cr_expect_eq(fading_gain_mdb(&params, SEED, 1 + i, 20, 3, 77, at_ns, i), gain,
                "the gateway hears what the device does");
    }
    cr_expect_eq(fading_gain_mdb(&params, SEED, 1, 20, 3, 20, 146 * SIM_NS_PER_MS - 1, 9), gain);
    cr_expect_neq(fading_gain_mdb(&params, SEED, 1, 20, 3, 20, 146 * SIM_NS_PER_MS, 9), gain);
    cr_expect_neq(fading_gain_mdb(&params, SEED, 1, 21, 3, 20, 0, 9), gain, "another device");
    cr_expect_neq(fading_gain_mdb(&params, SEED, 1, 20, 4, 20, 0, 9), gain, "another gateway");
    cr_expect_neq(fading_gain_mdb(&params, SEED + 1, 1, 20, 3, 20, 0, 9), gain, "another seed");
}

Test(fading, stays_within_a_coherence_time_for_both_ends_and_all_frames)
{
    expect_constant_within_blocks(FADING_RAYLEIGH);
    expect_constant_within_blocks(FADING_RICIAN);
}

Test(fading, blocks_and_links_are_independent)
{
    struct fading_params params = { .model = FADING_RAYLEIGH, .coherence_ns = SIM_NS_PER_MS };
    struct estimate_pairs blocks = { 0 }, gateways = { 0 };
    for (unsigned i = 0; i < DRAWS; i++) {
        sim_ns at_ns = i * SIM_NS_PER_MS;
        double gain = fading_gain_mdb(&params, SEED, 0, 5, 1, 5, at_ns, 0);
        estimate_add(&blocks, gain,
                fading_gain_mdb(&params, SEED, 0, 5, 1, 5, at_ns + SIM_NS_PER_MS, 0));
        estimate_add(&gateways, gain, fading_gain_mdb(&params, SEED, 0, 5, 2, 5, at_ns, 0));
    }
    cr_expect_lt(fabs(estimate_correlation(&blocks)), 3.3 / sqrt(DRAWS));
    cr_expect_lt(fabs(estimate_correlation(&gateways)), 3.3 / sqrt(DRAWS));
}

Test(fading, holds_for_ten_years_at_walking_speed)
{
    struct fading_params params = { .model = FADING_RAYLEIGH, .coherence_ns = 146 * SIM_NS_PER_MS };
    sim_ns year_ns = 365 * INT64_C(86400) * SIM_NS_PER_S;
    cr_expect_neq(fading_gain_mdb(&params, SEED, 0, 5, (1u << 24) - 1, 5, 10 * year_ns, 0),
            fading_gain_mdb(&params, SEED, 0, 5, 0, 5, 10 * year_ns, 0));
}
