/* Policies of other servers, each by itself: what devices are told, and how they end.
 * SPDX-License-Identifier: MIT
 *
 * Oracle: spec-protocol 8.1, 8.4 and 9.5 (what ChirpStack and Actility do), TS004-2.0.0 sections
 * 3.2 and 3.3, and the bytes that the devices saw.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "campaign/packages.h"
#include "models/campaign/fleet_suite.h"
#include "models/campaign/scripted_fleet_internal.h"

#define SESSION_CNT_OF(device) fleet_le((device)->set_up_payload + 11, 2)

TestSuite(policies, .fini = fleet_suite_end);

/* In the place of the one before. */
static void create(uint32_t count, const struct campaign_params *params)
{
    if (fleet.engine != NULL) {
        fleet_destroy(&fleet);
    }
    fleet_create(&fleet, count, 900 * SIM_NS_PER_S, params);
}

static struct campaign_params one_per_uplink(enum campaign_set_up_order order)
{
    struct campaign_params params = fleet_default_params();
    params.set_up_policy = SET_UP_ONE_PER_UPLINK;
    params.set_up_order = order;
    params.set_up_window_ns = 4 * HOUR_NS;
    return params;
}

/* --- order of the set-up --------------------------------------------------------------------- */

/* A device whose session is never accepted has seen what comes before it. */
Test(policies, set_up_the_fragmentation_session_before_or_after_the_session)
{
    for (int order = SET_UP_SESSION_FIRST; order <= SET_UP_FRAGMENTATION_FIRST; order++) {
        struct campaign_params params = one_per_uplink((enum campaign_set_up_order)order);
        create(1, &params);
        fleet.devices[0].faults.always_misses_start = true;
        fleet_run(&fleet, params.start_ns + 4 * HOUR_NS);
        cr_assert_gt(fleet.devices[0].session_requests, 0);
        cr_assert_eq(fleet.devices[0].frag_set_ups, order == SET_UP_SESSION_FIRST ? 0 : 1);
        cr_assert_eq(fleet_view(&fleet, 0).failure, CAMPAIGN_FAILURE_START_MISSED);
    }
}

