/* Fuzzes what device/update/slot_fill.h finds in flash: manifest, patch, states that a reset left,
 * and what was made so far.
 * SPDX-License-Identifier: MIT
 *
 * The work on a target of three saves is stopped, by a reset or a power cut, and goes on; meanwhile
 * the input changes bytes, or puts a changed state into a slot with a head that fits it. Oracle: no
 * assertion fails and the work ends; flash rules hold and the target is the right one, in the
 * first attempt where nothing was changed, in the second where manifest and patch were not.
 */
#include <nettle/eddsa.h>
#include <nettle/sha2.h>
#include <stdlib.h>

#include "campaign/delta_builder.h"
#include "campaign/image_builder.h"
#include "device/update/fake_board.h"
#include "fuzz/bytes.h"
#include "fuzz/fuzz.h"
#include "update/slot_fill.h"

#define STEPS_MAX       24u
#define CODE_BYTES      20000u
#define HARDWARE_ID     7u
#define SLOT_BYTES      512u
#define SLOT_HEAD_BYTES 16u
#define RECORD_BYTES    320u
#define NONCE_BYTES     12u
#define SLOTS           (NOR_DELTA_SIZE / SLOT_BYTES)
#define FILL_STEPS_MAX  4000u

enum step {
    GO_ON,
    RESET,
    CUT,
    CHANGE_PATCH, /* with its manifest */
    CHANGE_STATES,
    CHANGE_TARGET,
    STATE,
    STEP_COUNT
};

static const uint8_t private_key[32] = "the key that signs test images..";
static struct fake_board board;
static struct fake_board start;    /* a verified delta image of the image that runs */
static struct fake_board finished; /* the target is made, all saves are there */
static struct built_patch delta;
static struct factory factory;
static struct slot_fill fill;
static bool source_changed, work_changed;

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void begin_fill(void)
{
    fill.stage = SLOT_FILL_BROKEN;
    slot_fill_begin(&fill, &board.hal, &factory, NOR_BLOCK_ADDRESS);
}

static void go_on(unsigned steps)
{
    while (steps-- > 0 && slot_fill_step(&fill, &board.hal, &factory)) {
    }
}

static bool is_right(void)
{
    return fill.stage == SLOT_FILL_FILLED
           && memcmp(board.external + NOR_NEW_IMAGE_ADDRESS,
                      finished.external + NOR_NEW_IMAGE_ADDRESS, IMAGE_HEADER_SIZE + CODE_BYTES)
                      == 0;
}

static void load(const struct fake_board *from)
{
    memcpy(&board, from, sizeof board);
    board.hal.board = &board;
}

static void prepare(void)
{
    static uint8_t old_code[CODE_BYTES], new_code[CODE_BYTES];
    static uint8_t image[IMAGE_HEADER_SIZE + CODE_BYTES];
    uint8_t public_key[32];
    uint32_t size;
    image_generate(old_code, CODE_BYTES, 1);
    memcpy(new_code, old_code + 300, CODE_BYTES - 300); /* the base moves, and ends early */
    image_generate(new_code + CODE_BYTES - 300, 300, 2);
    for (uint32_t at = 500; at < CODE_BYTES; at += 617) {
        new_code[at] ^= (uint8_t)at;
    }
    const struct delta_order order = { old_code, CODE_BYTES, new_code, CODE_BYTES, 2, HARDWARE_ID,
        private_key, NULL };
    require(delta_build(&order, &delta));
    require(image_build(
            image, sizeof image, &size, old_code, CODE_BYTES, 1, HARDWARE_ID, private_key));
    fake_board_init(&start);
    ed25519_sha512_public_key(public_key, private_key);
    fake_board_set_factory(&start, HARDWARE_ID, public_key);
    memcpy(start.internal + FLASH_RUNNING_ADDRESS, image, sizeof image);
    memcpy(start.external + NOR_BLOCK_ADDRESS, delta.bytes, delta.size);
    load(&start);
    require(factory_read(&board.hal, &factory));
    begin_fill();
    go_on(FILL_STEPS_MAX);
    require(fill.stage == SLOT_FILL_FILLED);
    memcpy(&finished, &board, sizeof finished);
}

