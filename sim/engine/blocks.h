/* Arrays that grow by blocks, so that what is in them never moves.
 * SPDX-License-Identifier: MIT
 *
 * Block 0 has the first BLOCKS_FIRST items, each further block as many as all before it. An item
 * that is in a block may be read by one thread while another one adds a block.
 */
#ifndef ENGINE_BLOCKS_H
#define ENGINE_BLOCKS_H

#include <assert.h>
#include <stdint.h>

#define BLOCKS_FIRST_LOG2 6u
#define BLOCKS_FIRST      (UINT32_C(1) << BLOCKS_FIRST_LOG2)
#define BLOCKS_MAX        (33u - BLOCKS_FIRST_LOG2) /* hold 2^32 items */

/* The block that an item is in, and the item with which a block begins. */
static inline unsigned block_of(uint32_t item)
{
    return item < BLOCKS_FIRST ? 0 : 32u - (unsigned)__builtin_clz(item) - BLOCKS_FIRST_LOG2;
}

static inline uint32_t block_begin(unsigned block)
{
    assert(block < BLOCKS_MAX);
    return block == 0 ? 0 : BLOCKS_FIRST << (block - 1u);
}

static inline uint32_t block_items(unsigned block)
{
    return block == 0 ? BLOCKS_FIRST : block_begin(block);
}

#endif
