/* The shipped scenario of meters that report once a day: slow, and it gets there.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "record/installs.h"
#include "support/trial.h"

Test(daily_meters, are_updated_within_five_days)
{
    char *text = trial_shipped("daily-meters");
    struct trial *trial = trial_create(text, NULL, 0);
    trial_play(trial);
    trial_expect_met(trial);
    cr_expect_geq(trial_value(trial, "devices.confirmed"), 0.95 * trial->world->device_count);
    cr_expect_eq(installs_of(trial->recorders)->wrong, 0);
    /* No device can be reached before it reports, and first reports are spread evenly over a day:
     * the median is half a day, and somewhat more for those whose first exchange fails and waits
     * for the next day (less than one in eight). The median of n even draws over a day has a
     * standard deviation of day / (2 sqrt n). */
    double day_s = 86400.0;
    double deviation_s = day_s / (2.0 * sqrt(trial->world->device_count));
    double median_s = trial_value(trial, "setup_time_s.p50");
    cr_expect_gt(median_s, 0.5 * day_s - 4.0 * deviation_s, "%f s", median_s);
    cr_expect_lt(median_s, 0.5 * day_s / (1.0 - 0.125) + 4.0 * deviation_s, "%f s", median_s);
    trial_destroy(trial);
    free(text);
}
