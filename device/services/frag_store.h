/* A fragmentation session in SPI NOR: the block, the combinations, and the marks of both.
 * SPDX-License-Identifier: MIT
 *
 * Every program clears bits once and in an order that makes a cut harmless: data first, its mark
 * afterwards. The flash runs its operations by itself; a function that finds it busy asks for a
 * done interrupt and is called again, or leaves the work to the next call.
 *
 * Journal, first sector: page 0 the session tag and one byte for each milestone, pages 1 and 2 the
 * marks, one bit cleared for each uncoded fragment in place. The other sectors are spare slots.
 * A slot: the combination, and in its last four bytes N and the number of zero bits of data and N.
 * A torn program leaves ones where zeros belong, and never the other way: the count tells.
 */
#ifndef DEVICE_SERVICES_FRAG_STORE_H
#define DEVICE_SERVICES_FRAG_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "services/fec_row.h"
#include "update/flash_map.h"

struct hal;
struct hal_flash_rows;

#define FRAG_SIZE_MAX         239u /* RP002: 242 bytes of application payload less 3 */
#define FRAG_DATA_WORDS       60u
#define FRAG_NUMBER_MAX       16383u /* N, 14 bits of DataFragment */
#define FRAG_STORE_PAGE_SIZE  256u
#define FRAG_STORE_PAGES      3u
#define FRAG_STORE_SECTOR     4096u
#define FRAG_STORE_MARK_BATCH 32u
#define FRAG_SLOTS_MAIN       (NOR_FEC_SIZE / NOR_FEC_SLOT_SIZE)
#define FRAG_SLOTS_SPARE      ((NOR_JOURNAL_SIZE - FRAG_STORE_SECTOR) / NOR_FEC_SLOT_SIZE)
#define FRAG_SLOTS_MAX        (FRAG_SLOTS_MAIN + FRAG_SLOTS_SPARE)

/* Byte offsets in the first page of the journal, one milestone each: 0x00 once it is reached. */
enum frag_milestone {
    FRAG_MILESTONE_FROZEN = 8,   /* the marks are final, slots are in use */
    FRAG_MILESTONE_COMPLETE = 9, /* the block is whole */
    FRAG_MILESTONE_MIC_GOOD = 10,
    FRAG_MILESTONE_MIC_BAD = 11
};

/* Bytes on their way to one page of the block: where they belong. */
struct frag_page {
    uint32_t address;
    uint16_t size;
};

struct frag_store {
    uint16_t fragments;
    uint8_t fragment_size;
    uint8_t page_first; /* queue of pages, the last may still grow */
    uint8_t page_count;
    uint8_t marks_pending;    /* fragments stored since the last marks */
    uint16_t mark_first_byte; /* marks to write, first > last: none */
    uint16_t mark_last_byte;
    uint16_t erase_next;   /* sector counter while erasing */
    uint8_t table_sectors; /* of the table of hashes, erased with the rest */
    bool resumed;          /* places without a mark may hold data from before a reset */
    struct frag_page pages[FRAG_STORE_PAGES];
    uint8_t bytes[FRAG_STORE_PAGES][FRAG_STORE_PAGE_SIZE]; /* of `pages` */
};

enum frag_store_status {
    FRAG_STORE_OK,
    FRAG_STORE_BUSY,    /* nothing changed; a done interrupt will come */
    FRAG_STORE_OCCUPIED /* nothing changed; other data is in that place */
};

void frag_store_init(struct frag_store *store, uint32_t fragments, uint32_t fragment_size);

/* Starts with the first sector; then erases one a call. OK: all are erased. */
void frag_store_erase_start(struct frag_store *store);
enum frag_store_status frag_store_erase_step(struct frag_store *store, const struct hal *hal);

/* The same for the slots of combinations alone. */
enum frag_store_status frag_store_erase_slots_step(struct frag_store *store, const struct hal *hal);

/* Opens the erased journal for the session `tag`. */
enum frag_store_status frag_store_tag(const struct hal *hal, uint32_t tag);
bool frag_store_has_tag(const struct hal *hal, uint32_t tag);

enum frag_store_status frag_store_milestone(const struct hal *hal, enum frag_milestone milestone);
bool frag_store_reached(const struct hal *hal, enum frag_milestone milestone);

/* Takes a fragment for its place in the block. With `received`, which does not tell of it yet, its
 * mark follows in time; NULL: no marks. BUSY: no room now. OCCUPIED: what a reset left there
 * without a mark has zeros where `data` has ones, so only an erase could make room. */
enum frag_store_status frag_store_put(struct frag_store *store, const struct hal *hal,
        uint32_t index, const uint8_t *data, const uint32_t *received);
/* The fragment is in flash: its mark follows with the next flush. */
void frag_store_mark(struct frag_store *store, uint32_t index);
/* Goes on with pages that wait. */
void frag_store_on_flash_done(struct frag_store *store, const struct hal *hal);
/* Brings all data, then (`received` not NULL) all marks into flash; call until OK. */
enum frag_store_status frag_store_flush(
        struct frag_store *store, const struct hal *hal, const uint32_t *received);

/* Where uncoded fragment `index` and combination `slot` lie in the NOR. */
uint32_t frag_store_address(const struct frag_store *store, uint32_t index);
uint32_t frag_store_slot_address(uint32_t slot);
/* Adds (XOR) the fragments and combinations in `runs` to `sum` of FRAG_DATA_WORDS words. */
enum frag_store_status frag_store_add(const struct frag_store *store, const struct hal *hal,
        const struct hal_flash_rows *runs, uint32_t run_count, uint32_t *sum);
/* Recovers the marks of a session after a reset; returns the number of fragments present. From then
 * on every place is looked at before it is written. */
uint32_t frag_store_read_marks(
        struct frag_store *store, const struct hal *hal, uint32_t received[FEC_ROW_WORDS]);

/* One combination, `data` of FRAG_DATA_WORDS words. OCCUPIED: after a reset something else is
 * there. */
enum frag_store_status frag_store_slot_write(const struct frag_store *store, const struct hal *hal,
        uint32_t slot, uint32_t n, const uint32_t *data);
enum frag_store_status frag_store_slot_read(
        const struct frag_store *store, const struct hal *hal, uint32_t slot, uint32_t *data);
/* What a slot holds after a reset. */
enum frag_slot_state {
    FRAG_SLOT_ERASED,
    FRAG_SLOT_TORN,
    FRAG_SLOT_VALID
};
enum frag_store_status frag_store_slot_check(
        const struct hal *hal, uint32_t slot, enum frag_slot_state *state, uint32_t *n);

#endif
