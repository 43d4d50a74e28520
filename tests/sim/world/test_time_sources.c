/* How good the time is that devices get: each term of the error budget, from whole runs.
 * SPDX-License-Identifier: MIT
 *
 * spec-protocol 3.3. Crystals are exact here (0 ppm, 25 C), so what a device's clock is off by when
 * its session opens (FW_TRACE_SESSION_OPENED states it in whole ms) is what its last setting was
 * off by.
 *
 * DeviceTimeAns: dated by GNSS it is off by its step of 1/256 s alone; by a gateway's clock, by
 * that clock; without either, by the time the uplink took to the server.
 *
 * AppTimeAns: both fields are whole seconds. The device states D = floor(d), d its own time at
 * the planned end of the uplink; the server dates that end, g, and answers floor(g) - D. The
 * corrected clock is ahead by
 *   d + floor(g) - floor(d) - g = (d - floor(d)) - (g - floor(g)):
 * two uniform fractions, so a triangle over (-1 s, 1 s) of variance 1/6 s^2. What the uplink is
 * longer than planned (answers in front of the request) adds: at most three symbols' blocks here.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "record/clock.h"
#include "support/trial.h"
#include "trace.h"

#define DEVICES 200u

static const char fleet[] =
        "name: time\n"
        "duration: 8 h\n"
        "area: {radius: 500 m}\n"
        "propagation: {shadowing: {sigma: 0 dB}, fading: none}\n"
        "gateways: {count: 1, backhaul: {latency: 80 ms, jitter: 20 ms}}\n"
        "devices: [{name: d, count: 200, boot: {spread: 10 min}, report: {period: 10 min}, "
        "data_rate: DR5, rtc: {tolerance: 0 ppm}}]\n"
        "firmware: {image: generated, size: 1 KiB}\n"
        "campaign: {start: 30 min, set_up: {window: 3 h}, redundancy: 0 %, "
        "correction: {policy: fixed, timeout: 1 min}}\n";

struct errors {
    uint32_t count;
    double least_ms, greatest_ms, mean_ms, deviation_ms;
};

/* What the firmwares themselves state when their sessions open, in whole ms; NaN: nothing. */
struct statements {
    const struct world *world;
    double error_ms[DEVICES];
};

static void watch_statements(void *context, const struct observation *o)
{
    struct statements *statements = context;
    uint32_t index = o->entity - statements->world->first_device;
    if (index < DEVICES && o->a == FW_TRACE_SESSION_OPENED && isnan(statements->error_ms[index])) {
        int64_t true_ms = network_gps_ns(statements->world->network, o->at_ns) / SIM_NS_PER_MS;
        statements->error_ms[index] = (double)(int32_t)((uint32_t)o->c - (uint32_t)true_ms);
    }
}

/* As recorded from air and RTC; `stated`: as the firmwares state it, where the record can't know.
 */
static struct errors clock_errors(const char *const *sets, size_t set_count, bool stated)
{
    static struct statements statements;
    struct trial *trial = trial_create(fleet, sets, set_count);
    statements.world = trial->world;
    for (uint32_t i = 0; i < DEVICES; i++) {
        statements.error_ms[i] = NAN;
    }
    engine_observer_add(
            trial->world->engine, OBSERVE_BIT(OBSERVE_FIRMWARE), watch_statements, &statements);
    trial_play(trial);
    struct errors errors = { .least_ms = INFINITY, .greatest_ms = -INFINITY };
    double sum = 0, squares = 0;
    for (uint32_t i = 0; i < DEVICES; i++) {
        const struct device_clock *device = clock_of(trial->recorders, i);
        double error_ms = stated ? statements.error_ms[i] : device->error_ms;
        cr_expect(!stated || isnan(device->error_ms), "device %u was told whole seconds only", i);
        if (!isnan(error_ms)) {
            errors.least_ms = fmin(errors.least_ms, error_ms);
            errors.greatest_ms = fmax(errors.greatest_ms, error_ms);
            sum += error_ms;
            squares += error_ms * error_ms;
            errors.count++;
        }
    }
    trial_destroy(trial);
    errors.mean_ms = sum / errors.count;
    errors.deviation_ms = sqrt(squares / errors.count - errors.mean_ms * errors.mean_ms);
    printf("# %u devices, %.1f .. %.1f ms, mean %.1f, deviation %.1f\n", errors.count,
            errors.least_ms, errors.greatest_ms, errors.mean_ms, errors.deviation_ms);
    return errors;
}

