/* Shadowing by estimate: variance, correlation over distance and between gateways, reciprocity.
 * SPDX-License-Identifier: MIT
 *
 * Oracle: Gudmundson's exp(-d / 110 m), spec-physics section 4: 0.6065, 0.3679, 0.1353 at 55, 110
 * and 220 m. Estimates go over seeds, since a single city is one draw of the field.
 */
#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>

#include "air/medium.h"
#include "air/shadowing.h"
#include "estimate.h"
#include "random_stream.h"

#define SIGMA_DB      4.0
#define CORRELATION_M 110.0

enum {
    CITIES = 600,
    PLACES = 16, /* of one city, 5 km apart */
    DRAWS = CITIES * PLACES
};

static struct propagation_params params_of(double correlation_m, double site_correlation)
{
    return (struct propagation_params){
        .frequency_mhz = 868,
        .shadowing_sigma_db = SIGMA_DB,
        .shadowing_correlation_m = correlation_m,
        .shadowing_site_correlation = site_correlation,
    };
}

static double link_db(const struct shadowing *shadowing, uint32_t gateway, uint32_t device,
        double x_m, double y_m)
{
    return shadowing_link_db(
            shadowing, gateway, device, x_m, y_m, shadowing_common_db(shadowing, device, x_m, y_m));
}

/* Pairs of the links (gateway 0, a place) and (`gateway`, `distance_m` away from it). */
static struct estimate_pairs pairs_at(
        const struct propagation_params *params, uint32_t gateway, double distance_m)
{
    struct estimate_pairs pairs = { 0 };
    for (unsigned city = 0; city < CITIES; city++) {
        struct shadowing *shadowing = shadowing_create(params, 1000 + city, 2);
        for (unsigned i = 0; i < PLACES; i++) {
            double turn = 2.4 * i, x_m = 5000.0 * i, y_m = -300.0 * i;
            estimate_add(&pairs, link_db(shadowing, 0, i, x_m, y_m),
                    link_db(shadowing, gateway, i + (distance_m > 0 ? 100 : 0),
                            x_m + distance_m * cos(turn), y_m + distance_m * sin(turn)));
        }
        shadowing_destroy(shadowing);
    }
    return pairs;
}

/* Standard error of a correlation estimate: (1 - rho^2) / sqrt(n). */
static void expect_correlation(const struct estimate_pairs *pairs, double rho, const char *what)
{
    double got = estimate_correlation(pairs);
    cr_expect(fabs(got - rho) < 3.3 * (1 - rho * rho) / sqrt(pairs->count) + 1e-9,
            "%s: %g, expected %g", what, got, rho);
}

/* Standard error of a variance estimate: sigma^2 sqrt(2 / n). */
static void expect_variance(const struct estimate_pairs *pairs, const char *what)
{
    double got = estimate_variance(pairs), variance = SIGMA_DB * SIGMA_DB;
    cr_expect(fabs(got - variance) < 3.3 * variance * sqrt(2 / pairs->count), "%s: variance %g",
            what, got);
    cr_expect(
            fabs(pairs->x / pairs->count) < 3.3 * SIGMA_DB / sqrt(pairs->count), "%s: mean", what);
}

Test(shadowing, falls_with_distance_as_gudmundson_says)
{
    static const double rows[][2] = { { 0, 1 }, { 11, 0.9048 }, { 55, 0.6065 }, { 110, 0.3679 },
        { 220, 0.1353 }, { 1100, 0 } };
    struct propagation_params params = params_of(CORRELATION_M, 0);
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct estimate_pairs pairs = pairs_at(&params, 0, rows[i][0]);
        char what[32];
        snprintf(what, sizeof what, "%g m", rows[i][0]);
        expect_correlation(&pairs, rows[i][1], what);
        expect_variance(&pairs, what);
    }
}

static double normal_cdf(double value, const void *context)
{
    (void)context;
    return gsl_cdf_gaussian_P(value, SIGMA_DB);
}

static void expect_normal(const struct propagation_params *params, const char *what)
{
    static double samples[DRAWS];
    for (unsigned city = 0; city < CITIES; city++) {
        struct shadowing *shadowing = shadowing_create(params, 5000 + city, 1);
        for (unsigned i = 0; i < PLACES; i++) {
            samples[city * PLACES + i] = link_db(shadowing, 0, i, 700.0 * i, 5000.0 * i);
        }
        shadowing_destroy(shadowing);
    }
    double statistic = estimate_kolmogorov(samples, DRAWS, normal_cdf, NULL);
    cr_expect_lt(statistic, KOLMOGOROV_1_PERCENT, "%s: sqrt(n) D = %g", what, statistic);
}

Test(shadowing, is_log_normal)
{
    struct propagation_params params = params_of(CORRELATION_M, 0);
    expect_normal(&params, "correlated");
    params = params_of(CORRELATION_M, 0.5);
    expect_normal(&params, "correlated, half of it common");
    params = params_of(0, 0.5);
    expect_normal(&params, "independent, half of it common");
}

