/* What firmware sees of the air before a frame has ended: reception in progress, and RSSI.
 * SPDX-License-Identifier: MIT
 *
 * Oracle: datasheet rev 4. ModemStat bit 0: signal detected, 1: synchronised, 2: RX on-going,
 * 3: header info valid; ValidHeader when the header was received (section 4.1.2.3). RSSI in dBm =
 * -157 + RegRssiValue in band 1 (section 5.5.5), -RegRssiValue / 2 in FSK.
 */
#include <criterion/criterion.h>
#include <math.h>

#include "support/fake_board.h"

#define MS SIM_NS_PER_MS

static struct fake_board board;
static const uint8_t frame[20] = { 1, 2, 3 };

static void listen(uint8_t op_mode)
{
    fake_board_init_lora(&board);
    fake_set_up_modem(&board, 7, 7);
    fake_write(&board, 0x01, op_mode);
    fake_run(&board, MS);
    fake_forget(&board);
    board.receptions_asked = 0;
}

/* --- reception in progress -------------------------------------------------------------------- */

Test(chip_look, a_preamble_and_a_header_show_as_soon_as_firmware_looks)
{
    listen(0x8d);
    cr_expect_eq(fake_read(&board, 0x18), 0x10, "modem clear");
    board.preamble_found = true;
    cr_expect_eq(fake_read(&board, 0x18), 0x07, "detected, synchronised, on-going");
    cr_expect_eq(fake_read(&board, 0x12), 0x00);
    board.header = fake_good_frame(frame, 20);
    board.header.coding_rate = 2;
    cr_expect_eq(fake_read(&board, 0x12), 0x10, "ValidHeader, no RxDone");
    cr_expect_eq(fake_read(&board, 0x18), 0x4f, "header valid, coding rate 2");
    cr_expect_eq(fake_read(&board, 0x15), 1, "RegRxHeaderCnt");
    fake_run(&board, 10 * MS);
    sx1276_rx_ended(&board.chip, board.now_ns, &board.header);
    cr_expect_eq(fake_read(&board, 0x12), 0x50, "and RxDone at the end");
    cr_expect_eq(fake_read(&board, 0x15), 1, "counted once");
}

Test(chip_look, a_header_that_firmware_clears_unseen_does_not_show_again)
{
    listen(0x8d);
    board.preamble_found = true;
    board.header = fake_good_frame(frame, 20);
    fake_write(&board, 0x12, 0xff);
    cr_expect_eq(fake_read(&board, 0x12), 0x00);
    cr_expect_eq(fake_read(&board, 0x18) & 0x0f, 0x0f);
}

Test(chip_look, a_header_longer_than_the_limit_does_not_show)
{
    listen(0x8d);
    fake_write(&board, 0x23, 19);
    board.preamble_found = true;
    board.header = fake_good_frame(frame, 20);
    cr_expect_eq(fake_read(&board, 0x12), 0x00);
    cr_expect_eq(fake_read(&board, 0x18), 0x07);
}

/* --- a header that cannot be read ------------------------------------------------------------- */

/* SX1276 4.1.6: a single receiver that "loses track of the data" flags RxTimeout and goes to
 * STANDBY. Of a frame whose header it cannot read, it has neither length nor coding rate. */
static void break_header(uint8_t op_mode, bool implicit)
{
    fake_board_init_lora(&board);
    fake_set_up_modem(&board, 7, 7);
    if (implicit) {
        fake_write(&board, 0x1d, 0x73);
        fake_write(&board, 0x22, 20);
    }
    fake_write(&board, 0x01, op_mode);
    fake_run(&board, MS);
    sx1276_rx_detected(&board.chip, board.now_ns);
    fake_run(&board, 8 * MS);
    board.preamble_found = true;
    sx1276_look(&board.chip, board.now_ns);
    cr_expect_eq(fake_read(&board, 0x01), op_mode, "as long as the header lasts");
    board.header_broken = true;
    fake_run(&board, MS);
    sx1276_look(&board.chip, board.now_ns);
}

