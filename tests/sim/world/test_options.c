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
#define OPTIONS 12u

static const char base[] = "name: options\n"
                           "duration: 8 h\n"
                           "area: {radius: 1 km}\n"
                           "devices: [{name: d, count: 20, boot: {spread: 10 min}}]\n"
                           "firmware: {image: generated, size: 2 KiB}\n"
                           "campaign: {start: 30 min, set_up: {window: 1 h}, fragment_size: 40 B, "
                           "correction: {timeout: 1 h}, confirm_timeout: 2 h}\n";

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
};

static const char *draw(struct random_stream *stream, size_t option)
{
    uint32_t count = 0;
    while (count < 6 && choices[option].values[count] != NULL) {
        count++;
    }
    return choices[option].values[random_stream_u32(stream) % count];
}

Test(options, break_no_invariant_in_any_mixture)
{
    struct random_stream stream;
    random_stream_init(&stream, 1, 0, RANDOM_TEST, 0);
    for (unsigned i = 0; i < RUNS; i++) {
        char texts[OPTIONS + 1][64];
        const char *sets[OPTIONS + 1];
        snprintf(texts[OPTIONS], sizeof texts[OPTIONS], "seed=%u", i + 1);
        for (size_t option = 0; option < OPTIONS; option++) {
            snprintf(texts[option], sizeof texts[option], "%s=%s", choices[option].key,
                    draw(&stream, option));
        }
        for (size_t option = 0; option <= OPTIONS; option++) {
            sets[option] = texts[option];
        }
        struct run *run = run_create(base, sets, OPTIONS + 1);
        while (world_run(run->world, run->scenario.duration_ns)) {
        }
        const char *failure = world_failure(run->world);
        for (size_t option = 0; failure != NULL && option <= OPTIONS; option++) {
            fprintf(stderr, "%s\n", sets[option]);
        }
        cr_assert_null(failure, "run %u: %s", i, failure);
        run_destroy(run);
    }
}
