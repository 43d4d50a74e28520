/* The SX1276 driver against a scripted chip: start-up, registers, pages, sparing SPI frames.
 * SPDX-License-Identifier: MIT
 *
 * Expected values are those of spec-sx127x sections 2, 11, 12 and 14, worked out by hand.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "device/support/fake_board.h"
#include "radio/radio.h"

struct rig {
    struct fake_board board;
    struct hal hal;
    struct radio radio;
};

static uint32_t start(struct rig *rig)
{
    uint32_t total = 0;
    uint32_t wait;
    fake_board_init(&rig->board, 1);
    rig->hal = fake_board_hal(&rig->board);
    radio_start(&rig->radio);
    while ((wait = radio_start_step(&rig->radio, &rig->hal)) != 0) {
        rig->board.now += wait;
        total += wait;
        cr_assert_lt(total, 10 * HAL_RTC_HZ);
    }
    return total;
}

static const struct lora_modulation downlink_sf7 = { .frequency_hz = 868100000u,
    .bandwidth_khz = 125,
    .spreading_factor = 7,
    .downlink = true };

Test(radio, start_resets_calibrates_868_mhz_and_sleeps_in_lora_mode)
{
    struct rig rig;
    uint32_t ticks = start(&rig);
    cr_assert_geq(ticks, 5 * HAL_RTC_HZ / 1000, "5 ms after the reset");
    cr_assert_leq(ticks, 30 * HAL_RTC_HZ / 1000);
    cr_assert_eq(rig.board.resets, 1);
    cr_assert_eq(rig.board.calibrations, 1);
    cr_assert_eq(rig.board.calibration_frf, 0xD90000);
    cr_assert_eq(rig.board.lora[0x01], 0x80);
    cr_assert_eq(rig.board.lora[0x39], 0x34);
    cr_assert_eq(rig.board.lora[0x0C], 0x23);
    cr_assert_eq(rig.board.lora[0x11], 0x17);
    cr_assert_eq(rig.board.lora[0x20] << 8 | rig.board.lora[0x21], 8);
    cr_assert_eq(rig.board.lora[0x23], 0xFF);
    cr_assert_eq(rig.board.lora[0x31] & 0x87, 0x03);
    cr_assert_eq(rig.board.lora[0x2F], 0x40);
    cr_assert_eq(rig.board.lora[0x30], 0x00);
    cr_assert_eq(rig.board.lora[0x37], 0x0A);
}

Test(radio, missing_chip_is_tried_again_every_second)
{
    struct rig rig;
    fake_board_init(&rig.board, 1);
    rig.hal = fake_board_hal(&rig.board);
    rig.board.chip_missing = true;
    radio_start(&rig.radio);
    for (unsigned i = 0; i < 3; i++) {
        radio_start_step(&rig.radio, &rig.hal);
        radio_start_step(&rig.radio, &rig.hal);
        cr_assert_eq(radio_start_step(&rig.radio, &rig.hal), HAL_RTC_HZ);
    }
    rig.board.chip_missing = false;
    uint32_t wait;
    unsigned steps = 0;
    while ((wait = radio_start_step(&rig.radio, &rig.hal)) != 0) {
        cr_assert_lt(++steps, 20);
    }
    cr_assert_eq(rig.radio.start, RADIO_STARTED);
}

Test(radio, frequency_is_rounded_to_the_nearest_step)
{
    static const struct {
        uint32_t hz;
        uint32_t frf;
    } cases[] = { { 868100000u, 0xD90666 }, { 869525000u, 0xD9619A }, { 434000000u, 0x6C8000 } };
    struct rig rig;
    start(&rig);
    for (unsigned i = 0; i < 3; i++) {
        struct lora_modulation m = downlink_sf7;
        m.frequency_hz = cases[i].hz;
        radio_receive_continuous(&rig.radio, &rig.hal, &m);
        uint32_t frf = (uint32_t)rig.board.lora[6] << 16 | (uint32_t)rig.board.lora[7] << 8
                       | rig.board.lora[8];
        cr_assert_eq(frf, cases[i].frf, "%x", frf);
    }
}

Test(radio, modem_registers_for_every_spreading_factor_and_bandwidth)
{
    static const struct {
        uint16_t khz;
        uint8_t code;
    } widths[] = { { 125, 7 }, { 250, 8 }, { 500, 9 } };
    struct rig rig;
    start(&rig);
    for (unsigned sf = 7; sf <= 12; sf++) {
        for (unsigned w = 0; w < 3; w++) {
            struct lora_modulation m = downlink_sf7;
            m.spreading_factor = (uint8_t)sf;
            m.bandwidth_khz = widths[w].khz;
            radio_receive_single(&rig.radio, &rig.hal, &m, 0x123);
            cr_assert_eq(rig.board.lora[0x1D], widths[w].code << 4 | 0x02);
            cr_assert_eq(rig.board.lora[0x1E], sf << 4 | 0x01);
            cr_assert_eq(rig.board.lora[0x1F], 0x23);
            bool slow = (1u << sf) * 1000u / widths[w].khz > 16000u;
            cr_assert_eq((rig.board.lora[0x26] & 0x08) != 0, slow, "SF%u %u", sf, widths[w].khz);
            cr_assert_eq(rig.board.lora[0x26] & 0x04, 0x04);
            cr_assert_eq(rig.board.lora[0x36], w == 2 ? 0x02 : 0x03, "errata 2.1");
            cr_assert_eq(rig.board.lora[0x31] >> 7, w == 2, "errata 2.3");
            cr_assert_eq(rig.board.lora[0x01], 0x86);
        }
    }
}

Test(radio, transmit_sets_polarity_power_and_fifo)
{
    static const struct {
        int dbm;
        uint8_t config;
        uint8_t dac;
        enum hal_antenna antenna;
    } cases[] = {
        { -4, 0x00, 0x84, HAL_ANTENNA_TX_RFO },
        { 0, 0x04, 0x84, HAL_ANTENNA_TX_RFO },
        { 7, 0x77, 0x84, HAL_ANTENNA_TX_RFO },
        { 14, 0x7E, 0x84, HAL_ANTENNA_TX_RFO },
        { 17, 0xFF, 0x84, HAL_ANTENNA_TX_BOOST },
        { 20, 0xFF, 0x87, HAL_ANTENNA_TX_BOOST },
    };
    struct rig rig;
    uint8_t frame[255];
    struct lora_modulation m = downlink_sf7;
    m.downlink = false;
    start(&rig);
    for (unsigned i = 0; i < sizeof frame; i++) {
        frame[i] = (uint8_t)(i * 7);
    }
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_assert_geq(radio_wake(&rig.radio, &rig.hal), 9, "TS_OSC 250 us");
        radio_transmit(&rig.radio, &rig.hal, &m, cases[i].dbm, frame, 255 - i);
        cr_assert_eq(rig.board.tx_size, 255 - i);
        cr_assert_arr_eq(rig.board.tx, frame, 255 - i);
        cr_assert_eq(rig.board.tx_power_register, cases[i].config);
        cr_assert_eq(rig.board.lora[0x4D], cases[i].dac);
        cr_assert_eq(rig.board.antenna, cases[i].antenna);
        cr_assert_eq(rig.board.lora[0x33], 0x27);
        cr_assert_eq(rig.board.lora[0x3B], 0x1D);
        cr_assert(rig.board.tx_crc);
        cr_assert_eq(rig.board.lora[0x40] >> 6, 1, "DIO0 is TxDone");
        rig.board.now = rig.board.tx_end;
        cr_assert_eq(fake_chip_edge(&rig.board), 0);
        uint8_t bytes[256];
        struct radio_frame received;
        cr_assert_eq(radio_service(&rig.radio, &rig.hal, bytes, &received), RADIO_TX_DONE);
        cr_assert_eq(rig.board.lora[0x12], 0);
        radio_sleep(&rig.radio, &rig.hal);
        cr_assert_eq(rig.board.antenna, HAL_ANTENNA_OFF);
    }
    cr_assert_eq(rig.board.fifo_in_sleep, 0);
}

static void put_on_air(struct rig *rig, uint8_t size, uint8_t first)
{
    rig->board.air = (struct fake_air){ .present = true,
        .start_ticks = rig->board.now + 40,
        .frequency_hz = 868100000u,
        .spreading_factor = 7,
        .inverted = true,
        .size = size,
        .snr_quarter_db = -20,
        .rssi_raw = 40 };
    for (unsigned i = 0; i < size; i++) {
        rig->board.air.bytes[i] = (uint8_t)(first + i);
    }
}

static enum radio_event hear(struct rig *rig, uint8_t bytes[256], struct radio_frame *frame)
{
    rig->board.now = fake_chip_edge_at(&rig->board);
    cr_assert_geq(fake_chip_edge(&rig->board), 0);
    return radio_service(&rig->radio, &rig->hal, bytes, frame);
}

/* The chip writes frame after frame into its FIFO and wraps at 256. */
Test(radio, continuous_reception_reads_back_to_back_frames_across_the_wrap)
{
    struct rig rig;
    uint8_t bytes[256];
    struct radio_frame frame;
    start(&rig);
    radio_receive_continuous(&rig.radio, &rig.hal, &downlink_sf7);
    cr_assert_eq(rig.board.lora[0x33], 0x67);
    cr_assert_eq(rig.board.lora[0x3B], 0x19);
    for (unsigned i = 0; i < 40; i++) {
        uint8_t size = (uint8_t)(i == 7 ? 0 : 13 + i * 6);
        put_on_air(&rig, size, (uint8_t)(i * 11));
        cr_assert_eq(hear(&rig, bytes, &frame), RADIO_RX_DONE);
        cr_assert_eq(frame.size, size);
        cr_assert_arr_eq(bytes, rig.board.air.bytes, size);
        cr_assert_eq(frame.snr_db, -5);
        cr_assert_eq(frame.rssi_dbm, -157 + 40 + 2 - 5);
        cr_assert_eq(rig.board.lora[0x01], 0x85);
        cr_assert_eq(rig.board.lora[0x12], 0);
    }
}

