/* One wrong bit in one read of flash, from the verification of a candidate to the boot after its
 * install: the update succeeds all the same.
 * SPDX-License-Identifier: MIT
 *
 * The goal: 0 boots without an image, 0 candidates refused, 0 headers other than the verified one.
 * Read and bit walk through all reads evenly. FLEETCAST_READ_ERRORS says how many cases; the slow
 * suite runs 5328.
 */
#include <criterion/criterion.h>
#include <nettle/eddsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/update/candidate.h"

#define HARDWARE_ID   0x4C4F5241u
#define OLD_VERSION   0x01000000u
#define NEW_VERSION   0x01000001u
#define OLD_SIZE      (IMAGE_HEADER_SIZE + 3000u)
#define NEW_SIZE      (IMAGE_HEADER_SIZE + 3333u)
#define CASES_DEFAULT 296u  /* one in 18 of the slow suite's */
#define BIT_STEP      1021u /* prime: bits of a read come in no order */

static const uint8_t private_key[32] = "the key that signs test images..";
static struct fake_board board;
static struct fake_board before;
static uint8_t new_image[NEW_SIZE];

static void set_up(void)
{
    static uint8_t old_image[OLD_SIZE];
    uint8_t public_key[32];
    fake_board_init(&before);
    ed25519_sha512_public_key(public_key, private_key);
    fake_board_set_factory(&before, HARDWARE_ID, public_key);
    fake_image_build(
            old_image, OLD_SIZE - IMAGE_HEADER_SIZE, OLD_VERSION, HARDWARE_ID, 1, private_key);
    fake_image_build(
            new_image, NEW_SIZE - IMAGE_HEADER_SIZE, NEW_VERSION, HARDWARE_ID, 2, private_key);
    memcpy(before.internal + FLASH_RUNNING_ADDRESS, old_image, OLD_SIZE);
    memcpy(before.external + NOR_BLOCK_ADDRESS, new_image, NEW_SIZE);
}

struct outcome {
    uint32_t reads;
    unsigned bricks;
    unsigned refused;
    unsigned other_headers;
    unsigned other_code;
    unsigned damaged;
};

/* An update with the read of number `read` wrong in one bit; boots twice. */
static void run_case(uint32_t read, uint32_t bit, struct outcome *outcome)
{
    struct nvm nvm;
    struct boot_state state;
    const uint8_t *slot = board.internal + FLASH_RUNNING_ADDRESS;
    memcpy(&board, &before, sizeof board);
    board.hal.board = &board;
    board.flip_read_at = read;
    board.flip_read_bit = bit;
    outcome->refused += candidate_commit(&board, NEW_SIZE) != UPDATE_VALID;
    for (unsigned boot = 0; boot < 2; ++boot) {
        outcome->bricks += !bootloader_run(&board.hal, HAL_RESET_SOFTWARE);
    }
    outcome->reads = board.reads;
    outcome->other_headers += memcmp(slot, new_image, IMAGE_HEADER_SIZE) != 0;
    outcome->other_code += memcmp(slot + IMAGE_HEADER_SIZE, new_image + IMAGE_HEADER_SIZE,
                                   NEW_SIZE - IMAGE_HEADER_SIZE)
                           != 0;
    board.flip_read_at = FAKE_CUT_NEVER;
    nvm_open(&nvm, &board.hal);
    boot_state_read(&nvm, &state);
    outcome->refused += state.refusals > 0 || boot_state_pending(&state);
    outcome->damaged += state.damaged;
    cr_assert_eq(board.violations, 0, "read %u bit %u breaks flash rules", read, bit);
    cr_assert_eq(board.panics, 0);
}

Test(read_errors, one_wrong_bit_costs_no_update, .init = set_up, .timeout = 300)
{
    const char *wanted = getenv("FLEETCAST_READ_ERRORS");
    unsigned cases = wanted != NULL ? (unsigned)strtoul(wanted, NULL, 10) : CASES_DEFAULT;
    struct outcome outcome = { 0 };
    run_case(FAKE_CUT_NEVER, 0, &outcome);
    uint32_t reads = outcome.reads;
    cr_assert_gt(reads, 200);
    for (unsigned i = 0; i < cases; ++i) {
        run_case((uint32_t)((uint64_t)i * reads / cases), i * BIT_STEP, &outcome);
    }
    fprintf(stderr,
            "# %u single-bit errors over %u reads: %u boots without image, %u refused, %u other "
            "headers, %u other code, %u taken for damaged\n",
            cases, reads, outcome.bricks, outcome.refused, outcome.other_headers,
            outcome.other_code, outcome.damaged);
    cr_assert_eq(outcome.bricks, 0);
    cr_assert_eq(outcome.refused, 0);
    cr_assert_eq(outcome.other_headers, 0);
    cr_assert_eq(outcome.other_code, 0);
    cr_assert_eq(outcome.damaged, 0);
}