/* One city of 20 km x 20 km: what a reader of one run sees. Its variance goes by the squared
 * amplitudes of 512 waves, 4 % of standard deviation; 330 correlation distances across, the field
 * itself adds little. */
Test(shadowing, one_city_looks_like_the_mean_of_all)
{
    struct propagation_params params = params_of(CORRELATION_M, 0);
    struct shadowing *shadowing = shadowing_create(&params, 42, 1);
    struct estimate_pairs pairs = { 0 };
    for (unsigned i = 0; i < 100; i++) {
        for (unsigned k = 0; k < 100; k++) {
            double x_m = 200.0 * i, y_m = 200.0 * k;
            estimate_add(&pairs, link_db(shadowing, 0, 0, x_m, y_m),
                    link_db(shadowing, 0, 0, x_m + 110, y_m));
        }
    }
    cr_expect(fabs(sqrt(estimate_variance(&pairs)) / SIGMA_DB - 1) < 0.07, "sigma %g dB",
            sqrt(estimate_variance(&pairs)));
    cr_expect(fabs(estimate_correlation(&pairs) - 0.3679) < 0.1, "correlation %g",
            estimate_correlation(&pairs));
    shadowing_destroy(shadowing);
}

/* --- between gateways ------------------------------------------------------------------------- */

Test(shadowing, gateways_share_what_the_site_correlation_says)
{
    static const double shares[] = { 0, 0.3, 0.5, 1 };
    for (unsigned i = 0; i < 4; i++) {
        struct propagation_params params = params_of(CORRELATION_M, shares[i]);
        struct estimate_pairs pairs = pairs_at(&params, 1, 0);
        expect_correlation(&pairs, shares[i], "two gateways");
        expect_variance(&pairs, "two gateways");
        pairs = pairs_at(&params, 1, 55);
        expect_correlation(&pairs, shares[i] * 0.6065, "two gateways, 55 m apart");
    }
}

Test(shadowing, independent_links_share_it_too)
{
    struct propagation_params params = params_of(0, 0.5);
    struct estimate_pairs pairs = pairs_at(&params, 1, 0);
    expect_correlation(&pairs, 0.5, "two gateways");
    expect_variance(&pairs, "two gateways");
    pairs = pairs_at(&params, 0, 1);
    expect_correlation(&pairs, 0, "two devices a metre apart");
}

/* --- what a value depends on ------------------------------------------------------------------ */

Test(shadowing, is_a_function_of_seed_gateway_and_place)
{
    struct propagation_params params = params_of(CORRELATION_M, 0.4);
    struct shadowing *few = shadowing_create(&params, 9, 1);
    struct shadowing *more = shadowing_create(&params, 9, 5);
    struct shadowing *other = shadowing_create(&params, 10, 1);
    double db = link_db(few, 0, 3, 120, -70);
    cr_expect_eq(link_db(few, 0, 4, 120, -70), db, "whatever the device's number");
    cr_expect_eq(link_db(more, 0, 3, 120, -70), db, "however many gateways");
    cr_expect_neq(link_db(more, 1, 3, 120, -70), db);
    cr_expect_neq(link_db(other, 0, 3, 120, -70), db);
    cr_expect_neq(link_db(few, 0, 3, 120, 70), db);
    shadowing_destroy(few);
    shadowing_destroy(more);
    shadowing_destroy(other);
}

/* Without correlation every link keeps the draw that runs have always had. */
Test(shadowing, without_correlation_is_one_draw_per_link)
{
    struct propagation_params params = params_of(0, 0);
    struct shadowing *shadowing = shadowing_create(&params, 9, 3);
    for (uint32_t device = 0; device < 50; device++) {
        struct random_stream stream;
        random_stream_init(&stream, 9, 2, RANDOM_SHADOWING, device);
        gsl_rng rng = random_stream_gsl(&stream);
        cr_expect_eq(link_db(shadowing, 2, device, device, 7), gsl_ran_gaussian(&rng, SIGMA_DB));
    }
    shadowing_destroy(shadowing);
}

Test(shadowing, of_no_sigma_is_nothing)
{
    struct propagation_params params = params_of(CORRELATION_M, 0.5);
    params.shadowing_sigma_db = 0;
    struct shadowing *shadowing = shadowing_create(&params, 9, 3);
    cr_expect_eq(link_db(shadowing, 2, 1, 5, 6), 0.0);
    shadowing_destroy(shadowing);
    shadowing_destroy(NULL);
}

/* --- on the medium ---------------------------------------------------------------------------- */

struct heard {
    int32_t rssi_mdbm;
    unsigned count;
};

static void device_ended(void *device, const struct frame *frame, const struct verdict *verdict,
        const uint8_t *bytes, uint16_t size, sim_ns now_ns)
{
    struct heard *heard = device;
    heard->rssi_mdbm = verdict->rssi_mdbm;
    heard->count++;
}

static bool gateway_lock(
        void *gateway, const struct frame *frame, sim_ns now_ns, enum loss_cause *cause)
{
    *cause = LOSS_NONE;
    return true;
}

