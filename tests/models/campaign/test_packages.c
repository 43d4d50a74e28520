/* Messages of TS003, TS004 and TS005 against published and independently computed bytes.
 * SPDX-License-Identifier: MIT
 *
 * Oracle: protocol reference section 10.2 ("device D") and the layouts of sections 3 to 5.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "campaign/packages.h"
#include "models/network/hex.h"

static void expect_hex(const uint8_t *bytes, size_t size, const char *text)
{
    uint8_t expected[256];
    cr_assert_eq(size, hex_read(text, expected), "%zu bytes for %s", size, text);
    cr_assert_arr_eq(bytes, expected, size, "differs from %s", text);
}

Test(packages, writes_multicast_set_up)
{
    uint8_t key[16], out[PACKAGE_MESSAGE_MAX];
    hex_read("d9a5c8c8b25a5c06666c1a400a50a601", key);
    size_t size = package_mc_group_setup_req(out, 0, 0x01ff00aa, key, 0, UINT32_MAX);
    expect_hex(out, size, "02 00 aa00ff01 d9a5c8c8b25a5c06666c1a400a50a601 00000000 ffffffff");
    size = package_mc_class_c_session_req(out, 0, 1400000000, 11, 869525000, 3);
    expect_hex(out, size, "04 00 004e7253 0b d2ad84 03");
}

Test(packages, writes_fragmentation_set_up_of_both_versions)
{
    uint8_t gen_app_key[16], block[95], out[PACKAGE_MESSAGE_MAX];
    struct package_frag_session session = { .group_mask = 1,
        .nb_frag = 10,
        .frag_size = 10,
        .block_ack_delay = 5,
        .ack_reception = true,
        .padding = 5,
        .descriptor = { 0, 1, 2, 3 },
        .session_cnt = 5,
        .frag_index = 1 };
    hex_read("0f0e0d0c0b0a09080706050403020100", gen_app_key);
    for (uint8_t i = 0; i < sizeof block; i++) {
        block[i] = i;
    }
    package_block_mic(gen_app_key, 5, 1, session.descriptor, block, sizeof block, session.mic);
    expect_hex(session.mic, 4, "9b749d5f");
    size_t size = package_frag_session_setup_req(out, 2, &session);
    expect_hex(out, size, "02 11 0a00 0a 45 05 00010203 0500 9b749d5f");
    session.table = true; /* bit 7 of Control, of version 2 alone */
    size = package_frag_session_setup_req(out, 2, &session);
    expect_hex(out, size, "02 11 0a00 0a c5 05 00010203 0500 9b749d5f");
    size = package_frag_session_setup_req(out, 1, &session);
    expect_hex(out, size, "02 11 0a00 0a 05 05 00010203");
}

Test(packages, writes_fragments_requests_and_clock_answers)
{
    uint8_t data[10], out[64];
    hex_read("00010203040506070809", data);
    expect_hex(out, package_data_fragment(out, 1, 1, data, 10), "08 0140 00010203040506070809");
    expect_hex(out, package_frag_session_status_req(out, 0, false), "01 00");
    expect_hex(out, package_frag_session_status_req(out, 1, true), "01 03");
    expect_hex(out, package_frag_data_block_received_ans(out, 2), "04 02");
    expect_hex(out, package_app_time_ans(out, 17, 3), "01 11000000 03");
    expect_hex(out, package_app_time_ans(out, -2, 15), "01 feffffff 0f");
    expect_hex(out, package_force_device_resync_req(out, 1), "03 01");
}

static struct package_message parse(uint8_t fport, unsigned version, const char *text, size_t used)
{
    uint8_t data[64];
    struct package_message message;
    size_t size = hex_read(text, data);
    cr_assert_eq(package_message_parse(fport, version, data, size, &message), used, "%s", text);
    return message;
}

