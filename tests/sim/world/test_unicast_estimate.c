/* The estimate of delivery by unicast beside runs of it.
 * SPDX-License-Identifier: MIT
 *
 * Goal: session and uplinks are within a factor of 1.5 of the run, airtime of answers and energy of
 * fetching within 2, from one device to more than the gateway has airtime for, at fast and slow
 * data rates. Method: two computations that share nothing but the parameters. Links lose nothing
 * in the runs, so the estimate is made for a loss of 0.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "scenario/fleet_estimate.h"
#include "support/trial.h"

#define FACTOR       1.5
#define FACTOR_SPENT 2.0 /* a long answer in RX2 for short ones in RX1 */

static const char fetch[] = "name: fetch\n"
                            "duration: 10 d\n"
                            "area: {radius: 400 m}\n"
                            "propagation: {model: free-space}\n"
                            "gateways: {count: 1, radius: 100 m}\n"
                            "devices: [{name: d, count: 10, boot: {spread: 30 min}, "
                            "report: {period: 1 h}, data_rate: DR5}]\n"
                            "firmware: {image: generated, size: 8 KiB}\n"
                            "campaign: {start: 2 h, delivery: unicast}\n";

static struct estimate estimate_without_loss(const struct trial *trial)
{
    struct estimate_input input;
    struct estimate estimate;
    cr_assert(fleet_estimate_input(&trial->scenario, 0, &input));
    input.unicast_loss = 0.0;
    estimate_make(&input, &estimate);
    cr_assert(estimate.possible);
    return estimate;
}

static void expect_close(const struct trial *trial, const char *what, double expected,
        double factor, const char *row)
{
    char simulated[64];
    snprintf(simulated, sizeof simulated, "estimate.%s.simulated", what);
    double ratio = expected / trial_value(trial, simulated);
    cr_expect(ratio > 1.0 / factor && ratio < factor, "%s: %s is %g times that of the run", row,
            what, ratio);
}

Test(unicast_estimate, is_close_to_the_run)
{
    static const struct {
        const char *name, *sets[3];
    } rows[] = {
        { "alone", { "devices.0.count=1" } },
        { "ten at DR5", { "devices.0.count=10" } },
        { "ten at DR3", { "devices.0.data_rate=DR3" } },
        { "five at DR0",
                { "devices.0.data_rate=DR0", "devices.0.count=5", "firmware.size=4 KiB" } },
        { "three gateways", { "gateways.count=3", "devices.0.count=30" } },
        { "RX2 at DR3", { "network.rx2_data_rate=DR3", "devices.0.count=15" } },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t count = 0;
        while (count < 3 && rows[i].sets[count] != NULL) {
            count++;
        }
        struct trial *trial = trial_create(fetch, rows[i].sets, count);
        struct estimate estimate = estimate_without_loss(trial);
        trial_play(trial);
        double devices = trial_value(trial, "devices.total");
        cr_assert_eq(trial_value(trial, "devices.confirmed"), devices, "%s", rows[i].name);
        cr_expect_eq(trial_value(trial, "estimate.fragments.expected"),
                devices * trial_value(trial, "missing_fragments.nb_frag"));
        cr_expect_eq(trial_value(trial, "estimate.listening_j.expected"), 0.0);
        expect_close(trial, "session_s", estimate.session_s, FACTOR, rows[i].name);
        expect_close(trial, "uplinks", estimate.uplinks, FACTOR, rows[i].name);
        expect_close(trial, "airtime_s", estimate.airtime_s, FACTOR_SPENT, rows[i].name);
        expect_close(trial, "bulk_j", estimate.bulk_j, FACTOR_SPENT, rows[i].name);
        expect_close(
                trial, "battery_percent", estimate.battery_percent, FACTOR_SPENT, rows[i].name);
        trial_destroy(trial);
    }
}

/* Uplinks decide at which data rates devices fetch. */
Test(unicast_estimate, is_of_the_set_up_alone_where_the_data_rates_are_not_given)
{
    const char *const sets[] = { "devices.0.data_rate=link-check", "firmware.size=2 KiB" };
    struct trial *trial = trial_create(fetch, sets, 2);
    trial_play(trial);
    double value;
    struct summary *summary = run_summary(trial->run, false);
    cr_expect_not(summary_value(summary, "estimate.session_s.expected", &value));
    cr_expect_not(summary_value(summary, "estimate.uplinks.expected", &value));
    cr_expect(summary_value(summary, "estimate.set_up_s.expected", &value));
    summary_destroy(summary);
    trial_destroy(trial);
}
