/* Equal items in one growing block, named by index: no allocation once it has its working size.
 * SPDX-License-Identifier: MIT
 */
#ifndef NETWORK_POOL_H
#define NETWORK_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POOL_NONE UINT32_MAX

/* The first member of an item is a uint32_t that the pool uses while the item is free. */
struct pool {
    uint8_t *items;
    size_t item_size;
    uint32_t count, count_max; /* allocated; ceiling */
    uint32_t used;             /* ever taken: later ones are untouched */
    uint32_t free_head;
    uint32_t taken;
};

void pool_init(struct pool *pool, size_t item_size, uint32_t count_max);
void pool_finish(struct pool *pool);
/* POOL_NONE: full, or out of memory. Items move when the pool grows: hold indices. */
uint32_t pool_take(struct pool *pool);
void pool_give(struct pool *pool, uint32_t index);
void *pool_at(const struct pool *pool, uint32_t index);

#endif