Test(packages, reads_set_up_answers)
{
    struct package_message message = parse(200, 2, "02 01 04 00 580200", 2);
    cr_assert_eq(message.kind, PACKAGE_MC_GROUP_SETUP_ANS);
    cr_assert(message.index == 1 && message.status == 0);
    cr_assert_neq(parse(200, 2, "02 05", 2).status, 0, "IDerror");
    message = parse(200, 2, "04 00 580200", 5);
    cr_assert_eq(message.kind, PACKAGE_MC_CLASS_C_SESSION_ANS);
    cr_assert(message.status == 0 && message.has_time_to_start);
    cr_assert_eq(message.time_to_start_s, 600);
    message = parse(200, 2, "04 20", 2); /* StartMissed: no TimeToStart */
    cr_assert_eq(message.status, PACKAGE_SESSION_START_MISSED);
    message = parse(201, 2, "02 50", 2); /* FragIndex 1, SessionCntReplay */
    cr_assert_eq(message.kind, PACKAGE_FRAG_SESSION_SETUP_ANS);
    cr_assert(message.index == 1 && message.status == PACKAGE_SETUP_REPLAY);
}

Test(packages, reads_status_answers_of_both_versions)
{
    struct package_message message = parse(201, 1, "01 0d40 07 01", 5);
    cr_assert_eq(message.kind, PACKAGE_FRAG_SESSION_STATUS_ANS);
    cr_assert(message.index == 1 && message.received == 13 && message.missing == 7);
    cr_assert_eq(message.status, PACKAGE_STATUS_MEMORY);
    message = parse(201, 2, "01 00 0d40 07", 5);
    cr_assert(message.index == 1 && message.received == 13 && message.missing == 7);
    cr_assert_eq(message.status, 0);
    cr_assert_eq(parse(201, 2, "01 02 0a40 00", 5).status, PACKAGE_STATUS_MIC);
    cr_assert_eq(parse(201, 2, "01 04", 2).status, PACKAGE_STATUS_NO_SESSION);
    message = parse(201, 2, "04 05", 2);
    cr_assert_eq(message.kind, PACKAGE_FRAG_DATA_BLOCK_RECEIVED_REQ);
    cr_assert(message.index == 1 && message.status == PACKAGE_STATUS_MIC);
}

/* spec-protocol 7.2; the hash is that of section 10.2, "device D". */
Test(packages, reads_and_answers_proofs_of_a_block)
{
    uint8_t out[PACKAGE_MESSAGE_MAX], hash[8], mic[4];
    hex_read("d11992dbe9bc0803", hash);
    struct package_message message = parse(201, 2, "05 11 d11992dbe9bc0803", 10);
    cr_assert_eq(message.kind, PACKAGE_DATA_BLOCK_AUTH_REQ);
    cr_assert(message.index == 1 && message.hash_kind == PROOF_CRC64);
    cr_assert_arr_eq(message.hash, hash, 8);
    message = parse(201, 1, "05 6f d11992dbe9bc0803 0401", 10); /* a receipt follows */
    cr_assert(message.index == 2 && message.hash_kind == PROOF_SHA256);
    hex_read("cbcec64a", mic);
    size_t size = package_data_block_auth_ans(out, PROOF_CRC64, 1, mic);
    expect_hex(out, size, "05 11 cbcec64a");
    size = package_data_block_auth_ans(out, PROOF_SHA256, 3, NULL);
    expect_hex(out, size, "05 70");
}

/* TS006: the self test of another stack and the time of device D (spec-protocol 6, 10.2). */
Test(packages, manages_firmware)
{
    uint8_t out[PACKAGE_MESSAGE_MAX];
    expect_hex(out, package_dev_version_req(out), "01");
    expect_hex(out, package_dev_reboot_time_req(out, 1400003600), "02 105c7253");
    expect_hex(out, package_dev_reboot_countdown_req(out, 0x110000), "03 000011");
    expect_hex(out, package_dev_reboot_countdown_req(out, UINT32_MAX), "03 feffff");
    expect_hex(out, package_dev_upgrade_image_req(out), "04");
    expect_hex(out, package_dev_delete_image_req(out, 0x73190117), "05 17011973");
    struct package_message message = parse(203, 2, "00 04 01", 3);
    cr_assert(message.package_id == 4 && message.package_version == 1);
    message = parse(203, 2, "01 44332211 78563412", 9);
    cr_assert(message.kind == PACKAGE_DEV_VERSION_ANS && message.version == 0x11223344);
    message = parse(203, 2, "02 100e0000", 5);
    cr_assert(message.kind == PACKAGE_REBOOT_ANS && message.seconds == 3600);
    cr_assert_eq(parse(203, 2, "02 ffffffff", 5).seconds, PACKAGE_REBOOT_CANCELLED);
    cr_assert_eq(parse(203, 2, "03 ffffff", 4).seconds, PACKAGE_REBOOT_CANCELLED);
    cr_assert_eq(parse(203, 2, "03 000011", 4).seconds, 0x110000);
    message = parse(203, 2, "04 03 17011973", 6);
    cr_assert(message.status == PACKAGE_IMAGE_VALID && message.version == 0x73190117);
    cr_assert_eq(parse(203, 2, "04 01", 2).status, 1);
    cr_assert_eq(parse(203, 2, "05 02", 2).kind, PACKAGE_DELETE_IMAGE_ANS);
    parse(203, 2, "04 03 170119", 0);
}

