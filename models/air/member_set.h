/* A set of small integers that is walked in order: a bitmap under a bitmap of its words.
 * SPDX-License-Identifier: MIT
 *
 * Ten thousand members cost 157 words to walk; a million possible members of which few are in
 * cost 245.
 */
#ifndef AIR_MEMBER_SET_H
#define AIR_MEMBER_SET_H

#include <stdbool.h>
#include <stdint.h>

#define MEMBER_NONE UINT32_MAX

struct run_memory;

struct member_set {
    uint64_t *words;
    uint64_t *summary; /* bit i: words[i] is not 0 */
    uint32_t word_count, summary_count;
};

/* Of members below `limit`; from `memory` (run_memory.h). */
void member_set_init(struct member_set *set, uint32_t limit, struct run_memory *memory);
void member_set_finish(struct member_set *set);

static inline void member_set_add(struct member_set *set, uint32_t member)
{
    uint32_t word = member / 64;
    set->words[word] |= UINT64_C(1) << (member % 64);
    set->summary[word / 64] |= UINT64_C(1) << (word % 64);
}

static inline void member_set_remove(struct member_set *set, uint32_t member)
{
    uint32_t word = member / 64;
    set->words[word] &= ~(UINT64_C(1) << (member % 64));
    if (set->words[word] == 0) {
        set->summary[word / 64] &= ~(UINT64_C(1) << (word % 64));
    }
}

/* The first member at or after `from`, MEMBER_NONE if there is none. */
static inline uint32_t member_set_next(const struct member_set *set, uint32_t from)
{
    uint32_t word = from / 64;
    if (word >= set->word_count) {
        return MEMBER_NONE;
    }
    uint64_t bits = set->words[word] & (UINT64_MAX << (from % 64));
    if (bits == 0) {
        uint32_t block = ++word / 64;
        if (block >= set->summary_count) {
            return MEMBER_NONE;
        }
        uint64_t blocks = set->summary[block] & (UINT64_MAX << (word % 64));
        while (blocks == 0) {
            if (++block == set->summary_count) {
                return MEMBER_NONE;
            }
            blocks = set->summary[block];
        }
        word = block * 64 + (uint32_t)__builtin_ctzll(blocks);
        bits = set->words[word];
    }
    return word * 64 + (uint32_t)__builtin_ctzll(bits);
}

#endif
