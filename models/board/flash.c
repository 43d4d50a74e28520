/* Reads, programs and erases ranges of a flash region, piece by piece.
 * SPDX-License-Identifier: MIT
 */
#include "board/flash.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "board/flash_change.h"
#include "board/flash_rows.h"

struct flash_store *flash_store_create(struct run_memory *memory)
{
    struct flash_store *store = calloc(1, sizeof *store);
    if (store == NULL) {
        return NULL;
    }
    flash_pool_init(&store->pages, FLASH_PAGE_BYTES, memory);
    flash_pool_init(&store->sectors, sizeof(struct flash_sector), memory);
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
    free(store);
}

uint64_t flash_store_bytes(const struct flash_store *store)
{
    return sizeof *store + flash_pool_bytes(&store->pages) + flash_pool_bytes(&store->sectors)
           + (store->rows != NULL ? sizeof *store->rows : 0);
}

uint32_t flash_store_pages(const struct flash_store *store)
{
    return store->pages.in_use;
}

uint32_t flash_store_sectors(const struct flash_store *store)
{
    return store->sectors.in_use;
}

void flash_image_init_over(
        struct flash_image *image, uint32_t *table, uint32_t size_bytes, uint8_t erased_value)
{
    assert(size_bytes % FLASH_SECTOR_BYTES == 0);
    assert(erased_value == 0x00 || erased_value == 0xFF);
    image->sectors = table;
    image->sector_count = size_bytes / FLASH_SECTOR_BYTES;
    image->erased_value = erased_value;
    image->owns_table = false;
    memset(table, 0, image->sector_count * sizeof *table);
}

bool flash_image_init(struct flash_image *image, uint32_t size_bytes, uint8_t erased_value)
{
    uint32_t *table = calloc(size_bytes / FLASH_SECTOR_BYTES, sizeof *table);
    if (table == NULL) {
        return false;
    }
    flash_image_init_over(image, table, size_bytes, erased_value);
    image->owns_table = true;
    return true;
}

void flash_image_share(
        struct flash_store *store, struct flash_image *image, const struct flash_image *from)
{
    assert(image->sector_count == from->sector_count);
    assert(image->erased_value == from->erased_value);
    for (uint32_t i = 0; i < image->sector_count; i++) {
        assert(image->sectors[i] == 0);
        image->sectors[i] = from->sectors[i];
        flash_pool_hold(&store->sectors, image->sectors[i]);
    }
}

void flash_table_free(struct flash_image *image)
{
    if (image->owns_table) {
        free(image->sectors);
    }
    image->sectors = NULL;
    image->owns_table = false;
}

void flash_image_finish(struct flash_store *store, struct flash_image *image)
{
    for (uint32_t i = 0; i < image->sector_count; i++) {
        flash_sector_release(store, image->sectors[i]);
        image->sectors[i] = 0;
    }
    flash_table_free(image);
    image->sector_count = 0;
}

static void check_range(const struct flash_image *image, uint32_t address, uint32_t size)
{
    uint32_t region_bytes = image->sector_count * FLASH_SECTOR_BYTES;
    assert(address <= region_bytes);
    assert(size <= region_bytes - address);
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
    uint32_t sector = image->sectors[address / FLASH_SECTOR_BYTES];
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
    flash_sector_change(store, &image->sectors[address / FLASH_SECTOR_BYTES], &change);
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
        uint32_t *sector = &image->sectors[address / FLASH_SECTOR_BYTES];
        uint32_t piece = piece_bytes(address, size);
        if (address % FLASH_SECTOR_BYTES == 0 && size >= FLASH_SECTOR_BYTES) {
            piece = FLASH_SECTOR_BYTES;
            flash_sector_release(store, *sector);
            *sector = 0;
        } else if (*sector != 0) {
            change_piece(store, image, address, NULL, piece, false);
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
