/* Cuts what is to be programmed at the ends of pages.
 * SPDX-License-Identifier: MIT
 */
#include "update/flash_write.h"

#include <string.h>

#define UNIT_SIZE_MAX 8u

enum hal_status flash_write(const struct hal *hal, enum hal_flash_region region, uint32_t address,
        const uint8_t *data, uint32_t size)
{
    const struct hal_flash_geometry *geometry = hal_flash_geometry(hal, region);
    uint32_t page = geometry->program_page_bytes;
    uint32_t rest = size % geometry->program_unit_bytes;
    enum hal_status status = HAL_OK;
    DEVICE_ASSERT(hal, geometry->program_unit_bytes <= UNIT_SIZE_MAX);
    for (uint32_t done = 0; done < size - rest && status == HAL_OK;) {
        uint32_t room = page - (address + done) % page;
        uint32_t left = size - rest - done;
        uint32_t piece = left < room ? left : room;
        status = hal_flash_program(hal, region, address + done, data + done, piece);
        done += piece;
    }
    if (rest > 0 && status == HAL_OK) {
        uint8_t unit[UNIT_SIZE_MAX];
        memset(unit, geometry->erased_value, sizeof unit);
        memcpy(unit, data + size - rest, rest);
        status = hal_flash_program(
                hal, region, address + size - rest, unit, geometry->program_unit_bytes);
    }
    return status;
}
