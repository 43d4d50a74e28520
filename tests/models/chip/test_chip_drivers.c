/* Register sequences of known drivers, run against the SX1276 from reset to frames.
 * SPDX-License-Identifier: MIT
 *
 * Method: what each driver writes and waits for, as observed on the bus, in its order. Nothing may
 * be reported as a fault, and what the driver relies on must hold.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "support/fake_board.h"

#define MS SIM_NS_PER_MS

static struct fake_board board;
static const uint8_t frame[64] = { 0x60, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 7, 9, 11,
    17 };

static void update(uint8_t address, uint8_t keep, uint8_t set)
{
    fake_write(&board, address, (uint8_t)((fake_read(&board, address) & keep) | set));
}

/* --- LoRaMac-node ----------------------------------------------------------------------------- */

static void node_op_mode(uint8_t mode)
{
    update(0x01, 0xf8, mode);
}

static void node_set_modem(bool lora)
{
    if (((fake_read(&board, 0x01) & 0x80) != 0) == lora) {
        return;
    }
    node_op_mode(0);
    update(0x01, 0x7f, lora ? 0x80 : 0x00);
    fake_write(&board, 0x40, 0x00);
    fake_write(&board, 0x41, lora ? 0x00 : 0x30);
}

static void node_calibrate_once(void)
{
    update(0x3b, 0xbf, 0x40);
    unsigned polls = 0;
    while ((fake_read(&board, 0x3b) & 0x20) != 0) {
        fake_run(&board, 100 * SIM_NS_PER_US);
        cr_assert_lt(++polls, 1000, "the driver hangs here");
    }
}

static void node_init(void)
{
    static const uint8_t fsk_writes[][2] = { { 0x0c, 0x23 }, { 0x0d, 0x1e }, { 0x0e, 0xd2 },
        { 0x1a, 0x01 }, { 0x1f, 0xaa }, { 0x24, 0x07 }, { 0x27, 0x12 }, { 0x28, 0xc1 },
        { 0x29, 0x94 }, { 0x2a, 0xc1 }, { 0x30, 0xd8 }, { 0x35, 0x9f }, { 0x3b, 0x02 },
        { 0x40, 0x00 }, { 0x41, 0x30 } };
    static const uint8_t frf_868mhz[3] = { 0xd9, 0x00, 0x00 };
    uint8_t frf[3];
    fake_pulse_reset(&board);
    uint8_t pa_config = fake_read(&board, 0x09);
    fake_read_burst(&board, 0x06, frf, 3);
    fake_write(&board, 0x09, 0x00);
    node_calibrate_once();
    fake_write_burst(&board, 0x06, frf_868mhz, 3);
    node_calibrate_once();
    fake_write(&board, 0x09, pa_config);
    fake_write_burst(&board, 0x06, frf, 3);
    node_op_mode(0);
    for (unsigned i = 0; i < sizeof fsk_writes / sizeof fsk_writes[0]; i++) {
        fake_write(&board, fsk_writes[i][0], fsk_writes[i][1]);
    }
    node_set_modem(true);
    fake_write(&board, 0x23, 0x40);
    node_set_modem(false);
    node_set_modem(true); /* SetPublicNetwork */
    fake_write(&board, 0x39, 0x34);
}

static void node_config(uint8_t symb_timeout)
{
    static const uint8_t frf[3] = { 0xd9, 0x06, 0x66 };
    fake_write_burst(&board, 0x06, frf, 3);
    node_op_mode(1);
    update(0x1d, 0x00, 0x72);
    update(0x1e, 0x00, 0x74);
    update(0x26, 0xf7, 0x00);
    fake_write(&board, 0x1f, symb_timeout);
    fake_write(&board, 0x20, 0x00);
    fake_write(&board, 0x21, 0x08);
    update(0x44, 0x7f, 0x00);
    fake_write(&board, 0x24, 0x00);
    fake_write(&board, 0x36, 0x03);
    update(0x31, 0xf8, 0x03);
    fake_write(&board, 0x37, 0x0a);
}

static void node_send(const uint8_t *bytes, uint8_t size)
{
    node_config(0x64);
    update(0x33, 0xbe, 0x01);
    fake_write(&board, 0x3b, 0x1d);
    fake_write(&board, 0x22, size);
    fake_write(&board, 0x0e, 0);
    fake_write(&board, 0x0d, 0);
    fake_run(&board, MS);
    fake_write_burst(&board, 0x00, bytes, size);
    fake_write(&board, 0x11, 0xf7);
    update(0x40, 0x3f, 0x40);
    node_op_mode(3);
}

