/* The auditor of end-devices: which frames it counts as violations.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: devices built to keep one form of the duty cycle to the nanosecond, or to break it by
 * little; duty_auditor, which counts exact hours; the duty_limiter of gateways as the device.
 */
#include <criterion/criterion.h>

#include "gateway/device_duty_auditor.h"
#include "gateway/duty_limiter.h"
#include "gateway/gateway.h"
#include "random_stream.h"

#define SECOND     SIM_NS_PER_S
#define HOUR       (3600 * SECOND)
#define CHANNEL_HZ 868100000u /* 1 % */

static struct device_duty_band bands[REGION_BANDS_MAX];

static bool frame_at(uint32_t frequency_hz, sim_ns start_ns, sim_ns airtime_ns)
{
    int index = region_band_of(&region_eu868, frequency_hz);
    cr_assert_geq(index, 0);
    return device_duty_auditor_frame(
            &bands[index], region_eu868.bands[index].duty_cycle, start_ns, start_ns + airtime_ns);
}

static bool frame(sim_ns start_ns, sim_ns airtime_ns)
{
    return frame_at(CHANNEL_HZ, start_ns, airtime_ns);
}

Test(device_duty_auditor, is_small)
{
    cr_expect_eq(sizeof bands[0], 64);
}

/* Frames of random length, as soon as the pause allows, each start early by `hurry` of the pause:
 * how many are accused in ten hours. */
static unsigned off_time_device(double hurry)
{
    struct random_stream draws;
    random_stream_init(&draws, 1, 0, RANDOM_TEST, 2);
    struct duty_auditor *exact = duty_auditor_create(&region_eu868, GATEWAY_DUTY_HOUR, NULL);
    unsigned accused = 0, over_hour = 0;
    sim_ns at_ns = SECOND;
    while (at_ns < 10 * HOUR) {
        sim_ns airtime_ns = 40 * SIM_NS_PER_MS + random_stream_u32(&draws) % (2 * SECOND);
        accused += !frame(at_ns, airtime_ns);
        over_hour += duty_auditor_frame(exact, CHANNEL_HZ, at_ns, at_ns + airtime_ns) > 0;
        at_ns += airtime_ns + (sim_ns)((double)(99 * airtime_ns) * (1 - hurry));
    }
    duty_auditor_destroy(exact);
    cr_expect_gt(over_hour, 0, "an hour holds one frame more than the budget now and then");
    return accused;
}

Test(device_duty_auditor, lets_the_off_time_form_pass_although_the_hour_is_exceeded)
{
    cr_expect_eq(off_time_device(0), 0);
}

Test(device_duty_auditor, lets_a_clock_of_150_ppm_pass)
{
    cr_expect_eq(off_time_device(150e-6), 0);
}

Test(device_duty_auditor, counts_pauses_that_are_a_tenth_too_short)
{
    cr_expect_gt(off_time_device(0.1), 100);
}

Test(device_duty_auditor, lets_the_hour_form_pass_although_no_pause_is_kept)
{
    struct duty_limiter limiter;
    duty_limiter_init(&limiter, 0.01, 3600, NULL);
    struct random_stream draws;
    random_stream_init(&draws, 1, 0, RANDOM_TEST, 3);
    sim_ns now_ns = SECOND, sent_ns = 0;
    while (now_ns < 20 * HOUR) {
        sim_ns airtime_ns = 40 * SIM_NS_PER_MS + random_stream_u32(&draws) % (2 * SECOND);
        sim_ns start_ns = duty_limiter_earliest(&limiter, now_ns, airtime_ns);
        duty_limiter_reserve(&limiter, now_ns, start_ns, airtime_ns);
        cr_assert(frame(start_ns, airtime_ns));
        now_ns = start_ns + airtime_ns;
        sent_ns += airtime_ns;
    }
    cr_expect_gt(sent_ns, (sim_ns)(0.0095 * (double)now_ns), "it uses the budget");
    duty_limiter_finish(&limiter);
}

Test(device_duty_auditor, counts_a_device_that_takes_both)
{
    /* The hour's budget in one go, and then the pauses of the other form. */
    for (int i = 0; i < 36; i++) {
        cr_assert(frame((1 + 2 * i) * SECOND, SECOND));
    }
    sim_ns at_ns = 200 * SECOND;
    cr_expect_not(frame(at_ns, SECOND));
    cr_expect_not(frame(at_ns + 100 * SECOND, SECOND), "and goes on being in breach");
}

Test(device_duty_auditor, finds_little_more_than_the_budget_within_55_minutes)
{
    for (int i = 0; i < 36; i++) {
        cr_assert(frame((1 + 91 * i) * SECOND, SECOND)); /* a pause of 90 s is too short */
    }
    /* The last ended at 3187 s. 200 ppm of 36 s are 7.2 ms. */
    cr_expect(frame(3200 * SECOND, 7 * SIM_NS_PER_MS));
    cr_expect_not(frame(3210 * SECOND, SIM_NS_PER_MS));
}

Test(device_duty_auditor, leaves_out_what_is_older_than_an_hour)
{
    for (int hour = 0; hour < 5; hour++) {
        for (int i = 0; i < 36; i++) {
            cr_assert(frame(hour * HOUR + (1 + 2 * i) * SECOND, SECOND));
        }
    }
}

Test(device_duty_auditor, sub_bands_have_their_own_limits)
{
    for (int i = 0; i < 36; i++) {
        cr_assert(frame((1 + 2 * i) * SECOND, SECOND));
    }
    sim_ns at_ns = 100 * SECOND;
    cr_expect(frame_at(867100000, at_ns, SECOND));
    cr_expect_not(frame_at(868500000, at_ns, SECOND), "868.1 and 868.5 share one");
    cr_expect_lt(region_band_of(&region_eu868, 869300000), 0, "no station may send here");
}
