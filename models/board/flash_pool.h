/* Reference-counted blocks of one size, known by number; 0 is no block.
 * SPDX-License-Identifier: MIT
 */
#ifndef BOARD_FLASH_POOL_H
#define BOARD_FLASH_POOL_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blocks.h"

struct run_memory;

struct flash_pool {
    uint8_t *blocks[BLOCKS_MAX];
    uint32_t *references; /* 0: free; the block then begins with the number of the next one */
    uint32_t block_bytes;
    uint32_t capacity;
    uint32_t never_used; /* blocks from here on were never given out */
    uint32_t first_free;
    uint32_t in_use;
    struct run_memory *memory;
};

void flash_pool_init(struct flash_pool *pool, uint32_t block_bytes, struct run_memory *memory);
void flash_pool_finish(struct flash_pool *pool);
/* A block with one reference and any content. */
uint32_t flash_pool_take(struct flash_pool *pool);
void flash_pool_give_back(struct flash_pool *pool, uint32_t id); /* at the last release */
uint64_t flash_pool_bytes(const struct flash_pool *pool);

static inline void *flash_pool_block(const struct flash_pool *pool, uint32_t id)
{
    unsigned block = block_of(id);
    return pool->blocks[block] + (size_t)(id - block_begin(block)) * pool->block_bytes;
}

static inline void flash_pool_hold(struct flash_pool *pool, uint32_t id)
{
    if (id != 0) {
        pool->references[id]++;
    }
}

/* True: that was the last reference; the caller lets go of what the block refers to and gives it
 * back. */
static inline bool flash_pool_release(struct flash_pool *pool, uint32_t id)
{
    if (id == 0) {
        return false;
    }
    assert(pool->references[id] > 0);
    return --pool->references[id] == 0;
}

static inline bool flash_pool_private(const struct flash_pool *pool, uint32_t id)
{
    return id != 0 && pool->references[id] == 1;
}

#endif
