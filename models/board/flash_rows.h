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
#define FLASH_ROWS_LOG2    13u
#define FLASH_ROWS         (1u << FLASH_ROWS_LOG2)
#define FLASH_ROWS_AT_ONCE 32u

/* Which row a copy is of: what the pages hold from `offset` on. */
struct flash_row_source {
    uint64_t pages; /* the last one's number above the first one's; 0: nothing is kept */
    uint32_t place; /* offset in the first page, above it the size */
};

typedef uint64_t flash_lanes __attribute__((vector_size(16)));

struct flash_rows {
    flash_lanes row[FLASH_ROWS][FLASH_ROW_BYTES / sizeof(flash_lanes)]; /* zeros after its end */
    struct flash_row_source source[FLASH_ROWS];
};

/* Adds (XOR) all rows of `runs`, which lie in the image, to `sum`. */
void flash_image_add(struct flash_store *store, const struct flash_image *image,
        const struct hal_flash_rows *runs, size_t run_count, void *sum, uint32_t row_bytes);
void flash_rows_finish(struct flash_store *store);

#endif
