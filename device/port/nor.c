/* The SPI NOR on SPI2: a W25Q80-class chip with the commands that all of its kind share.
 * SPDX-License-Identifier: MIT
 *
 * An idle NOR is in power-down, where it hears nothing but its release: each operation wakes it,
 * and it goes back after a read, or when the status says that what it was at has ended.
 */
#include "port/board.h"
#include "port/pins.h"
#include "port/stm32l0.h"

#define NOR_READ         0x03u
#define NOR_PAGE_PROGRAM 0x02u
#define NOR_SECTOR_ERASE 0x20u
#define NOR_WRITE_ENABLE 0x06u
#define NOR_READ_STATUS  0x05u
#define NOR_POWER_DOWN   0xB9u
#define NOR_RELEASE      0xABu
#define POWER_WAIT_BYTES 7u /* on the bus at 16 MHz 3.5 us; tDP and tRES1 are 3 us at most */
#define STATUS_BUSY      0x01u
#define ADD_PIECE_BYTES  32u
#define SELECT_PIN       12u /* PB12 */

const struct hal_flash_geometry board_nor_geometry = {
    .size_bytes = 1024u * 1024u,
    .erase_unit_bytes = 4096,
    .program_unit_bytes = 1,
    .program_page_bytes = 256,
    .erased_value = 0xFF,
    .rewritable = true,
    .stalls_cpu = false,
};

static void nor_select(bool selected)
{
    pin_write(GPIOB, SELECT_PIN, !selected);
}

static void command_alone(uint8_t command)
{
    nor_select(true);
    spi_exchange(SPI2, &command, NULL, 1);
    nor_select(false);
}

/* Into or out of power-down, then waits by clocking bytes with the chip deselected. A NOR at work
 * ignores it. */
static void change_power(uint8_t command)
{
    command_alone(command);
    spi_exchange(SPI2, NULL, NULL, POWER_WAIT_BYTES);
}

void board_nor_start(struct board *board)
{
    nor_select(false);
    pin_mode(GPIOB, SELECT_PIN, PIN_OUTPUT);
    pin_mode(GPIOB, 13, PIN_ALTERNATE); /* SCK, MISO, MOSI: alternate function 0, as after reset */
    pin_mode(GPIOB, 14, PIN_ALTERNATE);
    pin_mode(GPIOB, 15, PIN_ALTERNATE);
    spi_start(SPI2, SPI_CR1_BR_2); /* 16 MHz */
    change_power(NOR_RELEASE);     /* its status, whatever the reset of the processor met it at */
    board->nor_busy = true;        /* it may have been erasing */
}

bool board_nor_busy(struct board *board)
{
    if (board->nor_busy) {
        uint8_t bytes[2] = { NOR_READ_STATUS, 0 };
        nor_select(true);
        spi_exchange(SPI2, bytes, bytes, sizeof bytes);
        nor_select(false);
        board->nor_busy = (bytes[1] & STATUS_BUSY) != 0;
        if (!board->nor_busy) {
            change_power(NOR_POWER_DOWN);
        }
    }
    return board->nor_busy;
}

static void command_at(uint8_t command, uint32_t address)
{
    uint8_t bytes[4] = { command, (uint8_t)(address >> 16), (uint8_t)(address >> 8),
        (uint8_t)address };
    nor_select(true);
    spi_exchange(SPI2, bytes, NULL, sizeof bytes);
}

/* To program or to erase. */
static void release_for_writing(void)
{
    change_power(NOR_RELEASE);
    command_alone(NOR_WRITE_ENABLE);
}

static bool in_range(uint32_t address, size_t size)
{
    return address <= board_nor_geometry.size_bytes
           && size <= board_nor_geometry.size_bytes - address;
}

/* What follows on the bus is the data, until read_end(). */
static void read_begin(uint32_t address)
{
    change_power(NOR_RELEASE);
    command_at(NOR_READ, address);
}

static void read_end(void)
{
    nor_select(false);
    change_power(NOR_POWER_DOWN);
}

enum hal_status board_nor_read(struct board *board, uint32_t address, uint8_t *data, size_t size)
{
    if (!in_range(address, size)) {
        return HAL_ERR_RANGE;
    }
    if (board_nor_busy(board)) {
        return HAL_BUSY;
    }
    read_begin(address);
    spi_exchange(SPI2, NULL, data, size);
    read_end();
    return HAL_OK;
}

/* Takes `size` bytes from the bus and adds them to `sum`. */
static void add_from_bus(uint8_t *sum, size_t size)
{
    uint8_t piece[ADD_PIECE_BYTES];
    while (size > 0) {
        size_t now = size < sizeof piece ? size : sizeof piece;
        spi_exchange(SPI2, NULL, piece, now);
        for (size_t i = 0; i < now; i++) {
            sum[i] ^= piece[i];
        }
        sum += now;
        size -= now;
    }
}

enum hal_status board_nor_add(struct board *board, const struct hal_flash_rows *runs,
        size_t run_count, uint8_t *sum, size_t row_size)
{
    for (size_t i = 0; i < run_count; i++) {
        if (!in_range(runs[i].address, runs[i].count * row_size)) {
            return HAL_ERR_RANGE;
        }
    }
    if (board_nor_busy(board)) {
        return HAL_BUSY;
    }
    for (size_t i = 0; i < run_count; i++) {
        read_begin(runs[i].address);
        for (uint32_t row = 0; row < runs[i].count; row++) {
            add_from_bus(sum, row_size);
        }
        read_end();
    }
    return HAL_OK;
}

enum hal_status board_nor_program(
        struct board *board, uint32_t address, const uint8_t *data, size_t size)
{
    uint32_t page = board_nor_geometry.program_page_bytes;
    if (size == 0 || !in_range(address, size) || size > page - address % page) {
        return HAL_ERR_RANGE;
    }
    if (board_nor_busy(board)) {
        return HAL_BUSY;
    }
    release_for_writing();
    command_at(NOR_PAGE_PROGRAM, address);
    spi_exchange(SPI2, data, NULL, size);
    nor_select(false);
    board->nor_busy = true;
    return HAL_OK;
}

enum hal_status board_nor_erase(struct board *board, uint32_t address, size_t size)
{
    uint32_t unit = board_nor_geometry.erase_unit_bytes;
    if (address % unit != 0 || size != unit) {
        return HAL_ERR_ALIGN;
    }
    if (!in_range(address, size)) {
        return HAL_ERR_RANGE;
    }
    if (board_nor_busy(board)) {
        return HAL_BUSY;
    }
    release_for_writing();
    command_at(NOR_SECTOR_ERASE, address);
    nor_select(false);
    board->nor_busy = true;
    return HAL_OK;
}
