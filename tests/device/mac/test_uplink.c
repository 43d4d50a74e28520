/* Uplinks: duty cycle, channels, copies, ADR, counters, polls.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "device/support/fake_network.h"
#include "mac/mac.h"
#include "mac/mac_internal.h"
#include "trace.h"

#define TICKS_PER_S 32768.0

static const uint8_t cflist[16] = { 0x18, 0x4f, 0x84, 0xe8, 0x56, 0x84, 0xb8, 0x5e, 0x84, 0x88,
    0x66, 0x84, 0x58, 0x6e, 0x84, 0x00 };
static const uint8_t byte[1] = { 0x55 };

static struct bench *joined(uint64_t seed, const uint8_t *list)
{
    struct bench *bench = bench_create(seed);
    bench_join(bench, 0, 1, list);
    return bench;
}

Test(mac_uplink, frame_is_authentic_and_counts_up)
{
    struct bench *bench = joined(51, NULL);
    for (unsigned i = 0; i < 5; i++) {
        uint8_t payload[30];
        memset(payload, (int)i, sizeof payload);
        bench_send(bench, (uint8_t)(10 + i), payload, sizeof payload);
        struct fake_uplink u =
                fake_read_uplink(&bench->keys, bench->board.tx, bench->board.tx_size, 0);
        cr_assert(u.mic_ok && u.mhdr == 0x40 && u.dev_addr == BENCH_DEV_ADDR);
        cr_assert_eq(u.fcnt, i);
        cr_assert_eq(u.fport, (int)(10 + i));
        cr_assert_eq(u.fctrl, 0x80);
        cr_assert_eq(u.payload_size, sizeof payload);
        cr_assert_arr_eq(u.payload, payload, sizeof payload);
        cr_assert_eq(mac_uplink_possible_at(&bench->core, bench->board.now), HAL_TICKS_NEVER);
        cr_assert_eq(mac_send(&bench->core, 2, byte, 1), MAC_BUSY);
        bench_run_s(bench, 5.0);
    }
    bench_destroy(bench);
}

Test(mac_uplink, payload_bound_follows_the_data_rate)
{
    static const size_t expected[] = { 51, 51, 51, 115, 242, 242 };
    struct bench *bench = joined(52, NULL);
    uint8_t payload[243] = { 0 };
    for (unsigned dr = 0; dr < 6; dr++) {
        bench->core.mac.parameters.data_rate = (uint8_t)dr;
        cr_assert_eq(mac_payload_size_max(&bench->core), expected[dr]);
        bench_run_s(bench, 10000.0);
        cr_assert_eq(mac_send(&bench->core, 2, payload, expected[dr] + 1), MAC_TOO_LONG);
        bench_send(bench, 2, payload, expected[dr]);
        cr_assert_eq(bench->board.tx_size, expected[dr] + 13);
        uint32_t airtime = mac_uplink_airtime_ticks(&bench->core, expected[dr]);
        double exact = fake_airtime_us(12 - dr, bench->board.tx_size, true) * 32768e-6;
        cr_assert_eq(airtime, (uint32_t)ceil(exact));
        bench_run_s(bench, 20.0);
    }
    bench_destroy(bench);
}

/* The firmware rests longer by what its crystal may be fast (device/mac/duty_cycle.c). */
#define CLOCK_FAST (1025.0 / 1024.0)

/* Each 1 % sub-band rests 99 times the time on air, counted from the end of the frame. */
Test(mac_uplink, sub_band_rests_after_a_frame)
{
    struct bench *bench = joined(53, NULL);
    uint8_t payload[100] = { 0 };
    bench_run_s(bench, 1000.0);
    bench_send(bench, 2, payload, sizeof payload);
    uint64_t end = bench->board.tx_end;
    bench_run_s(bench, 5.0);
    cr_assert_eq(mac_send(&bench->core, 2, byte, 1), MAC_DUTY_CYCLE);
    uint64_t at = mac_uplink_possible_at(&bench->core, bench->board.now);
    double rest_s = (double)(at - end) / TICKS_PER_S;
    double airtime_s = fake_airtime_us(7, 113, true) / 1e6;
    cr_assert_float_eq(rest_s, 99.0 * CLOCK_FAST * airtime_s, 0.01);
    bench_run_until(bench, at);
    cr_assert_eq(mac_send(&bench->core, 2, byte, 1), MAC_OK);
    bench_run_s(bench, 5.0);
    bench_destroy(bench);
}

/* Most time on air of any window of `window_s` that begins with one of these frames: no other one
 * holds more. */
static double busiest_s(const double *start_s, unsigned count, double airtime_s, double window_s)
{
    double most_s = 0;
    for (unsigned first = 0; first < count; first++) {
        double sum_s = 0, end_s = start_s[first] + window_s;
        for (unsigned i = first; i < count && start_s[i] < end_s; i++) {
            sum_s += fmin(airtime_s, end_s - start_s[i]);
        }
        most_s = fmax(most_s, sum_s);
    }
    return most_s;
}

