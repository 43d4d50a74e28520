/* Finds a block of equal content: a table of hints, each checked against the block itself.
 * SPDX-License-Identifier: MIT
 *
 * Nodes that lost different fragments take different ways to the same image. The index brings them
 * together again. It holds no references and never goes stale: whatever block a hint names now, if
 * it is alive and its bytes are equal, it may be shared.
 */
#ifndef BOARD_FLASH_INDEX_H
#define BOARD_FLASH_INDEX_H

#include "board/flash_pool.h"

#define FLASH_INDEX_SETS_LOG2 12u
#define FLASH_INDEX_SETS      (1u << FLASH_INDEX_SETS_LOG2)
#define FLASH_INDEX_WAYS      4u

struct flash_hint {
    uint32_t id;  /* 0: no hint */
    uint32_t tag; /* of the content that the block had: another one need not be looked at */
};

struct flash_index {
    struct flash_hint hints[FLASH_INDEX_SETS][FLASH_INDEX_WAYS];
};

/* Another block with the content of `id`, or `id` itself, which is then remembered. Block sizes
 * are multiples of 32. */
uint32_t flash_index_equal(struct flash_index *index, const struct flash_pool *pool, uint32_t id);

#endif
