/* Reads, programs and erases ranges of a flash region, piece by piece.
 * SPDX-License-Identifier: MIT
 */
#include "board/flash.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "board/flash_change.h"
#include "board/flash_rows.h"
#include "prefetch.h"

#define FLASH_TABLES (FLASH_REGION_BYTES_MAX / FLASH_TABLE_BYTES)

struct flash_store *flash_store_create(struct run_memory *memory)
{
    struct flash_store *store = calloc(1, sizeof *store);
    if (store == NULL) {
        return NULL;
    }
    flash_pool_init(&store->pages, FLASH_PAGE_BYTES, memory);
    flash_pool_init(&store->sectors, sizeof(struct flash_sector), memory);
    flash_pool_init(&store->tables, sizeof(struct flash_table), memory);
    memset(store->blank[1], 0xFF, FLASH_PAGE_BYTES);
    return store;
}

void flash_store_destroy(struct flash_store *store)
{
    if (store == NULL) {
        return;
    }
    flash_rows_finish(store);
    flash_pool_finish(&store->pages);
    flash_pool_finish(&store->sectors);
    flash_pool_finish(&store->tables);
    free(store);
}

uint64_t flash_store_bytes(const struct flash_store *store)
{
    return sizeof *store + flash_pool_bytes(&store->pages) + flash_pool_bytes(&store->sectors)
           + flash_pool_bytes(&store->tables) + (store->rows != NULL ? sizeof *store->rows : 0);
}

uint32_t flash_store_pages(const struct flash_store *store)
{
    return store->pages.in_use;
}

uint32_t flash_store_sectors(const struct flash_store *store)
{
    return store->sectors.in_use;
}

uint32_t flash_store_tables(const struct flash_store *store)
{
    return store->tables.in_use;
}

void flash_image_init(struct flash_image *image, uint32_t size_bytes, uint8_t erased_value)
{
    assert(size_bytes % FLASH_SECTOR_BYTES == 0 && size_bytes <= FLASH_REGION_BYTES_MAX);
    assert(erased_value == 0x00 || erased_value == 0xFF);
    *image = (struct flash_image){ .size_bytes = size_bytes, .erased_value = erased_value };
}

void flash_image_share(
        struct flash_store *store, struct flash_image *image, const struct flash_image *from)
{
    assert(image->size_bytes == from->size_bytes);
    assert(image->erased_value == from->erased_value);
    for (uint32_t i = 0; i < FLASH_TABLES; i++) {
        assert(image->tables[i] == 0);
        image->tables[i] = from->tables[i];
        flash_pool_hold(&store->tables, image->tables[i]);
    }
}

/* --- tables of sectors ------------------------------------------------------------------------ */

static void table_release(struct flash_store *store, uint32_t table)
{
    if (flash_pool_release(&store->tables, table)) {
        const struct flash_table *block = flash_pool_block(&store->tables, table);
        for (uint32_t i = 0; i < FLASH_TABLE_SECTORS; i++) {
            flash_sector_release(store, block->sector[i]);
        }
        flash_pool_give_back(&store->tables, table);
    }
}

/* A copy of `old` with one reference, which holds its sectors too. */
static uint32_t table_copy(struct flash_store *store, uint32_t old)
{
    uint32_t fresh = flash_pool_take(&store->tables);
    struct flash_table *block = flash_pool_block(&store->tables, fresh);
    if (old == 0) {
        memset(block, 0, sizeof *block);
        return fresh;
    }
    *block = *(const struct flash_table *)flash_pool_block(&store->tables, old);
    for (uint32_t i = 0; i < FLASH_TABLE_SECTORS; i++) {
        flash_pool_hold(&store->sectors, block->sector[i]);
    }
    return fresh;
}

/* The table at `address`, which no other image holds from then on. */
static struct flash_table *table_own(
        struct flash_store *store, struct flash_image *image, uint32_t address)
{
    image->table_used = (uint8_t)(address / FLASH_TABLE_BYTES);
    uint32_t *table = &image->tables[image->table_used];
    if (!flash_pool_private(&store->tables, *table)) {
        uint32_t fresh = table_copy(store, *table);
        table_release(store, *table);
        *table = fresh;
    }
    return flash_pool_block(&store->tables, *table);
}

static uint32_t *sector_own(struct flash_store *store, struct flash_image *image, uint32_t address)
{
    return &table_own(store, image, address)
                    ->sector[address / FLASH_SECTOR_BYTES % FLASH_TABLE_SECTORS];
}

/* A table without content is let go of. */
static void table_drop_if_blank(
        struct flash_store *store, struct flash_image *image, uint32_t address)
{
    uint32_t *table = &image->tables[address / FLASH_TABLE_BYTES];
    const struct flash_table *block = flash_pool_block(&store->tables, *table);
    uint32_t any = 0;
    for (uint32_t i = 0; i < FLASH_TABLE_SECTORS; i++) {
        any |= block->sector[i];
    }
    if (any == 0) {
        table_release(store, *table);
        *table = 0;
    }
}

