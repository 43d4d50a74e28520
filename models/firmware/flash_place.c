/* What the flash of a device is used for.
 * SPDX-License-Identifier: MIT
 */
#include "firmware/flash_place.h"

#include <stddef.h>

#include "update/flash_map.h"

/* In the order of their addresses in each region, each up to the next. */
static const struct row {
    enum hal_flash_region region;
    uint32_t address;
    enum flash_place place;
} rows[] = {
    { HAL_FLASH_INTERNAL, FLASH_BOOTLOADER_ADDRESS, FLASH_PLACE_OTHER },
    { HAL_FLASH_INTERNAL, FLASH_RUNNING_ADDRESS, FLASH_PLACE_RUNNING },
    { HAL_FLASH_INTERNAL, FLASH_NVM_ADDRESS, FLASH_PLACE_RECORDS },
    { HAL_FLASH_INTERNAL, FLASH_FACTORY_ADDRESS, FLASH_PLACE_OTHER },
    { HAL_FLASH_INTERNAL, FLASH_NEW_IMAGE_ADDRESS, FLASH_PLACE_NEW_IMAGE },
    { HAL_FLASH_INTERNAL, FLASH_OLD_IMAGE_ADDRESS, FLASH_PLACE_OLD_IMAGE },
    { HAL_FLASH_INTERNAL, FLASH_SLOTS_END, FLASH_PLACE_OTHER },
    { HAL_FLASH_EXTERNAL, NOR_BLOCK_ADDRESS, FLASH_PLACE_BLOCK },
    { HAL_FLASH_EXTERNAL, NOR_FEC_ADDRESS, FLASH_PLACE_DECODER },
    { HAL_FLASH_EXTERNAL, NOR_JOURNAL_ADDRESS, FLASH_PLACE_JOURNAL },
    { HAL_FLASH_EXTERNAL, NOR_NEW_IMAGE_ADDRESS, FLASH_PLACE_NEW_IMAGE },
    { HAL_FLASH_EXTERNAL, NOR_OLD_IMAGE_ADDRESS, FLASH_PLACE_OLD_IMAGE },
    { HAL_FLASH_EXTERNAL, NOR_DELTA_ADDRESS, FLASH_PLACE_DELTA_STATE },
    { HAL_FLASH_EXTERNAL, NOR_DELTA_ADDRESS + NOR_DELTA_SIZE, FLASH_PLACE_OTHER },
    { HAL_FLASH_EXTERNAL, NOR_TABLE_ADDRESS, FLASH_PLACE_HASHES },
    { HAL_FLASH_EXTERNAL, NOR_TABLE_ADDRESS + NOR_TABLE_SIZE, FLASH_PLACE_OTHER },
};

enum flash_place flash_place_of(
        enum hal_flash_region region, uint32_t address, uint32_t *end_address)
{
    enum flash_place place = FLASH_PLACE_OTHER;
    *end_address = UINT32_MAX;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].region != region) {
            continue;
        }
        if (rows[i].address > address) {
            *end_address = rows[i].address;
            break;
        }
        place = rows[i].place;
    }
    return place;
}
