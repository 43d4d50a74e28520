/* Plain studies: commissioned devices and their uplinks, without a campaign.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>

#include "support/trial.h"

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
    struct trial *trial = trial_create(commissioned, NULL, 0);
    struct network_stats stats;
    network_stats(trial->world->network, &stats);
    cr_expect_eq(stats.commissioned, 12);
    trial_play(trial);
    network_stats(trial->world->network, &stats);
    cr_expect_eq(stats.joins, stats.commissioned, "no device joined over the air");
    cr_expect_eq(stats.bad_mic, 0);
    cr_expect_eq(stats.unknown_device, 0);
    cr_expect_float_eq(trial_value(trial, "devices.confirmed"), 12.0, 0.0);
    trial_destroy(trial);
}

/* Twenty devices on a ring whose median link is known: the data rate is the one that the margin
 * leaves. SX1301: -126.5 dBm at SF7 (spec-physics 2), free space 868 MHz. */
Test(plain_study, gives_devices_the_rate_that_their_link_carries)
{
    static const struct {
        const char *loss;
        const char *key;
        const char *antenna;
    } rows[] = {
        /* 14 dBm - 110 dB = -96 dBm: 30 dB over SF7. */
        { "propagation.reference.loss=110 dB", "uplinks.by_data_rate.DR5.sent", NULL },
        /* -132 dBm, 10 dB of margin: nothing is left but SF12. */
        { "propagation.reference.loss=146 dB", "uplinks.by_data_rate.DR0.sent", NULL },
        /* The gateway's antenna makes it -112 dBm, 14.5 dB over SF7. */
        { "propagation.reference.loss=146 dB", "uplinks.by_data_rate.DR5.sent",
                "gateways.antenna_gain=20 dB" },
        /* A device's antenna counts, too: -126 dBm, 10.5 dB over the -136.5 dBm of SF11. */
        { "propagation.reference.loss=146 dB", "uplinks.by_data_rate.DR1.sent",
                "devices.0.antenna_gain=6 dB" },
    };
    static const char text[] =
            "duration: 2 h\n"
            "area: {radius: 100 m}\n"
            "propagation: {model: log-distance, exponent: 2, reference: {distance: 100 m}, "
            "shadowing: {sigma: 0 dB}, fading: none}\n"
            "gateways: {count: 1, height: 1.5 m}\n"
            "devices: [{count: 20, layout: ring, state: commissioned, data_rate: by-link, "
            "indoor: {share: 0 %}, report: {period: 10 min}}]\n";
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *sets[] = { rows[i].loss, rows[i].antenna };
        struct trial *trial = trial_create(text, sets, rows[i].antenna != NULL ? 2 : 1);
        trial_play(trial);
        double sent = trial_value(trial, "uplinks.sent");
        cr_expect_gt(sent, 100.0);
        cr_expect_float_eq(trial_value(trial, rows[i].key), sent, 0.0, "%s", rows[i].loss);
        trial_destroy(trial);
    }
}

/* A gateway of one channel: devices that name none use that one, and nothing is sent elsewhere. */
Test(plain_study, keeps_devices_on_the_gateways_channels)
{
    static const char text[] =
            "duration: 2 h\n"
            "area: {radius: 100 m}\n"
            "propagation: {shadowing: {sigma: 0 dB}, fading: none}\n"
            "reception: {interference: none}\n"
            "gateways: {count: 1, demodulators: 0, channels: [867.3 MHz]}\n"
            "devices: [{count: 20, state: commissioned, data_rate: DR5, report: {period: 5 min}}]\n"
            "campaign: none\n";
    static const char *const others[] = { "devices.0.channels=[868.1 MHz]" };
    struct trial *trial = trial_create(text, NULL, 0);
    trial_play(trial);
    cr_expect_gt(trial_value(trial, "uplinks.sent"), 300.0);
    cr_expect_float_eq(trial_value(trial, "uplinks.pdr"), 1.0, 0.0);
    trial_destroy(trial);
    trial = trial_create(text, others, 1);
    trial_play(trial);
    cr_expect_float_eq(trial_value(trial, "uplinks.pdr"), 0.0, 0.0);
    trial_destroy(trial);
}
