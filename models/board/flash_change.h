/* Changes of flash content and the memo that lets nodes share their outcome.
 * SPDX-License-Identifier: MIT
 */
#ifndef BOARD_FLASH_CHANGE_H
#define BOARD_FLASH_CHANGE_H

#include "board/flash.h"
#include "board/flash_index.h"
#include "board/flash_pool.h"

/* Several ways a set: two changes that all nodes make in turn must not push out each other, or
 * no other node would share. An installation makes some 3000 changes, counted at both levels. */
#define FLASH_MEMO_SETS_LOG2 10u
#define FLASH_MEMO_SETS      (1u << FLASH_MEMO_SETS_LOG2)
#define FLASH_MEMO_WAYS      4u

/* Programs of at least this size may complete what other nodes have too: their outcome is looked
 * up by content. Smaller ones are marks and journal entries. */
#define FLASH_LOOK_UP_BYTES 16u

enum flash_level {
    FLASH_LEVEL_PAGE,
    FLASH_LEVEL_SECTOR
};

/* A program or an erase inside one page. */
struct flash_change {
    const uint8_t *data; /* NULL: erase */
    uint16_t offset;     /* in the sector */
    uint16_t size;
    uint8_t erased_value;
    bool on_erased; /* of a page that is erased as a whole: the outcome is the data */
};

/* `old` became `fresh`. Holds a reference to both, so neither number is reused nor is either block
 * changed in place while the entry lives. */
struct flash_memo_entry {
    uint32_t old;
    uint32_t fresh;
    uint16_t offset;
    uint16_t size;
    uint8_t erased_value;
    uint8_t level;
    bool erase;
    bool valid;
};

struct flash_memo_set {
    struct flash_memo_entry way[FLASH_MEMO_WAYS];
    uint32_t oldest;
};

struct flash_sector {
    uint32_t page[FLASH_PAGES_PER_SECTOR]; /* 0: erased */
};

struct flash_table {
    uint32_t sector[FLASH_TABLE_SECTORS]; /* 0: erased */
};

struct flash_store {
    struct flash_pool pages;
    struct flash_pool sectors;
    struct flash_pool tables;
    uint8_t blank[2][FLASH_PAGE_BYTES]; /* an erased page of 0x00, of 0xFF */
    struct flash_memo_set memo[FLASH_MEMO_SETS];
    struct flash_index equal_pages;
    struct flash_index equal_sectors;
    struct flash_rows *rows; /* flash_rows.h; NULL: none was added */
};

static inline const uint8_t *flash_page_bytes(
        const struct flash_store *store, uint32_t page, uint8_t erased_value)
{
    return page != 0 ? flash_pool_block(&store->pages, page) : store->blank[erased_value & 1u];
}

void flash_page_release(struct flash_store *store, uint32_t page);
void flash_sector_release(struct flash_store *store, uint32_t sector);
/* Applies a change to the sector that `*sector` names (its reference moves to the new one). */
void flash_sector_change(
        struct flash_store *store, uint32_t *sector, const struct flash_change *change);

#endif
