/* Package versions: asked once, kept, and a transfer for each version of TS004.
 * SPDX-License-Identifier: MIT
 *
 * Oracle: versions 1 and 2 code fragments by different rows (spec-protocol 5.4), so that no device
 * can use fragments of the other version; what the scripted devices saw on their ports.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "campaign/fec_encoder.h"
#include "models/campaign/fleet_suite.h"

#define DEVICES 6u

static struct campaign_params params;

static void setup(void)
{
    params = fleet_default_params();
    params.versions = VERSIONS_ASK;
}

TestSuite(versions, .init = setup, .fini = fleet_suite_end);

static struct campaign_device device(const struct campaign *campaign, uint32_t index)
{
    struct campaign_device view;
    campaign_device_get(campaign, index, &view);
    return view;
}

static enum gateway_tx_result refuse_questions(
        void *context, uint32_t gateway, const struct gateway_tx *tx, sim_ns now_ns)
{
    (void)context;
    bool join_accept = tx->bytes[0] == 0x20;
    return join_accept ? fake_gateways_queue(fleet.gateways, gateway, tx, now_ns)
                       : GATEWAY_TX_DUTY_CYCLE;
}

/* Design section 5, invariant 8. One uplink falls into the window: no later one shows that the
 * question never left. */
Test(versions, that_no_gateway_asked_for_are_no_silence)
{
    fleet_create(&fleet, 2, params.set_up_window_ns, &params);
    fleet.gateways->judge = refuse_questions;
    fleet_run(&fleet, params.start_ns + 2 * params.set_up_window_ns);
    for (uint32_t i = 0; i < 2; i++) {
        cr_assert_eq(fleet.devices[i].version_questions[1], 0);
        cr_assert_eq(device(fleet.campaign, i).failure, CAMPAIGN_FAILURE_NOT_SENT, "device %u: %s",
                i, campaign_failure_name(device(fleet.campaign, i).failure));
    }
}

/* Each device got the coded fragments of its version. */
static void expect_own_fragments(void)
{
    uint32_t size = params.fragment_size_bytes;
    uint8_t block[4200] = { 0 }, coded[242];
    uint32_t nb_frag = campaign_nb_frag(fleet.campaign);
    memcpy(block, fleet.image, fleet.image_size);
    for (uint32_t i = 0; i < fleet.count; i++) {
        fec_encoder_fragment(fleet.devices[i].fragmentation_version, block, (uint16_t)nb_frag,
                (uint8_t)size, nb_frag + 1u, coded);
        cr_assert_arr_eq(fleet.devices[i].first_coded, coded, size, "device %u", i);
        cr_assert_geq(device(fleet.campaign, i).stage, CAMPAIGN_COMPLETE, "device %u: %s", i,
                campaign_failure_name(device(fleet.campaign, i).failure));
    }
}

static void expect_two_transfers(void)
{
    cr_assert_eq(campaign_transfer_count(fleet.campaign), 2);
    for (uint32_t t = 0; t < 2; t++) {
        struct campaign_transfer transfer;
        campaign_transfer_get(fleet.campaign, t, &transfer);
        cr_assert_eq(transfer.fragmentation_version, 2 - t);
        cr_assert_eq(transfer.members, DEVICES / 2);
        cr_assert_eq(transfer.sent_uncoded, transfer.nb_frag, "the block goes out twice");
    }
    cr_assert_eq(
            campaign_fragments_sent(fleet.campaign, false), 2u * campaign_nb_frag(fleet.campaign));
}

/* One fragment of each is lost to all, so that coded ones are needed. */
static void lose_some(void)
{
    for (uint32_t i = 0; i < DEVICES; i++) {
        fleet.devices[i].faults.loses_n = 2;
    }
}

Test(versions, of_a_mixed_fleet_get_transfers_of_their_own_when_asked)
{
    fleet_create(&fleet, DEVICES, 900 * SIM_NS_PER_S, &params);
    lose_some();
    for (uint32_t i = 0; i < DEVICES; i += 2) {
        fleet.devices[i].fragmentation_version = 1;
    }
    fleet_run(&fleet, 12 * HOUR_NS);
    expect_own_fragments();
    expect_two_transfers();
    for (uint32_t i = 0; i < DEVICES; i++) {
        cr_assert_eq(fleet.devices[i].version_questions[0], 1);
        cr_assert_eq(fleet.devices[i].version_questions[1], 1);
    }
}

Test(versions, of_a_mixed_fleet_get_transfers_of_their_own_when_known)
{
    static const uint32_t members[DEVICES] = { 0, 1, 2, 3, 4, 5 };
    static const uint8_t known[DEVICES] = { 1, 2, 1, 2, 1, 2 };
    params.versions = VERSIONS_KNOWN;
    params.members = members;
    params.member_count = DEVICES;
    params.member_versions = known;
    fleet_create(&fleet, DEVICES, 900 * SIM_NS_PER_S, &params);
    lose_some();
    for (uint32_t i = 0; i < DEVICES; i++) {
        fleet.devices[i].fragmentation_version = known[i];
    }
    fleet_run(&fleet, 12 * HOUR_NS);
    expect_own_fragments();
    expect_two_transfers();
    cr_assert_eq(fleet.devices[0].version_questions[1], 0);
}

Test(versions, are_asked_once_for_several_campaigns)
{
    fleet_create(&fleet, DEVICES, 900 * SIM_NS_PER_S, &params);
    params.start_ns += 5 * HOUR_NS;
    const struct campaign *second = server_campaign_add(
            fleet.server, &params, fleet.image, fleet.image_size, FLEET_VERSION + 1);
    cr_assert_not_null(second);
    fleet_run(&fleet, 14 * HOUR_NS);
    cr_assert_eq(campaign_stage_count(fleet.campaign, CAMPAIGN_CONFIRMED), DEVICES);
    cr_assert_eq(campaign_stage_count(second, CAMPAIGN_CONFIRMED), DEVICES);
    for (uint32_t i = 0; i < DEVICES; i++) {
        cr_assert_eq(fleet.devices[i].version_questions[0], 1);
        cr_assert_eq(fleet.devices[i].version_questions[1], 1);
    }
}

Test(versions, that_do_not_exist_are_the_reason_of_a_failure)
{
    fleet_create(&fleet, 4, 600 * SIM_NS_PER_S, &params);
    fleet.devices[0].faults.no_fragmentation = true;
    fleet.devices[3].faults.ignores_set_up = true;
    fleet.devices[1].faults.unknown_version = true;
    fleet_run(&fleet, 8 * HOUR_NS);
    cr_assert_eq(device(fleet.campaign, 0).failure, CAMPAIGN_FAILURE_NO_PACKAGE);
    cr_assert_eq(device(fleet.campaign, 1).failure, CAMPAIGN_FAILURE_NO_PACKAGE);
    cr_assert_eq(fleet.devices[1].version_questions[1], 1);
    cr_assert_eq(fleet.devices[0].set_up_downlinks, 0);
    cr_assert_eq(device(fleet.campaign, 3).failure, CAMPAIGN_FAILURE_SET_UP_UNANSWERED,
            "silent on all ports: nothing is known of its packages");
    cr_assert_eq(device(fleet.campaign, 2).stage, CAMPAIGN_CONFIRMED);
}
