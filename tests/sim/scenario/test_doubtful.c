/* Warnings about settings that are allowed and hardly meant: each is given at its place, a scenario
 * beside the limit has none, and no shipped scenario is doubtful.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "services/fec_matrix.h"
#include "sim/scenario/reading.h"

#define CITY "area: {radius: 3 km}\n"

/* A symbol of SF12 at 125 kHz is 2^12 / 125 kHz = 32.768 ms, one of SF7 1.024 ms. */
Test(doubtful, coherence_within_a_symbol)
{
    expect_warned(CITY "propagation: {fading: rayleigh, coherence: 32 ms}\n",
            "city.yaml:2:44: warning: propagation.coherence = 32 ms is shorter than a symbol of "
            "SF12 (32.768 ms)");
    expect_no_warning(CITY "propagation: {fading: rayleigh, coherence: 33 ms}\n");
    expect_no_warning(CITY "propagation: {fading: rayleigh}\n");
    expect_no_warning(CITY "propagation: {fading: rayleigh, coherence: 2 ms}\n"
                           "devices: [{data_rate: DR5}]\n");
}

Test(doubtful, interferers_beside_all_channels)
{
    expect_warned(CITY "interferers: [{frequency: 868.9 MHz, bandwidth: 1 kHz}]\n",
            "warning: interferers: frequency = 868.9 MHz is outside all channels");
    expect_no_warning(CITY "interferers: [{frequency: 868.12 MHz, bandwidth: 1 kHz}]\n");
    expect_no_warning(CITY "interferers: [{frequency: 869.525 MHz, bandwidth: 125 kHz}]\n");
    expect_no_warning(CITY "interferers: [{frequency: 868.7 MHz, bandwidth: 400 kHz}]\n");
}

static void with_positions(const char *csv, char *path, size_t size, char *text, size_t text_size)
{
    snprintf(path, size, "/tmp/fleetcast-doubtful-XXXXXX");
    int handle = mkstemp(path);
    cr_assert_eq(write(handle, csv, strlen(csv)), (ssize_t)strlen(csv));
    close(handle);
    snprintf(text, text_size, CITY "devices: [{layout: file, file: %s}]\n", path);
}

Test(doubtful, degrees_in_the_wrong_order)
{
    char path[64], text[256];
    with_positions(
            "lat,lon\n48.1,11.5\n48.11,11.52\n11.5,48.1\n", path, sizeof path, text, sizeof text);
    expect_warned(text, "are latitude and longitude in the wrong order?");
    unlink(path);
    with_positions("lat,lon\n48.1,11.5\n48.11,11.52\n", path, sizeof path, text, sizeof text);
    expect_no_warning(text);
    unlink(path);
    with_positions("x,y\n0,29999\n", path, sizeof path, text, sizeof text);
    expect_no_warning(text);
    unlink(path);
    with_positions("x,y\n0,30001\n", path, sizeof path, text, sizeof text);
    expect_warned(text, "has a position 30 km from the centre, and area.radius is 3 km");
    cr_expect_null(strstr(messages, "latitude"), "%s", messages);
    unlink(path);
}

Test(doubtful, redundancy_beyond_sense_or_decoder)
{
    cr_assert_eq(FEC_UNKNOWNS_MAX, 256);
    expect_warned(CITY "firmware: {image: generated, size: 2 KiB}\n"
                       "campaign: {redundancy: 101 %}\n",
            "city.yaml:3:24: warning: campaign 'campaign': redundancy = 101 % sends more coded");
    /* 1000 fragments of 50 bytes; 256 and 257 of them. */
    expect_no_warning(CITY "firmware: {image: generated, size: 49744 B}\n"
                           "campaign: {fragment_size: 50 B, redundancy: 25.6 %}\n");
    expect_warned(CITY "firmware: {image: generated, size: 49744 B}\n"
                       "campaign: {fragment_size: 50 B, redundancy: 25.7 %}\n",
            "257 of 1000 fragments may be lost by its redundancy; the decoder of devices repairs "
            "at most 256");
}

