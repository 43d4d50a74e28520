/* Block, combinations and marks of a fragmentation session in SPI NOR.
 * SPDX-License-Identifier: MIT
 */
#include "services/frag_store.h"

#include <string.h>

#include "bytes.h"
#include "hal.h"
#include "services/bits.h"

#define NOR             HAL_FLASH_EXTERNAL
#define ERASED          0xFFu
#define MARKS_ADDRESS   (NOR_JOURNAL_ADDRESS + FRAG_STORE_PAGE_SIZE)
#define MARKS_SIZE      (FEC_FRAGMENTS_MAX / 8u)
#define SPARE_ADDRESS   (NOR_JOURNAL_ADDRESS + FRAG_STORE_SECTOR)
#define SLOT_WORDS      (NOR_FEC_SLOT_SIZE / 4u)
#define JOURNAL_SECTORS (NOR_JOURNAL_SIZE / FRAG_STORE_SECTOR)
#define FEC_SECTORS     (NOR_FEC_SIZE / FRAG_STORE_SECTOR)
#define NO_MARK         UINT16_MAX

_Static_assert(FRAG_DATA_WORDS * 4u >= FRAG_SIZE_MAX, "a row holds a fragment");
_Static_assert((FRAG_DATA_WORDS + 1u) * 4u <= NOR_FEC_SLOT_SIZE, "a slot holds data and trailer");
_Static_assert(FRAG_STORE_PAGE_SIZE + MARKS_SIZE <= FRAG_STORE_SECTOR, "the marks fit");
_Static_assert(NOR_BLOCK_ADDRESS % FRAG_STORE_SECTOR == 0, "the block starts with a sector");

/* Tries to program; a busy flash is not waited for. */
static bool nor_program(const struct hal *hal, uint32_t address, const void *data, size_t size)
{
    DEVICE_ASSERT(hal, size > 0 && size <= FRAG_STORE_PAGE_SIZE);
    enum hal_status status = hal_flash_program(hal, NOR, address, data, size);
    DEVICE_ASSERT(hal, status == HAL_OK || status == HAL_BUSY);
    return status == HAL_OK;
}

/* The same for callers that come back on the done interrupt. */
static enum frag_store_status nor_result(const struct hal *hal, bool done)
{
    if (!done) {
        hal_flash_notify(hal, NOR);
        return FRAG_STORE_BUSY;
    }
    return FRAG_STORE_OK;
}

static enum frag_store_status nor_read(
        const struct hal *hal, uint32_t address, void *data, size_t size)
{
    enum hal_status status = hal_flash_read(hal, NOR, address, data, size);
    DEVICE_ASSERT(hal, status == HAL_OK || status == HAL_BUSY);
    return nor_result(hal, status == HAL_OK);
}

void frag_store_init(struct frag_store *store, uint32_t fragments, uint32_t fragment_size)
{
    store->fragments = (uint16_t)fragments;
    store->fragment_size = (uint8_t)fragment_size;
    store->page_first = 0;
    store->page_count = 0;
    store->marks_pending = 0;
    store->mark_first_byte = NO_MARK;
    store->mark_last_byte = 0;
    store->erase_next = 0;
    store->table_sectors = 0;
    store->resumed = false;
}

/* --- erase -------------------------------------------------------------------------------- */

void frag_store_erase_start(struct frag_store *store)
{
    store->erase_next = 0;
}

static uint32_t block_sectors(const struct frag_store *store)
{
    uint32_t size = (uint32_t)store->fragments * store->fragment_size;
    return (size + FRAG_STORE_SECTOR - 1u) / FRAG_STORE_SECTOR;
}

/* The journal goes first: from then on the old session is void. */
static uint32_t erase_address(const struct frag_store *store)
{
    uint32_t sector = store->erase_next;
    if (sector < JOURNAL_SECTORS) {
        return NOR_JOURNAL_ADDRESS + sector * FRAG_STORE_SECTOR;
    }
    sector -= JOURNAL_SECTORS;
    if (sector < FEC_SECTORS) {
        return NOR_FEC_ADDRESS + sector * FRAG_STORE_SECTOR;
    }
    sector -= FEC_SECTORS;
    if (sector < block_sectors(store)) {
        return NOR_BLOCK_ADDRESS + sector * FRAG_STORE_SECTOR;
    }
    return NOR_TABLE_ADDRESS + (sector - block_sectors(store)) * FRAG_STORE_SECTOR;
}

