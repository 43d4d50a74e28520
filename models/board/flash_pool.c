/* Pools of flash pages and sectors.
 * SPDX-License-Identifier: MIT
 */
#include "board/flash_pool.h"

#include <stdlib.h>
#include <string.h>

#include "run_memory.h"

void flash_pool_init(struct flash_pool *pool, uint32_t block_bytes, struct run_memory *memory)
{
    memset(pool, 0, sizeof *pool);
    pool->block_bytes = block_bytes;
    pool->memory = memory;
    pool->never_used = 1; /* block 0 stays unused: it means "erased" */
}

void flash_pool_finish(struct flash_pool *pool)
{
    for (unsigned i = 0; i < BLOCKS_MAX; i++) {
        free(pool->blocks[i]);
    }
    free(pool->references);
}

static void pool_grow(struct flash_pool *pool)
{
    unsigned block = block_of(pool->capacity);
    assert(block < BLOCKS_MAX);
    pool->blocks[block] =
            run_memory_grow(pool->memory, NULL, (size_t)block_items(block) * pool->block_bytes);
    pool->capacity += block_items(block);
    pool->references = run_memory_grow(
            pool->memory, pool->references, (size_t)pool->capacity * sizeof *pool->references);
}

uint32_t flash_pool_take(struct flash_pool *pool)
{
    uint32_t id = pool->first_free;
    if (id != 0) {
        memcpy(&pool->first_free, flash_pool_block(pool, id), sizeof id);
    } else {
        id = pool->never_used;
        if (id >= pool->capacity) {
            pool_grow(pool);
        }
        pool->never_used++;
    }
    pool->references[id] = 1;
    pool->in_use++;
    return id;
}

void flash_pool_give_back(struct flash_pool *pool, uint32_t id)
{
    assert(pool->references[id] == 0);
    memcpy(flash_pool_block(pool, id), &pool->first_free, sizeof id);
    pool->first_free = id;
    pool->in_use--;
}

uint64_t flash_pool_bytes(const struct flash_pool *pool)
{
    return (uint64_t)pool->never_used * (pool->block_bytes + sizeof *pool->references);
}
