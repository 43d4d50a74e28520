/* The worst of many items, by blocks; and a sweep over the columns.
 * SPDX-License-Identifier: MIT
 */
#include "view/lanes_merge.h"

#include <assert.h>
#include <stdlib.h>

/* Items that reach into a column from before: the worst so many. */
#define CARRIED_MAX 32u

struct sweep {
    struct lanes_index *index;
    const struct lane *lane;
    const struct lanes_window *window;
    uint32_t next; /* the first item that begins in no column yet */
    uint32_t carried[CARRIED_MAX], carried_count;
    uint32_t run_count;
    struct lanes_run *runs;
};

static bool is_worse(const struct lane *lane, uint32_t item, uint32_t than)
{
    if (item == LANES_NO_ITEM || than == LANES_NO_ITEM) {
        return item != LANES_NO_ITEM;
    }
    uint8_t kind = lane->items[item].kind, other = lane->items[than].kind;
    return kind > other || (kind == other && item < than);
}

static uint32_t block_items(unsigned level)
{
    _Static_assert(LANES_FANOUT == 1u << 4, "four bits a level");
    return 1u << 4 * (level + 1);
}

/* False: out of memory. */
static bool block_add(struct lanes_index *index, unsigned level, struct lanes_block block)
{
    uint32_t at = index->count / block_items(level);
    if (at == index->rooms[level]) {
        uint32_t room = at < 64 ? 64 : 2 * at;
        struct lanes_block *blocks = realloc(index->levels[level], room * sizeof *blocks);
        if (blocks == NULL) {
            return false;
        }
        index->levels[level] = blocks;
        index->rooms[level] = room;
    }
    index->levels[level][at] = block;
    return true;
}

static struct lanes_block block_of_items(const struct lane *lane, uint32_t first)
{
    struct lanes_block block = { INT64_MIN, first };
    for (uint32_t i = first; i < first + LANES_FANOUT; i++) {
        if (lane->items[i].to_ns > block.to_max_ns) {
            block.to_max_ns = lane->items[i].to_ns;
        }
        if (is_worse(lane, i, block.worst)) {
            block.worst = i;
        }
    }
    return block;
}

static struct lanes_block block_of_blocks(const struct lane *lane, const struct lanes_block *blocks)
{
    struct lanes_block block = blocks[0];
    for (uint32_t i = 1; i < LANES_FANOUT; i++) {
        if (blocks[i].to_max_ns > block.to_max_ns) {
            block.to_max_ns = blocks[i].to_max_ns;
        }
        if (is_worse(lane, blocks[i].worst, block.worst)) {
            block.worst = blocks[i].worst;
        }
    }
    return block;
}

void lanes_index_update(struct lanes_index *index, uint64_t generation, const struct lane *lane)
{
    if (index->generation != generation || index->station != lane->station
            || index->revision != lane->revision || index->gateway != lane->gateway) {
        index->generation = generation;
        index->station = lane->station;
        index->revision = lane->revision;
        index->gateway = lane->gateway;
        index->count = 0;
    }
    assert(lane->settled <= lane->count);
    while (index->count + LANES_FANOUT <= lane->settled) {
        /* A block of a level is complete together with the last one of the level below. */
        struct lanes_block block = block_of_items(lane, index->count);
        for (unsigned level = 0; level < LANES_LEVELS; level++) {
            if (!block_add(index, level, block)) {
                return;
            }
            uint32_t above = level + 1 < LANES_LEVELS ? block_items(level + 1) : 0;
            if (above == 0 || (index->count + LANES_FANOUT) % above != 0) {
                break;
            }
            uint32_t last = index->count / block_items(level);
            block = block_of_blocks(lane, &index->levels[level][last + 1 - LANES_FANOUT]);
        }
        index->count += LANES_FANOUT;
    }
}

void lanes_index_release(struct lanes_index *index)
{
    for (unsigned level = 0; level < LANES_LEVELS; level++) {
        free(index->levels[level]);
    }
    *index = (struct lanes_index){ 0 };
}

