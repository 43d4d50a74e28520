/* Over-the-air activation: bytes against spec-protocol 10, windows, back-off, what survives.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <string.h>

#include "device/support/fake_network.h"
#include "mac/crypto.h"
#include "mac/mac.h"
#include "mac/mac_internal.h"
#include "trace.h"

#define TICKS_PER_S 32768u

static const uint8_t cflist[16] = { 0x18, 0x4f, 0x84, 0xe8, 0x56, 0x84, 0xb8, 0x5e, 0x84, 0x88,
    0x66, 0x84, 0x58, 0x6e, 0x84, 0x00 };

static void set_dev_nonce(struct bench *bench, uint16_t nonce)
{
    const uint8_t record[2] = { (uint8_t)nonce, (uint8_t)(nonce >> 8) };
    nvm_write(&bench->core.nvm, NVM_DEV_NONCE, record, sizeof record);
}

/* spec-protocol 10.2, JoinRequest of device D with DevNonce 7. */
Test(mac_join, request_equals_the_reference_vector)
{
    static const uint8_t expected[23] = { 0x00, 0x01, 0x00, 0x00, 0xd0, 0x7e, 0xd5, 0xb3, 0x70,
        0x30, 0x05, 0x1c, 0x00, 0x0b, 0xa3, 0x04, 0x00, 0x07, 0x00, 0x83, 0x1e, 0xd1, 0x6b };
    struct bench *bench = bench_create(1);
    set_dev_nonce(bench, 7);
    cr_assert(bench_run_to_tx(bench, 1, 60.0));
    cr_assert_eq(bench->board.tx_size, sizeof expected);
    cr_assert_arr_eq(bench->board.tx, expected, sizeof expected);
    cr_assert_eq(bench->board.tx_spreading_factor, 7);
    cr_assert(bench->board.tx_crc);
    cr_assert_not(bench->board.tx_inverted);
    bench_destroy(bench);
}

/* spec-protocol 10.2, JoinAccept on air with CFList, and both session keys. */
Test(mac_join, accept_gives_the_reference_session)
{
    static const uint8_t air[33] = { 0x20, 0x8e, 0x5f, 0x7e, 0x52, 0x29, 0xe6, 0x9b, 0x55, 0xd4,
        0x33, 0x91, 0x8c, 0xc1, 0x2b, 0x61, 0x26, 0x8d, 0x4e, 0x6c, 0xa6, 0xcd, 0x8a, 0xbf, 0xa3,
        0xa5, 0x53, 0xba, 0xb4, 0x19, 0xcd, 0xc3, 0xde };
    static const uint8_t keys[32] = { 0x03, 0x6b, 0xc3, 0xed, 0x7c, 0xf9, 0xfc, 0xb5, 0xa4, 0x9b,
        0xbf, 0xc6, 0x48, 0x6b, 0x77, 0x6c, 0x00, 0xec, 0x5f, 0xd6, 0xcf, 0x7c, 0x8a, 0x10, 0xd1,
        0x8b, 0x21, 0xbf, 0xf1, 0x79, 0x0c, 0xe3 };
    struct bench *bench = bench_create(2);
    const struct mac *mac = &bench->core.mac;
    set_dev_nonce(bench, 7);
    cr_assert(bench_run_to_tx(bench, 1, 60.0));
    bench_answer(bench, 1, air, sizeof air);
    bench_run_s(bench, 8.0);
    cr_assert(mac_joined(&bench->core));
    cr_assert_eq(mac->dev_addr, 0x26011bda);
    cr_assert_eq(mac->parameters.rx2_data_rate, 3);
    cr_assert_eq(mac->parameters.rx_delay_s, 1);
    cr_assert_eq(mac_data_rate(&bench->core), 5);
    for (unsigned i = 0; i < 5; i++) {
        cr_assert_eq(mac->channels[3 + i].frequency_hz, 867100000u + 200000u * i);
    }
    cr_assert_eq(channel_mask_block(&mac->channel_mask, 0), 0x00FF);
    cr_assert_arr_eq(bench->board.nvm_data[NVM_MAC_SESSION] + 4, keys, sizeof keys);
    bench_destroy(bench);
}

