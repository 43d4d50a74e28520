/* Receiver of the SX1276: windows, RxDone, errors, filters, encodings.
 * SPDX-License-Identifier: MIT
 *
 * Oracle: datasheet rules and formulas; numbers of RSSI, SNR and FEI worked out by hand.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "support/fake_board.h"

#define US SIM_NS_PER_US
#define MS SIM_NS_PER_MS

static struct fake_board board;
static uint8_t frame[255];

/* RXCONTINUOUS 0x8d or RXSINGLE 0x8e at 125 kHz, receiver on. */
static void listen(unsigned spreading_factor, uint8_t op_mode)
{
    for (unsigned i = 0; i < sizeof frame; i++) {
        frame[i] = (uint8_t)(i + 1);
    }
    fake_board_init_lora(&board);
    fake_set_up_modem(&board, spreading_factor, 7);
    fake_write(&board, 0x0e, 0x00);
    fake_write(&board, 0x01, op_mode);
    fake_run(&board, MS);
    fake_forget(&board);
}

static unsigned read16(uint8_t address)
{
    return (unsigned)fake_read(&board, address) << 8 | fake_read(&board, address + 1u);
}

/* --- windows ---------------------------------------------------------------------------------- */

Test(chip_rx, single_times_out_after_symb_timeout_symbols)
{
    /* Section 8: SymbTimeout x Ts from RX ready, within one symbol. MSBs are in ModemConfig2. */
    static const struct {
        unsigned factor;
        unsigned symbols;
    } rows[] = { { 7, 4 }, { 7, 24 }, { 7, 1023 }, { 9, 9 }, { 10, 300 }, { 12, 6 }, { 12, 8 } };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fake_board_init_lora(&board);
        fake_set_up_modem(&board, rows[i].factor, 7);
        fake_write(&board, 0x1e, (uint8_t)(rows[i].factor << 4 | 4u | rows[i].symbols >> 8));
        fake_write(&board, 0x1f, (uint8_t)rows[i].symbols);
        fake_forget(&board);
        fake_write(&board, 0x01, 0x8e);
        fake_run(&board, 10 * SIM_NS_PER_S);
        sim_ns symbol_ns = INT64_C(8000) << rows[i].factor;
        sim_ns open_ns = fake_find(&board, FAKE_RX_BEGIN, 0)->at_ns;
        sim_ns due_ns = open_ns + rows[i].symbols * symbol_ns;
        sim_ns edge_ns = fake_dio_edge(&board, FAKE_DIO_UP, 1);
        cr_expect(llabs(edge_ns - due_ns) <= symbol_ns, "row %u", i);
        cr_expect_eq(edge_ns, due_ns, "and here exactly");
        cr_expect_eq(fake_find(&board, FAKE_RX_END, 0)->at_ns, due_ns);
        cr_expect_eq(fake_read(&board, 0x01), 0x89);
        cr_expect_eq(fake_read(&board, 0x12), 0x80);
        cr_expect_eq(fake_faults(&board), 0);
    }
}

Test(chip_rx, timeout_stands_on_dio1_until_it_is_cleared)
{
    listen(7, 0x8e);
    fake_run(&board, SIM_NS_PER_S);
    cr_expect(sx1276_dio_level(&board.chip, 1), "the handler finds the pin high");
    fake_run(&board, MS);
    fake_write(&board, 0x12, 0x80);
    cr_expect(!sx1276_dio_level(&board.chip, 1));
    cr_expect_eq(fake_dio_edge(&board, FAKE_DIO_DOWN, 1), board.now_ns);
}

Test(chip_rx, begin_says_whether_the_receiver_ends_by_itself)
{
    static const uint8_t modes[] = { 0x8d, 0x8e };
    for (unsigned i = 0; i < sizeof modes; i++) {
        listen(7, modes[i]);
        cr_expect_eq(board.rx_ends_itself, modes[i] != 0x8d, "%02x", modes[i]);
    }
}

