/* The NOR's driver against a chip that goes by its datasheet: commands, busy, power-down.
 * SPDX-License-Identifier: MIT
 *
 * W25Q80: in power-down it hears nothing but 0xAB; entering and leaving take tDP and tRES1, 3 us
 * each, 6 bytes at 16 MHz, in which nothing may be sent; at work it answers nothing but its status.
 */
#include <criterion/criterion.h>
#include <string.h>

#define PORT_PINS_H /* pins and bus of this file instead */
#include "port/board.h"
#include "port/stm32l0.h"

#define SIZE         (1024u * 1024u)
#define SETTLE_BYTES 6u
#define BUSY_POLLS   3u

enum pin_mode {
    PIN_OUTPUT,
    PIN_ALTERNATE
};

static struct {
    uint8_t memory[SIZE];
    bool selected, down, write_enabled;
    unsigned settle_bytes; /* of its change of power that are still to pass */
    unsigned polls_left;   /* at work for so many status reads */
    uint8_t frame[260];
    size_t clocked;
    unsigned faults, reads, writes, releases;
} nor;

static uint32_t frame_address(void)
{
    return (uint32_t)nor.frame[1] << 16 | (uint32_t)nor.frame[2] << 8 | nor.frame[3];
}

static uint8_t answer(size_t at)
{
    if (nor.down || at == 0) {
        return 0xFF; /* no chip drives the line */
    }
    if (nor.frame[0] == 0x05) {
        return nor.polls_left > 0 ? 0x01 : 0x00;
    }
    return nor.frame[0] == 0x03 && at >= 4 ? nor.memory[frame_address() + at - 4] : 0xFF;
}

static void work(void)
{
    nor.faults += !nor.write_enabled;
    nor.write_enabled = false;
    nor.polls_left = BUSY_POLLS;
    nor.writes++;
    if (nor.frame[0] == 0x20) {
        memset(&nor.memory[frame_address() & ~4095u], 0xFF, 4096);
    }
    for (size_t i = 4; nor.frame[0] == 0x02 && i < nor.clocked; i++) {
        nor.memory[frame_address() + i - 4] &= nor.frame[i];
    }
}

/* The rising edge of chip select. */
static void execute(void)
{
    uint8_t command = nor.frame[0];
    bool at_work = nor.polls_left > 0;
    if (command == 0xAB) {
        nor.releases++;
        nor.settle_bytes = nor.down ? SETTLE_BYTES : 0;
        nor.down = false;
    } else if (nor.down || (at_work && command != 0x05)) {
        nor.faults++; /* it hears nothing */
    } else if (command == 0xB9) {
        nor.down = true;
        nor.settle_bytes = SETTLE_BYTES;
    } else if (command == 0x05) {
        nor.polls_left -= at_work;
    } else if (command == 0x06) {
        nor.write_enabled = true;
    } else if (command == 0x02 || command == 0x20) {
        work();
    } else {
        nor.faults += command != 0x03;
        nor.reads++;
    }
}

static void pin_mode(struct gpio_registers *port, unsigned pin, enum pin_mode mode)
{
    cr_assert_eq(port, GPIOB);
    cr_assert_eq(mode, pin == 12 ? PIN_OUTPUT : PIN_ALTERNATE);
}

static void pin_write(struct gpio_registers *port, unsigned pin, bool high)
{
    cr_assert_eq(port, GPIOB);
    cr_assert_eq(pin, 12);
    if (nor.selected && high) {
        execute();
    }
    nor.selected = !high;
    nor.clocked = 0;
}

static void spi_start(struct spi_registers *spi, uint32_t divider)
{
    cr_assert_eq(spi, SPI2);
    cr_assert_eq(divider, SPI_CR1_BR_2);
}

static void spi_exchange(struct spi_registers *spi, const uint8_t *tx, uint8_t *rx, size_t size)
{
    cr_assert_eq(spi, SPI2);
    for (size_t i = 0; i < size; i++) {
        if (!nor.selected) {
            nor.settle_bytes -= nor.settle_bytes > 0;
            continue;
        }
        nor.faults += nor.settle_bytes > 0;
        cr_assert_lt(nor.clocked, sizeof nor.frame);
        nor.frame[nor.clocked] = tx != NULL ? tx[i] : 0;
        if (rx != NULL) {
            rx[i] = answer(nor.clocked);
        }
        nor.clocked++;
    }
}

#include "port/nor.c" /* with the pins above */

static struct board board;

static void power_on(void)
{
    memset(nor.memory, 0xFF, sizeof nor.memory);
    board_nor_start(&board);
}

TestSuite(nor, .init = power_on);