Test(mac_join, short_accept_is_taken_in_the_second_window_too)
{
    struct bench *bench = bench_create(3);
    uint8_t accept[33];
    cr_assert(bench_run_to_tx(bench, 1, 60.0));
    size_t size =
            fake_write_join_accept(bench->core.factory.app_key, 1, 0x13, 5, 0, 0, NULL, accept);
    cr_assert_eq(size, 17);
    bench_answer(bench, 2, accept, size);
    bench_run_s(bench, 10.0);
    cr_assert(mac_joined(&bench->core));
    cr_assert_eq(bench->core.mac.parameters.rx_delay_s, 1);
    bench_destroy(bench);
}

Test(mac_join, accept_with_a_wrong_mic_or_an_old_nonce_is_refused)
{
    struct bench *bench = bench_create(4);
    uint8_t accept[33];
    const uint8_t last[4] = { 9, 0, 0, 0 };
    nvm_write(&bench->core.nvm, NVM_JOIN_NONCE, last, sizeof last);
    cr_assert(bench_run_to_tx(bench, 1, 60.0));
    size_t size =
            fake_write_join_accept(bench->core.factory.app_key, 9, 0x13, 5, 0, 0, NULL, accept);
    bench_answer(bench, 1, accept, size);
    cr_assert(bench_run_to_tx(bench, 2, 600.0));
    cr_assert_not(mac_joined(&bench->core));
    cr_assert_eq(
            fake_trace_last(&bench->board, FW_TRACE_FRAME_DROPPED)->a, MAC_FRAME_BAD_JOIN_NONCE);
    size = fake_write_join_accept(bench->core.factory.app_key, 10, 0x13, 5, 0, 0, NULL, accept);
    accept[5] ^= 1;
    bench_answer(bench, 1, accept, size);
    cr_assert(bench_run_to_tx(bench, 3, 600.0));
    cr_assert_not(mac_joined(&bench->core));
    cr_assert_eq(fake_trace_count(&bench->board, FW_TRACE_BAD_MIC), 1);
    accept[5] ^= 1;
    bench_answer(bench, 1, accept, size);
    bench_run_s(bench, 8.0);
    cr_assert(mac_joined(&bench->core));
    bench_destroy(bench);
}

/* An accept is an answer: it counts in a window of a request on air, and nowhere else. Goal: no
 * stranger's or late accept ends a session, or starts one. */
Test(mac_join, an_accept_that_was_not_asked_for_changes_nothing)
{
    struct bench *bench = bench_create(12);
    uint8_t accept[33];
    bench_join(bench, 0, 1, NULL);
    struct mac_session_keys before;
    memcpy(&before, bench->board.nvm_data[NVM_MAC_SESSION] + 4, sizeof before);
    size_t size = fake_write_join_accept(
            bench->core.factory.app_key, 0x1000, 0x13, 5, 0, 0, NULL, accept);
    for (unsigned window = 1; window <= 2; window++) {
        bench_run_s(bench, 1000.0);
        bench_send(bench, 2, (const uint8_t *)"x", 1);
        bench_answer(bench, window, accept, size);
        bench_run_s(bench, 10.0);
    }
    mac_class_c_open(&bench->core, 1, 869525000u, 5);
    bench_run_s(bench, 10.0);
    bench_air(bench, bench->board.now + 100, 869525000u, 5, accept, size);
    bench_run_s(bench, 1.0);
    cr_expect_eq(fake_trace_count(&bench->board, FW_TRACE_FRAME_DROPPED), 3);
    cr_expect_eq(fake_trace_last(&bench->board, FW_TRACE_FRAME_DROPPED)->a, MAC_FRAME_NOT_EXPECTED);
    cr_expect_eq(bench->core.mac.dev_addr, BENCH_DEV_ADDR);
    cr_expect_arr_eq(bench->board.nvm_data[NVM_MAC_SESSION] + 4, &before, sizeof before);
    bench_destroy(bench);
}

