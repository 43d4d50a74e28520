/* Whole campaigns over scripted devices: set-up, session, correction, confirmation, failures.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: what the devices saw in bytes (models/campaign/scripted_fleet.c knows the packages by
 * itself) and the rules of design section 4. Each failure reason has a device that must get it.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "campaign/packages.h"
#include "models/campaign/fleet_suite.h"
#include "observe.h"

TestSuite(campaign, .fini = fleet_suite_end);

Test(campaign, sets_a_device_up_within_one_report_when_chained)
{
    struct campaign_params params = fleet_default_params();
    fleet_create(&fleet, 4, 900 * SIM_NS_PER_S, &params);
    fleet_run(&fleet, params.start_ns);
    cr_assert_eq(campaign_phase(fleet.campaign), CAMPAIGN_PHASE_SET_UP);
    fleet_run(&fleet, params.start_ns + 900 * SIM_NS_PER_S);
    for (uint32_t i = 0; i < 4; i++) {
        cr_assert_eq(fleet_view(&fleet, i).stage, CAMPAIGN_READY);
        /* Two exchanges: answer after 1 s + 3 s each. */
        cr_assert_lt(fleet_view(&fleet, i).ready_ns - fleet_view(&fleet, i).first_command_ns,
                15 * SIM_NS_PER_S);
        cr_assert_leq(fleet_view(&fleet, i).group_set_up_ns, fleet_view(&fleet, i).ready_ns);
        cr_assert_eq(fleet.devices[i].set_up_downlinks, 3, "one of each command");
        cr_assert_eq(fleet.devices[i].resyncs, 0);
    }
    cr_assert_eq(campaign_phase(fleet.campaign), CAMPAIGN_PHASE_WAIT_SESSION);
}

Test(campaign, sends_one_command_per_report_when_asked_to)
{
    struct campaign_params params = fleet_default_params();
    params.set_up_policy = SET_UP_ONE_PER_UPLINK;
    fleet_create(&fleet, 2, 600 * SIM_NS_PER_S, &params);
    fleet_run(&fleet, params.start_ns + HOUR_NS);
    for (uint32_t i = 0; i < 2; i++) {
        cr_assert_eq(fleet_view(&fleet, i).stage, CAMPAIGN_READY);
        sim_ns taken_ns = fleet_view(&fleet, i).ready_ns - fleet_view(&fleet, i).first_command_ns;
        cr_assert(
                taken_ns > 1190 * SIM_NS_PER_S && taken_ns < 1220 * SIM_NS_PER_S, "three reports");
    }
}

Test(campaign, gives_each_device_its_own_key_and_block_mic)
{
    struct campaign_params params = fleet_default_params();
    fleet_create(&fleet, 3, 900 * SIM_NS_PER_S, &params);
    fleet_run(&fleet, params.start_ns + HOUR_NS / 2);
    uint8_t mc_key[16], app[16], nwk[16];
    campaign_mc_key(fleet.campaign, mc_key);
    lorawan_mc_session_keys(mc_key, campaign_mc_addr(fleet.campaign), app, nwk);
    for (uint32_t i = 0; i < 3; i++) {
        const struct fleet_device *d = &fleet.devices[i];
        cr_assert_arr_eq(
                d->groups[0].mc_app_s_key, app, 16, "the McKey that device %u decrypted", i);
        cr_assert_eq(d->nb_frag, (fleet.image_size + 99) / 100);
        cr_assert_eq(campaign_nb_frag(fleet.campaign), d->nb_frag);
        cr_assert_eq(d->set_up_payload[6], d->nb_frag * 100 - fleet.image_size, "padding");
        uint8_t mic[4];
        package_block_mic(fleet.identities[i].gen_app_key, 0, 0, d->set_up_payload + 7, fleet.image,
                fleet.image_size, mic);
        cr_assert_arr_eq(d->set_up_payload + 13, mic, 4);
        cr_assert(d->set_up_payload[5] & 0x40, "AckReception");
    }
    cr_assert_neq(
            memcmp(fleet.devices[0].set_up_payload + 13, fleet.devices[1].set_up_payload + 13, 4),
            0);
}