Test(chip_rx, timeout_below_four_symbols_warns)
{
    fake_board_init_lora(&board);
    fake_set_up_modem(&board, 7, 7);
    fake_write(&board, 0x1f, 3);
    fake_write(&board, 0x01, 0x8d);
    cr_expect_eq(fake_faults(&board), 0, "means nothing in RXCONTINUOUS");
    fake_write(&board, 0x01, 0x89);
    fake_write(&board, 0x01, 0x8e);
    cr_expect_eq(board.counts[SX1276_GUEST_WARNING], 1);
}

Test(chip_rx, preamble_holds_the_timeout_off)
{
    listen(7, 0x8e);
    sim_ns due_ns = sx1276_next_edge(&board.chip);
    board.now_ns = due_ns; /* at the very instant of the timeout */
    sx1276_rx_detected(&board.chip, board.now_ns);
    fake_run(&board, SIM_NS_PER_S);
    cr_expect_eq(fake_read(&board, 0x12), 0x00);
    cr_expect_eq(fake_read(&board, 0x01), 0x8e);
    struct sx1276_rx rx = fake_good_frame(frame, 20);
    sx1276_rx_ended(&board.chip, board.now_ns, &rx);
    cr_expect_eq(fake_read(&board, 0x12), 0x50, "ValidHeader, RxDone");
    cr_expect_eq(fake_read(&board, 0x01), 0x89);
    cr_expect_eq(fake_find(&board, FAKE_RX_END, 0)->at_ns, board.now_ns);
}

Test(chip_rx, single_that_loses_the_frame_times_out)
{
    struct sx1276_rx lost = { .bytes = NULL };
    listen(7, 0x8e);
    fake_receive(&board, &lost);
    cr_expect_eq(fake_read(&board, 0x12), 0x80);
    cr_expect_eq(fake_read(&board, 0x01), 0x89);
    cr_expect_eq(read16(0x14), 0);
}

Test(chip_rx, continuous_that_loses_the_frame_searches_on_in_silence)
{
    struct sx1276_rx lost = { .bytes = NULL };
    struct sx1276_rx good = fake_good_frame(frame, 5);
    listen(7, 0x8d);
    fake_receive(&board, &lost);
    cr_expect_eq(fake_read(&board, 0x12), 0x00);
    cr_expect_eq(fake_read(&board, 0x01), 0x8d);
    cr_expect_eq(board.log_size, 0);
    fake_receive(&board, &good);
    cr_expect_eq(fake_read(&board, 0x12), 0x50);
}

/* --- frames ----------------------------------------------------------------------------------- */

Test(chip_rx, frames_follow_each_other_through_the_fifo_and_wrap)
{
    listen(7, 0x8d);
    unsigned start = 0;
    for (unsigned i = 0; i < 8; i++) {
        uint16_t size = (uint16_t)(100 + i);
        struct sx1276_rx rx = fake_good_frame(frame + i, size);
        if (i % 2 == 0) { /* lent for a second, or for the call only */
            rx.bytes_until_ns = board.now_ns + SIM_NS_PER_S;
        }
        fake_receive(&board, &rx);
        cr_expect_eq(fake_read(&board, 0x01), 0x8d);
        cr_expect_eq(fake_read(&board, 0x12), 0x50);
        cr_expect_eq(fake_read(&board, 0x10), start & 0xff);
        cr_expect_eq(fake_read(&board, 0x13), size);
        cr_expect_eq(fake_read(&board, 0x25), (start + size) & 0xff, "next write position");
        cr_expect_eq(read16(0x14), i + 1);
        cr_expect_eq(read16(0x16), i + 1);
        uint8_t bytes[255];
        fake_write(&board, 0x0d, (uint8_t)start);
        fake_read_burst(&board, 0x00, bytes, size);
        cr_expect_arr_eq(bytes, frame + i, size);
        fake_write(&board, 0x12, 0xff);
        start += size;
    }
    cr_expect_eq(fake_faults(&board), 0);
}

