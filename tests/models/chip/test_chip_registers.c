/* Registers of the SX1276 without firmware: reset values, pages, access rules, SPI frames.
 * SPDX-License-Identifier: MIT
 *
 * Oracle: datasheet rev 4 section 6, typed in here a second time as address/value pairs.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "chip/sx1276_parts.h"
#include "chip/sx1276_registers.h"
#include "support/fake_board.h"

static struct fake_board board;

/* clang-format off */
static const uint8_t common_reset[][2] = {
    { 0x02, 0x1a }, { 0x03, 0x0b }, { 0x04, 0x00 }, { 0x05, 0x52 }, { 0x06, 0x6c }, { 0x07, 0x80 },
    { 0x08, 0x00 }, { 0x09, 0x4f }, { 0x0a, 0x09 }, { 0x0b, 0x2b }, { 0x0c, 0x20 }, { 0x40, 0x00 },
    { 0x41, 0x00 }, { 0x42, 0x12 }, { 0x44, 0x2d }, { 0x4b, 0x09 }, { 0x4d, 0x84 }, { 0x5d, 0x00 },
    { 0x70, 0xd0 },
};
static const uint8_t lora_reset[][2] = {
    { 0x0d, 0x00 }, { 0x0e, 0x80 }, { 0x0f, 0x00 }, { 0x10, 0x00 }, { 0x11, 0x00 }, { 0x12, 0x00 },
    { 0x13, 0x00 }, { 0x14, 0x00 }, { 0x15, 0x00 }, { 0x16, 0x00 }, { 0x17, 0x00 }, { 0x18, 0x10 },
    { 0x19, 0x00 }, { 0x1a, 0x00 }, { 0x1b, 0x00 }, { 0x1c, 0x00 }, { 0x1d, 0x72 }, { 0x1e, 0x70 },
    { 0x1f, 0x64 }, { 0x20, 0x00 }, { 0x21, 0x08 }, { 0x22, 0x01 }, { 0x23, 0xff }, { 0x24, 0x00 },
    { 0x25, 0x00 }, { 0x26, 0x04 }, { 0x27, 0x00 }, { 0x28, 0x00 }, { 0x29, 0x00 }, { 0x2a, 0x00 },
    { 0x2f, 0x20 }, { 0x30, 0x00 }, { 0x31, 0xc3 }, { 0x33, 0x27 }, { 0x36, 0x03 }, { 0x37, 0x0a },
    { 0x39, 0x12 }, { 0x3a, 0x65 }, { 0x3b, 0x1d },
};
static const uint8_t fsk_reset[][2] = {
    { 0x0d, 0x08 }, { 0x0e, 0x02 }, { 0x10, 0xff }, { 0x12, 0x15 }, { 0x13, 0x0b }, { 0x1a, 0x00 },
    { 0x1f, 0x40 }, { 0x24, 0x05 }, { 0x25, 0x00 }, { 0x26, 0x03 }, { 0x27, 0x93 }, { 0x28, 0x01 },
    { 0x2f, 0x01 }, { 0x30, 0x90 }, { 0x31, 0x40 }, { 0x32, 0x40 }, { 0x35, 0x0f }, { 0x3b, 0x82 },
    { 0x3e, 0x80 }, { 0x3f, 0x40 },
};
/* clang-format on */

static void expect_values(const uint8_t (*pairs)[2], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t value = fake_read(&board, pairs[i][0]);
        cr_expect_eq(value, pairs[i][1], "register %02x reads %02x, not %02x", pairs[i][0], value,
                pairs[i][1]);
    }
}

#define EXPECT_VALUES(pairs) expect_values((pairs), sizeof(pairs) / sizeof((pairs)[0]))

