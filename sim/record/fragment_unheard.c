/* Causes of frames that no receiver takes notice of, and caps of single copies.
 * SPDX-License-Identifier: MIT
 */
#include "record/fragment_unheard.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define NO_CAP UINT8_MAX

/* --- all devices ------------------------------------------------------------------------------ */

bool fragment_unheard_create(
        struct fragment_unheard *unheard, uint32_t device_count, enum loss_cause cause)
{
    uint32_t blocks = fragment_blocks(device_count);
    *unheard = (struct fragment_unheard){ .device_count = device_count };
    unheard->causes = malloc(device_count);
    unheard->versions = malloc(blocks * sizeof *unheard->versions);
    if (unheard->causes == NULL || unheard->versions == NULL) {
        return false;
    }
    memset(unheard->causes, (int)cause, device_count);
    for (uint32_t i = 0; i < blocks; i++) {
        unheard->versions[i] = 1;
    }
    return true;
}

void fragment_unheard_destroy(struct fragment_unheard *unheard)
{
    free(unheard->causes);
    free(unheard->versions);
    free(unheard->changes);
}

static void forget_changes(struct fragment_unheard *unheard, uint64_t before)
{
    uint64_t number = before > unheard->first ? before - unheard->first : 0;
    uint32_t gone = number < unheard->change_count ? (uint32_t)number : unheard->change_count;
    if (gone > 0) {
        unheard->change_count -= gone;
        unheard->first += gone;
        memmove(unheard->changes, unheard->changes + gone,
                unheard->change_count * sizeof *unheard->changes);
    }
}

static void reserve_change(
        struct fragment_unheard *unheard, struct run_memory *memory, uint64_t needed_from)
{
    if (unheard->change_count < unheard->change_capacity) {
        return;
    }
    forget_changes(unheard, needed_from);
    if (unheard->change_count >= unheard->change_capacity / 2) {
        unheard->change_capacity = unheard->change_capacity * 2 + 16;
        unheard->changes = run_memory_grow(
                memory, unheard->changes, unheard->change_capacity * sizeof *unheard->changes);
    }
}

void fragment_unheard_set(struct fragment_unheard *unheard, struct run_memory *memory,
        uint32_t device, enum loss_cause cause, uint64_t needed_from)
{
    assert(device < unheard->device_count);
    uint8_t was = unheard->causes[device];
    if (was == (uint8_t)cause) {
        return;
    }
    reserve_change(unheard, memory, needed_from);
    unheard->changes[unheard->change_count++] = (struct unheard_change){ device, was };
    unheard->causes[device] = (uint8_t)cause;
    unheard->versions[device / FRAGMENT_BLOCK_DEVICES]++;
}

uint64_t fragment_unheard_next(const struct fragment_unheard *unheard)
{
    return unheard->first + unheard->change_count;
}

/* --- one copy --------------------------------------------------------------------------------- */

void fragment_caps_init(struct fragment_caps *caps, struct cap_pool *pool, uint32_t device_count)
{
    uint32_t blocks = fragment_blocks(device_count);
    *caps = (struct fragment_caps){ .pool = pool, .device_count = device_count };
    caps->blocks = run_memory_take_zeroed(pool->memory, blocks * sizeof *caps->blocks);
    caps->used = run_memory_grow(pool->memory, NULL, blocks * sizeof *caps->used);
}

void fragment_caps_destroy(struct fragment_caps *caps)
{
    for (uint32_t i = 0; i < caps->used_count; i++) {
        free(caps->blocks[caps->used[i]]);
    }
    free(caps->blocks);
    free(caps->used);
}

void fragment_caps_begin(struct fragment_caps *caps, const struct fragment_unheard *unheard)
{
    struct cap_pool *pool = caps->pool;
    assert(unheard->device_count == caps->device_count);
    if (pool->capacity < pool->count + caps->used_count) {
        pool->capacity = 2 * (pool->count + caps->used_count);
        pool->blocks =
                run_memory_grow(pool->memory, pool->blocks, pool->capacity * sizeof *pool->blocks);
    }
    for (uint32_t i = 0; i < caps->used_count; i++) {
        uint32_t at = caps->used[i];
        pool->blocks[pool->count++] = caps->blocks[at];
        caps->blocks[at] = NULL;
    }
    caps->used_count = 0;
    caps->changes_from = fragment_unheard_next(unheard);
}

static uint8_t *take_block(struct fragment_caps *caps, uint32_t at)
{
    struct cap_pool *pool = caps->pool;
    uint8_t *block = pool->count > 0 ? pool->blocks[--pool->count]
                                     : run_memory_grow(pool->memory, NULL, FRAGMENT_BLOCK_DEVICES);
    memset(block, NO_CAP, fragment_block_devices(caps->device_count, at));
    caps->blocks[at] = block;
    caps->used[caps->used_count++] = at;
    return block;
}

void fragment_caps_lower(struct fragment_caps *caps, uint32_t device, enum loss_cause cause)
{
    uint32_t at = device / FRAGMENT_BLOCK_DEVICES;
    assert(device < caps->device_count);
    uint8_t *block = caps->blocks[at] != NULL ? caps->blocks[at] : take_block(caps, at);
    uint8_t *cap = &block[device % FRAGMENT_BLOCK_DEVICES];
    *cap = *cap < (uint8_t)cause ? *cap : (uint8_t)cause;
}

void cap_pool_destroy(struct cap_pool *pool)
{
    for (uint32_t i = 0; i < pool->count; i++) {
        free(pool->blocks[i]);
    }
    free(pool->blocks);
}