Test(radio, snr_register_is_rounded_to_the_nearest_db)
{
    static const struct {
        int8_t quarters;
        int8_t db;
    } cases[] = { { 0, 0 }, { 1, 0 }, { 2, 1 }, { 22, 6 }, { 21, 5 }, { -1, 0 }, { -2, 0 },
        { -3, -1 }, { -80, -20 }, { -128, -32 }, { 127, 32 } };
    struct rig rig;
    uint8_t bytes[256];
    struct radio_frame frame;
    start(&rig);
    radio_receive_continuous(&rig.radio, &rig.hal, &downlink_sf7);
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        put_on_air(&rig, 20, 0);
        rig.board.air.snr_quarter_db = cases[i].quarters;
        hear(&rig, bytes, &frame);
        cr_assert_eq(frame.snr_db, cases[i].db, "%d/4 dB is %d", cases[i].quarters, frame.snr_db);
    }
}

Test(radio, symbol_timeout_is_told_and_the_next_window_gives_an_edge_again)
{
    struct rig rig;
    uint8_t bytes[256];
    struct radio_frame frame;
    start(&rig);
    for (unsigned i = 0; i < 3; i++) {
        radio_receive_single(&rig.radio, &rig.hal, &downlink_sf7, 11);
        rig.board.now = fake_chip_edge_at(&rig.board);
        cr_assert_eq(fake_chip_edge(&rig.board), 1);
        cr_assert_eq(radio_service(&rig.radio, &rig.hal, bytes, &frame), RADIO_RX_TIMEOUT);
        cr_assert_eq(rig.board.lora[0x12], 0);
    }
}

