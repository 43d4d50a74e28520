/* The FEC decoder on its flash, beside plain Gaussian elimination over whole rows.
 * SPDX-License-Identifier: MIT
 *
 * Every run sends the fragments that a random channel lets through; the block has to be complete
 * with the very fragment that makes the naive solver's rank full, and byte for byte right.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_board.h"

struct session {
    unsigned fragments;
    unsigned size;
    uint8_t version;
    bool radio_near; /* the MAC is always due soon */
    uint8_t *block;
    unsigned step_reads; /* rows that were read in one step, at most */
};

static void make_block(struct session *s, uint32_t seed)
{
    s->block = malloc((size_t)s->fragments * s->size);
    for (size_t i = 0; i < (size_t)s->fragments * s->size; i++) {
        seed = seed * 1664525u + 1013904223u;
        s->block[i] = (uint8_t)(seed >> 24);
    }
}

static void open_session(struct rig *rig, const struct session *s)
{
    uint8_t message[17];
    rig->services.fragmentation.version = s->version;
    size_t size = setup_message(rig, s->block, s->fragments, s->size, 0, 0x00, 1, message);
    rig_down(rig, FRAGMENTATION_FPORT, -1, message, size);
    rig_run_s(rig, 10); /* the erase */
    cr_assert_eq(rig->services.fragmentation.phase, FRAG_PHASE_COLLECT);
    cr_assert(rig_uplink_is(rig, rig->uplink_count - 1, 201, "02 00"));
}

static bool rank_full(const struct rig *rig)
{
    return rig->services.fragmentation.block_over;
}

static void finish(struct rig *rig, const struct session *s)
{
    rig_run_s(rig, 20);
    cr_assert_eq(rig->services.fragmentation.phase, FRAG_PHASE_DONE);
    cr_assert_eq(rig_traces(rig, FW_TRACE_FRAG_COMPLETE), 1);
    cr_assert_eq(rig_traces(rig, FW_TRACE_FRAME_DROPPED), 0);
    cr_assert_arr_eq(rig->board.nor, s->block, (size_t)s->fragments * s->size);
}

static void send_and_settle(struct rig *rig, const struct session *s, unsigned n)
{
    send_fragment(rig, s->block, s->fragments, s->size, n, 0);
    rig_run_ticks(rig, 13000); /* 0.4 s, one DR5 fragment */
}

/* Sends with i.i.d. loss until complete; checks against the solver after every fragment. */
static unsigned run_lossy(struct session *s, uint32_t seed, unsigned loss_percent)
{
    struct rig *rig = rig_create();
    struct naive_solver solver;
    rig->board.random_state = seed;
    rig->board.mac_step_at = s->radio_near ? 0 : HAL_TICKS_NEVER;
    make_block(s, seed);
    naive_solver_init(&solver, s->fragments);
    open_session(rig, s);
    unsigned n = 0;
    while (solver.rank < s->fragments) {
        n++;
        cr_assert_lt(n, 16384);
        if (rig_random(rig) % 100 < loss_percent) {
            continue;
        }
        send_and_settle(rig, s, n);
        naive_solver_add(&solver, n, s->version);
        cr_assert_eq(rank_full(rig), solver.rank == s->fragments, "seed %u N %u", seed, n);
        if (n >= s->fragments && !rank_full(rig)) {
            cr_assert_eq(rig->services.fragmentation.missing, s->fragments - solver.rank);
        }
    }
    finish(rig, s);
    s->step_reads = rig->board.step_reads;
    naive_solver_free(&solver);
    free(s->block);
    rig_destroy(rig);
    return n;
}

Test(decoder, completes_exactly_when_plain_elimination_does)
{
    static const unsigned sizes[] = { 2, 3, 8, 17, 31, 32, 33, 64, 65, 100 };
    static const unsigned bytes[] = { 1, 7, 10, 48, 112, 200, 239 };
    for (uint32_t seed = 1; seed <= 80; seed++) {
        struct session s = { .fragments = sizes[seed % 10],
            .size = bytes[seed % 7],
            .version = (uint8_t)(seed % 2 + 1) };
        run_lossy(&s, seed, seed % 3 == 0 ? 20 : seed % 3 == 1 ? 5 : 40);
    }
}

/* The MAC opens a window within a quarter of a millisecond only if a step near it is short: 8 rows
 * are about one millisecond. Else a row of half of the block is one step. What comes out is the
 * same. */
