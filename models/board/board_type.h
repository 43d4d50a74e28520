/* Constants of a board type: what a data file in models/board/boards/ says.
 * SPDX-License-Identifier: MIT
 *
 * Plain data. The comment of a member names its key in the data file first.
 */
#ifndef BOARD_BOARD_TYPE_H
#define BOARD_BOARD_TYPE_H

#include <stdint.h>

#include "board/battery.h"
#include "board/energy.h"
#include "board/flash.h"
#include "hal.h"

/* Largest flash regions that a simulated board holds: those of the STM32L476 and a W25Q80. */
#define BOARD_INTERNAL_FLASH_MAX FLASH_REGION_BYTES_MAX
#define BOARD_NOR_MAX            FLASH_REGION_BYTES_MAX

struct board_type {
    const char *name;               /* name */
    uint32_t cpu_hz;                /* cpu.clock */
    uint32_t radio_spi_hz;          /* radio.spi */
    uint32_t nor_spi_hz;            /* nor.spi */
    uint32_t irq_wakeup_ns;         /* cpu.wakeup: stop mode to first instruction */
    uint32_t cycles_per_hal_call;   /* cpu.cycles.hal_call */
    uint32_t cycles_per_aes_block;  /* cpu.cycles.aes_block: of 16 bytes, in software or engine */
    uint32_t cycles_per_sha_block;  /* cpu.cycles.sha256_block: of 64 bytes */
    uint32_t cycles_ed25519_verify; /* cpu.cycles.ed25519_verify */
    uint32_t radio_interrupts;      /* radio.interrupts: DIO lines that interrupt, from DIO0 on */
    int32_t tx_antenna_gain_mdb;    /* radio.antenna_gain: EIRP = chip output + this */
    struct energy_params energy;
    struct battery_params battery; /* battery.{capacity,voltage,self_discharge,usable,
                                    * pulse,pulse_voltage,minimum} */
    /* internal.{size,erase_unit,program_unit,program_page,erased_value,rewritable}, nor.{the same};
     * sizes are what the board leaves to the firmware, at most the maxima above. Internal
     * flash stalls the CPU, the NOR runs on. */
    struct hal_flash_geometry flash[HAL_FLASH_REGION_COUNT];
    /* internal.{program_time,erase_time,read_time}, nor.{the same}: see struct flash_timing */
    struct flash_timing flash_timing[HAL_FLASH_REGION_COUNT];
    /* internal.endurance, nor.endurance: erases that a unit is rated for */
    uint32_t flash_endurance[HAL_FLASH_REGION_COUNT];
    uint32_t nor_poll_ns; /* nor.poll: what asking a busy NOR for its status costs */
    /* nor.wake_up: out of power-down, tRES1 (W25Q80 3 us; MX25R8035F tRDP, 35 us). The driver waits
     * as long when it sends the NOR there (tDP is no longer). */
    uint32_t nor_wake_up_ns;
    uint32_t reset_ns;    /* cpu.reset: from any reset to the first instruction */
    uint32_t watchdog_ns; /* cpu.watchdog: from a panic to the watchdog's reset */
};

extern const struct board_type board_stm32l072_sx1276; /* the reference board */

/* NULL, or what is wrong with a type that the board could not simulate. */
const char *board_type_fault(const struct board_type *board);

#endif