/* Erases the next sector, up to `end` of them. */
static enum frag_store_status erase_next(
        struct frag_store *store, const struct hal *hal, uint32_t end)
{
    if (store->erase_next >= end) {
        return FRAG_STORE_OK;
    }
    enum hal_status status = hal_flash_erase(hal, NOR, erase_address(store), FRAG_STORE_SECTOR);
    DEVICE_ASSERT(hal, status == HAL_OK || status == HAL_BUSY);
    if (status == HAL_OK) {
        store->erase_next++;
    }
    hal_flash_notify(hal, NOR);
    return FRAG_STORE_BUSY;
}

enum frag_store_status frag_store_erase_step(struct frag_store *store, const struct hal *hal)
{
    DEVICE_ASSERT(hal, store->table_sectors <= NOR_TABLE_SIZE / FRAG_STORE_SECTOR);
    return erase_next(store, hal,
            JOURNAL_SECTORS + FEC_SECTORS + block_sectors(store) + store->table_sectors);
}

/* Spare slots lie in the journal after its first sector, the others follow it. */
enum frag_store_status frag_store_erase_slots_step(struct frag_store *store, const struct hal *hal)
{
    if (store->erase_next == 0) {
        store->erase_next = 1;
    }
    return erase_next(store, hal, JOURNAL_SECTORS + FEC_SECTORS);
}

/* --- journal ------------------------------------------------------------------------------ */

enum frag_store_status frag_store_tag(const struct hal *hal, uint32_t tag)
{
    uint8_t bytes[4];
    put_le32(bytes, tag);
    return nor_result(hal, nor_program(hal, NOR_JOURNAL_ADDRESS, bytes, sizeof(bytes)));
}

bool frag_store_has_tag(const struct hal *hal, uint32_t tag)
{
    uint8_t bytes[4];
    return nor_read(hal, NOR_JOURNAL_ADDRESS, bytes, sizeof(bytes)) == FRAG_STORE_OK
           && get_le32(bytes) == tag;
}

enum frag_store_status frag_store_milestone(const struct hal *hal, enum frag_milestone milestone)
{
    const uint8_t reached = 0;
    uint32_t address = NOR_JOURNAL_ADDRESS + (uint32_t)milestone;
    DEVICE_ASSERT(hal, milestone >= FRAG_MILESTONE_FROZEN && milestone <= FRAG_MILESTONE_MIC_BAD);
    return nor_result(hal, nor_program(hal, address, &reached, 1));
}

bool frag_store_reached(const struct hal *hal, enum frag_milestone milestone)
{
    uint8_t value = ERASED;
    uint32_t address = NOR_JOURNAL_ADDRESS + (uint32_t)milestone;
    DEVICE_ASSERT(hal, milestone >= FRAG_MILESTONE_FROZEN && milestone <= FRAG_MILESTONE_MIC_BAD);
    /* A torn byte does not count: whatever it announced had not begun. */
    return nor_read(hal, address, &value, 1) == FRAG_STORE_OK && value == 0;
}

/* --- uncoded fragments -------------------------------------------------------------------- */

static struct frag_page *page_at(struct frag_store *store, uint32_t position)
{
    return &store->pages[(store->page_first + position) % FRAG_STORE_PAGES];
}

static bool page_full(const struct frag_page *page)
{
    return (page->address + page->size) % FRAG_STORE_PAGE_SIZE == 0;
}

/* Pages that take no more bytes: all but a last one that is not full. */
static uint32_t pages_closed(struct frag_store *store)
{
    uint32_t count = store->page_count;
    return count > 0 && !page_full(page_at(store, count - 1u)) ? count - 1u : count;
}

static bool program_first_page(struct frag_store *store, const struct hal *hal)
{
    const struct frag_page *page = page_at(store, 0);
    DEVICE_ASSERT(hal, store->page_count > 0 && store->page_count <= FRAG_STORE_PAGES);
    if (!nor_program(hal, page->address, store->bytes[page - store->pages], page->size)) {
        return false;
    }
    store->page_first = (uint8_t)((store->page_first + 1u) % FRAG_STORE_PAGES);
    store->page_count--;
    return true;
}

