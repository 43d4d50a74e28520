/* The signed table of fragments' hashes: what is taken of it, and what it refuses.
 * SPDX-License-Identifier: MIT
 *
 * The session is that of "device D" in spec-protocol 10.2 (block 00 .. 63 hexadecimal). The two
 * pieces of its table were made by Python (hashlib, cryptography 48) with the private key of test 1
 * of RFC 8032 section 7.1; the device has the public one.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "device_d.h"
#include "services/fragment_table.h"

#define PUBLIC_KEY "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
#define PIECE_1_8                                                                                  \
    "010040081f825aa2f0020ef7c3a3674842d925c47868ef3b42d77e2cc401917599e9b5f8a3a3b883ad28e0d0bbe2" \
    "417873027d3ef6dc9b57770490f55e375855c909c769ab4bf04be3e234930fd2655d06d8621adb15e81425516e0b" \
    "705c610782497c43525f5203ac7e02977e7ce546c00dc643bf0133b7600c618e989a745971e16501"
#define PIECE_9_10                                                                                 \
    "0108400238d630f5b3561ceb9dee80f8898bdf88d9d7950a5d00327ee97cba4d5b7375b53daa478fa6619a050cc1" \
    "e3906ad3bac61432646801014e2fc6da2c4cf1d0152d51fa7233e376850c0f93a44d6e404107"

static struct rig *set_up_by(bool proves, const char *command)
{
    struct rig *rig = rig_create();
    hex_parse(PUBLIC_KEY, rig->core.factory.image_public_key, 32);
    rig->core.factory.defences = proves ? FACTORY_DEFENCE_FRAGMENT_TABLE : 0;
    rig_set_gps(rig, 1300000000);
    rig_down_hex(rig, DEVICE_D_PORT, -1, command);
    rig_run_s(rig, 5);
    cr_assert_eq(rig->services.fragmentation.phase, FRAG_PHASE_COLLECT);
    return rig;
}

static struct rig *set_up(bool proves)
{
    return set_up_by(proves, DEVICE_D_SETUP_V2);
}

/* The same with bit 7 of Control: the table comes first. */
static struct rig *set_up_announced(bool proves)
{
    uint8_t command[32];
    char text[65] = "";
    size_t size = hex_parse(DEVICE_D_SETUP_V2, command, sizeof command);
    command[5] |= 0x80;
    for (size_t i = 0; i < size; i++) {
        snprintf(&text[2 * i], 3, "%02x", command[i]);
    }
    return set_up_by(proves, text);
}

static void hear_table(struct rig *rig, const char *piece)
{
    rig_down_hex(rig, FRAGMENT_TABLE_FPORT, 0, piece);
    rig_run_s(rig, 1);
}

/* A fragment of zeros, or coded from zeros. */
static void hear_forged(struct rig *rig, unsigned n)
{
    uint8_t message[13] = { 0x08, (uint8_t)n, (uint8_t)(0x40 | n >> 8) };
    rig_down(rig, DEVICE_D_PORT, 0, message, sizeof message);
    rig_run_ticks(rig, 4000);
}

static unsigned missing(const struct rig *rig)
{
    return rig->services.fragmentation.missing;
}

/* Goal: with the table a forged fragment is dropped and the genuine one taken in its place. */
Test(fragment_table, refuses_forged_fragments_on_arrival)
{
    struct rig *rig = set_up(true);
    hear_table(rig, PIECE_1_8);
    hear_table(rig, PIECE_9_10);
    cr_assert_eq(rig_traces(rig, FW_TRACE_FRAGMENT_HASHES), 2);
    for (unsigned n = 1; n <= 10; n++) {
        hear_forged(rig, n);
        cr_assert_eq(missing(rig), 11 - n, "fragment %u", n);
        device_d_fragment(rig, n, 0);
        cr_assert_eq(missing(rig), 10 - n, "fragment %u", n);
    }
    rig_run_s(rig, 5);
    cr_expect_eq(rig_traces(rig, FW_TRACE_FRAGMENT_FORGED), 10);
    cr_expect_eq(rig->services.fragmentation.phase, FRAG_PHASE_DONE);
    rig_destroy(rig);
}