Test(chip_rx, crc_error_comes_with_rx_done_and_outlives_its_clearing)
{
    listen(7, 0x8d);
    struct sx1276_rx rx = fake_good_frame(frame, 30);
    rx.crc_ok = false;
    fake_receive(&board, &rx);
    fake_write(&board, 0x12, 0x40); /* the order of sx1276.c: clear RxDone, then look */
    cr_expect_eq(fake_read(&board, 0x12), 0x30);
    fake_write(&board, 0x12, 0x20);
    cr_expect_eq(fake_read(&board, 0x12), 0x10);
    cr_expect_eq(fake_read(&board, 0x13), 30, "RegRxNbBytes is valid");
    cr_expect_eq(read16(0x14), 1);
    cr_expect_eq(read16(0x16), 0, "not a valid packet");
    uint8_t bytes[30];
    fake_read_burst(&board, 0x00, bytes, 30);
    cr_expect_arr_eq(bytes, frame, 30, "the FIFO holds the broken bytes");
}

Test(chip_rx, crc_counts_only_where_the_header_announces_one)
{
    listen(7, 0x8e);
    struct sx1276_rx rx = fake_good_frame(frame, 30);
    rx.crc_ok = false;
    rx.has_crc = false; /* LoRaWAN downlinks */
    fake_receive(&board, &rx);
    cr_expect_eq(fake_read(&board, 0x12), 0x50);
    cr_expect_eq(fake_read(&board, 0x1c), 0x00, "CrcOnPayload");
    fake_write(&board, 0x12, 0xff);
    fake_write(&board, 0x01, 0x8e);
    fake_run(&board, MS);
    rx.has_crc = true;
    fake_receive(&board, &rx);
    cr_expect_eq(fake_read(&board, 0x12), 0x70);
    cr_expect_eq(fake_read(&board, 0x1c), 0x40);
    cr_expect_eq(fake_read(&board, 0x01), 0x89, "RXSINGLE ends, whatever the CRC");
}

Test(chip_rx, header_above_max_payload_length_is_no_header)
{
    for (unsigned size = 64; size <= 65; size++) {
        listen(7, 0x8d);
        fake_write(&board, 0x23, 64);
        struct sx1276_rx rx = fake_good_frame(frame, (uint16_t)size);
        fake_receive(&board, &rx);
        cr_expect_eq(fake_read(&board, 0x12), size == 64 ? 0x50 : 0x00);
        cr_expect_eq(read16(0x14), size == 64 ? 1 : 0);
        cr_expect_eq(fake_read(&board, 0x25), size == 64 ? 64 : 0);
    }
    listen(7, 0x8e);
    fake_write(&board, 0x23, 64);
    struct sx1276_rx rx = fake_good_frame(frame, 65);
    fake_receive(&board, &rx);
    cr_expect_eq(fake_read(&board, 0x12), 0x80);
}

Test(chip_rx, empty_frame_is_a_frame)
{
    listen(7, 0x8d);
    struct sx1276_rx rx = fake_good_frame(frame, 0);
    fake_receive(&board, &rx);
    cr_expect_eq(fake_read(&board, 0x12), 0x50);
    cr_expect_eq(fake_read(&board, 0x13), 0);
    cr_expect(!sx1276_rx_unread(&board.chip));
}

Test(chip_rx, header_shows_when_it_has_ended)
{
    listen(7, 0x8e);
    fake_write(&board, 0x40, 0x01); /* DIO3: ValidHeader */
    struct sx1276_rx rx = fake_good_frame(frame, 20);
    rx.coding_rate = 3;
    sx1276_rx_detected(&board.chip, board.now_ns);
    fake_run(&board, 10 * MS);
    cr_expect_eq(fake_read(&board, 0x18), 0x07, "on-going, synchronised, detected");
    board.preamble_found = true;
    board.header = rx;
    sx1276_look(&board.chip, board.now_ns);
    cr_expect_eq(fake_dio_edge(&board, FAKE_DIO_UP, 3), board.now_ns);
    cr_expect_eq(fake_read(&board, 0x12), 0x10);
    cr_expect_eq(fake_read(&board, 0x18), 0x6f, "coding rate 3, header valid");
    fake_run(&board, 10 * MS);
    sx1276_rx_ended(&board.chip, board.now_ns, &rx);
    cr_expect_eq(read16(0x14), 1, "counted once");
    cr_expect_eq(fake_read(&board, 0x18), 0x70, "clear, coding rate of the last header");
}

