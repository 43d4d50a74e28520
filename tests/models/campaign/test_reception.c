/* What the server believes of the block that devices report, and what it acknowledges.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: NbFrag, which no count of a device contradicts (spec-protocol 5.1, 9.5), and design
 * section 5, invariant 9: a device that holds a whole block is told so, whatever was lost before.
 */
#include <criterion/criterion.h>

#include "models/campaign/scripted_fleet.h"

#define HOUR_NS (3600 * SIM_NS_PER_S)

static struct fleet fleet;

static void teardown(void)
{
    fleet_destroy(&fleet);
}

TestSuite(reception, .fini = teardown);

static struct campaign_device device(uint32_t index)
{
    struct campaign_device view;
    campaign_device_get(fleet.campaign, index, &view);
    return view;
}

static void expect_all_confirmed(void)
{
    for (uint32_t i = 0; i < fleet.count; i++) {
        cr_assert_eq(device(i).stage, CAMPAIGN_CONFIRMED, "device %u at stage %d", i,
                (int)device(i).stage);
        cr_assert_eq(device(i).failure, CAMPAIGN_FAILURE_NONE);
    }
    cr_assert_eq(campaign_phase(fleet.campaign), CAMPAIGN_PHASE_DONE);
}

/* Semtech's LoRaMac-node answers 01 00 00 00 00 when it heard nothing (spec-protocol 9.5). */
Test(reception, does_not_believe_that_nothing_received_is_a_whole_block)
{
    for (uint8_t version = 1; version <= 2; version++) {
        struct campaign_params params = fleet_default_params();
        params.fragmentation_version = version;
        fleet_create(&fleet, 2, 900 * SIM_NS_PER_S, &params);
        fleet.devices[0].faults.loss_percent = 100;
        fleet.devices[0].faults.counts_nothing = true;
        fleet_run(&fleet, 8 * HOUR_NS);
        cr_assert_eq(device(0).stage, CAMPAIGN_READY);
        cr_assert_eq(device(0).failure, CAMPAIGN_FAILURE_INCOMPLETE, "%s",
                campaign_failure_name(device(0).failure));
        cr_assert_eq(device(0).missing_reported, campaign_nb_frag(fleet.campaign));
        if (version == 1) {
            fleet_destroy(&fleet);
        }
    }
}

/* Answers about another group or block than the server's are not about its own. */
Test(reception, ignores_answers_about_other_numbers)
{
    struct campaign_params params = fleet_default_params();
    fleet_create(&fleet, 3, 900 * SIM_NS_PER_S, &params);
    fleet.devices[0].faults.names_other_group = true;
    fleet.devices[1].faults.names_other_index = true;
    fleet.devices[1].faults.loss_percent = 100;
    fleet_run(&fleet, 8 * HOUR_NS);
    for (uint32_t i = 0; i < 2; i++) {
        cr_assert_eq(device(i).failure, CAMPAIGN_FAILURE_SET_UP_UNANSWERED, "%u: %s", i,
                campaign_failure_name(device(i).failure));
    }
    cr_assert_eq(device(0).stage, CAMPAIGN_CONTACTED);
    cr_assert_eq(device(1).stage, CAMPAIGN_GROUP_SET_UP);
    cr_assert_eq(device(2).stage, CAMPAIGN_CONFIRMED);
}

/* Its receipt comes before the first fragment of this campaign was sent. */
Test(reception, takes_no_old_block_for_its_own)
{
    struct campaign_params params = fleet_default_params();
    fleet_create(&fleet, 2, 900 * SIM_NS_PER_S, &params);
    fleet.devices[0].faults.holds_old_block = true;
    fleet_run(&fleet, params.start_ns + HOUR_NS - 60 * SIM_NS_PER_S);
    cr_assert_eq(device(0).stage, CAMPAIGN_READY);
    fleet_run(&fleet, 5 * HOUR_NS);
    expect_all_confirmed();
}

/* Design section 5, invariant 9: device 0 asks for ever; device 1 stops, and its old version says
 * that it waits; device 2 never gets a receipt through, and its status says that it is whole. */
Test(reception, acknowledges_a_whole_block_on_every_sign_of_it)
{
    struct campaign_params params = fleet_default_params();
    fleet_create(&fleet, 3, 900 * SIM_NS_PER_S, &params);
    params.confirm_timeout_ns = 24 * HOUR_NS;
    for (uint32_t i = 0; i < 3; i++) {
        fleet.devices[i].faults.lost_acks = 3;
    }
    fleet.devices[0].faults.lost_acks = 12;
    fleet.devices[1].faults.receipts_most = 1;
    fleet_run(&fleet, 9 * HOUR_NS);
    expect_all_confirmed();
    cr_assert_eq(fleet.devices[0].acks, 13);
    cr_assert_leq(fleet.devices[1].receipts, 1);
}

/* A device that has acknowledged its block and does not install it reports its old version for
 * ever. It gets few acknowledgements: after 1, 2, 4, 8, 16 reports. */
Test(reception, acknowledges_with_growing_pauses)
{
    struct campaign_params params = fleet_default_params();
    params.confirm_timeout_ns = 12 * HOUR_NS;
    fleet_create(&fleet, 1, 900 * SIM_NS_PER_S, &params);
    fleet.devices[0].faults.installs_nothing = true;
    fleet_run(&fleet, 16 * HOUR_NS);
    cr_assert_eq(device(0).failure, CAMPAIGN_FAILURE_NOT_INSTALLED);
    cr_assert_leq(fleet.devices[0].acks, 1 + 6);
    cr_assert_geq(fleet.devices[0].acks, 1 + 5);
}
