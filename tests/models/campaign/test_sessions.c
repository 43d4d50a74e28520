/* The sessions of one campaign over scripted devices: split by data rate, small groups, their
 * order, and several sessions that feed one transfer.
 * SPDX-License-Identifier: MIT
 *
 * Oracle of the data rates: a gateway sends with 29 dBm where a device has 14 dBm, over noise of
 * -117 dBm (125 kHz, noise figure 6 dB); sensitivities are those of the SX1276 datasheet, table 10:
 * -123, -126, -129 dBm at DR5, DR4, DR3. Uplinks at 5 dB leave 25 dB at DR5. Uplinks at -16 dB
 * arrive back at -118 dBm: 5, 8 and 11 dB, so that DR3 is the fastest with a margin of 10 dB.
 */
#include <criterion/criterion.h>

#include "models/campaign/fleet_suite.h"

#define DEVICES 6u

static struct campaign_params params;

static void setup(void)
{
    params = fleet_default_params();
    params.fragment_size_bytes = 0;
    params.session_margin_mdb = 10000;
}

TestSuite(sessions, .init = setup, .fini = fleet_suite_end);

/* The first `fast` devices need DR5, the others DR3. */
static void play(uint32_t fast)
{
    fleet_create(&fleet, DEVICES, 900 * SIM_NS_PER_S, &params);
    for (uint32_t i = fast; i < DEVICES; i++) {
        fleet.devices[i].uplink_snr_mdb = -16000;
    }
    fleet_run(&fleet, 24 * HOUR_NS);
    cr_assert_eq(campaign_stage_count(fleet.campaign, CAMPAIGN_CONFIRMED), DEVICES);
}

/* Devices 0..fast - 1 listened at one data rate, the others at another one, and the transfers have
 * as many members. */
static void expect_rates(uint32_t fast, uint8_t fast_rate, uint8_t slow_rate)
{
    for (uint32_t i = 0; i < DEVICES; i++) {
        const struct fleet_device *device = &fleet.devices[i];
        cr_assert_eq(device->groups[device->group_id].data_rate, i < fast ? fast_rate : slow_rate,
                "device %u", i);
    }
    for (uint32_t t = 0; t < campaign_transfer_count(fleet.campaign); t++) {
        struct campaign_transfer transfer;
        campaign_transfer_get(fleet.campaign, t, &transfer);
        uint32_t members = (transfer.data_rate == fast_rate ? fast : 0)
                           + (transfer.data_rate == slow_rate ? DEVICES - fast : 0);
        cr_assert_eq(transfer.members, members, "DR%u", transfer.data_rate);
        cr_assert_eq(transfer.open, members > 0, "DR%u", transfer.data_rate);
        cr_assert_eq(transfer.sent_uncoded, members > 0 ? transfer.nb_frag : 0);
    }
}

Test(sessions, of_each_data_rate_take_the_members_that_hear_it_with_margin)
{
    params.sessions = SESSIONS_PER_DATA_RATE;
    play(4);
    expect_rates(4, 5, 3);
}

Test(sessions, with_as_many_members_as_the_threshold_stay)
{
    params.sessions = SESSIONS_THRESHOLD;
    params.session_threshold = 2;
    play(4);
    expect_rates(4, 5, 3);
}

Test(sessions, with_fewer_members_than_the_threshold_join_the_next_slower_one)
{
    params.sessions = SESSIONS_THRESHOLD;
    params.session_threshold = 3;
    play(2);
    expect_rates(0, 5, 3);
}

/* DR2, DR1 and DR0 have no members of their own either; the slowest takes the members that are
 * left. */
Test(sessions, with_few_members_and_none_slower_are_the_slowest)
{
    params.sessions = SESSIONS_THRESHOLD;
    params.session_threshold = 3;
    play(4);
    expect_rates(4, 5, 0);
}

static sim_ns first_ns(uint32_t from, uint32_t to)
{
    sim_ns first_ns = SIM_NS_NEVER;
    for (uint32_t i = from; i < to; i++) {
        sim_ns own_ns = fleet.devices[i].first_fragment_ns;
        first_ns = own_ns < first_ns ? own_ns : first_ns;
    }
    return first_ns;
}

static sim_ns last_ns(uint32_t from, uint32_t to)
{
    sim_ns last_ns = 0;
    for (uint32_t i = from; i < to; i++) {
        sim_ns own_ns = fleet.devices[i].last_fragment_ns;
        last_ns = own_ns > last_ns ? own_ns : last_ns;
    }
    return last_ns;
}