Test(chip_rx, single_that_loses_the_signal_after_its_header_times_out)
{
    struct sx1276_rx lost = { .bytes = NULL };
    listen(7, 0x8e);
    sx1276_rx_detected(&board.chip, board.now_ns);
    board.preamble_found = true;
    board.header = fake_good_frame(frame, 20);
    sx1276_look(&board.chip, board.now_ns);
    fake_run(&board, 10 * MS);
    sx1276_rx_ended(&board.chip, board.now_ns, &lost);
    cr_expect_eq(fake_read(&board, 0x12), 0x90, "RxTimeout, after ValidHeader");
    cr_expect_eq(fake_read(&board, 0x01), 0x89);
    cr_expect_eq(fake_find(&board, FAKE_RX_END, 0)->at_ns, board.now_ns);
}

Test(chip_rx, implicit_header_takes_length_and_crc_from_registers)
{
    fake_board_init_lora(&board);
    fake_set_up_modem(&board, 7, 7);
    fake_write(&board, 0x1d, 0x73);
    fake_write(&board, 0x22, 12);
    fake_write(&board, 0x23, 5); /* no header, no filter */
    fake_write(&board, 0x01, 0x8d);
    fake_run(&board, MS);
    struct sx1276_rx rx = fake_good_frame(frame, 12);
    rx.has_crc = false;
    fake_receive(&board, &rx);
    cr_expect_eq(fake_read(&board, 0x13), 12);
    cr_expect_eq(fake_read(&board, 0x12), 0x50);
    cr_expect_eq(read16(0x16), 1);
    fake_write(&board, 0x12, 0xff);
    rx.size = 10; /* the sender meant less: the rest is noise, and the CRC wrong */
    fake_receive(&board, &rx);
    cr_expect_eq(fake_read(&board, 0x13), 12);
    cr_expect_eq(fake_read(&board, 0x12), 0x70);
    cr_expect_eq(read16(0x16), 1);
}

Test(chip_rx, leaving_rx_loses_the_frame_without_a_flag)
{
    static const uint8_t away[] = { 0x88, 0x89, 0x8c };
    struct sx1276_rx rx = fake_good_frame(frame, 20);
    for (unsigned i = 0; i < sizeof away; i++) {
        listen(7, 0x8d);
        sx1276_rx_detected(&board.chip, board.now_ns);
        fake_run(&board, MS);
        fake_write(&board, 0x01, away[i]);
        cr_expect_eq(fake_find(&board, FAKE_RX_END, 0)->at_ns, board.now_ns);
        sx1276_rx_ended(&board.chip, board.now_ns, &rx);
        fake_run(&board, SIM_NS_PER_S);
        cr_expect_eq(fake_read(&board, 0x12), 0x00);
    }
}

Test(chip_rx, counters_are_cleared_by_each_rx_and_in_sleep)
{
    listen(7, 0x8d);
    struct sx1276_rx rx = fake_good_frame(frame, 20);
    for (unsigned i = 0; i < 300; i++) {
        fake_receive(&board, &rx);
    }
    cr_expect_eq(read16(0x14), 300, "16 bit");
    cr_expect_eq(read16(0x16), 300);
    fake_write(&board, 0x01, 0x89);
    cr_expect_eq(read16(0x16), 300);
    fake_write(&board, 0x01, 0x8d);
    cr_expect_eq(read16(0x16), 0);
    fake_run(&board, MS);
    fake_receive(&board, &rx);
    fake_write(&board, 0x01, 0x88);
    cr_expect_eq(read16(0x14), 0);
}