Test(policies, confirm_a_fleet_in_either_order)
{
    struct campaign_params params = one_per_uplink(SET_UP_FRAGMENTATION_FIRST);
    create(6, &params);
    fleet.devices[1].faults.clock_error_s = 600;
    fleet.devices[2].faults.lost_downlinks = 2;
    fleet.devices[3].faults.session_cnt_least = 1;
    fleet_run(&fleet, params.start_ns + 9 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
}

Test(policies, chain_the_fragmentation_session_before_the_session)
{
    struct campaign_params params = fleet_default_params();
    params.set_up_order = SET_UP_FRAGMENTATION_FIRST;
    create(4, &params);
    /* Each answer is followed by the next command: all in the exchange after one report. */
    fleet_run(&fleet, params.start_ns + 1100 * SIM_NS_PER_S);
    for (uint32_t i = 0; i < 4; i++) {
        cr_assert_eq(fleet_view(&fleet, i).stage, CAMPAIGN_READY, "device %u", i);
        cr_assert_eq(fleet.devices[i].set_up_downlinks, 3);
    }
    fleet_run(&fleet, 6 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
}

/* A reset while the device is READY: it may have lost all, and is set up in the usual order. */
Test(policies, set_up_again_after_a_reset_whatever_the_order)
{
    struct campaign_params params = fleet_default_params();
    params.set_up_order = SET_UP_FRAGMENTATION_FIRST;
    params.set_up_window_ns = 2 * HOUR_NS;
    create(3, &params);
    fleet.devices[1].faults.reset_at_ns = params.start_ns + HOUR_NS;
    fleet_run(&fleet, params.start_ns + 8 * HOUR_NS);
    cr_assert_eq(fleet.devices[1].resets, 1);
    fleet_expect_all_confirmed(&fleet);
}

/* --- tries ----------------------------------------------------------------------------------- */

Test(policies, leave_out_a_device_after_so_many_tries)
{
    struct campaign_params params = one_per_uplink(SET_UP_FRAGMENTATION_FIRST);
    params.set_up_tries = 3;
    create(3, &params);
    fleet.devices[0].faults.ignores_set_up = true;
    fleet.devices[1].faults.lost_downlinks = 2;
    fleet_run(&fleet, params.start_ns + 4 * HOUR_NS);
    cr_assert_eq(fleet.devices[0].set_up_downlinks, 3, "of 16 reports");
    cr_assert_eq(fleet_view(&fleet, 0).failure, CAMPAIGN_FAILURE_SET_UP_UNANSWERED);
    cr_assert_eq(fleet_view(&fleet, 1).stage, CAMPAIGN_READY, "the third one arrived");
}

Test(policies, ask_for_the_status_so_many_times)
{
    struct campaign_params params = fleet_default_params();
    params.correction = CORRECTION_FIXED;
    params.status_tries = 1;
    create(2, &params);
    fleet.devices[0].faults.loss_percent = 100;
    fleet_run(&fleet, params.start_ns + 5 * HOUR_NS);
    cr_assert_eq(fleet.devices[0].status_requests, 1, "%u", fleet.devices[0].status_requests);
    cr_assert_eq(fleet_view(&fleet, 0).failure, CAMPAIGN_FAILURE_NOTHING_RECEIVED);
}

/* --- numbers --------------------------------------------------------------------------------- */

Test(policies, count_session_cnt_by_session_or_by_command)
{
    for (int by = SESSION_CNT_PER_SESSION; by <= SESSION_CNT_PER_COMMAND; by++) {
        struct campaign_params params = one_per_uplink(SET_UP_SESSION_FIRST);
        params.session_cnt = (enum campaign_session_cnt)by;
        create(1, &params);
        struct fleet_device *device = &fleet.devices[0];
        device->faults.loses_frag_ans = true;
        fleet_run(&fleet, params.start_ns + 3 * HOUR_NS);
        cr_assert_gt(device->frag_set_ups, 3);
        uint32_t count = by == SESSION_CNT_PER_COMMAND ? device->frag_set_ups - 1u : 0;
        cr_assert_eq(SESSION_CNT_OF(device), count);
        uint8_t mic[4];
        package_block_mic(device->mac.identity.gen_app_key, (uint16_t)count, 0,
                device->set_up_payload + 7, fleet.image, fleet.image_size, mic);
        cr_assert_arr_eq(device->set_up_payload + 13, mic, 4);
    }
}

/* Campaign 1 of a server has FragIndex 1 and McGroupID 1 at a device of campaign 0. */
Test(policies, give_zero_as_every_number)
{
    struct campaign_params params = fleet_default_params();
    params.numbers = NUMBERS_ZERO;
    create(2, &params);
    struct campaign_params next = params;
    next.start_ns = 5 * HOUR_NS;
    const struct campaign *second =
            server_campaign_add(fleet.server, &next, fleet.image, fleet.image_size, FLEET_VERSION);
    fleet_run(&fleet, 4 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    fleet.devices[0].version = 0x01000000;
    fleet_run(&fleet, 6 * HOUR_NS);
    cr_assert_eq(campaign_stage_count(second, CAMPAIGN_READY), 2);
    for (uint32_t i = 0; i < 2; i++) {
        const struct fleet_device *device = &fleet.devices[i];
        cr_assert(device->groups[0].defined && !device->groups[1].defined);
        cr_assert_eq(device->frag_index, 0);
        cr_assert_eq(device->groups[0].mc_addr, campaign_mc_addr(second));
        cr_assert_eq(SESSION_CNT_OF(device), 1, "the second session under FragIndex 0");
    }
}

/* --- messages -------------------------------------------------------------------------------- */

/* AckReception is bit 6 of Control; devices of version 2 then report to FragSessionStatusReq only.
 */
Test(policies, ask_for_the_block_where_no_device_reports_it)
{
    struct campaign_params params = fleet_default_params();
    params.receipts = RECEIPTS_NONE;
    params.correction = CORRECTION_FIXED;
    create(4, &params);
    fleet_run(&fleet, params.start_ns + 8 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    for (uint32_t i = 0; i < 4; i++) {
        cr_assert_eq(fleet.devices[i].set_up_payload[5] & 0x40, 0);
        cr_assert_eq(fleet.devices[i].receipts + fleet.devices[i].acks, 0);
        cr_assert_geq(fleet.devices[i].status_requests, 1);
        cr_assert_neq(fleet_view(&fleet, i).authenticated_ns, SIM_NS_NEVER);
    }
}

/* ChirpStack's issue 910: the descriptor was sent, and the MIC was over four zero bytes. */
Test(policies, compute_the_mic_over_another_descriptor)
{
    struct campaign_params params = fleet_default_params();
    params.mic_descriptor = MIC_OF_ZERO;
    create(1, &params);
    fleet_run(&fleet, params.start_ns + 1800 * SIM_NS_PER_S);
    const uint8_t *p = fleet.devices[0].set_up_payload;
    const uint8_t *key = fleet.devices[0].mac.identity.gen_app_key;
    static const uint8_t zero[4] = { 0 };
    uint8_t right[4], wrong[4];
    cr_assert_eq(fleet_le(p + 7, 4), FLEET_VERSION);
    package_block_mic(key, 0, 0, p + 7, fleet.image, fleet.image_size, right);
    package_block_mic(key, 0, 0, zero, fleet.image, fleet.image_size, wrong);
    cr_assert_arr_neq(p + 13, right, 4);
    cr_assert_arr_eq(p + 13, wrong, 4);
}

/* --- session --------------------------------------------------------------------------------- */

/* 38 fragments and 6 coded ones: 5 s * 45 = 225 s, so 2^8 s, though two gateways take turns of 5 s
 * and need twice as long: devices stop listening half way. */
Test(policies, count_intervals_for_the_time_out)
{
    struct campaign_params params = fleet_default_params();
    params.correction = CORRECTION_FIXED;
    params.gateways = MULTICAST_DELAYED;
    params.interval_ns = 5 * SIM_NS_PER_S;
    params.time_out = TIME_OUT_BY_INTERVAL;
    create(4, &params);
    fleet_run(&fleet, params.start_ns + 8 * HOUR_NS);
    for (uint32_t i = 0; i < 4; i++) {
        cr_assert_eq(fleet.devices[i].groups[0].session_s, 256);
        cr_assert_eq(fleet_view(&fleet, i).failure, CAMPAIGN_FAILURE_INCOMPLETE);
        cr_assert_lt(fleet.devices[i].received_uncoded, 30);
    }
    params.gateways = MULTICAST_SINGLE;
    create(4, &params);
    fleet_run(&fleet, params.start_ns + 8 * HOUR_NS);
    cr_assert_eq(fleet.devices[0].groups[0].session_s, 256);
    for (uint32_t i = 0; i < 4; i++) {
        cr_assert_eq(fleet_view(&fleet, i).stage, CAMPAIGN_CONFIRMED, "one gateway is in time");
    }
}

/* --- rounds ---------------------------------------------------------------------------------- */

Test(policies, repeat_rounds_without_coded_fragments)
{
    struct campaign_params params = fleet_default_params();
    params.correction = CORRECTION_ROUNDS;
    params.redundancy = 0.0;
    params.rounds_threshold = 1.0;
    params.correction_timeout_ns = 3 * HOUR_NS;
    create(6, &params);
    for (uint32_t i = 0; i < 3; i++) { /* the first round is lost on them */
        fleet.devices[i].faults.decoder_most = UINT32_MAX;
    }
    fleet_run(&fleet, 9 * HOUR_NS);
    cr_assert_eq(campaign_fragments_sent(fleet.campaign, true), 0);
    cr_assert_eq(campaign_correction_batches(fleet.campaign), 1);
    fleet_expect_all_confirmed(&fleet);
}

/* Two of four are whole after the first pass; the others hear nothing. */
Test(policies, end_rounds_at_their_threshold)
{
    for (int half = 0; half < 2; half++) {
        struct campaign_params params = fleet_default_params();
        params.correction = CORRECTION_ROUNDS;
        params.redundancy = 0.0;
        params.rounds_threshold = half ? 0.5 : 0.75;
        create(4, &params);
        fleet.devices[0].faults.loss_percent = 100;
        fleet.devices[1].faults.loss_percent = 100;
        fleet_run(&fleet, 9 * HOUR_NS);
        uint32_t rounds = campaign_correction_batches(fleet.campaign);
        cr_assert(half ? rounds == 0 : rounds > 2, "%u", rounds);
        cr_assert_eq(fleet_view(&fleet, 2).stage, CAMPAIGN_CONFIRMED);
        cr_assert_eq(fleet_view(&fleet, 0).failure, CAMPAIGN_FAILURE_NOTHING_RECEIVED);
    }
}