/* Programs what is complete. Returns false when the flash is busy now. */
static bool drain(struct frag_store *store, const struct hal *hal)
{
    DEVICE_ASSERT(hal, store->page_count <= FRAG_STORE_PAGES);
    if (pages_closed(store) > 0) {
        program_first_page(store, hal);
        return false;
    }
    return true;
}

/* Takes the marks of fragments that are not wholly in flash yet out of `bytes`, which begin with
 * mark byte `first`; leaves their range to be written later. */
static void keep_back_marks(struct frag_store *store, uint8_t *bytes, uint32_t first, uint32_t last)
{
    for (uint32_t p = 0; p < store->page_count; p++) {
        const struct frag_page *page = page_at(store, p);
        uint32_t from = (page->address - NOR_BLOCK_ADDRESS) / store->fragment_size;
        uint32_t to = (page->address + page->size - 1u - NOR_BLOCK_ADDRESS) / store->fragment_size;
        for (uint32_t index = from; index <= to; index++) {
            if (index / 8u >= first && index / 8u <= last) {
                bytes[index / 8u - first] |= (uint8_t)(1u << index % 8u);
            }
        }
        if (from / 8u < store->mark_first_byte) {
            store->mark_first_byte = (uint16_t)(from / 8u);
        }
        if (to / 8u > store->mark_last_byte) {
            store->mark_last_byte = (uint16_t)(to / 8u);
        }
    }
}

/* One program of the marks that are due, as far as one page of them goes. */
static bool write_marks(struct frag_store *store, const struct hal *hal, const uint32_t *received)
{
    uint8_t bytes[FRAG_STORE_PAGE_SIZE];
    uint32_t first = store->mark_first_byte;
    uint32_t end = store->mark_last_byte;
    DEVICE_ASSERT(hal, received != NULL && first <= end);
    DEVICE_ASSERT(hal, 8u * end < store->fragments);
    uint32_t page_last = first | (FRAG_STORE_PAGE_SIZE - 1u);
    uint32_t last = end < page_last ? end : page_last;
    for (uint32_t i = first; i <= last; i++) {
        bytes[i - first] = (uint8_t) ~(received[i / 4u] >> 8u * (i % 4u));
        if (store->fragments - 8u * i < 8u) { /* bits of no fragment, whatever they read */
            bytes[i - first] &= (uint8_t)((1u << (store->fragments - 8u * i)) - 1u);
        }
    }
    bool more = last < end;
    store->mark_first_byte = more ? (uint16_t)(last + 1u) : NO_MARK;
    store->mark_last_byte = more ? (uint16_t)end : 0;
    keep_back_marks(store, bytes, first, last);
    if (!nor_program(hal, MARKS_ADDRESS + first, bytes, last - first + 1u)) {
        store->mark_first_byte = (uint16_t)first;
        store->mark_last_byte = end > store->mark_last_byte ? (uint16_t)end : store->mark_last_byte;
        return false;
    }
    store->marks_pending = 0;
    return true;
}

/* Adds bytes to the last page, or to a new one when they do not follow on. */
static void append(struct frag_store *store, uint32_t address, const uint8_t *data, uint32_t size)
{
    while (size > 0) {
        struct frag_page *page =
                store->page_count > 0 ? page_at(store, store->page_count - 1u) : NULL;
        if (page == NULL || page_full(page) || page->address + page->size != address) {
            page = page_at(store, store->page_count++);
            page->address = address;
            page->size = 0;
        }
        uint32_t room = FRAG_STORE_PAGE_SIZE - address % FRAG_STORE_PAGE_SIZE;
        uint32_t now = size < room ? size : room;
        memcpy(&store->bytes[page - store->pages][page->size], data, now);
        page->size = (uint16_t)(page->size + now);
        address += now;
        data += now;
        size -= now;
    }
}

/* Pages that `append` would have to open. */
static uint32_t pages_needed(struct frag_store *store, uint32_t address, uint32_t size)
{
    uint32_t touched =
            (address + size - 1u) / FRAG_STORE_PAGE_SIZE - address / FRAG_STORE_PAGE_SIZE + 1u;
    if (store->page_count > 0) {
        const struct frag_page *last = page_at(store, store->page_count - 1u);
        if (!page_full(last) && last->address + last->size == address) {
            touched--;
        }
    }
    return touched;
}

