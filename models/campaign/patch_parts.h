/* The parts of the patch builder: bytes that grow, blocks of a pair, LZSS.
 * SPDX-License-Identifier: MIT
 */
#ifndef CAMPAIGN_PATCH_PARTS_H
#define CAMPAIGN_PATCH_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct byte_list {
    uint8_t *bytes;
    size_t count, capacity;
    bool failed; /* out of memory: what was added since is lost */
};
void byte_list_add(struct byte_list *list, uint8_t byte);
void byte_list_free(struct byte_list *list);

struct patch_pair {
    const uint8_t *base, *target;
    uint32_t base_size, target_size;
};

/* `length` bytes of the target that resemble those of the base, then `extra` that do not. */
struct patch_block {
    uint32_t target_at, base_at, length, extra;
};
struct patch_blocks {
    struct patch_block *list;
    size_t count, capacity;
};

struct patch_search {
    struct patch_pair pair;
    int32_t *suffixes; /* of the base, in the order of their bytes */
};

/* False: out of memory. */
bool patch_search_open(struct patch_search *search);
void patch_search_close(struct patch_search *search);
/* Blocks that make up the whole target, in order. A match moves the base when it is more than
 * `margin` bytes longer than what agrees where the base stands. False: out of memory. */
bool patch_blocks_find(
        const struct patch_search *search, uint32_t margin, struct patch_blocks *blocks);

/* Appends the fewest bits that say `in` (device/update/patch.h), filled up with zeros. */
void lzss_pack(struct byte_list *out, const struct byte_list *in);

#endif
