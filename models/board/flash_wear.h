/* Wear of a flash region: how often each of its erase units was erased.
 * SPDX-License-Identifier: MIT
 *
 * Units in a row that were erased equally often are one run. Updates erase slots from end to end,
 * so there are few runs, and a region that was never erased has none.
 */
#ifndef BOARD_FLASH_WEAR_H
#define BOARD_FLASH_WEAR_H

#include <stdint.h>

struct run_memory;

struct flash_wear_run {
    uint32_t first;  /* unit, up to the first one of the next run */
    uint32_t erases; /* of each of them; different from its neighbours', of the last run 0 */
};

struct flash_wear {
    struct flash_wear_run *runs; /* in order; units before the first were never erased */
    uint32_t count, capacity;
    uint32_t total; /* erases of all units */
};

/* Counts an erase of `units` units from `first` on. */
void flash_wear_erase(
        struct flash_wear *wear, struct run_memory *memory, uint32_t first, uint32_t units);
/* Most erases of any unit. */
uint32_t flash_wear_most(const struct flash_wear *wear);
void flash_wear_finish(struct flash_wear *wear);

#endif
