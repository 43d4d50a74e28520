/* Keeps copies of rows by the pages they lie in, and adds them in vectors.
 * SPDX-License-Identifier: MIT
 */
#include "board/flash_rows.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "board/flash_change.h"
#include "run_memory.h"

#define LINE_BYTES      64u
#define LANES_PER_BLOCK 8u
#define ROW_LANES       (FLASH_ROW_BYTES / (uint32_t)sizeof(flash_lanes))
#define BLOCK_BYTES     (LANES_PER_BLOCK * (uint32_t)sizeof(flash_lanes))

/* A sum in the making: what is added, and rows that are still to be added together. */
struct row_sum {
    flash_lanes lanes[ROW_LANES];
    const flash_lanes *rows[FLASH_ROWS_AT_ONCE];
    uint32_t count;
    uint32_t own[FLASH_ROWS_AT_ONCE]; /* addresses of rows that no other node has, on their way */
    uint32_t own_count;
    uint32_t row_bytes;
    uint32_t sector_index; /* of the image, whose content is: */
    const uint32_t *page;  /* [FLASH_PAGES_PER_SECTOR], 0: erased */
};

static void add_bytes(uint8_t *restrict sum, const uint8_t *restrict bytes, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++) {
        sum[i] ^= bytes[i];
    }
}

static __attribute__((noinline)) void add_rows(struct row_sum *sum)
{
    for (uint32_t at = 0; at * sizeof(flash_lanes) < sum->row_bytes; at += LANES_PER_BLOCK) {
        flash_lanes block[LANES_PER_BLOCK];
        for (uint32_t lane = 0; lane < LANES_PER_BLOCK; lane++) {
            block[lane] = sum->lanes[at + lane];
        }
        for (uint32_t i = 0; i < sum->count; i++) {
            const flash_lanes *row = sum->rows[i] + at;
            for (uint32_t lane = 0; lane < LANES_PER_BLOCK; lane++) {
                block[lane] ^= row[lane];
            }
        }
        for (uint32_t lane = 0; lane < LANES_PER_BLOCK; lane++) {
            sum->lanes[at + lane] = block[lane];
        }
    }
    sum->count = 0;
}

/* A row that no other node has, or that is longer than what is kept. */
static __attribute__((noinline)) void add_plain(const struct flash_store *store,
        const struct flash_image *image, uint32_t address, uint8_t *sum, uint32_t row_bytes)
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

static void add_own(
        const struct flash_store *store, const struct flash_image *image, struct row_sum *sum)
{
    for (uint32_t i = 0; i < sum->own_count; i++) {
        add_plain(store, image, sum->own[i], (uint8_t *)sum->lanes, sum->row_bytes);
    }
    sum->own_count = 0;
}

/* Their lines are in no cache, so they are fetched all at once. */
static void take_own(const struct flash_store *store, const struct flash_image *image,
        uint32_t address, uint32_t page, struct row_sum *sum)
{
    const uint8_t *bytes = flash_page_bytes(store, page, image->erased_value);
    for (uint32_t at = address % FLASH_PAGE_BYTES; at < FLASH_PAGE_BYTES; at += LINE_BYTES) {
        __builtin_prefetch(bytes + at);
    }
    sum->own[sum->own_count++] = address;
    if (sum->own_count == FLASH_ROWS_AT_ONCE) {
        add_own(store, image, sum);
    }
}

/* --- what is kept --------------------------------------------------------------------------- */

/* Rows come in the order of their addresses, so the sector is mostly that of the row before. */
static __attribute__((noinline)) void enter_sector(const struct flash_store *store,
        const struct flash_image *image, uint32_t address, struct row_sum *sum)
{
    static const struct flash_sector erased;
    uint32_t sector = flash_image_sector(store, image, address);
    const struct flash_sector *block =
            sector != 0 ? flash_pool_block(&store->sectors, sector) : &erased;
    sum->page = block->page;
    sum->sector_index = address / FLASH_SECTOR_BYTES;
}

/* The number of the page at `address`, 0: erased. */
static inline uint32_t page_of(const struct flash_store *store, const struct flash_image *image,
        uint32_t address, struct row_sum *sum)
{
    if (__builtin_expect(address / FLASH_SECTOR_BYTES != sum->sector_index, false)) {
        enter_sector(store, image, address, sum);
    }
    return sum->page[address / FLASH_PAGE_BYTES % FLASH_PAGES_PER_SECTOR];
}

static inline struct flash_row_source source_of(const struct flash_store *store,
        const struct flash_image *image, uint32_t address, struct row_sum *sum)
{
    uint64_t first = page_of(store, image, address, sum);
    uint64_t last = page_of(store, image, address + sum->row_bytes - 1u, sum);
    return (struct flash_row_source){ last << 32 | first,
        sum->row_bytes << 16 | address % FLASH_PAGE_BYTES };
}

static uint32_t first_page(const struct flash_row_source *source)
{
    return (uint32_t)source->pages;
}

static uint32_t last_page(const struct flash_row_source *source)
{
    return (uint32_t)(source->pages >> 32);
}

