/* Restarts of the update server in the middle of a campaign over scripted devices.
 * SPDX-License-Identifier: MIT
 *
 * Goal: what the server knew is what it knows after a restart, and nothing is asked of a device
 * twice that it had answered. All that the server has in memory, pointers apart, is overwritten in
 * between, so a campaign that goes on shows that the bytes are complete.
 * Method: commands that devices heard are counted, in campaigns with and without restarts.
 */
#include <criterion/criterion.h>

#include "models/campaign/fleet_suite.h"

TestSuite(server_restart, .fini = fleet_suite_end);

#define DEVICES   8u
#define PERIOD_NS (900 * SIM_NS_PER_S)
#define SECOND_NS SIM_NS_PER_S

static void restart(sim_ns down_ns)
{
    server_stop(fleet.server);
    fleet_run(&fleet, engine_now(fleet.engine) + down_ns);
    server_start(fleet.server, engine_now(fleet.engine));
}

static void expect_each_asked_once(void)
{
    for (uint32_t i = 0; i < DEVICES; i++) {
        const struct fleet_device *d = &fleet.devices[i];
        cr_expect_eq(d->set_up_downlinks, 3, "device %u: group, session, fragments", i);
        cr_expect_eq(d->session_requests, 1, "device %u", i);
        cr_expect_eq(d->frag_set_ups, 1, "device %u", i);
        cr_expect_eq(d->version_questions[0], 1, "device %u", i);
        cr_expect_eq(d->version_questions[1], 1, "device %u", i);
    }
}

/* Each 100 s, at an instant: no answer is on its way to a server that is down. */
Test(server_restart, asks_nothing_again_that_was_answered)
{
    struct campaign_params params = fleet_default_params();
    params.versions = VERSIONS_ASK;
    fleet_create(&fleet, DEVICES, PERIOD_NS, &params);
    for (uint32_t i = 0; i < 300; i++) {
        fleet_run(&fleet, engine_now(fleet.engine) + 100 * SECOND_NS);
        restart(0);
    }
    fleet_expect_all_confirmed(&fleet);
    expect_each_asked_once();
    for (uint32_t i = 0; i < DEVICES; i++) {
        cr_expect_eq(fleet.devices[i].acks, 1, "device %u", i);
    }
}

/* The same of the order to install, and of what a stop takes back. */
Test(server_restart, orders_and_cancels_once)
{
    struct campaign_params params = fleet_default_params();
    params.versions = VERSIONS_ASK;
    params.install = INSTALL_AGREED_TIME;
    params.install_after_ns = 12 * HOUR_NS;
    params.stop_ns = params.start_ns + 7 * HOUR_NS;
    fleet_create(&fleet, DEVICES, PERIOD_NS, &params);
    for (uint32_t i = 0; i < 300; i++) {
        fleet_run(&fleet, engine_now(fleet.engine) + 100 * SECOND_NS);
        restart(0);
    }
    cr_assert(server_done(fleet.server));
    for (uint32_t i = 0; i < DEVICES; i++) {
        const struct fleet_device *d = &fleet.devices[i];
        cr_expect_eq(d->version_questions[2], 1, "device %u", i);
        cr_expect_eq(d->reboot_orders, 1, "device %u", i);
        cr_expect_eq(d->reboot_cancels, 1, "device %u", i);
        cr_expect_eq(d->image_deletes, 1, "device %u", i);
        cr_expect_not(d->holds_image, "device %u", i);
    }
}

/* Down for an hour of the set-up of which the first half is done: the others are set up later, and
 * those that were done are left in peace. */
