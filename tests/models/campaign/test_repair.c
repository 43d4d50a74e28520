/* Repair by unicast: which members get it, how much, and how it ends.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: design section 5, invariants 8 to 10 (what was not sent is sent again, each retry has a
 * bound, a pause that grows and a named reason), and the bytes that the devices saw.
 */
#include <criterion/criterion.h>

#include "models/campaign/fleet_suite.h"

#define MINUTE_NS (60 * SIM_NS_PER_S)

TestSuite(repair, .fini = fleet_suite_end);

/* A scripted device is whole with two coded fragments more than it lacks, and says so; the server
 * sends two more than that before it asks again. */
#define ROUND (1u + 2u + 2u)

/* 38 fragments without redundancy; each of `lossy` devices loses one of them. */
static void create(uint32_t count, uint32_t lossy, uint32_t below)
{
    struct campaign_params params = fleet_default_params();
    params.redundancy = 0.0;
    params.correction = CORRECTION_FIXED;
    params.unicast_below = below;
    params.confirm_timeout_ns = 24 * HOUR_NS;
    fleet_create(&fleet, count, 900 * SIM_NS_PER_S, &params);
    for (uint32_t i = 0; i < lossy; i++) {
        fleet.devices[i].faults.loses_n = 2 + i;
    }
}

Test(repair, gives_each_member_what_it_lacks)
{
    create(5, 2, 2);
    fleet_run(&fleet, 6 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    for (uint32_t i = 0; i < 5; i++) {
        cr_assert_eq(fleet.devices[i].unicast_fragments, i < 2 ? 3 : 0, "device %u: %u", i,
                fleet.devices[i].unicast_fragments);
        cr_assert_eq(fleet.devices[i].received_uncoded, i < 2 ? 37 : 38);
    }
    cr_assert_eq(campaign_fragments_sent(fleet.campaign, true), 0, "none by multicast");
}

Test(repair, is_for_no_more_members_than_asked_for)
{
    create(5, 3, 2);
    fleet_run(&fleet, 6 * HOUR_NS);
    for (uint32_t i = 0; i < 5; i++) {
        cr_assert_eq(fleet.devices[i].unicast_fragments, 0, "device %u", i);
    }
    cr_assert_eq(fleet_view(&fleet, 0).failure, CAMPAIGN_FAILURE_INCOMPLETE);
}

Test(repair, goes_on_at_the_next_uplink_where_downlinks_were_lost)
{
    create(2, 1, 1);
    fleet.devices[0].faults.loses_unicast = true;
    while (fleet.devices[0].unicast_fragments < ROUND) {
        fleet_run(&fleet, engine_now(fleet.engine) + MINUTE_NS);
    }
    fleet.devices[0].faults.loses_unicast = false;
    fleet_run(&fleet, 10 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
}

/* Five rounds: the first, and after pauses of 0, 5, 10 and 20 minutes. */
Test(repair, ends_with_a_reason_where_it_brings_nothing)
{
    create(2, 1, 1);
    fleet.devices[0].faults.loses_unicast = true;
    fleet_run(&fleet, 24 * HOUR_NS);
    cr_assert_eq(fleet.devices[0].unicast_fragments, 5 * ROUND);
    cr_assert_eq(fleet_view(&fleet, 0).failure, CAMPAIGN_FAILURE_INCOMPLETE);
    cr_assert_eq(campaign_phase(fleet.campaign), CAMPAIGN_PHASE_DONE);
}

/* Version 2, M = 40: all rows have 20 columns, so coded fragments alone have rank 39 at most
 * (linear algebra, as in test_correction.c). The second round begins with an uncoded fragment. */
Test(repair, sends_an_uncoded_fragment_to_a_device_that_has_none)
{
    struct campaign_params params = fleet_default_params();
    params.fragment_size_bytes = 94;
    params.redundancy = 0.0;
    params.correction = CORRECTION_FIXED;
    params.unicast_below = 1;
    params.confirm_timeout_ns = 24 * HOUR_NS;
    fleet_create(&fleet, 2, 900 * SIM_NS_PER_S, &params);
    fleet.devices[0].faults.needs_uncoded = true;
    fleet_run(&fleet, 20 * HOUR_NS);
    cr_assert_eq(fleet.devices[0].nb_frag % 4 / 2, 0, "rows of even weight");
    fleet_expect_all_confirmed(&fleet);
    cr_assert_eq(fleet.devices[0].received_uncoded, 1);
}

static sim_ns out_until_ns;

/* Gateways refuse what goes out at the data rate of the devices' uplinks, DR5, in RX1. */
static enum gateway_tx_result refuses_unicast(
        void *context, uint32_t gateway, const struct gateway_tx *tx, sim_ns now_ns)
{
    (void)context;
    bool multicast =
            tx->modulation.frequency_hz == 869525000 && tx->modulation.spreading_factor == 7;
    return !multicast && tx->size > 100 && now_ns < out_until_ns
                   ? GATEWAY_TX_DUTY_CYCLE
                   : fake_gateways_queue(fleet.gateways, gateway, tx, now_ns);
}

Test(repair, counts_no_fragment_that_no_gateway_sent)
{
    create(2, 1, 1);
    out_until_ns = 8 * HOUR_NS;
    fleet.gateways->judge = refuses_unicast;
    fleet_run(&fleet, out_until_ns);
    cr_assert_eq(fleet.devices[0].unicast_fragments, 0);
    cr_assert_eq(campaign_phase(fleet.campaign), CAMPAIGN_PHASE_CONFIRMATION, "not given up");
    fleet_run(&fleet, 10 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    cr_assert_eq(fleet.devices[0].unicast_fragments, 3);
}

/* One round for all at first; when one member is left, it gets the rest alone. */
Test(repair, follows_adaptive_batches_once_few_are_left)
{
    struct campaign_params params = fleet_default_params();
    params.redundancy = 0.0;
    params.unicast_below = 1;
    fleet_create(&fleet, 5, 900 * SIM_NS_PER_S, &params);
    fleet.devices[0].faults.loss_percent = 70;
    for (uint32_t i = 1; i < 5; i++) {
        fleet.devices[i].faults.loses_n = 2;
    }
    fleet_run(&fleet, 6 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    cr_assert_geq(campaign_correction_batches(fleet.campaign), 1);
    cr_assert_gt(fleet.devices[0].unicast_fragments, 0);
    for (uint32_t i = 1; i < 5; i++) {
        cr_assert_eq(fleet.devices[i].unicast_fragments, 0, "device %u", i);
    }
    cr_assert_eq(fleet.devices[0].group_delete_requests, 1, "it leaves class C first");
}