static void expect_reset_state(void)
{
    cr_expect_eq(fake_read(&board, 0x01), 0x09, "FSK standby, low-frequency registers");
    EXPECT_VALUES(common_reset);
    EXPECT_VALUES(fsk_reset);
    for (unsigned dio = 0; dio < SX1276_DIO_COUNT; dio++) {
        cr_expect(!sx1276_dio_level(&board.chip, dio), "DIO%u", dio);
    }
    fake_write(&board, 0x01, 0x08);
    fake_write(&board, 0x01, 0x88);
    EXPECT_VALUES(common_reset);
    EXPECT_VALUES(lora_reset);
    cr_expect_eq(fake_faults(&board), 0);
}

Test(chip_registers, have_their_reset_values_after_power_on)
{
    fake_board_init(&board);
    expect_reset_state();
}

Test(chip_registers, have_their_reset_values_after_a_reset_pulse)
{
    fake_board_init_lora(&board);
    for (unsigned address = 2; address < SX1276_BANK_SIZE; address++) {
        fake_write(&board, (uint8_t)address, 0xa5);
    }
    fake_write(&board, 0x01, 0x08);
    for (unsigned address = 0x0d; address <= 0x3f; address++) {
        fake_write(&board, (uint8_t)address, 0x9a);
    }
    fake_pulse_reset(&board);
    fake_forget(&board);
    expect_reset_state();
}

Test(chip_registers, table_lists_each_register_on_its_page)
{
    unsigned named = 0;
    for (unsigned address = 0; address < SX1276_BANK_SIZE; address++) {
        const struct sx1276_register *r = &sx1276_lora_registers[address];
        bool banked = address >= SX1276_PAGE_FIRST && address <= SX1276_PAGE_LAST;
        if (r->name != NULL) {
            named++;
            cr_expect_eq(r->page, banked ? SX1276_PAGE_LORA : SX1276_PAGE_COMMON, "%s", r->name);
        } else {
            cr_expect(r->reset == 0 && r->access == SX1276_RW && r->model == SX1276_STORED);
        }
    }
    for (unsigned i = 0; i <= SX1276_PAGE_LAST - SX1276_PAGE_FIRST; i++) {
        const struct sx1276_register *r = &sx1276_fsk_registers[i];
        cr_expect(r->name == NULL || r->page == SX1276_PAGE_FSK, "%s", r->name);
    }
    cr_expect_geq(named, 60);
}

Test(chip_registers, of_both_pages_store_apart)
{
    /* Spec 2, the two pages trap: what a driver writes at start in FSK must not show in LoRa. */
    static const uint8_t fsk_writes[][2] = { { 0x0d, 0x1e }, { 0x0e, 0xd2 }, { 0x27, 0x12 },
        { 0x3b, 0x02 }, { 0x1f, 0xaa }, { 0x30, 0xd8 } };
    static const uint8_t lora_writes[][2] = { { 0x0d, 0x33 }, { 0x0e, 0x44 }, { 0x27, 0x05 },
        { 0x3b, 0x19 }, { 0x1f, 0x10 }, { 0x30, 0x40 } };
    fake_board_init(&board);
    for (unsigned i = 0; i < 6; i++) {
        fake_write(&board, fsk_writes[i][0], fsk_writes[i][1]);
    }
    fake_write(&board, 0x01, 0x08);
    fake_write(&board, 0x01, 0x88);
    EXPECT_VALUES(lora_reset);
    for (unsigned i = 0; i < 6; i++) {
        fake_write(&board, lora_writes[i][0], lora_writes[i][1]);
    }
    fake_write(&board, 0x23, 0x40);
    for (unsigned round = 0; round < 3; round++) { /* ping-pong */
        fake_write(&board, 0x01, 0x08);
        EXPECT_VALUES(fsk_writes);
        fake_write(&board, 0x01, 0x88);
        EXPECT_VALUES(lora_writes);
        cr_expect_eq(fake_read(&board, 0x23), 0x40);
    }
    cr_expect_eq(fake_faults(&board), 0);
}

