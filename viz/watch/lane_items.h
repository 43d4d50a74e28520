/* The items of one lane: kept in order, bounded, copied once.
 * SPDX-License-Identifier: MIT
 *
 * A frame becomes an item when it ends, and is put in by its start: only items that began within
 * the longest time on air can still get others before them, and one item lasts. The items before
 * both are settled, and copies take them once.
 */
#ifndef WATCH_LANE_ITEMS_H
#define WATCH_LANE_ITEMS_H

#include "watch/scene.h"

#define LANE_NO_ITEM UINT32_MAX

/* A lane that grows. */
struct lane_items {
    struct lane lane;
    uint32_t open; /* item that lasts; LANE_NO_ITEM: none */
};

void lane_items_init(struct lane_items *items, bool gateway, uint32_t station, sim_ns since_ns);
void lane_items_destroy(struct lane_items *items);
/* A frame, from its start to its end. False, as below: out of memory, it is missing. */
bool lane_items_add(struct lane_items *items, struct lane_item item);
/* From `at_ns` on the station is in a state that lasts; the one before ends. */
bool lane_items_enter(struct lane_items *items, enum lane_kind kind, sim_ns at_ns);
/* What lasts ends, and nothing is known of what follows. */
void lane_items_leave(struct lane_items *items, sim_ns at_ns);
/* What of that kind would end later ended now. */
void lane_items_cut(struct lane_items *items, enum lane_kind kind, sim_ns at_ns);
/* The newest item of that frame was lost after all. */
void lane_items_lose(struct lane_items *items, uint64_t frame_id, enum loss_cause cause);
/* No item that begins before `from_ns` will be added any more. */
void lane_items_settle(struct lane_items *items, sim_ns from_ns);
/* Brings a copy, of this or of another lane, up to date. False: out of memory. */
bool lane_copy(struct lane *to, const struct lane *from);

#endif
