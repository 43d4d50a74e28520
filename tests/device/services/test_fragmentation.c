/* TS004 messages byte by byte: both versions, every error answer, delays and receipts.
 * SPDX-License-Identifier: MIT
 *
 * The session is that of "device D" in spec-protocol 10.2: M 10, FragSize 10, FragIndex 1.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "device_d.h"

static struct rig *set_up(uint8_t version)
{
    struct rig *rig = rig_create();
    rig_set_gps(rig, 1300000000); /* clock sync has nothing to do */
    rig->services.fragmentation.version = version;
    rig_down_hex(rig, DEVICE_D_PORT, -1, version >= 2 ? DEVICE_D_SETUP_V2 : DEVICE_D_SETUP_V1);
    rig_run_s(rig, 5);
    cr_assert_eq(rig->services.fragmentation.phase, FRAG_PHASE_COLLECT);
    return rig;
}

static bool silent(struct rig *rig, int group, const char *request)
{
    unsigned before = rig->uplink_count;
    rig_down_hex(rig, DEVICE_D_PORT, group, request);
    rig_run_s(rig, 1);
    return rig->uplink_count == before;
}

Test(fragmentation, answers_its_package_and_version)
{
    struct rig *rig = rig_create();
    cr_expect(device_d_answers(rig, "00", "00 03 02"));
    rig->services.fragmentation.version = 1;
    cr_expect(device_d_answers(rig, "00", "00 03 01"));
    rig_destroy(rig);
}

/* Goal: at every payload size of the region and below, answers come whole, in order, in as many
 * uplinks as it takes, and never a byte beyond the room that there is. */
Test(fragmentation, writes_no_answer_where_there_is_no_room_for_it)
{
    static const char *const answers[] = { "\x00\x03\x02", "\x01\x00\x00\x40\x0a", "\x03\x06" };
    static const size_t sizes[] = { 3, 5, 2 };
    for (size_t room = 0; room <= 12; room++) {
        struct rig *rig = set_up(2);
        struct fragmentation *frag = &rig->services.fragmentation;
        rig->uplinks_off = true;
        rig_down_hex(rig, DEVICE_D_PORT, -1, "00 01 03 03 02"); /* version, status, delete */
        unsigned next = 0;
        for (unsigned uplink = 0; uplink < 4; uplink++) {
            uint8_t out[32];
            memset(out, 0xEE, sizeof out);
            size_t size = fragmentation_package.build(
                    frag, &rig->core, rig->board.now_ticks, false, out, room);
            cr_assert_leq(size, room, "%zu bytes", room);
            for (size_t at = 0; at < size; at += sizes[next++]) {
                cr_assert_lt(next, 3u);
                cr_assert_leq(at + sizes[next], size, "%zu bytes: a cut answer", room);
                cr_assert_arr_eq(out + at, answers[next], sizes[next], "%zu bytes", room);
            }
            for (size_t at = size; at < sizeof out; at++) {
                cr_assert_eq(out[at], 0xEE, "%zu bytes: byte %zu", room, at);
            }
        }
        cr_expect_eq(next, room < 3 ? 0 : room < 5 ? 1 : 3, "%zu bytes", room);
        rig_destroy(rig);
    }
}

Test(fragmentation, writes_no_receipt_where_there_is_no_room_for_it)
{
    for (size_t room = 0; room <= 3; room++) {
        struct rig *rig = set_up(2);
        struct fragmentation *frag = &rig->services.fragmentation;
        for (unsigned n = 1; n <= 10; n++) {
            device_d_fragment(rig, n, 0);
        }
        rig->uplinks_off = true;
        rig_run_s(rig, 3600);
        cr_assert_leq(frag->ack_at_ticks, rig->board.now_ticks);
        cr_assert_eq(frag->acks_sent, 0);
        uint8_t out[4] = { 0xEE, 0xEE, 0xEE, 0xEE };
        size_t size = fragmentation_package.build(
                frag, &rig->core, rig->board.now_ticks, false, out, room);
        cr_expect_eq(size, room < 2 ? 0 : 2);
        cr_expect_eq(out[room < 2 ? 0 : 2], 0xEE);
        cr_expect_eq(frag->acks_sent, room < 2 ? 0 : 1, "one that did not leave");
        rig_destroy(rig);
    }
}