/* With a CFList channels lie in two sub-bands: audited over a day, every one of them. Frames of
 * time on air T start T / d apart at least, so the time d * W of a window W is exceeded by
 * (1 - d) * T at most: in any hour, and no further in a day. */
Test(mac_uplink, audited_day_and_its_hours_stay_within_every_sub_band)
{
    enum {
        FRAMES_MAX = 4000
    };
    static double start_s[2][FRAMES_MAX];
    struct bench *bench = joined(54, cflist);
    unsigned count[2] = { 0 };
    unsigned channels_used[8] = { 0 };
    const double frame_s = fake_airtime_us(7, 213, true) / 1e6;
    bench_run_s(bench, 600.0);
    uint64_t start = bench->board.now;
    while ((double)(bench->board.now - start) / TICKS_PER_S < 86400.0) {
        uint8_t payload[200] = { 0 };
        bench->core.mac.adr_ack_count = 0; /* stay at DR5 */
        bench_send(bench, 2, payload, sizeof payload);
        uint32_t hz = bench->board.tx_frequency_hz + 50;
        unsigned band = hz < 868000000u;
        cr_assert_lt(count[band], FRAMES_MAX);
        start_s[band][count[band]++] =
                (double)(bench->board.tx_end - start) / TICKS_PER_S - frame_s;
        unsigned channel =
                hz < 868000000u ? 3 + (hz - 867100000u) / 200000u : (hz - 868100000u) / 200000u;
        channels_used[channel]++;
        bench_run_s(bench, 3.0);
    }
    const double excess_s = 0.99 * frame_s + 0.001; /* and ticks that ends are rounded to */
    for (unsigned band = 0; band < 2; band++) {
        double day_s = busiest_s(start_s[band], count[band], frame_s, 86400.0);
        cr_assert(day_s <= 864.0 + excess_s && day_s > 700.0, "%f", day_s);
        double hour_s = busiest_s(start_s[band], count[band], frame_s, 3600.0);
        cr_assert(hour_s <= 36.0 + excess_s && hour_s > 36.0 * 0.97, "%f", hour_s);
    }
    for (unsigned i = 0; i < 8; i++) {
        cr_assert_gt(channels_used[i], 100, "channel %u", i);
    }
    bench_destroy(bench);
}

Test(mac_uplink, duty_cycle_req_limits_the_sum_of_all_bands)
{
    static const uint8_t command[2] = { 0x04, 10 };
    struct bench *bench = joined(55, cflist);
    bench_commands(bench, command, sizeof command);
    bench_run_s(bench, 1000.0);
    bench_send(bench, 2, byte, 1);
    uint64_t end = bench->board.tx_end;
    double airtime_s = fake_airtime_us(7, bench->board.tx_size, true) / 1e6;
    bench_run_s(bench, 5.0);
    uint64_t at = mac_uplink_possible_at(&bench->core, bench->board.now);
    cr_assert_float_eq((double)(at - end) / TICKS_PER_S, airtime_s * 1023.0 * CLOCK_FAST, 0.1);
    bench_destroy(bench);
}

Test(mac_uplink, nb_trans_sends_identical_copies_until_a_downlink_comes)
{
    static const uint8_t command[5] = { 0x03, 0xFF, 0x07, 0x00, 0x03 };
    struct bench *bench = joined(56, NULL);
    bench_commands(bench, command, sizeof command);
    bench_run_s(bench, 1000.0);
    uint8_t first[255];
    unsigned count = bench->board.tx_count;
    bench_send(bench, 2, byte, 1);
    memcpy(first, bench->board.tx, bench->board.tx_size);
    for (unsigned i = 2; i <= 3; i++) {
        cr_assert(bench_run_to_tx(bench, count + i, 60.0));
        cr_assert_arr_eq(bench->board.tx, first, bench->board.tx_size);
    }
    cr_assert_not(bench_run_to_tx(bench, count + 4, 100.0));
    uint8_t frame[255];
    struct fake_downlink downlink = {
        .dev_addr = BENCH_DEV_ADDR, .fcnt = bench->fcnt_down, .fport = -1
    };
    size_t size = fake_write_downlink(&bench->keys, &downlink, frame);
    bench_run_s(bench, 1000.0);
    count = bench->board.tx_count;
    bench_send(bench, 2, byte, 1);
    bench_answer(bench, 2, frame, size);
    cr_assert_not(bench_run_to_tx(bench, count + 2, 100.0));
    bench_destroy(bench);
}

