/* The crystal: exact conversions against wide integer arithmetic, physics against the datasheet.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <math.h>

#include "board/crystal.h"
#include "random_stream.h"

__extension__ typedef unsigned __int128 u128;

#define DAY_NS (86400 * SIM_NS_PER_S)

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

/* --- a course over time ------------------------------------------------------------------------
 */

/* The definition segment by segment, from the physics alone: sum of length x rate in 128 bits. */
static u128 oracle_phase(const struct crystal *crystal, sim_ns at_ns)
{
    const sim_ns segment_ns = 600 * SIM_NS_PER_S;
    const struct crystal_params *params = crystal->params;
    u128 phase = 0;
    int64_t walk_ppt = 0;
    for (sim_ns from_ns = crystal->power_on_ns; from_ns < at_ns;) {
        sim_ns grid_ns = from_ns / segment_ns * segment_ns;
        sim_ns until_ns = grid_ns + segment_ns < at_ns ? grid_ns + segment_ns : at_ns;
        sim_ns middle_ns = grid_ns + segment_ns / 2;
        if (from_ns != crystal->power_on_ns) {
            walk_ppt += crystal_walk_step_ppt(params, crystal->seed, crystal->entity, grid_ns);
        }
        double ppm = crystal->frequency_error_ppm
                     + crystal_course_ppm(params, middle_ns, crystal->power_on_ns);
        int64_t rate = 1000000000000 + llround(ppm * 1e6) + walk_ppt;
        phase += (u128)(uint64_t)(until_ns - from_ns) * (uint64_t)rate;
        from_ns = until_ns;
    }
    return phase;
}

static uint64_t oracle_course_ticks(const struct crystal *crystal, sim_ns at_ns)
{
    return (uint64_t)(oracle_phase(crystal, at_ns) / 64u / UINT64_C(476837158203125));
}

static const struct crystal_params lively = {
    .tolerance_ppm = 20,
    .temperature_mean_c = 12,
    .temperature_swing_c = 9,
    .parabola_ppm_per_c2 = -0.034,
    .ageing_ppm_per_year = 3,
    .random_walk_ppm_per_sqrt_day = 0.5,
};

static void expect_exact_at(const struct crystal *crystal, sim_ns at_ns)
{
    uint64_t ticks = crystal_ticks(crystal, at_ns);
    cr_assert_eq(ticks, oracle_course_ticks(crystal, at_ns), "%lld ns", (long long)at_ns);
    sim_ns first_ns = crystal_time_of(crystal, ticks);
    cr_assert_leq(first_ns, at_ns);
    cr_assert_eq(oracle_course_ticks(crystal, first_ns), ticks);
    if (first_ns > crystal->power_on_ns) {
        cr_assert_eq(oracle_course_ticks(crystal, first_ns - 1), ticks - 1);
    }
    cr_assert_gt(crystal_time_of(crystal, ticks + 1), at_ns);
}

Test(crystal, conversions_over_many_segments_are_exact_both_ways)
{
    struct random_stream stream;
    random_stream_init(&stream, 7, 2, RANDOM_TEST, 0);
    for (uint32_t i = 0; i < 60; i++) {
        struct crystal crystal;
        sim_ns power_on_ns = (sim_ns)(random_stream_uniform(&stream) * (double)DAY_NS);
        crystal_init(&crystal, &lively, 5, i, power_on_ns);
        for (int k = 0; k < 40; k++) {
            sim_ns at_ns =
                    power_on_ns + (sim_ns)(random_stream_uniform(&stream) * 3.0 * (double)DAY_NS);
            expect_exact_at(&crystal, at_ns);
        }
    }
}

Test(crystal, conversions_at_the_edges_of_a_segment_are_exact)
{
    struct crystal crystal;
    crystal_init(&crystal, &lively, 5, 77, 123456789);
    for (sim_ns edge_ns = CRYSTAL_SEGMENT_NS; edge_ns < DAY_NS; edge_ns += CRYSTAL_SEGMENT_NS) {
        for (sim_ns off_ns = -1; off_ns <= 1; off_ns++) {
            expect_exact_at(&crystal, edge_ns + off_ns);
        }
        /* the tick that is under way at the edge, and its neighbours */
        uint64_t ticks = crystal_ticks(&crystal, edge_ns);
        for (uint64_t t = ticks - 1; t <= ticks + 2; t++) {
            sim_ns at_ns = crystal_time_of(&crystal, t);
            cr_assert_eq(oracle_course_ticks(&crystal, at_ns), t);
            cr_assert_eq(oracle_course_ticks(&crystal, at_ns - 1), t - 1);
        }
    }
}

