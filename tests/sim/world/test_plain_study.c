/* Plain studies: commissioned devices and their uplinks, without a campaign.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "air/lora.h"
#include "support/run.h"

/* One channel, one spreading factor, equal power, no capture: SF7 at the fixed DR5. */
#define ALOHA                                                                                      \
    "duration: %u h\n"                                                                             \
    "area: {radius: 300 m}\n"                                                                      \
    "propagation: {model: free-space, shadowing: {sigma: 0 dB}, fading: none}\n"                   \
    "reception: {errors: threshold, interference: aloha, timing: whole-frame}\n"                   \
    "gateways: {count: 1, channels: [868.1 MHz], demodulators: 0}\n"                               \
    "devices: [{count: %u, state: commissioned, boot: {spread: 0 s}, indoor: {share: 0 %%},\n"     \
    "  layout: ring, data_rate: DR5, channels: [868.1 MHz], clock_refresh: never,\n"               \
    "  report: {period: %u s, phy_payload: 33 B, traffic: poisson}}]\n"

/* Abramson 1970: a frame arrives when none begins within its time before or behind its start,
 * exp(-2 G). With N stations the others offer (N - 1) / N of G. */
Test(plain_study, of_pure_aloha_delivers_by_its_closed_form)
{
    static const struct {
        uint32_t devices, period_s, hours;
    } rows[] = { { 100, 120, 24 }, { 300, 120, 12 }, { 600, 120, 6 }, { 1200, 120, 4 },
        { 2000, 120, 3 } };
    const struct lora_modulation sf7 = { .bandwidth_hz = 125000,
        .spreading_factor = 7,
        .coding_rate = 1,
        .preamble_symbols = 8,
        .payload_crc = true };
    double airtime_s = (double)lora_time_on_air_ns(&sf7, 33) / 1e9;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[1024];
        snprintf(text, sizeof text, ALOHA, rows[i].hours, rows[i].devices, rows[i].period_s);
        struct run *run = run_create(text, NULL, 0);
        run_play(run);
        double sent = run_value(run, "uplinks.sent"), pdr = run_value(run, "uplinks.pdr");
        /* What was offered in truth: the duty cycle makes reports wait. */
        double load = sent * airtime_s / (rows[i].hours * 3600.0);
        double others = load * (rows[i].devices - 1) / rows[i].devices;
        double expected = exp(-2.0 * others);
        /* 99 %; losses come in pairs at least, which doubles the variance of a binomial. */
        double deviation = 2.576 * sqrt(2.0 * expected * (1.0 - expected) / sent);
        cr_expect_float_eq(load, rows[i].devices * airtime_s / rows[i].period_s, 0.08 * load);
        cr_expect_float_eq(pdr, expected, deviation, "G = %.3f: %.4f, not %.4f +- %.4f", load, pdr,
                expected, deviation);
        cr_expect_float_eq(run_value(run, "airtime.downlink_frames"), 0.0, 0.0);
        run_destroy(run);
    }
}

static const char commissioned[] =
        "duration: 4 h\n"
        "area: {radius: 800 m}\n"
        "propagation: {shadowing: {sigma: 3 dB}}\n"
        "gateways: {count: 2, radius: 400 m}\n"
        "devices: [{count: 12, state: commissioned, boot: {spread: 1 min}, "
        "report: {period: 10 min, payload: 24 B}}]\n"
        "firmware: {image: generated, size: 4 KiB}\n"
        "campaign: {start: 20 min, set_up: {window: 40 min}, correction: {timeout: 30 min}, "
        "confirm_timeout: 1 h}\n";

/* They never send a JoinRequest, have the session of the join server, and take an update. */
Test(plain_study, starts_with_devices_that_have_joined)
{
    struct run *run = run_create(commissioned, NULL, 0);
    struct network_stats stats;
    network_stats(run->world->network, &stats);
    cr_expect_eq(stats.commissioned, 12);
    run_play(run);
    network_stats(run->world->network, &stats);
    cr_expect_eq(stats.joins, stats.commissioned, "nobody joined over the air");
    cr_expect_eq(stats.bad_mic, 0);
    cr_expect_eq(stats.unknown_device, 0);
    cr_expect_float_eq(run_value(run, "devices.confirmed"), 12.0, 0.0);
    run_destroy(run);
}

/* Twenty devices on a ring whose median link is known: the data rate is the one that the margin
 * leaves. SX1301: -126.5 dBm at SF7 (spec-physics 2), free space 868 MHz. */
Test(plain_study, gives_devices_the_rate_that_their_link_carries)
{
    static const struct {
        const char *loss;
        const char *key;
    } rows[] = {
        /* 14 dBm - 110 dB = -96 dBm: 30 dB over SF7. */
        { "propagation.reference.loss=110 dB", "uplinks.by_data_rate.DR5.sent" },
        /* -132 dBm, 10 dB of margin: nothing is left but SF12. */
        { "propagation.reference.loss=146 dB", "uplinks.by_data_rate.DR0.sent" },
    };
    static const char text[] =
            "duration: 2 h\n"
            "area: {radius: 100 m}\n"
            "propagation: {model: log-distance, exponent: 2, reference: {distance: 100 m}, "
            "shadowing: {sigma: 0 dB}, fading: none}\n"
            "gateways: {count: 1, height: 1.5 m}\n"
            "devices: [{count: 20, layout: ring, state: commissioned, data_rate: by-link, "
            "indoor: {share: 0 %}, report: {period: 10 min}}]\n";
    for (size_t i = 0; i < 2; i++) {
        struct run *run = run_create(text, &rows[i].loss, 1);
        run_play(run);
        double sent = run_value(run, "uplinks.sent");
        cr_expect_gt(sent, 100.0);
        cr_expect_float_eq(run_value(run, rows[i].key), sent, 0.0, "%s", rows[i].loss);
        run_destroy(run);
    }
}
