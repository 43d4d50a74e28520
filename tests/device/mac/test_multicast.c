/* Multicast contexts, class C, and what uses the receiver (spec-protocol 1.8 and 1.10).
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <string.h>

#include "device/support/fake_network.h"
#include "mac/frame.h"
#include "mac/mac.h"
#include "trace.h"

#define SESSION_HZ 869525000u
#define SESSION_DR 5u
#define MC_ADDR    0x01ff00aau

/* spec-protocol 10.2: McAddr 0x01ff00aa. */
static const struct fake_keys mc_keys = {
    { 0x9f, 0xe6, 0x4d, 0x4e, 0x57, 0x7e, 0xae, 0x56, 0x3b, 0x15, 0xe2, 0x7b, 0x69, 0x3d, 0xa5,
            0x66 },
    { 0x0f, 0x35, 0xee, 0x29, 0xb9, 0x55, 0x3b, 0x7b, 0x1c, 0xeb, 0x13, 0x7a, 0x88, 0x90, 0x6b,
            0xbd },
};

static struct bench *joined(uint32_t fcnt_min, uint32_t fcnt_max)
{
    struct bench *bench = bench_create(41);
    bench_join(bench, 0, 1, NULL);
    mac_multicast_set(
            &bench->core, 1, MC_ADDR, mc_keys.app_s_key, mc_keys.nwk_s_key, fcnt_min, fcnt_max);
    mac_class_c_open(&bench->core, 1, SESSION_HZ, SESSION_DR);
    return bench;
}

static void hear(struct bench *bench, const uint8_t *bytes, size_t size)
{
    unsigned heard = bench->board.air_heard;
    bench_air(bench, bench->board.now + 100, SESSION_HZ, SESSION_DR, bytes, size);
    bench_run_s(bench, 0.6);
    cr_assert_eq(bench->board.air_heard, heard + 1);
}

static void hear_counter(struct bench *bench, uint32_t fcnt)
{
    uint8_t frame[255];
    const uint8_t payload[3] = { 1, 2, 3 };
    struct fake_downlink downlink = {
        .dev_addr = MC_ADDR, .fcnt = fcnt, .fport = 201, .payload = payload, .payload_size = 3
    };
    size_t size = fake_write_downlink(&mc_keys, &downlink, frame);
    hear(bench, frame, size);
}

Test(mac_multicast, reference_frame_is_delivered)
{
    static const uint8_t frame[] = { 0x60, 0xaa, 0x00, 0xff, 0x01, 0x00, 0x07, 0x00, 0xc9, 0xf4,
        0x37, 0xd9, 0x56, 0x0b, 0xcc, 0xf0, 0x61, 0xad, 0x94, 0x62, 0x12, 0x9b, 0xaa, 0x8e, 0x2b,
        0x39 };
    static const uint8_t clear[] = { 0x08, 0x01, 0x40, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 };
    struct bench *bench = joined(0, UINT32_MAX);
    hear(bench, frame, sizeof frame);
    cr_assert_eq(bench->delivered_count, 1);
    cr_assert_eq(bench->delivered[0].group, 1);
    cr_assert_eq(bench->delivered[0].fport, 201);
    cr_assert_eq(bench->delivered[0].fcnt, 7);
    cr_assert_eq(bench->delivered[0].snr_db, 6);
    cr_assert_eq(bench->delivered[0].size, sizeof clear);
    cr_assert_arr_eq(bench->delivered_bytes[0], clear, sizeof clear);
    bench_destroy(bench);
}

/* The trap of spec-protocol 1.3: the upper half comes from minMcFCnt. */
Test(mac_multicast, reference_frame_with_a_large_counter_needs_the_minimum)
{
    static const uint8_t frame[] = { 0x60, 0xaa, 0x00, 0xff, 0x01, 0x00, 0x07, 0x00, 0xc9, 0xe8,
        0x3d, 0xe1, 0xad, 0x9d, 0x76, 0x20, 0xaf, 0x37, 0x35, 0xb4, 0x81, 0xe5, 0xc2, 0x5a, 0x44,
        0xc6 };
    struct bench *bench = joined(0x00010000, UINT32_MAX);
    hear(bench, frame, sizeof frame);
    cr_assert_eq(bench->delivered_count, 1);
    cr_assert_eq(bench->delivered[0].fcnt, 0x00010007);
    bench_destroy(bench);
}

Test(mac_multicast, counter_must_grow_stay_above_the_minimum_and_below_the_maximum)
{
    struct bench *bench = joined(100, 200);
    static const struct {
        uint32_t fcnt;
        bool accepted;
    } steps[] = { { 100, true }, { 100, false }, { 99, false }, { 150, true }, { 149, false },
        { 199, true }, { 200, false }, { 201, false }, { 199, false } };
    unsigned count = 0;
    for (unsigned i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        hear_counter(bench, steps[i].fcnt);
        count += steps[i].accepted;
        cr_assert_eq(bench->delivered_count, count, "step %u", i);
    }
    bench_destroy(bench);
}

