/* Gateways whose time is ten minutes off: all of them by NTP, or one of three.
 * SPDX-License-Identifier: MIT
 *
 * A server that believes their stamps never finds that a device's clock agrees, and asked the
 * devices to synchronize for ever: 25 times the energy of the set-up. The same fleet with GNSS is
 * the measure here.
 *
 * Of one wrong gateway of three, the others' stamps are used, or the arrival at the server where
 * it alone has heard the device. Where it is wrong by less than the minute that the server allows
 * for, its stamps are believed, and devices get its time.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "campaign/campaign.h"
#include "record/clock.h"
#include "support/trial.h"

#define SEEDS 3u

static const char scenario[] =
        "name: ntp\n"
        "duration: 24 h\n"
        "area: {radius: 1 km}\n"
        "gateways: {count: 3, height: 30 m}\n"
        "devices: [{name: d, count: 20, boot: {spread: 10 min}, report: {period: 20 min}}]\n"
        "firmware: {image: generated, size: 8 KiB, version: 2.0.0}\n"
        "campaign: {start: 30 min, set_up: {window: 8 h}}\n";

static double set_up_j(const char *source, const char *error, unsigned seed)
{
    char sets[3][48];
    const char *const list[] = { sets[0], sets[1], sets[2] };
    snprintf(sets[0], sizeof sets[0], "gateways.clock.source=%s", source);
    snprintf(sets[1], sizeof sets[1], "gateways.clock.error=%s", error);
    snprintf(sets[2], sizeof sets[2], "seed=%u", seed);
    struct trial *trial = trial_create(scenario, list, 3);
    trial_play(trial);
    const struct campaign *campaign = server_campaign(trial->world->server, 0);
    cr_expect_eq(campaign_stage_count(campaign, CAMPAIGN_CONFIRMED), 20, "%s, seed %u: %u", source,
            seed, campaign_stage_count(campaign, CAMPAIGN_CONFIRMED));
    double joules = trial_value(trial, "energy_j.by_phase.set_up");
    trial_destroy(trial);
    return joules;
}

Test(wrong_ntp, costs_little_more_than_gnss)
{
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        double gnss_j = set_up_j("gnss", "auto", seed);
        double ntp_j = set_up_j("ntp", "10 min", seed);
        cr_expect_gt(gnss_j, 0.0);
        cr_expect_lt(ntp_j, 3.0 * gnss_j, "seed %u: %.3f J, %.3f J with GNSS", seed, ntp_j, gnss_j);
    }
}

/* --- one of three ------------------------------------------------------------------------------
 */

#define DEVICES 40u
/* The latest arrival at the server, 100 ms (backhaul: 80 +- 20 ms), then the device's answer in
 * steps of 1/256 s, ms and ticks. */
#define ARRIVAL_MS (100.0 + 1000.0 / 512.0 + 1.1)

struct clocks {
    uint32_t set, wrong; /* more than ARRIVAL_MS off when the session opened */
    double greatest_ms;
    uint32_t confirmed;
};

static struct clocks with_wrong(const char *error)
{
    char text[640];
    snprintf(text, sizeof text,
            "name: one\n"
            "duration: 12 h\n"
            "area: {radius: 1 km}\n"
            "gateways: {count: 3, height: 30 m, clock: {wrong: [{gateway: 1, error: %s}]}}\n"
            "devices: [{name: d, count: 40, boot: {spread: 10 min}, report: {period: 10 min}, "
            "rtc: {tolerance: 0 ppm}}]\n"
            "firmware: {image: generated, size: 1 KiB, version: 2.0.0}\n"
            "campaign: {start: 30 min, set_up: {window: 3 h}}\n",
            error);
    struct trial *trial = trial_create(text, NULL, 0);
    trial_play(trial);
    struct clocks clocks = { .confirmed =
                                     campaign_stage_count(server_campaign(trial->world->server, 0),
                                             CAMPAIGN_CONFIRMED) };
    for (uint32_t i = 0; i < DEVICES; i++) {
        double error_ms = clock_of(trial->recorders, i)->error_ms;
        if (!isnan(error_ms)) {
            clocks.set++;
            clocks.wrong += fabs(error_ms) > ARRIVAL_MS ? 1 : 0;
            clocks.greatest_ms = fmax(clocks.greatest_ms, fabs(error_ms));
        }
    }
    trial_destroy(trial);
    printf("# %s: %u of %u clocks wrong, greatest %.0f ms\n", error, clocks.wrong, clocks.set,
            clocks.greatest_ms);
    return clocks;
}

Test(wrong_clock, of_one_gateway_of_three_moves_no_device)
{
    struct clocks late = with_wrong("10 min");
    struct clocks early = with_wrong("-10 min");
    cr_expect_geq(late.set, DEVICES * 95 / 100);
    cr_expect_eq(late.wrong, 0, "%.0f ms", late.greatest_ms);
    cr_expect_eq(late.confirmed, DEVICES);
    cr_expect_geq(early.set, DEVICES * 95 / 100);
    cr_expect_eq(early.wrong, 0, "%.0f ms", early.greatest_ms);
    cr_expect_eq(early.confirmed, DEVICES);
}

Test(wrong_clock, within_a_minute_is_believed)
{
    struct clocks clocks = with_wrong("20 s");
    cr_expect_gt(clocks.wrong, 0);
    cr_expect_float_eq(clocks.greatest_ms, 20e3, ARRIVAL_MS);
}
