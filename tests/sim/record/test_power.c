/* Power of devices in the summary.
 * SPDX-License-Identifier: MIT
 *
 * Goal: cuts, brown-outs, devices without power and wrong bits are counted, over the run and by
 * group. Right values: from the faults of the scenario. A cut that lasts to the end is no start
 * again; 0.1 % of charge cannot feed the processor (tests/models/board/test_node_battery.c).
 */
#include <criterion/criterion.h>

#include "results/device_table.h"
#include "support/ten_devices.h"
#include "support/trial.h"

static const char faults[] =
        TEN_DEVICES "faults:\n"
                    "  - {kind: power-cut, devices: [d], at: 7 min}\n"
                    "  - {kind: power-cut, device: 1, at: 8 min, duration: 3650 d}\n"
                    "  - {kind: brown-out, device: 7, at: 6 min, duration: 15 min}\n"
                    "  - {kind: brown-out, device: 8, at: 6 min, charge: 0.1 %}\n"
                    "  - {kind: read-errors, device: 9, at: 0 s, duration: 1 h,"
                    " flash: {memory: internal, bit_errors: 0.00003}}\n";

Test(power, is_counted_over_the_run_and_by_group)
{
    struct trial *trial = trial_create(faults, NULL, 0);
    trial_play(trial);
    cr_expect_eq(trial_value(trial, "power.cuts"), 6);
    cr_expect_eq(trial_value(trial, "groups.d.power.cuts"), 6);
    cr_expect_eq(trial_value(trial, "groups.e.power.cuts"), 0);
    double brown_outs = trial_value(trial, "groups.e.power.brown_outs");
    cr_expect(brown_outs > 0 && brown_outs <= 90, "%g: each uplink of 15 min, 10 s apart",
            brown_outs);
    cr_expect_eq(trial_value(trial, "groups.d.power.brown_outs"), 0);
    double in_lines = 0;
    for (uint32_t i = 0; i < trial->world->device_count; i++) {
        struct device_line line;
        device_line_get(trial->world, trial->recorders, i, false, &line);
        in_lines += (double)line.brown_outs;
    }
    cr_expect_eq(in_lines, brown_outs, "a column of devices.csv");
    cr_expect_eq(trial_value(trial, "power.off"), 2);
    cr_expect_eq(trial_value(trial, "groups.e.power.off"), 1);
    cr_expect_eq(trial_value(trial, "power.bricked"), 0);
    cr_expect_gt(trial_value(trial, "groups.e.flash.flipped_bits"), 0);
    cr_expect_eq(trial_value(trial, "groups.d.flash.flipped_bits"), 0);
    trial_destroy(trial);
}
