/* Installation at a common time: what members are asked and told, and when.
 * SPDX-License-Identifier: MIT
 *
 * Oracle: TS006 (spec-protocol 6) and the order of TR002, step 11: DevUpgradeImageReq, status 3;
 * DevRebootTimeReq; DevVersionReq after the reboot.
 */
#include <criterion/criterion.h>

#include "models/campaign/fleet_suite.h"

TestSuite(install, .fini = fleet_suite_end);

#define AFTER_NS (6 * HOUR_NS)

static void run(uint32_t devices, sim_ns until_ns)
{
    fleet_run(&fleet, until_ns);
    cr_assert_eq(fleet.count, devices);
}

static struct campaign_params common_time(uint32_t devices)
{
    struct campaign_params params = fleet_default_params();
    params.install = INSTALL_COMMON_TIME;
    params.install_after_ns = AFTER_NS;
    fleet_create(&fleet, devices, 900 * SIM_NS_PER_S, &params);
    for (uint32_t i = 0; i < devices; i++) {
        fleet.devices[i].faults.waits_for_order = true;
    }
    return params;
}

Test(install, is_told_once_and_for_all_at_one_time)
{
    struct campaign_params params = common_time(4);
    sim_ns at_ns = params.start_ns + AFTER_NS;
    run(4, at_ns - 900 * SIM_NS_PER_S);
    for (uint32_t i = 0; i < 4; i++) {
        const struct fleet_device *device = &fleet.devices[i];
        cr_expect_eq(device->image_questions, 1);
        cr_expect_eq(device->reboot_orders, 1);
        cr_expect_geq(device->reboot_ns, at_ns - 2 * SIM_NS_PER_S);
        cr_expect_leq(device->reboot_ns, at_ns + 2 * SIM_NS_PER_S);
        cr_expect_eq(fleet_view(&fleet, i).stage, CAMPAIGN_AUTHENTICATED);
    }
    run(4, at_ns + HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    cr_expect_eq(fleet.devices[0].version_asked, 0, "its report said it");
}

Test(install, is_spread_evenly_over_the_members)
{
    struct campaign_params params = fleet_default_params();
    params.install = INSTALL_COMMON_TIME;
    params.install_after_ns = AFTER_NS;
    params.install_spread_ns = 4 * HOUR_NS;
    fleet_create(&fleet, 4, 900 * SIM_NS_PER_S, &params);
    for (uint32_t i = 0; i < 4; i++) {
        fleet.devices[i].faults.waits_for_order = true;
    }
    run(4, params.start_ns + AFTER_NS - 900 * SIM_NS_PER_S);
    for (uint32_t i = 0; i < 4; i++) {
        sim_ns due_ns = params.start_ns + AFTER_NS + i * HOUR_NS;
        cr_expect_geq(fleet.devices[i].reboot_ns, due_ns - 2 * SIM_NS_PER_S);
        cr_expect_leq(fleet.devices[i].reboot_ns, due_ns + 2 * SIM_NS_PER_S);
    }
    run(4, params.start_ns + AFTER_NS + 5 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
}

Test(install, is_confirmed_by_dev_version_where_reports_say_nothing)
{
    struct campaign_params params = common_time(2);
    fleet.devices[0].faults.reports_no_version = true;
    run(2, params.start_ns + AFTER_NS + 2 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    cr_expect_geq(fleet.devices[0].version_asked, 1);
}

/* DevVersionAns has no digest: the version that the device had all along proves nothing. */
Test(install, is_not_confirmed_by_a_version_that_another_image_has)
{
    struct campaign_params params = common_time(2);
    fleet.devices[0].faults.installs_nothing = true;
    fleet.devices[0].faults.runs_other_image = true;
    fleet.devices[0].version = FLEET_VERSION;
    run(2, params.start_ns + AFTER_NS + 12 * HOUR_NS);
    cr_expect_geq(fleet.devices[0].version_asked, 1);
    cr_expect_eq(fleet_view(&fleet, 0).failure, CAMPAIGN_FAILURE_NOT_INSTALLED);
    cr_expect_eq(fleet_view(&fleet, 1).stage, CAMPAIGN_CONFIRMED);
}

Test(install, device_without_the_time_gets_a_countdown)
{
    struct campaign_params params = common_time(1);
    fleet.devices[0].faults.plans_no_time = true;
    sim_ns at_ns = params.start_ns + AFTER_NS;
    run(1, at_ns - 900 * SIM_NS_PER_S);
    cr_expect_eq(fleet.devices[0].reboot_orders, 2);
    cr_expect_geq(fleet.devices[0].reboot_ns, at_ns - 5 * SIM_NS_PER_S);
    cr_expect_leq(fleet.devices[0].reboot_ns, at_ns + 5 * SIM_NS_PER_S);
    run(1, at_ns + HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
}

/* It runs the old version after its time: it is asked for its image again, and told "now". */
Test(install, missed_reboot_is_ordered_again)
{
    struct campaign_params params = common_time(2);
    fleet.devices[1].faults.misses_reboot = true;
    run(2, params.start_ns + AFTER_NS + 2 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    cr_expect_eq(fleet.devices[1].image_questions, 2);
    cr_expect_eq(fleet.devices[1].reboot_orders, 2);
    cr_expect_geq(fleet.devices[1].version_asked, 1);
}

/* Actility's order (spec-protocol 9.5): the reboot is planned before the transfer, and no device is
 * asked for its image. */
Test(install, agreed_time_is_told_before_the_transfer)
{
    struct campaign_params params = fleet_default_params();
    params.install = INSTALL_AGREED_TIME;
    params.install_after_ns = AFTER_NS;
    params.versions = VERSIONS_ASK;
    fleet_create(&fleet, 4, 900 * SIM_NS_PER_S, &params);
    sim_ns at_ns = params.start_ns + AFTER_NS;
    for (uint32_t i = 0; i < 4; i++) {
        fleet.devices[i].faults.waits_for_order = true;
    }
    run(4, params.start_ns + params.set_up_window_ns - SIM_NS_PER_S);
    cr_assert_eq(campaign_fragments_sent(fleet.campaign, false), 0);
    for (uint32_t i = 0; i < 4; i++) {
        const struct fleet_device *device = &fleet.devices[i];
        cr_expect_eq(device->version_questions[2], 1);
        cr_expect_eq(device->reboot_orders, 1);
        cr_expect_geq(device->reboot_ns, at_ns - 2 * SIM_NS_PER_S);
        cr_expect_leq(device->reboot_ns, at_ns + 2 * SIM_NS_PER_S);
    }
    run(4, at_ns + HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    cr_expect_eq(fleet.devices[0].image_questions, 0);
    cr_expect_eq(fleet.devices[0].reboot_orders, 1);
}

/* Whole after the time that was agreed, or without a word of it: told like the others. */
Test(install, agreed_time_that_was_missed_is_told_again)
{
    struct campaign_params params = fleet_default_params();
    params.install = INSTALL_AGREED_TIME;
    params.install_after_ns = AFTER_NS;
    fleet_create(&fleet, 2, 900 * SIM_NS_PER_S, &params);
    fleet.devices[0].faults.waits_for_order = fleet.devices[1].faults.waits_for_order = true;
    fleet.devices[1].faults.misses_reboot = true;
    run(2, params.start_ns + AFTER_NS + 2 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    cr_expect_eq(fleet.devices[1].image_questions, 1);
    cr_expect_eq(fleet.devices[1].reboot_orders, 2);
}

/* The campaign waits for the common time, whatever its confirm_timeout is. */
Test(install, keeps_the_campaign_open_until_the_common_time)
{
    struct campaign_params params = fleet_default_params();
    params.install = INSTALL_COMMON_TIME;
    params.install_after_ns = 20 * HOUR_NS;
    params.confirm_timeout_ns = HOUR_NS;
    fleet_create(&fleet, 1, 900 * SIM_NS_PER_S, &params);
    fleet.devices[0].faults.waits_for_order = true;
    fleet_run(&fleet, params.start_ns + 20 * HOUR_NS - 60 * SIM_NS_PER_S);
    cr_expect_neq(campaign_phase(fleet.campaign), CAMPAIGN_PHASE_DONE);
    fleet_run(&fleet, params.start_ns + 21 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
}

/* What it repeats to a device that does not install has growing pauses. */
Test(install, of_a_device_that_never_does_is_not_ordered_without_end)
{
    struct campaign_params params = common_time(1);
    fleet.devices[0].faults.installs_nothing = true;
    run(1, params.start_ns + AFTER_NS + 12 * HOUR_NS);
    cr_expect_eq(fleet_view(&fleet, 0).failure, CAMPAIGN_FAILURE_NOT_INSTALLED);
    cr_expect_leq(fleet.devices[0].reboot_orders, 10);
}
