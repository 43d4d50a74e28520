/* Several campaigns of one update server over scripted devices.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: what the devices saw in bytes, and the rules of TS004 and TS005 on numbers.
 */
#include <criterion/criterion.h>

#include "models/campaign/fleet_suite.h"

TestSuite(server, .fini = fleet_suite_end);

static const uint32_t first_half[] = { 0, 1, 2, 3 };
static const uint32_t second_half[] = { 4, 5, 6, 7 };

static void create_halves(void)
{
    struct campaign_params params = fleet_default_params();
    params.members = first_half;
    params.member_count = 4;
    fleet_create(&fleet, 8, 900 * SIM_NS_PER_S, &params);
    params.members = second_half;
    cr_assert_not_null(server_campaign_add(
            fleet.server, &params, fleet.image, fleet.image_size, FLEET_VERSION + 1));
}

Test(server, runs_two_campaigns_at_one_time_on_two_halves)
{
    create_halves();
    cr_assert_not(server_done(fleet.server));
    fleet_run(&fleet, 6 * HOUR_NS);
    cr_assert_eq(server_campaign_count(fleet.server), 2);
    cr_assert(server_done(fleet.server));
    for (uint32_t i = 0; i < 8; i++) {
        struct campaign_device own, other;
        campaign_device_get(server_campaign(fleet.server, i / 4), i, &own);
        campaign_device_get(server_campaign(fleet.server, 1 - i / 4), i, &other);
        cr_assert(own.member && !other.member);
        cr_assert_eq(own.stage, CAMPAIGN_CONFIRMED, "device %u: %s", i,
                campaign_failure_name(own.failure));
        cr_assert_eq(other.stage, CAMPAIGN_WAITING);
        cr_assert_eq(fleet.devices[i].groups[fleet.devices[i].group_id].mc_addr,
                campaign_mc_addr(server_campaign(fleet.server, i / 4)));
    }
    for (uint32_t c = 0; c < 2; c++) {
        const struct campaign *campaign = server_campaign(fleet.server, c);
        cr_assert_eq(campaign_member_count(campaign), 4);
        cr_assert_eq(campaign_stage_count(campaign, CAMPAIGN_CONFIRMED), 4);
        cr_assert_eq(campaign_fragments_sent(campaign, false), campaign_nb_frag(campaign));
    }
}

Test(server, gives_every_session_an_address_of_its_own)
{
    struct campaign_params params = fleet_default_params();
    params.sessions = SESSIONS_PER_DATA_RATE;
    params.fragment_size_bytes = 0;
    fleet_create(&fleet, 8, 900 * SIM_NS_PER_S, &params);
    cr_assert_not_null(server_campaign_add(
            fleet.server, &params, fleet.image, fleet.image_size, FLEET_VERSION));
    fleet_run(&fleet, 900 * SIM_NS_PER_S);
    uint32_t addresses[32], count = 0;
    for (uint32_t c = 0; c < 2; c++) {
        const struct campaign *campaign = server_campaign(fleet.server, c);
        for (uint32_t s = 0; s < campaign_session_count(campaign); s++) {
            struct campaign_session session;
            campaign_session_get(campaign, s, &session);
            cr_assert_eq(campaign_session_of(campaign, session.mc_addr), s);
            cr_assert_lt(count, 32);
            addresses[count++] = session.mc_addr;
        }
    }
    cr_assert_eq(count, 2 * 6, "DR0 to DR5 of two campaigns");
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t k = 0; k < i; k++) {
            cr_assert_neq(addresses[i], addresses[k]);
        }
        for (uint32_t d = 0; d < 8; d++) {
            cr_assert_neq(addresses[i], network_dev_addr(fleet.network, d));
        }
    }
}

/* Uplinks arrive with 5 dB: DR5 has the margin. */
Test(server, divides_members_by_the_data_rate_that_uplinks_allow)
{
    struct campaign_params params = fleet_default_params();
    params.sessions = SESSIONS_PER_DATA_RATE;
    params.fragment_size_bytes = 0;
    fleet_create(&fleet, 6, 900 * SIM_NS_PER_S, &params);
    fleet_run(&fleet, 6 * HOUR_NS);
    cr_assert_eq(campaign_stage_count(fleet.campaign, CAMPAIGN_CONFIRMED), 6);
    for (uint32_t i = 0; i < campaign_transfer_count(fleet.campaign); i++) {
        struct campaign_transfer transfer;
        campaign_transfer_get(fleet.campaign, i, &transfer);
        cr_assert_eq(transfer.data_rate, 5 - i, "fastest first");
        cr_assert_eq(transfer.open, i == 0);
        cr_assert_eq(transfer.members, i == 0 ? 6 : 0);
        cr_assert_eq(transfer.sent_uncoded, i == 0 ? transfer.nb_frag : 0);
    }
    struct campaign_transfer fastest;
    campaign_transfer_get(fleet.campaign, 0, &fastest);
    cr_assert_eq(fastest.fragment_size_bytes, 242 - 3, "the largest that fits DR5");
}

Test(server, makes_a_campaign_wait_for_a_device_that_another_one_holds)
{
    struct campaign_params params = fleet_default_params();
    fleet_create(&fleet, 3, 900 * SIM_NS_PER_S, &params);
    cr_assert_not_null(server_campaign_add(
            fleet.server, &params, fleet.image, fleet.image_size, FLEET_VERSION + 1));
    fleet_run(&fleet, params.start_ns + 3000 * SIM_NS_PER_S);
    for (uint32_t i = 0; i < 3; i++) {
        struct campaign_device held;
        campaign_device_get(server_campaign(fleet.server, 1), i, &held);
        cr_assert_eq(held.stage, CAMPAIGN_WAITING);
        cr_assert_eq(
                held.failure, CAMPAIGN_FAILURE_BUSY, "%s", campaign_failure_name(held.failure));
    }
    fleet_run(&fleet, 6 * HOUR_NS);
    cr_assert_eq(campaign_stage_count(fleet.campaign, CAMPAIGN_CONFIRMED), 3);
    cr_assert(server_done(fleet.server));
}

/* The second campaign takes other numbers at the devices, for the groups of the first one stay. */
Test(server, sends_a_second_version_over_the_first_to_the_same_devices)
{
    struct campaign_params params = fleet_default_params();
    fleet_create(&fleet, 5, 900 * SIM_NS_PER_S, &params);
    params.start_ns += 5 * HOUR_NS;
    const struct campaign *second = server_campaign_add(
            fleet.server, &params, fleet.image, fleet.image_size, FLEET_VERSION + 1);
    cr_assert_not_null(second);
    fleet_run(&fleet, params.start_ns);
    cr_assert_eq(campaign_stage_count(fleet.campaign, CAMPAIGN_CONFIRMED), 5);
    cr_assert_eq(campaign_stage_count(second, CAMPAIGN_CONTACTED), 0);
    fleet_run(&fleet, 12 * HOUR_NS);
    cr_assert_eq(campaign_stage_count(second, CAMPAIGN_CONFIRMED), 5);
    cr_assert(server_done(fleet.server));
    for (uint32_t i = 0; i < 5; i++) {
        cr_assert_eq(fleet.devices[i].version, FLEET_VERSION + 1);
        cr_assert_eq(fleet.devices[i].group_id, 1);
        cr_assert_eq(fleet.devices[i].frag_index, 1);
        cr_assert_eq(fleet.devices[i].groups[1].mc_addr, campaign_mc_addr(second));
    }
}
