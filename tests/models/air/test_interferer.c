/* External interferers: their schedules against closed forms, and what of them a receiver gets.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: exponential sojourns and the relaxation exp(-(1/on + 1/off) t) of a two-state Markov
 * process; plain counting for the periodic one.
 */
#include <criterion/criterion.h>
#include <math.h>

#include "air/interferer.h"
#include "estimate.h"

#define SEED 5u
#define MS   SIM_NS_PER_MS

static struct interferer make(
        enum interferer_statistics statistics, sim_ns on_ns, sim_ns off_ns, uint32_t index)
{
    struct interferer_params params = {
        .frequency_hz = 868100000,
        .bandwidth_hz = 200000,
        .mean_on_ns = on_ns,
        .mean_off_ns = off_ns,
        .statistics = statistics,
    };
    struct interferer interferer;
    interferer_init(&interferer, &params, SEED, index);
    return interferer;
}

/* First instant after `from_ns` at which it is no longer as it is there. */
static sim_ns turn_after(const struct interferer *interferer, sim_ns from_ns)
{
    bool on = interferer_on(interferer, from_ns);
    sim_ns low = 1, high = 2;
    while (interferer_on_ns(interferer, from_ns, from_ns + high) == (on ? high : 0)) {
        low = high;
        high *= 2;
    }
    while (high - low > 1) {
        sim_ns middle = low + (high - low) / 2;
        if (interferer_on_ns(interferer, from_ns, from_ns + middle) == (on ? middle : 0)) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return from_ns + low;
}

Test(interferer, that_never_pauses_is_always_on)
{
    struct interferer steady = make(INTERFERER_CONTINUOUS, 0, 0, 0);
    struct interferer no_pause = make(INTERFERER_EXPONENTIAL, 5 * MS, 0, 0);
    struct interferer silent = make(INTERFERER_PERIODIC, 0, 5 * MS, 0);
    cr_expect_eq(interferer_on_fraction(&steady, 3, 7), 1.0);
    cr_expect(interferer_on(&steady, 3));
    cr_expect_eq(interferer_on_fraction(&no_pause, 3, 7), 1.0);
    cr_expect_eq(interferer_on_fraction(&silent, 3, 7), 0.0);
    cr_expect_not(interferer_on(&silent, 3));
}

Test(interferer, periodic_is_on_for_its_time_in_every_period)
{
    struct interferer interferer = make(INTERFERER_PERIODIC, 30 * MS, 70 * MS, 1);
    sim_ns from_ns = turn_after(&interferer, 0);
    for (unsigned i = 0; i < 100; i++) {
        bool on = interferer_on(&interferer, from_ns);
        sim_ns to_ns = turn_after(&interferer, from_ns);
        cr_expect_eq(to_ns - from_ns, on ? 30 * MS : 70 * MS);
        from_ns = to_ns;
    }
    cr_expect_eq(interferer_on_ns(&interferer, 12345, 12345 + 1000 * MS), 300 * MS);
}

static void expect_on_time_adds_up(const struct interferer *interferer)
{
    sim_ns counted_ns = 0, from_ns = 7777777, to_ns = from_ns + 2000 * MS, step_ns = MS / 20;
    sim_ns parts_ns = 0;
    for (sim_ns t = from_ns; t < to_ns; t += step_ns) {
        counted_ns += interferer_on(interferer, t) ? step_ns : 0;
        parts_ns += interferer_on_ns(interferer, t, t + step_ns);
    }
    sim_ns got_ns = interferer_on_ns(interferer, from_ns, to_ns);
    cr_expect_eq(parts_ns, got_ns);
    cr_expect(llabs(counted_ns - got_ns) < 20 * MS, "sampled %lld, exact %lld",
            (long long)counted_ns, (long long)got_ns);
    cr_expect_eq(interferer_on_ns(interferer, from_ns, from_ns), 0);
    cr_expect_float_eq(interferer_on_fraction(interferer, from_ns, to_ns),
            (double)got_ns / (double)(to_ns - from_ns), 1e-15);
}

Test(interferer, on_time_is_what_sampling_finds_and_adds_up)
{
    struct interferer periodic = make(INTERFERER_PERIODIC, 13 * MS, 29 * MS, 1);
    expect_on_time_adds_up(&periodic);
    struct interferer exponential = make(INTERFERER_EXPONENTIAL, 13 * MS, 29 * MS, 1);
    expect_on_time_adds_up(&exponential);
}

static double exponential_cdf(double value, const void *context)
{
    return 1 - exp(-value / *(const double *)context);
}

Test(interferer, exponential_has_exponential_times_on_and_off)
{
    enum {
        SOJOURNS = 3000
    };
    static double times_ns[2][SOJOURNS];
    struct interferer interferer = make(INTERFERER_EXPONENTIAL, 13 * MS, 29 * MS, 2);
    sim_ns from_ns = turn_after(&interferer, 0);
    unsigned count[2] = { 0 };
    for (unsigned i = 0; i < 2 * SOJOURNS; i++) {
        bool on = interferer_on(&interferer, from_ns);
        sim_ns to_ns = turn_after(&interferer, from_ns);
        times_ns[on][count[on]++] = (double)(to_ns - from_ns);
        from_ns = to_ns;
    }
    double on_ns = 13.0 * MS, off_ns = 29.0 * MS;
    double on = estimate_kolmogorov(times_ns[1], SOJOURNS, exponential_cdf, &on_ns);
    double off = estimate_kolmogorov(times_ns[0], SOJOURNS, exponential_cdf, &off_ns);
    cr_expect_lt(on, KOLMOGOROV_1_PERCENT, "on: sqrt(n) D = %g", on);
    cr_expect_lt(off, KOLMOGOROV_1_PERCENT, "off: sqrt(n) D = %g", off);
}

/* At any age: P(on) = on / (on + off), and the correlation over t is exp(-t (1/on + 1/off)). */
Test(interferer, exponential_is_stationary_and_decorrelates_at_the_right_rate)
{
    enum {
        TRIALS = 20000
    };
    static const double ages_years[] = { 0, 1, 200 };
    double relaxation_ns = 13.0 * 29 / (13 + 29) * MS;
    for (unsigned age = 0; age < 3; age++) {
        struct estimate_pairs pairs = { 0 };
        sim_ns base_ns = (sim_ns)(ages_years[age] * 365 * 86400) * SIM_NS_PER_S;
        for (uint32_t i = 0; i < TRIALS; i++) {
            struct interferer interferer = make(INTERFERER_EXPONENTIAL, 13 * MS, 29 * MS, i);
            estimate_add(&pairs, interferer_on(&interferer, base_ns),
                    interferer_on(&interferer, base_ns + (sim_ns)relaxation_ns));
        }
        double share = 13.0 / 42;
        cr_expect(fabs(pairs.x / TRIALS - share) < 3.3 * sqrt(share * (1 - share) / TRIALS),
                "%g years: on %g", ages_years[age], pairs.x / TRIALS);
        cr_expect(fabs(estimate_correlation(&pairs) - exp(-1)) < 3.3 / sqrt(TRIALS),
                "%g years: correlation %g", ages_years[age], estimate_correlation(&pairs));
    }
}

Test(interferer, schedules_differ_by_number_and_seed)
{
    struct interferer one = make(INTERFERER_EXPONENTIAL, 13 * MS, 29 * MS, 1);
    struct interferer two = make(INTERFERER_EXPONENTIAL, 13 * MS, 29 * MS, 2);
    struct interferer again = make(INTERFERER_EXPONENTIAL, 13 * MS, 29 * MS, 1);
    struct interferer reseeded = one;
    interferer_init(&reseeded, &one.params, SEED + 1, 1);
    sim_ns on_ns = interferer_on_ns(&one, 0, 1000 * MS);
    cr_expect_neq(interferer_on_ns(&two, 0, 1000 * MS), on_ns);
    cr_expect_neq(interferer_on_ns(&reseeded, 0, 1000 * MS), on_ns);
    cr_expect_eq(interferer_on_ns(&again, 0, 1000 * MS), on_ns);
}

/* --- what a receiver gets --------------------------------------------------------------------- */

static int32_t share_mdb(uint32_t bandwidth_hz, int32_t offset_hz)
{
    struct interferer_params params = {
        .frequency_hz = 868100000u + (uint32_t)offset_hz,
        .bandwidth_hz = bandwidth_hz,
    };
    return interferer_in_band_mdb(&params, 868100000, 125000);
}

/* 10 log10 of the overlap of two intervals over the emitted one. */
Test(interferer, power_in_the_band_goes_by_the_overlap)
{
    cr_expect_eq(share_mdb(1000000, 0), -9031, "an eighth");
    cr_expect_eq(share_mdb(1000000, 437500), -9031, "to the edge");
    cr_expect_eq(share_mdb(1000000, -500000), -12041, "half of the receiver's band");
    cr_expect_eq(share_mdb(10000, 0), 0, "all of a narrow one");
    cr_expect_eq(share_mdb(10000, 62500), -3010, "half of it");
    cr_expect_eq(share_mdb(10000, 67500), INTERFERER_NOTHING_MDB, "beside");
    cr_expect_eq(share_mdb(200000, -200000), INTERFERER_NOTHING_MDB, "the next channel");
    cr_expect_eq(share_mdb(0, 62500), 0, "a tone at the edge");
    cr_expect_eq(share_mdb(0, 62501), INTERFERER_NOTHING_MDB);
}

Test(interferer, arrives_with_its_power_less_the_path_loss)
{
    struct propagation_params propagation = {
        .model = PROPAGATION_OKUMURA_HATA,
        .environment = ENVIRONMENT_URBAN,
        .frequency_mhz = 868,
    };
    struct interferer_params params = {
        .eirp_mdbm = 27000, .x_m = 600, .y_m = 800, .height_m = 30
    };
    /* Spec-physics section 4: 125.99 dB at 1 km between 30 m and 1.5 m. */
    cr_expect(abs(interferer_power_mdbm(&params, &propagation, 0, 0, 1.5) + 98990) < 6);
    params.height_m = 1.5;
    cr_expect(abs(interferer_power_mdbm(&params, &propagation, 0, 0, 30) + 98990) < 6);
}

Test(interferer, statistics_are_named_in_order)
{
    cr_expect_str_eq(interferer_statistics_names[INTERFERER_CONTINUOUS], "continuous");
    cr_expect_str_eq(interferer_statistics_names[INTERFERER_PERIODIC], "periodic");
    cr_expect_str_eq(interferer_statistics_names[INTERFERER_EXPONENTIAL], "exponential");
    cr_expect_null(interferer_statistics_names[INTERFERER_EXPONENTIAL + 1]);
}
