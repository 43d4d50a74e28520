/* Which bytes of the target resemble which of the base.
 * SPDX-License-Identifier: MIT
 *
 * From each match the block grows forward and backward over what differs here and there, as long as
 * more bytes agree than differ. Where two blocks would overlap, the seam lies where most bytes
 * agree. The method is bsdiff's (C. Percival, "Naive differences of executable code", 2003).
 */
#include <assert.h>
#include <divsufsort.h>
#include <stdlib.h>
#include <string.h>

#include "campaign/patch_parts.h"

/* Where a block began: bytes of the target from `target_at` on stand beside the base's from
 * `base_at` on. */
struct alignment {
    uint32_t target_at, base_at;
};

bool patch_search_open(struct patch_search *search)
{
    assert(search->pair.base_size > 0);
    search->suffixes = calloc(search->pair.base_size, sizeof *search->suffixes);
    if (search->suffixes == NULL
            || divsufsort(search->pair.base, search->suffixes, (int32_t)search->pair.base_size)
                       != 0) {
        patch_search_close(search);
        return false;
    }
    return true;
}

void patch_search_close(struct patch_search *search)
{
    free(search->suffixes);
    search->suffixes = NULL;
}

static uint32_t common_length(const struct patch_pair *pair, uint32_t base_at, uint32_t target_at)
{
    uint32_t length = 0;
    while (base_at + length < pair->base_size && target_at + length < pair->target_size
            && pair->base[base_at + length] == pair->target[target_at + length]) {
        length++;
    }
    return length;
}

/* Does the base from `base_at` on come before the target from `target_at` on? */
static bool is_before(const struct patch_pair *pair, uint32_t base_at, uint32_t target_at)
{
    assert(base_at < pair->base_size && target_at < pair->target_size);
    uint32_t base_left = pair->base_size - base_at, target_left = pair->target_size - target_at;
    uint32_t least = base_left < target_left ? base_left : target_left;
    int order = memcmp(pair->base + base_at, pair->target + target_at, least);
    return order < 0 || (order == 0 && base_left < target_left);
}

