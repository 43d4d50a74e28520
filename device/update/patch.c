/* Decodes delta patches.
 * SPDX-License-Identifier: MIT
 */
#include "update/patch.h"

#include <string.h>

#include "bytes.h"

/* What the next byte of the op stream is. */
enum patch_part {
    PART_BLOCK,    /* a number: bytes from the base */
    PART_SAME,     /* a number: how many without a difference */
    PART_SAME_RUN, /* nothing is read: they are copied */
    PART_CHANGED,  /* a number: how many with one */
    PART_CHANGED_RUN,
    PART_EXTRA, /* a number: how many from the patch alone */
    PART_EXTRA_RUN,
    PART_MOVE, /* a number: where the base goes on */
    PART_COUNT
};

#define MATCH_BITS       13u /* a flag, 8 bits of distance, 4 of length */
#define LITERAL_BITS     9u
#define NUMBER_SHIFT_END 28u

/* Indices into the window wrap as bytes do; a length has 4 bits. */
_Static_assert(PATCH_WINDOW_BYTES == 256, "a uint8_t wraps at the window's end");
_Static_assert(PATCH_LENGTH_MAX == PATCH_LENGTH_MIN + 15u, "a length has 4 bits");

void patch_begin(struct patch *patch, const struct patch_base *base, uint32_t target_size)
{
    *patch = (struct patch){ .base = *base, .target_size = target_size };
}

/* --- LZSS --------------------------------------------------------------------------------------
 */

/* At least `count` bits are there. */
static bool fill(
        struct patch *patch, const struct hal *hal, struct patch_piece *piece, unsigned count)
{
    DEVICE_ASSERT(hal, count <= MATCH_BITS && patch->bit_count < MATCH_BITS);
    while (patch->bit_count < count) {
        if (piece->in_used == piece->in_size) {
            return false;
        }
        patch->bits = patch->bits << 8 | piece->in[piece->in_used++];
        patch->bit_count = (uint8_t)(patch->bit_count + 8u);
    }
    return true;
}

static uint32_t take(struct patch *patch, const struct hal *hal, unsigned count)
{
    DEVICE_ASSERT(hal, count <= patch->bit_count);
    patch->bit_count = (uint8_t)(patch->bit_count - count);
    return patch->bits >> patch->bit_count & ((1u << count) - 1u);
}

static uint8_t into_window(struct patch *patch, uint8_t byte)
{
    patch->window[patch->window_at++] = byte;
    return byte;
}

/* The next byte of the op stream. False: the input is used up. */
static bool next_byte(
        struct patch *patch, const struct hal *hal, struct patch_piece *piece, uint8_t *byte)
{
    if (patch->match_left == 0) {
        if (!fill(patch, hal, piece, 1)) {
            return false;
        }
        bool literal = (patch->bits >> (patch->bit_count - 1u) & 1u) != 0;
        if (!fill(patch, hal, piece, literal ? LITERAL_BITS : MATCH_BITS)) {
            return false;
        }
        take(patch, hal, 1);
        if (literal) {
            *byte = into_window(patch, (uint8_t)take(patch, hal, 8));
            return true;
        }
        patch->match_at = (uint8_t)(patch->window_at - 1u - take(patch, hal, 8));
        patch->match_left = (uint8_t)(take(patch, hal, 4) + PATCH_LENGTH_MIN);
    }
    patch->match_left--;
    *byte = into_window(patch, patch->window[patch->match_at++]);
    return true;
}

/* --- ops -----------------------------------------------------------------------------------------
 */

static uint32_t target_left(const struct patch *patch)
{
    return patch->target_size - patch->made;
}

/* Is there so much of the base from where it stands? */
static bool base_has(const struct patch *patch, uint32_t count)
{
    return patch->base_at <= patch->base.size && count <= patch->base.size - patch->base_at;
}

static void count_base(struct patch *patch, const struct hal *hal, uint32_t count)
{
    DEVICE_ASSERT(hal, count <= patch->block);
    patch->base_at += count;
    patch->block -= count;
}

