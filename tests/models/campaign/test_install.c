/* Installation at a common time: what members are asked and told, and when.
 * SPDX-License-Identifier: MIT
 *
 * Oracle: TS006 (spec-protocol 6) and the order of TR002, step 11: DevUpgradeImageReq, status 3;
 * DevRebootTimeReq; DevVersionReq after the reboot.
 */
#include <criterion/criterion.h>

#include "models/campaign/fleet_suite.h"

TestSuite(install, .fini = fleet_suite_end);

#define PERIOD_NS (900 * SIM_NS_PER_S)
#define AFTER_NS  (6 * HOUR_NS)

static struct campaign_params params_of(enum campaign_install install)
{
    struct campaign_params params = fleet_default_params();
    params.install = install;
    params.install_after_ns = AFTER_NS;
    return params;
}

/* Returns the common time of a campaign that has nothing else. */
static sim_ns create_common_time(uint32_t devices)
{
    struct campaign_params params = params_of(INSTALL_COMMON_TIME);
    fleet_create(&fleet, devices, PERIOD_NS, &params);
    return params.start_ns + AFTER_NS;
}

static void expect_reboot_at(uint32_t index, sim_ns at_ns, sim_ns off_most_ns)
{
    sim_ns planned_ns = fleet.devices[index].reboot_ns;
    cr_expect_geq(planned_ns, at_ns - off_most_ns, "device %u", index);
    cr_expect_leq(planned_ns, at_ns + off_most_ns, "device %u", index);
}