/* spec-protocol 1.11: 64 + 32 unanswered uplinks to full power, then a data rate every 32. */
Test(mac_uplink, adr_back_off_follows_the_table)
{
    struct bench *bench = joined(57, NULL);
    struct mac *mac = &bench->core.mac;
    mac->parameters.tx_power = 3;
    mac->rate_by_network = true;
    for (unsigned uplink = 1; uplink <= 330; uplink++) {
        memset(mac->band_free_at_ticks, 0, sizeof mac->band_free_at_ticks);
        bench_send(bench, 2, byte, 1);
        bool ack_req = (bench->board.tx[5] & 0x40) != 0;
        cr_assert_eq(ack_req, uplink > 64, "uplink %u", uplink);
        bench_run_s(bench, 8.0);
        unsigned steps = uplink < 128 ? 0 : (uplink - 128) / 32 + 1;
        cr_assert_eq(mac->parameters.tx_power, uplink >= 96 ? 0 : 3, "uplink %u", uplink);
        cr_assert_eq(mac_data_rate(&bench->core), steps < 5 ? 5 - steps : 0, "uplink %u", uplink);
    }
    bench_commands(bench, NULL, 0);
    cr_assert_eq(mac->adr_ack_count, 0);
    bench_destroy(bench);
}

/* Until the network commands a data rate it is the device's: back-off turns up the power and asks
 * for an answer, and leaves the rate alone until a LinkADRReq was obeyed. */
Test(mac_uplink, adr_back_off_leaves_a_rate_of_the_devices_own_alone)
{
    static const uint8_t to_dr3[5] = { 0x03, 0x31, 0x07, 0x00, 0x01 };
    struct bench *bench = joined(64, NULL);
    struct mac *mac = &bench->core.mac;
    mac->parameters.tx_power = 3;
    for (unsigned uplink = 1; uplink <= 200; uplink++) {
        memset(mac->band_free_at_ticks, 0, sizeof mac->band_free_at_ticks);
        bench_send(bench, 2, byte, 1);
        cr_assert_eq(bench->board.tx[5] & 0x80, 0x80, "control is offered all the time");
        cr_assert_eq((bench->board.tx[5] & 0x40) != 0, uplink > 64, "uplink %u", uplink);
        bench_run_s(bench, 8.0);
        cr_assert_eq(mac->parameters.tx_power, uplink >= 96 ? 0 : 3, "uplink %u", uplink);
        cr_assert_eq(mac_data_rate(&bench->core), 5, "uplink %u", uplink);
    }
    memset(mac->band_free_at_ticks, 0, sizeof mac->band_free_at_ticks);
    bench_commands(bench, to_dr3, sizeof to_dr3);
    cr_assert_eq(mac_data_rate(&bench->core), 3);
    for (unsigned uplink = 1; uplink <= 128; uplink++) {
        memset(mac->band_free_at_ticks, 0, sizeof mac->band_free_at_ticks);
        bench_send(bench, 2, byte, 1);
        bench_run_s(bench, 8.0);
        cr_assert_geq(mac_data_rate(&bench->core), 2);
    }
    cr_assert_eq(mac_data_rate(&bench->core), 2, "the network's rate falls");
    bench_destroy(bench);
}

Test(mac_uplink, confirmed_downlink_is_acknowledged_soon_and_once)
{
    struct bench *bench = joined(58, NULL);
    uint8_t frame[255];
    struct fake_downlink downlink = { .mhdr = 0xA0, .dev_addr = BENCH_DEV_ADDR, .fport = -1 };
    size_t size = fake_write_downlink(&bench->keys, &downlink, frame);
    bench_send(bench, 2, byte, 1);
    bench_answer(bench, 1, frame, size);
    bench_run_s(bench, 1.5);
    uint64_t poll_at = mac_poll_at(&bench->core);
    cr_assert_neq(poll_at, HAL_TICKS_NEVER);
    cr_assert_leq(poll_at, bench->board.now + 8 * 32768);
    cr_assert_eq(bench_next_uplink(bench).fctrl & 0x20, 0x20);
    cr_assert_eq(bench_next_uplink(bench).fctrl & 0x20, 0);
    bench_destroy(bench);
}

/* FPending opens an exchange: at most three polls, each 5..15 s after the last, until a downlink.
 */
