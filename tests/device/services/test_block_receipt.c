/* What follows the last fragment: MIC, receipts, status, and the handing over of the block.
 * SPDX-License-Identifier: MIT
 *
 * The session is that of "device D" in spec-protocol 10.2: M 10, FragSize 10, FragIndex 1.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "device_d.h"

static struct rig *complete(uint8_t version, const char *setup)
{
    struct rig *rig = rig_create();
    rig_set_gps(rig, 1300000000); /* clock sync has nothing to do */
    rig->services.fragmentation.version = version;
    rig->board.entropy_fixed = true;
    rig->board.entropy_word = 0x40000000; /* a quarter of every range: 128 s of 512 */
    rig_down_hex(rig, DEVICE_D_PORT, -1, setup);
    rig_run_s(rig, 5);
    for (unsigned n = 1; n <= 10; n++) {
        device_d_fragment(rig, n, 0);
    }
    rig_run_ticks(rig, 3000);
    return rig;
}

Test(block_receipt, is_repeated_until_it_is_acknowledged)
{
    struct rig *rig = complete(2, DEVICE_D_SETUP_V2);
    struct fragmentation *frag = &rig->services.fragmentation;
    uint32_t address;
    uint32_t size;
    unsigned before = rig->uplink_count;
    rig_run_s(rig, 127);
    cr_expect_eq(rig->uplink_count, before);
    rig_run_s(rig, 2);
    cr_expect_eq(rig->uplink_count, before + 1);
    cr_expect(device_d_last_uplink_is(rig, "04 01"));
    rig_run_s(rig, 138); /* 8 s of receive windows and the random delay */
    cr_expect_eq(rig->uplink_count, before + 2);
    cr_expect_not(fragmentation_take_block(frag, &address, &size));
    rig_down_hex(rig, DEVICE_D_PORT, -1, "04 02"); /* another FragIndex */
    cr_expect_not(fragmentation_take_block(frag, &address, &size));
    rig_down_hex(rig, DEVICE_D_PORT, -1, "04 01");
    cr_expect(fragmentation_take_block(frag, &address, &size));
    cr_expect_eq(size, 95);
    rig_run_s(rig, 20000);
    cr_expect_eq(rig->uplink_count, before + 2);
    cr_expect_eq(rig_traces(rig, FW_TRACE_BLOCK_ACKNOWLEDGED), 1);
    rig_boot(rig); /* remembered: no new receipt */
    rig_run_s(rig, 1);
    cr_expect(fragmentation_take_block(frag, &address, &size));
    cr_expect_eq(frag->ack_at_ticks, HAL_TICKS_NEVER);
    rig_destroy(rig);
}

/* Design section 5, invariant 9: while a device holds a block, its exchange has no last try. */
Test(block_receipt, goes_out_at_growing_intervals_as_long_as_the_block_is_held)
{
    /* The random delay is 128 s each time. */
    static const uint32_t interval_s[] = { 136, 136, 728, 1328, 2528, 4928, 9728, 19328, 38528,
        76928, 76928 };
    struct rig *rig = complete(2, DEVICE_D_SETUP_V2);
    unsigned before = rig->uplink_count;
    for (unsigned i = 0; i < 8; i++) {
        rig_set_gps(rig, 1300000000 + i * 29000); /* clock sync has nothing to do */
        rig_run_s(rig, 29000);
    }
    cr_assert_eq(rig->uplink_count, before + 12);
    for (unsigned i = 0; i < 11; i++) {
        uint64_t ticks = rig->uplinks[before + i + 1].at_ticks - rig->uplinks[before + i].at_ticks;
        cr_expect_eq(ticks / HAL_RTC_HZ, interval_s[i], "interval %u", i);
    }
    rig_destroy(rig);
}

Test(block_receipt, is_not_replaced_by_a_status_answer)
{
    struct rig *rig = complete(2, DEVICE_D_SETUP_V2);
    struct fragmentation *frag = &rig->services.fragmentation;
    uint32_t address;
    uint32_t size;
    cr_expect(device_d_answers(rig, "01 03", "01 00 0a40 00"));
    rig_down_hex(rig, DEVICE_D_PORT, -1, "01 02");
    cr_expect_not(fragmentation_take_block(frag, &address, &size));
    rig_run_s(rig, 40000);
    cr_expect(device_d_answers(rig, "01 03", "01 00 0a40 00"));
    cr_expect_not(fragmentation_take_block(frag, &address, &size));
    rig_destroy(rig);
}

Test(block_receipt, ignores_an_acknowledgement_of_nothing)
{
    struct rig *rig = complete(2, DEVICE_D_SETUP_V2);
    uint32_t address;
    uint32_t size;
    rig_down_hex(rig, DEVICE_D_PORT, -1, "04 01"); /* before any receipt was sent */
    cr_expect_not(fragmentation_take_block(&rig->services.fragmentation, &address, &size));
    rig_destroy(rig);
}