/* The longest piece of the base that the target goes on with. */
static uint32_t longest_match(
        const struct patch_search *search, uint32_t target_at, uint32_t *found)
{
    uint32_t low = 0, high = search->pair.base_size;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (is_before(&search->pair, (uint32_t)search->suffixes[middle], target_at)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    uint32_t best = 0;
    *found = 0;
    for (uint32_t i = low > 0 ? low - 1 : 0; i <= low && i < search->pair.base_size; i++) {
        uint32_t at = (uint32_t)search->suffixes[i];
        uint32_t length = common_length(&search->pair, at, target_at);
        if (length > best) {
            best = length;
            *found = at;
        }
    }
    return best;
}

/* Is the byte of the target the one that an alignment has there? */
static bool agrees(const struct patch_pair *pair, const struct alignment *alignment, uint32_t at)
{
    assert(at < pair->target_size);
    int64_t base_at = (int64_t)alignment->base_at + at - alignment->target_at;
    return base_at >= 0 && base_at < pair->base_size && pair->base[base_at] == pair->target[at];
}

/* How far a block goes forward: most bytes that agree, less those that differ. */
static uint32_t forward_length(
        const struct patch_pair *pair, const struct alignment *from, uint32_t end)
{
    int64_t score = 0, best = 0;
    uint32_t length = 0;
    for (uint32_t i = 0; from->target_at + i < end && from->base_at + i < pair->base_size; i++) {
        score += agrees(pair, from, from->target_at + i) ? 1 : -1;
        if (score > best) {
            best = score;
            length = i + 1;
        }
    }
    return length;
}

/* The same backward from where the next block's match begins, not before `begin`. */
static uint32_t backward_length(
        const struct patch_pair *pair, const struct alignment *to, uint32_t begin)
{
    int64_t score = 0, best = 0;
    uint32_t length = 0;
    for (uint32_t i = 1; to->target_at >= begin + i && to->base_at >= i; i++) {
        score += agrees(pair, to, to->target_at - i) ? 1 : -1;
        if (score > best) {
            best = score;
            length = i;
        }
    }
    return length;
}

/* How many of `overlap` bytes from `at` on go to the first of two blocks. */
static uint32_t seam(const struct patch_pair *pair, const struct alignment *first,
        const struct alignment *second, uint32_t at, uint32_t overlap)
{
    int64_t score = 0, best = 0;
    uint32_t length = 0;
    for (uint32_t i = 0; i < overlap; i++) {
        score += agrees(pair, first, at + i) ? 1 : 0;
        score -= agrees(pair, second, at + i) ? 1 : 0;
        if (score > best) {
            best = score;
            length = i + 1;
        }
    }
    return length;
}

static bool add_block(struct patch_blocks *blocks, const struct patch_block *block)
{
    if (blocks->count == blocks->capacity) {
        size_t capacity = blocks->capacity == 0 ? 64 : 2 * blocks->capacity;
        struct patch_block *list = realloc(blocks->list, capacity * sizeof *list);
        if (list == NULL) {
            return false;
        }
        blocks->list = list;
        blocks->capacity = capacity;
    }
    blocks->list[blocks->count++] = *block;
    return true;
}

/* Ends the block of `*from` before the match `to` (at the end of the target: there is none), and
 * moves `*from` to the block of that match. */
static bool end_block(const struct patch_pair *pair, struct patch_blocks *blocks,
        struct alignment *from, const struct alignment *to)
{
    uint32_t begin = from->target_at;
    assert(begin <= to->target_at && to->target_at <= pair->target_size);
    uint32_t forward = forward_length(pair, from, to->target_at);
    uint32_t backward = to->target_at < pair->target_size ? backward_length(pair, to, begin) : 0;
    uint32_t next = to->target_at - backward;
    if (begin + forward > next) {
        uint32_t overlap = begin + forward - next;
        uint32_t first = seam(pair, from, to, next, overlap);
        forward = forward - overlap + first;
        backward -= first;
        next = begin + forward;
    }
    assert(next >= begin + forward && backward <= to->base_at);
    struct patch_block block = { begin, from->base_at, forward, next - begin - forward };
    *from = (struct alignment){ next, to->base_at - backward };
    return add_block(blocks, &block);
}

/* The next match that is worth a block of its own: more than `margin` bytes better than `present`.
 * What agrees anyhow is passed over. At the end of the target: none. */
static struct alignment next_match(const struct patch_search *search, uint32_t margin,
        const struct alignment *present, uint32_t at, uint32_t *length)
{
    const struct patch_pair *pair = &search->pair;
    uint32_t counted = at, agreeing = 0, base_at = 0;
    for (; at < pair->target_size; at++) {
        *length = longest_match(search, at, &base_at);
        for (; counted < at + *length; counted++) {
            agreeing += agrees(pair, present, counted);
        }
        if (*length > agreeing + margin) {
            return (struct alignment){ at, base_at };
        }
        if (*length == agreeing && *length > 0) {
            at += *length - 1;
            counted = at + 1;
            agreeing = 0;
        } else if (agrees(pair, present, at) && counted > at) {
            agreeing--;
        }
        counted = counted > at ? counted : at + 1;
    }
    *length = 0;
    return (struct alignment){ pair->target_size, 0 };
}

bool patch_blocks_find(
        const struct patch_search *search, uint32_t margin, struct patch_blocks *blocks)
{
    struct alignment from = { 0, 0 }, to;
    uint32_t at = 0, length = 0;
    bool ok = true;
    do {
        to = next_match(search, margin, &from, at, &length);
        ok = end_block(&search->pair, blocks, &from, &to);
        at = to.target_at + length;
    } while (ok && to.target_at < search->pair.target_size);
    return ok;
}
