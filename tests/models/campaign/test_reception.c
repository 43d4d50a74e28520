/* What the server believes of the block that devices report, and what it acknowledges.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: NbFrag, which no count of a device contradicts (spec-protocol 5.1, 9.5), and design
 * section 5, invariant 9: a device that holds a whole block is told so, whatever was lost before.
 */
#include <criterion/criterion.h>

#include "models/campaign/fleet_suite.h"
#include "update/update.h"

TestSuite(reception, .fini = fleet_suite_end);

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
        cr_assert_eq(fleet_view(&fleet, 0).stage, CAMPAIGN_READY);
        cr_assert_eq(fleet_view(&fleet, 0).failure, CAMPAIGN_FAILURE_NOTHING_RECEIVED, "%s",
                campaign_failure_name(fleet_view(&fleet, 0).failure));
        cr_assert_eq(fleet_view(&fleet, 0).missing_reported, campaign_nb_frag(fleet.campaign));
        if (version == 1) {
            fleet_destroy(&fleet);
        }
    }
}

/* LoRaMac-node reports what it lost as missing after it has recovered it, LoRa Basics Modem 4.8 in
 * version 1 one when none is missing (spec-protocol 9.5): the version that they report counts. */
Test(reception, confirms_a_device_whose_missing_fragments_never_get_none)
{
    for (int fault = 0; fault < 2; fault++) {
        struct campaign_params params = fleet_default_params();
        params.fragmentation_version = 1;
        fleet_create(&fleet, 3, 900 * SIM_NS_PER_S, &params);
        for (uint32_t i = 0; i < 2; i++) {
            fleet.devices[i].faults.loss_percent = 20;
            fleet.devices[i].faults.counts_lost = fault == 0;
            fleet.devices[i].faults.counts_one_more = fault == 1;
            fleet.devices[i].faults.installs_alone = i == 0;
        }
        fleet_run(&fleet, 9 * HOUR_NS);
        cr_assert_gt(fleet.devices[0].received_coded, 0, "it lost some");
        cr_assert_eq(fleet_view(&fleet, 0).stage, CAMPAIGN_CONFIRMED, "%s",
                campaign_failure_name(fleet_view(&fleet, 0).failure));
        cr_assert_eq(fleet_view(&fleet, 1).failure, CAMPAIGN_FAILURE_INCOMPLETE, "so it says");
        cr_assert_leq(fleet.devices[1].status_requests, 8, "%u", fleet.devices[1].status_requests);
        cr_assert_leq(campaign_correction_batches(fleet.campaign), 8);
        cr_assert_eq(campaign_phase(fleet.campaign), CAMPAIGN_PHASE_DONE);
        if (fault == 0) {
            fleet_destroy(&fleet);
        }
    }
}

/* A device of version 1 in the register as one of version 2: LoRaMac-node parses the six bytes more
 * of FragSessionSetupReq as commands, of which SessionCnt 0 is PackageVersionReq twice. */
Test(reception, takes_a_version_that_was_not_asked_for)
{
    struct campaign_params params = fleet_default_params();
    fleet_create(&fleet, 3, 900 * SIM_NS_PER_S, &params);
    fleet.devices[0].fragmentation_version = 1;
    fleet.devices[0].faults.reads_on = true;
    fleet_run(&fleet, 8 * HOUR_NS);
    cr_assert_eq(fleet.devices[0].frag_set_ups, 1);
    cr_assert_eq(fleet_view(&fleet, 0).failure, CAMPAIGN_FAILURE_OTHER_VERSION, "%s",
            campaign_failure_name(fleet_view(&fleet, 0).failure));
    for (uint32_t i = 1; i < 3; i++) {
        cr_assert_eq(fleet_view(&fleet, i).stage, CAMPAIGN_CONFIRMED);
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
        cr_assert_eq(fleet_view(&fleet, i).failure, CAMPAIGN_FAILURE_SET_UP_UNANSWERED, "%u: %s", i,
                campaign_failure_name(fleet_view(&fleet, i).failure));
    }
    cr_assert_eq(fleet_view(&fleet, 0).stage, CAMPAIGN_CONTACTED);
    cr_assert_eq(fleet_view(&fleet, 1).stage, CAMPAIGN_GROUP_SET_UP);
    cr_assert_eq(fleet_view(&fleet, 2).stage, CAMPAIGN_CONFIRMED);
}

