/* Flash of all nodes: regions with their rules and times, copy-on-write over shared content.
 * SPDX-License-Identifier: MIT
 *
 * Content is kept in 256-byte pages, 16 of them a sector. Pages and sectors that many nodes brought
 * about by the same operation from the same content are one: a change to shared content is first
 * looked up in a small memo of (old content, change) -> new content, whose answer is compared byte
 * by byte before it is believed. So a multicast fragment costs one page, not one a node. What one
 * node owns alone is changed in place. The sectors of a region stand in tables of 16; a table is
 * shared until one of its sectors changes, and one that is erased does not exist.
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
#define FLASH_TABLE_SECTORS    16u
#define FLASH_TABLE_BYTES      (FLASH_SECTOR_BYTES * FLASH_TABLE_SECTORS)
#define FLASH_REGION_BYTES_MAX (1024u * 1024u)

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
/* Pages, sectors and tables in use: what sharing leaves. */
uint32_t flash_store_pages(const struct flash_store *store);
uint32_t flash_store_sectors(const struct flash_store *store);
uint32_t flash_store_tables(const struct flash_store *store);

struct flash_image { /* one region of one node */
    uint32_t size_bytes;
    uint8_t erased_value;
    uint8_t table_used;                                          /* last: a hint */
    uint32_t tables[FLASH_REGION_BYTES_MAX / FLASH_TABLE_BYTES]; /* 0: erased */
};

/* Erased. `size_bytes`: whole sectors, up to FLASH_REGION_BYTES_MAX. */
void flash_image_init(struct flash_image *image, uint32_t size_bytes, uint8_t erased_value);
/* Makes `image`, still erased, hold what `from` holds: everything is shared. */
void flash_image_share(
        struct flash_store *store, struct flash_image *image, const struct flash_image *from);
/* The number of the sector at `address`, 0: erased. Equal numbers are equal content. */
uint32_t flash_image_sector(
        const struct flash_store *store, const struct flash_image *image, uint32_t address);
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
/* Starts to bring into the cache what finds the sectors around the last change. */
void flash_image_prefetch(const struct flash_store *store, const struct flash_image *image);
/* Direct content, at manufacture. Shared: a second node with equal content shares pages. */
void flash_image_set(struct flash_store *store, struct flash_image *image, uint32_t address,
        const void *data, uint32_t size);

#endif