/* XORs bytes of the input into `size` bytes from `bytes` on. */
static void change(struct fuzz_bytes *in, uint8_t *bytes, uint32_t size)
{
    uint8_t mask[64];
    uint32_t at = fuzz_u16(in) % size;
    size_t count = fuzz_block(in, mask, sizeof mask);
    for (size_t i = 0; i < count && at + i < size; i++) {
        bytes[at + i] ^= mask[i];
    }
}

/* A true state, changed, in any slot; its head is right again. */
static void put_state(struct fuzz_bytes *in)
{
    struct sha256_ctx sha;
    uint32_t from = fuzz_u8(in) % 2u * SLOT_BYTES;
    uint8_t *slot = board.external + NOR_DELTA_ADDRESS + fuzz_u8(in) % SLOTS * SLOT_BYTES;
    memcpy(slot, finished.external + NOR_DELTA_ADDRESS + from, SLOT_BYTES);
    change(in, slot + SLOT_HEAD_BYTES, RECORD_BYTES);
    sha256_init(&sha);
    sha256_update(&sha, RECORD_BYTES, slot + SLOT_HEAD_BYTES);
    sha256_digest(&sha, NONCE_BYTES, slot);
}

static void cut(struct fuzz_bytes *in)
{
    jmp_buf outside;
    memcpy(&outside, &board.power, sizeof outside);
    board.cut_at = board.operations + fuzz_u8(in);
    board.tear = (enum fake_tear)(fuzz_u8(in) % FAKE_TEAR_COUNT);
    if (setjmp(board.power) == 0) {
        go_on(FILL_STEPS_MAX);
    }
    require(board.panics == 0);
    memcpy(&board.power, &outside, sizeof outside);
    board.cut_at = FAKE_CUT_NEVER;
    begin_fill();
}

static void play(struct fuzz_bytes *in)
{
    enum step step = (enum step)(fuzz_u8(in) % STEP_COUNT);
    switch (step) {
    case GO_ON:
        go_on(fuzz_u8(in));
        return;
    case CUT:
        cut(in);
        return;
    case CHANGE_PATCH:
        change(in, board.external + NOR_BLOCK_ADDRESS, delta.size);
        source_changed = true;
        break;
    case CHANGE_STATES:
        change(in, board.external + NOR_DELTA_ADDRESS, 4 * SLOT_BYTES);
        work_changed = true;
        break;
    case CHANGE_TARGET:
        change(in, board.external + NOR_NEW_IMAGE_ADDRESS, IMAGE_HEADER_SIZE + CODE_BYTES);
        work_changed = true;
        break;
    case STATE:
        put_state(in);
        work_changed = true;
        break;
    case RESET:
    case STEP_COUNT:
    default:
        break;
    }
    begin_fill(); /* flash changes between a cut and the start after it */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_bytes in = { data, size, 0 };
    if (delta.bytes == NULL) {
        prepare();
    }
    load(&start);
    source_changed = false;
    work_changed = false;
    if (setjmp(board.power) != 0) {
        abort();
    }
    begin_fill();
    for (unsigned i = 0; i < STEPS_MAX && in.at < in.size; i++) {
        play(&in);
    }
    go_on(FILL_STEPS_MAX);
    require(fill.stage == SLOT_FILL_FILLED || fill.stage == SLOT_FILL_BROKEN);
    require(source_changed || work_changed || (is_right() && board.violations == 0));
    board.violations = 0; /* bits that were changed in what was made cannot be taken back */
    slot_fill_again(&fill, &board.hal, &factory);
    go_on(FILL_STEPS_MAX);
    require(fill.stage == SLOT_FILL_FILLED || fill.stage == SLOT_FILL_BROKEN);
    require(source_changed || is_right());
    require(board.violations == 0 && board.panics == 0);
    return 0;
}