/* Goal: with a window one frame far ahead keeps out nothing, and a device that missed more than the
 * window takes up the counter after 10 minutes of silence. */
Test(mac_multicast, counter_steps_beyond_the_window_wait_for_silence)
{
    struct bench *bench = joined(0, UINT32_MAX);
    bench->core.factory.counter_window = 16;
    mac_multicast_set(
            &bench->core, 1, MC_ADDR, mc_keys.app_s_key, mc_keys.nwk_s_key, 0, UINT32_MAX);
    mac_class_c_open(&bench->core, 1, SESSION_HZ, SESSION_DR);
    static const struct {
        uint32_t fcnt;
        bool accepted;
    } steps[] = { { 15, true }, { 32, false }, { 8000, false }, { 16, true }, { 32, true } };
    unsigned count = 0;
    for (unsigned i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        hear_counter(bench, steps[i].fcnt);
        count += steps[i].accepted;
        cr_assert_eq(bench->delivered_count, count, "step %u", i);
    }
    bench_run_s(bench, 590);
    hear_counter(bench, 60);
    cr_expect_eq(bench->delivered_count, count);
    bench_run_s(bench, 20);
    hear_counter(bench, 60);
    cr_expect_eq(bench->delivered_count, count + 1);
    bench_destroy(bench);
}

Test(mac_multicast, counter_below_the_minimum_is_never_accepted)
{
    struct bench *bench = joined(100, UINT32_MAX);
    for (uint32_t fcnt = 0; fcnt < 100; fcnt += 33) {
        hear_counter(bench, fcnt);
    }
    cr_assert_eq(bench->delivered_count, 0);
    hear_counter(bench, 100);
    cr_assert_eq(bench->delivered_count, 1);
    bench_destroy(bench);
}

Test(mac_multicast, confirmed_acked_command_bearing_or_portless_frames_are_dropped)
{
    const uint8_t payload[2] = { 6, 6 };
    struct bench *bench = joined(0, UINT32_MAX);
    const struct fake_downlink downlinks[] = {
        { .mhdr = 0xA0, .fport = 201 },
        { .fctrl = 0x20, .fport = 201 },
        { .fctrl = 0x40, .fport = 201 },
        { .fopts = payload, .fopts_size = 1, .fport = 201 },
        { .fport = 0 },
        { .fport = -1 },
    };
    for (unsigned i = 0; i < sizeof downlinks / sizeof downlinks[0]; i++) {
        uint8_t frame[255];
        struct fake_downlink downlink = downlinks[i];
        downlink.dev_addr = MC_ADDR;
        downlink.fcnt = 10 + i;
        downlink.payload = payload;
        downlink.payload_size = downlink.fport < 0 ? 0 : 2;
        size_t size = fake_write_downlink(&mc_keys, &downlink, frame);
        hear(bench, frame, size);
        cr_assert_eq(bench->delivered_count, 0, "frame %u", i);
        cr_assert_eq(
                fake_trace_last(&bench->board, FW_TRACE_FRAME_DROPPED)->a, MAC_FRAME_BAD_MULTICAST);
    }
    hear_counter(bench, 10); /* none of them moved the counter */
    cr_assert_eq(bench->delivered_count, 1);
    bench_destroy(bench);
}

Test(mac_multicast, forged_mic_does_not_move_the_counter)
{
    struct bench *bench = joined(0, UINT32_MAX);
    uint8_t frame[255];
    const uint8_t payload[1] = { 1 };
    struct fake_downlink downlink = {
        .dev_addr = MC_ADDR, .fcnt = 60000, .fport = 201, .payload = payload, .payload_size = 1
    };
    size_t size = fake_write_downlink(&mc_keys, &downlink, frame);
    frame[9] ^= 1;
    hear(bench, frame, size);
    cr_assert_eq(bench->delivered_count, 0);
    hear_counter(bench, 1);
    cr_assert_eq(bench->delivered_count, 1);
    bench_destroy(bench);
}

Test(mac_multicast, deleted_group_is_deaf_and_its_session_ends)
{
    struct bench *bench = joined(0, UINT32_MAX);
    uint32_t mc_addr = 0;
    cr_assert(mac_multicast_defined(&bench->core, 1, &mc_addr));
    cr_assert_eq(mc_addr, MC_ADDR);
    mac_multicast_delete(&bench->core, 1);
    cr_assert_not(mac_multicast_defined(&bench->core, 1, NULL));
    cr_assert_not(mac_class_c_is_open(&bench->core));
    cr_assert_eq(bench->board.lora[0x01] & 7, 0, "the radio sleeps");
    bench_reset(bench, HAL_RESET_SOFTWARE);
    cr_assert_not(mac_multicast_defined(&bench->core, 1, NULL));
    bench_destroy(bench);
}

