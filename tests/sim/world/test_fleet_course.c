/* The estimate of set-up and of delivery by unicast beside runs, where gateways have little time.
 * SPDX-License-Identifier: MIT
 *
 * Goal: the mean set-up is within 25 % of the run, and delivery by unicast within 40 %, for fleets
 * that do not keep gateways at their duty cycle for hours; the uplinks that fetch within 25 %.
 * Method: two computations that share nothing but the parameters: equations for mean numbers of
 * devices, and devices, gateways and servers at work. Links lose nothing in the runs, so the
 * estimate is made for a loss of 0. FLEETCAST_COURSE_ROWS=all prints the table of docs/models.md.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/fleet_estimate.h"
#include "support/trial.h"

#define CLOSE_SET_UP  0.25
#define CLOSE_FETCHED 0.40
#define CLOSE_UPLINKS 0.25

static const char fleet[] = "name: course\n"
                            "duration: 20 d\n"
                            "area: {radius: 400 m}\n"
                            "propagation: {model: free-space}\n"
                            "gateways: {count: 1, radius: 100 m}\n"
                            "devices: [{name: d, count: 40, boot: {spread: 30 min}, "
                            "report: {period: 1 h}, data_rate: DR5}]\n"
                            "firmware: {image: generated, size: 8 KiB}\n"
                            "campaign: {start: 2 h}\n";

struct row {
    const char *policy; /* of the set-up; NULL: delivery by unicast */
    unsigned devices, gateways, data_rate;
};

struct pair {
    double estimate, run;
};

struct pairs {
    struct pair set_up_s, fetched_s, uplinks;
};

static bool is_far(const struct pair *pair, double tolerance)
{
    return fabs(pair->estimate / pair->run - 1.0) > tolerance;
}

/* Adds what one seed gives. */
static void play(const struct row *row, unsigned seed, struct pairs *sum)
{
    char texts[6][64];
    const char *sets[6];
    bool unicast = row->policy == NULL;
    snprintf(texts[0], sizeof texts[0], "devices.0.count=%u", row->devices);
    snprintf(texts[1], sizeof texts[1], "gateways.count=%u", row->gateways);
    snprintf(texts[2], sizeof texts[2], "devices.0.data_rate=DR%u", row->data_rate);
    snprintf(texts[3], sizeof texts[3], "seed=%u", seed);
    snprintf(texts[4], sizeof texts[4], "campaign.%s",
            unicast ? "delivery=unicast" : "set_up.window=24 h");
    snprintf(texts[5], sizeof texts[5], "campaign.set_up.policy=%s",
            unicast ? "chained" : row->policy);
    for (size_t i = 0; i < 6; i++) {
        sets[i] = texts[i];
    }
    struct trial *trial = trial_create(fleet, sets, 6);
    struct estimate_input input;
    struct estimate estimate;
    cr_assert(fleet_estimate_input(&trial->scenario, 0, &input));
    input.unicast_loss = 0.0;
    estimate_make(&input, &estimate);
    cr_assert(estimate.possible);
    trial_play(trial);
    cr_assert_eq(trial_value(trial, "devices.confirmed"), row->devices);
    sum->set_up_s.estimate += estimate.set_up_s;
    sum->set_up_s.run += trial_value(trial, "estimate.set_up_s.simulated");
    sum->fetched_s.estimate += estimate.session_s;
    sum->fetched_s.run += trial_value(trial, "estimate.session_s.simulated");
    sum->uplinks.estimate += estimate.uplinks;
    sum->uplinks.run += trial_value(trial, "estimate.uplinks.simulated");
    trial_destroy(trial);
}

static void print_pair(const struct pair *pair, unsigned seeds)
{
    fprintf(stderr, " %.0f / %.0f = %.2f |", pair->estimate / seeds, pair->run / seeds,
            pair->estimate / pair->run);
}

static struct pairs mean_of(const struct row *row, unsigned seeds)
{
    struct pairs sum = { 0 };
    for (unsigned seed = 1; seed <= seeds; seed++) {
        play(row, seed, &sum);
    }
    fprintf(stderr, "# | %s | %u | %u | DR%u |", row->policy == NULL ? "unicast" : row->policy,
            row->devices, row->gateways, row->data_rate);
    print_pair(&sum.set_up_s, seeds);
    if (row->policy == NULL) {
        print_pair(&sum.fetched_s, seeds);
        print_pair(&sum.uplinks, seeds);
    }
    fprintf(stderr, "\n");
    return sum;
}

static void check(const struct row *row, unsigned seeds)
{
    struct pairs sum = mean_of(row, seeds);
    const char *policy = row->policy == NULL ? "unicast" : row->policy;
    cr_expect_not(is_far(&sum.set_up_s, CLOSE_SET_UP), "%s, %u devices, %u gateways, DR%u: set-up",
            policy, row->devices, row->gateways, row->data_rate);
    if (row->policy == NULL) {
        cr_expect_not(is_far(&sum.fetched_s, CLOSE_FETCHED),
                "unicast, %u devices, %u gateways, DR%u", row->devices, row->gateways,
                row->data_rate);
        cr_expect_not(is_far(&sum.uplinks, CLOSE_UPLINKS),
                "unicast, %u devices, %u gateways, DR%u: uplinks", row->devices, row->gateways,
                row->data_rate);
    }
}

Test(fleet_course, is_close_to_the_run)
{
    static const struct row rows[] = {
        { "chained", 40, 1, 0 },
        { "chained", 40, 3, 5 },
        { "one-per-uplink", 40, 1, 3 },
        { NULL, 40, 1, 5 },
        { NULL, 40, 1, 3 },
        { NULL, 40, 3, 5 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check(&rows[i], 3);
    }
}

/* What the equations leave out shows where gateways are at their duty cycle for a day; the table
 * shows it, and no tolerance holds it. */
Test(fleet_course, is_close_to_the_run_of_all_sizes)
{
    static const char *const policies[] = { "chained", "one-per-uplink", NULL };
    static const unsigned devices[] = { 10, 40, 160 }, gateways[] = { 1, 3 },
                          data_rates[] = { 0, 3, 5 };
    const char *all = getenv("FLEETCAST_COURSE_ROWS");
    if (all == NULL || strcmp(all, "all") != 0) {
        cr_skip_test("FLEETCAST_COURSE_ROWS=all plays it");
    }
    for (unsigned at = 0; at < 54; at++) {
        const struct row row = { policies[at / 18], devices[at / 6 % 3], gateways[at / 3 % 2],
            data_rates[at % 3] };
        if (row.policy == NULL && row.devices == 160) {
            mean_of(&row, 3);
        } else {
            check(&row, 3);
        }
    }
}
