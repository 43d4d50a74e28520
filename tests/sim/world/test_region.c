/* A campaign in a region other than the default one.
 * SPDX-License-Identifier: MIT
 *
 * Goal: `region: IN865` alone carries a city of 50 devices through a whole update over three
 * gateways in turn, from the first join to the last confirmation, and breaks no rule.
 */
#include <criterion/criterion.h>

#include "support/trial.h"

Test(region, a_city_in_in865_is_updated)
{
    static const char city[] = "name: in865\n"
                               "region: IN865\n"
                               "duration: 24 h\n"
                               "area: {radius: 1 km}\n"
                               "gateways: {count: 3, radius: 500 m}\n"
                               "devices: [{name: d, count: 50, boot: {spread: 20 min}, "
                               "report: {period: 30 min}}]\n"
                               "firmware: {image: generated, size: 12 KiB}\n"
                               "campaign: {start: 1 h, set_up: {window: 2 h}}\n";
    struct trial *trial = trial_create(city, NULL, 0);
    trial_play(trial);
    cr_expect_eq(trial_value(trial, "devices.joined"), 50);
    cr_expect_eq(trial_value(trial, "devices.confirmed"), 50);
    cr_expect_gt(trial_value(trial, "airtime.gateway_duty_cycle.max"), 0.0);
    trial_destroy(trial);
}
