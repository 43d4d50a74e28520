/* Limits between keys of a scenario: the last value that is allowed and the first that is not.
 * SPDX-License-Identifier: MIT
 *
 * Goal: no limit is off by one. Sources: RP002-1.0.4 (payload sizes and EIRP of EU868),
 * TS005 (BlockAckDelay of three bits), the bounds of the firmware, docs and schema.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "sim/scenario/reading.h"

#define CITY "area: {radius: 3 km}\n"

struct limit {
    const char *format; /* of a text, with the value */
    const char *allowed, *refused;
    const char *message; /* of the refusal, or of the warning */
};

static void make(char text[512], const struct limit *limit, const char *value)
{
    int length = snprintf(text, 512, limit->format, value);
    cr_assert(length > 0 && length < 512);
}

static void expect_limits(const struct limit *limits, size_t count, bool warning)
{
    char text[512];
    for (size_t i = 0; i < count; i++) {
        make(text, &limits[i], limits[i].allowed);
        cr_expect(read_text(text), "%s%s", text, messages);
        cr_expect_null(strstr(messages, limits[i].message), "%s%s", text, messages);
        make(text, &limits[i], limits[i].refused);
        cr_expect_eq(read_text(text), warning, "%s%s", text, messages);
        cr_expect_not_null(strstr(messages, limits[i].message), "%s%s", text, messages);
    }
}

Test(limits, of_groups_of_devices)
{
    static const struct limit limits[] = {
        { "devices: [{name: a, count: 600000}, {name: b, count: %s}]\ncampaign: none\n", "400000",
                "400001", "1000001 devices; at most 1000000" },
        { "devices: [{report: {payload: %s B}}]\ncampaign: {}\n", "20", "19", "at least 20 B" },
        { "devices: [{report: {payload: %s B}}]\n", "51", "52", "do not fit DR0" },
        { "devices: [{report: {payload: %s B}, data_rate: DR3}]\n", "115", "116",
                "do not fit DR3: at most 115 B" },
        { "devices: [{report: {phy_payload: %s B}}]\n", "64", "65",
                "report.phy_payload: 52 application bytes" },
        { "devices: [{tx_power: %s dBm}]\n", "12", "11", "0, 2, 4 .. 14 dBm" },
        { "devices: [{report: {period: %s}}]\n", "61 s", "61001 ms", "whole seconds" },
        { "devices: [{report: {jitter: %s %%}}]\n", "1", "1.01", "whole percents" },
        { "devices: [{guard: {fixed: %s}}]\n", "3 ms", "3001 us", "whole milliseconds" },
        { "devices: [{guard: {drift: %s ppm}}]\n", "0", "0.5", "whole ppm" },
        { "devices: [{clock_refresh: %s}]\n", "2 h", "121 min", "whole hours" },
    };
    expect_limits(limits, sizeof limits / sizeof limits[0], false);
}

/* An image is 256 bytes of header and its code: 32768 bytes are 4096 fragments of 8. */
Test(limits, of_campaigns)
{
    static const struct limit limits[] = {
        { "campaign: {data_rate: DR0, fragment_size: %s B}\n", "48", "49", "at most 48 B" },
        { "campaign: {fragment_size: 8 B}\nfirmware: {image: generated, size: %s B}\n", "32512",
                "32513", "the decoder of devices takes at most 4096" },
        { "campaign: {block_ack_delay: %s}\n", "7", "8", "one of 0 to 7, or 255" },
        { "campaign: {block_ack_delay: %s}\n", "255", "254", "one of 0 to 7, or 255" },
        { "campaign: {start: 2 h, set_up: {window: 3 h}}\nduration: %s\n", "18000000000001 ns",
                "5 h", "ends before the session opens at 5 h" },
        { "campaign: {frequency: %s MHz}\n", "869.65", "869.651", "is in no EU868 sub-band" },
        { "firmware: {version: %s}\ncampaign: {}\n", "1.0.1", "1.0.0",
                "version 1.0.0 should be newer than 1.0.0" },
        { "firmware: {version: 1.0.%s}\ncampaigns: [{name: a}, {name: b, start: 15 h, "
          "firmware: {version: 1.0.5}}]\nduration: 2 d\n",
                "4", "5", "version 1.0.5 should be newer than 1.0.5" },
        { "devices: [{name: a, count: 10}]\n"
          "campaigns: [{name: x, devices: a 0..50 %%}, {name: y, devices: a %s..100 %%}]\n",
                "50", "40", "have devices in common" },
    };
    expect_limits(limits, sizeof limits / sizeof limits[0], false);
}

Test(limits, of_faults)
{
    static const struct limit limits[] = {
        { "devices: [{count: 7}]\nfaults: [{kind: reset, device: %s}]\n", "6", "7",
                "faults.0.device = 7, but there are 7" },
        { "gateways: {count: 2}\nfaults: [{kind: outage, gateway: %s}]\n", "1", "2",
                "faults.0.gateway = 2, but there are 2" },
        { "duration: 5 h\ncampaign: none\nfaults: [{at: %s}]\n", "17999999999999 ns", "5 h",
                "is not before the end of the run" },
        { "faults: [{kind: outage, duration: 10 s, every: %s}]\n", "10001 ms", "10 s",
                "every should be longer than duration" },
        { "faults: [{kind: power-cut, flash: {operation: %s, step: 1}}]\n", "1", "0",
                "need flash.operation of at least 1" },
    };
    expect_limits(limits, sizeof limits / sizeof limits[0], false);
}

/* 64 bytes at SF12 take 2.793 s, which are 1 % of 279.3 s; sent twice, of 558.6 s. 868.9 MHz lies
 * in another sub-band, of 0.1 %: both allow 1.1 %. A device radiates 16.15 dBm at most. */
