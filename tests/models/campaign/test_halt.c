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

/* A campaign that is stopped so long after the end of its set-up has come so far. */
static struct campaign_params run_to_stop(sim_ns after_ns)
{
    struct campaign_params params = params_of();
    params.stop_ns = params.start_ns + params.set_up_window_ns + after_ns;
    fleet_create(&fleet, DEVICES, PERIOD_NS, &params);
    fleet_run(&fleet, params.stop_ns);
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
    struct campaign_params params = run_to_stop(60 * SECOND_NS);
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
    struct campaign_params params = run_to_stop(60 * SECOND_NS);
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
    struct campaign_params params = run_to_stop(60 * SECOND_NS);
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

/* The round of the one that is left is over before the time of the reboot; the others still have
 * theirs to come. With nothing left to wait for the campaign ends, before that time as well. */
Test(halt, paused_with_one_left_waits_for_those_that_hold_the_block)
{
    struct campaign_params params = params_of();
    params.pause_ns = params.start_ns + 8 * HOUR_NS;
    params.resume_ns = params.start_ns + 9 * HOUR_NS;
    create_common_time(&params);
    fleet.devices[3].faults.silent = true;
    sim_ns round_over_ns = params.resume_ns + params.set_up_window_ns + 60 * SECOND_NS;
    cr_assert_lt(round_over_ns, params.start_ns + INSTALL_NS);
    fleet_run(&fleet, round_over_ns);
    cr_expect_eq(campaign_round_count(fleet.campaign), 2);
    struct campaign_round second;
    campaign_round_get(fleet.campaign, 1, &second);
    cr_expect_lt(second.end_ns, round_over_ns);
    cr_expect_not(server_done(fleet.server));
    fleet_run(&fleet, params.start_ns + INSTALL_NS + 2 * HOUR_NS);
    for (uint32_t i = 0; i < DEVICES; i++) {
        cr_expect_eq(fleet_view(&fleet, i).failure,
                i == 3 ? CAMPAIGN_FAILURE_NO_UPLINK : CAMPAIGN_FAILURE_NONE, "device %u: %s", i,
                campaign_failure_name(fleet_view(&fleet, i).failure));
    }
    cr_expect(server_done(fleet.server), "all have reported");
}

/* Nor does it wait for ever. */
Test(halt, paused_ends_when_those_that_hold_the_block_had_their_time)
{
    struct campaign_params params = params_of();
    params.pause_ns = params.start_ns + 8 * HOUR_NS;
    params.resume_ns = params.start_ns + 9 * HOUR_NS;
    create_common_time(&params);
    fleet.devices[3].faults.silent = true;
    fleet.devices[4].faults.installs_nothing = true;
    sim_ns end_ns = params.start_ns + INSTALL_NS + params.confirm_timeout_ns;
    fleet_run(&fleet, end_ns - SECOND_NS);
    cr_expect_not(server_done(fleet.server));
    fleet_run(&fleet, end_ns + SECOND_NS);
    cr_expect(server_done(fleet.server));
    cr_expect_eq(fleet_view(&fleet, 4).failure, CAMPAIGN_FAILURE_NOT_INSTALLED);
}

static uint32_t commands(void)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < DEVICES; i++) {
        count += fleet.devices[i].set_up_downlinks;
    }
    return count;
}

/* A pause of 6 h that begins so long after the start of the campaign. */
static const struct pause {
    const char *when;
    sim_ns after_start_ns;
    bool over; /* all is done */
    uint32_t rounds;
    uint32_t frag_set_ups, set_up_downlinks; /* of each device; 0: any number */
    enum campaign_failure left;              /* by the first round; NONE: any reason */
} pauses[] = {
    { "before its start", -500 * SECOND_NS, false, 1, 1, 3, CAMPAIGN_FAILURE_NONE },
    { "in the set-up", HOUR_NS, false, 2, 2, 0, CAMPAIGN_FAILURE_STOPPED },
    { "among the fragments", 2 * HOUR_NS + 60 * SECOND_NS, false, 2, 0, 0, CAMPAIGN_FAILURE_NONE },
    /* What the last round left need not be set up again because of a pause. */
    { "when all is done", 8 * HOUR_NS, true, 1, 1, 0, CAMPAIGN_FAILURE_NONE },
};

Test(halt, paused_sends_nothing_and_goes_on_in_a_further_round_where_one_had_begun)
{
    for (unsigned row = 0; row < sizeof pauses / sizeof pauses[0]; row++) {
        const struct pause *pause = &pauses[row];
        struct campaign_params params = params_of();
        params.pause_ns = params.start_ns + pause->after_start_ns;
        params.resume_ns = params.pause_ns + 6 * HOUR_NS;
        if (row > 0) {
            fleet_suite_end();
        }
        fleet_create(&fleet, DEVICES, PERIOD_NS, &params);
        fleet_run(&fleet, params.pause_ns + 60 * SECOND_NS);
        uint32_t before = commands();
        uint32_t sent = campaign_fragments_sent(fleet.campaign, false);
        fleet_run(&fleet, params.resume_ns - SECOND_NS);
        cr_expect_eq(commands(), before, "%s: set-up in a pause", pause->when);
        cr_expect_eq(campaign_fragments_sent(fleet.campaign, false), sent, "%s", pause->when);
        cr_expect_eq(server_done(fleet.server), pause->over, "%s", pause->when);
        fleet_run(&fleet, 40 * HOUR_NS);
        fleet_expect_all_confirmed(&fleet);
        cr_expect_eq(campaign_round_count(fleet.campaign), pause->rounds, "%s", pause->when);
        for (uint32_t i = 0; i < DEVICES; i++) {
            const struct fleet_device *d = &fleet.devices[i];
            cr_expect(pause->frag_set_ups == 0 || d->frag_set_ups == pause->frag_set_ups,
                    "%s: device %u: %u", pause->when, i, d->frag_set_ups);
            cr_expect(
                    pause->set_up_downlinks == 0 || d->set_up_downlinks == pause->set_up_downlinks,
                    "%s: device %u: %u", pause->when, i, d->set_up_downlinks);
            cr_expect(pause->left == CAMPAIGN_FAILURE_NONE
                              || fleet_view(&fleet, i).left[0] == pause->left,
                    "%s: device %u", pause->when, i);
        }
    }
}