Test(decoder, keeps_its_steps_short_where_the_radio_is_near)
{
    struct session far = { .fragments = 240, .size = 113, .version = 2 };
    struct session near = far;
    near.radio_near = true;
    cr_assert_eq(run_lossy(&far, 5, 20), run_lossy(&near, 5, 20));
    cr_assert_leq(near.step_reads, 8);
    cr_assert_geq(far.step_reads, 110);
    cr_assert_leq(far.step_reads, 128);
}

Test(decoder, completes_without_coded_fragments_when_nothing_is_lost)
{
    struct session s = { .fragments = 120, .size = 200, .version = 2 };
    cr_assert_eq(run_lossy(&s, 7, 0), 120);
}

Test(decoder, recovers_a_single_fragment_only_by_itself)
{
    /* M = 1: parity rows are empty. */
    struct session s = { .fragments = 1, .size = 50, .version = 2 };
    struct rig *rig = rig_create();
    make_block(&s, 1);
    open_session(rig, &s);
    for (unsigned n = 2; n < 10; n++) {
        send_and_settle(rig, &s, n);
    }
    cr_assert_not(rank_full(rig));
    cr_assert_eq(rig_traces(rig, FW_TRACE_FRAGMENT_USELESS), 8);
    send_and_settle(rig, &s, 1);
    finish(rig, &s);
    free(s.block);
    rig_destroy(rig);
}

/* M = 4096 with `lost` random uncoded fragments lost. */
static void run_large(uint8_t version, unsigned lost)
{
    struct session s = { .fragments = 4096, .size = 48, .version = version };
    struct rig *rig = rig_create();
    make_block(&s, version);
    open_session(rig, &s);
    uint8_t *is_lost = calloc(s.fragments, 1);
    for (unsigned k = 0; k < lost;) {
        unsigned index = rig_random(rig) % s.fragments;
        k += !is_lost[index];
        is_lost[index] = 1;
    }
    for (unsigned n = 1; n <= s.fragments; n++) {
        if (!is_lost[n - 1]) {
            send_and_settle(rig, &s, n);
        }
    }
    unsigned n = s.fragments;
    while (!rank_full(rig)) {
        cr_assert_lt(++n, s.fragments + lost + 30);
        send_and_settle(rig, &s, n);
        rig_run_s(rig, 1);
    }
    cr_assert_eq(rig->services.fragmentation.frozen_missing, lost);
    finish(rig, &s);
    free(is_lost);
    free(s.block);
    rig_destroy(rig);
}

Test(decoder, solves_256_of_4096_missing_in_version_1)
{
    run_large(1, 256);
}

Test(decoder, solves_256_of_4096_missing_in_version_2)
{
    run_large(2, 256);
}

Test(decoder, takes_300_fragments_at_20_percent_loss)
{
    struct session s = { .fragments = 300, .size = 200, .version = 2 };
    run_lossy(&s, 99, 20);
}

/* Fragments in random order, uncoded and coded mixed, each sometimes twice. */
Test(decoder, accepts_any_order_late_uncoded_fragments_and_duplicates)
{
    for (uint32_t seed = 1; seed <= 60; seed++) {
        struct session s = {
            .fragments = 20 + seed % 40, .size = 30 + seed, .version = (uint8_t)(seed % 2 + 1)
        };
        struct rig *rig = rig_create();
        struct naive_solver solver;
        rig->board.random_state = seed;
        make_block(&s, seed);
        naive_solver_init(&solver, s.fragments);
        open_session(rig, &s);
        unsigned first_seen = 0;
        uint8_t seen[200] = { 0 };
        while (solver.rank < s.fragments) {
            unsigned n = 1 + rig_random(rig) % (2 * s.fragments);
            send_and_settle(rig, &s, n);
            naive_solver_add(&solver, n, s.version);
            first_seen += n <= s.fragments && !seen[n];
            seen[n] = 1;
            cr_assert_eq(rank_full(rig), solver.rank == s.fragments, "seed %u N %u", seed, n);
        }
        cr_assert_eq(rig_traces(rig, FW_TRACE_FRAGMENT_STORED), first_seen, "seed %u", seed);
        finish(rig, &s);
        naive_solver_free(&solver);
        free(s.block);
        rig_destroy(rig);
    }
}

