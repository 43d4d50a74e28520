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
    for (uint32_t i = 0; i < pool->chunk_count; i++) {
        free(pool->chunks[i]);
    }
    free(pool->chunks);
    free(pool->references);
}

static void pool_grow(struct flash_pool *pool)
{
    if (pool->chunk_count == pool->chunk_capacity) {
        uint32_t capacity = pool->chunk_capacity == 0 ? 8u : 2u * pool->chunk_capacity;
        pool->chunks = run_memory_grow(pool->memory, pool->chunks, capacity * sizeof(uint8_t *));
        pool->references = run_memory_grow(pool->memory, pool->references,
                (size_t)capacity * FLASH_POOL_CHUNK_BLOCKS * sizeof *pool->references);
        pool->chunk_capacity = capacity;
    }
    pool->chunks[pool->chunk_count++] = run_memory_grow(
            pool->memory, NULL, (size_t)FLASH_POOL_CHUNK_BLOCKS * pool->block_bytes);
}

uint32_t flash_pool_take(struct flash_pool *pool)
{
    uint32_t id = pool->first_free;
    if (id != 0) {
        memcpy(&pool->first_free, flash_pool_block(pool, id), sizeof id);
    } else {
        id = pool->never_used;
        if (id >= pool->chunk_count * FLASH_POOL_CHUNK_BLOCKS) {
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
