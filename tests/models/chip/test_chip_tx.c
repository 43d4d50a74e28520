/* Transmitter of the SX1276: times, bytes, settings, power, aborts.
 * SPDX-License-Identifier: MIT
 *
 * Oracle: datasheet formulas with numbers worked out by hand.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "support/fake_board.h"

#define US SIM_NS_PER_US
#define MS SIM_NS_PER_MS

static struct fake_board board;

static void start(void)
{
    fake_board_init_lora(&board);
    fake_set_up_modem(&board, 7, 7);
    fake_write(&board, 0x40, 0x40); /* DIO0: TxDone */
    fake_forget(&board);
}

static void transmit(void)
{
    fake_write(&board, 0x01, 0x8b);
    fake_run(&board, 200 * MS);
}

Test(chip_tx, ends_in_standby_with_tx_done)
{
    start();
    sim_ns begin_ns = board.now_ns + 60 * US + 55 * US;
    fake_write(&board, 0x01, 0x8b);
    cr_expect_eq(fake_find(&board, FAKE_TX_BEGIN, 0)->at_ns, begin_ns);
    fake_run(&board, 10 * MS);
    cr_expect_eq(fake_read(&board, 0x01), 0x8b);
    cr_expect_eq(sx1276_next_edge(&board.chip), begin_ns + 50 * MS);
    fake_run(&board, 100 * MS);
    cr_expect_eq(fake_dio_edge(&board, FAKE_DIO_UP, 0), begin_ns + 50 * MS);
    cr_expect_eq(fake_read(&board, 0x01), 0x89);
    cr_expect_eq(fake_read(&board, 0x12), 0x08);
    cr_expect_null(fake_find(&board, FAKE_TX_ABORT, 0));
    fake_write(&board, 0x12, 0x08);
    cr_expect_eq(fake_dio_edge(&board, FAKE_DIO_DOWN, 0), board.now_ns);
    cr_expect_eq(fake_faults(&board), 0);
}

Test(chip_tx, time_is_exact_however_late_the_chip_is_asked)
{
    start();
    sim_ns end_ns = board.now_ns + 115 * US + 50 * MS;
    fake_write(&board, 0x01, 0x8b);
    board.now_ns += 700 * MS; /* one lazy access, no advance in between */
    cr_expect_eq(fake_read(&board, 0x01), 0x89);
    cr_expect_eq(fake_dio_edge(&board, FAKE_DIO_UP, 0), end_ns);
}

Test(chip_tx, ramp_follows_pa_ramp)
{
    /* 5 us + 1.25 x PaRamp: 3.4 ms -> 4255 us, 50 us -> 67.5 us, 10 us -> 17.5 us. */
    static const struct {
        uint8_t code;
        sim_ns ramp_ns;
    } rows[] = { { 0x0, 4255000 }, { 0x8, 67500 }, { 0xf, 17500 } };
    for (unsigned i = 0; i < 3; i++) {
        start();
        fake_write(&board, 0x0a, rows[i].code);
        fake_write(&board, 0x01, 0x8b);
        cr_expect_eq(fake_find(&board, FAKE_TX_BEGIN, 0)->at_ns,
                board.now_ns + 60 * US + rows[i].ramp_ns);
    }
}

Test(chip_tx, sends_the_fifo_from_its_base_and_wraps)
{
    uint8_t data[200];
    for (unsigned i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)(i * 7 + 1);
    }
    start();
    fake_write(&board, 0x0d, 0x90);
    fake_write_burst(&board, 0x00, data, sizeof data);
    cr_expect_eq(fake_read(&board, 0x0d), (0x90 + 200) & 0xff, "the pointer wraps");
    fake_write(&board, 0x0e, 0x90);
    fake_write(&board, 0x22, 200);
    transmit();
    cr_expect_eq(board.tx_size, 200);
    cr_expect_arr_eq(board.tx_bytes, data, 200);
    cr_expect_eq(fake_read(&board, 0x0d), (0x90 + 200) & 0xff, "TX leaves the pointer alone");
    fake_write(&board, 0x0e, 0x95);
    fake_write(&board, 0x22, 3);
    transmit();
    cr_expect_eq(board.tx_size, 3);
    cr_expect_arr_eq(board.tx_bytes, data + 5, 3);
}

