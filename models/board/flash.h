/* Flash of all nodes: regions with their rules and times, copy-on-write over shared content.
 * SPDX-License-Identifier: MIT
 *
 * Content is kept in 256-byte pages, 16 of them a sector. Pages and sectors that many nodes brought
 * about by the same operation from the same content are one: a change to shared content is first
 * looked up in a small memo of (old content, change) -> new content, whose answer is compared byte
 * by byte before it is believed. So a multicast fragment costs one page, not one a node. What one
 * node owns alone is changed in place.
 */
#ifndef BOARD_FLASH_H
#define BOARD_FLASH_H

#include <stdbool.h>
#include <stdint.h>

#include "hal.h"
#include "sim_time.h"

#define FLASH_PAGE_BYTES       256u
#define FLASH_PAGES_PER_SECTOR 16u
#define FLASH_SECTOR_BYTES     (FLASH_PAGE_BYTES * FLASH_PAGES_PER_SECTOR)

struct flash_timing {
    sim_ns program_ns_per_unit; /* internal: a unit, or a whole page; NOR: any part of a page */
    sim_ns erase_ns_per_unit;
    sim_ns read_ns_per_byte;
};

struct flash_store; /* pages of a run */
struct run_memory;

/* NULL: out of memory. It grows from `memory` (run_memory.h). */
struct flash_store *flash_store_create(struct run_memory *memory);
void flash_store_destroy(struct flash_store *store);
uint64_t flash_store_bytes(const struct flash_store *store);
/* Pages and sectors in use: what sharing leaves. */
uint32_t flash_store_pages(const struct flash_store *store);
uint32_t flash_store_sectors(const struct flash_store *store);

struct flash_image {   /* one region of one node */
    uint32_t *sectors; /* 4 KiB each, 0: erased */
    uint32_t sector_count;
    uint8_t erased_value;
    bool owns_table;
};

/* Erased; false: out of memory. */
bool flash_image_init(struct flash_image *image, uint32_t size_bytes, uint8_t erased_value);
/* The same over a table of size_bytes / FLASH_SECTOR_BYTES entries that outlives the image. */
void flash_image_init_over(
        struct flash_image *image, uint32_t *table, uint32_t size_bytes, uint8_t erased_value);
/* Makes `image`, still erased, hold what `from` holds: everything is shared. */
void flash_image_share(
        struct flash_store *store, struct flash_image *image, const struct flash_image *from);
/* Lets go of a table that the image owns, not of the content. */
void flash_table_free(struct flash_image *image);
void flash_image_finish(struct flash_store *store, struct flash_image *image);
void flash_image_read(const struct flash_store *store, const struct flash_image *image,
        uint32_t address, void *data, uint32_t size);
/* Changes bits away from the erased value only. Returns false if a bit had to change back, or if
 * `rewritable` is false and a byte was not erased: the operation then has the physical effect (AND
 * or OR) and is a violation. */
bool flash_image_program(struct flash_store *store, struct flash_image *image, uint32_t address,
        const void *data, uint32_t size, bool rewritable);
void flash_image_erase(
        struct flash_store *store, struct flash_image *image, uint32_t address, uint32_t size);
/* Direct content, at manufacture. Shared: a second node with equal content shares pages. */
void flash_image_set(struct flash_store *store, struct flash_image *image, uint32_t address,
        const void *data, uint32_t size);

#endif