static struct lora_modulation modulation(bool downlink)
{
    return (struct lora_modulation){
        .frequency_hz = 868100000,
        .bandwidth_hz = 125000,
        .spreading_factor = 12,
        .coding_rate = 1,
        .preamble_symbols = 8,
        .sync_word = 0x34,
        .low_data_rate = true,
        .iq_inverted = downlink,
    };
}

/* A frame down and one up at the same power: what each end measures. */
static void exchange(double sigma_db, struct heard *device, struct heard *gateway)
{
    struct engine *engine = engine_create(77);
    struct medium_site device_site = { .entity = engine_entity_add(engine, 1), .height_m = 1.5 };
    struct medium_site gateway_site = {
        .entity = engine_entity_add(engine, 1), .x_m = 800, .y_m = 300, .height_m = 30
    };
    struct medium_device_ops device_ops = { .ended = device_ended };
    struct medium_gateway_ops gateway_ops = { .lock = gateway_lock, .ended = device_ended };
    struct medium_params params = {
        .device_power_max_mdbm = 16150,
        .propagation = params_of(CORRELATION_M, 0.5),
    };
    params.propagation.shadowing_sigma_db = sigma_db;
    params.reception.capture_db = 6;
    params.reception.device_noise_figure_db = 6;
    params.reception.gateway_noise_figure_db = 6;
    struct medium *medium = medium_create(
            engine, &params, &device_site, 1, &device_ops, &gateway_site, 1, &gateway_ops);
    medium_device_attach(medium, 0, device);
    medium_gateway_attach(medium, 0, gateway);
    struct medium_listening listening = { .frequency_hz = 868100000,
        .bandwidth_hz = 125000,
        .spreading_factor = 12,
        .iq_inverted = true,
        .sync_word = 0x34,
        .low_data_rate = true,
        .silent_detect = true };
    medium_listen(medium, 0, 0, &listening);
    static const uint8_t bytes[20] = { 1 };
    struct lora_modulation down = modulation(true), up = modulation(false);
    medium_transmit_gateway(medium, 0, SIM_NS_PER_S, &down, 14000, bytes, sizeof bytes);
    medium_transmit_device(medium, 0, 10 * SIM_NS_PER_S, &up, 14000, bytes, sizeof bytes);
    engine_run(engine, 20 * SIM_NS_PER_S);
    cr_expect_eq(medium_link_gain_mdb(medium, 0, 0) + 14000, device->rssi_mdbm);
    medium_destroy(medium);
    engine_destroy(engine);
}

Test(shadowing, is_the_same_for_both_directions_of_a_link)
{
    struct heard device = { 0 }, gateway = { 0 }, clear_device = { 0 }, clear_gateway = { 0 };
    exchange(SIGMA_DB, &device, &gateway);
    exchange(0, &clear_device, &clear_gateway);
    cr_expect_eq(device.count + gateway.count + clear_device.count + clear_gateway.count, 4);
    cr_expect_eq(device.rssi_mdbm, gateway.rssi_mdbm);
    cr_expect_neq(device.rssi_mdbm, clear_device.rssi_mdbm, "there is shadow on it");
}

/* The distances of a plain: the field stays bounded and smooth far from the origin too. */
Test(shadowing, is_as_good_far_from_the_origin)
{
    struct propagation_params params = params_of(CORRELATION_M, 0);
    struct estimate_pairs pairs = { 0 };
    for (unsigned city = 0; city < 2000; city++) {
        struct shadowing *shadowing = shadowing_create(&params, 9000 + city, 1);
        estimate_add(&pairs, link_db(shadowing, 0, 0, 300000, -200000),
                link_db(shadowing, 0, 0, 300055, -200000));
        shadowing_destroy(shadowing);
    }
    expect_correlation(&pairs, 0.6065, "361 km away");
    expect_variance(&pairs, "361 km away");
}

/* --- the cheap bound -------------------------------------------------------------------------- */

Test(shadowing, what_gains_enough_is_never_ruled_out_and_most_else_is)
{
    const struct propagation_params params = { .shadowing_sigma_db = 6 };
    struct shadowing *shadowing = shadowing_create(&params, 3, 50);
    uint32_t gain_enough = 0, may = 0;
    for (uint32_t g = 0; g < 50; g++) {
        for (uint32_t d = 0; d < 4000; d++) {
            double gained_db = -shadowing_link_db(shadowing, g, d, 0, 0, 0);
            bool may_gain = shadowing_may_gain(shadowing, g, d, 12);
            cr_assert(may_gain || gained_db < 12, "gateway %u, device %u: %g", g, d, gained_db);
            cr_assert(gained_db <= 0 || shadowing_may_gain(shadowing, g, d, gained_db));
            gain_enough += gained_db >= 12;
            may += may_gain;
        }
    }
    cr_expect_float_eq(gain_enough / 200e3, gsl_cdf_ugaussian_Q(2), 2e-3);
    cr_expect_lt(may, 3 * gain_enough);
    shadowing_destroy(shadowing);
}
