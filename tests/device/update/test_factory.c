/* The factory record: its bytes, what it leaves to the firmware, and its checksum.
 * SPDX-License-Identifier: MIT
 *
 * Oracle: offsets of the table in update/factory.h.
 */
#include "device/update/two_images.h"

Test(factory, a_record_is_read_as_the_board_wrote_it, .init = set_up)
{
    struct factory factory;
    cr_assert(factory_read(&board.hal, &factory));
    cr_assert_eq(factory.hardware_id, HARDWARE_ID);
    cr_assert_eq(factory.dev_eui[0], 8);
    cr_assert_eq(factory.join_eui[7], 23);
    cr_assert_eq(factory.app_key[0], 24);
    cr_assert_eq(factory.gen_app_key[15], 55);
    cr_assert_eq(factory.report_period_s, 3600);
    cr_assert_eq(factory.report_size, 24);
    cr_assert_eq(factory.boot_options, 1);
}

/* Bytes by the table in update/factory.h. */
Test(factory, what_the_firmware_may_not_choose_is_read, .init = set_up)
{
    struct factory factory;
    uint8_t accept[FACTORY_JOIN_ACCEPT_MAX];
    uint16_t dev_nonce = 0;
    uint8_t *record = board.internal + FLASH_FACTORY_ADDRESS;
    cr_assert_eq(factory_join_accept(&board.hal, accept, &dev_nonce), 0);
    for (unsigned i = 0; i < 17; i++) {
        record[111 + i] = (uint8_t)(1 + i);
        record[131 + i] = (uint8_t)(0xC0 + i);
    }
    record[128] = 0x34;
    record[129] = 0x12;
    record[130] = 17;
    record[164] = 0x08;
    record[180] = 0x13;
    record[181] = 0x12;
    record[172] = 0x80;
    fake_board_seal_factory(&board);
    cr_assert(factory_read(&board.hal, &factory));
    cr_assert_eq(factory.traffic, 1);
    cr_assert_eq(factory.jitter_percent, 2);
    cr_assert_eq(factory.rate_policy, 3);
    cr_assert_eq(factory.data_rate, 4);
    cr_assert_eq(factory.tx_power, 5);
    cr_assert_eq(factory.nb_trans, 6);
    cr_assert_eq(factory.region_plan, 7);
    cr_assert_arr_eq(factory.channel_mask, "\x08\0\0\0\0\0\0\0\x80", 9);
    cr_assert_eq(factory.guard_ms, 0x0D0C0B0Au);
    cr_assert_eq(factory.guard_ppm, 0x0F0E);
    cr_assert_eq(factory.clock_refresh_h, 0x1110);
    cr_assert_eq(factory.counter_window, 0x1213);
    cr_assert_eq(factory_join_accept(&board.hal, accept, &dev_nonce), 17);
    cr_assert_eq(dev_nonce, 0x1234);
    cr_assert_arr_eq(accept, record + 131, 17);
    record[130] = 34;
    fake_board_seal_factory(&board);
    cr_assert_eq(factory_join_accept(&board.hal, accept, &dev_nonce), 0, "no room for it");
    record[131] ^= 1;
    cr_assert_eq(factory_join_accept(&board.hal, accept, &dev_nonce), 0, "CRC");
}

Test(factory, any_flipped_byte_is_noticed, .init = set_up)
{
    for (unsigned i = 0; i < FACTORY_RECORD_SIZE; ++i) {
        struct factory factory;
        board.internal[FLASH_FACTORY_ADDRESS + i] ^= 0x10;
        cr_assert_not(factory_read(&board.hal, &factory));
        cr_assert_eq(factory.hardware_id, 0);
        board.internal[FLASH_FACTORY_ADDRESS + i] ^= 0x10;
    }
}