Test(crystal, where_the_present_segment_is_makes_no_difference)
{
    struct crystal still, moving;
    crystal_init(&still, &lively, 9, 3, 5000);
    crystal_init(&moving, &lively, 9, 3, 5000);
    struct random_stream stream;
    random_stream_init(&stream, 7, 3, RANDOM_TEST, 0);
    for (int i = 0; i < 2000; i++) {
        sim_ns at_ns = (sim_ns)(random_stream_uniform(&stream) * 5.0 * (double)DAY_NS);
        crystal_seek(&moving, at_ns);
        cr_assert_leq(moving.from_ns, at_ns > 5000 ? at_ns : 5000);
        cr_assert_gt(moving.until_ns, at_ns);
        sim_ns asked_ns = (sim_ns)(random_stream_uniform(&stream) * 5.0 * (double)DAY_NS);
        uint64_t ticks = crystal_ticks(&still, asked_ns);
        cr_assert_eq(crystal_ticks(&moving, asked_ns), ticks);
        cr_assert_eq(crystal_time_of(&moving, ticks), crystal_time_of(&still, ticks));
    }
    crystal_seek(&moving, 0);
    cr_assert_eq(moving.base_ticks, 0);
    cr_assert_eq(moving.base_remainder, 0);
    cr_assert_eq(moving.frequency_ppt, still.frequency_ppt);
}

/* Seconds that a clock of this course gains from day `from` to day `to`. */
static double gained_s(const struct crystal_params *params, double from, double to)
{
    struct crystal crystal;
    crystal_init(&crystal, params, 1, 1, 0);
    sim_ns from_ns = (sim_ns)(from * (double)DAY_NS);
    sim_ns to_ns = (sim_ns)(to * (double)DAY_NS);
    double ticks = (double)(crystal_ticks(&crystal, to_ns) - crystal_ticks(&crystal, from_ns));
    return ticks / 32768.0 - (double)(to_ns - from_ns) * 1e-9;
}

Test(crystal, static_temperatures_lose_what_the_parabola_says)
{
    /* spec-physics section 7, k = -0.034: C, ppm, seconds a day */
    static const struct {
        double temperature_c, ppm, s_per_day;
    } rows[] = { { -20, -68.85, -5.95 }, { -10, -41.65, -3.60 }, { 0, -21.25, -1.836 },
        { 10, -7.65, -0.661 }, { 40, -7.65, -0.661 }, { 60, -41.65, -3.60 }, { 25, 0, 0 } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct crystal_params params = { .temperature_mean_c = rows[i].temperature_c,
            .parabola_ppm_per_c2 = -0.034 };
        struct crystal crystal;
        crystal_init(&crystal, &params, 1, 1, 0);
        cr_assert_float_eq(crystal_error_ppm(&crystal, DAY_NS), rows[i].ppm, 1e-6);
        cr_assert_float_eq(gained_s(&params, 0, 1), rows[i].s_per_day, 0.005);
    }
}

/* k ((mean - turnover)^2 + swing^2 / 2) */
Test(crystal, parabola_turns_over_where_it_is_told)
{
    struct crystal_params params = { .temperature_mean_c = 5,
        .temperature_swing_c = 6,
        .turnover_c = 5,
        .parabola_ppm_per_c2 = -0.034 };
    cr_assert_float_eq(gained_s(&params, 0, 1) / 86400.0 * 1e6, -0.034 * 18, 0.001);
}

Test(crystal, a_day_of_the_diurnal_course_has_the_mean_and_the_range_of_the_specification)
{
    /* spec-physics section 7: mean C, swing C, mean ppm, seconds a day */
    static const struct {
        double mean_c, swing_c, ppm, s_per_day;
    } rows[] = { { 15, 8, -4.488, -0.388 }, { 25, 8, -1.088, -0.094 }, { 5, 6, -14.212, -1.228 } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct crystal_params params = { .temperature_mean_c = rows[i].mean_c,
            .temperature_swing_c = rows[i].swing_c,
            .parabola_ppm_per_c2 = -0.034 };
        double day_s = gained_s(&params, 2, 3);
        cr_assert_float_eq(day_s / 86400.0 * 1e6, rows[i].ppm, 0.001);
        cr_assert_float_eq(day_s, rows[i].s_per_day, 0.0005);
    }
    struct crystal_params params = {
        .temperature_mean_c = 15, .temperature_swing_c = 8, .parabola_ppm_per_c2 = -0.034
    };
    cr_assert_float_eq(gained_s(&params, 0, 30), -11.6, 0.05);
    struct crystal crystal;
    crystal_init(&crystal, &params, 1, 1, 0);
    double low_ppm = 0, high_ppm = -100;
    for (sim_ns at_ns = 0; at_ns < DAY_NS; at_ns += CRYSTAL_SEGMENT_NS) {
        low_ppm = fmin(low_ppm, crystal_error_ppm(&crystal, at_ns));
        high_ppm = fmax(high_ppm, crystal_error_ppm(&crystal, at_ns));
    }
    cr_assert_float_eq(low_ppm, -11.0, 0.05);
    cr_assert_float_eq(high_ppm, -0.14, 0.01);
}

