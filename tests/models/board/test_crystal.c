/* The crystal: exact conversions against wide integer arithmetic, physics against the datasheet.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <math.h>

#include "board/crystal.h"
#include "random_stream.h"

__extension__ typedef unsigned __int128 u128;

/* The definition, in 128 bits: floor(elapsed x (10^12 + ppt) x 32768 / 10^21). */
static uint64_t oracle_ticks(const struct crystal *crystal, sim_ns at_ns)
{
    u128 product = (u128)(uint64_t)(at_ns - crystal->power_on_ns)
                   * (uint64_t)(1000000000000 + crystal->frequency_ppt);
    return (uint64_t)(product / 64u / UINT64_C(476837158203125)); /* 2^6 x 5^21 */
}

static struct crystal make(double ppm, sim_ns power_on_ns)
{
    struct crystal crystal;
    crystal_init_error(&crystal, ppm, power_on_ns);
    return crystal;
}

Test(crystal, a_perfect_one_counts_32768_ticks_a_second)
{
    struct crystal crystal = make(0, 5);
    cr_assert_eq(crystal_ticks(&crystal, 5), 0);
    cr_assert_eq(crystal_ticks(&crystal, 5 + SIM_NS_PER_S - 1), 32767);
    cr_assert_eq(crystal_ticks(&crystal, 5 + SIM_NS_PER_S), 32768);
    cr_assert_eq(crystal_time_of(&crystal, 32768), 5 + SIM_NS_PER_S);
    cr_assert_eq(crystal_ticks(&crystal, 0), 0, "before power on");
}

Test(crystal, a_static_20_ppm_is_1728_ms_a_day)
{
    /* spec-physics section 7: static 20 ppm = 1.728 s a day */
    struct crystal crystal = make(20, 0);
    uint64_t ticks = crystal_ticks(&crystal, 86400 * SIM_NS_PER_S);
    double gained_s = (double)ticks / 32768.0 - 86400.0;
    cr_assert_float_eq(gained_s, 1.728, 1.0 / 32768.0);
}

Test(crystal, conversions_are_exact_for_many_errors_and_times)
{
    struct random_stream stream;
    random_stream_init(&stream, 7, 1, RANDOM_TEST, 0);
    for (int i = 0; i < 200000; i++) {
        double ppm = 400.0 * random_stream_uniform(&stream) - 200.0;
        sim_ns power_on_ns = (sim_ns)(random_stream_u64(&stream) >> 12);
        struct crystal crystal = make(ppm, power_on_ns);
        sim_ns elapsed_ns =
                (sim_ns)(random_stream_u64(&stream) >> (2 + random_stream_u32(&stream) % 60));
        sim_ns at_ns = power_on_ns + elapsed_ns;
        uint64_t ticks = crystal_ticks(&crystal, at_ns);
        cr_assert_eq(ticks, oracle_ticks(&crystal, at_ns), "%.17g ppm, %lld ns", ppm,
                (long long)elapsed_ns);
        sim_ns first_ns = crystal_time_of(&crystal, ticks);
        cr_assert_leq(first_ns, at_ns);
        cr_assert_eq(oracle_ticks(&crystal, first_ns), ticks);
        if (first_ns > power_on_ns) {
            cr_assert_eq(oracle_ticks(&crystal, first_ns - 1), ticks - 1, "%.17g ppm", ppm);
        }
        sim_ns next_ns = crystal_time_of(&crystal, ticks + 1);
        cr_assert_gt(next_ns, at_ns);
    }
}

Test(crystal, a_time_beyond_the_end_of_the_run_never_comes)
{
    struct crystal crystal = make(-20, 1000);
    cr_assert_eq(crystal_time_of(&crystal, UINT64_MAX), SIM_NS_NEVER);
    cr_assert_eq(crystal_time_of(&crystal, (UINT64_C(1) << 48) + 1), SIM_NS_NEVER);
    cr_assert_eq(crystal_time_of(&crystal, UINT64_C(303000000000000)), SIM_NS_NEVER, "300 years");
}

Test(crystal, temperature_follows_the_tuning_fork_parabola)
{
    /* spec-physics section 7, k = -0.034 */
    struct crystal_params params = { .temperature_mean_c = -20, .parabola_ppm_per_c2 = -0.034 };
    cr_assert_float_eq(crystal_temperature_ppm(&params), -68.85, 0.01);
    params.temperature_mean_c = 40;
    cr_assert_float_eq(crystal_temperature_ppm(&params), -7.65, 0.005);
    params.temperature_mean_c = 15;
    params.temperature_swing_c = 8;
    cr_assert_float_eq(crystal_temperature_ppm(&params), -4.49, 0.005);
    params.temperature_mean_c = 5;
    params.temperature_swing_c = 6;
    cr_assert_float_eq(crystal_temperature_ppm(&params), -14.2, 0.02);
}

Test(crystal, initial_errors_fill_the_tolerance_uniformly)
{
    struct crystal_params params = { .tolerance_ppm = 20 };
    double sum = 0;
    double squares = 0;
    const uint32_t count = 20000;
    for (uint32_t entity = 1; entity <= count; entity++) {
        struct crystal crystal;
        crystal_init(&crystal, &params, 42, entity, 0);
        cr_assert_leq(fabs(crystal.frequency_error_ppm), 20.0);
        sum += crystal.frequency_error_ppm;
        squares += crystal.frequency_error_ppm * crystal.frequency_error_ppm;
    }
    /* mean 0, variance a^2 / 3; four standard errors */
    cr_assert_float_eq(sum / count, 0.0, 4.0 * 20.0 / sqrt(3.0 * count));
    cr_assert_float_eq(squares / count, 400.0 / 3.0, 4.0 * 400.0 * sqrt(4.0 / 45.0 / count));
}

Test(crystal, the_same_seed_and_entity_draw_the_same_error)
{
    struct crystal_params params = { .tolerance_ppm = 20 };
    struct crystal a, b, c;
    crystal_init(&a, &params, 1, 9, 0);
    crystal_init(&b, &params, 1, 9, 77);
    crystal_init(&c, &params, 1, 10, 0);
    cr_assert_eq(a.frequency_ppt, b.frequency_ppt);
    cr_assert_neq(a.frequency_ppt, c.frequency_ppt);
}