static bool is_shared(const struct flash_pool *pages, uint32_t page)
{
    return page != 0 && !flash_pool_private(pages, page);
}

static uint32_t slot_of(const struct flash_row_source *source)
{
    uint64_t mixed = source->pages ^ (uint64_t)source->place << 24;
    mixed *= UINT64_C(0x9E3779B97F4A7C15);
    return (uint32_t)(mixed >> (64u - FLASH_ROWS_LOG2));
}

/* Puts another row in a slot. */
static void keep(struct flash_store *store, const struct flash_image *image, uint32_t address,
        uint32_t slot, const struct flash_row_source *source)
{
    struct flash_rows *kept = store->rows;
    flash_pool_hold(&store->pages, first_page(source));
    flash_pool_hold(&store->pages, last_page(source));
    flash_page_release(store, first_page(&kept->source[slot]));
    flash_page_release(store, last_page(&kept->source[slot]));
    kept->source[slot] = *source;
    memset(kept->row[slot], 0, sizeof kept->row[slot]);
    flash_image_read(store, image, address, kept->row[slot], source->place >> 16);
}

/* A row that does not lie in its slot: makes room for it there, or, where no other node has it,
 * adds it without. Rare, and kept out of the loop over rows, whose values then stay in registers.
 */
static __attribute__((noinline)) void take_other(struct flash_store *store,
        const struct flash_image *image, uint32_t address, uint32_t slot, struct row_sum *sum)
{
    struct flash_row_source source = source_of(store, image, address, sum);
    if (!is_shared(&store->pages, first_page(&source))
            || !is_shared(&store->pages, last_page(&source))) {
        take_own(store, image, address, first_page(&source), sum);
        return;
    }
    add_rows(sum); /* what lies in this slot may be among them */
    keep(store, image, address, slot, &source);
    sum->rows[sum->count++] = store->rows->row[slot];
}

/* Adds rows, or notes them to be added with the next ones. */
static __attribute__((noinline)) void take_rows(struct flash_store *store,
        const struct flash_image *image, const struct hal_flash_rows *runs, size_t run_count,
        struct row_sum *sum)
{
    const struct flash_rows *kept = store->rows;
    for (const struct hal_flash_rows *run = runs; run < runs + run_count; run++) {
        uint32_t address = run->address;
        for (uint32_t left = run->count; left > 0; left--, address += sum->row_bytes) {
            struct flash_row_source source = source_of(store, image, address, sum);
            uint32_t slot = slot_of(&source);
            const struct flash_row_source *there = &kept->source[slot];
            if (there->pages != source.pages || there->place != source.place) {
                take_other(store, image, address, slot, sum);
                continue;
            }
            sum->rows[sum->count++] = kept->row[slot];
            if (sum->count == FLASH_ROWS_AT_ONCE) {
                add_rows(sum);
            }
        }
    }
}

/* Rows that are too long to be kept. */
static void add_long(const struct flash_store *store, const struct flash_image *image,
        const struct hal_flash_rows *runs, size_t run_count, void *sum, uint32_t row_bytes)
{
    for (size_t i = 0; i < run_count; i++) {
        for (uint32_t row = 0; row < runs[i].count; row++) {
            add_plain(store, image, runs[i].address + row * row_bytes, sum, row_bytes);
        }
    }
}

/* What names the pages of a sector is one line, and a node's own. */
static void prefetch_sectors(const struct flash_store *store, const struct flash_image *image,
        const struct hal_flash_rows *runs, size_t run_count)
{
    uint32_t before = UINT32_MAX;
    for (const struct hal_flash_rows *run = runs; run < runs + run_count; run++) {
        uint32_t index = run->address / FLASH_SECTOR_BYTES;
        if (index == before) {
            continue;
        }
        before = index;
        uint32_t sector = flash_image_sector(store, image, run->address);
        if (sector != 0) {
            __builtin_prefetch(flash_pool_block(&store->sectors, sector));
        }
    }
}

void flash_image_add(struct flash_store *store, const struct flash_image *image,
        const struct hal_flash_rows *runs, size_t run_count, void *sum, uint32_t row_bytes)
{
    struct row_sum together; /* its lists are filled as they grow */
    assert(row_bytes > 0);
    memset(together.lanes, 0, sizeof together.lanes);
    together.count = 0;
    together.own_count = 0;
    together.row_bytes = row_bytes;
    together.sector_index = UINT32_MAX;
    together.page = NULL;
    if (store->rows == NULL) {
        store->rows = run_memory_take_zeroed(store->pages.memory, sizeof *store->rows);
    }
    prefetch_sectors(store, image, runs, run_count);
    if (row_bytes > FLASH_ROW_BYTES) {
        add_long(store, image, runs, run_count, sum, row_bytes);
        return;
    }
    take_rows(store, image, runs, run_count, &together);
    add_rows(&together);
    add_own(store, image, &together);
    add_bytes(sum, (const uint8_t *)together.lanes, row_bytes);
}

void flash_rows_finish(struct flash_store *store)
{
    free(store->rows);
    store->rows = NULL;
}
