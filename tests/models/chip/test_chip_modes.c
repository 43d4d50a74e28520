/* Mode machine of the SX1276: times, LongRangeMode rules, CAD, image calibration, noise.
 * SPDX-License-Identifier: MIT
 *
 * Oracle: start-up times and formulas of the datasheet, written out as numbers.
 */
#include <criterion/criterion.h>

#include "support/fake_board.h"

#define US SIM_NS_PER_US
#define MS SIM_NS_PER_MS

static struct fake_board board;

static void expect_power(unsigned n, sim_ns at_ns, enum sx1276_power power)
{
    const struct fake_record *r = fake_find(&board, FAKE_POWER, n);
    cr_assert_not_null(r, "power report %u", n);
    cr_expect_eq(r->value, power, "report %u: %u", n, r->value);
    cr_expect_eq(r->at_ns, at_ns, "report %u at %lld, not %lld", n, (long long)r->at_ns,
            (long long)at_ns);
}

static void sleep_and_clear_the_log(void)
{
    fake_write(&board, 0x01, 0x88);
    fake_run(&board, MS);
    fake_forget(&board);
}

Test(chip_modes, read_back_at_once_and_become_ready_later)
{
    fake_board_init_lora(&board); /* DIO5 map 00: ModeReady */
    cr_expect(sx1276_dio_level(&board.chip, 5));
    sim_ns start_ns = board.now_ns;
    fake_write(&board, 0x01, 0x8c); /* FSRX from SLEEP */
    cr_expect_eq(fake_read(&board, 0x01), 0x8c);
    cr_expect(!sx1276_dio_level(&board.chip, 5));
    cr_expect_eq(sx1276_next_edge(&board.chip), start_ns + 250 * US);
    fake_run(&board, MS);
    cr_expect_eq(fake_dio_edge(&board, FAKE_DIO_UP, 5), start_ns + 310 * US, "TS_OSC + TS_FS");
    expect_power(0, start_ns, SX1276_POWER_STANDBY);
    expect_power(1, start_ns + 250 * US, SX1276_POWER_FS);
    cr_expect_eq(sx1276_next_edge(&board.chip), SIM_NS_NEVER);
}

Test(chip_modes, sleep_and_standby_are_immediate_but_for_the_crystal)
{
    fake_board_init_lora(&board);
    fake_write(&board, 0x01, 0x89);
    cr_expect(!sx1276_dio_level(&board.chip, 5));
    fake_run(&board, 250 * US - 1);
    cr_expect(!sx1276_dio_level(&board.chip, 5));
    fake_run(&board, 1);
    cr_expect(sx1276_dio_level(&board.chip, 5));
    fake_write(&board, 0x01, 0x8c);
    fake_run(&board, 100 * US);
    fake_forget(&board);
    fake_write(&board, 0x01, 0x89);
    cr_expect_null(fake_find(&board, FAKE_DIO_DOWN, 0), "no dip of ModeReady");
    fake_write(&board, 0x01, 0x88);
    expect_power(1, board.now_ns, SX1276_POWER_SLEEP);
    cr_expect_null(fake_find(&board, FAKE_DIO_DOWN, 0));
}

Test(chip_modes, rest_of_the_crystal_start_counts_for_the_next_command)
{
    fake_board_init_lora(&board);
    fake_set_up_modem(&board, 7, 7);
    sleep_and_clear_the_log();
    sim_ns start_ns = board.now_ns;
    fake_write(&board, 0x01, 0x89);
    fake_run(&board, 100 * US);
    fake_write(&board, 0x01, 0x8b); /* TX, PaRamp 40 us: ramp 55 us */
    const struct fake_record *tx = fake_find(&board, FAKE_TX_BEGIN, 0);
    cr_assert_not_null(tx);
    cr_expect_eq(tx->at_ns, start_ns + (250 + 60 + 55) * US);
    fake_run(&board, MS);
    expect_power(0, start_ns, SX1276_POWER_STANDBY);
    expect_power(1, start_ns + 250 * US, SX1276_POWER_FS);
    expect_power(2, start_ns + 365 * US, SX1276_POWER_TX);
}