/* SessionTime that the devices were told, relative to the campaign's. */
static int64_t session_s(uint32_t device)
{
    const struct fleet_device *d = &fleet.devices[device];
    return d->groups[d->group_id].session_gps_s
           - (FLEET_GPS_NS + params.start_ns + params.set_up_window_ns) / SIM_NS_PER_S;
}

Test(sessions, in_turns_do_not_meet)
{
    params.sessions = SESSIONS_PER_DATA_RATE;
    params.session_order = SESSION_ORDER_IN_TURNS;
    play(3);
    expect_rates(3, 5, 3);
    cr_assert_eq(session_s(0), 0, "the fastest first");
    cr_assert_geq(session_s(5), params.correction_timeout_ns / SIM_NS_PER_S,
            "after the longest correction of the first");
    cr_assert_gt(first_ns(3, 6), last_ns(0, 3));
}

Test(sessions, at_one_time_begin_together_and_share_the_airtime)
{
    params.sessions = SESSIONS_PER_DATA_RATE;
    params.session_order = SESSION_ORDER_AT_ONE_TIME;
    play(3);
    expect_rates(3, 5, 3);
    cr_assert_eq(session_s(0), 0);
    cr_assert_eq(session_s(5), 0);
    cr_assert_lt(first_ns(3, 6), last_ns(0, 3));
    sim_ns shared_ns = last_ns(0, 3) - first_ns(0, 3);
    fleet_suite_end();
    params.session_order = SESSION_ORDER_IN_TURNS;
    play(3);
    sim_ns alone_ns = last_ns(0, 3) - first_ns(0, 3);
    cr_assert_float_eq((double)shared_ns / (double)alone_ns, 2.0, 0.2, "half of the duty share");
}

/* --- several sessions of one transfer --------------------------------------------------------- */

/* 38 uncoded fragments and 6 coded ones, a quarter of an hour apart: 36 of them in 2^15 s. */
static void create_slow(uint8_t periods)
{
    params.fragment_size_bytes = 100;
    params.interval_ns = 900 * SIM_NS_PER_S;
    params.periods = periods;
    fleet_create(&fleet, DEVICES, 900 * SIM_NS_PER_S, &params);
    cr_assert_eq(campaign_nb_frag(fleet.campaign), 38);
}

Test(sessions, of_one_transfer_go_on_where_the_last_one_ended)
{
    create_slow(0);
    fleet.devices[1].faults.loses_n = 2; /* is whole with coded fragments of the second one */
    fleet_run(&fleet, 48 * HOUR_NS);
    cr_assert_eq(campaign_session_count(fleet.campaign), 2);
    struct campaign_session first, second;
    campaign_session_get(fleet.campaign, 0, &first);
    campaign_session_get(fleet.campaign, 1, &second);
    cr_assert_eq(first.end_ns - first.start_ns, 32768 * SIM_NS_PER_S, "TimeOut 15 of TS005");
    cr_assert_geq(second.start_ns, first.end_ns);
    for (uint32_t i = 0; i < DEVICES; i++) {
        const struct fleet_device *device = &fleet.devices[i];
        cr_assert_eq(device->groups[0].mc_addr, first.mc_addr);
        cr_assert_eq(device->groups[1].mc_addr, second.mc_addr);
        cr_assert_gt(device->groups[0].fragments, 30);
        cr_assert_gt(device->groups[1].fragments, 0);
        cr_assert_eq(device->frag_set_ups, 1, "one fragmentation session for both");
        cr_assert_eq(device->received_uncoded, i == 1 ? 37 : 38);
    }
    cr_assert_eq(campaign_stage_count(fleet.campaign, CAMPAIGN_CONFIRMED), DEVICES);
}

Test(sessions, of_one_transfer_are_no_more_than_asked_for)
{
    create_slow(1);
    fleet_run(&fleet, 48 * HOUR_NS);
    cr_assert_eq(campaign_session_count(fleet.campaign), 1);
    cr_assert_eq(campaign_stage_count(fleet.campaign, CAMPAIGN_CONFIRMED), 0);
    for (uint32_t i = 0; i < DEVICES; i++) {
        struct campaign_device device;
        campaign_device_get(fleet.campaign, i, &device);
        cr_assert_eq(device.failure, CAMPAIGN_FAILURE_INCOMPLETE, "%s",
                campaign_failure_name(device.failure));
        cr_assert_lt(fleet.devices[i].received_uncoded, 38);
    }
}
