/* Fuzzes the record store over flash of any content, with power cuts.
 * SPDX-License-Identifier: MIT
 *
 * The input changes bytes of the store, puts banks and records with a good CRC anywhere, writes,
 * erases, opens again, and cuts the power. Oracle: no assertion fails and flash rules hold; a store
 * that was opened is usable, whatever it lay on: a record that was written is read, now and after
 * the next opening; one whose write was cut reads as before or after, unless other bytes were
 * changed.
 */
#include <stdlib.h>

#include "device/update/fake_board.h"
#include "fuzz/bytes.h"
#include "fuzz/fuzz.h"
#include "update/crc32.h"
#include "update/nvm.h"

#define STEPS_MAX   96u
#define UNIT_BYTES  4u /* that a program writes, of the STM32L0 */
#define BANK_BYTES  (FLASH_NVM_SIZE / 2u / 128u * 128u)
#define BANK_HEADER 8u
#define BANK_MAGIC  0x564Eu

enum step {
    CHANGE,
    BANK,   /* a header with a good CRC */
    RECORD, /* the same */
    OPEN,
    WRITE,
    ERASE,
    FORGET_LOST,
    CUT, /* the power, in one of the operations of the write that follows */
    STEP_COUNT
};

/* What a record must read as, unless bytes were changed. */
struct value {
    int size; /* -1: none */
    uint8_t bytes[NVM_RECORD_SIZE_MAX];
};

static struct fake_board board;
static struct nvm nvm;
static struct value values[NVM_ID_COUNT];
static bool changed; /* what lies in flash was not all written by the store */

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static bool holds(enum nvm_id id, const struct value *value)
{
    uint8_t bytes[NVM_RECORD_SIZE_MAX];
    int size = nvm_read(&nvm, id, bytes, sizeof bytes);
    return size == value->size && (size < 0 || memcmp(bytes, value->bytes, (size_t)size) == 0);
}

static void open_store(void)
{
    nvm_open(&nvm, &board.hal);
    for (unsigned id = 1; id < NVM_ID_COUNT; id++) {
        require(changed || holds((enum nvm_id)id, &values[id]));
    }
}

/* --- bytes of flash --------------------------------------------------------------------------- */

static void put_u16(uint8_t *out, unsigned value)
{
    out[0] = (uint8_t)value;
    out[1] = (uint8_t)(value >> 8);
}

static void put_crc(uint8_t *bytes, uint32_t size)
{
    uint32_t crc = crc32_update(0, bytes, size);
    put_u16(bytes + size, crc & 0xFFFFu);
    put_u16(bytes + size + 2, crc >> 16);
}

static uint8_t *bank_bytes(struct fuzz_bytes *in)
{
    return board.internal + FLASH_NVM_ADDRESS + fuzz_u8(in) % 2u * BANK_BYTES;
}

static void put_bank(struct fuzz_bytes *in)
{
    uint8_t *bytes = bank_bytes(in);
    put_u16(bytes, fuzz_u16(in));
    put_u16(bytes + 2, BANK_MAGIC);
    put_crc(bytes, 4);
}

static void put_record(struct fuzz_bytes *in)
{
    uint8_t record[4 + 255 + UNIT_BYTES] = { 0 };
    uint8_t *bank = bank_bytes(in);
    uint32_t at = BANK_HEADER + fuzz_u16(in) % (BANK_BYTES - BANK_HEADER) / UNIT_BYTES * UNIT_BYTES;
    record[0] = fuzz_u8(in);
    put_u16(record + 2, fuzz_u16(in));
    uint32_t size = (uint32_t)fuzz_block(in, record + 4, NVM_RECORD_SIZE_MAX);
    record[1] = (uint8_t)size;
    uint32_t filled = (4 + size + UNIT_BYTES - 1) / UNIT_BYTES * UNIT_BYTES;
    put_crc(record, filled);
    if (at + filled + 4 <= BANK_BYTES) {
        memcpy(bank + at, record, filled + 4);
    }
}