Test(fragmentation, reconstructs_the_published_block_and_finds_its_mic_good)
{
    struct rig *rig = set_up(2);
    uint8_t block[100];
    device_d_fill(block);
    for (unsigned n = 1; n <= 13; n++) {
        if (n != 3 && n != 7) {
            device_d_fragment(rig, n, 0);
        }
    }
    rig_run_ticks(rig, 20000);
    cr_expect_eq(rig->services.fragmentation.phase, FRAG_PHASE_DONE);
    cr_expect_eq(rig_traces(rig, FW_TRACE_BLOCK_MIC), 1);
    cr_expect_arr_eq(rig->board.nor, block, 100);
    rig_destroy(rig);
}

/* A read of the NOR may fail: the published block is not refused for one or two wrong bits on their
 * way. It is read in one piece. */
Test(fragmentation, reads_the_block_again_before_its_mic_is_bad)
{
    for (unsigned bad_reads = 0; bad_reads <= 3; bad_reads++) {
        struct rig *rig = set_up(2);
        rig->board.bad_read_size = 95; /* 10 fragments of 10 B, 5 B of padding */
        rig->board.bad_reads = bad_reads;
        for (unsigned n = 1; n <= 10; n++) {
            device_d_fragment(rig, n, 0);
        }
        rig_run_ticks(rig, 20000);
        cr_expect_eq(rig->services.fragmentation.phase,
                bad_reads < 3 ? FRAG_PHASE_DONE : FRAG_PHASE_FAILED, "%u bad reads", bad_reads);
        cr_expect_eq(rig->board.bad_reads, 0, "the block was read as often as it took");
        rig_destroy(rig);
    }
}

/* Status of spec-protocol 10.2: FragIndex 1, NbFragReceived 13, Missing 0. */
Test(fragmentation, reports_the_published_status_in_the_layout_of_each_version)
{
    for (uint8_t version = 1; version <= 2; version++) {
        struct rig *rig = set_up(version);
        for (unsigned n = 1; n <= 9; n++) {
            device_d_fragment(rig, n, 0);
        }
        for (unsigned k = 0; k < 3; k++) {
            device_d_fragment(rig, 4, 0); /* repeats count as well */
        }
        cr_expect(device_d_answers(rig, "01 03", version == 2 ? "01 00 0c40 01" : "01 0c40 01 00"));
        device_d_fragment(rig, 10, 0);
        rig_run_ticks(rig, 3000);
        cr_expect(device_d_answers(rig, "01 03", version == 2 ? "01 00 0d40 00" : "01 0d40 00 00"));
        rig_destroy(rig);
    }
}

Test(fragmentation, answers_each_command_of_a_message_in_order)
{
    struct rig *rig = set_up(2);
    cr_expect(device_d_answers(rig, "00 0103 0300 00", "00 03 02 01 00 0040 0a 03 04 00 03 02"));
    rig_destroy(rig);
}

Test(fragmentation, keeps_answers_that_do_not_fit_for_the_next_uplink)
{
    struct rig *rig = set_up(2);
    unsigned before = rig->uplink_count;
    rig->uplink_size_max = 7;
    rig_down_hex(rig, DEVICE_D_PORT, -1, "0103 00 0103 0300");
    rig_run_s(rig, 1);
    cr_expect_eq(rig->uplink_count, before + 3);
    cr_expect(rig_uplink_is(rig, before, DEVICE_D_PORT, "01 00 0040 0a"));
    cr_expect(rig_uplink_is(rig, before + 1, DEVICE_D_PORT, "00 03 02"));
    cr_expect(rig_uplink_is(rig, before + 2, DEVICE_D_PORT, "01 00 0040 0a 03 04"));
    rig_destroy(rig);
}

Test(fragmentation, stops_at_an_unknown_or_truncated_command)
{
    struct rig *rig = set_up(2);
    cr_expect(device_d_answers(rig, "00 55 00 00", "00 03 02"));
    cr_expect(device_d_answers(rig, "00 01", "00 03 02"));
    cr_expect(device_d_answers(rig, "00 0211 0a00", "00 03 02"));
    cr_expect(device_d_answers(rig, "00 08 0140 00010203040506070809", "00 03 02")); /* not alone */
    cr_expect_eq(rig->services.fragmentation.missing, 10);
    rig->services.fragmentation.version = 1;
    cr_expect(device_d_answers(rig, "00 0401 00", "00 03 01")); /* 0x04 is of version 2 */
    rig_destroy(rig);
}

