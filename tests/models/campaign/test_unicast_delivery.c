/* Delivery by unicast as the server sees it: who is told to fetch, what is answered, how it ends.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: docs/block-protocol.md, design section 5, invariants 8 to 11, and the bytes that the
 * devices saw.
 */
#include <criterion/criterion.h>

#include "models/campaign/fleet_suite.h"

#define MINUTE_NS (60 * SIM_NS_PER_S)
#define AT_ONCE   4u /* devices that fetch through one gateway */

TestSuite(unicast_delivery, .fini = fleet_suite_end);

/* 38 fragments of 100 bytes: two fit an answer at DR5, none fits RX2 at DR0. */
static struct campaign_params create(uint32_t count)
{
    struct campaign_params params = fleet_default_params();
    params.delivery = DELIVERY_UNICAST;
    params.delivery_timeout_ns = 6 * HOUR_NS;
    params.confirm_timeout_ns = 2 * HOUR_NS;
    fleet_create(&fleet, count, 900 * SIM_NS_PER_S, &params);
    return params;
}

Test(unicast_delivery, answers_each_request_with_what_the_window_carries)
{
    struct campaign_params params = create(2);
    fleet_run(&fleet, params.start_ns + 3 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    for (uint32_t i = 0; i < 2; i++) {
        cr_assert_eq(fleet.devices[i].received_uncoded, 38);
        cr_assert_eq(fleet.devices[i].data_requests, 38 / 2, "device %u", i);
        cr_assert_eq(fleet.devices[i].set_up_payload[1] & 0x0F, 0, "no group feeds the session");
        cr_assert_eq(fleet.devices[i].group_status_requests, 0);
        cr_assert(!fleet.devices[i].groups[0].defined, "and none is set up");
    }
    cr_assert_eq(campaign_phase(fleet.campaign), CAMPAIGN_PHASE_DONE, "before its time is over");
}

Test(unicast_delivery, lets_few_fetch_at_one_time)
{
    struct campaign_params params = create(24);
    uint32_t most = 0;
    while (engine_now(fleet.engine) < params.start_ns + 4 * HOUR_NS) {
        uint32_t count[2] = { 0, 0 };
        fleet_run(&fleet, engine_now(fleet.engine) + SIM_NS_PER_S);
        for (uint32_t i = 0; i < fleet.count; i++) {
            count[i % 2] += fleet.devices[i].fetches ? 1u : 0u;
        }
        most = count[0] > most ? count[0] : most;
        most = count[1] > most ? count[1] : most;
    }
    cr_assert_gt(most, 1);
    cr_assert_leq(most, AT_ONCE, "%u at one gateway", most);
    fleet_expect_all_confirmed(&fleet);
}

Test(unicast_delivery, sets_up_again_what_a_device_has_lost)
{
    struct campaign_params params = create(2);
    fleet.devices[0].faults.forgets_session = 1;
    fleet_run(&fleet, params.start_ns + 5 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    cr_assert_eq(fleet.devices[0].frag_set_ups, 2);
    cr_assert_eq(fleet.devices[0].fetch_requests, 2);
    cr_assert_eq(fleet.devices[1].frag_set_ups, 1);
}

/* Five times, with pauses of 0 to 20 minutes. */
Test(unicast_delivery, gives_up_a_device_that_loses_each_session)
{
    struct campaign_params params = create(1);
    fleet.devices[0].faults.forgets_session = UINT32_MAX;
    fleet_run(&fleet, params.start_ns + 5 * HOUR_NS);
    cr_assert_eq(fleet.devices[0].frag_set_ups, 5);
    cr_assert_eq(fleet_view(&fleet, 0).failure, CAMPAIGN_FAILURE_SET_UP_REFUSED);
}

Test(unicast_delivery, stops_a_device_that_asks_when_the_time_is_over)
{
    struct campaign_params params = create(2);
    fleet.devices[0].faults.asks_for_ever = true;
    fleet_run(&fleet, params.start_ns + params.delivery_timeout_ns - MINUTE_NS);
    cr_assert_eq(fleet.devices[0].fetch_stops, 0);
    fleet_run(&fleet, params.start_ns + params.delivery_timeout_ns + HOUR_NS);
    cr_assert_eq(fleet.devices[0].fetch_stops, 1);
    cr_assert_eq(fleet_view(&fleet, 0).failure, CAMPAIGN_FAILURE_INCOMPLETE);
    cr_assert_eq(fleet_view(&fleet, 1).stage, CAMPAIGN_CONFIRMED);
}

/* It asks, and hears no answer: the server asks it at its reports, and the more seldom the longer.
 */
Test(unicast_delivery, tells_a_silent_device_again_at_its_reports)
{
    struct campaign_params params = create(1);
    fleet.devices[0].faults.loses_unicast = true;
    fleet_run(&fleet, params.start_ns + 2 * HOUR_NS);
    fleet.devices[0].fetches = false; /* it gave up */
    uint32_t told = fleet.devices[0].fetch_requests;
    fleet.devices[0].faults.loses_unicast = false;
    fleet_run(&fleet, params.start_ns + 5 * HOUR_NS);
    cr_assert_gt(fleet.devices[0].fetch_requests, told);
    fleet_expect_all_confirmed(&fleet);
}