Test(mac_multicast, groups_and_counters_survive_a_reset)
{
    struct bench *bench = joined(5, 1000);
    for (uint32_t fcnt = 5; fcnt < 40; fcnt++) {
        hear_counter(bench, fcnt);
    }
    mac_class_c_close(&bench->core, 1);
    bench_reset(bench, HAL_RESET_BROWNOUT);
    bench_run_s(bench, 21.0); /* the battery's pause */
    mac_class_c_open(&bench->core, 1, SESSION_HZ, SESSION_DR);
    unsigned count = bench->delivered_count;
    hear_counter(bench, 39);
    cr_assert_eq(bench->delivered_count, count);
    hear_counter(bench, 40);
    cr_assert_eq(bench->delivered_count, count + 1);
    bench_destroy(bench);
}

Test(mac_multicast, long_session_writes_the_counter_seldom)
{
    struct bench *bench = joined(0, UINT32_MAX);
    unsigned before = bench->board.nvm_writes;
    for (uint32_t fcnt = 0; fcnt < 600; fcnt++) {
        bench->delivered_count = 0;
        hear_counter(bench, fcnt);
        cr_assert_eq(bench->delivered_count, 1);
    }
    cr_assert_eq(bench->board.nvm_writes - before, 2);
    bench_destroy(bench);
}

/* Five SPI frames at most, three when the frame lies where the pointer stands. */
Test(mac_multicast, reading_a_frame_takes_three_spi_frames)
{
    struct bench *bench = joined(0, UINT32_MAX);
    bench_run_s(bench, 0.1); /* the receiver opens */
    for (uint32_t fcnt = 0; fcnt < 50; fcnt++) {
        unsigned before = bench->board.spi_frames;
        bench->delivered_count = 0;
        hear_counter(bench, fcnt);
        unsigned used = bench->board.spi_frames - before;
        cr_assert_eq(bench->delivered_count, 1);
        cr_assert_leq(used, fcnt == 0 ? 4 : 3, "%u SPI frames", used);
    }
    bench_destroy(bench);
}

Test(mac_multicast, uplink_in_a_session_uses_class_a_windows_with_unicast_parameters)
{
    struct bench *bench = joined(0, UINT32_MAX);
    for (unsigned window = 1; window <= 2; window++) {
        uint8_t frame[255];
        struct fake_downlink downlink = { .dev_addr = BENCH_DEV_ADDR,
            .fcnt = window,
            .fport = 9,
            .payload = frame,
            .payload_size = 1 };
        size_t size = fake_write_downlink(&bench->keys, &downlink, frame);
        bench->delivered_count = 0;
        bench_send(bench, 2, (const uint8_t *)"x", 1);
        bench_run_s(bench, 0.1);
        hear_counter(bench, 20 * window); /* between TX and RX1 class C listens again */
        cr_assert_eq(bench->delivered_count, 1);
        bench_answer(bench, window, frame, size);
        bench_run_s(bench, 6.0);
        cr_assert_eq(bench->delivered_count, 2);
        hear_counter(bench, 20 * window + 1);
        cr_assert_eq(bench->delivered_count, 3);
    }
    bench_destroy(bench);
}

/* Class A goes first: a session frame that runs into RX1 is given up. */
Test(mac_multicast, first_window_cuts_a_session_frame_short)
{
    struct bench *bench = joined(0, UINT32_MAX);
    uint8_t frame[255];
    uint8_t payload[240] = { 0 };
    struct fake_downlink downlink = {
        .dev_addr = MC_ADDR, .fcnt = 1, .fport = 201, .payload = payload, .payload_size = 240
    };
    size_t size = fake_write_downlink(&mc_keys, &downlink, frame);
    bench_send(bench, 2, (const uint8_t *)"x", 1);
    bench_air(bench, bench->board.tx_end + 32768 - 3000, SESSION_HZ, SESSION_DR, frame, size);
    bench_run_s(bench, 3.5);
    cr_assert_eq(bench->delivered_count, 0);
    bench->board.air.present = false;
    hear_counter(bench, 2);
    cr_assert_eq(bench->delivered_count, 1);
    bench_destroy(bench);
}