Test(fragmentation, never_queues_more_answers_than_it_can_keep)
{
    struct rig *rig = rig_create();
    uint8_t message[242] = { 0 };
    rig_down(rig, DEVICE_D_PORT, -1, message, sizeof(message));
    cr_expect_eq(rig->services.fragmentation.answers.count, ANSWERS_MAX);
    rig_destroy(rig);
}

/* --- set-up errors -------------------------------------------------------------------------- */

Test(fragmentation, refuses_set_ups_with_the_bit_for_each_reason)
{
    struct rig *rig = rig_create();
    /* FragAlgo 1 */
    cr_expect(device_d_answers(rig, "02 11 0a00 0a 4d 05 00010203 0500 9b749d5f", "02 41"));
    /* M 0, FragSize 0, padding as long as the block */
    cr_expect(device_d_answers(rig, "02 01 0000 0a 00 00 00010203 0500 9b749d5f", "02 01"));
    cr_expect(device_d_answers(rig, "02 01 0a00 00 00 00 00010203 0500 9b749d5f", "02 01"));
    cr_expect(device_d_answers(rig, "02 01 0100 0a 00 0a 00010203 0500 9b749d5f", "02 01"));
    /* M 4097; FragSize 240; 2000 * 100 bytes in a 192 KiB block */
    cr_expect(device_d_answers(rig, "02 21 0110 0a 00 00 00010203 0500 9b749d5f", "02 82"));
    cr_expect(device_d_answers(rig, "02 31 0a00 f0 00 00 00010203 0500 9b749d5f", "02 c2"));
    cr_expect(device_d_answers(rig, "02 01 d007 64 00 00 00010203 0500 9b749d5f", "02 02"));
    /* several at once */
    cr_expect(device_d_answers(rig, "02 01 0110 0a 08 00 00010203 0500 9b749d5f", "02 03"));
    cr_expect_eq(rig->services.fragmentation.phase, FRAG_PHASE_NONE);
    /* the block before is still being verified */
    rig->core.update.status = UPDATE_BUSY;
    cr_expect(device_d_answers(rig, DEVICE_D_SETUP_V2, "02 42"));
    /* or waits for the restart that installs it: a new session would erase it */
    rig->core.update.status = UPDATE_VALID;
    cr_expect(device_d_answers(rig, DEVICE_D_SETUP_V2, "02 42"));
    rig->core.update.status = UPDATE_BAD_SIGNATURE;
    cr_expect(device_d_answers(rig, DEVICE_D_SETUP_V2, "02 40"));
    rig_destroy(rig);
}

Test(fragmentation, takes_the_largest_session_that_it_states)
{
    struct rig *rig = rig_create();
    cr_expect(device_d_answers(
            rig, "02 01 0010 30 00 00 00010203 0500 9b749d5f", "02 00")); /* 4096 x 48 */
    rig_run_s(rig, 10);
    cr_expect_eq(rig->services.fragmentation.phase, FRAG_PHASE_COLLECT);
    cr_expect_eq(rig->board.erases, 4 + 16 + 48);
    rig_destroy(rig);
}

/* A class C session of group 0, 128 s after the time of the rig (TS005: group, then session). */
static void arm_group_session(struct rig *rig)
{
    rig_down_hex(rig, MULTICAST_SETUP_FPORT, -1,
            "02 00 aa00ff01 d9a5c8c8b25a5c06666c1a400a50a601 00000000 ffffffff");
    rig_down_hex(rig, MULTICAST_SETUP_FPORT, -1, "04 00 806d7c4d 0b d2ad84 03");
    rig_run_s(rig, 1);
    cr_assert_eq(rig->services.multicast_setup.sessions.live, 1);
}

Test(fragmentation, runs_one_session_at_a_time)
{
    struct rig *rig = set_up(2);
    arm_group_session(rig);
    device_d_fragment(rig, 1, 0);
    cr_expect(device_d_answers(rig, "02 21 0a00 0a 00 05 00010203 0500 9b749d5f", "02 84"));
    cr_expect(device_d_answers(rig, "03 01", "03 01"));
    cr_expect(device_d_answers(rig, "02 21 0a00 0a 00 05 00010203 0500 9b749d5f", "02 80"));
    rig_destroy(rig);
}

/* A server that sets up the group again, for the next block, is done with the one before: the
 * device may have missed that. A reset in between changes nothing. */
