/* Frames contending for one channel, driven through the medium, against closed forms.
 * SPDX-License-Identifier: MIT
 *
 * Method: Poisson arrivals of rate lambda at one gateway, all of one power. What becomes of one
 * frame depends on its neighbours, which share neighbours with it, so frames are not independent
 * trials: the confidence interval is that of the means of batches of many frames each.
 */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_sf_bessel.h>
#include <gsl/gsl_statistics.h>

#include "uplink_world.h"

#define BATCHES    100u
#define BATCH_SIZE 1000u
#define FRAMES     (BATCHES * BATCH_SIZE)
#define EDGE       50u /* frames at either end of the run have no neighbours beyond it */
#define POWER_MDBM (-90000)
#define CLASSES    3u

struct traffic {
    double rate_per_s;
    uint16_t sizes[CLASSES]; /* equally likely */
};

static sim_ns air_time_ns(uint16_t size)
{
    struct lora_modulation m = uplink_modulation(7);
    return lora_time_on_air_ns(&m, size);
}

static uint8_t class_of[FRAMES + 2 * EDGE];
static enum loss_cause cause_of[FRAMES + 2 * EDGE];

static void run(const struct reception_params *reception, const struct traffic *traffic)
{
    struct uplink_world *world = uplink_world_create(reception, FRAMES + 2 * EDGE);
    struct random_stream stream;
    random_stream_init(&stream, 1, 0, RANDOM_TEST, (uint32_t)(1000 * traffic->rate_per_s));
    gsl_rng rng = random_stream_gsl(&stream);
    double at_s = 0;
    for (uint32_t i = 0; i < FRAMES + 2 * EDGE; i++) {
        at_s += gsl_ran_exponential(&rng, 1 / traffic->rate_per_s);
        class_of[i] = (uint8_t)(random_stream_u32(&stream) % CLASSES);
        uplink_send(
                world, (sim_ns)(at_s * SIM_NS_PER_S), 7, traffic->sizes[class_of[i]], POWER_MDBM);
    }
    engine_run(world->engine, (sim_ns)((at_s + 60) * SIM_NS_PER_S));
    memcpy(cause_of, world->causes, sizeof cause_of);
    uplink_world_destroy(world);
}

/* Share of received frames among those of `class` (CLASSES: all) within 99 % confidence of what is
 * expected. Of `comparisons` intervals all are to hold with that confidence (Bonferroni). */
static void expect_share(
        unsigned class, double expected, unsigned comparisons, const char *what, double parameter)
{
    double share[BATCHES];
    for (unsigned batch = 0; batch < BATCHES; batch++) {
        unsigned received = 0, counted = 0;
        for (unsigned i = 0; i < BATCH_SIZE; i++) {
            unsigned frame = EDGE + batch * BATCH_SIZE + i;
            cr_assert(cause_of[frame] == LOSS_NONE || cause_of[frame] == LOSS_INTERFERENCE);
            if (class == CLASSES || class_of[frame] == class) {
                counted++;
                received += cause_of[frame] == LOSS_NONE;
            }
        }
        share[batch] = (double)received / counted;
    }
    double mean = gsl_stats_mean(share, 1, BATCHES);
    double half = gsl_cdf_tdist_Qinv(0.005 / comparisons, BATCHES - 1)
                  * gsl_stats_sd(share, 1, BATCHES) / sqrt(BATCHES);
    cr_expect(fabs(mean - expected) <= half, "%s %g, class %u: %.4f +- %.4f, expected %.4f", what,
            parameter, class, mean, half, expected);
    cr_expect_lt(half, 0.02, "the interval is too wide to say anything");
}

/* --- pure ALOHA: N. Abramson, "The ALOHA system", AFIPS FJCC 1970 ------------------------------
 */

static struct reception_params pure_aloha(void)
{
    struct reception_params reception = uplink_reception();
    reception.interference = INTERFERENCE_ALOHA;
    reception.timing = TIMING_WHOLE_FRAME;
    return reception;
}

#define LOADS 7u
static const double loads[LOADS] = { 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 1.0 };

Test(contention, pure_aloha_of_equal_frames_succeeds_with_exp_minus_2g)
{
    struct reception_params reception = pure_aloha();
    double time_s = (double)air_time_ns(51) / SIM_NS_PER_S;
    for (unsigned i = 0; i < LOADS; i++) {
        struct traffic traffic = { loads[i] / time_s, { 51, 51, 51 } };
        run(&reception, &traffic);
        expect_share(CLASSES, exp(-2 * loads[i]), 1, "G", loads[i]);
    }
}

