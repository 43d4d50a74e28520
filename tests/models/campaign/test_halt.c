/* Stop, pause and resume of a campaign over scripted devices.
 * SPDX-License-Identifier: MIT
 *
 * Goal: a campaign that is stopped leaves nothing on its devices, and none installs afterwards; in
 * a pause nothing is sent but what ends sessions, and all is done after it.
 * Oracles: groups, sessions, images and planned reboots of the devices, and the commands that they
 * heard (TS004 section 3.5, TS005 section 3.3; TS006: RebootTime 0xFFFFFFFF and DevDeleteImageReq,
 * as spec-protocol 9.5 tells of ThingPark).
 */
#include <criterion/criterion.h>

#include "models/campaign/fleet_suite.h"

TestSuite(halt, .fini = fleet_suite_end);

#define DEVICES   6u
#define PERIOD_NS (300 * SIM_NS_PER_S)
#define SECOND_NS SIM_NS_PER_S

static struct campaign_params params_of(void)
{
    struct campaign_params params = fleet_default_params();
    params.set_up_window_ns = 2 * HOUR_NS;
    return params;
}

static void expect_nothing_left(void)
{
    for (uint32_t i = 0; i < DEVICES; i++) {
        const struct fleet_device *d = &fleet.devices[i];
        cr_expect_eq(d->version, 0x01000000, "device %u", i);
        cr_expect_not(d->fragments_ready, "device %u", i);
        for (uint32_t g = 0; g < FLEET_GROUPS; g++) {
            cr_expect_not(d->groups[g].defined, "device %u, group %u", i, g);
        }
        cr_expect_eq(fleet_view(&fleet, i).failure, CAMPAIGN_FAILURE_STOPPED, "device %u: %s", i,
                campaign_failure_name(fleet_view(&fleet, i).failure));
    }
}

Test(halt, stopped_in_the_set_up_leaves_nothing)
{
    struct campaign_params params = params_of();
    params.stop_ns = params.start_ns + HOUR_NS;
    params.retries = 2;
    fleet_create(&fleet, DEVICES, PERIOD_NS, &params);
    fleet_run(&fleet, params.stop_ns);
    cr_assert_eq(campaign_stage_count(fleet.campaign, CAMPAIGN_READY), DEVICES);
    fleet_run(&fleet, params.stop_ns + HOUR_NS / 2);
    cr_assert(server_done(fleet.server), "all devices have answered");
    fleet_run(&fleet, 24 * HOUR_NS);
    expect_nothing_left();
    cr_expect_eq(campaign_round_count(fleet.campaign), 1, "no retry");
    cr_expect_eq(campaign_fragments_sent(fleet.campaign, false), 0);
    for (uint32_t i = 0; i < DEVICES; i++) {
        cr_expect_eq(fleet.devices[i].group_delete_requests, 1);
        cr_expect_eq(fleet.devices[i].session_delete_requests, 1);
    }
}

/* Devices listen until TimeOut and send no reports: they are asked, and told with the answer. */
Test(halt, stopped_among_the_fragments_ends_the_sessions)
{
    struct campaign_params params = params_of();
    params.stop_ns = params.start_ns + params.set_up_window_ns + 60 * SECOND_NS;
    fleet_create(&fleet, DEVICES, PERIOD_NS, &params);
    fleet_run(&fleet, params.stop_ns);
    uint32_t sent = campaign_fragments_sent(fleet.campaign, false);
    cr_assert_gt(sent, 0);
    cr_assert_lt(sent, campaign_nb_frag(fleet.campaign));
    fleet_run(&fleet, params.stop_ns + 600 * SECOND_NS);
    expect_nothing_left();
    cr_expect_leq(campaign_fragments_sent(fleet.campaign, false), sent + 2, "those on their way");
    fleet_run(&fleet, 24 * HOUR_NS);
    cr_assert(server_done(fleet.server));
    expect_nothing_left();
}

/* One hears no request to all, as where it lost each copy or its counter was moved: it is told by
 * unicast, in class C. */