Test(chip_rx, done_comes_late_as_measured)
{
    /* LMIC, last symbol to RxDone at 125 kHz. */
    static const sim_ns latency_us[] = { 0, 1648, 3265, 7049, 13641, 31189 };
    struct sx1276_rx rx = fake_good_frame(frame, 20);
    for (unsigned factor = 7; factor <= 12; factor++) {
        listen(factor, 0x8e);
        fake_receive(&board, &rx);
        sim_ns end_ns = board.now_ns;
        fake_run(&board, 100 * MS);
        cr_expect_eq(fake_dio_edge(&board, FAKE_DIO_UP, 0), end_ns + latency_us[factor - 7] * US,
                "SF%u", factor);
        cr_expect_eq(fake_find(&board, FAKE_RX_END, 0)->at_ns, end_ns, "deaf from the end on");
    }
    fake_board_init_lora(&board); /* scaled by the symbol time: SF9 at 500 kHz */
    fake_set_up_modem(&board, 9, 9);
    fake_write(&board, 0x01, 0x8d);
    fake_run(&board, MS);
    fake_receive(&board, &rx);
    sim_ns end_ns = board.now_ns;
    cr_expect_eq(fake_read(&board, 0x13), 0, "nothing shows before RxDone");
    fake_write(&board, 0x11, 0x00);
    cr_expect_eq(sx1276_next_edge(&board.chip), end_ns + 816250);
}

Test(chip_rx, standby_before_rx_done_loses_the_frame)
{
    struct sx1276_rx rx = fake_good_frame(frame, 20);
    listen(12, 0x8d);
    fake_receive(&board, &rx);
    fake_run(&board, 10 * MS);
    fake_write(&board, 0x01, 0x89);
    fake_run(&board, SIM_NS_PER_S);
    cr_expect_eq(fake_read(&board, 0x12) & 0x40, 0);
}

/* --- encodings -------------------------------------------------------------------------------- */

static void receive_at(int32_t signal_mdbm, int32_t snr_mdb, int32_t error_hz)
{
    struct sx1276_rx rx = fake_good_frame(frame, 20);
    rx.signal_mdbm = signal_mdbm;
    rx.snr_mdb = snr_mdb;
    rx.frequency_error_hz = error_hz;
    fake_receive(&board, &rx);
}

Test(chip_rx, packet_rssi_and_snr_are_encoded_as_the_host_decodes_them)
{
    /* S over a floor of -117 dBm -> raw; what LoRaMac-node and the datasheet make of it. The SNR
     * of the strong signal saturates in its register. */
    static const struct {
        int32_t signal_mdbm, snr_mdb;
        int snr_quarters, raw, loramac_dbm;
        double datasheet_dbm;
    } rows[] = {
        { -80000, 37000, 48, 72, -81, -80.2 },
        { -120000, -3000, -12, 42, -116, -118.0 },
        { -135000, -18000, -72, 40, -133, -135.0 },
    };
    for (unsigned i = 0; i < 3; i++) {
        listen(7, 0x8d);
        receive_at(rows[i].signal_mdbm, rows[i].snr_mdb, 0);
        int snr = (int8_t)fake_read(&board, 0x19);
        int raw = fake_read(&board, 0x1a);
        cr_expect_eq(snr, rows[i].snr_quarters);
        cr_expect_eq(raw, rows[i].raw, "row %u: %d", i, raw);
        int snr_db = (snr + 2) >> 2;
        int loramac = -157 + raw + (raw >> 4) + (snr_db < 0 ? snr_db : 0);
        cr_expect_eq(loramac, rows[i].loramac_dbm, "row %u: %d", i, loramac);
        double sheet = snr < 0 ? -157.0 + raw + snr / 4.0 : -157.0 + raw * 16.0 / 15.0;
        cr_expect_lt(fabs(sheet - rows[i].datasheet_dbm), 0.05, "row %u: %f", i, sheet);
    }
}