Test(mac_join, an_accept_outside_the_windows_of_its_request_is_dropped)
{
    struct bench *bench = bench_create(13);
    uint8_t accept[33];
    mac_class_c_open(&bench->core, 1, 869525000u, 5); /* a group outlived the session */
    cr_assert(bench_run_to_tx(bench, 1, 60.0));
    size_t size =
            fake_write_join_accept(bench->core.factory.app_key, 1, 0x13, 5, 0, 0, NULL, accept);
    bench_air(bench, bench->board.tx_end + 2 * 32768, 869525000u, 5, accept, size);
    bench_run_s(bench, 4.0);
    cr_expect_eq(bench->board.air_heard, 1);
    cr_expect_not(mac_joined(&bench->core), "2 s after the request no window is open");
    bench_answer(bench, 1, accept, size);
    bench_run_s(bench, 8.0);
    cr_expect(mac_joined(&bench->core));
    bench_destroy(bench);
}

Test(mac_join, dev_nonce_grows_with_every_request_and_through_resets)
{
    struct bench *bench = bench_create(5);
    for (unsigned i = 0; i < 6; i++) {
        cr_assert(bench_run_to_tx(bench, i + 1, 3600.0));
        cr_assert_eq(bench->board.tx[17] | (unsigned)bench->board.tx[18] << 8, i);
        if (i == 2 || i == 4) {
            bench_reset(bench, HAL_RESET_POWER_ON);
        }
    }
    bench_destroy(bench);
}

Test(mac_join, requests_step_down_through_the_data_rates_on_the_join_channels)
{
    struct bench *bench = bench_create(6);
    for (unsigned i = 0; i < 14; i++) {
        cr_assert(bench_run_to_tx(bench, i + 1, 3600.0));
        cr_assert_eq(bench->board.tx_spreading_factor, 7 + i / 2 % 6);
        uint32_t hz = bench->board.tx_frequency_hz;
        cr_assert(hz == 868100000u || (hz > 868299900u && hz < 868300100u)
                          || (hz > 868499900u && hz < 868500100u)
                          || (hz > 868099900u && hz < 868100100u),
                "%u Hz", hz);
    }
    bench_destroy(bench);
}

/* spec-protocol 1.4: 36 s in the first hour, 36 s in the next ten, 8.7 s a day from then on. */
Test(mac_join, back_off_bounds_the_time_on_air)
{
    struct bench *bench = bench_create(7);
    double airtime_s[4] = { 0 }; /* first hour, hours 1..11, day 1, day 2 */
    uint64_t start = 0;
    unsigned count = 0;
    while (bench_run_to_tx(bench, count + 1, 86400.0)) {
        count++;
        start = start == 0 ? bench->board.tx_start : start;
        double hours = (double)(bench->board.tx_start - start) / TICKS_PER_S / 3600.0;
        unsigned period = hours < 1.0 ? 0 : hours < 11.0 ? 1 : hours < 35.0 ? 2 : 3;
        if (hours > 59.0) {
            break;
        }
        airtime_s[period] += fake_airtime_us(bench->board.tx_spreading_factor, 23, true) / 1e6;
    }
    cr_expect_leq(airtime_s[0], 36.0);
    cr_expect_geq(airtime_s[0], 15.0);
    cr_expect_leq(airtime_s[1], 36.0);
    cr_expect_geq(airtime_s[1], 30.0);
    cr_expect_leq(airtime_s[2], 8.7);
    cr_expect_leq(airtime_s[3], 8.7);
    cr_expect_geq(airtime_s[3], 5.0);
    bench_destroy(bench);
}