Test(halt, stopped_tells_those_that_miss_the_request_one_by_one)
{
    struct campaign_params params = params_of();
    params.stop_ns = params.start_ns + params.set_up_window_ns + 60 * SECOND_NS;
    fleet_create(&fleet, DEVICES, PERIOD_NS, &params);
    fleet_run(&fleet, params.stop_ns);
    fleet.devices[4].faults.loss_percent = 100;
    fleet.devices[5].faults.loss_percent = 100;
    fleet.devices[5].faults.lost_downlinks = 3;
    fleet_run(&fleet, params.stop_ns + 1200 * SECOND_NS);
    expect_nothing_left();
    cr_expect_eq(fleet.devices[4].group_delete_requests, 1);
    cr_expect_eq(fleet.devices[5].group_delete_requests, 1);
    fleet_run(&fleet, 24 * HOUR_NS);
    cr_assert(server_done(fleet.server));
}

/* The server restarts while it tells them, every 30 s. */
Test(halt, stopped_goes_on_over_restarts_of_the_server)
{
    struct campaign_params params = params_of();
    params.stop_ns = params.start_ns + params.set_up_window_ns + 60 * SECOND_NS;
    fleet_create(&fleet, DEVICES, PERIOD_NS, &params);
    fleet_run(&fleet, params.stop_ns);
    fleet.devices[5].faults.loss_percent = 100;
    for (uint32_t i = 0; i < 40; i++) {
        fleet_run(&fleet, params.stop_ns + i * 30 * SECOND_NS);
        server_stop(fleet.server);
        server_start(fleet.server, engine_now(fleet.engine));
    }
    expect_nothing_left();
    for (uint32_t i = 0; i < DEVICES; i++) {
        cr_expect_eq(fleet.devices[i].session_delete_requests, 1, "device %u", i);
    }
}

/* One answers nothing, one loses its answer: the end is bounded. Design section 5, invariant 10. */
Test(halt, stopped_does_not_wait_for_ever)
{
    struct campaign_params params = params_of();
    params.stop_ns = params.start_ns + HOUR_NS;
    fleet_create(&fleet, DEVICES, PERIOD_NS, &params);
    fleet.devices[1].faults.keeps_group_mute = true;
    fleet.devices[2].faults.loses_delete_ans = true;
    fleet_run(&fleet, params.stop_ns + params.confirm_timeout_ns);
    cr_assert(server_done(fleet.server));
    cr_expect_leq(fleet.devices[1].group_delete_requests, 5);
    cr_expect_eq(fleet.devices[2].group_delete_requests, 2);
    cr_expect_not(fleet.devices[2].fragments_ready);
}

Test(halt, stopped_before_its_start_asks_nothing)
{
    struct campaign_params params = params_of();
    params.stop_ns = params.start_ns - 100 * SECOND_NS;
    fleet_create(&fleet, DEVICES, PERIOD_NS, &params);
    fleet_run(&fleet, 12 * HOUR_NS);
    cr_assert(server_done(fleet.server));
    for (uint32_t i = 0; i < DEVICES; i++) {
        cr_expect_eq(fleet.devices[i].set_up_downlinks, 0);
        cr_expect_eq(fleet.devices[i].group_delete_requests, 0);
    }
}

/* A device that holds the block asks for its acknowledgement: it gets none, and is told to drop the
 * session. */
Test(halt, stopped_acknowledges_no_block)
{
    struct campaign_params params = params_of();
    params.stop_ns = params.start_ns + params.set_up_window_ns + 600 * SECOND_NS;
    fleet_create(&fleet, DEVICES, PERIOD_NS, &params);
    for (uint32_t i = 0; i < DEVICES; i++) {
        fleet.devices[i].faults.lost_acks = 1000;
    }
    fleet_run(&fleet, params.stop_ns);
    cr_assert_eq(campaign_stage_count(fleet.campaign, CAMPAIGN_COMPLETE), DEVICES);
    uint32_t acks = fleet.devices[0].acks;
    fleet_run(&fleet, 24 * HOUR_NS);
    cr_assert(server_done(fleet.server));
    cr_expect_leq(fleet.devices[0].acks, acks + 1, "one was on its way");
    expect_nothing_left();
}

