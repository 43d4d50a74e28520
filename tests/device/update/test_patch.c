/* Delta patches: the decoder, on streams written by hand.
 * SPDX-License-Identifier: MIT
 *
 * Goal: every part of the format does what device/update/patch.h says, whatever pieces the input
 * comes in and the output goes to, with the state saved between any two calls; a damaged patch
 * ends, and neither reads outside the base nor writes outside the output. The bits are put together
 * here from the description of the format alone.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "device/update/fake_board.h"
#include "update/patch.h"

#define BASE "The quick brown fox jumps over the lazy dog"
#define ROOM 512u

struct stream {
    uint8_t bytes[ROOM];
    uint32_t bits;
};

static void put_bits(struct stream *stream, uint32_t value, unsigned count)
{
    for (unsigned i = count; i-- > 0; stream->bits++) {
        stream->bytes[stream->bits / 8] |= (uint8_t)((value >> i & 1u) << (7u - stream->bits % 8));
    }
}

static void put_literals(struct stream *stream, const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        put_bits(stream, 1, 1);
        put_bits(stream, (uint8_t)bytes[i], 8);
    }
}

static void put_match(struct stream *stream, unsigned distance, unsigned length)
{
    put_bits(stream, 0, 1);
    put_bits(stream, distance - 1, 8);
    put_bits(stream, length - 2, 4);
}

static uint32_t stream_size(const struct stream *stream)
{
    return (stream->bits + 7) / 8;
}

static struct fake_board board;

static struct patch_base base_of(const char *text)
{
    fake_board_init(&board);
    memcpy(board.external + NOR_OLD_IMAGE_ADDRESS, text, strlen(text));
    return (struct patch_base){ HAL_FLASH_EXTERNAL, NOR_OLD_IMAGE_ADDRESS, (uint32_t)strlen(text) };
}

/* Decodes in pieces, with the state moved to other memory between any two calls. */
static enum patch_result decode(const struct patch_base *base, const struct stream *stream,
        uint32_t target_size, uint32_t in_piece, uint32_t out_piece, char *out)
{
    struct patch places[2];
    enum patch_result result = PATCH_MORE;
    uint32_t in_at = 0, out_at = 0;
    unsigned place = 0;
    patch_begin(&places[0], base, target_size);
    while (result == PATCH_MORE) {
        uint32_t in_left = stream_size(stream) - in_at;
        uint8_t piece_out[ROOM];
        struct patch_piece piece = { stream->bytes + in_at, in_left < in_piece ? in_left : in_piece,
            0, piece_out, out_piece, 0 };
        result = patch_continue(&places[place], &board.hal, &piece);
        cr_assert_leq(out_at + piece.out_made, target_size);
        memcpy(out + out_at, piece_out, piece.out_made);
        in_at += piece.in_used;
        out_at += piece.out_made;
        if (result == PATCH_MORE && piece.in_used == 0 && piece.out_made == 0) {
            return PATCH_MORE; /* the stream is too short */
        }
        places[1 - place] = places[place];
        memset(&places[place], 0xA5, sizeof places[place]);
        place = 1 - place;
    }
    cr_assert_eq(board.panics, 0);
    return result;
}

/* The target has to come out in pieces of all sizes. */
static void check(const char *base_text, const struct stream *stream, const char *target)
{
    const struct patch_base base = base_of(base_text);
    uint32_t size = (uint32_t)strlen(target);
    static const uint32_t sizes[] = { 1, 2, 3, 7, 16, ROOM };
    for (unsigned i = 0; i < 6; i++) {
        for (unsigned j = 0; j < 6; j++) {
            char out[ROOM] = { 0 };
            cr_assert_eq(decode(&base, stream, size, sizes[i], sizes[j], out), PATCH_DONE,
                    "pieces of %u and %u", sizes[i], sizes[j]);
            cr_assert_str_eq(out, target, "pieces of %u and %u", sizes[i], sizes[j]);
        }
    }
}

Test(patch, copies_what_is_the_same)
{
    struct stream stream = { 0 };
    put_literals(&stream, "\x2B\x2B", 2); /* 43 bytes, 43 of them in a row */
    check(BASE, &stream, BASE);
}

Test(patch, adds_differences_modulo_256)
{
    struct stream stream = { 0 };
    /* 4 the same, 2 changed (q + 1, u - 1), the other 37 the same */
    put_literals(&stream, "\x2B\x04\x02\x01\xFF\x25", 6);
    check(BASE, &stream, "The rtick brown fox jumps over the lazy dog");
}

Test(patch, ends_a_block_with_a_changed_run)
{
    struct stream stream = { 0 };
    put_literals(&stream, "\x03\x02\x01\x01\x01!", 6);
    check(BASE, &stream, "Thf!");
}

