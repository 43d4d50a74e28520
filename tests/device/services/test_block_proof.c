/* Proof of the block by the server: what a device asks, what it believes, how long it asks.
 * SPDX-License-Identifier: MIT
 *
 * The block is that of "device D" in spec-protocol 10.2, which gives its CRC-64 and AppSKey; its
 * SHA-256 is that of sha256sum, the MICs are of another implementation (Python's cryptography).
 */
#include <criterion/criterion.h>
#include <string.h>

#include "device_d.h"
#include "update/crc64.h"

#define ASKED_CRC64     "05 11 d11992dbe9bc0803"
#define ASKED_SHA256    "05 51 7d1905a3ace827ea"
#define REJECTED_CRC64  "05 10"
#define ACCEPTED_CRC64  "05 11 cbcec64a"
#define ACCEPTED_SHA256 "05 51 bbcc39b0"
#define BAD_MIC_SHA256  "05 51 bbcc39b1"

/* The main loop's part, after the signature was found good (fw_install.c). */
static void prove(struct rig *rig)
{
    struct fragmentation *frag = &rig->services.fragmentation;
    uint32_t address, size;
    uint8_t app_s_key[16];
    hex_parse("00ec5fd6cf7c8a10d18b21bff1790ce3", app_s_key, sizeof app_s_key);
    rig->board.hal.ops->key_load(&rig->board, MAC_KEY_APP_S, app_s_key);
    cr_assert(fragmentation_take_block(frag, &address, &size));
    rig->core.update.status = UPDATE_VALID;
    cr_assert(services_prove_block(&rig->services, &rig->core));
    rig_run_ticks(rig, 10);
}

/* A device whose factory demands `verify` has the block, and the server knows. */
static struct rig *complete(uint8_t verify)
{
    struct rig *rig = rig_create();
    rig->core.factory.verify = verify;
    rig->board.dev_addr = 0x26011bda;
    rig_set_gps(rig, 1300000000); /* clock sync has nothing to do */
    rig->services.fragmentation.version = 2;
    rig->board.entropy_fixed = true;
    rig->board.entropy_word = 0x40000000; /* a quarter of every range: 128 s of 512 */
    rig_down_hex(rig, DEVICE_D_PORT, -1, DEVICE_D_SETUP_V2);
    rig_run_s(rig, 5);
    for (unsigned n = 1; n <= 10; n++) {
        device_d_fragment(rig, n, 0);
    }
    rig_run_s(rig, 130);
    rig_down_hex(rig, DEVICE_D_PORT, -1, "04 01");
    return rig;
}

static struct rig *asked(uint8_t verify)
{
    struct rig *rig = complete(verify);
    prove(rig);
    rig_run_s(rig, 129); /* spread, as all answers about the block */
    return rig;
}

static enum block_proof_state state_of(const struct rig *rig)
{
    return (enum block_proof_state)rig->services.fragmentation.proof.state;
}

Test(block_proof, crc64_meets_the_published_check_value)
{
    /* spec-protocol 7.2 and 10.1: CRC-64 of Jones, initial value 0. */
    cr_expect_eq(crc64_update(0, "123456789", 9), UINT64_C(0xE9C6D914C4B8D9CA));
    cr_expect_eq(
            crc64_update(crc64_update(0, "1234", 4), "56789", 5), UINT64_C(0xE9C6D914C4B8D9CA));
}

Test(block_proof, is_not_asked_for_unless_the_factory_demands_it)
{
    struct rig *rig = complete(0);
    cr_expect_not(services_prove_block(&rig->services, &rig->core));
    cr_expect_eq(state_of(rig), BLOCK_PROOF_NONE);
    rig_destroy(rig);
}

Test(block_proof, checksum_is_asked_and_accepted_whatever_the_mic)
{
    struct rig *rig = asked(FACTORY_VERIFY_CHECKSUM);
    cr_expect(device_d_last_uplink_is(rig, ASKED_CRC64));
    rig_down_hex(rig, DEVICE_D_PORT, -1, "05 11 00000000");
    cr_expect_eq(state_of(rig), BLOCK_PROOF_ACCEPTED);
    rig_destroy(rig);
}