static unsigned wait_for_end(void)
{
    unsigned polls = 0;
    while (board_nor_busy(&board)) {
        cr_assert_not(nor.down, "at work");
        polls++;
    }
    return polls;
}

Test(nor, goes_to_power_down_when_its_first_status_says_idle)
{
    cr_assert_not(board_nor_busy(&board));
    cr_assert(nor.down);
    cr_assert_eq(nor.faults, 0);
}

Test(nor, is_woken_for_a_read_and_powered_down_after_it)
{
    uint8_t bytes[3];
    memcpy(&nor.memory[70000], "abc", 3);
    for (unsigned i = 1; i <= 2; i++) {
        cr_assert_eq(board_nor_read(&board, 70000, bytes, 3), HAL_OK);
        cr_assert_arr_eq(bytes, "abc", 3);
        cr_assert(nor.down);
        cr_assert_eq(nor.reads, i);
        cr_assert_eq(nor.releases, i + 1, "one of them at the start");
    }
    cr_assert_eq(nor.faults, 0);
}

/* Rows of every length about the pieces that it takes them in; the sum by hand. */
Test(nor, adds_rows_and_reads_each_run_at_once)
{
    const struct hal_flash_rows runs[] = { { 70000, 2 }, { 500, 1 } };
    for (size_t size = 1; size <= 100; size++) {
        uint8_t sum[101] = { 0 };
        for (size_t i = 0; i < 2 * size; i++) {
            nor.memory[70000 + i] = (uint8_t)(i * 7);
            nor.memory[500 + i] = (uint8_t)(i + 90);
        }
        unsigned reads = nor.reads;
        cr_assert_eq(board_nor_add(&board, runs, 2, sum, size), HAL_OK);
        for (size_t i = 0; i < size; i++) {
            uint8_t right = (uint8_t)((uint8_t)(i * 7) ^ (uint8_t)((i + size) * 7) ^ (i + 90));
            cr_assert_eq(sum[i], right, "byte %zu of %zu", i, size);
        }
        cr_assert_eq(sum[size], 0);
        cr_assert_eq(nor.reads, reads + 2);
        cr_assert(nor.down);
    }
    cr_assert_eq(nor.faults, 0);
}

Test(nor, adds_nothing_while_it_works_or_outside)
{
    const struct hal_flash_rows runs[] = { { 0, 1 }, { SIZE - 10, 2 } };
    uint8_t sum[8] = { 0 };
    cr_assert_eq(board_nor_add(&board, runs, 2, sum, 6), HAL_ERR_RANGE);
    cr_assert_eq(board_nor_erase(&board, 0, 4096), HAL_OK);
    cr_assert_eq(board_nor_add(&board, runs, 2, sum, 5), HAL_BUSY);
    for (unsigned i = 0; i < sizeof sum; i++) {
        cr_assert_eq(sum[i], 0);
    }
}

Test(nor, goes_back_when_the_end_of_a_program_or_erase_is_seen)
{
    uint8_t bytes[2];
    cr_assert_eq(board_nor_program(&board, 8190, (const uint8_t *)"xy", 2), HAL_OK);
    cr_assert_not(nor.down);
    cr_assert_eq(board_nor_read(&board, 8190, bytes, 2), HAL_BUSY);
    cr_assert_eq(wait_for_end(), BUSY_POLLS - 1, "the read has asked, too");
    cr_assert(nor.down);
    cr_assert_eq(board_nor_read(&board, 8190, bytes, 2), HAL_OK);
    cr_assert_arr_eq(bytes, "xy", 2);
    cr_assert_eq(board_nor_erase(&board, 4096, 4096), HAL_OK);
    cr_assert_eq(wait_for_end(), BUSY_POLLS);
    cr_assert(nor.down);
    cr_assert_eq(board_nor_read(&board, 8190, bytes, 2), HAL_OK);
    cr_assert_arr_eq(bytes, "\xFF\xFF", 2);
    cr_assert_eq(nor.writes, 2);
    cr_assert_eq(nor.faults, 0);
}

Test(nor, is_found_in_power_down_or_at_work_after_a_reset_of_the_processor)
{
    cr_assert_not(board_nor_busy(&board));
    cr_assert(nor.down);
    board_nor_start(&board);
    cr_assert_eq(wait_for_end(), 0, "it was idle");
    cr_assert_eq(board_nor_erase(&board, 0, 4096), HAL_OK);
    board_nor_start(&board);
    cr_assert_eq(wait_for_end(), BUSY_POLLS);
    cr_assert(nor.down);
    cr_assert_eq(nor.faults, 0);
}
