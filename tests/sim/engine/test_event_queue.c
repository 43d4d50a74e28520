/* The event queue gives back what a sorted array would, in the same order.
 * SPDX-License-Identifier: MIT
 *
 * Oracle: a naive array, kept sorted by insertion. Both get the same pushes and pops, from many
 * seeds and from increments chosen as the worst cases: ties, bursts, digit borders, centuries.
 */
#include <criterion/criterion.h>
#include <malloc.h>
#include <signal.h>

#include "event_queue.h"
#include "random_stream.h"

enum {
    NAIVE_MAX = 4096
};

#define FOREVER_NS ((UINT64_C(1) << 63) - 1)

struct pair {
    struct event_queue *queue;
    struct event naive[NAIVE_MAX]; /* sorted, first event last */
    size_t count;
    uint64_t now_ns;
    uint64_t next_tail;
    struct random_stream random;
    const char *name;
    uint32_t seed;
};

static struct pair pair;

static void pair_start(const char *name, uint32_t seed)
{
    pair.queue = event_queue_create(NULL);
    cr_assert_not_null(pair.queue);
    pair.count = 0;
    pair.now_ns = 0;
    pair.next_tail = 0;
    pair.name = name;
    pair.seed = seed;
    random_stream_init(&pair.random, seed, 0, RANDOM_TEST, 0);
}

static uint64_t draw_below(uint64_t bound)
{
    return random_stream_u64(&pair.random) % bound;
}

static void pair_push(uint64_t at_ns, uint64_t order)
{
    cr_assert_lt(pair.count, NAIVE_MAX);
    struct event event = { at_ns, order, pair.next_tail++, draw_below(UINT64_MAX) };
    event_queue_push(pair.queue, event.at_ns, event.order, event.tail, event.argument);
    size_t place = pair.count++;
    while (place > 0 && event_before(&pair.naive[place - 1], &event)) {
        pair.naive[place] = pair.naive[place - 1];
        place--;
    }
    pair.naive[place] = event;
}

/* Takes the first event from both if it is due, and compares. */
static bool pair_pop(uint64_t limit_ns)
{
    const struct event *expected = pair.count == 0 ? NULL : &pair.naive[pair.count - 1];
    uint64_t first_ns = event_queue_first_ns(pair.queue);
    cr_assert_eq(first_ns, expected == NULL ? UINT64_MAX : expected->at_ns,
            "%s seed %u: peeked at the wrong instant", pair.name, pair.seed);
    cr_assert_eq(event_queue_count(pair.queue), pair.count);
    const struct event *taken = event_queue_pop(pair.queue, limit_ns);
    if (expected == NULL || expected->at_ns > limit_ns) {
        cr_assert_null(taken, "%s seed %u: took what was not due", pair.name, pair.seed);
        pair.now_ns = limit_ns;
        return false;
    }
    cr_assert_not_null(taken, "%s seed %u: withheld what was due", pair.name, pair.seed);
    cr_assert(taken->at_ns == expected->at_ns && taken->order == expected->order
                      && taken->tail == expected->tail && taken->argument == expected->argument,
            "%s seed %u: out of order", pair.name, pair.seed);
    pair.count--;
    pair.now_ns = expected->at_ns;
    return true;
}

static void pair_finish(void)
{
    while (pair_pop(FOREVER_NS)) {
    }
    cr_assert_eq(event_queue_count(pair.queue), 0);
    event_queue_destroy(pair.queue);
}

typedef uint64_t increment_fn(void);

static uint64_t increment_none(void)
{
    return 0;
}

static uint64_t increment_tiny(void)
{
    return draw_below(4);
}

static uint64_t increment_second(void)
{
    return draw_below(1000000000);
}

static uint64_t increment_any_scale(void)
{
    return draw_below(UINT64_C(1) << draw_below(54));
}

static uint64_t increment_digit_border(void)
{
    uint64_t border = UINT64_C(1) << (6 * draw_below(9));
    uint64_t to_border = border - pair.now_ns % border;
    return to_border + draw_below(3) - (to_border > 1);
}

static uint64_t increment_grid(void)
{
    uint64_t grid_ns = 10000000;
    return grid_ns - pair.now_ns % grid_ns + grid_ns * draw_below(5);
}

