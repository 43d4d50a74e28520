/* Window arithmetic against a floating-point reading of spec-protocol 1.7, the window list, and
 * regional data.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "device/support/fake_network.h"
#include "mac/mac_internal.h"
#include "radio/lora_airtime.h"

/* The clock error that the firmware assumes: 3 ms and 100 ppm of the delay. */
static double error_ms(double delay_s)
{
    return 3.0 + delay_s * 0.1;
}

Test(mac_windows, size_and_start_follow_the_formula)
{
    const struct region *region = &mac_region_eu868;
    for (unsigned dr = 0; dr < 6; dr++) {
        for (unsigned delay_s = 1; delay_s <= 16; delay_s++) {
            uint16_t symbols;
            int32_t offset;
            double tsym_ms = exp2(12 - dr) / 125.0;
            double expected_symbols =
                    fmax(ceil((4.0 * tsym_ms + 2.0 * error_ms(delay_s)) / tsym_ms), 6.0);
            mac_window_size(region, dr, delay_s * 1000000u, &symbols, &offset);
            cr_assert_eq(symbols, (unsigned)expected_symbols, "DR%u %u s", dr, delay_s);
            double offset_ms = 4.0 * tsym_ms - expected_symbols * tsym_ms / 2.0 - 1.0;
            cr_assert_float_eq(offset, offset_ms * 32.768, 1.01, "DR%u %u s", dr, delay_s);
        }
    }
}

/* With the network early or late by the whole error, five symbols of preamble still fall into
 * the window: checked by real reception at the edges. */
Test(mac_windows, frame_is_heard_at_both_ends_of_the_clock_error)
{
    for (unsigned dr = 0; dr <= 5; dr++) {
        for (int side = -1; side <= 1; side++) {
            for (unsigned window = 1; window <= 2; window++) {
                struct bench *bench = bench_create(71);
                uint8_t frame[255];
                bench_join(bench, (uint8_t)dr, 1, NULL);
                bench->core.mac.parameters.data_rate = (uint8_t)dr;
                struct fake_downlink downlink = { .dev_addr = BENCH_DEV_ADDR,
                    .fport = 3,
                    .payload = (const uint8_t *)"y",
                    .payload_size = 1 };
                size_t size = fake_write_downlink(&bench->keys, &downlink, frame);
                bench_run_s(bench, 400.0);
                bench_send(bench, 2, (const uint8_t *)"x", 1);
                bench_answer(bench, window, frame, size);
                bench->board.air.start_ticks +=
                        (uint64_t)(int64_t)(side * error_ms(window) * 32.768);
                bench_run_s(bench, 10.0);
                cr_assert_eq(bench->delivered_count, 1, "DR%u side %d RX%u", dr, side, window);
                bench_destroy(bench);
            }
        }
    }
}

Test(mac_windows, frame_in_the_first_window_closes_the_second)
{
    struct bench *bench = bench_create(72);
    uint8_t frame[255];
    bench_join(bench, 0, 1, NULL);
    struct fake_downlink downlink = { .dev_addr = BENCH_DEV_ADDR, .fport = -1 };
    size_t size = fake_write_downlink(&bench->keys, &downlink, frame);
    bench_run_s(bench, 100.0);
    bench_send(bench, 2, (const uint8_t *)"x", 1);
    bench_answer(bench, 1, frame, size);
    bench_run_s(bench, 1.3);
    cr_assert_eq(bench->core.mac.window_count, 0);
    cr_assert_eq(mac_step_at(&bench->core), HAL_TICKS_NEVER);
    cr_assert_eq(bench->board.lora[0x01] & 7, 0, "the radio sleeps");
    bench_destroy(bench);
}

