/* DIO lines of the SX1276: every mapping, live levels, edges on remap and clear.
 * SPDX-License-Identifier: MIT
 *
 * Oracle: datasheet table 18, typed in a second time by signal name.
 */
#include <criterion/criterion.h>

#include "support/fake_board.h"

#define MS SIM_NS_PER_MS

static struct fake_board board;
static uint8_t frame[40];

static void set_map(unsigned dio, unsigned map)
{
    uint8_t address = dio < 4 ? 0x40 : 0x41;
    unsigned shift = dio < 4 ? 6 - 2 * dio : 6 - 2 * (dio - 4);
    uint8_t others = fake_read(&board, address) & (uint8_t) ~(3u << shift);
    fake_write(&board, address, (uint8_t)(others | map << shift));
}

/* Flag bit that a line shows; 0x100 ModeReady, 0x200 PllLock, 0 nothing that we model. */
static const unsigned table18[6][4] = {
    { 0x40, 0x08, 0x04, 0 },   /* RxDone TxDone CadDone */
    { 0x80, 0x02, 0x01, 0 },   /* RxTimeout Fhss CadDetected */
    { 0x02, 0x02, 0x02, 0 },   /* Fhss */
    { 0x04, 0x10, 0x20, 0 },   /* CadDone ValidHeader PayloadCrcError */
    { 0x01, 0x200, 0x200, 0 }, /* CadDetected PllLock PllLock */
    { 0x100, 0, 0, 0 },        /* ModeReady ClkOut ClkOut */
};

static void make_rx_flags(void)
{
    fake_write(&board, 0x01, 0x8d);
    fake_run(&board, MS);
    struct sx1276_rx rx = fake_good_frame(frame, 20);
    rx.crc_ok = false;
    fake_receive(&board, &rx);
}

static void make_timeout(void)
{
    fake_write(&board, 0x01, 0x8e);
    fake_run(&board, SIM_NS_PER_S);
}

static void make_cad(void)
{
    board.channel_active = true;
    fake_write(&board, 0x01, 0x8f);
    fake_run(&board, 10 * MS);
}

static void make_tx(void)
{
    fake_write(&board, 0x01, 0x8b);
    fake_run(&board, 100 * MS);
}

static void (*const scenes[])(void) = { make_rx_flags, make_timeout, make_cad, make_tx };

Test(chip_dio, shows_the_signal_that_its_mapping_selects)
{
    for (unsigned scene = 0; scene < 4; scene++) {
        fake_board_init_lora(&board);
        fake_set_up_modem(&board, 7, 7);
        scenes[scene]();
        bool locked = (fake_read(&board, 0x01) & 7) == 5;
        unsigned signals = fake_read(&board, 0x12) | 0x100u | (locked ? 0x200u : 0);
        cr_expect_neq(signals & 0xff, 0);
        for (unsigned dio = 0; dio < 6; dio++) {
            for (unsigned map = 0; map < 4; map++) {
                set_map(dio, map);
                bool level = sx1276_dio_level(&board.chip, dio);
                bool expected = (signals & table18[dio][map]) != 0;
                cr_expect_eq(level, expected, "scene %u DIO%u map %u", scene, dio, map);
            }
        }
    }
}

