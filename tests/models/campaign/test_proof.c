/* Proof of a block: which hash the server accepts, with which MIC, and what becomes of the member.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: vectors of spec-protocol 10.2 ("device D": block, AppSKey, DevAddr, CRC-64), of
 * sha256sum and of Python's cryptography; issue 11: only what the server accepts is installed.
 */
#include <criterion/criterion.h>

#include "campaign/proof.h"
#include "models/campaign/fleet_suite.h"
#include "models/network/hex.h"

TestSuite(proof, .fini = fleet_suite_end);

static void expect_vector(enum proof_kind kind, const char *hash_text, const char *mic_text)
{
    uint8_t block[95], app_s_key[16], hash[8], mic[4], expected[8];
    for (uint8_t i = 0; i < sizeof block; i++) {
        block[i] = i;
    }
    hex_read("00ec5fd6cf7c8a10d18b21bff1790ce3", app_s_key);
    proof_hash(kind, block, sizeof block, hash);
    hex_read(hash_text, expected);
    cr_expect_arr_eq(hash, expected, 8);
    proof_mic(app_s_key, 0x26011bda, kind, 1, hash, mic);
    hex_read(mic_text, expected);
    cr_expect_arr_eq(mic, expected, 4);
}

Test(proof_vectors, of_device_d_are_met)
{
    cr_expect_eq(proof_crc64((const uint8_t *)"123456789", 9), UINT64_C(0xE9C6D914C4B8D9CA));
    expect_vector(PROOF_CRC64, "d11992dbe9bc0803", "cbcec64a");
    expect_vector(PROOF_SHA256, "7d1905a3ace827ea", "bbcc39b0");
}

static struct campaign_params params_with(uint8_t proofs)
{
    struct campaign_params params = fleet_default_params();
    params.proofs = proofs;
    return params;
}

Test(proof, our_block_is_accepted_and_the_member_proved)
{
    struct campaign_params params = params_with(1u << PROOF_CRC64 | 1u << PROOF_SHA256);
    fleet_create(&fleet, 3, 900 * SIM_NS_PER_S, &params);
    for (uint32_t i = 0; i < 3; i++) {
        fleet.devices[i].faults.asks_hashes = params.proofs;
        fleet.devices[i].faults.installs_nothing = i == 2;
    }
    fleet_run(&fleet, 8 * HOUR_NS);
    for (uint32_t i = 0; i < 3; i++) {
        const struct fleet_device *device = &fleet.devices[i];
        uint8_t hash[8], mic[4];
        cr_expect_eq(device->auths, 2, "one exchange for each hash");
        proof_hash(PROOF_SHA256, fleet.image, fleet.image_size, hash);
        proof_mic(device->mac.app_s_key, device->mac.dev_addr, PROOF_SHA256, 0, hash, mic);
        cr_expect_eq(device->auth_ans[1], 0x41);
        cr_expect_arr_eq(device->auth_ans + 2, mic, 4);
        cr_expect_neq(fleet_view(&fleet, i).authenticated_ns, SIM_NS_NEVER);
    }
    cr_expect_eq(fleet_view(&fleet, 1).stage, CAMPAIGN_CONFIRMED);
    cr_expect_eq(fleet_view(&fleet, 2).stage, CAMPAIGN_AUTHENTICATED);
}

/* A good block MIC alone does not do where hashes are demanded: its answer may be on its way. */
Test(proof, is_complete_with_the_last_hash_that_is_demanded)
{
    struct campaign_params params = params_with(1u << PROOF_CRC64 | 1u << PROOF_SHA256);
    fleet_create(&fleet, 1, 900 * SIM_NS_PER_S, &params);
    fleet.devices[0].faults.asks_hashes = 1u << PROOF_CRC64;
    fleet.devices[0].faults.installs_nothing = true;
    fleet_run(&fleet, 8 * HOUR_NS);
    cr_expect_eq(fleet.devices[0].auths, 1);
    cr_expect_eq(fleet_view(&fleet, 0).stage, CAMPAIGN_COMPLETE);
}

Test(proof, another_block_is_rejected_and_the_reason_named)
{
    struct campaign_params params = params_with(1u << PROOF_SHA256);
    fleet_create(&fleet, 2, 900 * SIM_NS_PER_S, &params);
    for (uint32_t i = 0; i < 2; i++) {
        fleet.devices[i].faults.asks_hashes = params.proofs;
    }
    fleet.devices[0].faults.has_other_block = true;
    fleet_run(&fleet, 8 * HOUR_NS);
    cr_expect_eq(fleet.devices[0].auth_ans_size, 2);
    cr_expect_eq(fleet.devices[0].auth_ans[1], 0x40);
    cr_expect_eq(fleet.devices[0].version, 0x01000000);
    cr_expect_eq(fleet_view(&fleet, 0).failure, CAMPAIGN_FAILURE_PROOF_REJECTED, "%s",
            campaign_failure_name(fleet_view(&fleet, 0).failure));
    cr_expect_eq(fleet_view(&fleet, 1).stage, CAMPAIGN_CONFIRMED);
}

/* Design section 5, invariant 9: a device that holds a block is answered, whatever was lost before,
 * after the end of the campaign as well. */
Test(proof, is_answered_after_the_end_of_the_campaign)
{
    struct campaign_params params = params_with(1u << PROOF_CRC64);
    params.confirm_timeout_ns = 1800 * SIM_NS_PER_S;
    fleet_create(&fleet, 1, 900 * SIM_NS_PER_S, &params);
    fleet.devices[0].faults.asks_hashes = params.proofs;
    fleet.devices[0].faults.lost_acks = UINT32_MAX;
    while (campaign_phase(fleet.campaign) != CAMPAIGN_PHASE_DONE) {
        cr_assert_lt(engine_now(fleet.engine), 12 * HOUR_NS);
        fleet_run(&fleet, engine_now(fleet.engine) + 60 * SIM_NS_PER_S);
    }
    cr_expect_eq(fleet.devices[0].auths, 0);
    enum campaign_stage stage = fleet_view(&fleet, 0).stage;
    fleet.devices[0].faults.lost_acks = 0;
    fleet_run(&fleet, engine_now(fleet.engine) + HOUR_NS);
    cr_expect_eq(fleet.devices[0].auths, 1);
    cr_expect_eq(fleet.devices[0].version, FLEET_VERSION);
    cr_expect_eq(fleet_view(&fleet, 0).stage, stage, "its results stand");
}
