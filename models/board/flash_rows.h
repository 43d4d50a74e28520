/* Sums of rows: each row of shared content is put together once, whichever nodes add it.
 * SPDX-License-Identifier: MIT
 *
 * A node that decodes adds about half of the fragments of its block for each coded one, and the
 * nodes of a group hold the same fragments. A row that lies in shared pages is copied out of them
 * once, in whole vectors; the copy holds its pages, so they are neither changed in place nor do
 * their numbers come to mean something else while it is kept.
 */
#ifndef BOARD_FLASH_ROWS_H
#define BOARD_FLASH_ROWS_H

#include "board/flash.h"

#define FLASH_ROW_BYTES    256u /* the longest row that is kept */
#define FLASH_ROWS_LOG2    11u
#define FLASH_ROWS         (1u << FLASH_ROWS_LOG2)
#define FLASH_ROWS_AT_ONCE 32u

/* Which row a copy is of: what the pages hold from `offset` on. */
struct flash_row_source {
    uint32_t first_page, last_page; /* 0: nothing is kept; the same, if the row lies in one page */
    uint16_t offset;                /* in the first page */
    uint16_t size;
};

struct flash_rows {
    uint8_t bytes[FLASH_ROWS][FLASH_ROW_BYTES]; /* zeros after the row's end */
    struct flash_row_source source[FLASH_ROWS];
};

/* Adds (XOR) all rows of `runs`, which lie in the image, to `sum`. */
void flash_image_add(struct flash_store *store, const struct flash_image *image,
        const struct hal_flash_rows *runs, size_t run_count, void *sum, uint32_t row_bytes);
void flash_rows_finish(struct flash_store *store);

#endif