Test(chip_modes, from_fs_need_no_second_pll_lock)
{
    fake_board_init_lora(&board);
    fake_set_up_modem(&board, 7, 7);
    fake_write(&board, 0x01, 0x8a); /* FSTX */
    fake_run(&board, MS);
    fake_write(&board, 0x01, 0x8b);
    cr_expect_eq(fake_find(&board, FAKE_TX_BEGIN, 0)->at_ns, board.now_ns + 55 * US);
    fake_write(&board, 0x01, 0x8c); /* FSRX */
    fake_run(&board, MS);
    fake_forget(&board);
    fake_write(&board, 0x01, 0x8b); /* the other direction */
    cr_expect_eq(fake_find(&board, FAKE_TX_BEGIN, 0)->at_ns, board.now_ns + 115 * US);
}

/* The steps of a start-up that a board is told of when it asks: at its end something begins. */
#define NO_LINES  0u
#define ALL_LINES 0x3Fu

static sim_ns next_output(unsigned lines)
{
    return sx1276_next_output(&board.chip, lines);
}

/* TS_OSC and TS_FS; then 5 us and 1.25 times PaRamp of 40 us for TX,
 * 59.4 us + 11.807 s/BW[Hz] for RX (chip/sx1276.h). */
Test(chip_modes, a_start_up_is_felt_at_its_end)
{
    static const struct {
        uint8_t mode;
        sim_ns after_ns;
    } rows[] = { { 3, 310 * US + 55 * US }, { 5, 310 * US + 153857 }, { 6, 310 * US + 153857 },
        { 7, 310 * US + 153857 } };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fake_board_init_lora(&board);
        board.tx_duration_ns = 50 * MS;
        fake_set_up_modem(&board, 7, 7); /* 125 kHz */
        sleep_and_clear_the_log();
        sim_ns start_ns = board.now_ns;
        fake_write(&board, 0x01, (uint8_t)(0x88u | rows[i].mode));
        cr_expect_eq(sx1276_next_edge(&board.chip), start_ns + 250 * US);
        sim_ns begins_ns = next_output(NO_LINES);
        cr_expect_eq(begins_ns, start_ns + rows[i].after_ns, "mode %u: after %lld ns", rows[i].mode,
                (long long)(begins_ns - start_ns));
        sx1276_settle(&board.chip, start_ns + MS, NO_LINES);
        cr_expect_eq(sx1276_next_edge(&board.chip), begins_ns, "all steps but the last");
        expect_power(1, start_ns + 250 * US, SX1276_POWER_FS);
        cr_expect_null(fake_find(&board, FAKE_RX_BEGIN, 0));
        fake_run_to(&board, begins_ns);
        const struct fake_record *began = fake_find(&board, FAKE_POWER, 2);
        cr_assert_not_null(began);
        cr_expect_eq(began->at_ns, begins_ns);
    }
}

/* DIO5 maps ModeReady after reset. */
Test(chip_modes, steps_of_a_start_up_are_felt_where_a_line_shows_them)
{
    fake_board_init_lora(&board);
    sim_ns start_ns = board.now_ns;
    fake_write(&board, 0x01, 0x89); /* STANDBY */
    cr_expect_eq(next_output(ALL_LINES), start_ns + 250 * US);
    cr_expect_eq(next_output(0x1F), SIM_NS_NEVER, "DIO0..DIO4");
    sx1276_settle(&board.chip, start_ns + MS, ALL_LINES);
    cr_expect_eq(sx1276_next_edge(&board.chip), start_ns + 250 * US, "it is left to the board");
    sx1276_settle(&board.chip, start_ns + MS, 0x1F);
    fake_run(&board, MS);
    cr_expect_eq(sx1276_next_edge(&board.chip), SIM_NS_NEVER);
    fake_write(&board, 0x41, 0x40); /* DIO4: PllLock */
    fake_write(&board, 0x01, 0x8c); /* FSRX */
    cr_expect_eq(next_output(0x0F), SIM_NS_NEVER);
    cr_expect_eq(next_output(0x1F), sx1276_next_edge(&board.chip));
}

Test(chip_modes, receiver_starts_within_a_symbol_and_a_millisecond)
{
    /* TS_RE: 83 us at 250 kHz single side (500 kHz LoRa), 2.33 ms at 2.6 kHz. */
    static const uint32_t bandwidths_hz[10] = { 7800, 10400, 15600, 20800, 31250, 41700, 62500,
        125000, 250000, 500000 };
    for (unsigned bandwidth = 0; bandwidth < 10; bandwidth++) {
        fake_board_init_lora(&board);
        fake_set_up_modem(&board, 7, bandwidth);
        sim_ns pll_ns = board.now_ns + 60 * US;
        fake_write(&board, 0x01, 0x8d);
        fake_run(&board, 20 * MS);
        sim_ns startup_ns = fake_find(&board, FAKE_RX_BEGIN, 0)->at_ns - pll_ns;
        sim_ns symbol_ns = INT64_C(128000000000) / bandwidths_hz[bandwidth];
        cr_expect_lt(startup_ns, symbol_ns, "bandwidth %u", bandwidth);
        if (bandwidth == 9) {
            cr_expect(startup_ns > 82 * US && startup_ns < 84 * US);
        }
        if (bandwidth == 7) {
            cr_expect(startup_ns > 83 * US && startup_ns < 500 * US);
        }
    }
}