/* A frame that ended while the host was busy must not silence the next reception. */
Test(radio, stale_flag_is_cleared_before_listening)
{
    struct rig rig;
    uint8_t bytes[256];
    struct radio_frame frame;
    start(&rig);
    radio_receive_continuous(&rig.radio, &rig.hal, &downlink_sf7);
    put_on_air(&rig, 20, 0);
    rig.board.now = fake_chip_edge_at(&rig.board);
    fake_chip_edge(&rig.board);
    radio_receive_single(&rig.radio, &rig.hal, &downlink_sf7, 20);
    cr_assert_eq(radio_service(&rig.radio, &rig.hal, bytes, &frame), RADIO_NOTHING);
    put_on_air(&rig, 20, 5);
    cr_assert_eq(hear(&rig, bytes, &frame), RADIO_RX_DONE);
    cr_assert_eq(bytes[0], 5);
}

Test(radio, payload_crc_error_is_told)
{
    struct rig rig;
    uint8_t bytes[256];
    struct radio_frame frame;
    start(&rig);
    radio_receive_continuous(&rig.radio, &rig.hal, &downlink_sf7);
    rig.board.lora[0x12] = 0x60;
    cr_assert_eq(radio_service(&rig.radio, &rig.hal, bytes, &frame), RADIO_RX_BAD_CRC);
    cr_assert_eq(rig.board.lora[0x12], 0);
}