/* The largest block that begins at an item and ends by `end`; LANES_LEVELS: none. */
static unsigned largest_block(const struct lanes_index *index, uint32_t item, uint32_t end)
{
    unsigned best = LANES_LEVELS;
    uint32_t limit = end < index->count ? end : index->count;
    for (unsigned level = 0; level < LANES_LEVELS; level++) {
        uint32_t size = block_items(level);
        if (item % size != 0 || limit < size || item > limit - size) {
            break;
        }
        best = level;
    }
    return best;
}

static uint32_t worst_of(struct sweep *sweep, uint32_t first, uint32_t end)
{
    uint32_t worst = LANES_NO_ITEM;
    while (first < end) {
        unsigned level = largest_block(sweep->index, first, end);
        bool block = level < LANES_LEVELS;
        uint32_t size = block ? block_items(level) : 1;
        uint32_t item = block ? sweep->index->levels[level][first / size].worst : first;
        if (is_worse(sweep->lane, item, worst)) {
            worst = item;
        }
        sweep->index->looks++;
        first += size;
    }
    return worst;
}

/* The next of the items first..end - 1 that ends after `at_ns`; `end`: none. */
static uint32_t next_lasting(struct sweep *sweep, uint32_t first, uint32_t end, sim_ns at_ns)
{
    while (first < end) {
        unsigned level = largest_block(sweep->index, first, end);
        uint32_t size = 1;
        sweep->index->looks++;
        for (; level<LANES_LEVELS; level = level> 0 ? level - 1 : LANES_LEVELS) {
            size = block_items(level);
            if (sweep->index->levels[level][first / size].to_max_ns <= at_ns) {
                break; /* nothing in all of it */
            }
            size = 1;
            sweep->index->looks++;
        }
        if (size == 1 && sweep->lane->items[first].to_ns > at_ns) {
            return first;
        }
        first += size;
    }
    return end;
}

/* The first item from `first` on that begins at `at_ns` or later: by doubled steps, since it is
 * often near, then by halved ones. */
static uint32_t first_from(struct sweep *sweep, uint32_t first, sim_ns at_ns)
{
    const struct lane *lane = sweep->lane;
    uint32_t end = lane->count, step = 1;
    while (step < end - first && lane->items[first + step - 1].from_ns < at_ns) {
        first += step;
        step *= 2;
        sweep->index->looks++;
    }
    end = step < end - first ? first + step : end;
    while (first < end) {
        uint32_t middle = first + (end - first) / 2;
        sweep->index->looks++;
        if (lane->items[middle].from_ns < at_ns) {
            first = middle + 1;
        } else {
            end = middle;
        }
    }
    return first;
}

static void carry(struct sweep *sweep, uint32_t item)
{
    if (sweep->carried_count < CARRIED_MAX) {
        sweep->carried[sweep->carried_count++] = item;
        return;
    }
    uint32_t best = 0;
    for (uint32_t i = 1; i < CARRIED_MAX; i++) {
        if (is_worse(sweep->lane, sweep->carried[best], sweep->carried[i])) {
            best = i;
        }
    }
    if (is_worse(sweep->lane, item, sweep->carried[best])) {
        sweep->carried[best] = item;
    }
}

static void carry_lasting(struct sweep *sweep, uint32_t first, uint32_t end, sim_ns beyond_ns)
{
    for (uint32_t i = next_lasting(sweep, first, end, beyond_ns); i < end;
            i = next_lasting(sweep, i + 1, end, beyond_ns)) {
        carry(sweep, i);
    }
}

static void drop_ended(struct sweep *sweep, sim_ns by_ns)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < sweep->carried_count; i++) {
        if (sweep->lane->items[sweep->carried[i]].to_ns > by_ns) {
            sweep->carried[kept++] = sweep->carried[i];
        }
    }
    sweep->carried_count = kept;
}