Test(chip_modes, commanded_again_change_nothing)
{
    fake_board_init_lora(&board);
    fake_set_up_modem(&board, 7, 7);
    fake_write(&board, 0x01, 0x8d);
    fake_run(&board, MS);
    fake_forget(&board);
    fake_write(&board, 0x01, 0x8d);
    cr_expect_eq(board.log_size, 0);
}

/* --- LongRangeMode ---------------------------------------------------------------------------- */

Test(chip_modes, long_range_mode_changes_in_sleep)
{
    fake_board_init(&board);
    fake_write(&board, 0x01, 0x85); /* awake: b7 stays, the mode is taken */
    cr_expect_eq(fake_read(&board, 0x01), 0x05);
    cr_expect_eq(board.counts[SX1276_GUEST_WARNING], 1);
    fake_write(&board, 0x01, 0x00);
    fake_write(&board, 0x01, 0x80);
    cr_expect_eq(fake_read(&board, 0x01), 0x80);
    fake_write(&board, 0x01, 0x00);
    cr_expect_eq(fake_read(&board, 0x01), 0x00, "back to FSK, SLEEP to SLEEP");
    fake_write(&board, 0x01, 0x81); /* from SLEEP with another mode: b7 stays */
    cr_expect_eq(fake_read(&board, 0x01), 0x01);
    cr_expect_eq(board.counts[SX1276_GUEST_WARNING], 2);
    cr_expect_eq(board.counts[SX1276_GUEST_ERROR], 0);
}

/* As silicon was seen to do: b4 is reserved in FSK, and b3 reads 0 after the change to LoRa. */
Test(chip_modes, bits_beside_the_mode_after_a_refused_and_a_taken_change)
{
    fake_board_init(&board);
    fake_write(&board, 0x01, 0x00);
    fake_write(&board, 0x01, 0xd3);
    cr_expect_eq(fake_read(&board, 0x01), 0x43);
    fake_board_init(&board);
    cr_expect_eq(fake_read(&board, 0x01), 0x09);
    fake_write(&board, 0x01, 0x88);
    cr_expect_eq(fake_read(&board, 0x01), 0x80);
    fake_write(&board, 0x01, 0x89);
    cr_expect_eq(fake_read(&board, 0x01), 0x89, "a later write sets it");
}

Test(chip_modes, radiohead_stays_in_lora_though_it_never_writes_the_bit_again)
{
    fake_board_init(&board);
    fake_write(&board, 0x01, 0x80); /* from STANDBY */
    fake_run(&board, 10 * MS);
    cr_expect_eq(fake_read(&board, 0x01), 0x80);
    static const uint8_t writes[] = { 0x01, 0x05, 0x01, 0x03, 0x01, 0x07, 0x01, 0x00, 0x01, 0x00,
        0x05 };
    for (unsigned i = 0; i < sizeof writes; i++) {
        fake_write(&board, 0x01, writes[i]);
        cr_expect_eq(fake_read(&board, 0x01), 0x80 | writes[i], "write %u", i);
    }
    cr_expect_eq(board.counts[SX1276_GUEST_ERROR], 0);
}

Test(chip_modes, change_of_modem_clears_the_flags)
{
    fake_board_init_lora(&board);
    fake_set_up_modem(&board, 7, 7);
    fake_write(&board, 0x40, 0x40); /* DIO0: TxDone */
    fake_write(&board, 0x01, 0x8b);
    fake_run(&board, 100 * MS);
    cr_expect_eq(fake_read(&board, 0x12), 0x08);
    fake_write(&board, 0x01, 0x88);
    cr_expect_eq(fake_read(&board, 0x12), 0x08, "SLEEP keeps flags");
    fake_write(&board, 0x01, 0x08);
    cr_expect(!sx1276_dio_level(&board.chip, 0));
    fake_write(&board, 0x01, 0x88);
    cr_expect_eq(fake_read(&board, 0x12), 0x00);
}