Test(patch, puts_extra_bytes_and_moves_both_ways)
{
    struct stream stream = { 0 };
    /* "The " and extra "very "; on by 6 (12) to "brown"; back by 11 (21) to "quick" */
    put_literals(&stream, "\x04\x04\x05very \x0C", 9);
    put_literals(&stream, "\x05\x05\x01,\x15", 5);
    put_literals(&stream, "\x05\x05\x00", 3);
    check(BASE, &stream, "The very brown,quick");
}

Test(patch, knows_blocks_without_base)
{
    struct stream stream = { 0 };
    put_literals(&stream, "\x00\x05hello", 7);
    check("x", &stream, "hello");
}

Test(patch, reads_numbers_of_two_bytes)
{
    struct stream stream = { 0 };
    char target[201] = { 0 };
    put_literals(&stream, "\x00\xC8\x01", 3); /* 200 extra bytes: */
    for (unsigned i = 0; i < 200; i++) {
        target[i] = (char)('a' + i % 26);
    }
    put_literals(&stream, target, 200);
    check("x", &stream, target);
}

Test(patch, repeats_what_the_window_holds)
{
    struct stream stream = { 0 };
    put_literals(&stream,
            "\x00\x18"
            "abc",
            5);
    put_match(&stream, 3, 17); /* over itself */
    put_match(&stream, 2, 2);
    put_literals(&stream, "#!", 2);
    check("x", &stream,
            "abcabcabcabcabcabcab"
            "ab"
            "#!");
}

/* The longest distance is the byte that the next one will overwrite. */
Test(patch, reaches_back_256_bytes)
{
    struct stream stream = { 0 };
    char target[260] = { 0 };
    put_literals(
            &stream, "\x00\x82\x02", 3); /* 258 extra bytes: 'A', 255 others, then two of old */
    for (unsigned i = 0; i < 256; i++) {
        target[i] = (char)('A' + i % 31);
    }
    put_literals(&stream, target, 256);
    put_match(&stream, 256, 2);
    memcpy(target + 256, target, 2);
    check("x", &stream, target);
}

/* The window begins as zeros: a match may reach into them. */
Test(patch, begins_with_a_window_of_zeros)
{
    struct stream stream = { 0 };
    const struct patch_base base = base_of("x");
    char out[ROOM];
    memset(out, 0xEE, sizeof out);
    put_literals(&stream, "\x00\x02", 2);
    put_match(&stream, 200, 2);
    cr_assert_eq(decode(&base, &stream, 2, ROOM, ROOM, out), PATCH_DONE);
    cr_assert_arr_eq(out, "\0\0\xEE", 3);
}

/* --- damage --------------------------------------------------------------------------------------
 */

static enum patch_result result_of(const char *ops, size_t count, uint32_t target_size)
{
    struct stream stream = { 0 };
    const struct patch_base base = base_of(BASE);
    char out[ROOM];
    put_literals(&stream, ops, count);
    return decode(&base, &stream, target_size, ROOM, ROOM, out);
}

Test(patch, refuses_what_does_not_fit)
{
    static const struct {
        const char *what, *ops;
        size_t count;
        uint32_t target_size;
    } rows[] = {
        { "a block longer than the target", "\x05\x05", 2, 4 },
        { "a block longer than the base", "\x2C\x2C", 2, 100 },
        { "a run longer than its block", "\x04\x05", 2, 10 },
        { "changed bytes beyond the block", "\x04\x02\x03\x01\x01\x01", 6, 10 },
        { "no changed bytes where some must be", "\x04\x02\x00", 3, 10 },
        { "extra bytes beyond the target", "\x04\x04\x07", 3, 10 },
        { "a block before the base", "\x04\x04\x00\x09\x01\x01", 6, 10 },
        { "a block after the base", "\x04\x04\x00\x50\x01\x01", 6, 10 },
        { "a number of five bytes", "\x80\x80\x80\x80\x01", 5, 10 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_assert_eq(result_of(rows[i].ops, rows[i].count, rows[i].target_size), PATCH_DAMAGED,
                "%s", rows[i].what);
    }
}

Test(patch, waits_for_what_is_not_there)
{
    cr_assert_eq(result_of("\x04\x04\x05", 3, 10), PATCH_MORE);
    cr_assert_eq(result_of("", 0, 10), PATCH_MORE);
}

Test(patch, says_when_the_base_cannot_be_read)
{
    struct stream stream = { 0 };
    char out[ROOM];
    fake_board_init(&board);
    const struct patch_base base = { HAL_FLASH_EXTERNAL, NOR_SIZE - 2, 10 };
    put_literals(&stream, "\x04\x04", 2);
    cr_assert_eq(decode(&base, &stream, 4, ROOM, ROOM, out), PATCH_DAMAGED);
}

/* Design, section 10: a patch is applied in at most 1 KiB of RAM: the state, a piece of 256 bytes
 * of each side, and what is left for the caller. */
Test(patch, leaves_room_in_a_kibibyte)
{
    cr_assert_leq(sizeof(struct patch) + 2 * 256u, 1024);
}