static uint64_t increment_now_or_years(void)
{
    return draw_below(20) == 0 ? draw_below(UINT64_C(10) * 365 * 86400 * 1000000000)
                               : draw_below(100);
}

static uint64_t increment_mixed(void);

static const struct {
    const char *name;
    increment_fn *draw;
} increments[] = {
    { "none", increment_none },
    { "tiny", increment_tiny },
    { "second", increment_second },
    { "any scale", increment_any_scale },
    { "digit border", increment_digit_border },
    { "grid", increment_grid },
    { "now or years", increment_now_or_years },
    { "mixed", increment_mixed },
};

enum {
    INCREMENT_COUNT = sizeof increments / sizeof increments[0]
};

static uint64_t increment_mixed(void)
{
    return increments[draw_below(INCREMENT_COUNT - 1)].draw();
}

static void push_some(increment_fn *draw, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t at_ns = pair.now_ns + draw();
        pair_push(at_ns < FOREVER_NS ? at_ns : FOREVER_NS, draw_below(16));
    }
}

/* Grows, holds and drains in random stretches; limits cut runs short, as engine_run() does. */
static void exercise(size_t shape, uint32_t seed, size_t stretch_count)
{
    increment_fn *draw = increments[shape].draw;
    pair_start(increments[shape].name, seed);
    for (size_t stretch = 0; stretch < stretch_count; stretch++) {
        size_t room = NAIVE_MAX - pair.count;
        switch (draw_below(4)) {
        case 0:
            push_some(draw, draw_below(room < 700 ? room + 1 : 700));
            break;
        case 1: /* hold */
            for (size_t i = draw_below(300); i > 0 && pair_pop(FOREVER_NS); i--) {
                push_some(draw, 1);
            }
            break;
        case 2: /* up to a limit */
            for (uint64_t limit_ns = pair.now_ns + draw(); limit_ns < FOREVER_NS;) {
                if (!pair_pop(limit_ns)) {
                    break;
                }
            }
            break;
        default:
            for (size_t i = draw_below(400); i > 0 && pair_pop(FOREVER_NS); i--) {
            }
        }
        if (pair.now_ns > FOREVER_NS / 2) {
            break; /* the far end of time: drain */
        }
    }
    pair_finish();
}

Test(event_queue, gives_back_what_a_sorted_array_does)
{
    for (size_t shape = 0; shape < INCREMENT_COUNT; shape++) {
        for (uint32_t seed = 0; seed < 60; seed++) {
            exercise(shape, seed, 40);
        }
    }
}

Test(event_queue, orders_ties_by_order_then_tail)
{
    struct event_queue *queue = event_queue_create(NULL);
    event_queue_push(queue, 5, 2, 0, 'd');
    event_queue_push(queue, 5, 1, 9, 'c');
    event_queue_push(queue, 5, 1, 8, 'b');
    event_queue_push(queue, 4, 7, 7, 'a');
    for (uint64_t expected = 'a'; expected <= 'd'; expected++) {
        cr_assert_eq(event_queue_pop(queue, 5)->argument, expected);
    }
    event_queue_destroy(queue);
}

Test(event_queue, is_empty_when_new)
{
    struct event_queue *queue = event_queue_create(NULL);
    cr_assert_eq(event_queue_count(queue), 0);
    cr_assert_eq(event_queue_first_ns(queue), UINT64_MAX);
    cr_assert_null(event_queue_pop(queue, FOREVER_NS));
    event_queue_destroy(queue);
    event_queue_destroy(NULL);
}

Test(event_queue, holds_instants_from_zero_to_the_end_of_time)
{
    pair_start("every bit", 0);
    pair_push(FOREVER_NS, 0);
    pair_push(0, 0);
    for (unsigned bit = 0; bit < 63; bit++) {
        pair_push(UINT64_C(1) << bit, 0);
        pair_push((UINT64_C(1) << bit) - 1, 1);
    }
    pair_finish();
}