Test(chip_modes, of_lora_alone_are_errors_in_fsk)
{
    fake_board_init(&board);
    fake_write(&board, 0x01, 0x06);
    fake_write(&board, 0x01, 0x07);
    cr_expect_eq(board.counts[SX1276_GUEST_ERROR], 2);
    cr_expect_eq(fake_read(&board, 0x01) & 7, 1, "stays in STANDBY");
}

Test(chip_modes, other_bits_of_op_mode_read_back)
{
    fake_board_init_lora(&board);
    for (unsigned bits = 0; bits < 16; bits++) {
        uint8_t value = (uint8_t)(0x81u | bits << 3);
        fake_write(&board, 0x01, value);
        cr_expect_eq(fake_read(&board, 0x01), value);
    }
}

/* --- CAD -------------------------------------------------------------------------------------- */

/* Returns when the receiver ran from. */
static sim_ns run_cad(unsigned spreading_factor, unsigned bandwidth, bool active)
{
    fake_board_init_lora(&board);
    fake_set_up_modem(&board, spreading_factor, bandwidth);
    fake_write(&board, 0x40, 0x80); /* DIO0: CadDone */
    fake_write(&board, 0x41, 0x40); /* DIO4: PllLock, DIO5: ModeReady */
    fake_forget(&board);
    board.channel_active = active;
    fake_write(&board, 0x01, 0x8f);
    fake_run(&board, MS);
    cr_expect_eq(fake_read(&board, 0x01), 0x8f);
    fake_run(&board, 200 * MS);
    const struct fake_record *asked = fake_find(&board, FAKE_CAD, 0);
    cr_assert_not_null(asked);
    return asked->at_ns - asked->value;
}

Test(chip_modes, cad_takes_its_time_and_ends_in_standby)
{
    /* Section 9: listening (2^SF + 32) / BW; SF7 1.28 ms, SF12 33.02 ms; 1.75..2.25 symbols. */
    for (unsigned factor = 7; factor <= 12; factor++) {
        sim_ns begin_ns = run_cad(factor, 7, false);
        sim_ns symbol_ns = (INT64_C(8000) << factor);
        sim_ns listened_ns = fake_find(&board, FAKE_CAD, 0)->value;
        cr_expect_eq(listened_ns, ((INT64_C(1) << factor) + 32) * 8000);
        sim_ns total_ns = fake_dio_edge(&board, FAKE_DIO_UP, 0) - begin_ns;
        cr_expect_geq(total_ns * 4, symbol_ns * 7, "SF%u", factor);
        cr_expect_leq(total_ns * 4, symbol_ns * 9, "SF%u", factor);
        expect_power(1, begin_ns, SX1276_POWER_RX);
        expect_power(2, begin_ns + listened_ns, SX1276_POWER_CAD);
        expect_power(3, begin_ns + total_ns, SX1276_POWER_STANDBY);
        cr_expect_eq(fake_read(&board, 0x12), 0x04);
        cr_expect_eq(fake_read(&board, 0x01), 0x89);
    }
}

Test(chip_modes, cad_reports_a_channel_that_was_active)
{
    run_cad(10, 7, true);
    cr_expect_eq(fake_read(&board, 0x12), 0x05);
    fake_write(&board, 0x12, 0x05);
    fake_forget(&board);
    board.channel_active = false;
    fake_write(&board, 0x01, 0x8f); /* the next one starts without memory */
    fake_run(&board, 200 * MS);
    cr_expect_eq(fake_read(&board, 0x12), 0x04);
}

Test(chip_modes, cad_asks_for_the_modem_it_was_commanded_with)
{
    run_cad(9, 9, false);
    cr_expect_eq(board.modem.spreading_factor, 9);
    cr_expect_eq(board.modem.bandwidth_hz, 500000);
    cr_expect_eq(fake_find(&board, FAKE_CAD, 0)->value, (512u + 32u) * 2000u);
    cr_expect_null(fake_find(&board, FAKE_RX_BEGIN, 0), "no frame can be locked on");
    fake_forget(&board);
    fake_write(&board, 0x33, 0x67); /* inverted in RX, as downlinks are */
    fake_write(&board, 0x01, 0x8f);
    fake_run(&board, 10 * MS);
    cr_expect(board.modem.iq_inverted);
}

