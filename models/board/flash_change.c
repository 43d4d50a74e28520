/* Copy on write with a memo of outcomes: the same change to the same content is done once.
 * SPDX-License-Identifier: MIT
 *
 * An answer of the memo is checked in full: the fresh bytes must be what the change makes of the
 * old ones, so two frames that differ in one bit never share. What lies outside the changed bytes
 * is equal by construction: the fresh block was made from the old one by a change of that range,
 * and neither is touched while the entry holds it.
 */
#include "board/flash_change.h"

#include <string.h>

void flash_page_release(struct flash_store *store, uint32_t page)
{
    if (flash_pool_release(&store->pages, page)) {
        flash_pool_give_back(&store->pages, page);
    }
}

void flash_sector_release(struct flash_store *store, uint32_t sector)
{
    if (flash_pool_release(&store->sectors, sector)) {
        const struct flash_sector *block = flash_pool_block(&store->sectors, sector);
        for (uint32_t i = 0; i < FLASH_PAGES_PER_SECTOR; i++) {
            flash_page_release(store, block->page[i]);
        }
        flash_pool_give_back(&store->sectors, sector);
    }
}

/* --- the physics of a page ----------------------------------------------------------------- */

static inline uint8_t programmed(uint8_t old, uint8_t data, uint8_t erased_value)
{
    /* A bit leaves the erased value where old or data say so: AND over 0xFF, OR over 0x00. */
    return (uint8_t)(((old ^ erased_value) | (data ^ erased_value)) ^ erased_value);
}

static bool outcome_matches(const uint8_t *old, const uint8_t *fresh, const struct flash_change *c)
{
    if (c->data == NULL) {
        return true; /* the range is erased, by construction */
    }
    const uint8_t erased_value = c->erased_value;
    const uint32_t at = c->offset % FLASH_PAGE_BYTES;
    if (c->on_erased) {
        return memcmp(fresh + at, c->data, c->size) == 0;
    }
    uint8_t differs = 0;
    for (uint32_t i = 0; i < c->size; i++) {
        uint8_t want = programmed(old[at + i], c->data[i], erased_value);
        differs |= (uint8_t)(want ^ fresh[at + i]);
    }
    return differs == 0;
}

static void page_apply(uint8_t *page, const struct flash_change *c)
{
    uint8_t *at = page + c->offset % FLASH_PAGE_BYTES;
    if (c->data == NULL) {
        memset(at, c->erased_value, c->size);
        return;
    }
    if (c->on_erased) {
        memcpy(at, c->data, c->size);
        return;
    }
    const uint8_t erased_value = c->erased_value;
    for (uint32_t i = 0; i < c->size; i++) {
        at[i] = programmed(at[i], c->data[i], erased_value);
    }
}

static bool page_is_blank(
        const struct flash_store *store, const uint8_t *page, uint8_t erased_value)
{
    return memcmp(page, store->blank[erased_value & 1u], FLASH_PAGE_BYTES) == 0;
}

/* --- the memo -------------------------------------------------------------------------------- */

static struct flash_memo_set *memo_set(struct flash_store *store, enum flash_level level,
        uint32_t old, const struct flash_change *c)
{
    /* Data is not part of the place: contents that no other node will share (a device's own
     * records) then push out each other only. */
    uint32_t hash = (old * 2u + (uint32_t)level) * UINT32_C(0x9E3779B1);
    hash ^= ((uint32_t)c->offset * 2u + (c->data == NULL)) * UINT32_C(0x85EBCA6B);
    hash *= UINT32_C(0xC2B2AE35);
    return &store->memo[hash >> (32u - FLASH_MEMO_SETS_LOG2)];
}

static bool memo_is_for(const struct flash_memo_entry *entry, enum flash_level level, uint32_t old,
        const struct flash_change *c)
{
    return entry->valid && entry->old == old && entry->level == (uint8_t)level
           && entry->offset == c->offset && entry->size == c->size
           && entry->erased_value == c->erased_value && entry->erase == (c->data == NULL);
}

static uint32_t sector_page(const struct flash_store *store, uint32_t sector, uint32_t index)
{
    if (sector == 0) {
        return 0;
    }
    const struct flash_sector *block = flash_pool_block(&store->sectors, sector);
    return block->page[index];
}

static const uint8_t *changed_bytes(const struct flash_store *store, enum flash_level level,
        uint32_t id, const struct flash_change *c)
{
    uint32_t page = id;
    if (level == FLASH_LEVEL_SECTOR) {
        page = sector_page(store, id, c->offset / FLASH_PAGE_BYTES);
    }
    return flash_page_bytes(store, page, c->erased_value);
}

/* What `old` is known to become; NULL: not known. */
static const struct flash_memo_entry *memo_find(struct flash_store *store, enum flash_level level,
        uint32_t old, const struct flash_change *c)
{
    const struct flash_memo_set *set = memo_set(store, level, old, c);
    for (uint32_t way = 0; way < FLASH_MEMO_WAYS; way++) {
        const struct flash_memo_entry *entry = &set->way[way];
        if (memo_is_for(entry, level, old, c)
                && outcome_matches(changed_bytes(store, level, old, c),
                        changed_bytes(store, level, entry->fresh, c), c)) {
            return entry;
        }
    }
    return NULL;
}

static void memo_release(struct flash_store *store, enum flash_level level, uint32_t id)
{
    if (level == FLASH_LEVEL_PAGE) {
        flash_page_release(store, id);
    } else {
        flash_sector_release(store, id);
    }
}