Test(chip_look, a_single_receiver_ends_with_a_broken_header)
{
    break_header(0x8e, false);
    cr_expect_not_null(fake_find(&board, FAKE_WATCH_HEADER, 0), "it asks for the header's end");
    cr_expect_eq(fake_find(&board, FAKE_RX_END, 0)->at_ns, board.now_ns);
    cr_expect_eq(fake_read(&board, 0x01), 0x89);
    cr_expect_eq(fake_read(&board, 0x12), 0x80, "RxTimeout alone");
    struct sx1276_rx rx = fake_good_frame(frame, 20);
    sx1276_rx_ended(&board.chip, board.now_ns, &rx);
    cr_expect_eq(fake_read(&board, 0x12), 0x80, "and nothing at the frame's end");
}

Test(chip_look, a_single_receiver_ends_with_a_header_longer_than_the_limit)
{
    listen(0x8e);
    fake_write(&board, 0x23, 19);
    board.preamble_found = true;
    board.header = fake_good_frame(frame, 20);
    sx1276_look(&board.chip, board.now_ns);
    cr_expect_eq(fake_read(&board, 0x01), 0x89);
    cr_expect_eq(fake_read(&board, 0x12), 0x80);
}

Test(chip_look, a_continuous_receiver_goes_on_after_a_broken_header)
{
    break_header(0x8d, false);
    cr_expect_null(fake_find(&board, FAKE_WATCH_HEADER, 0));
    cr_expect_null(fake_find(&board, FAKE_RX_END, 0));
    cr_expect_eq(fake_read(&board, 0x01), 0x8d);
    cr_expect_eq(fake_read(&board, 0x12), 0x00);
}

Test(chip_look, an_implicit_header_has_nothing_to_end_with)
{
    break_header(0x8e, true);
    cr_expect_null(fake_find(&board, FAKE_WATCH_HEADER, 0));
    cr_expect_eq(fake_read(&board, 0x01), 0x8e);
}

/* --- what asks the air ------------------------------------------------------------------------ */

Test(chip_look, only_accesses_to_the_status_of_a_receiver_ask_the_air)
{
    listen(0x8d);
    fake_read(&board, 0x01);
    fake_read(&board, 0x42);
    fake_read(&board, 0x1d);
    cr_expect_eq(board.receptions_asked, 0);
    fake_read(&board, 0x18);
    cr_expect_eq(board.receptions_asked, 1);
    struct sx1276_rx rx = fake_good_frame(frame, 20);
    fake_receive(&board, &rx);
    board.receptions_asked = 0;
    fake_read(&board, 0x12); /* what a driver does with each frame that it receives */
    fake_read(&board, 0x13);
    fake_read(&board, 0x1a);
    fake_write(&board, 0x12, 0xff);
    cr_expect_eq(board.receptions_asked, 0, "RxDone stands");
    fake_write(&board, 0x01, 0x89);
    fake_read(&board, 0x18);
    cr_expect_eq(board.receptions_asked, 0, "no receiver");
}

/* --- ValidHeader on a line -------------------------------------------------------------------- */

Test(chip_look, a_line_that_shows_valid_header_is_told_once)
{
    static const struct {
        uint8_t mapping, mask;
        bool watched;
    } rows[] = { { 0x00, 0x00, false }, { 0x01, 0x00, true }, { 0x01, 0x10, false } };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fake_board_init_lora(&board);
        fake_set_up_modem(&board, 7, 7);
        fake_write(&board, 0x40, rows[i].mapping);
        fake_write(&board, 0x11, rows[i].mask);
        cr_expect_null(fake_find(&board, FAKE_WATCH_HEADER, 0), "no receiver yet");
        fake_write(&board, 0x01, 0x8d);
        fake_run(&board, MS);
        cr_expect_eq(fake_find(&board, FAKE_WATCH_HEADER, 0) != NULL, rows[i].watched, "row %u", i);
        fake_write(&board, 0x40, rows[i].mapping);
        cr_expect_null(fake_find(&board, FAKE_WATCH_HEADER, 1));
    }
    fake_write(&board, 0x11, 0x00);
    cr_expect_not_null(fake_find(&board, FAKE_WATCH_HEADER, 0), "unmasked while it receives");
}

