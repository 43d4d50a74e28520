/* The bootloader image: installs what is committed, then starts the application.
 * SPDX-License-Identifier: MIT
 */
#include "port/board.h"
#include "port/startup.h"
#include "port/stm32l0.h"
#include "update/flash_map.h"
#include "update/image.h"
#include "update/update.h"

#define RETRY_TICKS     (10u * HAL_RTC_HZ)
#define RETRY_LOOKS_MAX 10000000u /* of some 100 cycles: an end also where the RTC stands still */

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
    for (uint32_t looks = 0; looks < RETRY_LOOKS_MAX && board_rtc_now() < until; ++looks) {
    }
    board_reset(BOARD_NOTE_REBOOT);
}
