/* Devices that are reset between their set-up and the end of their session.
 * SPDX-License-Identifier: MIT
 *
 * Oracle: design section 5, invariants 9 and 12: a reset costs no device its update. The devices
 * count their resets in the report, as device/app/report.h lays it out.
 */
#include <criterion/criterion.h>

#include "models/campaign/fleet_suite.h"

static struct campaign_params params;

static void setup(void)
{
    params = fleet_default_params();
    params.correction = CORRECTION_UNTIL_REPORTED;
    params.redundancy = 1.0;
}

TestSuite(restart, .init = setup, .fini = fleet_suite_end);

Test(restart, sets_a_device_up_again_before_its_session)
{
    fleet_create(&fleet, 3, 600 * SIM_NS_PER_S, &params);
    fleet.devices[0].faults.reset_at_ns = params.start_ns + HOUR_NS / 2;
    fleet.devices[1].faults.reset_at_ns = params.start_ns + HOUR_NS / 2;
    fleet.devices[1].faults.keeps_block = true;
    fleet_run(&fleet, params.start_ns + 59 * 60 * SIM_NS_PER_S);
    cr_assert_eq(fleet.devices[0].session_requests, 3, "undefined first, then with its group");
    cr_assert_eq(fleet.devices[1].session_requests, 2);
    cr_assert_eq(fleet.devices[2].session_requests, 1);
    fleet_run(&fleet, 6 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
}

Test(restart, lets_a_device_join_its_session_late)
{
    fleet_create(&fleet, 3, 30 * SIM_NS_PER_S, &params);
    fleet.devices[0].faults.reset_at_ns = params.start_ns + HOUR_NS + 60 * SIM_NS_PER_S;
    fleet_run(&fleet, 6 * HOUR_NS);
    cr_assert_eq(fleet.devices[0].resets, 1);
    cr_assert_eq(fleet.devices[0].frag_set_ups, 2, "it had lost its fragments");
    fleet_expect_all_confirmed(&fleet);
}

/* As it happens with a power cut between two answers: the next uplink comes after the start. */
Test(restart, goes_on_with_a_set_up_that_it_broke_off)
{
    fleet_create(&fleet, 4, 30 * SIM_NS_PER_S, &params);
    fleet.devices[0].faults.ignores_set_up = true; /* stays at its group */
    fleet.devices[1].faults.loses_frag_ans = true; /* at its fragmentation session */
    fleet.devices[2].faults.ignores_set_up = true; /* and is not reset */
    fleet_run(&fleet, params.start_ns + HOUR_NS + 30 * SIM_NS_PER_S);
    cr_assert_eq(campaign_stage_count(fleet.campaign, CAMPAIGN_READY), 1);
    for (uint32_t i = 0; i < 3; i++) {
        fleet.devices[i].faults.ignores_set_up = fleet.devices[i].faults.loses_frag_ans = false;
        fleet.devices[i].faults.reset_at_ns = i < 2 ? engine_now(fleet.engine) : 0;
    }
    fleet_run(&fleet, 6 * HOUR_NS);
    cr_assert_eq(campaign_stage_count(fleet.campaign, CAMPAIGN_CONFIRMED), 3);
    struct campaign_device view = fleet_view(&fleet, 2);
    cr_assert_eq(view.failure, CAMPAIGN_FAILURE_SET_UP_UNANSWERED, "the window was over");
}

Test(restart, does_not_clear_a_block_that_survived)
{
    for (uint8_t version = 1; version <= 2; version++) {
        params.fragmentation_version = version;
        fleet_create(&fleet, 3, 30 * SIM_NS_PER_S, &params);
        fleet.devices[0].faults.reset_at_ns = params.start_ns + HOUR_NS + 60 * SIM_NS_PER_S;
        fleet.devices[0].faults.keeps_block = true;
        fleet_run(&fleet, 6 * HOUR_NS);
        cr_assert_eq(fleet.devices[0].resets, 1);
        cr_assert_eq(fleet.devices[0].frag_set_ups, 1);
        cr_assert_eq(campaign_stage_count(fleet.campaign, CAMPAIGN_COMPLETE), 3);
        if (version == 1) {
            fleet_destroy(&fleet);
        }
    }
}

Test(restart, leaves_a_device_alone_that_is_reset_all_the_time)
{
    params.set_up_window_ns = 8 * HOUR_NS;
    fleet_create(&fleet, 2, 60 * SIM_NS_PER_S, &params);
    fleet.devices[0].faults.reset_at_ns = params.start_ns + HOUR_NS / 2;
    fleet.devices[0].faults.resets_for_ever = true;
    fleet_run(&fleet, params.start_ns + 8 * HOUR_NS);
    cr_assert_gt(fleet.devices[0].resets, 400);
    cr_assert_leq(fleet.devices[0].set_up_downlinks, 3 + 5 * 4);
}

/* 44 fragments, a quarter of an hour apart, take two sessions; device 0 reports its reset 38 s
 * before the end of the first one, which is too late to join it. */
Test(restart, joins_the_next_session_when_the_first_one_ends)
{
    params.redundancy = 0.15;
    params.interval_ns = 900 * SIM_NS_PER_S;
    params.periods = 2;
    sim_ns end_ns = params.start_ns + HOUR_NS + 32768 * SIM_NS_PER_S; /* TimeOut 15 of TS005 */
    fleet_create(&fleet, 2, (end_ns - 42 * SIM_NS_PER_S) / 40, &params);
    fleet.devices[0].faults.reset_at_ns = end_ns - 60 * SIM_NS_PER_S;
    fleet.devices[0].faults.keeps_block = true;
    fleet_run(&fleet, end_ns - 30 * SIM_NS_PER_S);
    cr_assert_eq(fleet.devices[0].resets, 1);
    struct campaign_session second;
    campaign_session_get(fleet.campaign, 1, &second);
    fleet_run(&fleet, second.end_ns);
    cr_assert_eq(fleet.devices[0].groups[1].session_gps_s,
            (FLEET_GPS_NS + second.start_ns) / SIM_NS_PER_S);
    fleet_run(&fleet, second.end_ns + 4 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
}