static void node_listen(uint8_t mode, uint8_t symb_timeout)
{
    node_config(symb_timeout);
    update(0x33, 0xbe, 0x41);
    fake_write(&board, 0x3b, 0x19);
    update(0x31, 0x7f, 0x00);
    fake_write(&board, 0x30, 0x00);
    fake_write(&board, 0x2f, 0x40);
    fake_write(&board, 0x11, 0x1f);
    update(0x40, 0x3f, 0x00);
    fake_write(&board, 0x0f, 0);
    fake_write(&board, 0x0d, 0);
    node_op_mode(mode);
}

static uint8_t node_fetch(uint8_t *bytes)
{
    fake_write(&board, 0x12, 0x40);
    cr_assert_eq(fake_read(&board, 0x12) & 0x20, 0);
    cr_expect_eq((int8_t)fake_read(&board, 0x19), 32);
    (void)fake_read(&board, 0x1a);
    uint8_t size = fake_read(&board, 0x13);
    fake_write(&board, 0x0d, fake_read(&board, 0x10));
    fake_read_burst(&board, 0x00, bytes, size);
    return size;
}

Test(chip_drivers, loramac_node_runs_a_class_a_exchange)
{
    uint8_t uplink[23], bytes[64];
    memset(uplink, 0x40, sizeof uplink);
    fake_board_init(&board);
    node_init();
    fake_write(&board, 0x23, 0xff);
    node_send(uplink, sizeof uplink);
    fake_run(&board, 200 * MS);
    cr_assert(sx1276_dio_level(&board.chip, 0), "TxDone");
    fake_write(&board, 0x12, 0x08);
    cr_expect_eq(board.tx_size, sizeof uplink);
    cr_expect_arr_eq(board.tx_bytes, uplink, sizeof uplink);
    cr_expect_eq(board.modem.sync_word, 0x34);
    cr_expect(!board.modem.iq_inverted);
    node_op_mode(0);
    fake_run(&board, SIM_NS_PER_S);

    node_listen(6, 24); /* RX1: no answer comes */
    fake_run(&board, 100 * MS);
    cr_assert(sx1276_dio_level(&board.chip, 1), "RxTimeout");
    fake_write(&board, 0x12, 0x80);
    cr_expect(!sx1276_dio_level(&board.chip, 1));
    node_op_mode(0);
    fake_run(&board, SIM_NS_PER_S);

    node_listen(6, 24); /* RX2 */
    fake_run(&board, 5 * MS);
    cr_expect(board.modem.iq_inverted);
    struct sx1276_rx rx = fake_good_frame(frame, 17);
    rx.has_crc = false;
    fake_receive(&board, &rx);
    cr_assert(sx1276_dio_level(&board.chip, 0), "RxDone");
    cr_expect_eq(node_fetch(bytes), 17);
    cr_expect_arr_eq(bytes, frame, 17);
    node_op_mode(0);
    cr_expect_eq(fake_faults(&board), 0);
}

Test(chip_drivers, loramac_node_draws_random_bits_and_senses_the_carrier)
{
    fake_board_init(&board);
    node_init();
    fake_write(&board, 0x11, 0xff); /* Random() */
    node_op_mode(5);
    uint32_t bits = 0;
    for (unsigned i = 0; i < 32; i++) {
        fake_run(&board, MS);
        bits |= (uint32_t)(fake_read(&board, 0x2c) & 1) << i;
    }
    cr_expect(bits != 0 && bits != UINT32_MAX);
    node_op_mode(0);

    node_set_modem(false); /* IsChannelFree() */
    fake_write(&board, 0x12, 0x02);
    fake_write(&board, 0x13, 0x02);
    node_op_mode(5);
    fake_run(&board, MS);
    cr_expect_lt(-(fake_read(&board, 0x11) >> 1), -90);
    board.channel_power_mw = 1e-6; /* -60 dBm: not free */
    cr_expect_eq(-(fake_read(&board, 0x11) >> 1), -60);
    node_op_mode(0);
    node_set_modem(true);
    cr_expect_eq(fake_read(&board, 0x39), 0x34, "LoRa settings survive FSK");
    cr_expect_eq(fake_faults(&board), 0);
}

Test(chip_drivers, loramac_node_resets_a_transmitter_that_hangs)
{
    fake_board_init(&board);
    node_init();
    node_send(frame, 10);
    fake_run(&board, MS);
    node_init();
    node_send(frame, 10);
    fake_run(&board, 200 * MS);
    cr_expect(sx1276_dio_level(&board.chip, 0));
    cr_expect_not_null(fake_find(&board, FAKE_TX_ABORT, 0));
    cr_expect_null(fake_find(&board, FAKE_TX_ABORT, 1));
    cr_expect_eq(fake_faults(&board), 0);
}

/* --- arduino-LoRa ----------------------------------------------------------------------------- */

