/* The shipped scenario of meters that report once a day: slow, and it gets there.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "results/expectation.h"
#include "support/run.h"
#include "world/fleet_record.h"

Test(daily_meters, are_updated_within_five_days)
{
    char *text = run_shipped("daily-meters");
    struct run *run = run_create(text, NULL, 0);
    run_play(run);
    struct summary *summary = summary_create(run->world, false);
    cr_expect_gt(run->scenario.expect_count, 0);
    for (uint32_t i = 0; i < run->scenario.expect_count; i++) {
        char line[128];
        double actual = 0.0;
        expectation_format(&run->scenario.expect[i], line, sizeof line);
        cr_expect_eq(expectation_check(&run->scenario.expect[i], summary, &actual), EXPECTATION_MET,
                "%s: %f", line, actual);
    }
    summary_destroy(summary);
    cr_expect_geq(run_value(run, "devices.confirmed"), 0.95 * run->world->device_count);
    cr_expect_eq(run->world->record->installs_wrong, 0);
    /* A day and a half of set-up windows: nobody can be reached before it reports, and reports are
     * spread evenly over a day, so half of the fleet is ready after half a day. */
    cr_expect_float_eq(run_value(run, "setup_time_s.p50"), 43200.0, 0.15 * 43200.0);
    run_destroy(run);
    free(text);
}
