/* Equal items in one growing block, named by index: no allocation once it has its working size.
 * SPDX-License-Identifier: MIT
 */
#include "network/pool.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define POOL_COUNT_FIRST 64u

void pool_init(struct pool *pool, size_t item_size, uint32_t count_max)
{
    assert(item_size >= sizeof(uint32_t));
    *pool = (struct pool){ .item_size = item_size, .count_max = count_max, .free_head = POOL_NONE };
}

void pool_finish(struct pool *pool)
{
    free(pool->items);
    pool->items = NULL;
}

void *pool_at(const struct pool *pool, uint32_t index)
{
    assert(index < pool->used);
    return pool->items + (size_t)index * pool->item_size;
}

static bool pool_grow(struct pool *pool)
{
    uint32_t count = pool->count == 0 ? POOL_COUNT_FIRST : pool->count * 2;
    count = count < pool->count_max ? count : pool->count_max;
    if (count == pool->count) {
        return false;
    }
    uint8_t *items = realloc(pool->items, (size_t)count * pool->item_size);
    if (items == NULL) {
        return false;
    }
    pool->items = items;
    pool->count = count;
    return true;
}

uint32_t pool_take(struct pool *pool)
{
    uint32_t index = pool->free_head;
    if (index != POOL_NONE) {
        memcpy(&pool->free_head, pool_at(pool, index), sizeof pool->free_head);
    } else {
        if (pool->used == pool->count && !pool_grow(pool)) {
            return POOL_NONE;
        }
        index = pool->used++;
    }
    pool->taken++;
    return index;
}

void pool_give(struct pool *pool, uint32_t index)
{
    memcpy(pool_at(pool, index), &pool->free_head, sizeof pool->free_head);
    pool->free_head = index;
    assert(pool->taken > 0);
    pool->taken--;
}
