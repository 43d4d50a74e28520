/* Keeps copies of rows by the pages they lie in, and adds them in vectors.
 * SPDX-License-Identifier: MIT
 */
#include "board/flash_rows.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "board/flash_change.h"
#include "run_memory.h"

#define LANES_PER_BLOCK 4u

typedef uint64_t lanes __attribute__((vector_size(16)));

#define BLOCK_BYTES (LANES_PER_BLOCK * (uint32_t)sizeof(lanes))

/* Rows that are still to be added, one block of vectors after the other. */
struct row_sum {
    alignas(64) uint8_t bytes[FLASH_ROW_BYTES];
    const uint8_t *rows[FLASH_ROWS_AT_ONCE];
    uint32_t count;
    uint32_t row_bytes;
};

static void add_bytes(uint8_t *restrict sum, const uint8_t *restrict bytes, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++) {
        sum[i] ^= bytes[i];
    }
}

static void add_rows(struct row_sum *sum)
{
    for (uint32_t at = 0; at < sum->row_bytes; at += BLOCK_BYTES) {
        lanes block[LANES_PER_BLOCK];
        memcpy(block, sum->bytes + at, sizeof block);
        for (uint32_t i = 0; i < sum->count; i++) {
            lanes row[LANES_PER_BLOCK];
            memcpy(row, sum->rows[i] + at, sizeof row);
            for (uint32_t lane = 0; lane < LANES_PER_BLOCK; lane++) {
                block[lane] ^= row[lane];
            }
        }
        memcpy(sum->bytes + at, block, sizeof block);
    }
    sum->count = 0;
}

/* A row that no other node has, or that is longer than what is kept. */
static void add_plain(const struct flash_store *store, const struct flash_image *image,
        uint32_t address, uint8_t *sum, uint32_t row_bytes)
{
    while (row_bytes > 0) {
        uint8_t piece[FLASH_PAGE_BYTES];
        uint32_t size = row_bytes < sizeof piece ? row_bytes : (uint32_t)sizeof piece;
        flash_image_read(store, image, address, piece, size);
        add_bytes(sum, piece, size);
        address += size;
        sum += size;
        row_bytes -= size;
    }
}

/* --- what is kept --------------------------------------------------------------------------- */

static uint32_t page_of(
        const struct flash_store *store, const struct flash_image *image, uint32_t address)
{
    uint32_t sector = image->sectors[address / FLASH_SECTOR_BYTES];
    if (sector == 0) {
        return 0;
    }
    const struct flash_sector *block = flash_pool_block(&store->sectors, sector);
    return block->page[address / FLASH_PAGE_BYTES % FLASH_PAGES_PER_SECTOR];
}

static bool is_shared(const struct flash_pool *pages, uint32_t page)
{
    return page != 0 && !flash_pool_private(pages, page);
}

static uint32_t place_of(const struct flash_row_source *source)
{
    uint32_t hash = source->first_page * UINT32_C(0x9E3779B1);
    hash ^= source->last_page * UINT32_C(0x85EBCA6B);
    hash ^= source->offset * UINT32_C(0xC2B2AE35);
    return hash >> (32u - FLASH_ROWS_LOG2);
}

static bool is_same(const struct flash_row_source *a, const struct flash_row_source *b)
{
    return a->first_page == b->first_page && a->last_page == b->last_page && a->offset == b->offset
           && a->size == b->size;
}

static void let_go(struct flash_store *store, const struct flash_row_source *source)
{
    flash_page_release(store, source->first_page);
    flash_page_release(store, source->last_page);
}

/* Puts another row in a place. */
static void keep(struct flash_store *store, const struct flash_image *image, uint32_t address,
        uint32_t place, const struct flash_row_source *source)
{
    struct flash_rows *kept = store->rows;
    flash_pool_hold(&store->pages, source->first_page);
    flash_pool_hold(&store->pages, source->last_page);
    let_go(store, &kept->source[place]);
    kept->source[place] = *source;
    memset(kept->bytes[place], 0, sizeof kept->bytes[place]);
    flash_image_read(store, image, address, kept->bytes[place], source->size);
}

/* Adds a row, or notes it to be added with the next ones. */
static void take_row(struct flash_store *store, const struct flash_image *image, uint32_t address,
        struct row_sum *sum)
{
    struct flash_row_source source = {
        .first_page = page_of(store, image, address),
        .last_page = page_of(store, image, address + sum->row_bytes - 1u),
        .offset = (uint16_t)(address % FLASH_PAGE_BYTES),
        .size = (uint16_t)sum->row_bytes,
    };
    uint32_t place = place_of(&source);
    if (!is_same(&store->rows->source[place], &source)) {
        if (!is_shared(&store->pages, source.first_page)
                || !is_shared(&store->pages, source.last_page)) {
            add_plain(store, image, address, sum->bytes, sum->row_bytes);
            return;
        }
        add_rows(sum); /* what lies in this place may be among them */
        keep(store, image, address, place, &source);
    }
    sum->rows[sum->count++] = store->rows->bytes[place];
    if (sum->count == FLASH_ROWS_AT_ONCE) {
        add_rows(sum);
    }
}

void flash_image_add(struct flash_store *store, const struct flash_image *image,
        const struct hal_flash_rows *runs, size_t run_count, void *sum, uint32_t row_bytes)
{
    bool fits = row_bytes > 0 && row_bytes <= FLASH_ROW_BYTES;
    struct row_sum together = { .row_bytes = row_bytes };
    if (fits && store->rows == NULL) {
        store->rows = run_memory_take_zeroed(store->pages.memory, sizeof *store->rows);
    }
    for (size_t i = 0; i < run_count; i++) {
        uint32_t address = runs[i].address;
        for (uint32_t row = 0; row < runs[i].count; row++, address += row_bytes) {
            if (fits) {
                take_row(store, image, address, &together);
            } else {
                add_plain(store, image, address, sum, row_bytes);
            }
        }
    }
    if (fits) {
        add_rows(&together);
        add_bytes(sum, together.bytes, row_bytes);
    }
}

void flash_rows_finish(struct flash_store *store)
{
    free(store->rows);
    store->rows = NULL;
}