/* The shadow registers: the same window again costs a mode, a flag and a mode write. */
Test(radio, arming_the_same_reception_again_writes_little)
{
    struct rig rig;
    start(&rig);
    radio_receive_continuous(&rig.radio, &rig.hal, &downlink_sf7);
    unsigned before = rig.board.spi_frames;
    radio_receive_continuous(&rig.radio, &rig.hal, &downlink_sf7);
    cr_assert_leq(rig.board.spi_frames - before, 3);
    struct lora_modulation moved = downlink_sf7;
    moved.frequency_hz = 868300000u;
    before = rig.board.spi_frames;
    radio_receive_continuous(&rig.radio, &rig.hal, &moved);
    cr_assert_leq(rig.board.spi_frames - before, 4);
}

/* A flag that no reception can set any more would silence the line of the next one. */
Test(radio, a_reception_that_is_broken_off_leaves_no_flag)
{
    struct rig rig;
    start(&rig);
    for (unsigned i = 0; i < 2; i++) {
        radio_receive_continuous(&rig.radio, &rig.hal, &downlink_sf7);
        put_on_air(&rig, 20, 0);
        rig.board.now = fake_chip_edge_at(&rig.board);
        cr_assert_eq(fake_chip_edge(&rig.board), 0);
        cr_assert_neq(rig.board.lora[0x12], 0);
        if (i == 0) {
            radio_sleep(&rig.radio, &rig.hal);
        } else {
            radio_wake(&rig.radio, &rig.hal);
        }
        cr_expect_eq(rig.board.lora[0x12], 0, "%u", i);
    }
}

static unsigned frames_of_an_exchange(struct rig *rig)
{
    static const uint8_t report[23] = { 0x40 };
    unsigned before = rig->board.spi_frames;
    uint8_t bytes[256];
    struct radio_frame frame;
    struct lora_modulation up = downlink_sf7, rx2 = downlink_sf7;
    up.downlink = false;
    rx2.frequency_hz = 869525000u;
    radio_wake(&rig->radio, &rig->hal);
    radio_transmit(&rig->radio, &rig->hal, &up, 14, report, sizeof report);
    rig->board.now = rig->board.tx_end;
    cr_assert_eq(fake_chip_edge(&rig->board), 0);
    cr_assert_eq(radio_service(&rig->radio, &rig->hal, bytes, &frame), RADIO_TX_DONE);
    radio_sleep(&rig->radio, &rig->hal);
    for (unsigned window = 0; window < 2; window++) {
        radio_receive_single(&rig->radio, &rig->hal, window == 0 ? &downlink_sf7 : &rx2, 11);
        rig->board.now = fake_chip_edge_at(&rig->board);
        cr_assert_eq(fake_chip_edge(&rig->board), 1);
        cr_assert_eq(radio_service(&rig->radio, &rig->hal, bytes, &frame), RADIO_RX_TIMEOUT);
        radio_sleep(&rig->radio, &rig->hal);
    }
    return rig->board.spi_frames - before;
}

/* By hand: STANDBY; frequency, modem with length, two of the polarity, line, pointer, FIFO, TX;
 * status, flags, SLEEP. RX1: modem, two of the polarity, line, RX; status, flags, SLEEP. RX2:
 * frequency, RX; status, flags, SLEEP. */
Test(radio, an_uplink_and_its_windows_cost_25_spi_frames)
{
    struct rig rig;
    start(&rig);
    frames_of_an_exchange(&rig);
    cr_expect_eq(frames_of_an_exchange(&rig), 12 + 8 + 5);
    cr_expect_eq(rig.board.lora[0x22], 23, "payload length");
    cr_expect_eq(rig.board.lora[0x20] << 8 | rig.board.lora[0x21], 8, "preamble");
}