/* Its receipt comes before the first fragment of this campaign was sent. */
Test(reception, takes_no_old_block_for_its_own)
{
    struct campaign_params params = fleet_default_params();
    fleet_create(&fleet, 2, 900 * SIM_NS_PER_S, &params);
    fleet.devices[0].faults.holds_old_block = true;
    fleet_run(&fleet, params.start_ns + HOUR_NS - 60 * SIM_NS_PER_S);
    cr_assert_eq(fleet_view(&fleet, 0).stage, CAMPAIGN_READY);
    fleet_run(&fleet, 5 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
}

/* Design section 5, invariant 9: device 0 asks for ever; device 1 stops, and its old version says
 * that it waits; device 2 never gets a receipt through, and its status says that it is whole. */
Test(reception, acknowledges_a_whole_block_on_every_sign_of_it)
{
    struct campaign_params params = fleet_default_params();
    params.confirm_timeout_ns = 24 * HOUR_NS;
    fleet_create(&fleet, 3, 900 * SIM_NS_PER_S, &params);
    for (uint32_t i = 0; i < 3; i++) {
        fleet.devices[i].faults.lost_acks = 3;
    }
    fleet.devices[0].faults.lost_acks = 12;
    fleet.devices[1].faults.receipts_most = 1;
    fleet_run(&fleet, 9 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
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
    cr_assert_eq(fleet_view(&fleet, 0).failure, CAMPAIGN_FAILURE_NOT_INSTALLED);
    cr_assert_leq(fleet.devices[0].acks, 1 + 6);
    cr_assert_geq(fleet.devices[0].acks, 1 + 5);
}

/* It has the block, runs the old version, and says that the block is a delta of another image. */
Test(reception, names_a_delta_of_another_base)
{
    struct campaign_params params = fleet_default_params();
    fleet_create(&fleet, 1, 900 * SIM_NS_PER_S, &params);
    fleet.devices[0].faults.installs_nothing = true;
    fleet.devices[0].update_status = UPDATE_WRONG_BASE;
    fleet_run(&fleet, 8 * HOUR_NS);
    cr_assert_eq(fleet_view(&fleet, 0).failure, CAMPAIGN_FAILURE_WRONG_BASE);
}

/* Design section 5, invariant 9: the outcome of the campaign stands once it is over, but the device
 * asks on, and installs when it is answered. */
Test(reception, acknowledges_a_block_after_the_end_of_the_campaign)
{
    struct campaign_params params = fleet_default_params();
    params.confirm_timeout_ns = 1800 * SIM_NS_PER_S;
    fleet_create(&fleet, 2, 900 * SIM_NS_PER_S, &params);
    fleet.devices[0].faults.lost_acks = UINT32_MAX;
    while (campaign_phase(fleet.campaign) != CAMPAIGN_PHASE_DONE) {
        cr_assert_lt(engine_now(fleet.engine), 12 * HOUR_NS);
        fleet_run(&fleet, engine_now(fleet.engine) + 60 * SIM_NS_PER_S);
    }
    cr_assert_not(fleet.devices[0].acknowledged);
    enum campaign_stage stage = fleet_view(&fleet, 0).stage;
    enum campaign_failure failure = fleet_view(&fleet, 0).failure;
    cr_assert_neq(failure, CAMPAIGN_FAILURE_NONE);
    fleet.devices[0].faults.lost_acks = 0;
    fleet_run(&fleet, engine_now(fleet.engine) + HOUR_NS);
    cr_assert(fleet.devices[0].acknowledged);
    cr_assert_eq(fleet.devices[0].version, FLEET_VERSION);
    cr_assert_eq(fleet_view(&fleet, 0).stage, stage);
    cr_assert_eq(fleet_view(&fleet, 0).failure, failure);
}

static sim_ns session_ns;

static enum gateway_tx_result refuse_since_the_session(
        void *context, uint32_t gateway, const struct gateway_tx *tx, sim_ns now_ns)
{
    struct fleet *of = context;
    return now_ns >= session_ns ? GATEWAY_TX_NO_ANSWER
                                : fake_gateways_queue(of->gateways, gateway, tx, now_ns);
}

/* Design section 5, invariants 8 and 10: what was never on the air is no fault of the members. */
Test(reception, says_of_members_that_no_fragment_was_sent)
{
    struct campaign_params params = fleet_default_params();
    fleet_create(&fleet, 3, 900 * SIM_NS_PER_S, &params);
    session_ns = params.start_ns + params.set_up_window_ns;
    fleet.gateways->judge = refuse_since_the_session;
    fleet.devices[2].faults.never_joins = true;
    fleet_run(&fleet, 12 * HOUR_NS);
    cr_assert_eq(campaign_fragments_sent(fleet.campaign, false), 0);
    cr_assert_eq(campaign_phase(fleet.campaign), CAMPAIGN_PHASE_DONE);
    for (uint32_t i = 0; i < 2; i++) {
        cr_assert_eq(fleet_view(&fleet, i).stage, CAMPAIGN_READY);
        cr_assert_eq(fleet_view(&fleet, i).failure, CAMPAIGN_FAILURE_NOT_SENT, "%u: %s", i,
                campaign_failure_name(fleet_view(&fleet, i).failure));
    }
    cr_assert_eq(fleet_view(&fleet, 2).failure, CAMPAIGN_FAILURE_NEVER_HEARD);
}

/* --- devices that go back to their old image ------------------------------------------------- */

#define OLD_VERSION 0x01000000u

Test(reception, takes_a_confirmed_device_back_when_it_reports_the_old_version)
{
    struct campaign_params params = fleet_default_params();
    fleet_create(&fleet, 3, 900 * SIM_NS_PER_S, &params);
    fleet_run(&fleet, 9 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    fleet.devices[1].version = OLD_VERSION;
    fleet.devices[2].version = FLEET_VERSION + 1; /* of another campaign */
    fleet_run(&fleet, engine_now(fleet.engine) + HOUR_NS);
    struct campaign_device device = fleet_view(&fleet, 1);
    cr_assert_eq(device.failure, CAMPAIGN_FAILURE_REVERTED);
    cr_assert_eq(device.stage, CAMPAIGN_AUTHENTICATED);
    cr_assert_eq(device.confirmed_ns, SIM_NS_NEVER);
    cr_assert_eq(campaign_stage_count(fleet.campaign, CAMPAIGN_CONFIRMED), 2);
    cr_assert_eq(fleet_view(&fleet, 2).failure, CAMPAIGN_FAILURE_NONE);
    fleet.devices[1].version = FLEET_VERSION;
    fleet_run(&fleet, engine_now(fleet.engine) + HOUR_NS);
    cr_assert_eq(fleet_view(&fleet, 1).failure, CAMPAIGN_FAILURE_REVERTED,
            "the campaign is over, and takes no word for it");
}

/* It reports what it says; the server never heard the new version of it. */
Test(reception, knows_by_the_report_why_an_image_does_not_run)
{
    static const struct {
        uint8_t status;
        enum campaign_failure failure;
    } rows[] = {
        { UPDATE_REVERTED, CAMPAIGN_FAILURE_REVERTED },
        { UPDATE_UNHEARD, CAMPAIGN_FAILURE_REVERTED_UNHEARD },
        { UPDATE_BAD_HARDWARE, CAMPAIGN_FAILURE_WRONG_HARDWARE },
        { UPDATE_BAD_SIGNATURE, CAMPAIGN_FAILURE_IMAGE_REFUSED },
    };
    struct campaign_params params = fleet_default_params();
    uint32_t count = sizeof rows / sizeof rows[0];
    fleet_create(&fleet, count, 900 * SIM_NS_PER_S, &params);
    for (uint32_t i = 0; i < count; i++) {
        fleet.devices[i].faults.installs_nothing = true;
        fleet.devices[i].update_status = rows[i].status;
    }
    fleet_run(&fleet, 9 * HOUR_NS);
    for (uint32_t i = 0; i < count; i++) {
        cr_assert_eq(fleet_view(&fleet, i).failure, rows[i].failure, "row %u: %s", i,
                campaign_failure_name(fleet_view(&fleet, i).failure));
    }
}