Test(chip_tx, latches_the_modem_settings)
{
    start();
    fake_write(&board, 0x01, 0x8b);
    fake_write(&board, 0x1e, 0xc4); /* too late for this frame */
    fake_run(&board, 200 * MS);
    cr_expect_eq(board.modem.spreading_factor, 7);
}

Test(chip_tx, decodes_each_setting)
{
    start();
    fake_write(&board, 0x1d, 0x87); /* 250 kHz, CR 4/7, implicit header */
    fake_write(&board, 0x1e, 0xa0); /* SF10, no CRC */
    fake_write(&board, 0x26, 0x0c);
    fake_write(&board, 0x20, 0x01);
    fake_write(&board, 0x21, 0x02);
    fake_write(&board, 0x39, 0x34);
    transmit();
    cr_expect_eq(board.modem.bandwidth_hz, 250000);
    cr_expect_eq(board.modem.coding_rate, 3);
    cr_expect_eq(board.modem.spreading_factor, 10);
    cr_expect_eq(board.modem.preamble_symbols, 0x102);
    cr_expect_eq(board.modem.sync_word, 0x34);
    cr_expect(board.modem.implicit_header);
    cr_expect(board.modem.low_data_rate);
    cr_expect(!board.modem.payload_crc);
    fake_write(&board, 0x1d, 0x72);
    fake_write(&board, 0x1e, 0x74);
    fake_write(&board, 0x26, 0x04);
    transmit();
    cr_expect(!board.modem.implicit_header);
    cr_expect(!board.modem.low_data_rate);
    cr_expect(board.modem.payload_crc);
    cr_expect_eq(fake_faults(&board), 0);
}

Test(chip_tx, takes_polarity_from_invert_iq_alone)
{
    /* Section 17: TX normal 27, inverted 26; RX normal 27, inverted 67; 3B does not count. */
    start();
    fake_write(&board, 0x33, 0x27);
    fake_write(&board, 0x3b, 0x19);
    transmit();
    cr_expect(!board.modem.iq_inverted);
    fake_write(&board, 0x33, 0x26);
    fake_write(&board, 0x3b, 0x1d);
    transmit();
    cr_expect(board.modem.iq_inverted);
    fake_write(&board, 0x33, 0x67);
    fake_write(&board, 0x01, 0x8d);
    fake_run(&board, MS);
    cr_expect(board.modem.iq_inverted);
    fake_write(&board, 0x01, 0x89);
    fake_write(&board, 0x33, 0x27);
    fake_write(&board, 0x01, 0x8d);
    fake_run(&board, MS);
    cr_expect(!board.modem.iq_inverted);
}

Test(chip_tx, rounds_frf_to_the_nearest_hertz)
{
    /* Frf x 61.03515625 Hz, worked out with a pocket calculator. */
    static const struct {
        uint8_t frf[3];
        uint32_t hz;
    } rows[] = {
        { { 0x6c, 0x80, 0x00 }, 434000000 },
        { { 0xd9, 0x06, 0x66 }, 868099976 },
        { { 0xd9, 0x61, 0x9a }, 869525024 },
    };
    for (unsigned i = 0; i < 3; i++) {
        start();
        fake_write_burst(&board, 0x06, rows[i].frf, 3);
        transmit();
        cr_expect_eq(board.modem.frequency_hz, rows[i].hz, "%u", board.modem.frequency_hz);
    }
}