Test(fragmentation, gives_way_to_another_block_once_its_group_is_another_one)
{
    for (unsigned reset = 0; reset < 2; reset++) {
        struct rig *rig = rig_create();
        arm_group_session(rig);
        cr_expect(device_d_answers(rig, DEVICE_D_SETUP_V2, "02 40"));
        rig_run_s(rig, 5);
        device_d_fragment(rig, 1, 0);
        cr_expect(device_d_answers(rig, "02 21 0a00 0a 00 05 00010203 0500 9b749d5f", "02 84"));
        if (reset == 1) {
            rig_boot(rig);
            rig_run_s(rig, 1);
        }
        rig_down_hex(rig, MULTICAST_SETUP_FPORT, -1,
                "02 00 ab00ff01 d9a5c8c8b25a5c06666c1a400a50a601 00000000 ffffffff");
        rig_down_hex(rig, MULTICAST_SETUP_FPORT, -1, "04 00 806d7c4d 0b d2ad84 03");
        rig_run_s(rig, 1);
        cr_assert_eq(rig->services.multicast_setup.sessions.live, 1);
        cr_expect(device_d_answers(rig, "02 21 0a00 0a 00 05 00010203 0500 9b749d5f", "02 80"));
        rig_destroy(rig);
    }
}

/* A session that missed its end must not keep the device from the next block for ever. */
Test(fragmentation, gives_way_to_another_block_once_its_multicast_sessions_are_over)
{
    struct rig *rig = set_up(2);
    arm_group_session(rig);
    device_d_fragment(rig, 1, 0);
    rig_run_s(rig, 128 + (1 << 11) + 60); /* TimeOut 11: open for 2^11 s */
    cr_assert_eq(rig->services.multicast_setup.sessions.live, 0);
    cr_expect_eq(rig->services.fragmentation.phase, FRAG_PHASE_COLLECT, "it may still be repaired");
    cr_expect(device_d_answers(rig, "02 21 0a00 0a 00 05 00010203 0500 9b749d5f", "02 80"));
    cr_expect_eq(rig->services.fragmentation.session.index, 2);
    rig_run_s(rig, 5);
    cr_expect_eq(rig->services.fragmentation.missing, 10);
    rig_destroy(rig);
}

Test(fragmentation, deletes_a_session_and_says_when_there_is_none)
{
    struct rig *rig = set_up(2);
    cr_expect(device_d_answers(rig, "03 02", "03 06"));
    cr_expect(device_d_answers(rig, "03 fd", "03 01")); /* RFU bits are ignored */
    cr_expect(device_d_answers(rig, "03 01", "03 05"));
    cr_expect(device_d_answers(rig, "01 03", "01 04"));
    device_d_fragment(rig, 1, -1);
    rig_boot(rig);
    rig_run_s(rig, 1);
    cr_expect(device_d_answers(rig, "01 03", "01 04"));
    rig_destroy(rig);
}

/* --- SessionCnt, version 2 ------------------------------------------------------------------ */

Test(fragmentation, spends_session_cnt_with_the_first_fragment_and_rejects_replays_for_ever)
{
    struct rig *rig = set_up(2);
    cr_expect(
            device_d_answers(rig, DEVICE_D_SETUP_V2, "02 40")); /* repeated: nothing arrived yet */
    device_d_fragment(rig, 1, 0);
    cr_expect(device_d_answers(rig, DEVICE_D_SETUP_V2, "02 50"));
    cr_expect_eq(rig->services.fragmentation.missing, 9); /* the session goes on */
    rig_boot(rig);
    rig_run_s(rig, 1);
    cr_expect(device_d_answers(rig, DEVICE_D_SETUP_V2, "02 50"));
    cr_expect(device_d_answers(rig, "02 11 0a00 0a 45 05 00010203 0400 9b749d5f", "02 50"));
    cr_expect(device_d_answers(rig, "02 11 0a00 0a 45 05 00010203 0600 9b749d5f", "02 40"));
    /* each FragIndex counts for itself */
    cr_expect(device_d_answers(rig, "03 01", "03 01"));
    cr_expect(device_d_answers(rig, "02 01 0a00 0a 45 05 00010203 0000 9b749d5f", "02 00"));
    rig_destroy(rig);
}