/* Another device's frame takes RX1; this device's answer in RX2 is still heard. */
Test(mac_windows, foreign_frame_in_the_first_window_leaves_the_second_open)
{
    struct bench *bench = bench_create(73);
    uint8_t frame[255];
    bench_join(bench, 0, 1, NULL);
    struct fake_downlink downlink = { .dev_addr = 0x11111111, .fport = -1 };
    size_t size = fake_write_downlink(&bench->keys, &downlink, frame);
    bench_run_s(bench, 100.0);
    bench_send(bench, 2, (const uint8_t *)"x", 1);
    bench_answer(bench, 1, frame, size);
    bench_run_s(bench, 1.3);
    cr_assert_eq(bench->board.air_heard, 2);
    downlink = (struct fake_downlink){
        .dev_addr = BENCH_DEV_ADDR, .fport = 7, .payload = frame, .payload_size = 1
    };
    size = fake_write_downlink(&bench->keys, &downlink, frame);
    bench_answer(bench, 2, frame, size);
    bench_run_s(bench, 5.0);
    cr_assert_eq(bench->delivered_count, 1);
    bench_destroy(bench);
}

Test(mac_windows, list_is_sorted_whatever_the_order_of_insertion)
{
    struct bench *bench = bench_create(74);
    struct mac *mac = &bench->core.mac;
    for (unsigned permutation = 0; permutation < 24; permutation++) {
        unsigned rest[4] = { 10, 20, 30, 40 };
        unsigned code = permutation;
        mac_windows_clear(&bench->core);
        for (unsigned left = 4; left > 0; left--) {
            unsigned pick = code % left;
            code /= left;
            const struct mac_window window = { .start_ticks = rest[pick] };
            mac_windows_insert(&bench->core, &window);
            rest[pick] = rest[left - 1];
        }
        for (unsigned i = 1; i <= 4; i++) {
            cr_assert_eq(mac_windows_take(&bench->core).start_ticks, 10 * i);
        }
        cr_assert_eq(mac->window_count, 0);
    }
    bench_destroy(bench);
}

Test(mac_windows, more_urgent_window_takes_the_receiver_and_others_do_not)
{
    struct bench *bench = bench_create(75);
    struct mac *mac = &bench->core.mac;
    bench_join(bench, 0, 1, NULL);
    uint64_t now = bench->board.now;
    static const struct {
        uint8_t priority;
        uint32_t frequency_hz;
    } windows[] = { { 2, 868100000u }, { 1, 868300000u }, { 2, 868300000u }, { 3, 868500000u } };
    static const uint32_t expected_hz[] = { 868100000u, 868100000u, 868100000u, 868500000u };
    for (unsigned i = 0; i < 4; i++) {
        const struct mac_window window = { .start_ticks = now + i,
            .frequency_hz = windows[i].frequency_hz,
            .timeout_symbols = 1000,
            .data_rate = 0,
            .priority = windows[i].priority };
        mac_windows_insert(&bench->core, &window);
        bench->board.now = now + i;
        mac_step(&bench->core, now + i);
        cr_assert_eq(mac->window.frequency_hz, expected_hz[i]);
    }
    bench_destroy(bench);
}

/* spec-protocol 2.1, the tables written out again. */
Test(mac_region, eu868_tables)
{
    static const struct {
        unsigned sf;
        unsigned khz;
        unsigned n;
    } rates[] = { { 12, 125, 51 }, { 11, 125, 51 }, { 10, 125, 51 }, { 9, 125, 115 },
        { 8, 125, 242 }, { 7, 125, 242 }, { 7, 250, 242 } };
    const struct region *r = &mac_region_eu868;
    for (unsigned dr = 0; dr < 7; dr++) {
        cr_assert(mac_region_data_rate_valid(r, dr));
        cr_assert_eq(r->data_rates[dr].spreading_factor, rates[dr].sf);
        cr_assert_eq(r->data_rates[dr].bandwidth_khz, rates[dr].khz);
        cr_assert_eq(r->data_rates[dr].payload_size_max, rates[dr].n);
        for (unsigned offset = 0; offset < 6; offset++) {
            unsigned rx1 = dr > offset ? dr - offset : 0;
            cr_assert_eq(r->rx1_data_rate[dr][offset], rx1);
        }
    }
    cr_assert_not(mac_region_data_rate_valid(r, 7)); /* FSK */
    cr_assert_not(mac_region_data_rate_valid(r, 15));
    cr_assert_eq(r->rx2_frequency_hz, 869525000u);
    cr_assert_eq(r->rx2_data_rate, 0);
}

