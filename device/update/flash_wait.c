/* Looks at a busy flash until it is done, or the time of the longest operation has passed.
 * SPDX-License-Identifier: MIT
 */
#include "update/flash_wait.h"

/* No erase of one unit of a NOR lasts 5 s. */
#define FLASH_WAIT_TICKS (5u * (uint64_t)HAL_RTC_HZ)
#define LOOK_CYCLES      32000u   /* 1 ms at 32 MHz between two looks at a busy flash */
#define LOOKS_MAX        4000000u /* of 5 us at the least: an end also where the RTC stands still */

bool flash_wait(const struct hal *hal, enum hal_flash_region region)
{
    uint64_t until_ticks = hal_rtc_now(hal) + FLASH_WAIT_TICKS;
    DEVICE_ASSERT(hal, region < HAL_FLASH_REGION_COUNT);
    for (uint32_t looks = 0; hal_flash_busy(hal, region); ++looks) {
        if (hal_rtc_now(hal) >= until_ticks || looks == LOOKS_MAX) {
            return false;
        }
        hal_charge(hal, LOOK_CYCLES);
    }
    return true;
}
