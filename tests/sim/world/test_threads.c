/* The number of threads changes nothing in a run.
 * SPDX-License-Identifier: MIT
 *
 * Goal: the same summary, the same line of each device and the same observations in the same order
 * for 1, 2, 3 and 8 threads: in a plain campaign, where devices lose power, have weak batteries and
 * wrong reads, and so take turns, and where so many can hear a frame that all threads look for
 * those that do.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "support/thread_twin.h"

#define CITY                                                                                       \
    "name: threads\n"                                                                              \
    "duration: 5 h\n"                                                                              \
    "area: {radius: 800 m}\n"                                                                      \
    "propagation: {penetration: 12 dB, shadowing: {sigma: 4 dB}, fading: rayleigh}\n"              \
    "gateways: {count: 2, radius: 400 m}\n"                                                        \
    "firmware: {image: generated, size: 4 KiB}\n"                                                  \
    "campaign: {start: 30 min, set_up: {window: 50 min}, correction: {timeout: 30 min}, "          \
    "confirm_timeout: 1 h}\n"

static const char plain[] =
        CITY "devices: [{name: d, count: 80, boot: {spread: 10 min}, report: {period: 15 min}}]\n";

static const char faulty[] = CITY
        "devices: [{name: d, count: 50, boot: {spread: 10 min}, report: {period: 15 min, "
        "in_session: send}, rtc: {temperature: {swing: 10 C}, random_walk: 1 ppm}},\n"
        "  {name: e, count: 20, board: stm32l476-sx1276, boot: {spread: 10 min}, report: {period: "
        "15 "
        "min}}]\n"
        "faults:\n"
        "  - {kind: power-cut, device: 3, at: 85 min, duration: 20 s}\n"
        "  - {kind: power-cut, devices: d 50..100 %, at: 80 min, flash: {operation: 20, step: 7, "
        "torn: true}, duration: 2 s}\n"
        "  - {kind: reset, device: 17, at: 86 min}\n"
        "  - {kind: brown-out, device: 20, at: 30 min, duration: 3 h, charge: 20 %}\n"
        "  - {kind: read-errors, device: 33, at: 70 min, duration: 1 h, "
        "flash: {bit_errors: 0.0001}}\n";

static const char crowd[] =
        "name: crowd\n"
        "duration: 4 h\n"
        "area: {radius: 600 m}\n"
        "propagation: {fading: rayleigh}\n"
        "gateways: {count: 2, radius: 300 m}\n"
        "devices: [{name: d, count: 800, state: commissioned, boot: {spread: 10 min}, "
        "report: {period: 40 min}}]\n"
        "firmware: {image: generated, size: 2 KiB}\n"
        "campaign: {start: 15 min, set_up: {window: 100 min}, correction: {timeout: 20 min}, "
        "confirm_timeout: 20 min}\n";

static void compare(const char *text)
{
    static const unsigned threads[] = { 2, 3, 8 };
    char *one = thread_twin_play(text, NULL, 0, 1);
    for (size_t i = 0; i < sizeof threads / sizeof threads[0]; i++) {
        char *other = thread_twin_play(text, NULL, 0, threads[i]);
        thread_twin_expect_same(one, other, threads[i]);
        free(other);
    }
    free(one);
}

Test(threads, change_nothing_in_a_campaign)
{
    compare(plain);
}

Test(threads, change_nothing_where_devices_have_faults)
{
    compare(faulty);
}

Test(threads, change_nothing_where_many_hear_a_frame)
{
    compare(crowd);
}