/* A step of 1/256 s rounded to the nearest is off by 1/512 s at most; ms and ticks on top. */
#define FINE_MS (1000.0 / 512.0 + 1.1)

Test(time_sources, gnss_leaves_the_step_of_the_answer)
{
    struct errors errors = clock_errors(NULL, 0, false);
    cr_assert_geq(errors.count, DEVICES * 95 / 100);
    cr_expect_geq(errors.least_ms, -FINE_MS);
    cr_expect_leq(errors.greatest_ms, FINE_MS);
}

/* The server dates an uplink by its arrival: later by the backhaul, 60 to 100 ms, so clocks are
 * ahead by it. */
Test(time_sources, without_gateway_time_the_backhaul_is_the_error)
{
    static const char *const sets[] = { "gateways.clock.source=free" };
    struct errors errors = clock_errors(sets, 1, false);
    cr_assert_geq(errors.count, DEVICES * 95 / 100);
    cr_expect_geq(errors.least_ms, 60.0 - FINE_MS);
    cr_expect_leq(errors.greatest_ms, 100.0 + FINE_MS);
    cr_expect_float_eq(errors.mean_ms, 80.0, 4.0 * 20.0 / sqrt(3.0) / sqrt(DEVICES));
}

/* A host's clock is steered slowly, so the devices of one run share its error; over runs it is
 * normal. Between two draws of the clock its variance is 1/2 to 1 of theirs. */
Test(time_sources, an_ntp_host_s_clock_is_the_error)
{
    const double error_ms = 20.0;
    double squares = 0;
    for (unsigned seed = 1; seed <= 6; seed++) {
        char text[16];
        snprintf(text, sizeof text, "seed=%u", seed);
        const char *sets[] = { "gateways.clock.source=ntp", "gateways.clock.error=20 ms", text };
        struct errors errors = clock_errors(sets, 3, false);
        cr_expect_leq(errors.greatest_ms - errors.least_ms, 4.0 * error_ms);
        squares += errors.mean_ms * errors.mean_ms;
    }
    /* 0.1 % and 99.9 % of chi squared with six degrees of freedom: 0.38 and 22.5. */
    cr_expect_gt(squares, 0.5 * 0.38 * error_ms * error_ms);
    cr_expect_lt(squares, 22.5 * error_ms * error_ms);
}

/* A server that knows no DeviceTimeReq: AppTimeReq is all there is. */
Test(time_sources, whole_seconds_of_ts003_are_a_triangle)
{
    static const char *const sets[] = { "network.device_time=off" };
    struct errors errors = clock_errors(sets, 1, true);
    const double longer_ms = 40.0;
    cr_assert_geq(errors.count, DEVICES * 90 / 100);
    cr_expect_gt(errors.least_ms, -1000.0 - longer_ms);
    cr_expect_lt(errors.greatest_ms, 1000.0);
    double deviation_ms = 1000.0 / sqrt(6.0);
    double mean_error_ms = 4.0 * deviation_ms / sqrt(errors.count);
    cr_expect_float_eq(errors.mean_ms, 0.0, mean_error_ms + longer_ms);
    /* Of a triangle's variance estimate: kurtosis 2.4, so (2.4 - 1) / n of it, squared. */
    double relative = 4.0 * sqrt(1.4 / errors.count) / 2.0;
    cr_expect_float_eq(errors.deviation_ms / deviation_ms, 1.0, relative);
}