static void count_out(
        struct patch *patch, const struct hal *hal, struct patch_piece *piece, uint32_t count)
{
    DEVICE_ASSERT(hal, count <= patch->run && count <= target_left(patch));
    DEVICE_ASSERT(hal, count <= piece->out_size - piece->out_made);
    patch->made += count;
    patch->run -= count;
    piece->out_made += count;
}

static bool read_base(
        const struct patch *patch, const struct hal *hal, uint8_t *bytes, uint32_t count)
{
    DEVICE_ASSERT(hal, base_has(patch, count));
    return hal_flash_read(
                   hal, patch->base.region, patch->base.address + patch->base_at, bytes, count)
           == HAL_OK;
}

/* Copies what there is room for. */
static bool copy_same(struct patch *patch, const struct hal *hal, struct patch_piece *piece)
{
    uint32_t room = piece->out_size - piece->out_made;
    uint32_t count = patch->run < room ? patch->run : room;
    if (!read_base(patch, hal, piece->out + piece->out_made, count)) {
        return false;
    }
    count_base(patch, hal, count);
    count_out(patch, hal, piece, count);
    return true;
}

static bool put_changed(
        struct patch *patch, const struct hal *hal, struct patch_piece *piece, uint8_t difference)
{
    uint8_t byte;
    if (!read_base(patch, hal, &byte, 1)) {
        return false;
    }
    piece->out[piece->out_made] = (uint8_t)(byte + difference);
    count_base(patch, hal, 1);
    count_out(patch, hal, piece, 1);
    return true;
}

static void put_extra(
        struct patch *patch, const struct hal *hal, struct patch_piece *piece, uint8_t byte)
{
    piece->out[piece->out_made] = byte;
    count_out(patch, hal, piece, 1);
}

/* Where the op stream stands after a number or a run: runs that are over lead on. */
static void settle(struct patch *patch)
{
    if (patch->run > 0) {
        return;
    }
    if (patch->part == PART_SAME_RUN) {
        patch->part = patch->block > 0 ? PART_CHANGED : PART_EXTRA;
    } else if (patch->part == PART_CHANGED_RUN) {
        patch->part = patch->block > 0 ? PART_SAME : PART_EXTRA;
    } else if (patch->part == PART_EXTRA_RUN) {
        patch->part = PART_MOVE;
    }
}

/* Begins a run of `count` bytes, of at most `bound`. */
static bool begin_run(struct patch *patch, enum patch_part part, uint32_t count, uint32_t bound)
{
    patch->run = count;
    patch->part = (uint8_t)part;
    return count <= bound;
}

/* False: the number cannot stand there. */
static bool use_number(struct patch *patch, uint32_t number)
{
    switch ((enum patch_part)patch->part) {
    case PART_BLOCK:
        patch->block = number;
        patch->part = number > 0 ? PART_SAME : PART_EXTRA;
        return number == 0 || (number <= target_left(patch) && base_has(patch, number));
    case PART_SAME:
        return begin_run(patch, PART_SAME_RUN, number, patch->block);
    case PART_CHANGED:
        return number > 0 && begin_run(patch, PART_CHANGED_RUN, number, patch->block);
    case PART_EXTRA:
        return begin_run(patch, PART_EXTRA_RUN, number, target_left(patch));
    case PART_MOVE:
        patch->base_at += number % 2 == 0 ? number / 2 : 0u - (number + 1) / 2;
        patch->part = PART_BLOCK;
        return true;
    case PART_SAME_RUN:
    case PART_CHANGED_RUN:
    case PART_EXTRA_RUN:
    case PART_COUNT:
        break;
    }
    return false;
}

static bool put_number_byte(struct patch *patch, uint8_t byte)
{
    if (patch->number_shift == NUMBER_SHIFT_END) {
        return false;
    }
    patch->number |= (uint32_t)(byte & 0x7Fu) << patch->number_shift;
    patch->number_shift = (uint8_t)(patch->number_shift + 7u);
    if ((byte & 0x80u) != 0) {
        return true;
    }
    uint32_t number = patch->number;
    patch->number = 0;
    patch->number_shift = 0;
    return use_number(patch, number);
}

