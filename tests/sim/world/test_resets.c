/* Devices that are reset while a campaign goes on, in whole runs.
 * SPDX-License-Identifier: MIT
 *
 * Goal: a reset between the set-up of the class C session and its end costs no device its update,
 * whenever it comes: what was agreed with the server is on record in the device.
 */
#include <criterion/criterion.h>

#include "support/trial.h"
#include "trace.h"

#define DEVICES 10u

/* The session starts at 20 + 40 min, a whole GPS second. */
static const char text[] =
        "name: resets\n"
        "duration: 8 h\n"
        "area: {radius: 600 m}\n"
        "propagation: {penetration: 6 dB, shadowing: {sigma: 3 dB}}\n"
        "gateways: {count: 2, radius: 400 m}\n"
        "devices: [{name: d, count: 10, boot: {spread: 5 min}, report: {period: 10 min}}]\n"
        "firmware: {image: generated, size: 4 KiB}\n"
        "campaign: {start: 20 min, set_up: {window: 40 min}, correction: {timeout: 30 min}, "
        "confirm_timeout: 2 h}\n";

static void observe(void *context, const struct observation *o)
{
    unsigned *opened = context;
    *opened += o->a == FW_TRACE_SESSION_OPENED;
}

/* Resets every device at `at_ns`; the number of devices that confirm the update. */
static double confirmed(sim_ns at_ns, unsigned *opened)
{
    struct trial *trial = trial_create(text, NULL, 0);
    engine_observer_add(trial->world->engine, OBSERVE_BIT(OBSERVE_FIRMWARE), observe, opened);
    cr_assert(trial_go(trial, at_ns));
    for (uint32_t i = 0; i < DEVICES; i++) {
        const struct fault fault = { .kind = FAULT_DEVICE_RESET, .target = i };
        cr_assert(run_fault(trial->run, &fault));
    }
    trial_play(trial);
    double count = trial_value(trial, "devices.confirmed");
    trial_destroy(trial);
    return count;
}

Test(resets, between_set_up_and_start_cost_no_device_its_update)
{
    static const double minutes[] = { 45, 50, 55, 57.5 };
    for (unsigned i = 0; i < sizeof minutes / sizeof minutes[0]; i++) {
        unsigned opened = 0;
        double count = confirmed((sim_ns)(minutes[i] * 60 * (double)SIM_NS_PER_S), &opened);
        cr_expect_eq(count, DEVICES, "reset after %g min: %g confirmed", minutes[i], count);
        cr_expect_eq(opened, DEVICES, "each receiver opened once");
    }
}

/* The first request for the time leaves up to 160 s after the start: what is sent meanwhile is
 * missed, and corrected. */
Test(resets, in_the_session_cost_no_device_its_update)
{
    static const double minutes[] = { 59.5, 60.2, 61, 62 };
    for (unsigned i = 0; i < sizeof minutes / sizeof minutes[0]; i++) {
        unsigned opened = 0;
        double count = confirmed((sim_ns)(minutes[i] * 60 * (double)SIM_NS_PER_S), &opened);
        cr_expect_eq(count, DEVICES, "reset after %g min: %g confirmed", minutes[i], count);
    }
}