Test(block_proof, rejection_is_final)
{
    struct rig *rig = asked(FACTORY_VERIFY_CHECKSUM);
    rig_down_hex(rig, DEVICE_D_PORT, -1, REJECTED_CRC64);
    cr_expect_eq(state_of(rig), BLOCK_PROOF_REJECTED);
    unsigned before = rig->uplink_count;
    rig_run_s(rig, 10000);
    cr_expect_eq(rig->uplink_count, before);
    rig_destroy(rig);
}

Test(block_proof, answers_to_nothing_that_was_asked_are_ignored)
{
    static const char *const others[] = {
        "05 10 00000000 05", /* rejected, by an answer that goes on: it is the 2-byte form */
        "05 21 cbcec64a",    /* another FragIndex */
        "05 51 bbcc39b0",    /* another hash */
        "05 11 cbce",        /* cut short */
        "05",
    };
    struct rig *rig = complete(FACTORY_VERIFY_MIC_CRC64);
    rig_down_hex(rig, DEVICE_D_PORT, -1, ACCEPTED_CRC64); /* before anything was asked */
    prove(rig);
    rig_down_hex(rig, DEVICE_D_PORT, -1, ACCEPTED_CRC64);
    cr_expect_eq(state_of(rig), BLOCK_PROOF_ASKING);
    rig_run_s(rig, 129);
    rig_down_hex(rig, DEVICE_D_PORT, 0, ACCEPTED_CRC64); /* a group: each member can send it */
    for (unsigned i = 1; i < sizeof others / sizeof others[0]; i++) {
        rig_down_hex(rig, DEVICE_D_PORT, -1, others[i]);
        cr_expect_eq(state_of(rig), BLOCK_PROOF_ASKING, "%s", others[i]);
    }
    rig_down_hex(rig, DEVICE_D_PORT, -1, others[0]);
    cr_expect_eq(state_of(rig), BLOCK_PROOF_REJECTED);
    rig_destroy(rig);
}

Test(block_proof, mic_over_the_hash_is_compared)
{
    struct rig *rig = asked(FACTORY_VERIFY_MIC_SHA256);
    cr_expect(device_d_last_uplink_is(rig, ASKED_SHA256));
    rig_down_hex(rig, DEVICE_D_PORT, -1, BAD_MIC_SHA256);
    cr_expect_eq(state_of(rig), BLOCK_PROOF_ASKING, "neither accepted nor rejected");
    cr_expect_eq(rig_traces(rig, FW_TRACE_PROOF_ANSWERED), 1);
    rig_down_hex(rig, DEVICE_D_PORT, -1, ACCEPTED_SHA256);
    cr_expect_eq(state_of(rig), BLOCK_PROOF_ACCEPTED);
    rig_destroy(rig);
}

Test(block_proof, each_hash_that_is_demanded_is_proved)
{
    struct rig *rig = asked(FACTORY_VERIFY_MIC_CRC64 | FACTORY_VERIFY_MIC_SHA256);
    cr_expect(device_d_last_uplink_is(rig, ASKED_CRC64));
    rig_down_hex(rig, DEVICE_D_PORT, -1, "05 11 cbcec64b");
    cr_expect_eq(state_of(rig), BLOCK_PROOF_ASKING);
    rig_down_hex(rig, DEVICE_D_PORT, -1, ACCEPTED_CRC64);
    rig_run_ticks(rig, 10);
    cr_expect_eq(state_of(rig), BLOCK_PROOF_ASKING);
    rig_run_s(rig, 130);
    cr_expect(device_d_last_uplink_is(rig, ASKED_SHA256));
    rig_down_hex(rig, DEVICE_D_PORT, -1, ACCEPTED_SHA256);
    cr_expect_eq(state_of(rig), BLOCK_PROOF_ACCEPTED);
    rig_destroy(rig);
}