Test(chip_tx, power_follows_the_formulas)
{
    static const struct {
        uint8_t pa_config;
        uint8_t pa_dac;
        int32_t mdbm;
    } rows[] = {
        { 0x4f, 0x84, 13200 },                        /* reset */
        { 0x7e, 0x84, 14000 },                        /* RFO, MaxPower 7, 14 */
        { 0x04, 0x84, -200 },                         /* RFO, MaxPower 0, 4 */
        { 0x80, 0x84, 2000 },                         /* PA_BOOST 2..17 */
        { 0x8f, 0x84, 17000 }, { 0x8f, 0x87, 20000 }, /* PaDac: 5..20 */
        { 0x80, 0x87, 5000 }, { 0xff, 0x84, 17000 },  /* MaxPower does not count with PA_BOOST */
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        start();
        fake_write(&board, 0x09, rows[i].pa_config);
        fake_write(&board, 0x4d, rows[i].pa_dac);
        transmit();
        cr_expect_eq(board.power_mdbm, rows[i].mdbm, "row %u: %d", i, board.power_mdbm);
    }
}

Test(chip_tx, warns_where_the_current_limit_is_too_low)
{
    static const struct {
        uint8_t pa_config;
        uint8_t pa_dac;
        uint8_t ocp;
        unsigned warnings;
    } rows[] = {
        { 0x8f, 0x84, 0x2b, 0 }, /* +17 dBm 90 mA, limit 100 mA */
        { 0x8f, 0x84, 0x23, 1 }, /* limit 60 mA */
        { 0x8f, 0x84, 0x03, 0 }, /* limit off */
        { 0x8f, 0x87, 0x2b, 1 }, /* +20 dBm 125 mA over 100 mA */
        { 0x8f, 0x87, 0x30, 0 }, /* trim 16: -30 + 160 = 130 mA */
        { 0x7e, 0x84, 0x23, 0 }, /* +14 dBm 44 mA */
        { 0x7e, 0x87, 0x2b, 1 }, /* +20 dBm setting on RFO */
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        start();
        fake_write(&board, 0x09, rows[i].pa_config);
        fake_write(&board, 0x4d, rows[i].pa_dac);
        fake_write(&board, 0x0b, rows[i].ocp);
        transmit();
        cr_expect_eq(board.counts[SX1276_GUEST_WARNING], rows[i].warnings, "row %u", i);
    }
}

Test(chip_tx, of_nothing_is_an_error)
{
    start();
    fake_write(&board, 0x22, 0); /* storable: some drivers count in it */
    cr_expect_eq(fake_faults(&board), 0);
    transmit();
    cr_expect_eq(board.counts[SX1276_GUEST_ERROR], 1);
    cr_expect_eq(board.fault_address, 0x22);
}

Test(chip_tx, reports_settings_that_do_not_exist_or_fit)
{
    static const struct {
        uint8_t address;
        uint8_t value;
        enum sx1276_severity severity;
    } rows[] = {
        { 0x1d, 0xa2, SX1276_GUEST_ERROR },   /* bandwidth 10 */
        { 0x1d, 0x70, SX1276_GUEST_ERROR },   /* coding rate 0 */
        { 0x1d, 0x7a, SX1276_GUEST_ERROR },   /* coding rate 5 */
        { 0x1e, 0x54, SX1276_GUEST_ERROR },   /* SF5 */
        { 0x1e, 0xd4, SX1276_GUEST_ERROR },   /* SF13 */
        { 0x1e, 0xb4, SX1276_GUEST_WARNING }, /* SF11 at 125 kHz without LDRO */
        { 0x21, 0x05, SX1276_GUEST_WARNING }, /* preamble of 5 */
        { 0x31, 0xc5, SX1276_GUEST_WARNING }, /* SF6 detector */
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        start();
        fake_write(&board, rows[i].address, rows[i].value);
        transmit();
        cr_expect_eq(board.counts[rows[i].severity] > 0, true, "row %u", i);
    }
}