Test(limits, of_what_is_doubtful)
{
    static const struct limit limits[] = {
        { CITY "propagation: {fading: rayleigh, coherence: %s}\n", "32768 us", "32767 us",
                "is shorter than a symbol of SF12" },
        { CITY "firmware: {image: generated, size: 2 KiB}\ncampaign: {redundancy: %s %%}\n", "100",
                "100.1", "sends more coded fragments than uncoded ones" },
        { CITY "devices: [{boot: {spread: %s}, report: {period: 1 h}}]\n"
               "campaign: {start: 30 min, set_up: {window: 2 h}}\n",
                "150 min", "151 min", "its session opens before all devices" },
        { CITY "campaign: {gateways: simultaneous}\ngateways: {count: %s}\n", "1", "2",
                "gateways = simultaneous" },
        { "gateways: {channels: [868.1 MHz]}\n"
          "devices: [{data_rate: DR0, report: {payload: 51 B, period: %s s}}]\n",
                "280", "279", "the duty cycle lets 1 %" },
        { "gateways: {channels: [868.1 MHz]}\n"
          "devices: [{data_rate: DR0, nb_trans: 2, report: {payload: 51 B, period: %s s}}]\n",
                "559", "558", "the duty cycle lets 1 %" },
        { "gateways: {channels: [868.1 MHz, 868.9 MHz]}\n"
          "devices: [{data_rate: DR0, report: {payload: 51 B, period: %s s}}]\n",
                "255", "253", "the duty cycle lets 1.1 %" },
        { "devices: [{tx_power: 14 dBm, antenna_gain: %s dB}]\n", "2.15", "2.16",
                "EU868 allows 16.15 dBm" },
        { CITY "campaign: {set_up: {window: 8 h}, periods: 1, correction: {timeout: %s}}\n", "1 h",
                "10 h", "its correction is cut" },
    };
    expect_limits(limits, sizeof limits / sizeof limits[0], true);
}

/* A key without effect is named in a warning; where the other key has the other value, it has one.
 */
Test(limits, of_keys_that_apply_with_others)
{
    static const struct limit limits[] = {
        { "propagation: {preset: %s, model: free-space}\n", "none", "lorasim",
                "propagation.model has" },
        { "propagation: {model: %s, environment: suburban}\n", "cost-231", "free-space",
                "propagation.environment has" },
        { "propagation: {model: %s, exponent: 3}\n", "dual-slope", "okumura-hata",
                "propagation.exponent has" },
        { "propagation: {model: %s, reference: {loss: 40 dB}}\n", "log-distance", "cost-231",
                "propagation.reference.loss has" },
        { "propagation: {model: %s, reference: {distance: 10 m}}\n", "dual-slope", "free-space",
                "propagation.reference.distance has" },
        { "propagation: {model: %s, exponent_far: 4}\n", "dual-slope", "log-distance",
                "propagation.exponent_far has" },
        { "propagation: {model: %s, breakpoint: 300 m}\n", "dual-slope", "log-distance",
                "propagation.breakpoint has" },
        { "propagation: {fading: %s, rician_k: 3 dB}\n", "rician", "rayleigh",
                "propagation.rician_k has" },
        { "propagation: {fading: %s, coherence: 1 s}\n", "rician", "none",
                "propagation.coherence has" },
        { "propagation: {shadowing: {sigma: %s dB, site_correlation: 50 %%}}\n", "1", "0",
                "propagation.shadowing.site_correlation has" },
        { "devices: [{indoor: {share: %s %%, depth: deep}}]\n", "1", "0", "indoor.depth has" },
        { "reception: {interference: %s, overlap: energy}\n", "aloha", "none",
                "reception.overlap has" },
        { "reception: {interference: %s, timing: whole-frame}\n", "croce", "none",
                "reception.timing has" },
        { "foreign: {devices: %s, payload: 20 B}\n", "1", "0", "foreign.payload has" },
        { "foreign: {devices: %s, data_rate: DR3}\n", "1", "0", "foreign.data_rate has" },
        { "interferers: [{statistics: %s, on: 1 s, off: 2 s}]\n", "exponential", "continuous",
                "interferers: on has" },
        { "network: {adr: %s, adr_nb_trans: on}\n", "on", "off", "network.adr_nb_trans has" },
        { "gateways: {layout: %s, radius: 1 km}\n", "ring", "grid", "gateways.radius has" },
        { "gateways: {layout: %s, spacing: 1 km}\n", "hex", "ring", "gateways.spacing has" },
        { "gateways: {clock: {source: %s, error: 1 ms}}\n", "ntp", "free",
                "gateways.clock.error has" },
        { "gateways: {clock: {source: %s}, beacons: true}\n", "gnss", "ntp",
                "gateways.beacons has" },
        { "devices: [{layout: %s, spacing: 100 m}]\n", "grid", "uniform", "spacing has" },
        { "devices: [{layout: %s, clusters: {spread: 100 m}}]\n", "clusters", "uniform",
                "clusters.spread has" },
        { "devices: [{report: {in_session: send}}]\ncampaign: %s\n", "{}", "none",
                "report.in_session has" },
        { "devices: [{packages: {fragmentation: 1}}]\ncampaign: %s\n",
                "{fragmentation_version: 1, verify: [signature]}", "none",
                "packages.fragmentation has" },
        { "devices: [{guard: {drift: 20 ppm}}]\ncampaign: %s\n", "{}", "none", "guard.drift has" },
        { "devices: [{report: {traffic: %s, jitter: 10 %%}}]\n", "jittered", "poisson",
                "report.jitter has" },
    };
    expect_limits(limits, sizeof limits / sizeof limits[0], true);
}