#define INSTALL_NS (12 * HOUR_NS) /* after the start */

static void create_common_time(struct campaign_params *params)
{
    params->install = INSTALL_COMMON_TIME;
    params->install_after_ns = INSTALL_NS;
    fleet_create(&fleet, DEVICES, PERIOD_NS, params);
    for (uint32_t i = 0; i < DEVICES; i++) {
        fleet.devices[i].faults.waits_for_order = true;
    }
}

static void expect_all_wait_for_their_reboot(void)
{
    for (uint32_t i = 0; i < DEVICES; i++) {
        cr_assert_gt(fleet.devices[i].reboot_ns, 0, "device %u", i);
        cr_assert(fleet.devices[i].holds_image, "device %u", i);
    }
}

Test(halt, stopped_before_the_reboot_cancels_it_and_deletes_the_image)
{
    struct campaign_params params = params_of();
    params.stop_ns = params.start_ns + 10 * HOUR_NS;
    params.versions = VERSIONS_ASK;
    create_common_time(&params);
    fleet_run(&fleet, params.stop_ns);
    expect_all_wait_for_their_reboot();
    fleet_run(&fleet, params.stop_ns + HOUR_NS / 2);
    cr_assert(server_done(fleet.server), "all devices have answered");
    for (uint32_t i = 0; i < DEVICES; i++) {
        const struct fleet_device *d = &fleet.devices[i];
        cr_expect_eq(d->reboot_ns, 0, "device %u", i);
        cr_expect_not(d->holds_image, "device %u", i);
        cr_expect_eq(d->reboot_cancels, 1, "device %u", i);
        cr_expect_eq(d->image_deletes, 1, "device %u", i);
        cr_expect_eq(d->version_questions[2], 1, "device %u: asked before it is told the time", i);
    }
    fleet_run(&fleet, params.start_ns + INSTALL_NS + 2 * HOUR_NS);
    expect_nothing_left();
}

/* Its report was lost: nothing tells that it holds the image. */
Test(halt, stopped_deletes_an_image_that_was_never_reported)
{
    struct campaign_params params = params_of();
    params.fragmentation_version = 1;
    params.block_mic = false;
    params.stop_ns = params.start_ns + params.set_up_window_ns + 600 * SECOND_NS;
    create_common_time(&params);
    fleet.devices[2].faults.loses_frag_ans = true;
    fleet_run(&fleet, params.stop_ns);
    fleet.devices[2].holds_image = true;
    fleet_run(&fleet, params.stop_ns + params.confirm_timeout_ns);
    cr_assert(server_done(fleet.server));
    cr_expect_geq(fleet.devices[2].image_deletes, 1);
    cr_expect_not(fleet.devices[2].holds_image);
}

/* Nothing answers on port 203: groups and session are deleted all the same. */
Test(halt, stopped_does_not_wait_for_a_package_that_is_not_there)
{
    struct campaign_params params = params_of();
    params.stop_ns = params.start_ns + 10 * HOUR_NS;
    create_common_time(&params);
    fleet.devices[0].faults.no_management = true;
    fleet_run(&fleet, params.stop_ns + params.confirm_timeout_ns);
    cr_assert(server_done(fleet.server));
    cr_expect_not(fleet.devices[0].groups[0].defined);
    cr_expect_not(fleet.devices[0].fragments_ready);
    cr_expect_eq(fleet.devices[0].group_delete_requests, 1);
    cr_expect_eq(fleet.devices[0].session_delete_requests, 1);
}

