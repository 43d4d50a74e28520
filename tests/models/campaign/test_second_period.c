/* Correction in a second period: its group is set up in advance, devices sleep until then.
 * SPDX-License-Identifier: MIT
 *
 * Right values: TS004-2.0.0 3.2 (McGroupBitMask of FragSessionSetupReq names the groups that may
 * feed the session), TS005-2.0.0 3.5 (TimeOut: a session lasts 2^n s).
 */
#include <criterion/criterion.h>
#include <math.h>

#include "campaign/schedule.h"
#include "models/campaign/fleet_suite.h"

#define DEVICES 4u
#define GROUPS  0x03u /* McGroupID 0 and 1 */
#define PAUSE_S 1800

static struct campaign_params params;

static void setup(void)
{
    params = fleet_default_params();
    params.correction_period = CORRECTION_PERIOD_SECOND;
    params.correction_pause_ns = PAUSE_S * SIM_NS_PER_S;
}

TestSuite(second_period, .init = setup, .fini = fleet_suite_end);

static void create(void)
{
    fleet_create(&fleet, DEVICES, 900 * SIM_NS_PER_S, &params);
}

static struct campaign_session session(uint32_t index)
{
    struct campaign_session view;
    campaign_session_get(fleet.campaign, index, &view);
    return view;
}

/* --- plan ------------------------------------------------------------------------------------- */

static struct schedule_input schedule_input(void)
{
    return (struct schedule_input){
        .nb_frag = 100,
        .redundancy = 0.2,
        .interval_ns = 2 * SIM_NS_PER_S,
        .corrected = true,
        .correction_timeout_ns = 1000 * SIM_NS_PER_S,
        .second_period = true,
        .correction_pause_ns = PAUSE_S * SIM_NS_PER_S,
        .fleet_size = 1,
        .answer_airtime_s = 0.1,
        .channel_count = 8,
        .block_ack_delay = 0,
    };
}

/* 1.1 x (100 + 20 + 16 frames) x 2 s, guard of 5 s, answers over 16 + 4 s: 324.2 s, so TimeOut 9.
 */
Test(second_period_plan, comes_after_the_time_out_of_the_first_and_a_pause)
{
    struct schedule_input input = schedule_input();
    struct schedule schedule;
    schedule_make(&input, &schedule);
    cr_assert_eq(schedule.needed_ns, 324200 * SIM_NS_PER_MS);
    cr_assert_eq(schedule.time_out, 9);
    cr_assert_eq(schedule.second_at_ns, (512 + PAUSE_S) * SIM_NS_PER_S);
    cr_assert_eq(schedule.second_ns, 1005 * SIM_NS_PER_S, "guard, and the longest correction");
    cr_assert_eq(schedule.planned_ns, (512 + PAUSE_S + 1005) * SIM_NS_PER_S);
    cr_assert_eq(schedule.coded_later, 0);
}

/* 1.1 x (100 + 16) x 2 s and 25 s: 280.2 s; then 1.1 x (20 + 16) x 2 s and 25 s. */
Test(second_period_plan, has_the_coded_fragments_that_nothing_corrects)
{
    struct schedule_input input = schedule_input();
    input.corrected = false;
    struct schedule schedule;
    schedule_make(&input, &schedule);
    cr_assert_eq(schedule.needed_ns, 280200 * SIM_NS_PER_MS);
    cr_assert_eq(schedule.second_ns, 104200 * SIM_NS_PER_MS);
    cr_assert_eq(schedule.coded, 20);
    cr_assert_eq(schedule.coded_later, 20);
}

/* --- set-up ----------------------------------------------------------------------------------- */

Test(second_period, is_set_up_before_the_first_one)
{
    create();
    fleet_run(&fleet, params.start_ns + HOUR_NS - 30 * SIM_NS_PER_S);
    cr_assert_eq(campaign_session_count(fleet.campaign), 2);
    struct campaign_session first = session(0), second = session(1);
    cr_assert_eq(second.start_ns, first.end_ns + PAUSE_S * SIM_NS_PER_S);
    for (uint32_t i = 0; i < DEVICES; i++) {
        const struct fleet_device *device = &fleet.devices[i];
        cr_assert_eq(device->set_up_payload[1] & 0x0F, GROUPS, "McGroupBitMask of device %u", i);
        cr_assert_eq(device->frag_set_ups, 1, "one fragmentation session for both");
        for (uint32_t g = 0; g < 2; g++) {
            struct campaign_session told = session(g);
            cr_assert_eq(device->groups[g].mc_addr, told.mc_addr);
            cr_assert_eq(device->groups[g].session_gps_s,
                    (FLEET_GPS_NS + told.start_ns) / SIM_NS_PER_S, "device %u, group %u", i, g);
            cr_assert_eq(device->groups[g].session_s, (told.end_ns - told.start_ns) / SIM_NS_PER_S);
        }
    }
}

/* It is set up for the first period, and asked again at its next reports. */
Test(second_period, leaves_a_device_ready_that_was_not_told_of_it)
{
    params.correction = CORRECTION_FIXED;
    create();
    fleet.devices[1].faults.ignores_second_group = true;
    fleet_run(&fleet, params.start_ns + HOUR_NS - 30 * SIM_NS_PER_S);
    cr_assert_eq(fleet_view(&fleet, 1).stage, CAMPAIGN_READY);
    cr_assert(!fleet.devices[1].groups[1].defined);
    fleet_run(&fleet, 12 * HOUR_NS);
    cr_assert_gt(fleet.devices[1].ignored_set_ups, 1, "with each report");
    cr_assert_leq(fleet.devices[1].ignored_set_ups, 8, "pauses grow");
    fleet_expect_all_confirmed(&fleet);
}

