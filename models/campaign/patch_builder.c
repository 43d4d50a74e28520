/* Builds delta patches: pieces that resemble the base, their runs, LZSS over all.
 * SPDX-License-Identifier: MIT
 *
 * How much longer a match must be before the base moves, and how short a run of equal bytes is
 * worth its two numbers, depends on the pair. Some values of both are tried; the shortest patch is
 * taken.
 */
#include "campaign/patch_builder.h"

#include <assert.h>
#include <stdlib.h>

#include "campaign/patch_parts.h"

static const uint32_t margins[] = { 8, 4, 16, 32 };
static const uint32_t shortest_runs[] = { 3, 2, 4, 6, 8 };

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

static void put_number(struct byte_list *ops, uint32_t number)
{
    assert(number < 1u << 28); /* four bytes */
    for (; number >= 0x80; number >>= 7) {
        byte_list_add(ops, (uint8_t)(number | 0x80));
    }
    byte_list_add(ops, (uint8_t)number);
}

/* How many bytes from `at` on are, or are not, those of the base. */
static uint32_t run_length(
        const struct patch_pair *pair, const struct patch_block *block, uint32_t at, bool same)
{
    uint32_t end = at;
    assert(at <= block->length);
    assert(block->base_at + block->length <= pair->base_size);
    while (end < block->length
            && (pair->target[block->target_at + end] == pair->base[block->base_at + end]) == same) {
        end++;
    }
    return end - at;
}

/* Bytes with a difference from `at` on, and runs of equal ones between them that are too short. */
static uint32_t changed_length(const struct patch_pair *pair, const struct patch_block *block,
        uint32_t at, uint32_t shortest_run)
{
    uint32_t end = at + run_length(pair, block, at, false);
    for (;;) {
        uint32_t same = run_length(pair, block, end, true);
        if (same >= shortest_run || end + same == block->length) {
            return end - at;
        }
        end += same;
        end += run_length(pair, block, end, false);
    }
}

static void put_block(struct byte_list *ops, const struct patch_pair *pair,
        const struct patch_block *block, uint32_t shortest_run)
{
    assert(block->target_at + block->length + block->extra <= pair->target_size);
    put_number(ops, block->length);
    for (uint32_t at = 0; at < block->length;) {
        uint32_t same = run_length(pair, block, at, true);
        put_number(ops, same);
        at += same;
        if (at < block->length) {
            uint32_t changed = changed_length(pair, block, at, shortest_run);
            put_number(ops, changed);
            for (uint32_t i = at; i < at + changed; i++) {
                byte_list_add(ops, (uint8_t)(pair->target[block->target_at + i]
                                             - pair->base[block->base_at + i]));
            }
            at += changed;
        }
    }
    put_number(ops, block->extra);
    for (uint32_t i = 0; i < block->extra; i++) {
        byte_list_add(ops, pair->target[block->target_at + block->length + i]);
    }
}

static void put_move(struct byte_list *ops, int64_t move)
{
    assert(move > -(int64_t)PATCH_BUILDER_SIZE_MAX && move < (int64_t)PATCH_BUILDER_SIZE_MAX);
    put_number(ops, (uint32_t)(move >= 0 ? 2 * move : -2 * move - 1));
}

/* The patch with these blocks into `packed`. */
static void pack(struct byte_list *packed, const struct patch_pair *pair,
        const struct patch_blocks *blocks, uint32_t shortest_run)
{
    struct byte_list ops = { 0 };
    int64_t base_at = 0;
    for (size_t i = 0; i < blocks->count; i++) {
        const struct patch_block *block = &blocks->list[i];
        if (i > 0) {
            put_move(&ops, (int64_t)block->base_at - base_at);
        }
        put_block(&ops, pair, block, shortest_run);
        base_at = (int64_t)block->base_at + block->length;
    }
    lzss_pack(packed, &ops);
    byte_list_free(&ops);
}

/* Takes the candidate if it is shorter than the best, or the first. */
static void keep_shorter(struct byte_list *best, struct byte_list *candidate)
{
    bool failed = best->failed || candidate->failed;
    if (best->count == 0 || candidate->count < best->count) {
        byte_list_free(best);
        *best = *candidate;
    } else {
        byte_list_free(candidate);
    }
    best->failed = failed;
}

static void try_margin(struct byte_list *best, const struct patch_search *search, uint32_t margin)
{
    struct patch_blocks blocks = { 0 };
    bool found = patch_blocks_find(search, margin, &blocks);
    for (size_t i = 0; found && i < COUNT(shortest_runs); i++) {
        struct byte_list packed = { 0 };
        pack(&packed, &search->pair, &blocks, shortest_runs[i]);
        keep_shorter(best, &packed);
    }
    best->failed = best->failed || !found;
    free(blocks.list);
}

bool patch_build(const uint8_t *base, uint32_t base_size, const uint8_t *target,
        uint32_t target_size, struct built_patch *patch)
{
    struct byte_list best = { 0 };
    struct patch_search search = { .pair = { base, target, base_size, target_size } };
    if (base_size == 0 || base_size > PATCH_BUILDER_SIZE_MAX || target_size == 0
            || target_size > PATCH_BUILDER_SIZE_MAX || !patch_search_open(&search)) {
        return false;
    }
    for (size_t i = 0; i < COUNT(margins); i++) {
        try_margin(&best, &search, margins[i]);
    }
    patch_search_close(&search);
    if (best.failed) {
        byte_list_free(&best);
        return false;
    }
    *patch = (struct built_patch){ best.bytes, (uint32_t)best.count };
    return true;
}
