/* Internal flash of the STM32L476: reference manual RM0351 section 3 (pages of 2 KiB, programmed by
 * double words, no boundary between them). All image slots lie in it.
 * SPDX-License-Identifier: MIT
 */
#include "fake_board.h"

const struct hal_flash_geometry fake_internal_geometry = {
    .size_bytes = FLASH_SLOTS_END,
    .erase_unit_bytes = 2048,
    .program_unit_bytes = 8,
    .program_page_bytes = 8, /* as models/board/boards/stm32l476-sx1276.yaml */
    .erased_value = 0xFF,
    .stalls_cpu = true,
};
