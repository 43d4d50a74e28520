/* Whatever a scenario asks for, no invariant of the run breaks: neither the lead of a device over
 * the air, nor a gateway's duty cycle, nor a rule of the radio's datasheet, nor an image.
 * SPDX-License-Identifier: MIT
 *
 * Method: small campaigns with options drawn from a fixed seed; a failure prints its options.
 * Periods are left at auto: a mixture that needs more than it is given is refused. One run in three
 * is played again on several threads, and leaves the same.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "random_stream.h"
#include "support/thread_twin.h"

#define RUNS   40u
#define SIMPLE 12u /* the first options; the rest are models and clocks */

#define SMALL(duration)                                                                            \
    "name: options\n"                                                                              \
    "duration: " duration "\n"                                                                     \
    "area: {radius: 1 km}\n"                                                                       \
    "firmware: {image: generated, size: 2 KiB}\n"
#define CAMPAIGN                                                                                   \
    "campaign: {start: 30 min, set_up: {window: 1 h}, fragment_size: 40 B, "                       \
    "correction: {timeout: 1 h}, confirm_timeout: 2 h}\n"
/* Two boards; items of lists, for --set adds none. */
#define RICH                                                                                       \
    "devices: [{name: d, count: 20, boot: {spread: 10 min}}, "                                     \
    "{name: e, count: 5, board: stm32l476-sx1276}]\n"                                              \
    "interferers: [{power: -20 dBm, on: 200 ms, off: 2 s}]\n"                                      \
    "gateways: {outages: [{from: 1 h, every: 3 h}]}\n"

static const char base[] =
        SMALL("8 h") CAMPAIGN "devices: [{name: d, count: 20, boot: {spread: 10 min}}]\n";
static const char rich[] = SMALL("8 h") CAMPAIGN RICH;
static const char rich_study[] = SMALL("100 min") RICH;

/* clang-format off */
static const struct {
    const char *key;
    const char *values[6];
} choices[] = {
    { "campaign.data_rate", { "DR0", "DR2", "DR3", "DR5" } },
    { "propagation.penetration", { "0 dB", "6 dB", "12 dB", "18 dB", "24 dB", "30 dB" } },
    { "gateways.count", { "1", "2", "3", "5" } },
    { "gateways.backhaul.latency", { "5 ms", "80 ms", "400 ms", "700 ms" } },
    { "campaign.gateways", { "staggered", "simultaneous", "single" } },
    { "campaign.correction.policy", { "fixed", "until-reported", "adaptive", "rounds" } },
    { "campaign.set_up.versions", { "known", "ask" } },
    { "devices.0.packages.fragmentation", { "auto", "1", "2" } },
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
    { "reception.equal_copies", { "interfere", "combine" } },
    { "reception.device.sensitivity", { "sx1276", "sx1272", "lorasim", "ns-3-device", "fuotasim" } },
    { "reception.gateway.noise_rise", { "0 dB", "3 dB", "20 dB" } },
    { "foreign.devices", { "0", "0", "50", "300" } },
    { "foreign.data_rate", { "mixed", "DR0", "DR5" } },
    { "gateways.layout", { "ring", "grid", "hex", "uniform" } },
    { "gateways.demodulators", { "0", "1", "8", "16" } },
    { "gateways.demodulator_from", { "detection", "start" } },
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
    { "propagation.preset", { "none", "none", "lorasim", "ns-3", "flora-oulu", "fuotasim" } },
    { "propagation.environment", { "urban", "suburban", "open", "metropolitan" } },
    { "propagation.shadowing.sigma", { "0 dB", "6 dB", "20 dB" } },
    { "propagation.rician_k", { "-20 dB", "6 dB", "40 dB" } },
    { "reception.capture", { "0 dB", "6 dB", "30 dB" } },
    { "reception.device.noise_figure", { "0 dB", "6 dB", "30 dB" } },
    { "reception.gateway.sensitivity", { "sx1301", "ns-3-gateway", "[-124 dBm, -127 dBm, -130 dBm, -133 dBm, -135 dBm, -137 dBm]" } },
    { "interferers.0.statistics", { "continuous", "periodic", "exponential" } },
    { "interferers.0.frequency", { "868.1 MHz", "869.525 MHz", "875 MHz" } },
    { "interferers.0.bandwidth", { "1 Hz", "125 kHz", "10 MHz" } },
    { "interferers.0.x", { "0 m", "-700 m", "100 km" } },
    { "foreign.period", { "10 s", "10 min", "1 d" } },
    { "foreign.payload", { "1 B", "51 B", "222 B" } },
    { "gateways.outages.0.kind", { "backhaul", "power" } },
    { "gateways.outages.0.gateway", { "all", "0" } },
    { "gateways.outages.0.duration", { "1 ms", "3 min", "2 h" } },
    { "gateways.clock.error", { "auto", "0 s", "20 ms", "1 h" } },
    { "gateways.antenna_gain", { "-10 dB", "0 dB", "20 dB" } },
    { "gateways.height", { "1 m", "30 m", "300 m" } },
    { "network.adr_margin", { "0 dB", "10 dB", "40 dB" } },
    { "network.adr_nb_trans", { "off", "on" } },
    { "network.device_time", { "on", "on", "on", "off" } },
    { "network.dev_status", { "0 s", "1 s", "10 min" } },
    { "devices.0.clusters.spread", { "0 m", "100 m", "50 km" } },
    { "devices.0.height", { "0.1 m", "1.5 m", "300 m" } },
    { "devices.0.antenna_gain", { "-20 dB", "0 dB", "10 dB" } },
    { "devices.0.boot.spread", { "0 s", "10 min", "5 h" } },
    { "devices.0.report.phase", { "boot", "uniform" } },
    { "devices.0.report.payload", { "20 B", "33 B", "51 B" } },
    { "devices.0.report.jitter", { "0 %", "10 %", "100 %" } },
    { "devices.0.tx_power", { "0 dBm", "8 dBm", "14 dBm" } },
    { "devices.0.channels", { "[]", "[868.3 MHz]", "[868.1 MHz, 868.5 MHz]" } },
    { "devices.0.rtc.temperature.mean", { "-40 C", "25 C", "85 C" } },
    { "devices.0.rtc.parabola", { "0 ppm/C2", "-0.034 ppm/C2", "-1 ppm/C2" } },
    { "devices.0.rtc.turnover", { "0 C", "25 C", "50 C" } },
    { "devices.0.rtc.ageing", { "-20 ppm", "0 ppm", "20 ppm" } },
    { "devices.0.guard.drift", { "auto", "0 ppm", "1000 ppm" } },
    { "devices.0.battery.capacity", { "board", "1 mAh", "1000000 mAh" } },
    { "devices.0.battery.self_discharge", { "board", "0 %", "100 %" } },
    { "devices.0.battery.usable", { "board", "1 %", "100 %" } },
    { "campaign.verify", { "[signature]" } }, /* version 1 has no block MIC */
    { "campaign.fragmentation_version", { "1", "2" } },
    { "campaign.fragment_size", { "8 B", "31 B", "48 B" } },
    { "campaign.frequency", { "869.525 MHz", "868.1 MHz", "869.85 MHz" } },
    { "campaign.set_up.window", { "30 s", "20 min", "3 h" } },
    { "campaign.correction.timeout", { "0 s", "1 h", "30 d" } },
    { "campaign.block_ack_delay", { "0", "7", "255" } },
    { "campaign.confirm_timeout", { "0 s", "2 h", "365 d" } },
    { "campaign.group_delete", { "false", "true" } },
    { "campaign.interval", { "auto", "1 ms", "1 s", "1 min" } },
    { "campaign.granularity", { "0 s", "1 s", "1 h" } },
    { "campaign.sessions", { "one", "per-data-rate", "threshold" } },
    { "campaign.session_order", { "in-turns", "at-one-time" } },
    { "campaign.session_threshold", { "1", "10", "1000000" } },
    { "campaign.session_margin", { "0 dB", "10 dB", "40 dB" } },
    { "campaign.retries", { "0", "1", "2" } },
    { "campaign.retry_pause", { "0 s", "1 h" } },
    { "campaign.stop_at", { "never", "never", "4 h", "8 h" } },
    { "campaign.wave_size", { "0", "5", "12", "1000000" } },
};
/* clang-format on */

