/* Wear of the devices' flash in the summary.
 * SPDX-License-Identifier: MIT
 *
 * Goal: the most erased units are told by region, by what they hold and by group, with the share of
 * what the board file rates them for. Right values: an install erases each page of the running slot
 * that the image reaches once, and the block is received in sectors that are erased once before; a
 * device that was updated twice has erased both twice. The rated erases are those of the board
 * file: 10,000 and 100,000.
 */
#include <criterion/criterion.h>

#include "results/device_table.h"
#include "support/trial.h"

static const char twice_and_once[] =
        "name: wear\n"
        "duration: 20 h\n"
        "area: {radius: 300 m}\n"
        "propagation: {model: free-space}\n"
        "gateways: {count: 1}\n"
        "devices:\n"
        "  - {name: twice, count: 2, boot: {spread: 60 s}, report: {period: 10 min}}\n"
        "  - {name: once, count: 2, boot: {spread: 60 s}, report: {period: 10 min}}\n"
        "firmware: {image: generated, size: 6 KiB}\n"
        "campaigns:\n"
        "  - {name: some, devices: twice, firmware: {version: 1.1.0}, start: 20 min,"
        " set_up: {window: 40 min}, correction: {timeout: 20 min}}\n"
        "  - {name: all, firmware: {version: 2.0.0}, start: 5 h, set_up: {window: 40 min},"
        " correction: {timeout: 20 min}}\n";

Test(wear, is_told_by_region_and_place_and_group)
{
    struct trial *trial = trial_create(twice_and_once, NULL, 0);
    trial_play(trial);
    cr_expect_eq(trial_value(trial, "campaigns.all.devices.confirmed"), 4);
    cr_expect_eq(trial_value(trial, "flash.wear.by_place.running"), 2);
    cr_expect_eq(trial_value(trial, "flash.wear.by_place.block"), 2);
    cr_expect_eq(trial_value(trial, "flash.wear.by_place.old_image"), 2);
    cr_expect_eq(trial_value(trial, "flash.wear.by_place.new_image"), 0, "no delta image");
    cr_expect_eq(trial_value(trial, "flash.wear.by_place.other"), 0, "all places are known");
    cr_expect_eq(trial_value(trial, "groups.once.flash.wear.by_place.running"), 1);
    cr_expect_eq(trial_value(trial, "groups.once.flash.wear.by_place.old_image"), 1);
    double most = trial_value(trial, "flash.wear.internal.most");
    double of_twice = trial_value(trial, "groups.twice.flash.wear.internal.mean");
    double of_once = trial_value(trial, "groups.once.flash.wear.internal.mean");
    cr_expect_geq(most, 2);
    cr_expect_float_eq(
            trial_value(trial, "flash.wear.internal.mean"), (of_twice + of_once) / 2, 1e-9);
    cr_expect_float_eq(
            trial_value(trial, "flash.wear.internal.endurance_percent"), most / 100.0, 1e-9);
    cr_expect_float_eq(trial_value(trial, "flash.wear.nor.endurance_percent"),
            trial_value(trial, "flash.wear.nor.most") / 1000.0, 1e-9);
    struct device_line line;
    device_line_get(trial->world, trial->recorders, 0, false, &line);
    cr_expect_eq(line.nor_wear, 2);
    cr_expect_geq(line.internal_wear, 2);
    trial_destroy(trial);
}

/* Image slots in internal flash: each image is copied there, too. */
Test(wear, of_a_board_with_all_slots_in_internal_flash_is_told_by_place)
{
    static const char *const sets[] = { "devices.0.board=stm32l476-sx1276",
        "devices.1.board=stm32l476-sx1276" };
    struct trial *trial = trial_create(twice_and_once, sets, 2);
    trial_play(trial);
    cr_expect_eq(trial_value(trial, "campaigns.all.devices.confirmed"), 4);
    cr_expect_eq(trial_value(trial, "flash.wear.by_place.running"), 2);
    cr_expect_eq(trial_value(trial, "flash.wear.by_place.new_image"), 2);
    cr_expect_eq(trial_value(trial, "flash.wear.by_place.old_image"), 2);
    cr_expect_eq(trial_value(trial, "groups.once.flash.wear.by_place.new_image"), 1);
    cr_expect_eq(trial_value(trial, "flash.wear.by_place.other"), 0, "all places are known");
    trial_destroy(trial);
}