Test(chip_registers, show_the_fsk_page_in_lora_through_access_shared_reg)
{
    fake_board_init_lora(&board);
    cr_expect_eq(fake_read(&board, 0x0d), 0x00);
    fake_write(&board, 0x01, 0xc8);
    cr_expect_eq(fake_read(&board, 0x01), 0xc8);
    cr_expect_eq(fake_read(&board, 0x0d), 0x08, "RegRxConfig");
    fake_write(&board, 0x32, 0x77);
    fake_write(&board, 0x01, 0x88);
    cr_expect_eq(fake_read(&board, 0x32), 0x00, "reserved on the LoRa page");
    fake_write(&board, 0x01, 0xc8);
    cr_expect_eq(fake_read(&board, 0x32), 0x77);
}

Test(chip_registers, that_are_reserved_store_silently)
{
    fake_board_init_lora(&board);
    for (unsigned address = 2; address < SX1276_BANK_SIZE; address++) {
        const struct sx1276_register *r = &sx1276_lora_registers[address];
        if (r->name == NULL) {
            fake_write(&board, (uint8_t)address, 0x5c);
            cr_expect_eq(fake_read(&board, (uint8_t)address), 0x5c, "%02x", address);
        }
    }
    cr_expect_eq(fake_faults(&board), 0);
}

Test(chip_registers, that_are_read_only_warn_and_keep_their_value)
{
    static const uint8_t addresses[] = { 0x10, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b,
        0x1c, 0x25, 0x28, 0x29, 0x2a, 0x2c, 0x42 };
    fake_board_init_lora(&board);
    for (unsigned i = 0; i < sizeof addresses; i++) {
        uint8_t before = fake_read(&board, addresses[i]);
        fake_write(&board, addresses[i], (uint8_t)~before);
        cr_expect_eq(fake_read(&board, addresses[i]), before, "%02x", addresses[i]);
        cr_expect_eq(board.counts[SX1276_GUEST_WARNING], i + 1, "%02x", addresses[i]);
        cr_expect_eq(board.fault_address, addresses[i]);
    }
}

Test(chip_registers, not_modelled_are_counted_when_relied_on)
{
    fake_board_init_lora(&board);
    fake_write(&board, 0x24, 0); /* RegHopPeriod off: what drivers write */
    cr_expect_eq(fake_faults(&board), 0);
    fake_write(&board, 0x24, 5);
    cr_expect_eq(board.counts[SX1276_UNIMPLEMENTED], 1);
    cr_expect_eq(board.chip.fault_counts[SX1276_UNIMPLEMENTED], 1);
    cr_expect_eq(fake_read(&board, 0x24), 5, "stores all the same");
}

Test(chip_registers, burst_runs_over_consecutive_addresses)
{
    uint8_t frf[3] = { 0xd9, 0x06, 0x66 };
    uint8_t back[4];
    fake_board_init(&board);
    fake_write_burst(&board, 0x06, frf, 3);
    fake_read_burst(&board, 0x05, back, 4);
    cr_expect_eq(back[0], 0x52);
    cr_expect_arr_eq(back + 1, frf, 3);
}

Test(chip_registers, shift_out_the_old_value_during_a_write)
{
    uint8_t tx[2] = { 0x80 | 0x22, 0x55 };
    uint8_t rx[2] = { 0xff, 0xff };
    fake_board_init_lora(&board);
    sx1276_select(&board.chip, board.now_ns);
    sx1276_exchange(&board.chip, board.now_ns, tx, rx, 2); /* address and data in one piece */
    sx1276_deselect(&board.chip, board.now_ns);
    cr_expect_eq(rx[0], 0x00);
    cr_expect_eq(rx[1], 0x01);
    cr_expect_eq(fake_read(&board, 0x22), 0x55);
}