/* Datasheet section 4.1.1.2 (SF6): implicit header only, 5 in DetectionOptimize. */
Test(chip_tx, at_sf6_needs_the_implicit_header_and_the_detector_of_sf6)
{
    static const struct {
        uint8_t modem_config1, detect_optimize;
        unsigned errors, warnings;
    } rows[] = { { 0x73, 0xc5, 0, 0 }, { 0x72, 0xc5, 1, 0 }, { 0x73, 0xc3, 0, 1 },
        { 0x72, 0xc3, 1, 1 } };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        start();
        fake_write(&board, 0x1d, rows[i].modem_config1);
        fake_write(&board, 0x1e, 0x64);
        fake_write(&board, 0x31, rows[i].detect_optimize);
        transmit();
        cr_expect_eq(board.counts[SX1276_GUEST_ERROR], rows[i].errors, "row %u", i);
        cr_expect_eq(board.counts[SX1276_GUEST_WARNING], rows[i].warnings, "row %u", i);
    }
}

Test(chip_tx, left_early_is_aborted)
{
    start();
    fake_write(&board, 0x01, 0x8b);
    fake_run(&board, 10 * MS);
    fake_write(&board, 0x01, 0x89);
    const struct fake_record *abort = fake_find(&board, FAKE_TX_ABORT, 0);
    cr_assert_not_null(abort);
    cr_expect_eq(abort->at_ns, board.now_ns);
    fake_run(&board, 200 * MS);
    cr_expect_eq(fake_read(&board, 0x12), 0x00, "no TxDone");
    cr_expect_null(fake_find(&board, FAKE_TX_ABORT, 1));
}

Test(chip_tx, reset_in_the_middle_leaves_a_fresh_chip)
{
    start();
    fake_write(&board, 0x01, 0x8b);
    fake_run(&board, 10 * MS);
    sim_ns reset_ns = board.now_ns;
    fake_pulse_reset(&board);
    cr_expect_eq(fake_find(&board, FAKE_TX_ABORT, 0)->at_ns, reset_ns);
    cr_expect_eq(fake_read(&board, 0x01), 0x09);
    fake_run(&board, 200 * MS);
    cr_expect_eq(fake_dio_edge(&board, FAKE_DIO_UP, 0), -1);
    cr_expect_eq(sx1276_next_edge(&board.chip), SIM_NS_NEVER);
    cr_expect_eq(fake_faults(&board), 0);
}

Test(chip_tx, masked_tx_done_does_not_latch)
{
    start();
    fake_write(&board, 0x11, 0x08);
    transmit();
    cr_expect_eq(fake_read(&board, 0x12), 0x00);
    cr_expect_eq(fake_dio_edge(&board, FAKE_DIO_UP, 0), -1);
    fake_write(&board, 0x11, 0x00);
    cr_expect_eq(fake_read(&board, 0x12), 0x00, "unmasking brings nothing back");
}

Test(chip_tx, continuous_mode_stays_in_tx)
{
    start();
    fake_write(&board, 0x1e, 0x7c);
    transmit();
    cr_expect_eq(fake_read(&board, 0x01), 0x8b);
    cr_expect_eq(fake_read(&board, 0x12), 0x00);
    const struct fake_record *first = fake_find(&board, FAKE_TX_BEGIN, 0);
    const struct fake_record *second = fake_find(&board, FAKE_TX_BEGIN, 1);
    cr_assert_not_null(second);
    cr_expect_eq(second->at_ns, first->at_ns + 50 * MS, "one frame after the other");
}

Test(chip_tx, in_fsk_is_counted_as_not_modelled)
{
    fake_board_init(&board);
    fake_write(&board, 0x01, 0x0b);
    fake_run(&board, MS);
    cr_expect_eq(board.counts[SX1276_UNIMPLEMENTED], 1);
    cr_expect_null(fake_find(&board, FAKE_TX_BEGIN, 0));
    cr_expect_eq(fake_read(&board, 0x01), 0x0b);
}