/* A frame of length T_i is destroyed by those of length T_j that begin within T_j before it or
 * while it lasts: a Poisson number of mean lambda p_j (T_i + T_j). Over all j: success is
 * exp(-lambda (T_i + E[T])). Averaged over i this is exp(-2G) only for equal lengths, and more
 * otherwise (Jensen's inequality): short frames gain more than long ones lose. */
Test(contention, pure_aloha_of_mixed_frames_succeeds_by_their_lengths)
{
    struct reception_params reception = pure_aloha();
    static const uint16_t sizes[CLASSES] = { 13, 51, 115 };
    double time_s[CLASSES], mean_s = 0;
    for (unsigned i = 0; i < CLASSES; i++) {
        time_s[i] = (double)air_time_ns(sizes[i]) / SIM_NS_PER_S;
        mean_s += time_s[i] / CLASSES;
    }
    for (unsigned i = 0; i < LOADS; i++) {
        struct traffic traffic = { loads[i] / mean_s, { sizes[0], sizes[1], sizes[2] } };
        run(&reception, &traffic);
        double overall = 0;
        for (unsigned class = 0; class < CLASSES; class ++) {
            double expected = exp(-traffic.rate_per_s * (time_s[class] + mean_s));
            expect_share(class, expected, CLASSES * LOADS, "mixed, G", loads[i]);
            overall += expected / CLASSES;
        }
        expect_share(CLASSES, overall, 1, "mixed, G", loads[i]);
        cr_expect_gt(overall, exp(-2 * loads[i]));
    }
}

/* With preamble lock what ends in the first three of eight preamble symbols does no harm: the
 * vulnerable time is 2 T - 3 symbols. */
Test(contention, preamble_lock_spares_a_frame_three_symbols_of_vulnerable_time)
{
    struct reception_params reception = pure_aloha();
    reception.timing = TIMING_PREAMBLE_LOCK;
    double time_s = (double)air_time_ns(13) / SIM_NS_PER_S;
    double symbols_s = 3 * 1.024e-3;
    for (unsigned i = 0; i < LOADS; i++) {
        struct traffic traffic = { loads[i] / time_s, { 13, 13, 13 } };
        run(&reception, &traffic);
        expect_share(CLASSES, exp(-traffic.rate_per_s * (2 * time_s - symbols_s)), 1, "lock, G",
                loads[i]);
    }
}

Test(contention, without_an_interference_model_every_frame_is_received)
{
    struct reception_params reception = uplink_reception();
    reception.interference = INTERFERENCE_NONE;
    struct traffic traffic = { 20, { 51, 51, 51 } };
    run(&reception, &traffic);
    for (unsigned i = 0; i < FRAMES; i++) {
        cr_assert_eq(cause_of[i], LOSS_NONE);
    }
}

/* --- energy over the overlap ------------------------------------------------------------------ */

/* k frames overlap one of equal length with Poisson chance, L = 2 lambda T their mean number, each
 * over a share of its time that is uniform in (0, 1). Equal powers: it survives while the shares
 * add up to no more than x = 10^-0.6, which has chance x^k / k!. Over all k:
 * exp(-L) sum (L x)^k / k!^2 = exp(-L) I0(2 sqrt(x L)). */
Test(contention, energy_rule_at_equal_power_succeeds_by_the_bessel_function)
{
    static const double overlaps[] = { 0.1, 0.3, 0.6, 1, 1.5, 2, 3, 4 };
    struct reception_params reception = uplink_reception();
    reception.overlap = OVERLAP_ENERGY;
    reception.timing = TIMING_WHOLE_FRAME;
    double time_s = (double)air_time_ns(51) / SIM_NS_PER_S;
    for (unsigned i = 0; i < sizeof overlaps / sizeof overlaps[0]; i++) {
        struct traffic traffic = { overlaps[i] / 2 / time_s, { 51, 51, 51 } };
        run(&reception, &traffic);
        double expected =
                exp(-overlaps[i]) * gsl_sf_bessel_I0(2 * sqrt(pow(10, -0.6) * overlaps[i]));
        expect_share(CLASSES, expected, 1, "L", overlaps[i]);
    }
}

/* The instant rule at equal power: any overlap destroys, as in ALOHA. */
Test(contention, capture_between_equal_powers_is_aloha)
{
    struct reception_params reception = uplink_reception();
    reception.timing = TIMING_WHOLE_FRAME;
    double time_s = (double)air_time_ns(51) / SIM_NS_PER_S;
    struct traffic traffic = { 0.5 / time_s, { 51, 51, 51 } };
    run(&reception, &traffic);
    expect_share(CLASSES, exp(-1), 1, "G", 0.5);
}