Test(fragmentation, does_not_erase_again_for_a_repeated_set_up_before_the_first_fragment)
{
    struct rig *rig = set_up(2);
    unsigned erases = rig->board.erases;
    cr_expect(device_d_answers(rig, "02 11 0a00 0a 45 05 00010203 0700 9b749d5f", "02 40"));
    rig_run_s(rig, 5);
    cr_expect_eq(rig->board.erases, erases);
    cr_expect_eq(rig->services.fragmentation.session.session_cnt, 7);
    device_d_fragment(rig, 1, 0);
    cr_expect(device_d_answers(rig, "02 11 0a00 0a 45 05 00010203 0800 9b749d5f", "02 40"));
    rig_run_s(rig, 5);
    cr_expect_eq(rig->board.erases, 2 * erases);
    cr_expect_eq(rig->services.fragmentation.missing, 10);
    rig_destroy(rig);
}

Test(fragmentation, erases_again_when_a_repeated_set_up_has_another_geometry)
{
    struct rig *rig = set_up(2);
    cr_expect(device_d_answers(rig, "02 11 0a00 0b 45 05 00010203 0700 9b749d5f", "02 40"));
    rig_run_s(rig, 5);
    cr_expect_eq(rig->board.erases, 2 * 21); /* journal 4, combinations 16, block 1 */
    cr_expect(device_d_answers(rig, "02 11 0b00 0b 45 05 00010203 0800 9b749d5f", "02 40"));
    rig_run_s(rig, 5);
    cr_expect_eq(rig->board.erases, 3 * 21);
    cr_expect_eq(rig->services.fragmentation.missing, 11);
    rig_destroy(rig);
}

Test(fragmentation, drops_a_fragment_held_for_the_session_before)
{
    struct rig *rig = rig_create();
    rig_set_gps(rig, 1300000000);
    rig->services.fragmentation.version = 1;
    rig_down_hex(rig, DEVICE_D_PORT, -1, DEVICE_D_SETUP_V1);
    device_d_fragment(rig, 1, 0); /* waits for the erase */
    cr_expect(device_d_answers(rig, DEVICE_D_SETUP_V1, "02 40"));
    rig_run_s(rig, 5);
    cr_expect_eq(rig->services.fragmentation.missing, 10);
    rig_destroy(rig);
}

/* --- fragments ------------------------------------------------------------------------------ */

Test(fragmentation, ignores_fragments_of_wrong_size_number_index_or_group)
{
    struct rig *rig = set_up(2);
    struct fragmentation *frag = &rig->services.fragmentation;
    rig_down_hex(rig, DEVICE_D_PORT, 0, "08 0140 000102030405060708");     /* short */
    rig_down_hex(rig, DEVICE_D_PORT, 0, "08 0140 0001020304050607080910"); /* long */
    rig_down_hex(rig, DEVICE_D_PORT, 0, "08 01");
    rig_down_hex(rig, DEVICE_D_PORT, 0, "08");
    rig_down_hex(rig, DEVICE_D_PORT, 0, "08 0040 00010203040506070809"); /* N 0 */
    rig_down_hex(rig, DEVICE_D_PORT, 0, "08 0180 00010203040506070809"); /* FragIndex 2 */
    rig_down_hex(rig, DEVICE_D_PORT, 1, "08 0140 00010203040506070809"); /* not in McGroupBitMask */
    rig_down_hex(rig, DEVICE_D_PORT, -1, "");
    cr_expect_eq(frag->missing, 10);
    cr_expect_eq(frag->received_count, 0);
    rig_down_hex(
            rig, DEVICE_D_PORT, -1, "08 0140 00010203040506070809"); /* unicast is always allowed */
    cr_expect_eq(frag->missing, 9);
    rig_down_hex(
            rig, DEVICE_D_PORT, 0, "08 ff7f 00010203040506070809"); /* N 16383, the last there is */
    rig_run_s(rig, 1);
    cr_expect_eq(frag->missing, 8);
    rig_destroy(rig);
}

Test(fragmentation, keeps_a_fragment_that_comes_while_the_flash_is_erased)
{
    struct rig *rig = rig_create();
    rig_down_hex(rig, DEVICE_D_PORT, -1, DEVICE_D_SETUP_V2);
    device_d_fragment(rig, 1, 0); /* within the first 0.1 s */
    device_d_fragment(rig, 2, 0);
    cr_expect_eq(rig_traces(rig, FW_TRACE_FRAME_DROPPED), 1);
    rig_run_s(rig, 5);
    cr_expect_eq(rig->services.fragmentation.missing, 9);
    cr_expect_eq(rig->services.fragmentation.received_count, 2);
    rig_destroy(rig);
}

/* --- multicast ------------------------------------------------------------------------------ */