/* Arm's interop form, that of LoRaMac-node and STM32 examples, and MultiTech's: a CRC-32, to which
 * none of them expects an answer that we could give. An unknown kind of hash is none of ours. */
Test(packages, passes_over_proofs_of_other_stacks)
{
    cr_assert_eq(parse(201, 1, "05 00 48381919", 6).kind, PACKAGE_OTHER);
    cr_assert_eq(parse(201, 1, "05 48381919", 5).kind, PACKAGE_OTHER);
    cr_assert_eq(parse(201, 1, "80 48381919", 5).kind, PACKAGE_OTHER);
    cr_assert_eq(parse(201, 1, "05 91 d11992dbe9bc0803", 10).kind, PACKAGE_OTHER);
    parse(201, 1, "05 11 d11992dbe9bc08", 0);
}

Test(packages, reads_time_requests)
{
    struct package_message message = parse(202, 2, "01 006d7c4d 13", 6);
    cr_assert_eq(message.kind, PACKAGE_APP_TIME_REQ);
    cr_assert_eq(message.device_time_s, 1300000000);
    cr_assert(message.answer_required && message.token == 3);
}

Test(packages, stops_at_what_it_cannot_read)
{
    parse(200, 2, "77", 0);
    parse(200, 2, "04 00 5802", 0);
    parse(201, 2, "01 00 0d", 0);
    parse(202, 2, "01 006d7c", 0);
    parse(7, 2, "01 02", 0);
    parse(200, 2, "01 01", 0); /* McGroupStatusAns without the group it promises */
    for (unsigned port = 200; port <= 203; port++) {
        for (unsigned a = 0; a < 256; a++) {
            for (unsigned b = 0; b < 256; b++) {
                uint8_t data[2] = { (uint8_t)a, (uint8_t)b };
                struct package_message message;
                cr_assert_leq(package_message_parse((uint8_t)port, 2, data, 2, &message), 2);
                cr_assert_leq(package_message_parse((uint8_t)port, 1, data + 1, 1, &message), 1);
            }
        }
    }
}

/* TS005-2.0.0 sections 3.2 and 3.4, as spec-protocol 4.1 lists their fields. */
Test(packages, asks_for_groups_and_deletes_them)
{
    uint8_t out[PACKAGE_MESSAGE_MAX];
    cr_assert_eq(package_mc_group_status_req(out, 0x05), 2);
    cr_assert_arr_eq(out, ((uint8_t[]){ 0x01, 0x05 }), 2);
    cr_assert_eq(package_mc_group_delete_req(out, 3), 2);
    cr_assert_arr_eq(out, ((uint8_t[]){ 0x03, 0x03 }), 2);
    /* Three groups in all; 0 and 2 are listed. */
    struct package_message message = parse(200, 2, "01 35 00 aa00ff01 02 04030201", 12);
    cr_assert_eq(message.kind, PACKAGE_MC_GROUP_STATUS_ANS);
    cr_assert_eq(message.group_count, 3);
    cr_assert_eq(message.group_mask, 0x05);
    cr_assert_eq(message.group_mc_addr[0], 0x01ff00aau);
    cr_assert_eq(message.group_mc_addr[2], 0x01020304u);
    message = parse(200, 2, "01 00", 2);
    cr_assert(message.group_count == 0 && message.group_mask == 0);
    message = parse(200, 2, "03 02", 2);
    cr_assert_eq(message.kind, PACKAGE_MC_GROUP_DELETE_ANS);
    cr_assert(message.index == 2 && message.status == 0);
    message = parse(200, 2, "03 06", 2);
    cr_assert(message.index == 2 && message.status == PACKAGE_DELETE_UNDEFINED);
}
