/* Internal flash of the STM32L072: reference manual RM0367 section 3 (half pages of 64 bytes).
 * SPDX-License-Identifier: MIT
 */
#include "fake_board.h"

const struct hal_flash_geometry fake_internal_geometry = {
    .size_bytes = FLASH_INTERNAL_SIZE,
    .erase_unit_bytes = 128,
    .program_unit_bytes = 4,
    .program_page_bytes = 64,
    .erased_value = 0x00,
    .stalls_cpu = true,
};
