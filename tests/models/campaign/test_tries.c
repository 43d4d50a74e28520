/* Steps of the set-up that never succeed: few commands, growing pauses, a reason.
 * SPDX-License-Identifier: MIT
 *
 * Oracle: design section 5, invariant 10, and the bytes that the devices saw. A device that
 * answered for ever in one of these ways was sent 3,500 to 14,000 commands in eight hours.
 */
#include <criterion/criterion.h>

#include "models/campaign/fleet_suite.h"

TestSuite(tries, .fini = fleet_suite_end);

static void create(uint32_t count, struct campaign_params *params)
{
    *params = fleet_default_params();
    params->set_up_window_ns = 8 * HOUR_NS;
    fleet_create(&fleet, count, 900 * SIM_NS_PER_S, params);
}

static void expect_end(uint32_t index, enum campaign_failure failure, uint32_t commands_most)
{
    const struct fleet_device *d = &fleet.devices[index];
    cr_assert_eq(fleet_view(&fleet, index).failure, failure, "device %u: %s", index,
            campaign_failure_name(fleet_view(&fleet, index).failure));
    cr_assert_leq(d->set_up_downlinks, commands_most, "device %u: %u commands", index,
            d->set_up_downlinks);
}

Test(tries, end_with_a_reason_for_each_cause)
{
    struct campaign_params params;
    create(6, &params);
    fleet.devices[0].faults.never_defines_group = true;
    fleet.devices[1].faults.always_misses_start = true;
    fleet.devices[2].faults.advances_session_cnt = true;
    fleet.devices[3].faults.clock_error_s = 600;
    fleet.devices[3].faults.ignores_clock = true;
    fleet.devices[4].faults.never_gets_time = true;
    fleet_run(&fleet, params.start_ns + 7 * HOUR_NS);
    /* Five tries; each of a group is two commands, and two more came before the others. */
    expect_end(0, CAMPAIGN_FAILURE_GROUP_UNDEFINED, 10);
    expect_end(1, CAMPAIGN_FAILURE_START_MISSED, 6);
    expect_end(2, CAMPAIGN_FAILURE_SESSION_CNT, 7);
    expect_end(3, CAMPAIGN_FAILURE_CLOCK, 6);
    expect_end(4, CAMPAIGN_FAILURE_CLOCK, 6);
    for (uint32_t i = 0; i < 5; i++) {
        /* Pauses grow: 5, 10 and 20 minutes after the second answer, until the fifth. */
        sim_ns taken_ns = fleet.devices[i].set_up_last_ns - fleet_view(&fleet, i).first_command_ns;
        cr_assert_geq(taken_ns, 35 * 60 * SIM_NS_PER_S, "device %u", i);
        cr_assert_leq(fleet.devices[i].resyncs, 5);
    }
    cr_assert_eq(fleet_view(&fleet, 5).stage, CAMPAIGN_READY, "the others are set up");
}

/* SessionCntPrev of the device is 300: 0, 1, 17 and 273 are replays, 4369 is not. */
Test(tries, reach_a_session_cnt_far_ahead)
{
    struct campaign_params params;
    create(1, &params);
    fleet.devices[0].faults.session_cnt_least = 301;
    fleet_run(&fleet, params.start_ns + 7 * HOUR_NS);
    cr_assert_eq(fleet_view(&fleet, 0).stage, CAMPAIGN_READY, "%s",
            campaign_failure_name(fleet_view(&fleet, 0).failure));
    cr_assert_eq(fleet.devices[0].set_up_payload[11] | fleet.devices[0].set_up_payload[12] << 8,
            1 + 16 + 256 + 4096);
}

/* Semtech's LoRa Basics Modem 4.8 answers TimeToStart FF FF FF without a clock, and asks for the
 * time by itself (DeviceTimeReq). */
Test(tries, send_the_session_again_once_a_device_was_told_the_time)
{
    struct campaign_params params;
    create(2, &params);
    fleet.devices[0].faults.no_time = true;
    fleet_run(&fleet, params.start_ns + HOUR_NS);
    cr_assert_eq(fleet_view(&fleet, 0).stage, CAMPAIGN_READY, "%s",
            campaign_failure_name(fleet_view(&fleet, 0).failure));
    cr_assert_eq(fleet.devices[0].resyncs, 0, "it needs no ForceDeviceResync");
    cr_assert_leq(fleet.devices[0].set_up_downlinks, 4, "one McClassCSessionReq more");
}

Test(tries, pause_longer_and_longer_without_any_answer)
{
    struct campaign_params params;
    create(2, &params);
    fleet.devices[0].faults.ignores_set_up = true;
    fleet.report_period_ns = 120 * SIM_NS_PER_S;
    fleet_run(&fleet, params.start_ns + 7 * HOUR_NS);
    /* 8 with each report, then after pauses of 10, 20, 40, 80 and 160 minutes: of 210 reports. */
    expect_end(0, CAMPAIGN_FAILURE_SET_UP_UNANSWERED, 14);
    cr_assert_geq(fleet.devices[0].set_up_downlinks, 11);
}
