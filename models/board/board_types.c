/* The reference board as a constant, and what any board must hold to.
 * SPDX-License-Identifier: MIT
 *
 * Sources: spec-physics section 8 (STM32L0 and W25Q80 datasheet rows), spec-sx127x section 13
 * (SX1276 supply currents, and the per-dBm transmit table of LoRaSim, 44 mA at 14 dBm). A test
 * holds the constant to the data file boards/stm32l072-sx1276.yaml.
 */
#include "board/board_type.h"

#define MA 1000.0 /* in uA */

const struct board_type board_stm32l072_sx1276 = {
    .name = "stm32l072-sx1276",
    .cpu_hz = 32000000,
    .radio_spi_hz = 8000000,
    .nor_spi_hz = 16000000,
    .irq_wakeup_ns = 5000,        /* STM32L0: 3.5 us typical from stop to HSI16, then the PLL */
    .cycles_per_hal_call = 40,    /* assumed: a function through a table, on a bus of wait states */
    .cycles_per_aes_block = 3600, /* assumed: compact C on a Cortex-M0+, no engine in the L072 */
    .cycles_per_sha_block = 9000, /* assumed: 140 cycles a byte */
    .cycles_ed25519_verify = 30000000, /* assumed: compact C, 0.94 s */
    .radio_interrupts = 5, /* DIO5 shares its EXTI line with DIO0 (device/port/board.h) */
    /* assumed: a small antenna lacks the 2 dB that the MAC leaves for it (device/mac/region.c). */
    .tx_antenna_gain_mdb = 0,
    .nor_poll_ns = 50000,   /* period of a driver's status loop */
    .nor_wake_up_ns = 3000, /* tRES1 */
    .reset_ns = 1000000,  /* assumed: option bytes, oscillators, memory set-up */
    .watchdog_ns = 1000000000,
    .energy = {
        .supply_v = 3.3,
        .radio_ua = {
            [SX1276_POWER_RESET] = 1.6 * MA, /* oscillator and regulators stay on */
            [SX1276_POWER_SLEEP] = 0.2,
            [SX1276_POWER_STANDBY] = 1.6 * MA,
            [SX1276_POWER_FS] = 5.8 * MA,
        },
        .radio_rx_ua = { 10.3 * MA, 11.1 * MA, 12.6 * MA }, /* band 1 */
        /* 11.5 mA is the FSK row of band 1; the wider ones by the steps of the row above. */
        .radio_rx_boost_ua = { 11.5 * MA, 12.3 * MA, 13.8 * MA },
        .radio_cad_ua = { 6.0 * MA, 6.8 * MA, 8.3 * MA },
        .radio_tx_ua = {
            22 * MA, 22 * MA, 22 * MA, 22 * MA, 22 * MA,          /* -4..0; below -2 as -2 */
            23 * MA, 24 * MA, 24 * MA, 24 * MA,                   /* 1..4 */
            25 * MA, 25 * MA, 25 * MA, 25 * MA,                   /* 5..8 */
            26 * MA, 31 * MA, 32 * MA, 34 * MA, 35 * MA, 44 * MA, /* 9..14 */
            82 * MA, 85 * MA, 90 * MA, 105 * MA, 115 * MA, 125 * MA,
        },
        .mcu_run_ua = 3.0 * MA, /* 93 uA/MHz at 32 MHz */
        .mcu_stop_ua = 0.9,     /* stop with RTC on LSE: 0.8-1.0 */
        .nor_power_down_ua = 1.0,
        .nor_standby_ua = 10.0,
        .nor_program_ua = 20.0 * MA, /* 15-25 */
        .nor_erase_ua = 20.0 * MA,
        .nor_read_ua = 4.0 * MA,
        .internal_program_ua = 0.5 * MA, /* average */
        .internal_erase_ua = 0.5 * MA,
    },
    .battery = { /* AA Li-SOCl2, LS14500 class */
        .capacity_mah = 2600,
        .voltage_v = 3.6,
        .self_discharge_per_year = 0.01,
        .usable_fraction = 0.8, /* 70-85 % in the cold and under pulses */
        .pulse_ua = 250 * MA,       /* Saft LS 14500: 250 mA for 0.1 s from an undischarged cell */
        .pulse_v = 3.0,         /* the same: readings above 3.0 V */
        .minimum_v = 1.8,       /* SX1276 table 6; BOR level 1 of the STM32L072 is about there */
    },
    .flash = {
        [HAL_FLASH_INTERNAL] = {
            .size_bytes = 192 * 1024,
            .erase_unit_bytes = 128,
            .program_unit_bytes = 4,
            .program_page_bytes = 64, /* half page */
            .erased_value = 0x00,
            .rewritable = false, /* the STM32L0 flags a word that is not erased (NOTZEROERR) */
            .stalls_cpu = true,
        },
        [HAL_FLASH_EXTERNAL] = {
            .size_bytes = BOARD_NOR_MAX,
            .erase_unit_bytes = 4096,
            .program_unit_bytes = 1,
            .program_page_bytes = 256,
            .erased_value = 0xFF,
            .rewritable = true,
            .stalls_cpu = false,
        },
    },
    .flash_timing = {
        [HAL_FLASH_INTERNAL] = {
            .program_ns_per_unit = 3200000,
            .erase_ns_per_unit = 3200000,
            .read_ns_per_byte = 16, /* a word in two cycles */
        },
        [HAL_FLASH_EXTERNAL] = {
            .program_ns_per_unit = 700000,
            .erase_ns_per_unit = 45000000,
            .read_ns_per_byte = 500, /* 16 MHz SPI */
        },
    },
    .flash_endurance = { [HAL_FLASH_INTERNAL] = 10000, [HAL_FLASH_EXTERNAL] = 100000 },
};

