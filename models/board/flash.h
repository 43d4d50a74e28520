/* Flash of all nodes: regions with their rules and times, copy-on-write over shared content.
 * SPDX-License-Identifier: MIT
 *
 * Content is kept in 256-byte pages. Pages that many nodes brought about by the same operation
 * from the same content are one page: a program is first looked up in a small memo of
 * (old page, offset, data) -> new page, so a multicast fragment costs one page, not one a node. A
 * page owned by one node alone is changed in place.
 */
#ifndef BOARD_FLASH_H
#define BOARD_FLASH_H

#include <stdbool.h>
#include <stdint.h>

#include "hal.h"
#include "sim_time.h"

#define FLASH_PAGE_BYTES 256u

struct flash_timing {
    sim_ns program_ns_per_unit; /* internal: word or half page; NOR: one page program */
    sim_ns erase_ns_per_unit;
    sim_ns read_ns_per_byte;
};

struct flash_store; /* pages of a run */

struct flash_store *flash_store_create(void);
void flash_store_destroy(struct flash_store *store);
uint64_t flash_store_bytes(const struct flash_store *store);

struct flash_sector; /* 16 page numbers, allocated when first written */

struct flash_image { /* one region of one node */
    struct flash_sector **sectors; /* 4 KiB each, NULL: erased */
    uint32_t sector_count;
    uint8_t erased_value;
};

/* Erased; false: out of memory. */
bool flash_image_init(struct flash_image *image, uint32_t size_bytes, uint8_t erased_value);
void flash_image_finish(struct flash_store *store, struct flash_image *image);
void flash_image_read(const struct flash_store *store, const struct flash_image *image,
        uint32_t address, void *data, uint32_t size);
/* Changes bits away from the erased value only. Returns false if a bit had to change back: the
 * operation then has the physical effect (AND or OR) and is a violation. */
bool flash_image_program(struct flash_store *store, struct flash_image *image, uint32_t address,
        const void *data, uint32_t size, bool rewritable);
void flash_image_erase(
        struct flash_store *store, struct flash_image *image, uint32_t address, uint32_t size);
/* Direct content, at manufacture. Shared: a second node with equal content shares pages. */
void flash_image_set(struct flash_store *store, struct flash_image *image, uint32_t address,
        const void *data, uint32_t size);

#endif