Test(chip_drivers, arduino_lora_polls_its_way_through)
{
    static const uint8_t init[][2] = { { 0x06, 0xd9 }, { 0x07, 0x06 }, { 0x08, 0x66 }, { 0x0e, 0 },
        { 0x0f, 0 }, { 0x0c, 0x23 }, { 0x26, 0x04 }, { 0x4d, 0x84 }, { 0x0b, 0x2b }, { 0x09, 0x8f },
        { 0x01, 0x81 } };
    fake_board_init(&board);
    fake_pulse_reset(&board);
    cr_assert_eq(fake_read(&board, 0x42), 0x12);
    fake_write(&board, 0x01, 0x80);
    for (unsigned i = 0; i < sizeof init / sizeof init[0]; i++) {
        fake_write(&board, init[i][0], init[i][1]);
    }
    fake_write(&board, 0x1d, fake_read(&board, 0x1d) & 0xfe); /* beginPacket */
    fake_write(&board, 0x0d, 0);
    fake_write(&board, 0x22, 0);
    for (unsigned i = 0; i < 5; i++) {
        fake_write(&board, 0x00, (uint8_t)('a' + i));
        fake_write(&board, 0x22, fake_read(&board, 0x22) + 1);
    }
    fake_write(&board, 0x01, 0x83);
    cr_expect_eq(fake_read(&board, 0x01) & 0x03, 0x03, "isTransmitting");
    while ((fake_read(&board, 0x12) & 0x08) == 0) {
        fake_run(&board, MS);
    }
    fake_write(&board, 0x12, 0x08);
    cr_expect_eq(board.tx_size, 5);
    cr_expect_arr_eq(board.tx_bytes, "abcde", 5);

    unsigned rearmed = 0; /* parsePacket */
    struct sx1276_rx rx = fake_good_frame(frame, 9);
    for (unsigned poll = 0; poll < 1000; poll++) {
        uint8_t flags = fake_read(&board, 0x12);
        fake_write(&board, 0x12, flags);
        if ((flags & 0x40) != 0) {
            break;
        }
        if (fake_read(&board, 0x01) != 0x86) {
            fake_write(&board, 0x0d, 0);
            fake_write(&board, 0x01, 0x86);
            rearmed++;
        }
        fake_run(&board, MS);
        if (poll == 500) {
            fake_receive(&board, &rx);
        }
    }
    cr_expect_geq(rearmed, 4, "100 symbols at SF7 last 102 ms");
    cr_expect_eq(fake_read(&board, 0x13), 9);
    fake_write(&board, 0x0d, fake_read(&board, 0x10));
    fake_write(&board, 0x01, 0x81);
    for (unsigned i = 0; i < 9; i++) {
        cr_expect_eq(fake_read(&board, 0x00), frame[i]);
    }
    cr_expect_eq(fake_faults(&board), 0);
}

/* --- RadioHead -------------------------------------------------------------------------------- */

Test(chip_drivers, radiohead_maps_its_interrupt_after_the_mode)
{
    fake_board_init(&board);
    fake_write(&board, 0x01, 0x80);
    fake_run(&board, 10 * MS);
    cr_assert_eq(fake_read(&board, 0x01), 0x80);
    fake_write(&board, 0x0e, 0);
    fake_write(&board, 0x0f, 0);
    fake_write(&board, 0x01, 0x01);
    fake_write(&board, 0x0d, 0);
    fake_write_burst(&board, 0x00, (const uint8_t *)"hello", 5);
    fake_write(&board, 0x22, 5);
    fake_write(&board, 0x01, 0x03);
    fake_write(&board, 0x40, 0x40);
    fake_run(&board, 200 * MS);
    cr_assert(sx1276_dio_level(&board.chip, 0));
    cr_expect_eq(fake_read(&board, 0x12), 0x08);
    fake_write(&board, 0x12, 0xff);
    cr_expect_arr_eq(board.tx_bytes, "hello", 5);
    fake_write(&board, 0x01, 0x05);
    fake_write(&board, 0x40, 0x00);
    fake_run(&board, 5 * MS);
    struct sx1276_rx rx = fake_good_frame(frame, 9);
    fake_receive(&board, &rx);
    cr_assert(sx1276_dio_level(&board.chip, 0));
    cr_expect_eq(fake_read(&board, 0x12), 0x50);
    cr_expect_eq(fake_read(&board, 0x1c) & 0x40, 0x40, "CRC on the payload");
    fake_write(&board, 0x12, 0xff);
    fake_write(&board, 0x01, 0x00); /* sleep: reads back LoRa */
    cr_expect_eq(fake_read(&board, 0x01), 0x80);
    cr_expect_eq(board.counts[SX1276_GUEST_ERROR], 0);
}