Test(chip_registers, need_a_selected_and_ready_chip)
{
    uint8_t value = 0x42;
    fake_board_init(&board);
    sx1276_exchange(&board.chip, board.now_ns, &value, &value, 1);
    cr_expect_eq(board.counts[SX1276_GUEST_ERROR], 1, "exchange without select");
    cr_expect_eq(value, 0);

    sx1276_reset_pin(&board.chip, board.now_ns, true);
    cr_expect_eq(fake_read(&board, 0x42), 0x00, "traffic in reset is ignored");
    cr_expect_eq(board.counts[SX1276_GUEST_ERROR], 1);
    fake_run(&board, 100 * SIM_NS_PER_US);
    sx1276_reset_pin(&board.chip, board.now_ns, false);
    fake_run(&board, 5 * SIM_NS_PER_MS - 1); /* spec 1: wait 5 ms */
    (void)fake_read(&board, 0x42);
    (void)fake_read(&board, 0x42);
    cr_expect_eq(board.counts[SX1276_GUEST_ERROR], 2, "reported once");
    fake_run(&board, 1);
    cr_expect_eq(fake_read(&board, 0x42), 0x12);
    cr_expect_eq(board.counts[SX1276_GUEST_ERROR], 2);
    cr_expect_eq(board.counts[SX1276_GUEST_WARNING], 0, "100 us is long enough");
}

Test(chip_registers, warn_of_a_reset_pulse_that_is_too_short)
{
    fake_board_init(&board);
    sx1276_reset_pin(&board.chip, board.now_ns, true);
    fake_run(&board, 100 * SIM_NS_PER_US - 1);
    sx1276_reset_pin(&board.chip, board.now_ns, false);
    cr_expect_eq(board.counts[SX1276_GUEST_WARNING], 1);
}

Test(chip_registers, of_modem_settings_warn_while_the_modem_runs)
{
    fake_board_init_lora(&board);
    fake_set_up_modem(&board, 7, 7);
    cr_expect_eq(fake_faults(&board), 0);
    fake_write(&board, 0x01, 0x8d);
    fake_write(&board, 0x1e, 0x94);
    cr_expect_eq(board.counts[SX1276_GUEST_WARNING], 1);
    cr_expect_eq(fake_read(&board, 0x1e), 0x94, "stored for the next start");
    fake_write(&board, 0x1e, 0x94);
    cr_expect_eq(board.counts[SX1276_GUEST_WARNING], 1, "what stays as it is harms nothing");
}

/* Datasheet tables of the FSK page: RegIrqFlags1 bits 3, 1, 0 and RegIrqFlags2 bits 4, 0 are
 * cleared by writing 1. */
Test(chip_registers, fsk_flags_are_cleared_by_writing_one)
{
    fake_board_init(&board);
    fake_write(&board, 0x01, 0x01);
    board.chip.fsk[0x3e - SX1276_PAGE_FIRST] |= 0x0b;
    board.chip.fsk[0x3f - SX1276_PAGE_FIRST] |= 0x11;
    fake_write(&board, 0x3e, 0xf9);
    fake_write(&board, 0x3f, 0xfe);
    cr_expect_eq(fake_read(&board, 0x3e) & 0x0f, 0x02);
    cr_expect_eq(fake_read(&board, 0x3f), 0x41);
    cr_expect_eq(fake_faults(&board), 0);
}

Test(chip_registers, bursts_read_what_single_reads_give)
{
    for (unsigned page = 0; page < 2; page++) {
        fake_board_init(&board);
        if (page == 1) {
            fake_write(&board, 0x01, 0x08);
            fake_write(&board, 0x01, 0x88);
        }
        for (unsigned first = 0x01; first < 0x80; first++) {
            uint8_t burst[0x7f];
            size_t size = 0x80 - first;
            fake_read_burst(&board, (uint8_t)first, burst, size);
            for (unsigned i = 0; i < size; i++) {
                uint8_t value = fake_read(&board, (uint8_t)(first + i));
                cr_assert_eq(burst[i], value, "%02x in a burst from %02x", first + i, first);
            }
        }
    }
}

/* Oracle: the hooks of the table. */
Test(chip_registers, registers_that_are_worked_out_at_a_read_are_those_of_the_table)
{
    size_t next = SX1276_BANK_SIZE;
    for (size_t address = SX1276_BANK_SIZE; address-- > 0;) {
        next = sx1276_lora_registers[address].read != NULL ? address : next;
        cr_expect_eq(sx1276_worked_out_from(address), next, "%02zx", address);
    }
}
