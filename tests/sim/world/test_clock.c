/* Clock errors by theory: rate error times the age of the last synchronization.
 * SPDX-License-Identifier: MIT
 *
 * Method: at each session start the firmware states its own GPS time in ms (FW_TRACE
 * SESSION_OPENED). It took GPS time from DeviceTimeAns, as the network dated the end of an uplink
 * (LoRaWAN 1.0.4 section 5.10), in steps of 1/256 s rounded to the nearest, and has counted RTC
 * ticks of 1/32768 s since. So its error is rate error x age, within
 *   1/512 s of the answer's step, a tick at either end, and the whole ms of the statement;
 * and when the step is computed as well, within those ticks and that ms alone.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "air/frame.h"
#include "hal.h"
#include "record/clock.h"
#include "support/trial.h"
#include "trace.h"

#define DEVICES 40u

#define STEP_MS      (1000.0 / 512.0)
#define TICK_MS      (1000.0 / 32768.0)
#define STATEMENT_MS 1.0

static const char fleet[] =
        "name: clocks\n"
        "duration: 24 h\n"
        "area: {radius: 1 km}\n"
        "propagation: {shadowing: {sigma: 0 dB}, fading: none}\n"
        "gateways: {count: 1}\n"
        "devices: [{name: d, count: 40, boot: {spread: 1 h}, report: {period: 1 h}, "
        "rtc: {tolerance: 50 ppm, temperature: {mean: 12 C}}}]\n"
        "firmware: {image: generated, size: 2 KiB}\n"
        "campaign: {start: 2 h, set_up: {window: 12 h}, redundancy: 0 %, "
        "correction: {policy: fixed, timeout: 10 min}}\n";

struct sync {
    sim_ns uplink_end_ns; /* of the last uplink */
    sim_ns dated_ns;      /* the instant that the last DeviceTimeAns dated */
    sim_ns opened_ns;
    uint32_t own_ms; /* GPS time that it stated then */
    bool coarse;     /* the last setting came from AppTimeAns: whole seconds */
    bool set;
};

struct watch {
    const struct world *world;
    struct sync devices[DEVICES];
};

static void watch_clock(void *context, const struct observation *observation)
{
    struct watch *watch = context;
    uint32_t index = observation->entity - watch->world->first_device;
    if (index >= DEVICES) {
        return;
    }
    struct sync *sync = &watch->devices[index];
    if (observation->kind == OBSERVE_FRAME_ENDED) {
        sync->uplink_end_ns = ((const struct frame *)observation->data)->end_ns;
    } else if (sync->opened_ns != 0) {
        return;
    } else if (observation->a == FW_TRACE_CLOCK_SET) {
        sync->coarse = observation->c != 0;
        sync->dated_ns = sync->uplink_end_ns;
        sync->set = true;
    } else if (observation->a == FW_TRACE_SESSION_OPENED) {
        sync->opened_ns = observation->at_ns;
        sync->own_ms = (uint32_t)observation->c;
    }
}

static double ticks_between(const struct world *world, uint32_t index, sim_ns from_ns, sim_ns to_ns)
{
    return (double)(node_rtc_ticks(world->nodes, index, to_ns)
                    - node_rtc_ticks(world->nodes, index, from_ns));
}

/* What the device's GPS time must have been, from its RTC and the answer's step alone. */
static double stated_ms(const struct world *world, uint32_t index, const struct sync *sync)
{
    double dated_s =
            round((double)network_gps_ns(world->network, sync->dated_ns) / 1e9 * 256.0) / 256.0;
    double age_s = ticks_between(world, index, sync->dated_ns, sync->opened_ns) / HAL_RTC_HZ;
    double ms = dated_s * 1000.0 + age_s * 1000.0;
    return ms - floor(ms / 4294967296.0) * 4294967296.0; /* stated in 32 bits */
}

static void check_device(const struct trial *trial, uint32_t index, const struct sync *sync)
{
    const struct world *world = trial->world;
    int64_t true_ms = network_gps_ns(world->network, sync->opened_ns) / SIM_NS_PER_MS;
    double error_ms = (double)(int32_t)(sync->own_ms - (uint32_t)true_ms);
    double age_ms = (double)(sync->opened_ns - sync->dated_ns) / 1e6;
    /* The rate over a day, to 4e-10. */
    double day_ticks = ticks_between(world, index, 0, 86400 * SIM_NS_PER_S)
                       - ticks_between(world, index, 0, node_power_on_ns(world->nodes, index));
    double day_s = (double)(86400 * SIM_NS_PER_S - node_power_on_ns(world->nodes, index)) / 1e9;
    double rate_error = day_ticks / (HAL_RTC_HZ * day_s) - 1.0;
    cr_expect_float_eq(error_ms, rate_error * age_ms, STEP_MS + 2.0 * TICK_MS + STATEMENT_MS,
            "device %u: %f ms, expected %f ms", index, error_ms, rate_error * age_ms);
    cr_expect_float_eq((double)sync->own_ms + 0.5, stated_ms(world, index, sync),
            0.5 * STATEMENT_MS + 2.0 * TICK_MS, "device %u: %u, expected %f", index, sync->own_ms,
            stated_ms(world, index, sync));
    /* The record that results read, from air and RTC alone, says the same. */
    cr_expect_float_eq(clock_of(trial->recorders, index)->error_ms, error_ms,
            STATEMENT_MS + 2.0 * TICK_MS, "device %u: %f ms, stated %f ms", index,
            clock_of(trial->recorders, index)->error_ms, error_ms);
}

Test(clock, error_is_rate_error_times_age)
{
    struct trial *trial = trial_create(fleet, NULL, 0);
    struct watch *watch = calloc(1, sizeof *watch);
    watch->world = trial->world;
    engine_observer_add(trial->world->engine,
            OBSERVE_BIT(OBSERVE_FIRMWARE) | OBSERVE_BIT(OBSERVE_FRAME_ENDED), watch_clock, watch);
    trial_play(trial);
    uint32_t checked = 0;
    double longest_ms = 0.0, largest_ms = 0.0;
    for (uint32_t i = 0; i < DEVICES; i++) {
        const struct sync *sync = &watch->devices[i];
        if (sync->set && !sync->coarse && sync->opened_ns != 0) {
            check_device(trial, i, sync);
            double age_ms = (double)(sync->opened_ns - sync->dated_ns) / 1e6;
            longest_ms = fmax(longest_ms, age_ms);
            largest_ms = fmax(largest_ms, fabs(clock_of(trial->recorders, i)->error_ms));
            checked++;
        }
    }
    printf("# %u devices, age up to %.0f s, error up to %.0f ms\n", checked, longest_ms / 1e3,
            largest_ms);
    cr_expect_geq(checked, DEVICES * 9 / 10);
    /* 12 h at tens of ppm: the test saw errors far above the tolerances. */
    cr_expect_gt(longest_ms, 12.0 * 3600e3);
    cr_expect_gt(largest_ms, 1000.0);
    free(watch);
    trial_destroy(trial);
}
