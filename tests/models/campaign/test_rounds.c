/* Rounds and waves of a campaign over scripted devices.
 * SPDX-License-Identifier: MIT
 *
 * Goal: members that a round left, and no others, are set up again, with numbers of their own, as
 * often as the campaign may; what a device says of an earlier round still counts.
 * Oracles: what the devices saw in bytes, and TS004-2.0.0 section 3.4.1 on SessionCnt.
 */
#include <criterion/criterion.h>

#include "models/campaign/fleet_suite.h"
#include "update/update.h"

TestSuite(rounds, .fini = fleet_suite_end);

#define PERIOD_NS (900 * SIM_NS_PER_S)

static struct campaign_params params_of(uint8_t retries)
{
    struct campaign_params params = fleet_default_params();
    params.retries = retries;
    params.retry_pause_ns = HOUR_NS / 2;
    return params;
}

static void run_to_round(uint32_t round)
{
    sim_ns at_ns = engine_now(fleet.engine);
    while (campaign_round_count(fleet.campaign) <= round) {
        at_ns += 60 * SIM_NS_PER_S;
        fleet_run(&fleet, at_ns);
        cr_assert_lt(at_ns, 48 * HOUR_NS, "round %u never begins", round);
    }
}

static struct campaign_round round_of(uint32_t round)
{
    struct campaign_round view;
    campaign_round_get(fleet.campaign, round, &view);
    return view;
}

static uint32_t session_cnt(uint32_t device)
{
    const uint8_t *payload = fleet.devices[device].set_up_payload;
    return payload[11] | (uint32_t)payload[12] << 8;
}

