/* Sorting many events: every place where a sorted run can be broken, and random ones.
 * SPDX-License-Identifier: MIT
 *
 * Oracle: the C library's qsort() by the same order. A run that is sorted but for one pair is what
 * a check for sorted runs may take for sorted.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "event_sort.h"
#include "random_stream.h"

enum {
    EVENTS_MAX = 700
};

static struct event events[EVENTS_MAX], expected[EVENTS_MAX], scratch[EVENTS_MAX];

static int last_first(const void *a, const void *b)
{
    return event_before(a, b) ? 1 : event_before(b, a) ? -1 : 0;
}

static void expect_sorted(size_t count, const char *what, size_t at)
{
    memcpy(expected, events, sizeof expected);
    qsort(expected, count, sizeof expected[0], last_first);
    event_sort_first_last(events, scratch, count);
    for (size_t i = 0; i < count; i++) {
        cr_assert_eq(events[i].argument, expected[i].argument, "%s, %zu events, %zu: place %zu",
                what, count, at, i);
    }
}

/* Sorted: instants fall, those of one instant by order, those of one order by tail. */
static void make_sorted(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t left = count - i;
        events[i] = (struct event){ left / 4, left % 4 / 2, left % 2, i };
    }
}

static void swap(size_t a, size_t b)
{
    struct event kept = events[a];
    events[a] = events[b];
    events[b] = kept;
}

Test(event_sort, sorts_a_run_in_which_one_pair_is_out_of_order)
{
    for (size_t count = 2; count < 70; count++) {
        for (size_t at = 0; at + 1 < count; at++) {
            make_sorted(count);
            swap(at, at + 1);
            expect_sorted(count, "neighbours", at);
            make_sorted(count);
            swap(at, count - 1);
            expect_sorted(count, "with the last", at);
        }
    }
}

Test(event_sort, sorts_what_comes_in_any_order)
{
    struct random_stream random;
    random_stream_init(&random, 3, 0, RANDOM_TEST, 0);
    for (size_t count = 0; count < EVENTS_MAX; count += 1 + count / 9) {
        make_sorted(count);
        for (size_t i = count; i > 1; i--) {
            swap(i - 1, random_stream_u64(&random) % i);
        }
        expect_sorted(count, "any order", 0);
    }
}
