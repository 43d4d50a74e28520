/* The application image: one board, one firmware, one main loop.
 * SPDX-License-Identifier: MIT
 *
 * Interrupt handlers note edges in the board; the loop hands them to the firmware between two
 * pieces of work, so the firmware never sees an interrupt in the middle of anything.
 */
#include "fw.h"
#include "port/board.h"
#include "port/startup.h"
#include "port/stm32l0.h"
#include "update/flash_map.h"
#include "update/image.h"

#ifndef PORT_FIRMWARE_RAM_BYTES
#error "the build takes PORT_FIRMWARE_RAM_BYTES from fleetcast_fw.ram_size_bytes"
#endif

/* The only mutable objects of the program: on silicon there is one of each. */
static struct board board;
static uint64_t firmware_ram[(PORT_FIRMWARE_RAM_BYTES + 7u) / 8u];

void rtc_handler(void)
{
    board_alarm_interrupt(&board);
}

void dio_handler(void)
{
    board_radio_interrupt(&board);
}

void systick_handler(void)
{
    board.woken = true;
}

static void notes_deliver(void)
{
    for (unsigned source = 0; source < FW_IRQ_COUNT; ++source) {
        struct board_interrupt *note = &board.interrupts[source];
        if (note->pending) {
            uint32_t saved = cpu_interrupts_save();
            uint64_t edge_ticks = note->edge_ticks;
            note->pending = false;
            cpu_interrupts_restore(saved);
            fleetcast_fw.irq(firmware_ram, (enum fw_irq)source, edge_ticks);
        }
    }
    if (board.nor_notify && !board_nor_busy(&board)) {
        board.nor_notify = false;
        fleetcast_fw.irq(firmware_ram, FW_IRQ_FLASH_DONE, board_rtc_now());
    }
}

void program_main(void)
{
    const struct hal hal = { &board, &board_hal_ops };
    board_start(&board);
    enum hal_reset_cause cause = board_reset_cause();
    board_reset_cause_clear();
    board_watchdog_start();
    DEVICE_ASSERT(&hal, fleetcast_fw.version == FW_OPS_VERSION);
    DEVICE_ASSERT(&hal, fleetcast_fw.ram_size_bytes <= sizeof firmware_ram);
    DEVICE_ASSERT(&hal, fleetcast_fw.ram_align_bytes <= _Alignof(uint64_t));
    DEVICE_ASSERT(&hal, (uint32_t)(uintptr_t)vectors
                                == FLASH_BASE_ADDRESS + FLASH_RUNNING_ADDRESS + IMAGE_HEADER_SIZE);
    board_alarm_start();
    board_radio_interrupts_start();
    board_alarm_set(&board, HAL_TICKS_NEVER); /* starts the hops that feed the watchdog */
    fleetcast_fw.boot(firmware_ram, &hal, cause);
    for (;;) {
        board_watchdog_feed();
        notes_deliver();
        if (!fleetcast_fw.run(firmware_ram)) {
            board_sleep(&board);
        }
    }
}