#define OPTIONS (sizeof choices / sizeof choices[0])

static const char *draw(struct random_stream *stream, size_t option)
{
    uint32_t count = 0;
    while (count < 6 && choices[option].values[count] != NULL) {
        count++;
    }
    return choices[option].values[random_stream_u32(stream) % count];
}

static bool is_of_campaign(size_t option)
{
    return strncmp(choices[option].key, "campaign.", strlen("campaign.")) == 0;
}

static void play(const char *text, const char *const *sets, size_t count, unsigned number)
{
    char *one = thread_twin_play(text, sets, count, 1);
    char *failure = thread_twin_failure(one);
    for (size_t i = 0; failure != NULL && i < count; i++) {
        fprintf(stderr, "%s\n", sets[i]);
    }
    cr_assert_null(failure, "run %u: %s", number, failure);
    if (number % 3 == 0) {
        unsigned threads = 2 + number % 7;
        char *other = thread_twin_play(text, sets, count, threads);
        thread_twin_expect_same(one, other, threads);
        free(other);
    }
    free(one);
}

static void play_mixtures(const char *text, bool campaign, size_t option_count, uint32_t draws)
{
    struct random_stream stream;
    random_stream_init(&stream, 1, 0, RANDOM_TEST, draws);
    for (unsigned i = 0; i < RUNS; i++) {
        char texts[OPTIONS + 1][128];
        const char *sets[OPTIONS + 1];
        size_t count = 0;
        snprintf(texts[count], sizeof texts[0], "seed=%u", i + 1);
        sets[count] = texts[count];
        count++;
        for (size_t option = 0; option < option_count; option++) {
            const char *value = draw(&stream, option);
            if (campaign || !is_of_campaign(option)) {
                snprintf(texts[count], sizeof texts[0], "%s=%s", choices[option].key, value);
                sets[count] = texts[count];
                count++;
            }
        }
        play(text, sets, count, i);
    }
}

Test(options, break_no_invariant_in_any_mixture)
{
    play_mixtures(base, true, SIMPLE, 0);
}

Test(options, of_models_and_clocks_break_no_invariant)
{
    play_mixtures(rich, true, OPTIONS, 1);
}

Test(options, of_plain_studies_break_no_invariant)
{
    play_mixtures(rich_study, false, OPTIONS, 2);
}
