/* The just-in-time queue against the worked checks of spec-physics section 6.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>

#include "gateway/tx_queue.h"

#define SF12_51_NS (2466 * SIM_NS_PER_MS) /* 51 bytes at SF12, as the worked checks round it */

Test(tx_queue, frames_2490_ms_apart_collide)
{
    struct tx_queue queue = { .count = 0 };
    sim_ns first_ns = 10 * SIM_NS_PER_S;
    tx_queue_insert(&queue, first_ns, SF12_51_NS);
    cr_expect(tx_queue_collides(&queue, first_ns + 2490 * SIM_NS_PER_MS, SF12_51_NS));
    /* 31.5 + 2466 + 1 ms is the last that does */
    sim_ns limit_ns = 2498500 * SIM_NS_PER_US;
    cr_expect(tx_queue_collides(&queue, first_ns + limit_ns, SF12_51_NS));
    cr_expect_not(tx_queue_collides(&queue, first_ns + limit_ns + 1, SF12_51_NS));
    cr_expect(tx_queue_collides(&queue, first_ns - limit_ns, SF12_51_NS));
    cr_expect_not(tx_queue_collides(&queue, first_ns - limit_ns - 1, SF12_51_NS));
    cr_expect(tx_queue_collides(&queue, first_ns, 1));
}

Test(tx_queue, immediate_frame_goes_after_the_queued_one)
{
    struct tx_queue queue = { .count = 0 };
    tx_queue_insert(&queue, 2 * SIM_NS_PER_S, SF12_51_NS);
    cr_expect_eq(tx_queue_first_free(&queue, SIM_NS_PER_S, SF12_51_NS), 4528500 * SIM_NS_PER_US);
    cr_expect_eq(tx_queue_first_free(&queue, SIM_NS_PER_S, 46 * SIM_NS_PER_MS), SIM_NS_PER_S,
            "a short one fits before it");
}

Test(tx_queue, immediate_frame_takes_the_first_gap_that_holds_it)
{
    struct tx_queue queue = { .count = 0 };
    sim_ns second_ns = SIM_NS_PER_S, airtime_ns = 500 * SIM_NS_PER_MS;
    tx_queue_insert(&queue, 5 * second_ns, airtime_ns);
    tx_queue_insert(&queue, second_ns, airtime_ns);
    tx_queue_insert(&queue, 2 * second_ns, airtime_ns);
    cr_expect_eq(tx_queue_first_free(&queue, second_ns, airtime_ns), 2562500 * SIM_NS_PER_US,
            "between 2 and 5 s, not between 1 and 2 s");
    cr_expect_eq(tx_queue_first_free(&queue, second_ns, 3 * second_ns), 5562500 * SIM_NS_PER_US);
}

Test(tx_queue, is_full_when_32_frames_wait)
{
    struct tx_queue queue = { .count = 0 };
    for (int i = 0; i < 32; i++) {
        cr_expect_not(tx_queue_full(&queue, 0));
        tx_queue_insert(&queue, (i + 1) * SIM_NS_PER_S, 100 * SIM_NS_PER_MS);
    }
    cr_expect(tx_queue_full(&queue, 0));
    sim_ns handed_over_ns = SIM_NS_PER_S - TX_JIT_DELAY_NS;
    cr_expect(tx_queue_full(&queue, handed_over_ns - 1));
    cr_expect_not(tx_queue_full(&queue, handed_over_ns), "the first is with the concentrator");
    cr_expect(tx_queue_collides(&queue, 1110 * SIM_NS_PER_MS, 1), "and still in the way");
    tx_queue_advance(&queue, 1100 * SIM_NS_PER_MS);
    cr_expect_eq(queue.count, 31);
}