/* Goal: without a piece of the table, or without the defence, its fragments are taken unproven. */
Test(fragment_table, leaves_open_what_it_does_not_know)
{
    struct rig *rig = set_up(true);
    hear_table(rig, PIECE_9_10);
    hear_forged(rig, 1);
    cr_expect_eq(missing(rig), 9);
    hear_forged(rig, 9);
    cr_expect_eq(missing(rig), 9);
    rig_destroy(rig);
    rig = set_up(false);
    hear_table(rig, PIECE_1_8);
    hear_forged(rig, 1);
    cr_expect_eq(missing(rig), 9);
    cr_expect_eq(rig_traces(rig, FW_TRACE_FRAGMENT_HASHES), 0);
    rig_destroy(rig);
}

/* Goal: where the set-up announced the table, a member that sends before it gets no fragment into
 * flash, uncoded or coded; the server's fragments are taken in their places afterwards. */
Test(fragment_table, takes_nothing_before_an_announced_table)
{
    struct rig *rig = set_up_announced(true);
    for (unsigned n = 1; n <= 12; n++) {
        hear_forged(rig, n);
    }
    cr_expect_eq(missing(rig), 10);
    cr_expect_eq(rig->services.fragmentation.phase, FRAG_PHASE_COLLECT);
    hear_table(rig, PIECE_1_8);
    hear_forged(rig, 9);
    hear_forged(rig, 11); /* the table has a gap, and nothing is proven */
    cr_expect_eq(missing(rig), 10);
    cr_expect_eq(rig->services.fragmentation.phase, FRAG_PHASE_COLLECT);
    hear_table(rig, PIECE_9_10);
    for (unsigned n = 1; n <= 10; n++) {
        device_d_fragment(rig, n, 0);
        cr_assert_eq(missing(rig), 10 - n, "fragment %u", n);
    }
    rig_run_s(rig, 5);
    cr_expect_eq(rig->services.fragmentation.phase, FRAG_PHASE_DONE);
    rig_destroy(rig);
}

/* Goal: coded fragments are taken with the whole table, or once a fragment was proven, so that a
 * device that lost the uncoded ones, or a piece of the table, gets its block. */
Test(fragment_table, takes_coded_fragments_with_the_table_or_after_a_proven_one)
{
    struct rig *rig = set_up_announced(true);
    hear_table(rig, PIECE_1_8);
    hear_table(rig, PIECE_9_10);
    device_d_fragment(rig, 11, 0);
    cr_expect_neq(rig->services.fragmentation.phase, FRAG_PHASE_COLLECT);
    rig_destroy(rig);
    rig = set_up_announced(true);
    hear_table(rig, PIECE_1_8);
    for (unsigned n = 1; n < 60 && missing(rig) > 0; n++) {
        device_d_fragment(rig, n, 0);
    }
    rig_run_s(rig, 5);
    cr_expect_eq(rig->services.fragmentation.phase, FRAG_PHASE_DONE);
    cr_expect(rig->services.fragmentation.mic_good);
    rig_destroy(rig);
}

/* Goal: the announcement outlives a reset; a device without the defence takes no notice of it; and
 * what comes in the device's own session needs no hash. */
Test(fragment_table, holds_the_announcement_against_the_group_alone)
{
    struct rig *rig = set_up_announced(true);
    rig_boot(rig);
    rig_run_s(rig, 5);
    hear_forged(rig, 1);
    cr_expect_eq(missing(rig), 10);
    const uint8_t own[13] = { 0x08, 2, 0x40 };
    rig_down(rig, DEVICE_D_PORT, -1, own, sizeof own);
    rig_run_s(rig, 1);
    cr_expect_eq(missing(rig), 9);
    rig_destroy(rig);
    rig = set_up_announced(false);
    hear_forged(rig, 1);
    cr_expect_eq(missing(rig), 9);
    rig_destroy(rig);
}