Test(chip_modes, cad_that_is_broken_off_asks_no_air_and_raises_no_flag)
{
    fake_board_init_lora(&board);
    fake_set_up_modem(&board, 12, 7);
    board.channel_active = true;
    fake_forget(&board);
    fake_write(&board, 0x01, 0x8f);
    fake_run(&board, 10 * MS);
    sx1276_rx_detected(&board.chip, board.now_ns); /* a preamble means nothing to it */
    fake_write(&board, 0x01, 0x89);
    fake_run(&board, 100 * MS);
    cr_expect_null(fake_find(&board, FAKE_CAD, 0));
    cr_expect_eq(fake_read(&board, 0x12), 0);
}

/* --- image calibration ------------------------------------------------------------------------ */

Test(chip_modes, image_calibration_runs_ten_milliseconds)
{
    fake_board_init(&board);
    fake_write(&board, 0x3b, 0xc2);
    cr_expect_eq(fake_read(&board, 0x3b), 0xa2, "start reads 0, running 1");
    fake_run(&board, 10 * MS - 1);
    cr_expect_eq(fake_read(&board, 0x3b) & 0x20, 0x20);
    fake_run(&board, 1);
    cr_expect_eq(fake_read(&board, 0x3b), 0x82);
    cr_expect_eq(fake_faults(&board), 0);
}

Test(chip_modes, image_calibration_belongs_to_fsk_standby)
{
    fake_board_init(&board);
    fake_write(&board, 0x01, 0x00);
    fake_write(&board, 0x3b, 0x42);
    cr_expect_eq(board.counts[SX1276_GUEST_ERROR], 1);
    cr_expect_eq(fake_read(&board, 0x3b) & 0x20, 0);
    fake_write(&board, 0x01, 0x80);
    fake_write(&board, 0x3b, 0x5d); /* RegInvertIQ2 in LoRa: no calibration */
    cr_expect_eq(board.counts[SX1276_GUEST_ERROR], 1);
    cr_expect_eq(fake_read(&board, 0x3b), 0x5d);
}

Test(chip_modes, image_calibration_ends_with_the_mode)
{
    fake_board_init(&board);
    fake_write(&board, 0x3b, 0x42);
    fake_write(&board, 0x01, 0x08);
    cr_expect_eq(fake_read(&board, 0x3b) & 0x20, 0);
    cr_expect_eq(sx1276_next_edge(&board.chip), SIM_NS_NEVER);
}

/* --- what a receiver without a frame shows --------------------------------------------------- */

Test(chip_modes, wideband_rssi_changes_between_reads_in_rx)
{
    fake_board_init_lora(&board);
    fake_set_up_modem(&board, 7, 7);
    fake_write(&board, 0x01, 0x8d);
    fake_run(&board, MS);
    unsigned ones = 0;
    for (unsigned i = 0; i < 256; i++) {
        ones += fake_read(&board, 0x2c) & 1u;
    }
    cr_expect(ones > 80 && ones < 176, "%u of 256 low bits set", ones);
    fake_write(&board, 0x01, 0x89);
    cr_expect_eq(fake_read(&board, 0x2c), fake_read(&board, 0x2c));
}

Test(chip_modes, empty_channel_has_thermal_noise)
{
    /* -174 dBm/Hz + 6 dB: -117 dBm in 125 kHz; RegRssiValue is dBm + 157. */
    fake_board_init_lora(&board);
    fake_set_up_modem(&board, 7, 7);
    fake_write(&board, 0x01, 0x8d);
    fake_run(&board, MS);
    for (unsigned i = 0; i < 64; i++) {
        uint8_t raw = fake_read(&board, 0x1b);
        cr_expect(raw >= 38 && raw <= 42, "%u", raw);
    }
}

Test(chip_modes, carrier_sense_in_fsk_is_live_within_a_millisecond)
{
    fake_board_init(&board);
    fake_write(&board, 0x12, 0x01); /* 250 kHz single side: 32 MHz / (16 x 2^3) */
    fake_write(&board, 0x01, 0x0d);
    fake_run(&board, MS);
    cr_expect_eq(fake_read(&board, 0x3e) & 0xd0, 0xd0, "ModeReady, RxReady, PllLock");
    for (unsigned i = 0; i < 64; i++) { /* -174 + 57 + 6 = -111 dBm */
        int dbm = -(fake_read(&board, 0x11) / 2);
        cr_expect(dbm >= -114 && dbm <= -108, "%d", dbm);
    }
    cr_expect_null(fake_find(&board, FAKE_RX_BEGIN, 0), "the LoRa medium is not involved");
    cr_expect_eq(fake_faults(&board), 0);
}
