/* Wear of the devices' flash: how often units of it were erased, by region and by what they hold.
 * SPDX-License-Identifier: MIT
 *
 * A unit is what one erase clears: a page of internal flash, a sector of NOR flash.
 */
#ifndef RECORD_WEAR_H
#define RECORD_WEAR_H

#include "board/node.h"
#include "firmware/flash_place.h"

struct wear_region {
    uint32_t total;   /* erases of all units */
    uint32_t most;    /* erases of the unit that was erased most, the first of them; 0: none was */
    uint32_t address; /* of that unit, in its region */
    uint32_t rated;   /* erases of a unit that the board file rates it for */
    uint32_t places[FLASH_PLACE_COUNT]; /* most erases of a unit there */
};

struct device_wear {
    struct wear_region regions[HAL_FLASH_REGION_COUNT];
};

void device_wear_get(const struct node_fleet *nodes, uint32_t device, struct device_wear *wear);

/* "internal", "nor", as in the keys of a summary. */
const char *wear_region_name(enum hal_flash_region region);

#endif