/* Within one instant a late event of a lower order still comes before waiting ones. */
Test(event_queue, sorts_a_large_burst_of_one_instant_while_it_drains)
{
    for (uint32_t seed = 0; seed < 5; seed++) {
        pair_start("burst", seed);
        for (size_t i = 0; i < 3000; i++) {
            pair_push(123456789, draw_below(1000));
        }
        for (size_t i = 0; i < 2000; i++) {
            cr_assert(pair_pop(FOREVER_NS));
            if (i % 2 == 0) {
                pair_push(pair.now_ns, draw_below(1000));
            }
        }
        pair_finish();
    }
}

/* A lone event far ahead must not make the queue open its slot: later events before it would all
 * join one sorted set. */
Test(event_queue, accepts_events_before_one_it_has_peeked_at)
{
    pair_start("peeked", 1);
    pair_push(UINT64_C(1) << 60, 0);
    cr_assert_not(pair_pop(1000));
    for (size_t i = 0; i < 3000; i++) {
        pair_push(1000 + draw_below(1000000), draw_below(4));
    }
    pair_finish();
}

/* Taken from a wide, almost empty slot: the near set has to shrink its span, several times. */
Test(event_queue, narrows_when_many_events_fall_into_a_wide_slot)
{
    pair_start("wide slot", 2);
    pair_push(UINT64_C(1) << 50, 0);
    pair_push((UINT64_C(1) << 50) + (UINT64_C(1) << 47), 0);
    cr_assert(pair_pop(FOREVER_NS));
    for (unsigned bits = 46; bits > 2; bits -= 3) {
        for (size_t i = 0; i < 180; i++) {
            pair_push(pair.now_ns + draw_below(UINT64_C(1) << bits), draw_below(4));
        }
        cr_assert(pair_pop(FOREVER_NS));
    }
    pair_finish();
}

static uint64_t hold_increment_ns(struct random_stream *random)
{
    return random_stream_u32(random) & 0x3fffffff;
}

/* Not with a sorted array, but against what must hold: order, and nothing lost. */
Test(event_queue, keeps_order_with_a_million_pending)
{
    enum {
        PENDING = 1000000,
        HOLDS = 1000000
    };
    struct random_stream random;
    random_stream_init(&random, 7, 0, RANDOM_TEST, 0);
    struct event_queue *queue = event_queue_create(NULL);
    uint64_t argument_sum = 0;
    for (uint64_t i = 0; i < PENDING; i++) {
        event_queue_push(queue, hold_increment_ns(&random), i % 100, i, i);
        argument_sum += i;
    }
    struct event last = { 0 };
    for (uint64_t i = 0; i < HOLDS + PENDING; i++) {
        struct event event = *event_queue_pop(queue, FOREVER_NS);
        cr_assert(i == 0 || event_before(&last, &event), "out of order at %lu", (unsigned long)i);
        last = event;
        if (i < HOLDS) {
            event_queue_push(queue, event.at_ns + hold_increment_ns(&random), event.order,
                    PENDING + i, event.argument);
        } else {
            argument_sum -= event.argument;
        }
    }
    cr_assert_eq(event_queue_count(queue), 0);
    cr_assert_eq(argument_sum, 0);
    event_queue_destroy(queue);
}

static size_t heap_in_use(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

Test(event_queue, allocates_nothing_once_grown)
{
    enum {
        PENDING = 20000
    };
    struct random_stream random;
    random_stream_init(&random, 8, 0, RANDOM_TEST, 0);
    struct event_queue *queue = event_queue_create(NULL);
    uint64_t tail = 0;
    while (tail < PENDING) {
        event_queue_push(queue, hold_increment_ns(&random), 0, tail, 0);
        tail++;
    }
    size_t in_use = 0;
    for (uint64_t i = 0; i < 50 * PENDING; i++) {
        if (i == 10 * PENDING) {
            in_use = heap_in_use();
        }
        uint64_t at_ns = event_queue_pop(queue, FOREVER_NS)->at_ns;
        event_queue_push(queue, at_ns + hold_increment_ns(&random), 0, tail++, 0);
    }
    cr_assert_eq(heap_in_use(), in_use);
    event_queue_destroy(queue);
}

Test(event_queue, rejects_an_event_before_the_last_one_taken, .signal = SIGABRT)
{
    struct event_queue *queue = event_queue_create(NULL);
    event_queue_push(queue, 10, 0, 0, 0);
    event_queue_pop(queue, 10);
    event_queue_push(queue, 9, 0, 1, 0);
}