Test(chip_rx, host_reads_the_signal_power_within_a_decibel_over_the_whole_range)
{
    for (int32_t snr_mdb = -20000; snr_mdb <= 40000; snr_mdb += 730) {
        int32_t signal_mdbm = -117000 + snr_mdb; /* noise floor of 125 kHz */
        listen(7, 0x8d);
        receive_at(signal_mdbm, snr_mdb, 0);
        double raw = fake_read(&board, 0x1a);
        double snr = (int8_t)fake_read(&board, 0x19) / 4.0;
        double total = 10.0 * log10(pow(10.0, signal_mdbm / 1e4) + pow(10.0, -11.7));
        double decoded = snr < 0 ? -157.0 + raw : -157.0 + raw * 16.0 / 15.0;
        cr_expect_lt(fabs(decoded - total), 0.6, "%d: %f, not %f", snr_mdb, decoded, total);
        if (snr_mdb <= 12000) {
            cr_expect_lt(fabs(snr * 1000 - snr_mdb), 126.0);
        } else {
            cr_expect_eq(snr, 12.0, "saturates");
        }
    }
}

Test(chip_rx, low_frequency_port_has_its_own_rssi_offset)
{
    static const uint8_t frf_434mhz[3] = { 0x6c, 0x80, 0x00 };
    fake_board_init_lora(&board);
    fake_set_up_modem(&board, 7, 7);
    fake_write_burst(&board, 0x06, frf_434mhz, 3);
    fake_write(&board, 0x01, 0x8d);
    fake_run(&board, MS);
    receive_at(-120000, -3000, 0); /* -115.24 dBm in all: 164 - 115.24 = 48.8 */
    cr_expect_eq(fake_read(&board, 0x1a), 49);
}

Test(chip_rx, frequency_error_is_twenty_bits_in_two_complement)
{
    /* +1000 Hz at 125 kHz -> 7629; at 500 kHz a fourth of it. */
    listen(7, 0x8d);
    receive_at(-80000, 8000, 1000);
    cr_expect_eq(fake_read(&board, 0x28), 0x00);
    cr_expect_eq(read16(0x29), 7629);
    receive_at(-80000, 8000, -1000);
    cr_expect_eq(fake_read(&board, 0x28), 0x0f);
    cr_expect_eq(read16(0x29), 0x10000 - 7629);
    fake_board_init_lora(&board);
    fake_set_up_modem(&board, 7, 9);
    fake_write(&board, 0x01, 0x8d);
    fake_run(&board, MS);
    receive_at(-80000, 8000, 1000);
    cr_expect_eq(read16(0x29), 1907);
}

Test(chip_rx, narrow_bands_are_received_at_frf_minus_bandwidth)
{
    /* Errata 2.3: at 41.7 kHz the driver writes 2F=44 and adds the bandwidth to Frf. */
    fake_board_init_lora(&board);
    fake_set_up_modem(&board, 7, 5);
    fake_write(&board, 0x31, 0x43);
    fake_write(&board, 0x2f, 0x44);
    fake_write(&board, 0x01, 0x8d);
    fake_run(&board, 10 * MS);
    cr_expect_eq(board.modem.frequency_hz, 868099976 - 41700);
    fake_write(&board, 0x01, 0x8b);
    cr_expect_eq(board.modem.frequency_hz, 868099976, "TX is not shifted");
}

/* The header names the rate of its payload; a widely used stack starts its receiver with field 5.
 */
Test(chip_rx, reserved_coding_rate_is_a_warning_with_an_explicit_header)
{
    fake_board_init_lora(&board);
    fake_set_up_modem(&board, 7, 7);
    fake_write(&board, 0x1d, 0x7a);
    fake_write(&board, 0x01, 0x8d);
    cr_expect_eq(board.counts[SX1276_GUEST_ERROR], 0);
    cr_expect_eq(board.counts[SX1276_GUEST_WARNING], 1);
    fake_write(&board, 0x01, 0x89);
    fake_write(&board, 0x1d, 0x7b);
    fake_write(&board, 0x01, 0x8d);
    cr_expect_eq(board.counts[SX1276_GUEST_ERROR], 1, "nothing names it with an implicit header");
}
