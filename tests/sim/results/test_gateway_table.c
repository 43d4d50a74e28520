/* gateways.csv against the summary and the places of the world.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "results/gateway_table.h"
#include "support/trial.h"

static const char text[] = "duration: 6 h\n"
                           "gateways: {count: 3}\n"
                           "devices: [{count: 12, report: {period: 10 min}}]\n"
                           "firmware: {image: generated, size: 4 KiB}\n"
                           "campaign: {start: 1 h, set_up: {window: 1 h}}\n";

Test(gateway_table, adds_up_to_the_summary)
{
    struct trial *trial = trial_create(text, NULL, 0);
    char *table, *rest;
    size_t size;
    double received = 0, transmitted = 0, airtime_s = 0, duty = 0;
    trial_play(trial);
    FILE *out = open_memstream(&table, &size);
    gateway_table_write(trial->world, out);
    fclose(out);
    rest = strchr(table, '\n') + 1;
    for (uint32_t i = 0; i < 3; i++) {
        unsigned number;
        double x_m, y_m, place_x_m = NAN, place_y_m = NAN, values[4];
        int used;
        cr_assert_eq(sscanf(rest, "%u,%lf,%lf,%lf,%lf,%lf,%lf\n%n", &number, &x_m, &y_m, &values[0],
                             &values[1], &values[2], &values[3], &used),
                7);
        medium_gateway_place(trial->world->medium, i, &place_x_m, &place_y_m);
        cr_expect_eq(number, i);
        cr_expect_float_eq(x_m, place_x_m, 1e-2);
        cr_expect_float_eq(y_m, place_y_m, 1e-2);
        received += values[0];
        transmitted += values[1];
        airtime_s += values[2];
        duty = fmax(duty, values[3]);
        rest += used;
    }
    cr_expect_eq(*rest, '\0', "a line for each gateway");
    cr_expect_eq(received, trial_value(trial, "gateways.received"));
    cr_expect_eq(transmitted, trial_value(trial, "airtime.downlink_frames"));
    cr_expect_float_eq(duty, trial_value(trial, "airtime.gateway_duty_cycle.max"), 1e-6);
    cr_expect_geq(airtime_s, trial_value(trial, "estimate.airtime_s.simulated"));
    free(table);
    trial_destroy(trial);
}
