/* Sorts many events at once: a merge sort from the bottom up over short sorted pieces.
 * SPDX-License-Identifier: MIT
 */
#include "event_sort.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

enum {
    PIECE = 16 /* sorted by insertion */
};

static bool is_sorted(const struct event *events, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (event_before(&events[i - 1], &events[i])) {
            return false;
        }
    }
    return true;
}

static void sort_piece(struct event *events, size_t count)
{
    assert(count <= PIECE);
    for (size_t i = 1; i < count; i++) {
        struct event moved = events[i];
        size_t hole = i;
        while (hole > 0 && event_before(&events[hole - 1], &moved)) {
            events[hole] = events[hole - 1];
            hole--;
        }
        events[hole] = moved;
    }
}

/* Merges [0, middle) and [middle, count) of `from` into `to`. */
static void merge(const struct event *from, struct event *to, size_t middle, size_t count)
{
    assert(middle <= count);
    assert(from + count <= to || to + count <= from);
    size_t left = 0;
    size_t right = middle;
    for (size_t i = 0; i < count; i++) {
        bool take_left =
                left < middle && (right == count || !event_before(&from[left], &from[right]));
        to[i] = take_left ? from[left++] : from[right++];
    }
    assert(left == middle && right == count);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

void event_sort_first_last(struct event *events, struct event *scratch, size_t count)
{
    assert(events + count <= scratch || scratch + count <= events);
    if (is_sorted(events, count)) {
        return;
    }
    for (size_t at = 0; at < count; at += PIECE) {
        sort_piece(events + at, smaller(PIECE, count - at));
    }
    struct event *from = events;
    struct event *to = scratch;
    for (size_t size = PIECE; size < count; size *= 2) {
        for (size_t at = 0; at < count; at += 2 * size) {
            size_t pair = smaller(2 * size, count - at);
            merge(from + at, to + at, smaller(size, pair), pair);
        }
        struct event *merged = to;
        to = from;
        from = merged;
    }
    if (from != events) {
        memcpy(events, from, count * sizeof *events);
    }
    assert(!event_before(&events[0], &events[count - 1]));
}
