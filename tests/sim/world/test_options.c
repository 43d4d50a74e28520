/* Whatever a scenario asks for, no invariant of the run breaks: neither the lead of a device over
 * the air, nor a gateway's duty cycle, nor a rule of the radio's datasheet, nor an image.
 * SPDX-License-Identifier: MIT
 *
 * Method: small campaigns with options drawn from a fixed seed; a failure prints its options.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "random_stream.h"
#include "support/run.h"

#define RUNS    60u
#define OPTIONS 52u
#define SIMPLE  12u /* the first ones; the rest are models and clocks */

static const char base[] = "name: options\n"
                           "duration: 8 h\n"
                           "area: {radius: 1 km}\n"
                           "devices: [{name: d, count: 20, boot: {spread: 10 min}}]\n"
                           "firmware: {image: generated, size: 2 KiB}\n"
                           "campaign: {start: 30 min, set_up: {window: 1 h}, fragment_size: 40 B, "
                           "correction: {timeout: 1 h}, confirm_timeout: 2 h}\n";

/* clang-format off */
static const struct {
    const char *key;
    const char *values[6];
} choices[OPTIONS] = {
    { "campaign.data_rate", { "DR0", "DR2", "DR3", "DR5" } },
    { "propagation.penetration", { "0 dB", "6 dB", "12 dB", "18 dB", "24 dB", "30 dB" } },
    { "gateways.count", { "1", "2", "3", "5" } },
    { "gateways.backhaul.latency", { "5 ms", "80 ms", "400 ms", "700 ms" } },
    { "campaign.gateways", { "staggered", "simultaneous", "single" } },
    { "campaign.correction.policy", { "fixed", "until-reported", "adaptive" } },
    { "campaign.set_up.policy", { "chained", "one-per-uplink" } },
    { "campaign.redundancy", { "0 %", "5 %", "20 %", "60 %" } },
    { "campaign.duty_share", { "20 %", "80 %", "100 %" } },
    { "devices.0.rtc.tolerance", { "1 ppm", "20 ppm", "500 ppm" } },
    { "devices.0.report.period", { "30 s", "2 min", "20 min", "1 h" } },
    { "devices.0.count", { "5", "20", "60" } },
    { "propagation.model", { "okumura-hata", "free-space", "log-distance", "dual-slope", "cost-231", "3gpp-macro" } },
    { "propagation.shadowing.correlation", { "0 m", "50 m", "500 m" } },
    { "propagation.shadowing.site_correlation", { "0 %", "50 %", "100 %" } },
    { "propagation.fading", { "none", "rayleigh", "rician" } },
    { "propagation.coherence", { "0 s", "1 ms", "150 ms", "20 s" } },
    { "reception.errors", { "curve", "threshold" } },
    { "reception.interference", { "capture", "none", "aloha", "goursaud", "croce" } },
    { "reception.overlap", { "instant", "energy" } },
    { "reception.timing", { "preamble-lock", "whole-frame" } },
    { "reception.device.sensitivity", { "sx1276", "sx1272", "lorasim", "ns-3-device", "fuotasim" } },
    { "reception.gateway.noise_rise", { "0 dB", "3 dB", "20 dB" } },
    { "foreign.devices", { "0", "0", "50", "300" } },
    { "foreign.data_rate", { "mixed", "DR0", "DR5" } },
    { "gateways.layout", { "ring", "grid", "hex", "uniform" } },
    { "gateways.demodulators", { "0", "1", "8", "16" } },
    { "gateways.clock.source", { "gnss", "ntp", "free" } },
    { "gateways.clock.drift", { "0 ppm", "10 ppm", "500 ppm" } },
    { "gateways.backhaul.law", { "uniform", "lognormal" } },
    { "gateways.backhaul.loss", { "0 %", "0 %", "1 %", "10 %" } },
    { "gateways.downlink_crc", { "false", "false", "true" } },
    { "gateways.channels", { "[]", "[]", "[868.1 MHz, 868.3 MHz, 868.5 MHz]", "[868.1 MHz, 868.3 MHz, 868.5 MHz, 866.9 MHz]" } },
    { "gateways.radio.tolerance", { "0 ppm", "0.5 ppm", "10 ppm" } },
    { "network.adr", { "off", "on" } },
    { "network.rx2_data_rate", { "DR0", "DR2", "DR3" } },
    { "devices.0.state", { "off", "commissioned" } },
    { "devices.0.board", { "stm32l072-sx1276", "stm32l476-sx1276" } },
    { "devices.0.layout", { "uniform", "ring", "grid", "hex", "clusters" } },
    { "devices.0.indoor.depth", { "fixed", "light", "medium", "deep", "tr45820" } },
    { "devices.0.indoor.share", { "0 %", "50 %", "100 %" } },
    { "devices.0.radio.tolerance", { "0 ppm", "10 ppm", "40 ppm" } },
    { "devices.0.radio.drift", { "0 ppm", "0 ppm", "0.2 ppm" } },
    { "devices.0.report.traffic", { "periodic", "jittered", "poisson" } },
    { "devices.0.report.confirmed", { "false", "true" } },
    { "devices.0.report.in_session", { "hold", "send" } },
    { "devices.0.data_rate", { "link-check", "adr", "by-link", "DR0", "DR3", "DR5" } },
    { "devices.0.nb_trans", { "1", "2", "8" } },
    { "devices.0.rtc.temperature.swing", { "0 C", "15 C", "40 C" } },
    { "devices.0.rtc.random_walk", { "0 ppm", "0.1 ppm", "10 ppm" } },
    { "devices.0.guard.fixed", { "auto", "0 s", "20 s" } },
    { "devices.0.clock_refresh", { "auto", "1 h", "never" } },
};
/* clang-format on */

static const char *draw(struct random_stream *stream, size_t option)
{
    uint32_t count = 0;
    while (count < 6 && choices[option].values[count] != NULL) {
        count++;
    }
    return choices[option].values[random_stream_u32(stream) % count];
}

static void play_mixtures(size_t option_count, uint32_t draws)
{
    struct random_stream stream;
    random_stream_init(&stream, 1, 0, RANDOM_TEST, draws);
    for (unsigned i = 0; i < RUNS; i++) {
        char texts[OPTIONS + 1][128];
        const char *sets[OPTIONS + 1];
        snprintf(texts[option_count], sizeof texts[0], "seed=%u", i + 1);
        for (size_t option = 0; option < option_count; option++) {
            snprintf(texts[option], sizeof texts[option], "%s=%s", choices[option].key,
                    draw(&stream, option));
        }
        for (size_t option = 0; option <= option_count; option++) {
            sets[option] = texts[option];
        }
        struct run *run = run_create(base, sets, option_count + 1);
        while (world_run(run->world, run->scenario.duration_ns)) {
        }
        const char *failure = world_failure(run->world);
        for (size_t option = 0; failure != NULL && option <= option_count; option++) {
            fprintf(stderr, "%s\n", sets[option]);
        }
        cr_assert_null(failure, "run %u: %s", i, failure);
        run_destroy(run);
    }
}

Test(options, break_no_invariant_in_any_mixture)
{
    play_mixtures(SIMPLE, 0);
}

Test(options, of_models_and_clocks_break_no_invariant)
{
    play_mixtures(OPTIONS, 1);
}