/* Goal: no altered byte of a piece is believed, nor one of another session or of a wrong length. */
Test(fragment_table, believes_only_what_is_signed_for_its_session)
{
    uint8_t piece[256];
    size_t size = hex_parse(PIECE_9_10, piece, sizeof piece);
    for (size_t i = 0; i < size; i++) {
        struct rig *rig = set_up(true);
        piece[i] ^= 0x04;
        rig_down(rig, FRAGMENT_TABLE_FPORT, 0, piece, size);
        rig_run_s(rig, 1);
        piece[i] ^= 0x04;
        hear_forged(rig, 9);
        cr_expect_eq(missing(rig), 9, "byte %zu", i);
        rig_destroy(rig);
    }
    for (size_t cut = 0; cut < size; cut++) {
        struct rig *rig = set_up(true);
        rig_down(rig, FRAGMENT_TABLE_FPORT, 0, piece, cut);
        rig_down(rig, FRAGMENT_TABLE_FPORT, 2, piece, size); /* no group of the session */
        cr_expect_eq(rig_traces(rig, FW_TRACE_FRAGMENT_HASHES), 0);
        rig_destroy(rig);
    }
    struct rig *rig = rig_create(); /* no session at all */
    hear_table(rig, PIECE_1_8);
    cr_expect_eq(rig_traces(rig, FW_TRACE_FRAGMENT_HASHES), 0);
    rig_destroy(rig);
}

/* Goal: the check of a signature takes up to a second and costs no window of class A; the piece
 * comes again. */
Test(fragment_table, leaves_a_piece_that_would_cost_a_window)
{
    struct rig *rig = set_up(true);
    rig->board.window_is_near = true;
    hear_table(rig, PIECE_1_8);
    cr_expect_eq(rig_traces(rig, FW_TRACE_FRAGMENT_HASHES), 0);
    rig->board.window_is_near = false;
    hear_table(rig, PIECE_1_8);
    cr_expect_eq(rig_traces(rig, FW_TRACE_FRAGMENT_HASHES), 1);
    rig_destroy(rig);
}

/* Goal: a forged coded fragment shows when rows are decoded; the decoder starts over with what is
 * proven, the session stays open, and genuine coded fragments complete the block. */
Test(fragment_table, throws_away_combinations_that_decode_to_forged_fragments)
{
    struct rig *rig = set_up(true);
    hear_table(rig, PIECE_1_8);
    hear_table(rig, PIECE_9_10);
    for (unsigned n = 1; n <= 7; n++) {
        device_d_fragment(rig, n, 0);
    }
    unsigned n = 11;
    hear_forged(rig, n++);
    while (rig_traces(rig, FW_TRACE_FRAGMENT_FORGED) == 0) {
        cr_assert_lt(n, 60);
        device_d_fragment(rig, n++, 0);
    }
    cr_expect_not(rig->services.fragmentation.block_over);
    rig_run_s(rig, 5);
    cr_expect_eq(rig->services.fragmentation.phase, FRAG_PHASE_DECODE);
    cr_expect_gt(missing(rig), 0);
    while (rig->services.fragmentation.phase == FRAG_PHASE_DECODE) {
        cr_assert_lt(n, 120);
        device_d_fragment(rig, n++, 0);
    }
    rig_run_s(rig, 5);
    cr_expect_eq(rig->services.fragmentation.phase, FRAG_PHASE_DONE);
    cr_expect(rig->services.fragmentation.mic_good);
    rig_destroy(rig);
}

/* Goal: the table outlives a reset. */
Test(fragment_table, outlives_a_reset)
{
    struct rig *rig = set_up(true);
    hear_table(rig, PIECE_1_8);
    device_d_fragment(rig, 1, 0);
    rig_run_s(rig, 200);
    rig_boot(rig);
    rig_run_s(rig, 5);
    cr_assert_eq(missing(rig), 9);
    hear_forged(rig, 2);
    cr_expect_eq(missing(rig), 9);
    device_d_fragment(rig, 2, 0);
    cr_expect_eq(missing(rig), 8);
    rig_destroy(rig);
}
