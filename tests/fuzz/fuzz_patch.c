/* Fuzzes manifests and patch streams of delta images.
 * SPDX-License-Identifier: MIT
 *
 * Input: a byte that says what size the pieces have, then a delta image: its manifest is parsed,
 * its patch decoded whatever the manifest says, in pieces, from a base in flash. Oracle: no
 * assertion of the firmware fails, what comes out stays within the output, and pieces change
 * nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "device/update/fake_board.h"
#include "fuzz/fuzz.h"
#include "update/delta.h"
#include "update/patch.h"

#define BASE_SIZE   300u
#define TARGET_SIZE 2000u

static struct fake_board board;

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

/* Returns how many bytes came out. */
static uint32_t decode(const uint8_t *bytes, uint32_t size, uint32_t piece_size, uint8_t *out,
        enum patch_result *result)
{
    const struct patch_base base = { HAL_FLASH_INTERNAL, FLASH_RUNNING_ADDRESS, BASE_SIZE };
    struct patch patch;
    uint32_t made = 0, used = 0;
    patch_begin(&patch, &base, TARGET_SIZE);
    *result = PATCH_MORE;
    for (bool stuck = false; *result == PATCH_MORE && !stuck;) {
        uint32_t left = size - used;
        struct patch_piece piece = { bytes + used, left < piece_size ? left : piece_size, 0,
            out + made, TARGET_SIZE - made < piece_size ? TARGET_SIZE - made : piece_size, 0 };
        *result = patch_continue(&patch, &board.hal, &piece);
        require(piece.in_used <= piece.in_size && piece.out_made <= piece.out_size);
        stuck = piece.in_used == 0 && piece.out_made == 0;
        used += piece.in_used;
        made += piece.out_made;
    }
    return made;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t whole[TARGET_SIZE], pieces[TARGET_SIZE];
    enum patch_result whole_result, pieces_result;
    struct delta_info info;
    if (size < 1) {
        return 0;
    }
    fake_board_init(&board);
    for (uint32_t i = 0; i < BASE_SIZE; i++) {
        board.internal[FLASH_RUNNING_ADDRESS + i] = (uint8_t)(i * 7);
    }
    if (size > 1 + DELTA_MANIFEST_SIZE) {
        delta_manifest_parse(data + 1, FLASH_RUNNING_SIZE, &info);
    }
    uint32_t whole_made =
            decode(data + 1, (uint32_t)size - 1, TARGET_SIZE + 4096, whole, &whole_result);
    uint32_t pieces_made =
            decode(data + 1, (uint32_t)size - 1, 1u + data[0], pieces, &pieces_result);
    require(whole_result == pieces_result && whole_made == pieces_made);
    require(memcmp(whole, pieces, whole_made) == 0);
    require(board.panics == 0);
    return 0;
}