uint32_t flash_image_sector(
        const struct flash_store *store, const struct flash_image *image, uint32_t address)
{
    uint32_t table = image->tables[address / FLASH_TABLE_BYTES];
    if (table == 0) {
        return 0;
    }
    const struct flash_table *block = flash_pool_block(&store->tables, table);
    return block->sector[address / FLASH_SECTOR_BYTES % FLASH_TABLE_SECTORS];
}

void flash_image_prefetch(const struct flash_store *store, const struct flash_image *image)
{
    uint32_t table = image->tables[image->table_used];
    if (table != 0) {
        prefetch_write(flash_pool_block(&store->tables, table));
    }
}

void flash_image_finish(struct flash_store *store, struct flash_image *image)
{
    for (uint32_t i = 0; i < FLASH_TABLES; i++) {
        table_release(store, image->tables[i]);
        image->tables[i] = 0;
    }
    image->size_bytes = 0;
}

/* --- ranges ----------------------------------------------------------------------------------- */

static void check_range(const struct flash_image *image, uint32_t address, uint32_t size)
{
    assert(address <= image->size_bytes);
    assert(size <= image->size_bytes - address);
}

/* What of `size` bytes from `address` lies in the same page. */
static uint32_t piece_bytes(uint32_t address, uint32_t size)
{
    uint32_t left = FLASH_PAGE_BYTES - address % FLASH_PAGE_BYTES;
    return size < left ? size : left;
}

static const uint8_t *page_at(
        const struct flash_store *store, const struct flash_image *image, uint32_t address)
{
    uint32_t sector = flash_image_sector(store, image, address);
    uint32_t page = 0;
    if (sector != 0) {
        const struct flash_sector *block = flash_pool_block(&store->sectors, sector);
        page = block->page[address / FLASH_PAGE_BYTES % FLASH_PAGES_PER_SECTOR];
    }
    return flash_page_bytes(store, page, image->erased_value);
}

void flash_image_read(const struct flash_store *store, const struct flash_image *image,
        uint32_t address, void *data, uint32_t size)
{
    check_range(image, address, size);
    uint8_t *out = data;
    while (size > 0) {
        uint32_t piece = piece_bytes(address, size);
        memcpy(out, page_at(store, image, address) + address % FLASH_PAGE_BYTES, piece);
        out += piece;
        address += piece;
        size -= piece;
    }
}

/* Does programming `data` over `old` keep the rules? */
static bool program_allowed(const uint8_t *old, const uint8_t *data, uint32_t size,
        uint8_t erased_value, bool rewritable)
{
    uint8_t back = 0;
    uint8_t touched = 0;
    for (uint32_t i = 0; i < size; i++) {
        uint8_t away = old[i] ^ erased_value;
        touched |= away;
        back |= (uint8_t)(away & ~(data[i] ^ erased_value));
    }
    return back == 0 && (rewritable || touched == 0);
}

static void change_piece(struct flash_store *store, struct flash_image *image, uint32_t address,
        const uint8_t *data, uint32_t size, bool on_erased)
{
    struct flash_change change = {
        .data = data,
        .offset = (uint16_t)(address % FLASH_SECTOR_BYTES),
        .size = (uint16_t)size,
        .erased_value = image->erased_value,
        .on_erased = on_erased,
    };
    flash_sector_change(store, sector_own(store, image, address), &change);
}

/* A piece of a page or a whole sector, of a sector with content. */
static void erase_piece(
        struct flash_store *store, struct flash_image *image, uint32_t address, uint32_t size)
{
    if (size == FLASH_SECTOR_BYTES) {
        uint32_t *sector = sector_own(store, image, address);
        flash_sector_release(store, *sector);
        *sector = 0;
    } else {
        change_piece(store, image, address, NULL, size, false);
    }
    table_drop_if_blank(store, image, address);
}

bool flash_image_program(struct flash_store *store, struct flash_image *image, uint32_t address,
        const void *data, uint32_t size, bool rewritable)
{
    check_range(image, address, size);
    const uint8_t *in = data;
    bool allowed = true;
    while (size > 0) {
        uint32_t piece = piece_bytes(address, size);
        const uint8_t *old = page_at(store, image, address);
        bool erased = old == flash_page_bytes(store, 0, image->erased_value);
        allowed &= erased
                   || program_allowed(old + address % FLASH_PAGE_BYTES, in, piece,
                           image->erased_value, rewritable);
        change_piece(store, image, address, in, piece, erased);
        in += piece;
        address += piece;
        size -= piece;
    }
    return allowed;
}

void flash_image_erase(
        struct flash_store *store, struct flash_image *image, uint32_t address, uint32_t size)
{
    check_range(image, address, size);
    while (size > 0) {
        bool blank = flash_image_sector(store, image, address) == 0;
        uint32_t piece = piece_bytes(address, size);
        if (address % FLASH_SECTOR_BYTES == 0 && size >= FLASH_SECTOR_BYTES) {
            piece = FLASH_SECTOR_BYTES;
        }
        if (!blank) {
            erase_piece(store, image, address, piece);
        }
        address += piece;
        size -= piece;
    }
}

void flash_image_set(struct flash_store *store, struct flash_image *image, uint32_t address,
        const void *data, uint32_t size)
{
    flash_image_erase(store, image, address, size);
    flash_image_program(store, image, address, data, size, true);
}