Test(doubtful, a_window_in_which_devices_may_not_send)
{
    expect_warned(CITY "devices: [{name: a, report: {period: 2 h}}]\n"
                       "campaign: {set_up: {window: 119 min}}\n",
            "city.yaml:3:29: warning: campaign 'campaign': set_up.window = 119 min is shorter than "
            "the report.period of 'a', 2 h");
    expect_no_warning(CITY "devices: [{name: a, report: {period: 2 h}}]\n"
                           "campaign: {set_up: {window: 2 h}}\n");
    expect_warned(CITY "devices: [{name: a, boot: {spread: 3 h}, report: {period: 1 h}}]\n"
                       "campaign: {start: 30 min, set_up: {window: 2 h}}\n",
            "its session opens before all devices of 'a' have started (boot.spread = 3 h)");
    /* Another group's period does not matter. */
    expect_no_warning(
            CITY "devices: [{name: a, report: {period: 1 h}}, {name: b, report: {period: 4 h}}]\n"
                 "campaigns: [{name: x, devices: [a], set_up: {window: 2 h}}]\n");
}

Test(doubtful, a_correction_that_the_time_out_cuts)
{
    expect_warned(CITY
            "campaign: {set_up: {window: 8 h}, periods: 1, correction: {timeout: 10 h}}\n",
            "TimeOut 15");
}

Test(doubtful, copies_at_one_time_that_interfere)
{
    expect_warned(CITY "campaign: {gateways: simultaneous}\n",
            "city.yaml:2:22: warning: campaign 'campaign': gateways = simultaneous: copies of a "
            "frame interfere like any other frames");
    expect_no_warning(CITY "campaign: {gateways: staggered}\n");
    expect_no_warning(CITY "campaign: {gateways: simultaneous}\ngateways: {count: 1}\n");
    expect_no_warning(CITY "campaign: {gateways: simultaneous}\nreception: {interference: none}\n");
    expect_no_warning(
            CITY "campaign: {gateways: simultaneous}\nreception: {equal_copies: combine}\n");
    expect_warned(CITY "campaign: {}\nreception: {equal_copies: combine}\n",
            "reception.equal_copies has no effect here");
}

/* 43 fragments and 7 coded ones of 200 B: 50 * 15 s for three gateways, and 5 s * 51 rounded up to
 * 2^8 s. */
Test(doubtful, a_session_that_ends_before_its_fragments)
{
    const char *image = "firmware: {image: generated, size: 8 KiB}\n";
    char text[512];
    snprintf(text, sizeof text, "%scampaign: {server: chirpstack-v4}\ngateways: {count: 3}\n",
            image);
    expect_warned(text, "campaign 'campaign': time_out = by-interval: devices close their session "
                        "after 256 s; the fragments take 12.5 min");
    snprintf(text, sizeof text, "%scampaign: {server: chirpstack-v4}\ngateways: {count: 1}\n",
            image);
    expect_no_warning(text);
    snprintf(text, sizeof text, "%scampaign: {server: chirpstack-v4, time_out: planned}\n", image);
    expect_no_warning(text);
}

Test(doubtful, no_shipped_scenario)
{
    static const char *const names[] = { "aloha-100", "daily-meters", "faults-30", "harsh-city-500",
        "delta-update", "full-campaign", "hello-20", "mixed-fleet", "next-version",
        "sessions-by-data-rate", "smart-city-1000", "two-campaigns" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s.yaml", getenv("FLEETCAST_SCENARIOS"), names[i]);
        struct scenario_errors *errors = scenario_errors_create();
        cr_expect(scenario_read_file(&scenario, path, NULL, 0, errors), "%s", path);
        cr_expect_eq(scenario_warnings_count(errors), 0, "%s", path);
        scenario_errors_destroy(errors);
    }
}
