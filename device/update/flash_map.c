/* The flash maps, and which of them a board has.
 * SPDX-License-Identifier: MIT
 */
#include "update/flash_map.h"

_Static_assert(FLASH_RUNNING_ADDRESS == FLASH_BOOTLOADER_ADDRESS + FLASH_BOOTLOADER_SIZE
                       && FLASH_NVM_ADDRESS == FLASH_RUNNING_ADDRESS + FLASH_RUNNING_SIZE
                       && FLASH_FACTORY_ADDRESS == FLASH_NVM_ADDRESS + FLASH_NVM_SIZE
                       && FLASH_INTERNAL_SIZE == FLASH_FACTORY_ADDRESS + FLASH_FACTORY_SIZE,
        "what every board has in its internal flash");
_Static_assert(FLASH_INTERNAL_SIZE <= FLASH_NEW_IMAGE_ADDRESS
                       && FLASH_NEW_IMAGE_ADDRESS + FLASH_SLOT_SIZE <= FLASH_OLD_IMAGE_ADDRESS
                       && FLASH_OLD_IMAGE_ADDRESS + FLASH_SLOT_SIZE <= FLASH_SLOTS_END,
        "slots in internal flash do not overlap");
_Static_assert(NOR_JOURNAL_ADDRESS + NOR_JOURNAL_SIZE <= NOR_NEW_IMAGE_ADDRESS
                       && NOR_NEW_IMAGE_ADDRESS + FLASH_SLOT_SIZE <= NOR_OLD_IMAGE_ADDRESS
                       && NOR_OLD_IMAGE_ADDRESS + FLASH_SLOT_SIZE <= NOR_DELTA_ADDRESS,
        "slots in the NOR do not overlap");

/* The one that takes most internal flash first; the last one fits every board. */
static const struct flash_map maps[] = {
    { FLASH_SLOTS_END, { HAL_FLASH_INTERNAL, FLASH_NEW_IMAGE_ADDRESS },
            { HAL_FLASH_INTERNAL, FLASH_OLD_IMAGE_ADDRESS } },
    { FLASH_INTERNAL_SIZE, { HAL_FLASH_EXTERNAL, NOR_NEW_IMAGE_ADDRESS },
            { HAL_FLASH_EXTERNAL, NOR_OLD_IMAGE_ADDRESS } },
};

const struct flash_map *flash_map_of(const struct hal *hal)
{
    uint32_t size = hal_flash_geometry(hal, HAL_FLASH_INTERNAL)->size_bytes;
    const struct flash_map *map = maps;
    DEVICE_ASSERT(hal, size >= FLASH_INTERNAL_SIZE);
    while (map->internal_size > size) {
        ++map;
    }
    return map;
}
