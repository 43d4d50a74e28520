/* Fuzzes what update and bootloader read from flash.
 * SPDX-License-Identifier: MIT
 *
 * Candidate, running image, boot state and record log have any content. Update and bootloader run
 * on the fake board of their tests, from a state in which an authentic candidate waits: over the
 * map with slots in SPI NOR, and over that in internal flash, where the candidate is copied before
 * it is committed. Oracle: no assertion fails, flash rules hold, and whatever is installed is that
 * candidate.
 */
#include <nettle/eddsa.h>
#include <stdlib.h>

#include "device/update/candidate.h"
#include "fuzz/bytes.h"
#include "fuzz/fuzz.h"
#include "trace.h"

#define STEPS_MAX   32u
#define HARDWARE_ID 7u
#define CODE_SIZE   1500u
#define IMAGE_SIZE  (IMAGE_HEADER_SIZE + CODE_SIZE)

enum step {
    CHANGE_CANDIDATE,
    CHANGE_RUNNING,
    CHANGE_RECORDS,
    CHANGE_BOOT_STATE,
    VERIFY,
    BOOT,
    CHANGE_NEW_IMAGE, /* what the bootloader reads: the candidate, or the copy of it */
    STEP_COUNT
};

static struct fake_board board;
static struct fake_board start;
static uint8_t new_image[IMAGE_SIZE];

static void begin(void)
{
    static const uint8_t private_key[32] = "the key that signs test images..";
    static bool built;
    if (!built) {
        static uint8_t old_image[IMAGE_SIZE];
        uint8_t public_key[32];
        fake_board_init(&start);
        ed25519_sha512_public_key(public_key, private_key);
        fake_board_set_factory(&start, HARDWARE_ID, public_key);
        fake_image_build(old_image, CODE_SIZE, 1, HARDWARE_ID, 1, private_key);
        fake_image_build(new_image, CODE_SIZE, 2, HARDWARE_ID, 2, private_key);
        memcpy(start.internal + FLASH_RUNNING_ADDRESS, old_image, IMAGE_SIZE);
        memcpy(start.external + NOR_BLOCK_ADDRESS, new_image, IMAGE_SIZE);
        built = true;
    }
    memcpy(&board, &start, sizeof board);
    board.hal.board = &board;
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

static void boot(void)
{
    uint32_t installs = board.traces[FW_TRACE_INSTALLED];
    (void)bootloader_run(&board.hal, HAL_RESET_PIN);
    if (board.traces[FW_TRACE_INSTALLED] != installs
            && memcmp(board.internal + FLASH_RUNNING_ADDRESS, new_image, IMAGE_SIZE) != 0) {
        abort();
    }
}

static void change_boot_state(struct fuzz_bytes *in)
{
    struct nvm nvm;
    uint8_t record[NVM_RECORD_SIZE_MAX] = { 0 };
    nvm_open(&nvm, &board.hal);
    (void)nvm_read(&nvm, NVM_BOOT_STATE, record, sizeof record);
    change(in, record, sizeof record);
    nvm_write(&nvm, NVM_BOOT_STATE, record, 1u + fuzz_u8(in) % sizeof record);
}

static void play(struct fuzz_bytes *in)
{
    switch ((enum step)(fuzz_u8(in) % STEP_COUNT)) {
    case CHANGE_CANDIDATE:
        change(in, board.external + NOR_BLOCK_ADDRESS, IMAGE_SIZE);
        break;
    case CHANGE_RUNNING:
        change(in, board.internal + FLASH_RUNNING_ADDRESS, IMAGE_SIZE);
        break;
    case CHANGE_RECORDS:
        change(in, board.internal + FLASH_NVM_ADDRESS, FLASH_NVM_SIZE);
        break;
    case CHANGE_BOOT_STATE:
        change_boot_state(in);
        break;
    case VERIFY:
        (void)candidate_commit(&board, IMAGE_SIZE);
        break;
    case CHANGE_NEW_IMAGE:
        change(in, candidate_new_image(&board), IMAGE_SIZE);
        break;
    case BOOT:
    case STEP_COUNT:
    default:
        boot();
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_bytes in = { data, size, 0 };
    begin();
    if (setjmp(board.power) != 0) { /* nothing cuts the power: an assertion of the firmware */
        abort();
    }
    for (unsigned i = 0; i < STEPS_MAX && in.at < in.size; i++) {
        play(&in);
    }
    (void)candidate_commit(&board, IMAGE_SIZE);
    boot();
    if (board.violations > 0) {
        abort();
    }
    return 0;
}