Test(chip_look, the_line_rises_when_the_header_has_ended)
{
    listen(0x8e);
    fake_write(&board, 0x40, 0x01);
    sx1276_rx_detected(&board.chip, board.now_ns);
    fake_run(&board, 8 * MS);
    board.preamble_found = true;
    board.header = fake_good_frame(frame, 20);
    sx1276_look(&board.chip, board.now_ns);
    cr_expect_eq(fake_dio_edge(&board, FAKE_DIO_UP, 3), board.now_ns);
    cr_expect_eq(fake_dio_edge(&board, FAKE_DIO_UP, 0), -1);
}

/* --- RSSI ------------------------------------------------------------------------------------- */

static double signal_mw(double dbm)
{
    return pow(10, dbm / 10);
}

Test(chip_look, rssi_of_a_signal_is_its_power)
{
    listen(0x8d);
    board.channel_power_mw = signal_mw(-80);
    cr_expect_eq(fake_read(&board, 0x1b), 77, "-80 + 157");
    cr_expect_eq(board.power_frequency_hz, 868099976u);
    cr_expect_eq(board.power_bandwidth_hz, 125000u);
    /* The floor of 125 kHz, -117 dBm, under a signal of as much: 3 dB more, unsteady by 1 dB. */
    board.channel_power_mw = signal_mw(-117.03);
    cr_expect_float_eq(fake_read(&board, 0x1b), 43, 1.6);
    fake_write(&board, 0x01, 0x89);
    uint8_t last = fake_read(&board, 0x1b);
    board.channel_power_mw = signal_mw(-60);
    cr_expect_eq(fake_read(&board, 0x1b), last, "outside RX it stays what it was");
}

Test(chip_look, wideband_rssi_has_the_level_in_its_high_bits_and_noise_in_its_low_ones)
{
    listen(0x8d);
    unsigned seen = 0;
    board.channel_power_mw = signal_mw(-80);
    for (unsigned i = 0; i < 64; i++) {
        uint8_t raw = fake_read(&board, 0x2c);
        cr_expect_eq(raw >> 3, 77 >> 3);
        seen |= 1u << (raw & 7u);
    }
    cr_expect_eq(seen, 0xff, "each value of the low bits comes");
    cr_expect_eq(board.power_bandwidth_hz, 500000u);
}

Test(chip_look, fsk_rssi_of_a_signal_is_its_power_in_the_receive_filter)
{
    fake_board_init(&board);
    fake_write(&board, 0x01, 0x08);
    fake_write(&board, 0x06, 0xd9); /* 868.1 MHz */
    fake_write(&board, 0x07, 0x06);
    fake_write(&board, 0x08, 0x66);
    fake_write(&board, 0x12, 0x02); /* RxBwMant 16, exponent 2: 125 kHz single side */
    fake_write(&board, 0x01, 0x0d);
    fake_run(&board, MS);
    board.channel_power_mw = signal_mw(-80);
    cr_expect_eq(fake_read(&board, 0x11), 160, "-80 dBm");
    cr_expect_eq(board.power_frequency_hz, 868099976u);
    cr_expect_eq(board.power_bandwidth_hz, 250000u);
    board.channel_power_mw = 0;
    /* -174 + 6 + 10 log(250e3) = -114 dBm, 2 dB either way */
    cr_expect_float_eq(fake_read(&board, 0x11), 228, 4.5);
}
