/* The bootloader image: installs what is committed, then starts the application.
 * SPDX-License-Identifier: MIT
 */
#include "port/board.h"
#include "port/startup.h"
#include "port/stm32l0.h"
#include "update/flash_map.h"
#include "update/image.h"
#include "update/update.h"

#define RETRY_TICKS (10u * HAL_RTC_HZ)

static struct board board;

/* No interrupt is enabled here: one that comes is a fault. */
void rtc_handler(void)
{
    board_reset(BOARD_NOTE_PANIC);
}

void dio_handler(void)
{
    board_reset(BOARD_NOTE_PANIC);
}

void systick_handler(void)
{
    board_reset(BOARD_NOTE_PANIC);
}

/* The application's vector table begins with its stack and its entry. */
static void __attribute__((noreturn)) application_start(void)
{
    uint32_t table = FLASH_BASE_ADDRESS + FLASH_RUNNING_ADDRESS + IMAGE_HEADER_SIZE;
    const uint32_t *words = (const uint32_t *)table;
    SCB_VTOR = table;
    __asm volatile("msr msp, %0\n\tbx %1" ::"r"(words[0]), "r"(words[1]) : "memory");
    __builtin_unreachable();
}

void program_main(void)
{
    const struct hal hal = { &board, &board_hal_ops };
    board_start(&board);
    if (bootloader_run(&hal, board_reset_cause())) { /* the application clears the cause */
        application_start();
    }
    /* No whole image, and none to install: a read may have failed, so try again later. */
    uint64_t until = board_rtc_now() + RETRY_TICKS;
    while (board_rtc_now() < until) {
    }
    board_reset(BOARD_NOTE_REBOOT);
}