Test(mac_join, two_devices_that_start_together_do_not_stay_together)
{
    struct bench *a = bench_create(8);
    struct bench *b = bench_create(9);
    unsigned near = 0;
    for (unsigned i = 1; i <= 20; i++) {
        cr_assert(bench_run_to_tx(a, i, 3600.0));
        cr_assert(bench_run_to_tx(b, i, 3600.0));
        int64_t apart = (int64_t)(a->board.tx_start - b->board.tx_start);
        near += apart > -3000 && apart < 3000;
    }
    cr_assert_lt(near, 5);
    bench_destroy(a);
    bench_destroy(b);
}

Test(mac_join, session_goes_on_after_a_reset_without_reusing_counters)
{
    struct bench *bench = bench_create(10);
    const uint8_t byte[1] = { 7 };
    bench_join(bench, 0x03, 2, cflist);
    for (unsigned i = 0; i < 3; i++) {
        bench_send(bench, 2, byte, 1);
        bench_run_s(bench, 10.0);
    }
    unsigned requests = fake_trace_count(&bench->board, FW_TRACE_JOIN_REQUESTED);
    bench_reset(bench, HAL_RESET_BROWNOUT);
    const struct mac *mac = &bench->core.mac;
    cr_assert(mac_joined(&bench->core));
    cr_assert_eq(mac_resets(&bench->core), 1);
    cr_assert_eq(mac->parameters.rx_delay_s, 2);
    cr_assert_eq(mac->channels[7].frequency_hz, 867900000u);
    bench_run_s(bench, 1.0);
    bench_send(bench, 2, byte, 1);
    struct fake_uplink uplink =
            fake_read_uplink(&bench->keys, bench->board.tx, bench->board.tx_size, 0);
    cr_assert(uplink.mic_ok);
    cr_assert_eq(uplink.fcnt, 64);
    cr_assert_eq(fake_trace_count(&bench->board, FW_TRACE_JOIN_REQUESTED), requests);
    bench_destroy(bench);
}

/* A crash-loop must not defeat the duty cycle. */
Test(mac_join, unplanned_reset_keeps_the_longest_off_time)
{
    struct bench *bench = bench_create(11);
    const uint8_t byte[1] = { 7 };
    bench_join(bench, 0, 1, NULL);
    bench_send(bench, 2, byte, 1);
    bench_run_s(bench, 4.0);
    bench_reset(bench, HAL_RESET_WATCHDOG);
    bench_run_s(bench, 1.0);
    uint64_t at = mac_uplink_possible_at(&bench->core, bench->board.now);
    double off_s = (double)(at - bench->board.now) / TICKS_PER_S;
    double longest_s = fake_airtime_us(7, 255, true) / 1e6 * 99.0;
    cr_assert(off_s > longest_s - 2.0 && off_s < longest_s + 1.0, "%f", off_s);
    bench_destroy(bench);
}

Test(mac_join, blank_factory_record_keeps_the_device_silent)
{
    struct bench *bench = bench_create(12);
    memset(&bench->core.factory, 0, sizeof bench->core.factory);
    mac_init(&bench->core, HAL_RESET_POWER_ON);
    bench_run_s(bench, 7200.0);
    cr_assert_eq(bench->board.tx_count, 0);
    bench_destroy(bench);
}

Test(mac_join, accept_of_any_other_size_is_dropped_unread)
{
    static const uint8_t sizes[] = { 1, 4, 16, 18, 32, 34, 255 };
    struct bench *bench = bench_create(13);
    const uint8_t bytes[255] = { 0x20 };
    for (unsigned i = 0; i < sizeof sizes; i++) {
        cr_assert(bench_run_to_tx(bench, i + 1, 3600.0));
        bench_answer(bench, 1, bytes, sizes[i]);
        bench_run_s(bench, 12.0);
        cr_assert_eq(bench->board.air_heard, i + 1);
        cr_assert_eq(fake_trace_count(&bench->board, FW_TRACE_FRAME_DROPPED), i + 1);
    }
    cr_assert_eq(fake_trace_count(&bench->board, FW_TRACE_BAD_MIC), 0);
    cr_assert_not(mac_joined(&bench->core));
    bench_destroy(bench);
}