static void memo_put(struct flash_store *store, enum flash_level level, uint32_t old,
        uint32_t fresh, const struct flash_change *c)
{
    struct flash_memo_set *set = memo_set(store, level, old, c);
    struct flash_memo_entry *entry = &set->way[set->oldest];
    set->oldest = (set->oldest + 1u) % FLASH_MEMO_WAYS;
    struct flash_memo_entry before = *entry;
    *entry = (struct flash_memo_entry){
        .old = old,
        .fresh = fresh,
        .offset = c->offset,
        .size = c->size,
        .erased_value = c->erased_value,
        .level = (uint8_t)level,
        .erase = c->data == NULL,
        .valid = true,
    };
    struct flash_pool *pool = level == FLASH_LEVEL_PAGE ? &store->pages : &store->sectors;
    flash_pool_hold(pool, old);
    flash_pool_hold(pool, fresh);
    if (before.valid) {
        memo_release(store, (enum flash_level)before.level, before.old);
        memo_release(store, (enum flash_level)before.level, before.fresh);
    }
}

/* --- pages and sectors ------------------------------------------------------------------------ */

/* A fragment, a piece of an image, or the part of one that reaches into the next page. */
static bool may_converge(const struct flash_change *c)
{
    uint32_t at = c->offset % FLASH_PAGE_BYTES;
    return c->data != NULL
           && (c->size >= FLASH_LOOK_UP_BYTES || at == 0 || at + c->size == FLASH_PAGE_BYTES);
}

/* Trades a page for an equal one that exists already. */
static uint32_t page_converge(struct flash_store *store, uint32_t page)
{
    uint32_t equal = flash_index_equal(&store->equal_pages, &store->pages, page);
    if (equal != page) {
        flash_pool_hold(&store->pages, equal);
        flash_page_release(store, page);
    }
    return equal;
}

/* The outcome in `page`, a page that no other node holds. */
static uint32_t page_apply_own(
        struct flash_store *store, uint32_t page, const struct flash_change *c)
{
    uint8_t *bytes = flash_pool_block(&store->pages, page);
    page_apply(bytes, c);
    if (c->data == NULL && page_is_blank(store, bytes, c->erased_value)) {
        flash_page_release(store, page);
        return 0;
    }
    return may_converge(c) ? page_converge(store, page) : page;
}

static uint32_t page_change(struct flash_store *store, uint32_t old, const struct flash_change *c)
{
    if (flash_pool_private(&store->pages, old)) {
        return page_apply_own(store, old, c);
    }
    const struct flash_memo_entry *known = memo_find(store, FLASH_LEVEL_PAGE, old, c);
    uint32_t fresh;
    if (known != NULL) {
        fresh = known->fresh;
        flash_pool_hold(&store->pages, fresh);
    } else {
        fresh = flash_pool_take(&store->pages);
        memcpy(flash_pool_block(&store->pages, fresh),
                flash_page_bytes(store, old, c->erased_value), FLASH_PAGE_BYTES);
        fresh = page_apply_own(store, fresh, c);
        memo_put(store, FLASH_LEVEL_PAGE, old, fresh, c);
    }
    flash_page_release(store, old);
    return fresh;
}

static bool sector_is_blank(const struct flash_sector *sector)
{
    uint32_t any = 0;
    for (uint32_t i = 0; i < FLASH_PAGES_PER_SECTOR; i++) {
        any |= sector->page[i];
    }
    return any == 0;
}

/* A copy of `old` with one reference, which holds its pages too. */
static uint32_t sector_copy(struct flash_store *store, uint32_t old)
{
    uint32_t fresh = flash_pool_take(&store->sectors);
    struct flash_sector *block = flash_pool_block(&store->sectors, fresh);
    if (old == 0) {
        memset(block, 0, sizeof *block);
        return fresh;
    }
    *block = *(const struct flash_sector *)flash_pool_block(&store->sectors, old);
    for (uint32_t i = 0; i < FLASH_PAGES_PER_SECTOR; i++) {
        flash_pool_hold(&store->pages, block->page[i]);
    }
    return fresh;
}

/* Trades a sector that no other node holds for an equal one. */
static uint32_t sector_converge(struct flash_store *store, uint32_t sector)
{
    uint32_t equal = flash_index_equal(&store->equal_sectors, &store->sectors, sector);
    if (equal != sector) {
        flash_pool_hold(&store->sectors, equal);
        flash_sector_release(store, sector);
    }
    return equal;
}

void flash_sector_change(struct flash_store *store, uint32_t *sector, const struct flash_change *c)
{
    assert(c->offset % FLASH_PAGE_BYTES + c->size <= FLASH_PAGE_BYTES);
    uint32_t old = *sector;
    bool private = flash_pool_private(&store->sectors, old);
    uint32_t fresh = old;
    if (!private) {
        const struct flash_memo_entry *known = memo_find(store, FLASH_LEVEL_SECTOR, old, c);
        if (known != NULL) {
            *sector = known->fresh;
            flash_pool_hold(&store->sectors, *sector);
            flash_sector_release(store, old);
            return;
        }
        fresh = sector_copy(store, old);
    }
    struct flash_sector *block = flash_pool_block(&store->sectors, fresh);
    uint32_t *page = &block->page[c->offset / FLASH_PAGE_BYTES];
    *page = page_change(store, *page, c);
    if (*page == 0 && sector_is_blank(block)) {
        flash_sector_release(store, fresh);
        fresh = 0;
    } else if (may_converge(c)) {
        fresh = sector_converge(store, fresh);
    }
    if (!private) {
        memo_put(store, FLASH_LEVEL_SECTOR, old, fresh, c);
        flash_sector_release(store, old);
    }
    *sector = fresh;
}