uint32_t frag_store_address(const struct frag_store *store, uint32_t index)
{
    return NOR_BLOCK_ADDRESS + index * store->fragment_size;
}

/* Data goes to flash before its mark, so after a reset a place without a mark may hold some, whole
 * or torn. The same data fits over it. Other data, from another sender with the group's keys or out
 * of coded fragments that do not agree, would mix with it: zeros stay zeros. */
static enum frag_store_status place_takes(const struct frag_store *store, const struct hal *hal,
        uint32_t address, const uint8_t *data)
{
    uint8_t there[FRAG_SIZE_MAX];
    uint32_t rising = 0;
    DEVICE_ASSERT(hal, store->fragment_size <= sizeof(there));
    enum frag_store_status status = nor_read(hal, address, there, store->fragment_size);
    for (uint32_t i = 0; status == FRAG_STORE_OK && i < store->fragment_size; i++) {
        rising |= data[i] & ~(uint32_t)there[i];
    }
    return rising != 0 ? FRAG_STORE_OCCUPIED : status;
}

void frag_store_mark(struct frag_store *store, uint32_t index)
{
    uint16_t mark = (uint16_t)(index / 8u);
    store->mark_first_byte = mark < store->mark_first_byte ? mark : store->mark_first_byte;
    store->mark_last_byte = mark > store->mark_last_byte ? mark : store->mark_last_byte;
}

enum frag_store_status frag_store_put(struct frag_store *store, const struct hal *hal,
        uint32_t index, const uint8_t *data, const uint32_t *received)
{
    uint32_t size = store->fragment_size;
    uint32_t address = frag_store_address(store, index);
    DEVICE_ASSERT(hal, index < store->fragments);
    if (store->resumed) { /* before drain(), which leaves the flash busy */
        enum frag_store_status status = place_takes(store, hal, address, data);
        if (status != FRAG_STORE_OK) {
            return status;
        }
    }
    bool idle = drain(store, hal);
    if (idle && store->marks_pending >= FRAG_STORE_MARK_BATCH) {
        write_marks(store, hal, received);
    }
    if (store->page_count + pages_needed(store, address, size) > FRAG_STORE_PAGES) {
        hal_flash_notify(hal, NOR);
        return FRAG_STORE_BUSY;
    }
    append(store, address, data, size);
    DEVICE_ASSERT(hal, store->page_count > 0 && store->page_count <= FRAG_STORE_PAGES);
    if (received != NULL) {
        frag_store_mark(store, index);
        if (store->marks_pending < UINT8_MAX) {
            store->marks_pending++;
        }
    }
    drain(store, hal);
    /* One page may wait for the next fragment to come by; a second one might not find room. */
    if (pages_closed(store) > 1u) {
        hal_flash_notify(hal, NOR);
    }
    return FRAG_STORE_OK;
}

void frag_store_on_flash_done(struct frag_store *store, const struct hal *hal)
{
    DEVICE_ASSERT(hal, store->page_first < FRAG_STORE_PAGES);
    drain(store, hal);
    if (pages_closed(store) > 1u) {
        hal_flash_notify(hal, NOR);
    }
}

enum frag_store_status frag_store_flush(
        struct frag_store *store, const struct hal *hal, const uint32_t *received)
{
    DEVICE_ASSERT(hal, received != NULL || store->mark_first_byte == NO_MARK);
    while (store->page_count > 0) {
        if (!program_first_page(store, hal)) {
            return nor_result(hal, false);
        }
    }
    while (received != NULL && store->mark_first_byte != NO_MARK) {
        if (!write_marks(store, hal, received)) {
            return nor_result(hal, false);
        }
    }
    return FRAG_STORE_OK;
}

enum frag_store_status frag_store_add(const struct frag_store *store, const struct hal *hal,
        const struct hal_flash_rows *runs, uint32_t run_count, uint32_t *sum)
{
    DEVICE_ASSERT(hal, run_count > 0);
    enum hal_status status = hal_flash_add(hal, NOR, runs, run_count, sum, store->fragment_size);
    DEVICE_ASSERT(hal, status == HAL_OK || status == HAL_BUSY);
    return nor_result(hal, status == HAL_OK);
}

