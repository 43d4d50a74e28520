/* Looks up blocks by a hash of their content.
 * SPDX-License-Identifier: MIT
 */
#include "board/flash_index.h"

#include <string.h>

#define LANES 4u

/* Four independent multiply-and-mix lanes: the hash only has to spread, the bytes are compared. */
static uint64_t content_hash(const uint8_t *bytes, uint32_t size)
{
    uint64_t lane[LANES] = { 1, 2, 3, 4 };
    for (uint32_t at = 0; at < size; at += LANES * 8u) {
        for (uint32_t i = 0; i < LANES; i++) {
            uint64_t word;
            memcpy(&word, bytes + at + 8u * i, sizeof word);
            lane[i] = (lane[i] ^ word) * UINT64_C(0x9E3779B97F4A7C15);
            lane[i] ^= lane[i] >> 29;
        }
    }
    uint64_t hash = lane[0];
    for (uint32_t i = 1; i < LANES; i++) {
        hash = (hash ^ lane[i]) * UINT64_C(0xC2B2AE3D27D4EB4F);
        hash ^= hash >> 31;
    }
    return hash;
}

uint32_t flash_index_equal(struct flash_index *index, const struct flash_pool *pool, uint32_t id)
{
    const uint8_t *bytes = flash_pool_block(pool, id);
    uint64_t hash = content_hash(bytes, pool->block_bytes);
    uint32_t tag = (uint32_t)hash;
    struct flash_hint *set = index->hints[hash >> (64u - FLASH_INDEX_SETS_LOG2)];
    uint32_t way_for_us = FLASH_INDEX_WAYS;
    for (uint32_t way = 0; way < FLASH_INDEX_WAYS; way++) {
        uint32_t other = set[way].id;
        if (other == id) {
            set[way].tag = tag;
            return id;
        }
        uint32_t references = other != 0 ? pool->references[other] : 0;
        if (references > 0 && set[way].tag == tag
                && memcmp(flash_pool_block(pool, other), bytes, pool->block_bytes) == 0) {
            return other;
        }
        if (references <= 1) { /* what many share stays; one node's own gives way */
            way_for_us = way;
        }
    }
    if (way_for_us < FLASH_INDEX_WAYS) {
        set[way_for_us] = (struct flash_hint){ id, tag };
    }
    return id;
}