/* --- periods ---------------------------------------------------------------------------------- */

/* Device 1 loses six of seven frames: what is left of the first period is not enough for it. */
static void play_with_a_bad_link(uint8_t version, enum campaign_correction correction)
{
    params.fragmentation_version = version;
    params.correction = correction;
    create();
    fleet.devices[1].faults.loss_percent = 85;
    fleet_run(&fleet, params.start_ns + HOUR_NS);
    fleet_run(&fleet, session(0).end_ns);
    uint32_t first_n = fleet.devices[1].last_n;
    cr_assert(!fleet.devices[1].whole, "version %u", version);
    uint32_t sent = campaign_fragments_sent(fleet.campaign, false)
                    + campaign_fragments_sent(fleet.campaign, true);
    fleet_run(&fleet, session(1).start_ns);
    cr_assert_eq(campaign_fragments_sent(fleet.campaign, false)
                         + campaign_fragments_sent(fleet.campaign, true),
            sent, "nothing is sent in the pause");
    fleet_run(&fleet, 24 * HOUR_NS);
    cr_assert_gt(fleet.devices[1].groups[1].fragments, 0);
    cr_assert_gt(fleet.devices[1].last_n, first_n, "N goes on");
    for (uint32_t i = 0; i < DEVICES; i++) {
        cr_assert_eq(fleet.devices[i].frag_set_ups, 1);
    }
    cr_assert_eq(campaign_stage_count(fleet.campaign, CAMPAIGN_COMPLETE), DEVICES);
    fleet_suite_end();
}

Test(second_period, completes_what_the_first_one_left)
{
    for (uint8_t version = 1; version <= 2; version++) {
        play_with_a_bad_link(version, CORRECTION_UNTIL_REPORTED);
        play_with_a_bad_link(version, CORRECTION_ADAPTIVE);
    }
    create(); /* for the suite's end */
}

/* Device 1 hears one frame in twelve and said so: a loss of more than 80 %, which counts as 80 %.
 * It lacks m fragments, and gets those, 8 for decoding and a standard deviation, five times over.
 */
Test(second_period, begins_with_all_that_a_member_needs)
{
    create();
    fleet.devices[1].faults.loss_percent = 92;
    fleet_run(&fleet, params.start_ns + HOUR_NS);
    fleet_run(&fleet, session(1).start_ns);
    cr_assert(!fleet.devices[1].whole);
    double lacks = fleet_view(&fleet, 1).missing_reported;
    cr_assert_gt(lacks, 0, "it answered in the first period");
    fleet_run(&fleet, session(1).end_ns);
    uint32_t fragments = 0;
    while (campaign_session_fragment(fleet.campaign, 1, fragments) > 0) {
        fragments++;
    }
    cr_assert_eq(fragments, ceil((lacks + ceil(sqrt(lacks)) + 8) / (1.0 - 0.8)));
}

Test(second_period, is_not_needed_when_all_are_whole)
{
    create();
    fleet_run(&fleet, 12 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    for (uint32_t i = 0; i < DEVICES; i++) {
        cr_assert_eq(fleet.devices[i].groups[1].fragments, 0);
    }
    cr_assert_eq(campaign_phase(fleet.campaign), CAMPAIGN_PHASE_DONE);
}

Test(second_period, has_all_coded_fragments_when_they_are_fixed)
{
    params.correction = CORRECTION_FIXED;
    create();
    fleet.devices[2].faults.loses_n = 3;
    fleet_run(&fleet, params.start_ns + HOUR_NS + 10 * SIM_NS_PER_S);
    fleet_run(&fleet, session(1).start_ns);
    cr_assert_eq(campaign_fragments_sent(fleet.campaign, true), 0);
    fleet_run(&fleet, 12 * HOUR_NS);
    cr_assert_eq(campaign_fragments_sent(fleet.campaign, true),
            schedule_coded(campaign_nb_frag(fleet.campaign), params.redundancy));
    cr_assert_gt(fleet.devices[2].groups[1].fragments, 0);
    fleet_expect_all_confirmed(&fleet);
}

/* Three reports of the window set a device up for the first period; later ones announce the
 * second. */
Test(second_period, is_told_later_where_the_set_up_had_no_time)
{
    params.set_up_window_ns = 900 * SIM_NS_PER_S;
    params.set_up_policy = SET_UP_ONE_PER_UPLINK;
    params.correction = CORRECTION_FIXED;
    fleet_create(&fleet, DEVICES, 240 * SIM_NS_PER_S, &params);
    fleet.devices[1].faults.loses_n = 3;
    fleet_run(&fleet, params.start_ns + 900 * SIM_NS_PER_S);
    cr_assert_eq(fleet_view(&fleet, 1).stage, CAMPAIGN_READY);
    cr_assert(!fleet.devices[1].groups[1].session);
    fleet_run(&fleet, session(0).end_ns);
    cr_assert(!fleet.devices[1].whole);
    fleet_run(&fleet, session(1).start_ns);
    cr_assert(fleet.devices[1].groups[1].session);
    fleet_run(&fleet, 24 * HOUR_NS);
    cr_assert_gt(fleet.devices[1].groups[1].fragments, 0);
    fleet_expect_all_confirmed(&fleet);
}