/* One byte of the op stream. */
static bool put_byte(
        struct patch *patch, const struct hal *hal, struct patch_piece *piece, uint8_t byte)
{
    if (patch->part == PART_CHANGED_RUN) {
        return put_changed(patch, hal, piece, byte);
    }
    if (patch->part == PART_EXTRA_RUN) {
        put_extra(patch, hal, piece, byte);
        return true;
    }
    return put_number_byte(patch, byte);
}

enum patch_result patch_continue(
        struct patch *patch, const struct hal *hal, struct patch_piece *piece)
{
    DEVICE_ASSERT(hal, piece->in_used <= piece->in_size && piece->out_made <= piece->out_size);
    DEVICE_ASSERT(hal, patch->made <= patch->target_size && patch->part < PART_COUNT);
    while (patch->made < patch->target_size) {
        uint8_t byte;
        if (patch->run > 0 && piece->out_made == piece->out_size) {
            return PATCH_MORE;
        }
        bool good = true;
        if (patch->part == PART_SAME_RUN) {
            good = copy_same(patch, hal, piece);
        } else if (next_byte(patch, hal, piece, &byte)) {
            good = put_byte(patch, hal, piece, byte);
        } else {
            return PATCH_MORE;
        }
        if (!good) {
            return PATCH_DAMAGED;
        }
        settle(patch);
    }
    return PATCH_DONE;
}

/* --- state ---------------------------------------------------------------------------------------
 */

/* Layout, little-endian: six u32, six u8, two zeros, the window. */
#define STATE_OFF_SMALL  24u
#define STATE_OFF_WINDOW 32u

_Static_assert(STATE_OFF_WINDOW + PATCH_WINDOW_BYTES == PATCH_STATE_SIZE, "the window ends it");

void patch_save(const struct patch *patch, uint8_t state[PATCH_STATE_SIZE])
{
    const uint32_t words[] = { patch->made, patch->base_at, patch->block, patch->run, patch->number,
        patch->bits };
    const uint8_t small[] = { patch->bit_count, patch->number_shift, patch->part, patch->window_at,
        patch->match_at, patch->match_left };
    memset(state, 0, PATCH_STATE_SIZE);
    for (unsigned i = 0; i < sizeof words / sizeof words[0]; ++i) {
        put_le32(state + 4u * i, words[i]);
    }
    memcpy(state + STATE_OFF_SMALL, small, sizeof small);
    memcpy(state + STATE_OFF_WINDOW, patch->window, sizeof patch->window);
}

/* What holds between two calls. */
static bool is_consistent(const struct patch *patch)
{
    if (patch->made > patch->target_size || patch->part >= PART_COUNT
            || patch->bit_count >= MATCH_BITS || patch->number_shift > NUMBER_SHIFT_END
            || patch->number_shift % 7u != 0 || patch->match_left >= PATCH_LENGTH_MAX
            || patch->block > target_left(patch) || patch->run > target_left(patch)
            || (patch->block > 0 && !base_has(patch, patch->block))) {
        return false;
    }
    switch ((enum patch_part)patch->part) {
    case PART_SAME:
    case PART_CHANGED:
        return patch->run == 0 && patch->block > 0;
    case PART_SAME_RUN:
    case PART_CHANGED_RUN:
        return patch->run > 0 && patch->run <= patch->block;
    case PART_EXTRA_RUN:
        return patch->run > 0 && patch->block == 0;
    case PART_BLOCK:
    case PART_EXTRA:
    case PART_MOVE:
    case PART_COUNT:
        break;
    }
    return patch->run == 0 && patch->block == 0;
}

bool patch_restore(struct patch *patch, const uint8_t state[PATCH_STATE_SIZE])
{
    const uint8_t *small = state + STATE_OFF_SMALL;
    patch->made = get_le32(state);
    patch->base_at = get_le32(state + 4);
    patch->block = get_le32(state + 8);
    patch->run = get_le32(state + 12);
    patch->number = get_le32(state + 16);
    patch->bits = get_le32(state + 20);
    patch->bit_count = small[0];
    patch->number_shift = small[1];
    patch->part = small[2];
    patch->window_at = small[3];
    patch->match_at = small[4];
    patch->match_left = small[5];
    memcpy(patch->window, state + STATE_OFF_WINDOW, sizeof patch->window);
    return is_consistent(patch);
}