Test(chip_dio, every_report_is_a_change_and_agrees_with_the_level)
{
    fake_board_init_lora(&board);
    fake_set_up_modem(&board, 7, 7);
    unsigned levels = 0;
    for (unsigned dio = 0; dio < 6; dio++) {
        levels |= (unsigned)sx1276_dio_level(&board.chip, dio) << dio;
    }
    fake_forget(&board);
    for (unsigned i = 0; i < 64; i++) {
        fake_write(&board, 0x40, (uint8_t)(i * 37));
        fake_write(&board, 0x41, (uint8_t)(i * 11));
        scenes[i % 4]();
        fake_write(&board, 0x12, (uint8_t)(i * 13));
    }
    cr_assert_lt(board.log_size, FAKE_LOG_SIZE);
    for (unsigned i = 0; i < board.log_size; i++) {
        const struct fake_record *r = &board.log[i];
        if (r->output == FAKE_DIO_UP || r->output == FAKE_DIO_DOWN) {
            bool up = r->output == FAKE_DIO_UP;
            cr_expect_neq(levels >> r->value & 1u, (unsigned)up, "record %u", i);
            levels ^= 1u << r->value;
        }
    }
    for (unsigned dio = 0; dio < 6; dio++) {
        cr_expect_eq(sx1276_dio_level(&board.chip, dio), (levels >> dio & 1u) != 0);
    }
}

Test(chip_dio, remap_to_a_standing_flag_is_an_edge)
{
    /* RadioHead maps after it has commanded the mode; LoRaMac-node remaps with stale flags. */
    fake_board_init_lora(&board);
    fake_set_up_modem(&board, 7, 7);
    make_tx();
    cr_expect(!sx1276_dio_level(&board.chip, 0), "still mapped to RxDone");
    fake_forget(&board);
    fake_write(&board, 0x40, 0x40);
    cr_expect_eq(fake_dio_edge(&board, FAKE_DIO_UP, 0), board.now_ns);
    fake_write(&board, 0x40, 0x00);
    cr_expect_eq(fake_dio_edge(&board, FAKE_DIO_DOWN, 0), board.now_ns);
}

Test(chip_dio, clears_only_the_flags_written_as_one)
{
    fake_board_init_lora(&board);
    fake_set_up_modem(&board, 7, 7);
    make_rx_flags();
    cr_expect_eq(fake_read(&board, 0x12), 0x70);
    fake_write(&board, 0x12, 0x00);
    cr_expect_eq(fake_read(&board, 0x12), 0x70, "neither reading nor zeros clear");
    fake_write(&board, 0x12, 0x20);
    cr_expect_eq(fake_read(&board, 0x12), 0x50);
    cr_expect(sx1276_dio_level(&board.chip, 0));
    fake_write(&board, 0x12, 0x8f);
    cr_expect_eq(fake_read(&board, 0x12), 0x50);
}

Test(chip_dio, masked_flags_do_not_latch)
{
    for (unsigned mask = 0; mask < 256; mask++) {
        fake_board_init_lora(&board);
        fake_set_up_modem(&board, 7, 7);
        fake_write(&board, 0x11, (uint8_t)mask);
        make_rx_flags();
        cr_expect_eq(fake_read(&board, 0x12), 0x70 & ~mask, "mask %02x", mask);
        cr_expect_eq(sx1276_dio_level(&board.chip, 0), (mask & 0x40) == 0);
    }
}

Test(chip_dio, pll_lock_stands_from_lock_to_the_end_of_the_mode)
{
    fake_board_init_lora(&board);
    fake_set_up_modem(&board, 7, 7);
    set_map(4, 1);
    fake_forget(&board);
    sim_ns start_ns = board.now_ns;
    fake_write(&board, 0x01, 0x8b);
    fake_run(&board, 100 * MS);
    cr_expect_eq(fake_dio_edge(&board, FAKE_DIO_UP, 4), start_ns + 60000);
    cr_expect_eq(fake_dio_edge(&board, FAKE_DIO_DOWN, 4), start_ns + 115000 + 50 * MS);
}

Test(chip_dio, of_fsk_show_mode_ready_where_loramac_node_maps_it)
{
    fake_board_init(&board);
    fake_write(&board, 0x41, 0x30); /* DIO5 map 11 */
    cr_expect(sx1276_dio_level(&board.chip, 5));
    fake_write(&board, 0x01, 0x0d);
    cr_expect(!sx1276_dio_level(&board.chip, 5));
    fake_run(&board, MS);
    cr_expect(sx1276_dio_level(&board.chip, 5));
}
