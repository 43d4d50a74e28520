/* Whatever fails while several campaigns run, in whichever region, no invariant breaks and the
 * audits hold: causes, energy, uplinks, duty cycles, images.
 * SPDX-License-Identifier: MIT
 *
 * Method: scenarios put together by draws from a fixed seed: a region, one to three campaigns one
 * after the other or at one time, groups of devices, radio conditions, and up to four faults.
 * `FLEETCAST_RANDOM_RUNS` is their number; the usual one is a sample. A failure prints the
 * scenario.
 */
#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "random_stream.h"
#include "support/trial.h"

#define RUNS_USUAL 12u

struct text {
    char bytes[8192];
    size_t used;
};

static void add(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length =
            vsnprintf(text->bytes + text->used, sizeof text->bytes - text->used, format, arguments);
    va_end(arguments);
    cr_assert(length >= 0 && (size_t)length < sizeof text->bytes - text->used);
    text->used += (size_t)length;
}

static uint32_t below(struct random_stream *stream, uint32_t limit)
{
    return random_stream_u32(stream) % limit;
}

#define PICK(stream, words) (words)[below(stream, sizeof(words) / sizeof(words)[0])]

static const char *const airs[] = {
    "propagation: {environment: urban, shadowing: {sigma: 6 dB}, fading: rayleigh}\n",
    "propagation: {model: free-space}\n",
    "propagation: {environment: urban, penetration: 18 dB, fading: rician, coherence: 1 s}\n",
    "propagation: {preset: lorasim}\nreception: {interference: goursaud, overlap: energy}\n",
};
static const char *const gateways[] = {
    "gateways: {count: 1}\n",
    "gateways: {count: 2, radius: 400 m}\n",
    "gateways: {count: 3, backhaul: {loss: 5 %}}\n",
    "gateways: {count: 2, clock: {source: free}, demodulators: 1}\n",
    "gateways: {count: 2, outages: [{from: 50 min, every: 1 h, duration: 4 min}]}\n",
};
static const char *const groups[] = {
    "boot: {spread: 10 min}, report: {period: 5 min}",
    "boot: {spread: 10 min}, report: {period: 15 min, confirmed: true}",
    "state: commissioned, report: {period: 10 min}, data_rate: DR3",
    "boot: {spread: 0 s}, report: {period: 10 min, in_session: send}, data_rate: adr",
    "boot: {spread: 2 h}, report: {period: 10 min}, rtc: {tolerance: 100 ppm}",
    "board: stm32l476-sx1276, report: {period: 10 min}, nb_trans: 2",
};
static const char *const sessions[] = {
    "data_rate: DR5, fragment_size: 100 B",
    "data_rate: DR3, fragment_size: 48 B, redundancy: 40 %",
    "data_rate: DR5, fragment_size: 40 B, correction: {policy: until-reported, timeout: 1 h}",
    "data_rate: DR5, fragment_size: 64 B, correction: {policy: fixed}, gateways: single",
    "sessions: per-data-rate, fragment_size: 48 B",
    "sessions: per-data-rate, session_order: at-one-time, session_margin: 0 dB",
    "sessions: threshold, session_threshold: 4, session_order: at-one-time",
    "data_rate: DR5, fragment_size: 100 B, set_up: {policy: one-per-uplink}",
    "data_rate: DR4, fragment_size: 64 B, group_delete: true, gateways: simultaneous",
    "server: chirpstack-v4, fragment_size: 100 B, interval: 2 s",
    "server: actility-rounds, fragment_size: 100 B, set_up: {order: fragmentation-first}",
};
static const char *const faults[] = {
    "kind: reset, rate: 3 /d",
    "kind: reset, devices: a 0..50 %, at: 95 min",
    "kind: reset, device: 0, at: 70 min, every: 4 min",
    "kind: power-cut, rate: 2 /d, duration: 3 min",
    "kind: power-cut, at: 92 min, duration: 1 ns",
    "kind: power-cut, flash: {operation: 11, step: 7, torn: true}",
    "kind: power-cut, devices: a, at: 1 h, flash: {operation: 3, step: 2}, duration: 20 s",
    "kind: power-cut, flash: {operation: 60, step: 1, torn: true}, duration: 1 h",
    "kind: outage, gateway: 0, part: power, at: 95 min, duration: 7 min",
    "kind: outage, rate: 8 /d, duration: 10 min",
    "kind: outage, part: power, at: 40 min, every: 37 min, duration: 1 min",
    "kind: outage, gateway: 0, at: 2 h",
    "kind: jammer, received: -90 dBm, at: 91 min, duration: 3 min, bandwidth: 5 MHz",
    "kind: jammer, rate: 20 /d, duration: 2 min, power: 20 dBm, x: 300 m",
    "kind: jammer, received: -60 dBm, devices: a 20..80 %, at: 1 h, every: 10 min, duration: 5 s",
    "kind: jammer, received: -110 dBm, gateway: all, at: 30 min",
};

