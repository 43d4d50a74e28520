/* Keys of devices, seen on the air and in results: reports that end, empty reports, devices without
 * a duty cycle, wrong keys.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "air/frame.h"
#include "support/trial.h"

static const char plain[] =
        "name: keys\n"
        "duration: 12 h\n"
        "campaign: none\n"
        "area: {radius: 300 m}\n"
        "propagation: {model: free-space, penetration: 0 dB, "
        "shadowing: {sigma: 0 dB}, fading: none}\n"
        "reception: {errors: threshold, interference: none}\n"
        "gateways: {count: 1, demodulators: 0}\n"
        "devices: [{name: d, count: 5, state: commissioned, data_rate: DR5, "
        "boot: {spread: 0 s}, clock_refresh: never, report: {period: 10 min}}]\n";

struct uplinks {
    uint32_t count;
    sim_ns last_ns;
    uint16_t size; /* of the last */
};

static void observe(void *context, const struct observation *o)
{
    struct uplinks *uplinks = context;
    const struct frame *frame = o->data;
    uint8_t type = frame->bytes[0] >> 5;
    if (type == 2 || type == 4) { /* data up, unconfirmed and confirmed */
        uplinks->count++;
        uplinks->last_ns = o->at_ns;
        uplinks->size = frame->size;
    }
}

static struct trial *play(const char *const *sets, size_t set_count, struct uplinks *uplinks)
{
    struct trial *trial = trial_create(plain, sets, set_count);
    *uplinks = (struct uplinks){ 0 };
    engine_observer_add(trial->world->engine, OBSERVE_BIT(OBSERVE_FRAME_STARTED), observe, uplinks);
    trial_play(trial);
    return trial;
}

Test(device_keys, reports_end_at_a_time_or_after_a_number)
{
    struct uplinks uplinks;
    const char *until = "devices.0.report.until=3 h", *count = "devices.0.report.count=7";
    trial_destroy(play(&until, 1, &uplinks));
    cr_expect_geq(uplinks.count, 5 * 17);
    cr_expect_leq(uplinks.count, 5 * 19);
    printf("# until: %u, last at %f s\n", uplinks.count, (double)uplinks.last_ns / 1e9);
    cr_expect_lt(uplinks.last_ns, (3 * 3600 + 1) * SIM_NS_PER_S);
    trial_destroy(play(&count, 1, &uplinks));
    cr_expect_eq(uplinks.count, 5 * 7);
}

/* MHDR, DevAddr, FCtrl, FCnt, FPort, MIC: 13 bytes (LoRaWAN 1.0.4 section 4). */
Test(device_keys, reports_without_bytes_have_13_on_air)
{
    struct uplinks uplinks;
    const char *sets[] = { "devices.0.report.payload=0 B", "devices.0.report.confirmed=true" };
    struct trial *trial = play(sets, 2, &uplinks);
    cr_expect_gt(uplinks.count, 5 * 60);
    cr_expect_eq(uplinks.size, 13);
    cr_expect_eq(trial_value(trial, "uplinks.duty_violations"), 0);
    trial_destroy(trial);
}

/* SF12, 51 bytes and 13: 2.79 s each 30 s, which is 9.3 % of the time in sub-bands of 1 %. */
Test(device_keys, devices_without_a_duty_cycle_send_all_reports)
{
    struct uplinks uplinks;
    const char *sets[] = { "duration=2 h", "devices.0.data_rate=DR0",
        "devices.0.report.payload=51 B", "devices.0.report.period=30 s",
        "devices.0.duty_cycle=off" };
    struct trial *trial = play(sets, 5, &uplinks);
    printf("# duty off: %u\n", uplinks.count);
    cr_expect_geq(uplinks.count, 5 * 236);
    cr_expect_gt(trial_value(trial, "uplinks.duty_violations"), 500);
    trial_destroy(trial);
    trial = play(sets, 4, &uplinks);
    cr_expect_lt(uplinks.count, 5 * 80);
    cr_expect_eq(trial_value(trial, "uplinks.duty_violations"), 0);
    trial_destroy(trial);
}

/* A device whose GenAppKey is not the server's decrypts another McKey and hears no fragment (TS005
 * section 4). */
Test(device_keys, a_wrong_gen_app_key_keeps_a_device_from_the_update)
{
    char *text = trial_shipped("hello-20");
    const char *set = "devices.0.wrong_gen_app_key=25 %";
    struct trial *trial = trial_create(text, &set, 1);
    trial_play(trial);
    cr_expect_eq(trial_value(trial, "devices.confirmed"), 15);
    trial_destroy(trial);
    free(text);
}