Test(decoder, reports_too_many_missing_and_goes_on_when_late_fragments_come)
{
    struct session s = { .fragments = 600, .size = 20, .version = 2 };
    struct rig *rig = rig_create();
    make_block(&s, 5);
    open_session(rig, &s);
    for (unsigned n = 301; n <= 600; n++) {
        send_and_settle(rig, &s, n);
    }
    send_and_settle(rig, &s, 601); /* 300 are missing */
    cr_assert_eq(rig_traces(rig, FW_TRACE_FEC_MEMORY), 1);
    cr_assert_eq(rig->services.fragmentation.phase, FRAG_PHASE_COLLECT);
    rig_down_hex(rig, 201, -1, "01 01");
    rig_run_s(rig, 1);
    cr_assert(rig_uplink_is(rig, rig->uplink_count - 1, 201, "01 01 2d01 ff")); /* 301, >= 255 */
    for (unsigned n = 1; n <= 43; n++) {
        send_and_settle(rig, &s, n);
    }
    send_and_settle(rig, &s, 602); /* 257: still one too many */
    cr_assert_eq(rig->services.fragmentation.phase, FRAG_PHASE_COLLECT);
    send_and_settle(rig, &s, 44);
    rig_down_hex(rig, 201, -1, "01 01");
    rig_run_s(rig, 1);
    cr_assert(rig_uplink_is(rig, rig->uplink_count - 1, 201, "01 00 5a01 ff"));
    for (unsigned n = 603; !rank_full(rig); n++) {
        cr_assert_lt(n, 603 + 256 + 30);
        send_and_settle(rig, &s, n);
    }
    cr_assert_eq(rig->services.fragmentation.frozen_missing, 256);
    finish(rig, &s);
    free(s.block);
    rig_destroy(rig);
}

Test(decoder, programs_about_once_a_fragment_and_needs_no_interrupt_for_a_clean_stream)
{
    struct session s = { .fragments = 300, .size = 200, .version = 2 };
    struct rig *rig = rig_create();
    make_block(&s, 5);
    open_session(rig, &s);
    unsigned programs = rig->board.programs;
    unsigned notifies = rig->board.notifies;
    for (unsigned n = 1; n < 300; n++) {
        send_and_settle(rig, &s, n);
    }
    /* 299 * 200 / 256 pages and a mark for each 32 fragments. */
    cr_assert_eq(rig->board.programs - programs, 299u * 200u / 256u + 299u / 32u);
    cr_assert_eq(rig->board.notifies - notifies, 0);
    free(s.block);
    rig_destroy(rig);
}

Test(decoder, keeps_up_with_one_program_a_fragment_when_every_second_one_is_lost)
{
    struct session s = { .fragments = 400, .size = 200, .version = 2 };
    struct rig *rig = rig_create();
    make_block(&s, 6);
    open_session(rig, &s);
    unsigned programs = rig->board.programs;
    for (unsigned n = 1; n < 400; n += 2) {
        send_fragment(rig, s.block, s.fragments, s.size, n, 0);
        rig_run_ticks(rig, 2000); /* 61 ms */
    }
    cr_assert_leq(rig->board.programs - programs, 200 * 2 + 10);
    cr_assert_eq(rig_traces(rig, FW_TRACE_FRAME_DROPPED), 0);
    cr_assert_eq(rig_traces(rig, FW_TRACE_FRAGMENT_STORED), 200);
    free(s.block);
    rig_destroy(rig);
}

Test(decoder, drops_and_says_so_when_fragments_come_faster_than_the_flash)
{
    struct session s = { .fragments = 100, .size = 200, .version = 2 };
    struct rig *rig = rig_create();
    make_block(&s, 6);
    open_session(rig, &s);
    for (unsigned n = 1; n < 100; n += 2) {
        send_fragment(rig, s.block, s.fragments, s.size, n, 0); /* all in one tick */
    }
    unsigned dropped = rig_traces(rig, FW_TRACE_FRAME_DROPPED);
    cr_assert_gt(dropped, 0);
    cr_assert_eq(rig_traces(rig, FW_TRACE_FRAGMENT_STORED), 50 - dropped);
    rig_run_s(rig, 1);
    for (unsigned n = 1; n <= 100; n++) {
        send_and_settle(rig, &s, n);
    }
    rig->board.trace_counts[FW_TRACE_FRAME_DROPPED] = 0;
    finish(rig, &s);
    free(s.block);
    rig_destroy(rig);
}
