/* The flash maps, and programs over the ends of pages and units.
 * SPDX-License-Identifier: MIT
 *
 * Goal: a board of 192 KiB has its slots in the NOR, one of 512 KiB in internal flash, and nothing
 * between them changes the first; slots are whole erase units. What is programmed reads back, what
 * fills the last program unit reads as erased, and no unit is programmed twice.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "device/update/fake_board.h"
#include "update/flash_write.h"

static struct fake_board board;

static void set_up(void)
{
    fake_board_init(&board);
}

/* A board with as much internal flash; the rest of the HAL is not asked. */
static const struct hal_flash_geometry *geometry_of_size(
        void *context, enum hal_flash_region region)
{
    return region == HAL_FLASH_INTERNAL ? context : NULL;
}

static enum hal_flash_region slots_of(uint32_t internal_size)
{
    static const struct hal_ops ops = { .flash_geometry = geometry_of_size };
    struct hal_flash_geometry geometry = { .size_bytes = internal_size };
    const struct hal hal = { &geometry, &ops };
    const struct flash_map *map = flash_map_of(&hal);
    cr_assert_eq(map->new_image.region, map->old_image.region);
    return map->new_image.region;
}

Test(flash_map, is_chosen_by_the_size_of_internal_flash)
{
    cr_expect_eq(slots_of(192 * KIB), HAL_FLASH_EXTERNAL);
    cr_expect_eq(slots_of(256 * KIB), HAL_FLASH_EXTERNAL);
    cr_expect_eq(slots_of(512 * KIB - 1), HAL_FLASH_EXTERNAL);
    cr_expect_eq(slots_of(512 * KIB), HAL_FLASH_INTERNAL);
    cr_expect_eq(slots_of(1024 * KIB), HAL_FLASH_INTERNAL);
}

Test(flash_map, has_slots_of_whole_erase_units, .init = set_up)
{
    const struct flash_map *map = flash_map_of(&board.hal);
    const struct flash_slot *slots[] = { &map->new_image, &map->old_image };
    for (unsigned i = 0; i < 2; i++) {
        const struct hal_flash_geometry *geometry =
                hal_flash_geometry(&board.hal, slots[i]->region);
        cr_expect_eq(slots[i]->address % geometry->erase_unit_bytes, 0);
        cr_expect_eq(FLASH_SLOT_SIZE % geometry->erase_unit_bytes, 0);
        cr_expect_leq(slots[i]->address + FLASH_SLOT_SIZE, geometry->size_bytes);
    }
    uint32_t page = fake_internal_geometry.erase_unit_bytes;
    cr_expect_eq(FLASH_RUNNING_ADDRESS % page, 0);
    cr_expect_eq(FLASH_NVM_ADDRESS % page, 0);
}

Test(flash_write, programs_each_unit_once_and_fills_the_last, .init = set_up)
{
    const uint32_t unit = fake_internal_geometry.program_unit_bytes;
    const uint8_t erased = fake_internal_geometry.erased_value;
    uint8_t data[300];
    for (unsigned i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)(i * 7 + 1);
    }
    uint32_t at = FLASH_NVM_ADDRESS + unit; /* not the begin of a page of the STM32L0 */
    for (uint32_t size = 1; size <= sizeof data; size += 23) {
        const uint8_t *stored = board.internal + at;
        cr_assert_eq(flash_write(&board.hal, HAL_FLASH_INTERNAL, at, data, size), HAL_OK);
        cr_assert_arr_eq(stored, data, size, "%u bytes", size);
        for (at += size; at % unit != 0; at++) {
            cr_assert_eq(board.internal[at], erased, "%u bytes", size);
        }
    }
    cr_assert_eq(board.violations, 0);
}