Test(mac_multicast, unicast_in_the_session_is_heard_but_not_with_mac_commands)
{
    struct bench *bench = joined(0, UINT32_MAX);
    const uint8_t status_req[1] = { 6 };
    for (unsigned i = 0; i < 2; i++) {
        uint8_t frame[255];
        struct fake_downlink downlink = { .dev_addr = BENCH_DEV_ADDR,
            .fcnt = i,
            .fopts = status_req,
            .fopts_size = i == 0,
            .fport = 9,
            .payload = status_req,
            .payload_size = 1 };
        size_t size = fake_write_downlink(&bench->keys, &downlink, frame);
        hear(bench, frame, size);
        cr_assert_eq(bench->delivered_count, i);
    }
    cr_assert_eq(fake_trace_last(&bench->board, FW_TRACE_DOWNLINK)->b, 9u << 8 | 3u);
    bench_destroy(bench);
}

Test(mac_multicast, second_open_moves_the_receiver)
{
    struct bench *bench = joined(0, UINT32_MAX);
    uint8_t frame[255];
    const uint8_t payload[1] = { 1 };
    struct fake_downlink downlink = {
        .dev_addr = MC_ADDR, .fcnt = 3, .fport = 201, .payload = payload, .payload_size = 1
    };
    size_t size = fake_write_downlink(&mc_keys, &downlink, frame);
    mac_class_c_open(&bench->core, 1, 868500000u, 3);
    bench_air(bench, bench->board.now + 100, 868500000u, 3, frame, size);
    bench_run_s(bench, 2.0);
    cr_assert_eq(bench->delivered_count, 1);
    bench_destroy(bench);
}

/* Two sessions share the receiver; the end of one is not lost for its counter. */
Test(mac_multicast, close_of_a_session_without_the_receiver_keeps_its_counter)
{
    struct bench *bench = joined(0, UINT32_MAX);
    mac_multicast_set(&bench->core, 3, MC_ADDR + 1u, mc_keys.app_s_key, mc_keys.nwk_s_key, 0, 100);
    mac_class_c_open(&bench->core, 3, SESSION_HZ, SESSION_DR);
    bench_run_s(bench, 1.0);
    hear_counter(bench, 5);
    cr_assert_eq(bench->delivered_count, 1);
    mac_class_c_close(&bench->core, 1);
    cr_expect(mac_class_c_is_open(&bench->core), "group 3 listens");
    bench_reset(bench, HAL_RESET_POWER_ON);
    cr_expect_eq(bench->core.mac.groups[1].fcnt_next, 6);
    bench_destroy(bench);
}

/* --- one address, two contexts --------------------------------------------------------------- */

Test(mac_multicast, an_address_is_taken_by_the_device_and_by_each_other_group)
{
    struct bench *bench = joined(0, UINT32_MAX);
    cr_expect(mac_multicast_address_taken(&bench->core, 1, BENCH_DEV_ADDR));
    cr_expect(mac_multicast_address_taken(&bench->core, 0, MC_ADDR));
    cr_expect_not(mac_multicast_address_taken(&bench->core, 1, MC_ADDR));
    cr_expect_not(mac_multicast_address_taken(&bench->core, 1, BENCH_DEV_ADDR + 1u));
    mac_multicast_delete(&bench->core, 1);
    cr_expect_not(mac_multicast_address_taken(&bench->core, 0, MC_ADDR));
    bench_destroy(bench);
}

/* What is on record, or a DevAddr of a later join, may share an address all the same: then the MIC
 * says whose a frame is. */
Test(mac_multicast, a_frame_whose_mic_fails_in_one_context_goes_to_the_next)
{
    static const struct fake_keys other = { { 1 }, { 2 } };
    struct bench *bench = joined(0, UINT32_MAX);
    mac_multicast_set(&bench->core, 0, MC_ADDR, other.app_s_key, other.nwk_s_key, 0, UINT32_MAX);
    hear_counter(bench, 5);
    cr_expect_eq(bench->delivered_count, 1);
    cr_expect_eq(bench->delivered[0].group, 1);
    cr_expect_eq(bench->core.mac.groups[0].fcnt_next, 0, "the other one has not moved");
    mac_multicast_set(
            &bench->core, 3, BENCH_DEV_ADDR, other.app_s_key, other.nwk_s_key, 0, UINT32_MAX);
    uint8_t frame[255];
    const uint8_t payload[1] = { 7 };
    struct fake_downlink unicast = {
        .dev_addr = BENCH_DEV_ADDR, .fcnt = 0, .fport = 9, .payload = payload, .payload_size = 1
    };
    bench_run_s(bench, 10.0);
    bench_send(bench, 2, payload, 1);
    bench_answer(bench, 1, frame, fake_write_downlink(&bench->keys, &unicast, frame));
    bench_run_s(bench, 10.0);
    cr_assert_eq(bench->delivered_count, 2);
    cr_expect_eq(bench->delivered[1].group, -1);
    cr_expect_eq(bench->delivered[1].fport, 9);
    bench_destroy(bench);
}