Test(block_receipt, hands_the_block_over_once_a_status_without_missing_fragments_left)
{
    for (uint8_t version = 1; version <= 2; version++) {
        struct rig *rig = complete(version,
                version == 1 ? DEVICE_D_SETUP_V1 : "02 11 0a00 0a 05 05 00010203 0500 9b749d5f");
        uint32_t address = 1;
        uint32_t size = 0;
        struct fragmentation *frag = &rig->services.fragmentation;
        cr_expect_not(fragmentation_take_block(frag, &address, &size));
        cr_expect(device_d_answers(rig, "01 03", version == 1 ? "01 0a40 00 00" : "01 00 0a40 00"));
        cr_expect(fragmentation_take_block(frag, &address, &size));
        cr_expect_not(fragmentation_take_block(frag, &address, &size));
        cr_expect_eq(address, NOR_BLOCK_ADDRESS);
        cr_expect_eq(size, 95);
        rig_destroy(rig);
    }
}

Test(block_receipt, discards_a_block_whose_mic_is_wrong_and_reports_it)
{
    struct rig *rig = complete(2, "02 11 0a00 0a 45 05 00010203 0500 9b749d5e");
    struct fragmentation *frag = &rig->services.fragmentation;
    uint32_t address;
    uint32_t size;
    cr_expect_eq(frag->phase, FRAG_PHASE_FAILED);
    cr_expect(device_d_answers(rig, "01 03", "01 02 0a40 00")); /* MICError, nothing missing */
    rig_run_s(rig, 130);
    cr_expect(device_d_last_uplink_is(rig, "04 05"));
    rig_down_hex(rig, DEVICE_D_PORT, -1, "04 01");
    cr_expect_not(fragmentation_take_block(frag, &address, &size));
    rig_boot(rig);
    rig_run_s(rig, 1);
    cr_expect_eq(frag->phase, FRAG_PHASE_FAILED);
    cr_expect_not(fragmentation_take_block(frag, &address, &size));
    rig_destroy(rig);
}

Test(block_receipt, covers_session_cnt_index_descriptor_and_length_by_the_mic)
{
    static const char *const changed[] = { "02 11 0a00 0a 45 05 00010203 0600 9b749d5f",
        "02 21 0a00 0a 45 05 00010203 0500 9b749d5f", "02 11 0a00 0a 45 05 00010204 0500 9b749d5f",
        "02 11 0a00 0a 45 04 00010203 0500 9b749d5f" };
    for (unsigned i = 0; i < 4; i++) {
        struct rig *rig = rig_create();
        rig_down_hex(rig, DEVICE_D_PORT, -1, changed[i]);
        rig_run_s(rig, 5);
        for (unsigned n = 1; n <= 10; n++) {
            uint8_t message[13] = { 0x08, (uint8_t)n, i == 1 ? 0x80 : 0x40 };
            uint8_t block[100];
            device_d_fill(block);
            memcpy(&message[3], &block[10 * (n - 1)], 10);
            rig_down(rig, DEVICE_D_PORT, 0, message, sizeof(message));
            rig_run_ticks(rig, 4000);
        }
        rig_run_ticks(rig, 3000);
        cr_expect_eq(rig->services.fragmentation.phase, FRAG_PHASE_FAILED, "row %u", i);
        rig_destroy(rig);
    }
}

Test(block_receipt, drops_fragments_after_the_block_is_complete)
{
    struct rig *rig = complete(2, DEVICE_D_SETUP_V2);
    unsigned stored = rig_traces(rig, FW_TRACE_FRAGMENT_STORED);
    for (unsigned n = 1; n <= 15; n++) {
        device_d_fragment(rig, n, 0);
    }
    cr_expect_eq(rig_traces(rig, FW_TRACE_FRAGMENT_STORED), stored);
    cr_expect_eq(rig->services.fragmentation.phase, FRAG_PHASE_DONE);
    rig_destroy(rig);
}

Test(block_receipt, waits_for_an_uplink_with_room)
{
    struct rig *rig = complete(2, DEVICE_D_SETUP_V2);
    unsigned before = rig->uplink_count;
    rig->uplink_size_max = 1;
    rig_run_s(rig, 140);
    cr_expect_eq(rig->uplink_count, before);
    rig->uplink_size_max = 2;
    rig_run_s(rig, 6);
    cr_expect_eq(rig->uplink_count, before + 1);
    cr_expect(device_d_last_uplink_is(rig, "04 01"));
    rig_destroy(rig);
}