Test(crystal, days_are_warmest_at_15_h_and_coldest_at_3_h)
{
    struct crystal_params params = { .temperature_mean_c = 15, .temperature_swing_c = 8 };
    const sim_ns hour_ns = 3600 * SIM_NS_PER_S;
    cr_assert_float_eq(crystal_temperature_c(&params, 15 * hour_ns), 23.0, 1e-9);
    cr_assert_float_eq(crystal_temperature_c(&params, 3 * hour_ns), 7.0, 1e-9);
    cr_assert_float_eq(crystal_temperature_c(&params, 9 * hour_ns), 15.0, 1e-9);
    cr_assert_float_eq(crystal_temperature_c(&params, 63 * hour_ns), 23.0, 1e-9, "day 3");
    params.temperature_later_h = 2;
    cr_assert_float_eq(crystal_temperature_c(&params, 17 * hour_ns), 23.0, 1e-9);
}

Test(crystal, a_table_is_linear_between_points_and_repeats)
{
    const sim_ns hour_ns = 3600 * SIM_NS_PER_S;
    const struct temperature_point points[] = { { 0, 10 }, { 6 * hour_ns, -2 },
        { 12 * hour_ns, 22 }, { 24 * hour_ns, 10 } };
    struct crystal_params params = { .temperature_mean_c = 99,
        .temperature_swing_c = 5,
        .parabola_ppm_per_c2 = -0.034,
        .temperature_points = points,
        .temperature_point_count = 4 };
    static const double hours[][2] = { { 0, 10 }, { 3, 4 }, { 6, -2 }, { 9, 10 }, { 12, 22 },
        { 18, 16 }, { 23.5, 10.5 }, { 24, 10 }, { 27, 4 }, { 24 * 9 + 12, 22 } };
    for (size_t i = 0; i < sizeof hours / sizeof hours[0]; i++) {
        sim_ns at_ns = (sim_ns)(hours[i][0] * (double)hour_ns);
        cr_assert_float_eq(crystal_temperature_c(&params, at_ns), hours[i][1], 1e-9);
    }
    /* The square of a line from a to b has the mean (a^2 + ab + b^2) / 3. */
    double sum = 0;
    for (size_t i = 0; i < 3; i++) {
        double a_c = points[i].temperature_c - 25.0, b_c = points[i + 1].temperature_c - 25.0;
        sum += (double)(points[i + 1].at_ns - points[i].at_ns) * (a_c * a_c + a_c * b_c + b_c * b_c)
               / 3.0;
    }
    double mean_ppm = -0.034 * sum / (double)points[3].at_ns;
    cr_assert_float_eq(gained_s(&params, 1, 2) / 86400.0 * 1e6, mean_ppm, 0.001);
    params.temperature_point_count = 1;
    cr_assert_float_eq(crystal_temperature_c(&params, 77 * hour_ns), 10.0, 1e-9);
    cr_assert(!crystal_varies(&params));
}

Test(crystal, ageing_grows_from_power_on)
{
    struct crystal_params params = { .ageing_ppm_per_year = 3 };
    struct crystal crystal;
    sim_ns power_on_ns = 10 * DAY_NS;
    crystal_init(&crystal, &params, 1, 1, power_on_ns);
    cr_assert_float_eq(crystal_error_ppm(&crystal, power_on_ns), 0.0, 1e-4);
    /* half a year: 1.5 ppm at the end, 0.75 ppm x 182.625 days gained */
    sim_ns half_ns = power_on_ns + (sim_ns)(182.625 * (double)DAY_NS);
    cr_assert_float_eq(crystal_error_ppm(&crystal, half_ns), 1.5, 1e-3);
    double s = (double)crystal_ticks(&crystal, half_ns) / 32768.0 - 182.625 * 86400.0;
    cr_assert_float_eq(s, 0.75e-6 * 182.625 * 86400.0, 1e-3);
}

Test(crystal, the_random_walk_spreads_with_the_square_root_of_time)
{
    struct crystal_params params = { .random_walk_ppm_per_sqrt_day = 0.2 };
    const uint32_t count = 1500;
    double first = 0, fourth = 0, both = 0;
    for (uint32_t entity = 1; entity <= count; entity++) {
        struct crystal crystal;
        crystal_init(&crystal, &params, 42, entity, 0);
        double a = crystal_error_ppm(&crystal, DAY_NS);
        double b = crystal_error_ppm(&crystal, 4 * DAY_NS);
        first += a * a;
        fourth += b * b;
        both += a * (b - a);
    }
    /* variances 0.04 and 0.16 with a relative standard error of sqrt(2 / n); independent steps */
    double error = 4.0 * sqrt(2.0 / count);
    cr_assert_float_eq(first / count / 0.04, 1.0, error);
    cr_assert_float_eq(fourth / count / 0.16, 1.0, error);
    cr_assert_float_eq(both / count, 0.0, 4.0 * sqrt(0.04 * 0.12 / count));
}

Test(crystal, what_is_added_later_leaves_the_initial_error_as_it_was)
{
    struct crystal_params plain = { .tolerance_ppm = 20 };
    struct crystal a, b;
    crystal_init(&a, &plain, 1, 9, 0);
    crystal_init(&b, &lively, 1, 9, 0);
    cr_assert_eq(a.frequency_error_ppm, b.frequency_error_ppm);
}