static void add_campaigns(struct text *text, struct random_stream *stream)
{
    uint32_t count = 1 + below(stream, 3);
    bool split = below(stream, 2) == 0;
    const char *version = below(stream, 3) == 0 ? "1, verify: [signature]" : "2";
    add(text, "campaigns:\n");
    for (uint32_t i = 0; i < count; i++) {
        /* Two that share their devices are one after the other, with a newer version. */
        const char *members = !split ? "all" : i == 0 ? "a" : i == 1 ? "b" : "a 0..50 %";
        uint32_t start_min = split && i < 2 ? 30 + below(stream, 20) : 30 + i * 1500;
        add(text, "  - {name: c%u, devices: ", i);
        add(text, "%s", members);
        add(text,
                ", start: %u min, firmware: {version: %u.0.0}, confirm_timeout: 3 h, "
                "fragmentation_version: %s, ",
                start_min, 2 + i, version);
        /* What a device does with an image is one for all campaigns that it is in. */
        add(text, "%s%s}\n", PICK(stream, sessions),
                count > 1 ? ", install: {policy: at-once}" : "");
    }
}

static void draw(struct text *text, struct random_stream *stream, uint32_t seed)
{
    static const char *const plans[] = { "EU868", "EU868", "IN865" };
    add(text,
            "name: mixture\nseed: %u\nduration: 80 h\narea: {radius: 1 km}\nregion: %s\n"
            "firmware: {image: generated, size: 2 KiB}\n",
            seed, PICK(stream, plans));
    add(text, "%s%s", PICK(stream, airs), PICK(stream, gateways));
    add(text, "devices:\n  - {name: a, count: %u, %s}\n", 4 + below(stream, 12),
            PICK(stream, groups));
    add(text, "  - {name: b, count: %u, %s}\n", 2 + below(stream, 6), PICK(stream, groups));
    add_campaigns(text, stream);
    uint32_t count = below(stream, 5);
    for (uint32_t i = 0; i < count; i++) {
        add(text, "%s  - {%s}\n", i == 0 ? "faults:\n" : "", PICK(stream, faults));
    }
}

Test(mixtures, of_faults_campaigns_and_regions_break_no_invariant, .timeout = 3000)
{
    const char *asked = getenv("FLEETCAST_RANDOM_RUNS");
    uint32_t runs = asked != NULL ? (uint32_t)strtoul(asked, NULL, 10) : RUNS_USUAL;
    fprintf(stderr, "%u random scenarios\n", runs);
    for (uint32_t i = 0; i < runs; i++) {
        struct random_stream stream;
        struct text text = { .used = 0 };
        random_stream_init(&stream, 1, 0, RANDOM_TEST, i);
        draw(&text, &stream, i + 1);
        struct trial *trial = trial_create(text.bytes, NULL, 0);
        while (trial_go(trial, trial->scenario.duration_ns)) {
        }
        const char *failure = trial_failure(trial);
        cr_expect_null(failure, "run %u: %s\n%s", i, failure, text.bytes);
        trial_destroy(trial);
    }
}