Test(mac_uplink, open_exchange_asks_for_three_polls)
{
    struct bench *bench = joined(59, NULL);
    uint8_t frame[255];
    struct fake_downlink downlink = { .fctrl = 0x10, .dev_addr = BENCH_DEV_ADDR, .fport = -1 };
    size_t size = fake_write_downlink(&bench->keys, &downlink, frame);
    bench_run_s(bench, 100.0);
    bench_send(bench, 2, byte, 1);
    cr_assert_eq(mac_poll_at(&bench->core), HAL_TICKS_NEVER);
    bench_answer(bench, 1, frame, size);
    bench_run_s(bench, 2.0);
    for (unsigned i = 0; i < 3; i++) {
        uint64_t at = mac_poll_at(&bench->core);
        cr_assert_neq(at, HAL_TICKS_NEVER);
        uint64_t since = i == 0 ? bench->board.tx_end + 32768 : bench->board.tx_end + 65536;
        double after_s = (double)(at - since) / TICKS_PER_S;
        cr_assert(after_s >= 5.0 && after_s < 15.4, "poll %u after %f s", i, after_s);
        bench_run_until(bench, at);
        bench_send(bench, 0, NULL, 0);
        cr_assert_eq(bench->board.tx_size, 12);
        bench_run_s(bench, 4.0);
    }
    cr_assert_eq(mac_poll_at(&bench->core), HAL_TICKS_NEVER);
    bench_destroy(bench);
}

Test(mac_uplink, an_uplink_of_another_kind_replaces_the_poll)
{
    struct bench *bench = joined(60, NULL);
    uint8_t frame[255];
    struct fake_downlink downlink = { .fctrl = 0x10, .dev_addr = BENCH_DEV_ADDR, .fport = -1 };
    size_t size = fake_write_downlink(&bench->keys, &downlink, frame);
    bench_run_s(bench, 100.0);
    bench_send(bench, 2, byte, 1);
    bench_answer(bench, 1, frame, size);
    bench_run_s(bench, 2.0);
    uint64_t first = mac_poll_at(&bench->core);
    memset(bench->core.mac.band_free_at_ticks, 0, sizeof bench->core.mac.band_free_at_ticks);
    bench_send(bench, 2, byte, 1);
    cr_assert_eq(mac_poll_at(&bench->core), HAL_TICKS_NEVER);
    downlink = (struct fake_downlink){ .dev_addr = BENCH_DEV_ADDR, .fcnt = 1, .fport = -1 };
    size = fake_write_downlink(&bench->keys, &downlink, frame);
    bench_answer(bench, 1, frame, size);
    bench_run_s(bench, 4.0);
    cr_assert_eq(mac_poll_at(&bench->core), HAL_TICKS_NEVER);
    cr_assert_neq(first, HAL_TICKS_NEVER);
    bench_destroy(bench);
}

Test(mac_uplink, counter_on_record_is_always_ahead)
{
    struct bench *bench = joined(61, NULL);
    unsigned writes = bench->board.nvm_writes;
    for (unsigned i = 0; i < 200; i++) {
        memset(bench->core.mac.band_free_at_ticks, 0, sizeof bench->core.mac.band_free_at_ticks);
        bench_send(bench, 2, byte, 1);
        const uint8_t *record = bench->board.nvm_data[NVM_MAC_COUNTERS];
        unsigned bound = record[0] | (unsigned)record[1] << 8;
        cr_assert_gt(bound, i);
        bench_run_s(bench, 4.0);
    }
    cr_assert_lt(bench->board.nvm_writes - writes, 12);
    bench_destroy(bench);
}

Test(mac_uplink, power_index_sets_the_amplifier)
{
    struct bench *bench = joined(62, NULL);
    bench_send(bench, 2, byte, 1);
    cr_assert_eq(bench->board.tx_power_register, 0x7E, "14 dBm at RFO");
    cr_assert_eq(bench->board.lora[0x4D], 0x84);
    bench_run_s(bench, 10.0);
    bench->core.mac.parameters.tx_power = 7;
    bench_send(bench, 2, byte, 1);
    cr_assert_eq(bench->board.tx_power_register, 0x04, "0 dBm at RFO");
    bench_run_s(bench, 10.0);
    bench_destroy(bench);
}

Test(mac_uplink, silent_chip_is_started_again_and_the_device_goes_on)
{
    struct bench *bench = joined(63, NULL);
    bench_run_s(bench, 100.0);
    unsigned resets = bench->board.resets;
    bench->board.deaf = true;
    bench_send(bench, 2, byte, 1);
    bench_run_s(bench, 2.0);
    bench->board.deaf = false;
    bench_run_s(bench, 60.0);
    cr_assert_eq(bench->board.resets, resets + 1);
    uint64_t free_at = 0; /* the lost frame may have been on the air: it counts */
    for (unsigned i = 0; i < MAC_SUB_BANDS; i++) {
        free_at = later(free_at, bench->core.mac.band_free_at_ticks[i]);
    }
    cr_assert_geq((double)(free_at - bench->board.tx_end),
            99.0 * fake_airtime_us(7, bench->board.tx_size, true) * 32768e-6);
    bench_send(bench, 2, byte, 1);
    bench_run_s(bench, 10.0);
    cr_assert_neq(mac_idle_at(&bench->core), HAL_TICKS_NEVER);
    bench_destroy(bench);
}