uint32_t frag_store_read_marks(
        struct frag_store *store, const struct hal *hal, uint32_t received[FEC_ROW_WORDS])
{
    uint32_t present = 0;
    store->resumed = true;
    for (uint32_t w = 0; w < FEC_ROW_WORDS; w++) {
        received[w] = 0;
    }
    for (uint32_t w = 0; 32u * w < store->fragments; w++) {
        uint8_t bytes[4];
        enum frag_store_status status = nor_read(hal, MARKS_ADDRESS + 4u * w, bytes, 4);
        DEVICE_ASSERT(hal, status == FRAG_STORE_OK);
        received[w] = ~get_le32(bytes);
        if (store->fragments - 32u * w < 32u) {
            received[w] &= (1u << (store->fragments - 32u * w)) - 1u;
        }
        present += bits_count(received[w]);
    }
    return present;
}

/* --- combinations ------------------------------------------------------------------------- */

uint32_t frag_store_slot_address(uint32_t slot)
{
    return slot < FRAG_SLOTS_MAIN ? NOR_FEC_ADDRESS + slot * NOR_FEC_SLOT_SIZE
                                  : SPARE_ADDRESS + (slot - FRAG_SLOTS_MAIN) * NOR_FEC_SLOT_SIZE;
}

/* Zero bits in front of the count itself: torn programs can only lower it, and raise the count. */
static uint32_t slot_zeros(const uint32_t page[SLOT_WORDS])
{
    uint32_t ones = bits_count(page[SLOT_WORDS - 1u] & 0xFFFFu);
    for (uint32_t i = 0; i < SLOT_WORDS - 1u; i++) {
        ones += bits_count(page[i]);
    }
    return 32u * (SLOT_WORDS - 1u) + 16u - ones;
}

enum frag_store_status frag_store_slot_write(const struct frag_store *store, const struct hal *hal,
        uint32_t slot, uint32_t n, const uint32_t *data)
{
    uint32_t page[SLOT_WORDS];
    DEVICE_ASSERT(hal, slot < FRAG_SLOTS_MAX && n > 0 && n <= FRAG_NUMBER_MAX);
    if (store->resumed) {
        enum frag_slot_state state;
        uint32_t there;
        enum frag_store_status status = frag_store_slot_check(hal, slot, &state, &there);
        if (status != FRAG_STORE_OK || state != FRAG_SLOT_ERASED) {
            return status != FRAG_STORE_OK ? status : FRAG_STORE_OCCUPIED;
        }
    }
    memset(page, ERASED, sizeof(page));
    memcpy(page, data, store->fragment_size);
    page[SLOT_WORDS - 1u] = n;
    page[SLOT_WORDS - 1u] |= slot_zeros(page) << 16;
    return nor_result(hal, nor_program(hal, frag_store_slot_address(slot), page, sizeof(page)));
}

enum frag_store_status frag_store_slot_read(
        const struct frag_store *store, const struct hal *hal, uint32_t slot, uint32_t *data)
{
    DEVICE_ASSERT(hal, slot < FRAG_SLOTS_MAX);
    return nor_read(hal, frag_store_slot_address(slot), data, store->fragment_size);
}

enum frag_store_status frag_store_slot_check(
        const struct hal *hal, uint32_t slot, enum frag_slot_state *state, uint32_t *n)
{
    uint32_t page[SLOT_WORDS];
    DEVICE_ASSERT(hal, slot < FRAG_SLOTS_MAX);
    enum frag_store_status status =
            nor_read(hal, frag_store_slot_address(slot), page, sizeof(page));
    if (status != FRAG_STORE_OK) {
        return status;
    }
    uint32_t trailer = page[SLOT_WORDS - 1u];
    uint32_t zeros = slot_zeros(page);
    *n = trailer & 0xFFFFu;
    if (zeros == trailer >> 16) {
        *state = FRAG_SLOT_VALID;
    } else {
        *state = zeros == 0 && trailer == UINT32_MAX ? FRAG_SLOT_ERASED : FRAG_SLOT_TORN;
    }
    return FRAG_STORE_OK;
}