/* The time of the reboot lies in the pause: it is cancelled, and ordered when the pause is over. */
Test(halt, paused_over_the_time_of_the_reboot_installs_after_it)
{
    struct campaign_params params = params_of();
    params.pause_ns = params.start_ns + 10 * HOUR_NS;
    params.resume_ns = params.start_ns + 20 * HOUR_NS;
    create_common_time(&params);
    fleet_run(&fleet, params.pause_ns);
    expect_all_wait_for_their_reboot();
    fleet_run(&fleet, params.resume_ns - SECOND_NS);
    for (uint32_t i = 0; i < DEVICES; i++) {
        cr_expect_eq(fleet.devices[i].version, 0x01000000, "device %u", i);
        cr_expect_eq(fleet.devices[i].reboot_ns, 0, "device %u", i);
        cr_expect_eq(fleet.devices[i].reboot_cancels, 1, "device %u", i);
        cr_expect(fleet.devices[i].holds_image, "device %u: it was acknowledged", i);
    }
    fleet_run(&fleet, params.resume_ns + 2 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    cr_expect_eq(campaign_round_count(fleet.campaign), 1);
}

Test(halt, paused_before_the_time_of_the_reboot_keeps_it)
{
    struct campaign_params params = params_of();
    params.pause_ns = params.start_ns + 8 * HOUR_NS;
    params.resume_ns = params.start_ns + 10 * HOUR_NS;
    create_common_time(&params);
    fleet_run(&fleet, params.resume_ns);
    expect_all_wait_for_their_reboot();
    fleet_run(&fleet, params.start_ns + INSTALL_NS + 2 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    for (uint32_t i = 0; i < DEVICES; i++) {
        cr_expect_eq(fleet.devices[i].reboot_orders, 1, "device %u", i);
        cr_expect_eq(fleet.devices[i].reboot_cancels, 0, "device %u", i);
    }
}

static uint32_t commands(void)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < DEVICES; i++) {
        count += fleet.devices[i].set_up_downlinks;
    }
    return count;
}

static void expect_pause_and_end(sim_ns pause_ns)
{
    struct campaign_params params = params_of();
    params.pause_ns = pause_ns;
    params.resume_ns = pause_ns + 6 * HOUR_NS;
    fleet_create(&fleet, DEVICES, PERIOD_NS, &params);
    fleet_run(&fleet, params.pause_ns + 60 * SECOND_NS);
    uint32_t before = commands();
    uint32_t sent = campaign_fragments_sent(fleet.campaign, false);
    fleet_run(&fleet, params.resume_ns - SECOND_NS);
    cr_expect_eq(commands(), before, "no set-up in a pause");
    cr_expect_eq(campaign_fragments_sent(fleet.campaign, false), sent);
    cr_expect_not(server_done(fleet.server));
    fleet_run(&fleet, 40 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
}

Test(halt, paused_before_its_start_begins_later)
{
    expect_pause_and_end(500 * SECOND_NS);
    cr_expect_eq(campaign_round_count(fleet.campaign), 1);
    cr_expect_eq(fleet.devices[0].set_up_downlinks, 3);
}

Test(halt, paused_in_the_set_up_goes_on_in_a_further_round)
{
    expect_pause_and_end(1000 * SECOND_NS + HOUR_NS);
    cr_expect_eq(campaign_round_count(fleet.campaign), 2);
    for (uint32_t i = 0; i < DEVICES; i++) {
        cr_expect_eq(fleet.devices[i].frag_set_ups, 2);
        cr_expect_eq(fleet_view(&fleet, i).left[0], CAMPAIGN_FAILURE_STOPPED);
    }
}

Test(halt, paused_among_the_fragments_goes_on_in_a_further_round)
{
    expect_pause_and_end(1000 * SECOND_NS + 2 * HOUR_NS + 60 * SECOND_NS);
    cr_expect_eq(campaign_round_count(fleet.campaign), 2);
}

/* What the last round left need not be set up again because of a pause. */
Test(halt, paused_when_all_is_done_changes_nothing)
{
    struct campaign_params params = params_of();
    params.pause_ns = params.start_ns + 8 * HOUR_NS;
    params.resume_ns = params.pause_ns + HOUR_NS;
    fleet_create(&fleet, DEVICES, PERIOD_NS, &params);
    fleet_run(&fleet, 24 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    cr_expect_eq(campaign_round_count(fleet.campaign), 1);
    cr_expect_eq(fleet.devices[0].frag_set_ups, 1);
}
