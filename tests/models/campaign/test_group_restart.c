/* A group whose counter was moved gets another key; members are called in class C.
 * SPDX-License-Identifier: MIT
 *
 * Goal: members that drop each frame of the server get the rest of their block all the same, keep
 * what they have, and are asked nothing twice.
 * Oracle: counters of the devices. An attacker is played by moving the counter that a device has of
 * its group (docs/security.md, counter-jump). The restart is stated with what the devices have.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "models/campaign/fleet_suite.h"
#include "observe.h"

TestSuite(group_restart, .fini = fleet_suite_end);

#define DEVICES   6u
#define PERIOD_NS (900 * SIM_NS_PER_S)
#define JUMP      4096u

static struct campaign_params params_of(uint8_t rounds)
{
    struct campaign_params params = fleet_default_params();
    params.restart_group = rounds;
    params.confirm_timeout_ns = 12 * HOUR_NS;
    return params;
}

/* Runs until ten fragments are out. */
static void run_into_the_fragments(const struct campaign_params *params)
{
    sim_ns at_ns = params->start_ns + params->set_up_window_ns;
    while (campaign_fragments_sent(fleet.campaign, false) < 10) {
        at_ns += SIM_NS_PER_S;
        fleet_run(&fleet, at_ns);
    }
}

static void jump(uint32_t from)
{
    for (uint32_t i = from; i < DEVICES; i++) {
        cr_assert(fleet.devices[i].groups[0].session, "device %u", i);
        fleet.devices[i].groups[0].last_fcnt += JUMP;
    }
}

static void keep_last(void *context, const struct observation *o)
{
    *(struct observation *)context = *o;
}

Test(group_restart, gives_all_members_the_rest_of_the_block)
{
    struct campaign_params params = params_of(2);
    struct observation stated = { 0 };
    fleet_create(&fleet, DEVICES, PERIOD_NS, &params);
    engine_observer_add(
            fleet.engine, OBSERVE_BIT(OBSERVE_CAMPAIGN_GROUP_RESTART), keep_last, &stated);
    run_into_the_fragments(&params);
    uint32_t mc_addr = fleet.devices[0].groups[0].mc_addr;
    uint32_t received = fleet.devices[0].received_uncoded;
    cr_assert_gt(received, 0);
    jump(0);
    fleet_run(&fleet, 24 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    cr_expect_eq(campaign_group_restarts(fleet.campaign), 1);
    for (uint32_t i = 0; i < DEVICES; i++) {
        const struct fleet_device *d = &fleet.devices[i];
        cr_expect_neq(d->groups[0].mc_addr, mc_addr, "device %u", i);
        cr_expect_eq(d->frag_set_ups, 1, "device %u keeps its fragments", i);
        cr_expect_geq(d->received_uncoded, received, "device %u", i);
        cr_expect_eq(d->set_up_downlinks, 5, "device %u: group and session once more", i);
    }
    cr_expect_eq(campaign_round_count(fleet.campaign), 1);
    cr_expect_eq(stated.a, fleet.devices[0].groups[0].mc_addr);
    cr_expect_eq(stated.b, mc_addr);
    cr_expect_eq(stated.c >> 32, DEVICES, "all are called");
    cr_expect_eq(stated.c >> 16 & UINT16_MAX, 2, "two rounds were silent");
    cr_expect_eq(stated.c & UINT16_MAX, campaign_number(fleet.campaign));
}

/* Without it they listen to the end of their session, and lack the rest. */
Test(group_restart, is_left_out_where_it_is_not_asked_for)
{
    struct campaign_params params = params_of(0);
    fleet_create(&fleet, DEVICES, PERIOD_NS, &params);
    run_into_the_fragments(&params);
    jump(0);
    fleet_run(&fleet, 24 * HOUR_NS);
    cr_expect_eq(campaign_stage_count(fleet.campaign, CAMPAIGN_CONFIRMED), 0);
    cr_expect_eq(campaign_group_restarts(fleet.campaign), 0);
}

/* Those that are whole have no part in it. */
Test(group_restart, leaves_the_others_alone)
{
    struct campaign_params params = params_of(2);
    fleet_create(&fleet, DEVICES, PERIOD_NS, &params);
    run_into_the_fragments(&params);
    jump(DEVICES - 2u);
    fleet_run(&fleet, 24 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    cr_expect_eq(campaign_group_restarts(fleet.campaign), 1);
    for (uint32_t i = 0; i < DEVICES; i++) {
        cr_expect_eq(fleet.devices[i].set_up_downlinks, i < DEVICES - 2u ? 3 : 5, "device %u", i);
    }
}

/* Nobody answers any more: it is bounded (design section 5, invariant 10). */
Test(group_restart, of_members_that_are_gone_ends)
{
    struct campaign_params params = params_of(1);
    fleet_create(&fleet, DEVICES, PERIOD_NS, &params);
    run_into_the_fragments(&params);
    for (uint32_t i = 0; i < DEVICES; i++) {
        fleet.devices[i].faults.dies_in_session = true;
        fleet.devices[i].faults.ignores_set_up = true;
        fleet.devices[i].faults.loss_percent = 100;
    }
    fleet_run(&fleet, 48 * HOUR_NS);
    cr_assert(server_done(fleet.server));
    cr_expect_leq(campaign_group_restarts(fleet.campaign), 3);
    for (uint32_t i = 0; i < DEVICES; i++) {
        cr_expect_leq(fleet.devices[i].set_up_downlinks, 60, "device %u", i);
    }
}

/* The server restarts every 20 s from the jump on, at an instant. */
Test(group_restart, survives_restarts_of_the_server)
{
    struct campaign_params params = params_of(2);
    fleet_create(&fleet, DEVICES, PERIOD_NS, &params);
    run_into_the_fragments(&params);
    jump(0);
    for (uint32_t i = 0; i < 300; i++) {
        fleet_run(&fleet, engine_now(fleet.engine) + 20 * SIM_NS_PER_S);
        server_stop(fleet.server);
        server_start(fleet.server, engine_now(fleet.engine));
    }
    fleet_run(&fleet, 24 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    cr_expect_eq(campaign_group_restarts(fleet.campaign), 1);
    for (uint32_t i = 0; i < DEVICES; i++) {
        cr_expect_eq(fleet.devices[i].frag_set_ups, 1, "device %u", i);
        cr_expect_eq(fleet.devices[i].set_up_downlinks, 5, "device %u", i);
    }
}