Test(campaign, brings_a_fleet_with_losses_to_the_new_version)
{
    struct campaign_params params = fleet_default_params();
    fleet_create(&fleet, 20, 900 * SIM_NS_PER_S, &params);
    for (uint32_t i = 0; i < 20; i++) {
        fleet.devices[i].faults.loss_percent = i == 7 ? 45 : 3 + i % 5;
        fleet.devices[i].faults.lost_downlinks = i % 3;
    }
    fleet_run(&fleet, 5 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    cr_assert_eq(campaign_stage_count(fleet.campaign, CAMPAIGN_AUTHENTICATED), 20);
    cr_assert_gt(campaign_correction_batches(fleet.campaign), 0, "device 7 needs one");
    cr_assert_eq(campaign_fragments_sent(fleet.campaign, false), 38);
    /* 15 % in the first pass, then batches for a device that loses 45 %. */
    cr_assert_geq(campaign_fragments_sent(fleet.campaign, true), 6 + 15);
    cr_assert_eq(fleet.devices[7].status_requests > 0, true);
}

Test(campaign, pauses_the_multicast_while_answers_are_awaited)
{
    struct campaign_params params = fleet_default_params();
    params.redundancy = 0.0;
    fleet_create(&fleet, 6, 900 * SIM_NS_PER_S, &params);
    for (uint32_t i = 0; i < 6; i++) {
        fleet.devices[i].faults.loss_percent = 30;
    }
    fleet_run(&fleet, 5 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    cr_assert_eq(fleet.bulk_uplinks, 0);
    cr_assert_gt(fleet.devices[0].uplinks_in_session, 0);
    /* Between a status request (16 bytes) and what follows lies the answer window, unless all
     * have answered. */
    const struct fake_tx *entry;
    sim_ns asked_ns = 0;
    for (uint32_t n = 0; (entry = fake_gateways_accepted(fleet.gateways, n)) != NULL; n++) {
        bool multicast = entry->tx.modulation.spreading_factor == 7
                         && entry->tx.modulation.frequency_hz == 869525000;
        if (multicast && entry->tx.size == 13 + 2) {
            asked_ns = entry->tx.at_ns;
        } else if (multicast && asked_ns != 0) {
            cr_assert_gt(entry->tx.at_ns - asked_ns, 3 * SIM_NS_PER_S);
            asked_ns = 0;
        }
    }
}

Test(campaign, stops_as_soon_as_all_have_reported)
{
    struct campaign_params params = fleet_default_params();
    params.redundancy = 3.0;
    fleet_create(&fleet, 4, 900 * SIM_NS_PER_S, &params);
    fleet_run(&fleet, 5 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    cr_assert_lt(campaign_fragments_sent(fleet.campaign, true), 40, "of 114 planned");
}

Test(campaign, goes_on_until_reported)
{
    struct campaign_params params = fleet_default_params();
    params.correction = CORRECTION_UNTIL_REPORTED;
    params.redundancy = 0.0;
    fleet_create(&fleet, 3, 900 * SIM_NS_PER_S, &params);
    for (uint32_t i = 0; i < 3; i++) {
        fleet.devices[i].faults.loss_percent = 40;
    }
    fleet_run(&fleet, 5 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    for (uint32_t i = 0; i < 3; i++) {
        cr_assert_eq(fleet.devices[i].status_requests, 0);
    }
}

Test(campaign, sends_the_planned_fragments_only_when_fixed)
{
    struct campaign_params params = fleet_default_params();
    params.correction = CORRECTION_FIXED;
    fleet_create(&fleet, 3, 900 * SIM_NS_PER_S, &params);
    fleet.devices[1].faults.loss_percent = 60;
    fleet_run(&fleet, 8 * HOUR_NS);
    cr_assert_eq(campaign_fragments_sent(fleet.campaign, true), 6, "15 %% of 38");
    cr_assert_eq(fleet_view(&fleet, 0).stage, CAMPAIGN_CONFIRMED);
    cr_assert_eq(fleet_view(&fleet, 1).stage, CAMPAIGN_READY);
    cr_assert_eq(fleet_view(&fleet, 1).failure, CAMPAIGN_FAILURE_INCOMPLETE,
            "asked by unicast afterwards");
    cr_assert_gt(fleet_view(&fleet, 1).missing_reported, 0);
    cr_assert_eq(campaign_phase(fleet.campaign), CAMPAIGN_PHASE_DONE);
}

Test(campaign, serves_version_1_of_the_fragmentation_package)
{
    struct campaign_params params = fleet_default_params();
    params.fragmentation_version = 1;
    fleet_create(&fleet, 5, 900 * SIM_NS_PER_S, &params);
    for (uint32_t i = 0; i < 5; i++) {
        fleet.devices[i].faults.loss_percent = 10;
    }
    fleet_run(&fleet, 8 * HOUR_NS);
    cr_assert_eq(campaign_stage_count(fleet.campaign, CAMPAIGN_COMPLETE), 5);
    /* Version 1 has no acknowledgement of a block, so these devices keep their old version. */
    cr_assert_eq(fleet_view(&fleet, 0).failure, CAMPAIGN_FAILURE_NOT_INSTALLED, "%s",
            campaign_failure_name(fleet_view(&fleet, 0).failure));
}

Test(campaign, corrects_a_clock_that_disagrees)
{
    struct campaign_params params = fleet_default_params();
    fleet_create(&fleet, 4, 900 * SIM_NS_PER_S, &params);
    fleet.devices[0].faults.clock_error_s = 40;
    fleet.devices[1].faults.clock_error_s = -700;
    fleet.devices[2].faults.clock_error_s = 2;
    fleet.devices[3].faults.clock_error_s = 1000000; /* beyond the session: StartMissed */
    fleet_run(&fleet, 6 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    cr_assert_geq(fleet.devices[0].resyncs, 1);
    cr_assert_geq(fleet.devices[1].resyncs, 1);
    cr_assert_eq(fleet.devices[2].resyncs, 0, "within 3 s");
    cr_assert_geq(fleet.devices[3].resyncs, 1);
    cr_assert_lt(abs(fleet.devices[0].faults.clock_error_s), 2);
}

Test(campaign, names_the_reason_of_every_failure)
{
    struct campaign_params params = fleet_default_params();
    params.confirm_timeout_ns = 2 * HOUR_NS;
    fleet_create(&fleet, 12, 900 * SIM_NS_PER_S, &params);
    fleet.devices[0].faults.never_joins = true;
    fleet.devices[1].faults.silent = true;
    fleet.devices[2].faults.ignores_set_up = true;
    fleet.devices[3].faults.refuses_group = true;
    fleet.devices[4].faults.clock_error_s = 100;
    fleet.devices[4].faults.ignores_clock = true;
    fleet.devices[5].faults.loss_percent = 99;
    fleet.devices[6].faults.dies_in_session = true;
    fleet.devices[6].faults.loss_percent = 100;
    fleet.devices[7].faults.bad_mic = true;
    fleet.devices[8].faults.refuses_fragments = 0x02;
    fleet.devices[9].faults.installs_nothing = true;
    fleet_run(&fleet, 12 * HOUR_NS);
    cr_assert_eq(campaign_phase(fleet.campaign), CAMPAIGN_PHASE_DONE);
    const enum campaign_failure expected[12] = { CAMPAIGN_FAILURE_NEVER_HEARD,
        CAMPAIGN_FAILURE_NO_UPLINK, CAMPAIGN_FAILURE_SET_UP_UNANSWERED,
        CAMPAIGN_FAILURE_SET_UP_REFUSED, CAMPAIGN_FAILURE_CLOCK, CAMPAIGN_FAILURE_INCOMPLETE,
        CAMPAIGN_FAILURE_SILENT_AFTER_SESSION, CAMPAIGN_FAILURE_BLOCK_MIC,
        CAMPAIGN_FAILURE_NO_MEMORY, CAMPAIGN_FAILURE_NOT_INSTALLED, CAMPAIGN_FAILURE_NONE,
        CAMPAIGN_FAILURE_NONE };
    for (uint32_t i = 0; i < 12; i++) {
        cr_assert_eq(fleet_view(&fleet, i).failure, expected[i], "device %u: %s", i,
                campaign_failure_name(fleet_view(&fleet, i).failure));
    }
    cr_assert_leq(fleet.devices[3].set_up_downlinks, 3 * 2, "no endless asking");
}

static enum gateway_tx_result refuse_unicast_before_the_session(
        void *context, uint32_t gateway, const struct gateway_tx *tx, sim_ns now_ns)
{
    (void)context;
    bool join_accept = tx->bytes[0] == 0x20;
    return !join_accept && now_ns < 1000 * SIM_NS_PER_S + HOUR_NS
                   ? GATEWAY_TX_DUTY_CYCLE
                   : fake_gateways_queue(fleet.gateways, gateway, tx, now_ns);
}

Test(campaign, drops_set_up_commands_that_missed_their_session)
{
    struct campaign_params params = fleet_default_params();
    fleet_create(&fleet, 3, 900 * SIM_NS_PER_S, &params);
    fleet.gateways->judge = refuse_unicast_before_the_session;
    fleet_run(&fleet, 4 * HOUR_NS);
    for (uint32_t i = 0; i < 3; i++) {
        cr_assert_eq(fleet_view(&fleet, i).failure, CAMPAIGN_FAILURE_NOT_SENT);
        cr_assert_eq(fleet.devices[i].set_up_downlinks, 0);
        cr_assert_eq(network_queue_length(fleet.network, i), 0);
    }
    cr_assert_eq(campaign_phase(fleet.campaign), CAMPAIGN_PHASE_DONE, "no member to send to");
    cr_assert_eq(campaign_fragments_sent(fleet.campaign, false), 0);
}

/* One command was on the air and was not answered, whatever came of those after it. */
static enum gateway_tx_result refuse_unicast_but_one(
        void *context, uint32_t gateway, const struct gateway_tx *tx, sim_ns now_ns)
{
    (void)context;
    const struct fleet_device *d = &fleet.devices[0];
    return tx->bytes[0] != 0x20 && d->set_up_downlinks > 0
                   ? GATEWAY_TX_DUTY_CYCLE
                   : fake_gateways_queue(fleet.gateways, gateway, tx, now_ns);
}

Test(campaign, command_that_was_sent_is_unanswered_whatever_follows)
{
    struct campaign_params params = fleet_default_params();
    fleet_create(&fleet, 1, 900 * SIM_NS_PER_S, &params);
    fleet.devices[0].faults.ignores_set_up = true;
    fleet.gateways->judge = refuse_unicast_but_one;
    fleet_run(&fleet, 4 * HOUR_NS);
    cr_assert_eq(fleet.devices[0].set_up_downlinks, 1);
    cr_assert_eq(fleet_view(&fleet, 0).failure, CAMPAIGN_FAILURE_SET_UP_UNANSWERED);
}

/* --- limits and observations ----------------------------------------------------------------- */

Test(campaign, refuses_more_fragments_than_n_can_count)
{
    struct campaign_params params = fleet_default_params();
    fleet_create(&fleet, 1, 900 * SIM_NS_PER_S, &params);
    static uint8_t image[16384];
    params.fragment_size_bytes = 1;
    cr_assert_null(server_campaign_add(fleet.server, &params, image, 16384, 1));
    cr_assert_not_null(server_campaign_add(fleet.server, &params, image, 16383, 1));
    params.data_rate = 0; /* N = 51: no room for 49 bytes of data */
    params.fragment_size_bytes = 49;
    cr_assert_null(server_campaign_add(fleet.server, &params, image, 1000, 1));
}

static struct {
    uint32_t fragments, stages;
    int64_t phases[16];
    uint32_t phase_count;
    int64_t last_n;
} observed;

static void observe(void *context, const struct observation *observation)
{
    (void)context;
    if (observation->kind == OBSERVE_CAMPAIGN_FRAGMENT) {
        observed.fragments++;
        observed.last_n = observation->a;
    } else if (observation->kind == OBSERVE_CAMPAIGN_STAGE) {
        observed.stages++;
    } else if (observed.phase_count < 16) {
        observed.phases[observed.phase_count++] = observation->a;
    }
}

Test(campaign, states_its_phases_stages_and_fragments)
{
    struct campaign_params params = fleet_default_params();
    params.gateways = MULTICAST_SINGLE;
    fleet_create(&fleet, 2, 900 * SIM_NS_PER_S, &params);
    memset(&observed, 0, sizeof observed);
    engine_observer_add(fleet.engine,
            OBSERVE_BIT(OBSERVE_CAMPAIGN_FRAGMENT) | OBSERVE_BIT(OBSERVE_CAMPAIGN_STAGE)
                    | OBSERVE_BIT(OBSERVE_CAMPAIGN_PHASE),
            observe, NULL);
    fleet.devices[1].faults.loss_percent = 8;
    fleet_run(&fleet, 6 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    const int64_t phases[] = { CAMPAIGN_PHASE_SET_UP, CAMPAIGN_PHASE_WAIT_SESSION,
        CAMPAIGN_PHASE_UNCODED, CAMPAIGN_PHASE_CODED };
    cr_assert_arr_eq(observed.phases, phases, sizeof phases);
    cr_assert_eq(observed.phases[observed.phase_count - 1], CAMPAIGN_PHASE_DONE);
    cr_assert_eq(observed.fragments, campaign_fragments_sent(fleet.campaign, false)
                                             + campaign_fragments_sent(fleet.campaign, true));
    /* contacted, group_set_up, ready, complete, authenticated, confirmed */
    cr_assert_eq(observed.stages, 2 * 6);
}

Test(campaign, runs_the_same_twice)
{
    struct campaign_params params = fleet_default_params();
    uint64_t hashes[2];
    for (int i = 0; i < 2; i++) {
        if (i == 1) {
            fleet_destroy(&fleet);
        }
        fleet_create(&fleet, 10, 900 * SIM_NS_PER_S, &params);
        for (uint32_t k = 0; k < 10; k++) {
            fleet.devices[k].faults.loss_percent = 20;
        }
        fleet_run(&fleet, 5 * HOUR_NS);
        hashes[i] = engine_trace_hash(fleet.engine);
    }
    cr_assert_eq(hashes[0], hashes[1]);
}

/* --- clearing up ----------------------------------------------------------------------------- */

static void run_with_group_delete(uint32_t count, const struct fleet_faults *faults)
{
    struct campaign_params params = fleet_default_params();
    params.group_delete = true;
    fleet_create(&fleet, count, 900 * SIM_NS_PER_S, &params);
    for (uint32_t i = 0; faults != NULL && i < count; i++) {
        fleet.devices[i].faults = *faults;
    }
    fleet_run(&fleet, 6 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
}

Test(campaign, asks_confirmed_devices_for_their_groups_and_deletes_ours)
{
    run_with_group_delete(4, NULL);
    for (uint32_t i = 0; i < 4; i++) {
        cr_assert(fleet_view(&fleet, i).group_deleted);
        cr_assert_not(fleet.devices[i].groups[0].defined);
        cr_assert_eq(fleet.devices[i].group_status_requests, 1);
        cr_assert_eq(fleet.devices[i].group_delete_requests, 1);
    }
}

Test(campaign, leaves_groups_alone_by_default)
{
    struct campaign_params params = fleet_default_params();
    fleet_create(&fleet, 3, 900 * SIM_NS_PER_S, &params);
    fleet_run(&fleet, 6 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    for (uint32_t i = 0; i < 3; i++) {
        cr_assert(fleet.devices[i].groups[0].defined && !fleet_view(&fleet, i).group_deleted);
        cr_assert_eq(fleet.devices[i].group_status_requests, 0);
        cr_assert_eq(fleet.devices[i].group_delete_requests, 0);
    }
}

Test(campaign, deletes_no_group_that_the_device_has_forgotten_or_that_is_not_ours)
{
    const struct fleet_faults forgets = { .forgets_group = true };
    run_with_group_delete(2, &forgets);
    cr_assert(fleet_view(&fleet, 0).group_deleted);
    cr_assert_eq(fleet.devices[0].group_status_requests, 1);
    cr_assert_eq(fleet.devices[0].group_delete_requests, 0);
    fleet_destroy(&fleet);
    const struct fleet_faults other = { .other_group = true };
    run_with_group_delete(2, &other);
    cr_assert(fleet_view(&fleet, 1).group_deleted);
    cr_assert(fleet.devices[1].groups[0].defined);
    cr_assert_eq(fleet.devices[1].group_delete_requests, 0);
}

Test(campaign, deletes_again_when_the_answer_is_lost)
{
    const struct fleet_faults faults = { .loses_delete_ans = true };
    run_with_group_delete(2, &faults);
    cr_assert(fleet_view(&fleet, 0).group_deleted, "McGroupUndefined says that it is gone");
    cr_assert_eq(fleet.devices[0].group_delete_requests, 2);
}

/* Design section 5, invariant 10. */
Test(campaign, ends_although_a_device_keeps_its_group)
{
    const struct fleet_faults mute = { .keeps_group_mute = true };
    run_with_group_delete(2, &mute);
    cr_assert_not(fleet_view(&fleet, 0).group_deleted);
    cr_assert_eq(fleet.devices[0].group_status_requests, 5);
    /* Pauses grow: 5, 10 and 20 minutes after the second request, until the fifth. */
    cr_assert_geq(fleet.devices[0].set_up_last_ns - fleet_view(&fleet, 0).confirmed_ns,
            35 * 60 * SIM_NS_PER_S);
}

/* Of an hour and a half after the first device has confirmed. */
static enum gateway_tx_result refuses_for_a_time(
        void *context, uint32_t gateway, const struct gateway_tx *tx, sim_ns now_ns)
{
    struct fleet *of = context;
    sim_ns confirmed_ns = fleet_view(of, 0).confirmed_ns;
    return confirmed_ns != SIM_NS_NEVER && now_ns < confirmed_ns + 3 * HOUR_NS / 2
                   ? GATEWAY_TX_DUTY_CYCLE
                   : fake_gateways_queue(of->gateways, gateway, tx, now_ns);
}

/* Design section 5, invariant 8: 18 requests that no gateway sent are no tries. */
Test(campaign, asks_for_groups_until_a_gateway_has_sent_it)
{
    struct campaign_params params = fleet_default_params();
    params.group_delete = true;
    fleet_create(&fleet, 1, 300 * SIM_NS_PER_S, &params);
    fleet.gateways->judge = refuses_for_a_time;
    fleet_run(&fleet, 6 * HOUR_NS);
    cr_assert(fleet_view(&fleet, 0).group_deleted);
    cr_assert_eq(fleet.devices[0].group_status_requests, 1);
}

Test(campaign, names_the_fragment_of_each_multicast_counter)
{
    struct campaign_params params = fleet_default_params();
    fleet_create(&fleet, 3, 900 * SIM_NS_PER_S, &params);
    for (uint32_t i = 0; i < 3; i++) {
        fleet.devices[i].faults.loss_percent = 30;
    }
    fleet_run(&fleet, 6 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    /* N = McFCnt + 1 until the first status request, which has none; from there on N goes on. */
    uint32_t sent = campaign_fragments_sent(fleet.campaign, false)
                    + campaign_fragments_sent(fleet.campaign, true);
    uint32_t n = 0, requests = 0;
    for (uint32_t fcnt = 0; n < sent; fcnt++) {
        uint32_t number = campaign_fragment_number(fleet.campaign, fcnt);
        requests += number == 0 ? 1 : 0;
        n += number == 0 ? 0 : 1;
        cr_assert(number == 0 || number == n, "McFCnt %u: N %u", fcnt, number);
        cr_assert_lt(requests, 100);
    }
    cr_assert_gt(requests, 0);
    cr_assert_eq(campaign_fragment_number(fleet.campaign, UINT32_MAX), 0);
    cr_assert_eq(campaign_fragment_number(fleet.campaign, 17000), 0);
}