Test(server_restart, goes_on_with_those_that_are_left)
{
    struct campaign_params params = fleet_default_params();
    params.versions = VERSIONS_ASK;
    params.set_up_window_ns = 3 * HOUR_NS;
    fleet_create(&fleet, DEVICES, PERIOD_NS, &params);
    sim_ns at_ns = params.start_ns;
    while (campaign_stage_count(fleet.campaign, CAMPAIGN_READY) < DEVICES / 2) {
        at_ns += SECOND_NS;
        fleet_run(&fleet, at_ns);
    }
    uint32_t ready = campaign_stage_count(fleet.campaign, CAMPAIGN_READY);
    cr_assert_lt(ready, DEVICES);
    restart(HOUR_NS);
    cr_assert_eq(campaign_stage_count(fleet.campaign, CAMPAIGN_READY), ready);
    fleet_run(&fleet, 12 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    for (uint32_t i = 0; i < DEVICES; i++) {
        cr_expect_leq(fleet.devices[i].set_up_downlinks, 3 + 3, "device %u", i);
    }
}

/* Down from before the session to its middle: its timer was due meanwhile. */
Test(server_restart, begins_a_session_whose_time_has_come)
{
    struct campaign_params params = fleet_default_params();
    fleet_create(&fleet, DEVICES, PERIOD_NS, &params);
    fleet_run(&fleet, params.start_ns + params.set_up_window_ns - 20 * SECOND_NS);
    restart(60 * SECOND_NS);
    fleet_run(&fleet, 12 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    cr_assert_eq(campaign_fragments_sent(fleet.campaign, false), campaign_nb_frag(fleet.campaign));
}

/* Reports of gateways are lost: the server sends coded fragments in place of those of which it
 * heard nothing, and the devices end whole. */
Test(server_restart, goes_on_in_the_middle_of_the_fragments)
{
    struct campaign_params params = fleet_default_params();
    params.versions = VERSIONS_ASK;
    fleet_create(&fleet, DEVICES, PERIOD_NS, &params);
    sim_ns at_ns = params.start_ns + params.set_up_window_ns;
    while (campaign_fragments_sent(fleet.campaign, false) < 10) {
        at_ns += SECOND_NS;
        fleet_run(&fleet, at_ns);
    }
    restart(30 * SECOND_NS);
    fleet_run(&fleet, 12 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    cr_assert_lt(campaign_fragments_sent(fleet.campaign, false), campaign_nb_frag(fleet.campaign),
            "some reports were lost");
    cr_assert_gt(campaign_fragments_sent(fleet.campaign, true), 0);
    expect_each_asked_once();
}

/* A pause between two rounds is a timer, too. */
Test(server_restart, begins_the_next_round)
{
    struct campaign_params params = fleet_default_params();
    params.retries = 1;
    params.retry_pause_ns = 2 * HOUR_NS;
    fleet_create(&fleet, DEVICES, PERIOD_NS, &params);
    fleet.devices[3].faults.ignores_set_up = true;
    sim_ns at_ns = params.start_ns + params.set_up_window_ns;
    struct campaign_round round = { .end_ns = SIM_NS_NEVER };
    while (round.end_ns == SIM_NS_NEVER) {
        at_ns += 60 * SECOND_NS;
        fleet_run(&fleet, at_ns);
        campaign_round_get(fleet.campaign, 0, &round);
    }
    fleet.devices[3].faults.ignores_set_up = false;
    restart(HOUR_NS);
    fleet_run(&fleet, 24 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    campaign_round_get(fleet.campaign, 1, &round);
    cr_assert_eq(round.members, 1);
}

/* Whenever it happens, every device ends confirmed, or for a reason, and the campaign ends. */
Test(server_restart, ends_at_any_time)
{
    for (uint32_t i = 0; i < 24; i++) {
        struct campaign_params params = fleet_default_params();
        params.retries = 1;
        fleet_create(&fleet, DEVICES, PERIOD_NS, &params);
        fleet.devices[2].faults.loss_percent = 30;
        fleet_run(&fleet, params.start_ns + (i * 331) * SECOND_NS);
        restart((sim_ns)(1 + i * i) * SECOND_NS);
        fleet_run(&fleet, 40 * HOUR_NS);
        cr_assert(server_done(fleet.server), "restart %u", i);
        for (uint32_t d = 0; d < DEVICES; d++) {
            cr_expect_eq(fleet_view(&fleet, d).stage, CAMPAIGN_CONFIRMED, "restart %u, %u: %s", i,
                    d, campaign_failure_name(fleet_view(&fleet, d).failure));
        }
        if (i < 23) {
            fleet_destroy(&fleet);
        }
    }
}