Test(install, is_told_once_and_for_all_at_one_time)
{
    sim_ns at_ns = create_common_time(4);
    fleet_run(&fleet, at_ns - 900 * SIM_NS_PER_S);
    for (uint32_t i = 0; i < 4; i++) {
        cr_expect_eq(fleet.devices[i].image_questions, 1);
        cr_expect_eq(fleet.devices[i].reboot_orders, 1);
        expect_reboot_at(i, at_ns, 2 * SIM_NS_PER_S);
        cr_expect_eq(fleet_view(&fleet, i).stage, CAMPAIGN_AUTHENTICATED);
    }
    fleet_run(&fleet, at_ns + HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    cr_expect_eq(fleet.devices[0].version_asked, 0, "its report said it");
}

Test(install, is_spread_evenly_over_the_members)
{
    struct campaign_params params = params_of(INSTALL_COMMON_TIME);
    params.install_spread_ns = 4 * HOUR_NS;
    fleet_create(&fleet, 4, PERIOD_NS, &params);
    sim_ns at_ns = params.start_ns + AFTER_NS;
    fleet_run(&fleet, at_ns - 900 * SIM_NS_PER_S);
    for (uint32_t i = 0; i < 4; i++) {
        expect_reboot_at(i, at_ns + i * HOUR_NS, 2 * SIM_NS_PER_S);
    }
    fleet_run(&fleet, at_ns + 5 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
}

Test(install, device_without_the_time_gets_a_countdown)
{
    sim_ns at_ns = create_common_time(1);
    fleet.devices[0].faults.plans_no_time = true;
    fleet_run(&fleet, at_ns - 900 * SIM_NS_PER_S);
    cr_expect_eq(fleet.devices[0].reboot_orders, 2);
    expect_reboot_at(0, at_ns, 5 * SIM_NS_PER_S);
    fleet_run(&fleet, at_ns + HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
}

/* Actility's order (spec-protocol 9.5): the reboot is planned before the transfer, and no device is
 * asked for its image. */
Test(install, agreed_time_is_told_before_the_transfer)
{
    struct campaign_params params = params_of(INSTALL_AGREED_TIME);
    params.versions = VERSIONS_ASK;
    fleet_create(&fleet, 4, PERIOD_NS, &params);
    sim_ns at_ns = params.start_ns + AFTER_NS;
    fleet_run(&fleet, params.start_ns + params.set_up_window_ns - SIM_NS_PER_S);
    cr_assert_eq(campaign_fragments_sent(fleet.campaign, false), 0);
    for (uint32_t i = 0; i < 4; i++) {
        cr_expect_eq(fleet.devices[i].version_questions[2], 1);
        cr_expect_eq(fleet.devices[i].reboot_orders, 1);
        expect_reboot_at(i, at_ns, 2 * SIM_NS_PER_S);
    }
    fleet_run(&fleet, at_ns + HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    cr_expect_eq(fleet.devices[0].image_questions, 0);
    cr_expect_eq(fleet.devices[0].reboot_orders, 1);
}

/* --- one device that does not do as it is told, beside one that does ----------------------------
 */

struct count {
    uint32_t least, most;
};

#define ANY_COUNT                                                                                  \
    {                                                                                              \
        0, UINT32_MAX                                                                              \
    }

static const struct row {
    const char *what;
    enum campaign_install install;
    struct fleet_faults faults;
    uint32_t version; /* of the device; 0: as it is */
    sim_ns after_ns;  /* the common time */
    enum campaign_failure failure;
    struct count image_questions, reboot_orders, version_asked;
} rows[] = {
    { "DevVersion confirms it where reports say nothing", INSTALL_COMMON_TIME,
            { .reports_no_version = true }, 0, 2 * HOUR_NS, CAMPAIGN_FAILURE_NONE, ANY_COUNT,
            ANY_COUNT, { 1, UINT32_MAX } },
    /* DevVersionAns has no digest: the version that the device had all along proves nothing. */
    { "another image has the version", INSTALL_COMMON_TIME,
            { .installs_nothing = true, .runs_other_image = true }, FLEET_VERSION, 12 * HOUR_NS,
            CAMPAIGN_FAILURE_NOT_INSTALLED, ANY_COUNT, ANY_COUNT, { 1, UINT32_MAX } },
    /* It runs the old version after its time: it is asked for its image again, and told "now". */
    { "a missed reboot is ordered again", INSTALL_COMMON_TIME, { .misses_reboot = true }, 0,
            2 * HOUR_NS, CAMPAIGN_FAILURE_NONE, { 2, 2 }, { 2, 2 }, { 1, UINT32_MAX } },
    /* Whole after the time that was agreed, or without a word of it: told like the others. */
    { "a missed agreed time is told again", INSTALL_AGREED_TIME, { .misses_reboot = true }, 0,
            2 * HOUR_NS, CAMPAIGN_FAILURE_NONE, { 1, 1 }, { 2, 2 }, ANY_COUNT },
    /* What is repeated to a device that does not install has growing pauses. */
    { "a device that never installs", INSTALL_COMMON_TIME, { .installs_nothing = true }, 0,
            12 * HOUR_NS, CAMPAIGN_FAILURE_NOT_INSTALLED, ANY_COUNT, { 1, 10 }, ANY_COUNT },
};

static void expect_count(const struct row *row, const char *of, uint32_t count, struct count goal)
{
    cr_expect(count >= goal.least && count <= goal.most, "%s: %u %s", row->what, count, of);
}

Test(install, of_a_device_that_does_otherwise_ends_well_or_with_its_reason)
{
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        struct campaign_params params = params_of(row->install);
        if (i > 0) {
            fleet_suite_end();
        }
        fleet_create(&fleet, 2, PERIOD_NS, &params);
        struct fleet_device *device = &fleet.devices[0];
        device->faults = row->faults;
        device->version = row->version != 0 ? row->version : device->version;
        fleet_run(&fleet, params.start_ns + AFTER_NS + row->after_ns);
        if (row->failure == CAMPAIGN_FAILURE_NONE) {
            fleet_expect_all_confirmed(&fleet);
        }
        cr_expect_eq(fleet_view(&fleet, 0).failure, row->failure, "%s", row->what);
        cr_expect_eq(fleet_view(&fleet, 1).stage, CAMPAIGN_CONFIRMED, "%s", row->what);
        expect_count(row, "image questions", device->image_questions, row->image_questions);
        expect_count(row, "orders", device->reboot_orders, row->reboot_orders);
        expect_count(row, "questions of the version", device->version_asked, row->version_asked);
    }
}

/* The campaign waits for the common time, whatever its confirm_timeout is. */
Test(install, keeps_the_campaign_open_until_the_common_time)
{
    struct campaign_params params = params_of(INSTALL_COMMON_TIME);
    params.install_after_ns = 20 * HOUR_NS;
    params.confirm_timeout_ns = HOUR_NS;
    fleet_create(&fleet, 1, PERIOD_NS, &params);
    fleet_run(&fleet, params.start_ns + 20 * HOUR_NS - 60 * SIM_NS_PER_S);
    cr_expect_neq(campaign_phase(fleet.campaign), CAMPAIGN_PHASE_DONE);
    fleet_run(&fleet, params.start_ns + 21 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
}