/* Design section 5, invariant 9: while a device holds a block, its exchange has no last try. */
Test(block_proof, is_asked_for_at_growing_intervals_without_an_end)
{
    /* The random delay is 128 s each time; as the receipts of test_block_receipt.c. */
    static const uint32_t interval_s[] = { 136, 136, 728, 1328, 2528, 4928, 9728, 19328, 38528,
        76928, 76928 };
    struct rig *rig = asked(FACTORY_VERIFY_CHECKSUM);
    unsigned first = rig->uplink_count - 1u;
    for (unsigned i = 0; i < 8; i++) {
        rig_set_gps(rig, 1300000000 + i * 29000); /* clock sync has nothing to do */
        rig_run_s(rig, 29000);
    }
    cr_assert_eq(rig->uplink_count, first + 12);
    for (unsigned i = 0; i < 11; i++) {
        uint64_t ticks = rig->uplinks[first + i + 1].at_ticks - rig->uplinks[first + i].at_ticks;
        cr_expect_eq(ticks / HAL_RTC_HZ, interval_s[i], "interval %u", i);
        cr_expect(rig_uplink_is(rig, first + i, DEVICE_D_PORT, ASKED_CRC64));
    }
    rig_destroy(rig);
}

static void reset(struct rig *rig)
{
    rig_boot(rig);
    rig_run_s(rig, 1);
    prove(rig);
}

Test(block_proof, survives_a_reset)
{
    struct rig *rig = asked(FACTORY_VERIFY_MIC_CRC64 | FACTORY_VERIFY_MIC_SHA256);
    reset(rig);
    cr_expect_eq(state_of(rig), BLOCK_PROOF_ASKING);
    cr_expect_eq(rig->services.fragmentation.proof.sent, 1, "the intervals go on growing");
    rig_down_hex(rig, DEVICE_D_PORT, -1, ACCEPTED_CRC64); /* it was on its way */
    rig_run_ticks(rig, 10);
    reset(rig);
    rig_run_s(rig, 130);
    cr_expect_eq(rig_traces(rig, FW_TRACE_PROOF_ASKED), 2, "once for each hash");
    cr_expect(device_d_last_uplink_is(rig, ASKED_SHA256), "the CRC-64 is proved already");
    rig_down_hex(rig, DEVICE_D_PORT, -1, ACCEPTED_SHA256);
    reset(rig);
    cr_expect_eq(state_of(rig), BLOCK_PROOF_ACCEPTED);
    rig_destroy(rig);
}

Test(block_proof, of_a_block_that_changed_since_is_void)
{
    struct rig *rig = asked(FACTORY_VERIFY_CHECKSUM);
    rig_down_hex(rig, DEVICE_D_PORT, -1, ACCEPTED_CRC64);
    rig->board.nor[NOR_BLOCK_ADDRESS + 40] ^= 0x10;
    reset(rig);
    cr_expect_eq(state_of(rig), BLOCK_PROOF_ASKING);
    rig_destroy(rig);
}

Test(block_proof, leaves_nothing_once_the_block_is_used)
{
    struct rig *rig = asked(FACTORY_VERIFY_CHECKSUM);
    rig_down_hex(rig, DEVICE_D_PORT, -1, ACCEPTED_CRC64);
    cr_expect_geq(rig->board.records[NVM_BLOCK_PROOF].size, 0);
    fragmentation_block_used(&rig->services.fragmentation, &rig->core);
    cr_expect_eq(rig->board.records[NVM_BLOCK_PROOF].size, -1);
    cr_expect_eq(state_of(rig), BLOCK_PROOF_NONE);
    rig_destroy(rig);
}

/* A device waits for its proof, and the server sets it up again: that block is given up. */
Test(block_proof, gives_way_to_a_new_session)
{
    struct rig *rig = asked(FACTORY_VERIFY_CHECKSUM);
    cr_expect(device_d_answers(rig, "02 11 0a00 0a 45 05 00010203 0600 9b749d5f", "02 40"));
    cr_expect_eq(state_of(rig), BLOCK_PROOF_NONE);
    rig_destroy(rig);
    rig = asked(FACTORY_VERIFY_CHECKSUM);
    cr_expect(device_d_answers(rig, "03 01", "03 01"));
    cr_expect_eq(state_of(rig), BLOCK_PROOF_NONE);
    rig_destroy(rig);
}