static void change_bytes(struct fuzz_bytes *in)
{
    uint8_t mask[64];
    uint32_t at = fuzz_u16(in) % FLASH_NVM_SIZE;
    size_t count = fuzz_block(in, mask, sizeof mask);
    for (size_t i = 0; i < count && at + i < FLASH_NVM_SIZE; i++) {
        board.internal[FLASH_NVM_ADDRESS + at + i] ^= mask[i];
    }
}

/* --- the store -------------------------------------------------------------------------------- */

/* Of an erase the size is -1. */
static bool is_cut_in(enum nvm_id id, const struct value *value)
{
    jmp_buf outside;
    memcpy(&outside, &board.power, sizeof outside);
    bool cut = setjmp(board.power) != 0;
    if (!cut && value->size < 0) {
        nvm_erase(&nvm, id);
    } else if (!cut) {
        nvm_write(&nvm, id, value->bytes, (size_t)value->size);
    }
    require(board.panics == 0);
    memcpy(&board.power, &outside, sizeof outside);
    board.cut_at = FAKE_CUT_NEVER;
    return cut;
}

static void put_value(enum nvm_id id, const struct value *value)
{
    if (is_cut_in(id, value)) {
        nvm_open(&nvm, &board.hal);
        require(changed || holds(id, value) || holds(id, &values[id]));
    } else {
        require(holds(id, value));
    }
    values[id] = holds(id, value) ? *value : values[id];
}

static void write_record(struct fuzz_bytes *in, bool erase)
{
    struct value value = { .size = -1 };
    enum nvm_id id = (enum nvm_id)(1u + fuzz_u8(in) % (NVM_ID_COUNT - 1u));
    if (!erase) {
        value.size = (int)fuzz_block(in, value.bytes, sizeof value.bytes);
        value.size += value.size == 0 ? 1 : 0;
    }
    put_value(id, &value);
}

static void arm_cut(struct fuzz_bytes *in)
{
    board.cut_at = board.operations + fuzz_u8(in) % 64u;
    board.tear = (enum fake_tear)(fuzz_u8(in) % FAKE_TEAR_COUNT);
    write_record(in, false);
}

static void play(struct fuzz_bytes *in)
{
    enum step step = (enum step)(fuzz_u8(in) % STEP_COUNT);
    switch (step) {
    case CHANGE:
        change_bytes(in);
        break;
    case BANK:
        put_bank(in);
        break;
    case RECORD:
        put_record(in);
        break;
    case WRITE:
    case ERASE:
        write_record(in, step == ERASE);
        break;
    case FORGET_LOST:
        nvm_forget_lost(&nvm);
        break;
    case CUT:
        arm_cut(in);
        break;
    case OPEN:
    case STEP_COUNT:
    default:
        open_store();
        break;
    }
    if (step <= RECORD) { /* flash changes between a power cut and the start after it */
        changed = true;
        nvm_open(&nvm, &board.hal);
    }
}

/* Whatever was there: each record can be written and is found by the next start. */
static void expect_usable(void)
{
    for (unsigned id = 1; id < NVM_ID_COUNT; id++) {
        struct value value = { .size = id % 2 == 0 ? 1 : 31 };
        memset(value.bytes, (int)id, sizeof value.bytes);
        put_value((enum nvm_id)id, &value);
        nvm_open(&nvm, &board.hal);
        require(holds((enum nvm_id)id, &value));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_bytes in = { data, size, 0 };
    fake_board_init(&board);
    for (unsigned id = 0; id < NVM_ID_COUNT; id++) {
        values[id] = (struct value){ .size = -1 };
    }
    changed = false;
    if (setjmp(board.power) != 0) {
        abort();
    }
    nvm_open(&nvm, &board.hal);
    for (unsigned i = 0; i < STEPS_MAX && in.at < in.size; i++) {
        play(&in);
    }
    open_store();
    expect_usable();
    require(board.violations == 0 && board.panics == 0);
    return 0;
}