static const char *flash_fault(const struct hal_flash_geometry *flash, uint32_t size_max)
{
    if (flash->erase_unit_bytes == 0 || flash->program_page_bytes == 0
            || flash->program_unit_bytes == 0 || flash->size_bytes % FLASH_SECTOR_BYTES != 0
            || flash->size_bytes % flash->erase_unit_bytes != 0
            || flash->erase_unit_bytes % flash->program_page_bytes != 0
            || flash->program_page_bytes % flash->program_unit_bytes != 0) {
        return "flash sizes are not multiples: region of 4 KiB and of erase units, erase unit of "
               "program pages, program page of program units";
    }
    if (flash->size_bytes > size_max) {
        return "flash is larger than a board holds: 1 MiB internal, 1 MiB of NOR";
    }
    if (flash->erased_value != 0x00 && flash->erased_value != 0xFF) {
        return "flash erases to 0x00 or to 0xFF";
    }
    return NULL;
}

const char *board_type_fault(const struct board_type *board)
{
    const struct hal_flash_geometry *internal = &board->flash[HAL_FLASH_INTERNAL];
    const struct hal_flash_geometry *nor = &board->flash[HAL_FLASH_EXTERNAL];
    if (board->cpu_hz == 0 || board->radio_spi_hz == 0 || board->nor_spi_hz == 0) {
        return "a clock of 0 Hz";
    }
    if (board->radio_interrupts > SX1276_DIO_COUNT) {
        return "more interrupts than the radio has DIO lines";
    }
    /* A firmware that always has more to do must get somewhere. */
    if ((uint64_t)board->cycles_per_hal_call * UINT64_C(1000000000) < board->cpu_hz) {
        return "a HAL call takes less than a nanosecond";
    }
    if (!internal->stalls_cpu || nor->stalls_cpu) {
        return "internal flash stalls the CPU and the NOR does not";
    }
    const struct battery_params *battery = &board->battery;
    if (battery->pulse_ua <= 0 || battery->minimum_v >= battery->pulse_v
            || battery->pulse_v >= battery->voltage_v) {
        return "battery voltages are not in order: minimum, in a pulse, without load";
    }
    const char *fault = flash_fault(internal, BOARD_INTERNAL_FLASH_MAX);
    return fault != NULL ? fault : flash_fault(nor, BOARD_NOR_MAX);
}
