/* What to show of a lane in each column of pixels, in few steps however many items there are.
 * SPDX-License-Identifier: MIT
 *
 * A column shows the worst of the items that it covers (the order of enum lane_kind), the earliest
 * of those that are equally bad. Items that begin in a column are found by binary search, the worst
 * of them by blocks of 16, 256, ... items whose worst is known; so a picture costs its columns
 * times the logarithm of the items.
 */
#ifndef VIEW_LANES_MERGE_H
#define VIEW_LANES_MERGE_H

#include "watch/scene.h"

#define LANES_FANOUT      16u
#define LANES_LEVELS      5u
#define LANES_COLUMNS_MAX 4096u
#define LANES_NO_ITEM     UINT32_MAX

/* Of all items of a block. */
struct lanes_block {
    sim_ns to_max_ns; /* the latest end */
    uint32_t worst;   /* index of an item */
};

/* Blocks over the settled items of a lane. All zero: of none. */
struct lanes_index {
    uint64_t generation; /* of the scene, then of the lane: what the blocks were made from */
    uint32_t station, revision;
    bool gateway;
    uint32_t count;                           /* items that have blocks */
    struct lanes_block *levels[LANES_LEVELS]; /* of 16, 256, ... items: whole blocks only */
    uint32_t rooms[LANES_LEVELS];
    uint64_t looks; /* at items and blocks by lanes_merge(), so far: what it costs */
};

/* Adds what has settled since, or begins again when the lane is another one. Without memory fewer
 * items have blocks: the picture is the same, and costs more. */
void lanes_index_update(struct lanes_index *index, uint64_t generation, const struct lane *lane);
void lanes_index_release(struct lanes_index *index);

/* Columns of equal width over from_ns..to_ns; from now_ns on there is nothing. */
struct lanes_window {
    sim_ns from_ns, to_ns, now_ns;
    uint32_t columns; /* 1..LANES_COLUMNS_MAX, of at least 1 ns */
};

struct lanes_run {
    uint32_t first, end; /* columns first..end - 1 */
    uint32_t item;       /* that they show */
    bool merged;         /* more than one item begins there */
};

/* Runs from left to right, at most one for each column; where there is no item there is no run.
 * Returns how many. */
uint32_t lanes_merge(struct lanes_index *index, const struct lane *lane,
        const struct lanes_window *window, struct lanes_run *runs);

#endif