static uint32_t worst_carried(const struct sweep *sweep)
{
    uint32_t worst = LANES_NO_ITEM;
    for (uint32_t i = 0; i < sweep->carried_count; i++) {
        if (is_worse(sweep->lane, sweep->carried[i], worst)) {
            worst = sweep->carried[i];
        }
    }
    return worst;
}

static void emit(struct sweep *sweep, uint32_t first, uint32_t end, uint32_t item, bool merged)
{
    struct lanes_run *last = sweep->run_count > 0 ? &sweep->runs[sweep->run_count - 1] : NULL;
    if (item == LANES_NO_ITEM || first >= end) {
        return;
    }
    if (last != NULL && last->end == first && last->item == item && last->merged == merged) {
        last->end = end;
        return;
    }
    sweep->runs[sweep->run_count++] = (struct lanes_run){ first, end, item, merged };
}

/* Whole nanoseconds, rounded down; no product leaves 64 bits. */
static sim_ns column_ns(const struct lanes_window *window, uint32_t column)
{
    sim_ns span_ns = window->to_ns - window->from_ns, columns = window->columns;
    return window->from_ns + span_ns / columns * column + span_ns % columns * column / columns;
}

/* The last column that begins by `at_ns`, which lies in the window or at its end. */
static uint32_t column_of(const struct lanes_window *window, sim_ns at_ns)
{
    double share = (double)(at_ns - window->from_ns) / (double)(window->to_ns - window->from_ns);
    uint32_t column = (uint32_t)(share * window->columns); /* but for rounding */
    while (column > 0 && column_ns(window, column) > at_ns) {
        column--;
    }
    while (column < window->columns && column_ns(window, column + 1) <= at_ns) {
        column++;
    }
    return column;
}

/* The column in which the next item begins or a carried one ends; after `column`. */
static uint32_t next_change(const struct sweep *sweep, uint32_t column)
{
    const struct lanes_window *window = sweep->window;
    sim_ns at_ns = window->now_ns < window->to_ns ? window->now_ns : window->to_ns;
    if (sweep->next < sweep->lane->count && sweep->lane->items[sweep->next].from_ns < at_ns) {
        at_ns = sweep->lane->items[sweep->next].from_ns;
    }
    for (uint32_t i = 0; i < sweep->carried_count; i++) {
        sim_ns to_ns = sweep->lane->items[sweep->carried[i]].to_ns;
        at_ns = to_ns < at_ns ? to_ns : at_ns;
    }
    uint32_t change = column_of(window, at_ns);
    return change > column ? change : column + 1;
}

uint32_t lanes_merge(struct lanes_index *index, const struct lane *lane,
        const struct lanes_window *window, struct lanes_run *runs)
{
    assert(window->to_ns - window->from_ns >= window->columns);
    assert(window->columns > 0 && window->columns <= LANES_COLUMNS_MAX);
    struct sweep sweep = { .index = index, .lane = lane, .window = window, .runs = runs };
    sweep.next = first_from(&sweep, 0, window->from_ns);
    carry_lasting(&sweep, 0, sweep.next, window->from_ns);
    uint32_t column = 0;
    while (column < window->columns && column_ns(window, column) < window->now_ns) {
        sim_ns end_ns = column_ns(window, column + 1);
        uint32_t end = first_from(&sweep, sweep.next, end_ns);
        drop_ended(&sweep, column_ns(window, column));
        uint32_t worst = worst_of(&sweep, sweep.next, end), carried = worst_carried(&sweep);
        emit(&sweep, column, column + 1, is_worse(lane, carried, worst) ? carried : worst,
                end - sweep.next > 1);
        drop_ended(&sweep, end_ns);
        carry_lasting(&sweep, sweep.next, end, end_ns);
        sweep.next = end;
        uint32_t change = next_change(&sweep, column);
        emit(&sweep, column + 1, change, worst_carried(&sweep), false);
        column = change;
    }
    return sweep.run_count;
}