Test(mac_region, eu868_sub_bands)
{
    static const struct {
        uint32_t hz;
        int divisor; /* 0: outside */
    } cases[] = { { 862999999u, 0 }, { 863000000u, 1000 }, { 864900000u, 1000 },
        { 865100000u, 100 }, { 867900000u, 100 }, { 868000000u, 100 }, { 868600000u, 100 },
        { 868600001u, 0 }, { 868699999u, 0 }, { 868700000u, 1000 }, { 869200000u, 1000 },
        { 869300000u, 0 }, { 869399999u, 0 }, { 869400000u, 10 }, { 869525000u, 10 },
        { 869650000u, 10 }, { 869660000u, 0 }, { 869700000u, 100 }, { 870000000u, 100 },
        { 870000001u, 0 } };
    const struct region *r = &mac_region_eu868;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int band = mac_region_sub_band(r, cases[i].hz);
        int divisor = band < 0 ? 0 : r->sub_bands[band].duty_divisor;
        cr_assert_eq(divisor, cases[i].divisor, "%u Hz", cases[i].hz);
    }
    cr_assert_neq(mac_region_sub_band(r, 867900000u), mac_region_sub_band(r, 868100000u));
    for (unsigned i = 0; i <= 7; i++) { /* EIRP 16 - 2 i dBm, antenna gain 2 dB */
        cr_assert_eq(mac_region_power_dbm(r, 868100000u, i), 14 - 2 * (int)i);
    }
}

Test(mac_region, is_found_by_its_channel_plan)
{
    cr_assert_eq(mac_region_find(1), &mac_region_eu868);
    cr_assert_eq(mac_region_find(0), &mac_region_eu868);
    cr_assert_null(mac_region_find(200));
}

/* A mask holds the 72 channels of US915 and gives them back 16 at a time. */
Test(mac_region, masks_are_72_channels_wide)
{
    for (unsigned channel = 0; channel < CHANNEL_MASK_CHANNELS; channel++) {
        struct channel_mask mask = { { 0 } };
        cr_assert(channel_mask_is_empty(&mask));
        channel_mask_put(&mask, channel, true);
        cr_assert_not(channel_mask_is_empty(&mask));
        for (unsigned other = 0; other < CHANNEL_MASK_CHANNELS; other++) {
            cr_assert_eq(channel_mask_has(&mask, other), other == channel);
        }
        struct channel_mask copy = { { 0 } };
        for (unsigned block = 0; block < 5; block++) {
            unsigned expected = block == channel / 16u ? 1u << channel % 16u : 0u;
            cr_assert_eq(channel_mask_block(&mask, block), expected);
            channel_mask_put_block(&copy, block, channel_mask_block(&mask, block));
        }
        cr_assert_arr_eq(copy.bytes, mask.bytes, CHANNEL_MASK_SIZE);
        channel_mask_put(&mask, channel, false);
        cr_assert(channel_mask_is_empty(&mask));
    }
}

Test(mac_region, time_on_air_equals_the_formula_for_every_size)
{
    for (unsigned sf = 7; sf <= 12; sf++) {
        for (unsigned size = 1; size <= 255; size++) {
            for (unsigned crc = 0; crc < 2; crc++) {
                double exact = fake_airtime_us(sf, size, crc != 0);
                cr_assert_eq(lora_airtime_us(sf, 125, size, crc != 0), (uint32_t)ceil(exact));
            }
        }
    }
    for (uint32_t us = 0; us < 40000000u; us += 997) {
        double ticks = us * 32768e-6;
        cr_assert_eq(ticks_from_us(us), (uint32_t)floor(ticks));
        cr_assert_eq(ticks_from_us_up(us), (uint32_t)ceil(ticks));
    }
}
