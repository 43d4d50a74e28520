/* Programs more than one page, and less than a whole program unit.
 * SPDX-License-Identifier: MIT
 */
#ifndef DEVICE_UPDATE_FLASH_WRITE_H
#define DEVICE_UPDATE_FLASH_WRITE_H

#include "hal.h"

/* Programs `size` bytes of erased flash from `address` on, which begins a program unit, page by
 * page; the last unit is filled up with the erased value. A flash that runs on takes one page a
 * call: else as hal_flash_program(). */
enum hal_status flash_write(const struct hal *hal, enum hal_flash_region region, uint32_t address,
        const uint8_t *data, uint32_t size);

#endif