Test(fragmentation, takes_only_status_requests_and_fragments_from_a_group)
{
    struct rig *rig = set_up(2);
    cr_expect(silent(rig, 0, "00"));
    cr_expect(silent(rig, 0, "0301"));
    cr_expect(silent(rig, 0, DEVICE_D_SETUP_V2));
    cr_expect_eq(rig->services.fragmentation.phase, FRAG_PHASE_COLLECT);
    cr_expect(silent(rig, 1, "0103")); /* not in the mask */
    cr_expect_eq(rig->services.fragmentation.status_at_ticks, HAL_TICKS_NEVER);
    cr_expect(silent(rig, 0, "0101")); /* no such session: only this device was not meant */
    cr_expect_eq(rig->services.fragmentation.status_at_ticks, HAL_TICKS_NEVER);
    rig_destroy(rig);
}

Test(fragmentation, delays_status_answers_to_a_group_by_up_to_2_to_the_power_of_d_plus_4_s)
{
    /* BlockAckDelay 5: 512 s. The bounds of the delay, and a point between. */
    static const struct {
        uint32_t random;
        uint32_t delay_s;
    } rows[] = { { 0, 0 }, { UINT32_MAX, 511 }, { 0x80000000u, 256 } };
    for (unsigned i = 0; i < 3; i++) {
        struct rig *rig = set_up(2);
        unsigned before = rig->uplink_count;
        rig->board.entropy_fixed = true;
        rig->board.entropy_word = rows[i].random;
        uint64_t asked = rig->board.now_ticks;
        rig_down_hex(
                rig, DEVICE_D_PORT, 0, "01 02"); /* Participants 0: devices that miss fragments */
        rig_run_s(rig, 600);
        cr_expect_eq(rig->uplink_count, before + 1);
        cr_expect(device_d_last_uplink_is(rig, "01 00 0040 0a"));
        cr_expect_eq((rig->uplinks[before].at_ticks - asked) / HAL_RTC_HZ, rows[i].delay_s);
        rig_destroy(rig);
    }
}

Test(fragmentation, spreads_group_answers_evenly)
{
    struct rig *rig = set_up(2);
    unsigned quarter[4] = { 0 };
    for (unsigned i = 0; i < 400; i++) {
        rig->services.fragmentation.status_at_ticks = HAL_TICKS_NEVER;
        rig_down_hex(rig, DEVICE_D_PORT, 0, "01 03");
        uint64_t delay = rig->services.fragmentation.status_at_ticks - rig->board.now_ticks;
        cr_assert_lt(delay, 512u * HAL_RTC_HZ);
        quarter[delay / (128u * HAL_RTC_HZ)]++;
    }
    for (unsigned i = 0; i < 4; i++) {
        cr_expect(quarter[i] > 65 && quarter[i] < 135, "%u", quarter[i]); /* 100 +- 4 sigma */
    }
    rig_destroy(rig);
}

Test(fragmentation, stays_silent_when_only_devices_that_miss_fragments_are_asked)
{
    struct rig *rig = set_up(1);
    struct fragmentation *frag = &rig->services.fragmentation;
    uint32_t address;
    uint32_t size;
    for (unsigned n = 1; n <= 10; n++) {
        device_d_fragment(rig, n, 0);
    }
    rig_run_ticks(rig, 3000);
    cr_expect(silent(rig, -1, "01 02"));
    cr_expect(silent(rig, 0, "01 02"));
    cr_expect_eq(frag->status_at_ticks, HAL_TICKS_NEVER);
    /* Silence was the report: the block may be used. */
    cr_expect(fragmentation_take_block(frag, &address, &size));
    rig_destroy(rig);
}

Test(fragmentation, uses_the_rows_of_the_version_that_the_session_was_set_up_with)
{
    struct rig *rig = set_up(1);
    for (unsigned n = 2; n <= 10; n++) {
        device_d_fragment(rig, n, 0);
    }
    for (unsigned n = 11; n <= 16; n++) { /* rows 11, 12 of version 1: 12 holds column 0 */
        device_d_fragment(rig, n, 0);
    }
    rig_run_ticks(rig, 3000);
    uint8_t block[100];
    device_d_fill(block);
    cr_expect_eq(rig->services.fragmentation.phase, FRAG_PHASE_DONE);
    cr_expect_arr_eq(rig->board.nor, block, 100);
    cr_expect_eq(rig_traces(rig, FW_TRACE_FRAGMENT_USELESS), 1); /* row 11 lacks it */
    rig_destroy(rig);
}