Test(rounds, help_those_that_the_first_one_left)
{
    struct campaign_params params = params_of(1);
    fleet_create(&fleet, 5, PERIOD_NS, &params);
    fleet.devices[1].faults.ignores_set_up = true;
    fleet.devices[2].faults.loss_percent = 100;
    run_to_round(1);
    uint32_t address = fleet.devices[2].groups[fleet.devices[2].group_id].mc_addr;
    uint32_t count = session_cnt(2);
    cr_assert_eq(fleet.devices[0].set_up_downlinks, 3, "group, session, fragments");
    cr_assert_eq(fleet_view(&fleet, 2).left[0], CAMPAIGN_FAILURE_NOTHING_RECEIVED);
    fleet.devices[1].faults.ignores_set_up = false;
    fleet.devices[2].faults.loss_percent = 0;
    fleet_run(&fleet, 24 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    for (uint32_t i = 0; i < 5; i++) {
        bool again = i == 1 || i == 2;
        cr_assert_eq(fleet_view(&fleet, i).rounds, again ? 2 : 1, "device %u", i);
        cr_assert_eq(fleet.devices[i].frag_set_ups, i == 2 ? 2 : 1, "device %u", i);
    }
    cr_assert_neq(fleet.devices[2].groups[fleet.devices[2].group_id].mc_addr, address);
    cr_assert_gt(session_cnt(2), count);
    struct campaign_round first = round_of(0), second = round_of(1);
    cr_assert_eq(first.members, 5);
    cr_assert_eq(first.failed[CAMPAIGN_FAILURE_NONE], 3);
    cr_assert_eq(first.failed[CAMPAIGN_FAILURE_SET_UP_UNANSWERED], 1);
    cr_assert_eq(first.failed[CAMPAIGN_FAILURE_NOTHING_RECEIVED], 1);
    cr_assert_eq(second.members, 2);
    cr_assert_eq(second.failed[CAMPAIGN_FAILURE_NONE], 2);
    cr_assert_eq(second.sent_uncoded, campaign_nb_frag(fleet.campaign));
    cr_assert_eq(second.start_ns - first.end_ns, params.retry_pause_ns);
}

/* The firmware refuses each version up to one that failed its trial (device/update/update.h), so
 * the same image is of no use to a device that went back; a retry is for the others. */
Test(rounds, leave_a_device_alone_that_went_back)
{
    struct campaign_params params = params_of(2);
    fleet_create(&fleet, 3, PERIOD_NS, &params);
    fleet.devices[0].faults.installs_nothing = true;
    fleet.devices[0].update_status = UPDATE_REVERTED;
    fleet.devices[2].faults.loss_percent = 100;
    run_to_round(1);
    cr_assert_eq(fleet_view(&fleet, 0).failure, CAMPAIGN_FAILURE_REVERTED);
    fleet.devices[2].faults.loss_percent = 0;
    fleet_run(&fleet, 48 * HOUR_NS);
    cr_assert(server_done(fleet.server));
    cr_expect_eq(fleet.devices[0].frag_set_ups, 1);
    cr_expect_eq(fleet_view(&fleet, 0).rounds, 1);
    cr_expect_eq(fleet_view(&fleet, 0).failure, CAMPAIGN_FAILURE_REVERTED);
    cr_expect_eq(fleet_view(&fleet, 2).stage, CAMPAIGN_CONFIRMED);
    cr_expect_eq(campaign_round_count(fleet.campaign), 2, "none for it alone");
}

/* The image may be good: where nothing but the lack of a network spoke against it, the firmware
 * takes it again. */
Test(rounds, send_it_again_to_a_device_that_went_back_without_coverage)
{
    struct campaign_params params = params_of(2);
    fleet_create(&fleet, 2, PERIOD_NS, &params);
    fleet.devices[0].faults.installs_nothing = true;
    fleet.devices[0].update_status = UPDATE_UNHEARD;
    fleet.devices[1].faults.loss_percent = 100;
    run_to_round(1);
    cr_assert_eq(fleet_view(&fleet, 0).left[0], CAMPAIGN_FAILURE_REVERTED_UNHEARD);
    fleet.devices[0].faults.installs_nothing = false;
    fleet.devices[0].update_status = UPDATE_NONE;
    fleet.devices[1].faults.loss_percent = 0;
    fleet_run(&fleet, 48 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    cr_expect_eq(fleet_view(&fleet, 0).rounds, 2);
}

/* They refuse the block soon, and may listen until their session times out: a session of the next
 * round that opened before then would find them held. */
Test(rounds, begin_late_enough_for_devices_that_still_listen)
{
    struct campaign_params params = params_of(1);
    params.set_up_window_ns = HOUR_NS / 4;
    params.retry_pause_ns = 60 * SIM_NS_PER_S;
    params.correction_timeout_ns = 4 * HOUR_NS;
    fleet_create(&fleet, 2, 300 * SIM_NS_PER_S, &params);
    fleet.devices[0].faults.bad_mic = fleet.devices[1].faults.bad_mic = true;
    run_to_round(1);
    fleet.devices[0].faults.bad_mic = fleet.devices[1].faults.bad_mic = false;
    fleet_run(&fleet, 24 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    struct campaign_session first, second;
    campaign_session_get(fleet.campaign, 0, &first);
    campaign_session_get(fleet.campaign, 1, &second);
    cr_assert_geq(second.start_ns, first.end_ns);
}

/* Answers to the set-up of the first round come as the first uplink in the second one, in which the
 * member is in no transfer yet. */
Test(rounds, bear_answers_to_the_set_up_of_an_earlier_one)
{
    struct campaign_params params = params_of(1);
    fleet_create(&fleet, 3, PERIOD_NS, &params);
    fleet.devices[2].faults.loss_percent = 100;
    run_to_round(1);
    uint8_t group_id = fleet.devices[2].group_id;
    const uint8_t answers[] = { 0x02, group_id, 0x04, group_id, 60, 0, 0 };
    fleet_say(&fleet, 2, 200, answers, sizeof answers);
    fleet.devices[2].faults.loss_percent = 0;
    fleet_run(&fleet, 24 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    cr_assert_eq(fleet_view(&fleet, 2).rounds, 2);
}

/* A device without the package, one that refuses our group, one that keeps its old version. */
Test(rounds, leave_out_those_that_they_cannot_help)
{
    struct campaign_params params = params_of(2);
    params.versions = VERSIONS_ASK;
    fleet_create(&fleet, 5, PERIOD_NS, &params);
    fleet.devices[0].faults.unknown_version = true;
    fleet.devices[1].faults.refuses_group = true;
    fleet.devices[2].faults.installs_nothing = true;
    fleet.devices[3].faults.loss_percent = 100;
    run_to_round(1);
    fleet.devices[3].faults.loss_percent = 0;
    fleet_run(&fleet, 36 * HOUR_NS);
    cr_assert_eq(campaign_phase(fleet.campaign), CAMPAIGN_PHASE_DONE);
    cr_assert_eq(campaign_round_count(fleet.campaign), 2, "nothing is left for the third");
    for (uint32_t i = 0; i < 5; i++) {
        cr_assert_eq(fleet_view(&fleet, i).rounds, i == 3 ? 2 : 1, "device %u", i);
    }
    cr_assert_eq(fleet_view(&fleet, 0).failure, CAMPAIGN_FAILURE_NO_PACKAGE);
    cr_assert_eq(fleet_view(&fleet, 1).failure, CAMPAIGN_FAILURE_SET_UP_REFUSED);
    cr_assert_eq(fleet_view(&fleet, 2).failure, CAMPAIGN_FAILURE_NOT_INSTALLED);
    cr_assert_eq(fleet_view(&fleet, 3).failure, CAMPAIGN_FAILURE_NONE);
}

/* Design section 5, invariant 10. */
Test(rounds, end_when_none_of_them_helps)
{
    struct campaign_params params = params_of(3);
    fleet_create(&fleet, 3, PERIOD_NS, &params);
    fleet.devices[0].faults.silent = true;
    fleet.devices[1].faults.loss_percent = 100;
    fleet.devices[2].faults.never_joins = true;
    fleet_run(&fleet, 72 * HOUR_NS);
    cr_assert_eq(campaign_phase(fleet.campaign), CAMPAIGN_PHASE_DONE);
    cr_assert_eq(campaign_round_count(fleet.campaign), 4);
    static const enum campaign_failure expected[3] = { CAMPAIGN_FAILURE_NO_UPLINK,
        CAMPAIGN_FAILURE_NOTHING_RECEIVED, CAMPAIGN_FAILURE_NEVER_HEARD };
    for (uint32_t i = 0; i < 3; i++) {
        struct campaign_device view = fleet_view(&fleet, i);
        cr_assert_eq(view.rounds, 4);
        cr_assert_eq(view.failure, expected[i]);
        for (uint32_t round = 0; round < 3; round++) {
            cr_assert_eq(view.left[round], expected[i], "device %u, round %u: %s", i, round,
                    campaign_failure_name((enum campaign_failure)view.left[round]));
        }
    }
}

Test(rounds, are_none_where_all_confirmed)
{
    struct campaign_params params = params_of(2);
    fleet_create(&fleet, 4, PERIOD_NS, &params);
    fleet_run(&fleet, 6 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    cr_assert_eq(campaign_round_count(fleet.campaign), 1);
    cr_assert(server_done(fleet.server));
}

/* Device 1 has the whole block, and the server hears nothing of that in the first round. */
static void lose_the_reports(const struct campaign_params *params)
{
    fleet_create(&fleet, 3, PERIOD_NS, params);
    fleet_run(&fleet, params->start_ns + params->set_up_window_ns);
    fleet.devices[1].faults.dies_in_session = true;
    fleet.devices[1].faults.names_other_index = true;
    run_to_round(1);
    cr_assert(fleet.devices[1].whole);
    cr_assert_eq(fleet_view(&fleet, 1).left[0], CAMPAIGN_FAILURE_SILENT_AFTER_SESSION);
    fleet.devices[1].faults.dies_in_session = false;
    fleet.devices[1].faults.names_other_index = false;
}

/* Its report was lost, so the next round begins for it; what it says then is about the block that
 * it holds. Design section 5, invariant 9. */
Test(rounds, acknowledge_the_block_of_an_earlier_one)
{
    struct campaign_params params = params_of(1);
    lose_the_reports(&params);
    struct fleet_device *late = &fleet.devices[1];
    late->answers[0] = 0x04; /* FragDataBlockReceivedReq goes out with its next uplink */
    late->answers[1] = late->frag_index;
    late->answers_size = 2;
    late->answers_fport = 201;
    fleet_run(&fleet, 24 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    cr_assert_eq(late->frag_set_ups, 1, "no set-up has cleared the block");
    cr_assert_eq(fleet_view(&fleet, 1).rounds, 2);
}

/* A device that has installed the block of the first round by the time of the second is confirmed,
 * not set up again. */
Test(rounds, take_the_new_version_from_an_earlier_one)
{
    struct campaign_params params = params_of(1);
    lose_the_reports(&params);
    fleet.devices[1].version = FLEET_VERSION;
    uint32_t downlinks = fleet.devices[1].set_up_downlinks;
    fleet_run(&fleet, 24 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    cr_assert_eq(fleet.devices[1].set_up_downlinks, downlinks);
}

/* All members that were set up are done at once, and the time that they had ends in the pause. */
Test(rounds, begin_once)
{
    struct campaign_params params = params_of(1);
    params.retry_pause_ns = 6 * HOUR_NS;
    fleet_create(&fleet, 3, PERIOD_NS, &params);
    fleet.devices[2].faults.ignores_set_up = true;
    run_to_round(1);
    fleet.devices[2].faults.ignores_set_up = false;
    fleet_run(&fleet, 24 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    cr_assert_eq(round_of(1).members, 1);
}

/* --- waves ------------------------------------------------------------------------------------ */

static struct campaign_session session_of_transfer(uint32_t transfer)
{
    struct campaign_session view = { .transfer = UINT32_MAX };
    for (uint32_t s = 0; s < campaign_session_count(fleet.campaign); s++) {
        campaign_session_get(fleet.campaign, s, &view);
        if (view.transfer == transfer) {
            return view;
        }
    }
    cr_assert_fail("transfer %u has no session", transfer);
    return view;
}

Test(rounds, deal_members_into_waves_that_follow_one_another)
{
    struct campaign_params params = params_of(0);
    params.wave_size = 4;
    fleet_create(&fleet, 10, PERIOD_NS, &params);
    fleet_run(&fleet, 24 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    cr_assert_eq(campaign_transfer_count(fleet.campaign), 3);
    static const uint32_t members[3] = { 4, 4, 2 };
    for (uint32_t t = 0; t < 3; t++) {
        struct campaign_transfer transfer;
        campaign_transfer_get(fleet.campaign, t, &transfer);
        cr_assert_eq(transfer.members, members[t]);
        cr_assert_eq(transfer.wave, t);
        cr_assert_eq(transfer.sent_uncoded, transfer.nb_frag, "each wave gets the block");
        if (t > 0) {
            cr_assert_geq(session_of_transfer(t).start_ns,
                    session_of_transfer(t - 1).start_ns + params.correction_timeout_ns);
        }
    }
    for (uint32_t i = 0; i < 10; i++) {
        cr_assert_eq(fleet.devices[i].frag_set_ups, 1);
    }
}

Test(rounds, have_waves_of_their_own)
{
    struct campaign_params params = params_of(1);
    params.wave_size = 2;
    fleet_create(&fleet, 6, PERIOD_NS, &params);
    for (uint32_t i = 1; i < 4; i++) {
        fleet.devices[i].faults.loss_percent = 100;
    }
    run_to_round(1);
    for (uint32_t i = 1; i < 4; i++) {
        fleet.devices[i].faults.loss_percent = 0;
    }
    fleet_run(&fleet, 48 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    cr_assert_eq(campaign_transfer_count(fleet.campaign), 2 * 3);
    static const uint32_t members[6] = { 2, 2, 2, 2, 1, 0 };
    for (uint32_t t = 0; t < 6; t++) {
        struct campaign_transfer transfer;
        campaign_transfer_get(fleet.campaign, t, &transfer);
        cr_assert_eq(transfer.members, members[t], "transfer %u", t);
        cr_assert_eq(transfer.round, t / 3);
        cr_assert_eq(transfer.open, members[t] > 0);
    }
}
