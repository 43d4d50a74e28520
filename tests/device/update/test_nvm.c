/* The record store: what is written is read, across reopening, compaction and every power cut.
 * SPDX-License-Identifier: MIT
 *
 * Method: a script of writes runs on a fake flash that counts operations. For every operation and
 * every kind of tear the script runs again with the power cut there; afterwards each record must
 * read as a plain array of values says, the one being written as before or after.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "fake_board.h"
#include "update/crc32.h"
#include "update/nvm.h"

#define SCRIPT_WRITES 240u
#define VALUE_MAX     NVM_RECORD_SIZE_MAX

struct value {
    int size; /* -1: none */
    uint8_t bytes[VALUE_MAX];
};

static struct fake_board board;

/* Write `step` of the script: ids and sizes vary, some steps erase. */
static enum nvm_id script_id(unsigned step)
{
    return (enum nvm_id)(1 + step * 7 % (NVM_ID_COUNT - 1));
}

static void script_value(unsigned step, struct value *value)
{
    value->size = step % 11 == 10 ? -1 : (int)(1 + step * 37 % VALUE_MAX);
    memset(value->bytes, 0, sizeof value->bytes);
    for (int i = 0; i < value->size; ++i) {
        value->bytes[i] = (uint8_t)(step * 31 + (unsigned)i * 7);
    }
}

static void script_apply(struct nvm *nvm, unsigned step)
{
    struct value value;
    script_value(step, &value);
    if (value.size < 0) {
        nvm_erase(nvm, script_id(step));
    } else {
        nvm_write(nvm, script_id(step), value.bytes, (size_t)value.size);
    }
}

static bool holds(const struct nvm *nvm, enum nvm_id id, const struct value *value)
{
    uint8_t bytes[VALUE_MAX];
    int size = nvm_read(nvm, id, bytes, sizeof bytes);
    return size == value->size && (size < 0 || memcmp(bytes, value->bytes, (size_t)size) == 0);
}

static void expect_all(const struct nvm *nvm, const struct value values[NVM_ID_COUNT])
{
    for (unsigned id = 1; id < NVM_ID_COUNT; ++id) {
        cr_assert(holds(nvm, (enum nvm_id)id, &values[id]), "record %u differs", id);
    }
}

static void forget(struct value values[NVM_ID_COUNT])
{
    for (unsigned id = 0; id < NVM_ID_COUNT; ++id) {
        values[id].size = -1;
    }
}

Test(nvm, crc32_meets_the_published_check_value)
{
    /* Catalogue of parametrised CRC algorithms, CRC-32/ISO-HDLC: check 0xCBF43926. */
    cr_assert_eq(crc32_update(0, "123456789", 9), 0xCBF43926u);
    cr_assert_eq(crc32_update(crc32_update(0, "12345", 5), "6789", 4), 0xCBF43926u);
}

Test(nvm, an_empty_region_opens_without_records)
{
    struct nvm nvm;
    uint8_t byte;
    fake_board_init(&board);
    nvm_open(&nvm, &board.hal);
    for (unsigned id = 1; id < NVM_ID_COUNT; ++id) {
        cr_assert_eq(nvm_read(&nvm, (enum nvm_id)id, &byte, 1), -1);
    }
}

Test(nvm, a_region_full_of_noise_opens_without_records)
{
    struct nvm nvm;
    uint8_t byte = 7;
    fake_board_init(&board);
    for (unsigned i = 0; i < FLASH_NVM_SIZE; ++i) {
        board.internal[FLASH_NVM_ADDRESS + i] = (uint8_t)(i * 151u + 13u);
    }
    nvm_open(&nvm, &board.hal);
    nvm_write(&nvm, NVM_DEV_NONCE, &byte, 1);
    nvm_open(&nvm, &board.hal);
    cr_assert_eq(nvm_read(&nvm, NVM_DEV_NONCE, &byte, 1), 1);
    cr_assert_eq(byte, 7);
    cr_assert_eq(board.violations, 0);
}

Test(nvm, a_record_too_large_for_the_reader_is_not_truncated)
{
    struct nvm nvm;
    uint8_t bytes[4] = { 1, 2, 3, 4 };
    fake_board_init(&board);
    nvm_open(&nvm, &board.hal);
    nvm_write(&nvm, NVM_JOIN_NONCE, bytes, 4);
    cr_assert_eq(nvm_read(&nvm, NVM_JOIN_NONCE, bytes, 3), -1);
    cr_assert_eq(nvm_read(&nvm, NVM_JOIN_NONCE, bytes, 4), 4);
}

Test(nvm, an_equal_record_costs_no_flash_operation)
{
    struct nvm nvm;
    uint8_t bytes[4] = { 1, 2, 3, 4 };
    fake_board_init(&board);
    nvm_open(&nvm, &board.hal);
    nvm_write(&nvm, NVM_JOIN_NONCE, bytes, 4);
    uint32_t before = board.operations;
    nvm_write(&nvm, NVM_JOIN_NONCE, bytes, 4);
    cr_assert_eq(board.operations, before);
    bytes[3] = 5;
    nvm_write(&nvm, NVM_JOIN_NONCE, bytes, 4);
    cr_assert_gt(board.operations, before);
}

Test(nvm, ten_thousand_writes_with_reopening_match_a_plain_array)
{
    struct nvm nvm;
    static struct value values[NVM_ID_COUNT];
    fake_board_init(&board);
    forget(values);
    nvm_open(&nvm, &board.hal);
    for (unsigned step = 0; step < 10000; ++step) {
        script_apply(&nvm, step);
        script_value(step, &values[script_id(step)]);
        if (step % 17 == 0) {
            nvm_open(&nvm, &board.hal);
        }
        if (step % 101 == 0) {
            expect_all(&nvm, values);
        }
    }
    expect_all(&nvm, values);
    cr_assert_eq(board.violations, 0);
    cr_assert_eq(board.panics, 0);
}

Test(nvm, the_sequence_of_banks_survives_its_wrap)
{
    struct nvm nvm;
    fake_board_init(&board);
    nvm_open(&nvm, &board.hal);
    uint16_t sequence = nvm.sequence;
    uint32_t compactions = 0;
    uint8_t bytes[VALUE_MAX] = { 0 };
    for (uint32_t step = 0; compactions < 65600; ++step) { /* more than 2^16 */
        memcpy(bytes, &step, sizeof step);
        nvm_write(&nvm, NVM_MAC_COUNTERS, bytes, sizeof bytes);
        if (nvm.sequence != sequence) {
            sequence = nvm.sequence;
            ++compactions;
            if (compactions % 64 == 0 || compactions > 65530) {
                struct nvm again;
                nvm_open(&again, &board.hal);
                cr_assert_eq(again.sequence, sequence);
                cr_assert_eq(nvm_read(&again, NVM_MAC_COUNTERS, bytes, sizeof bytes), VALUE_MAX);
                cr_assert_eq(memcmp(bytes, &step, sizeof step), 0);
            }
        }
    }
}

/* Runs the script until the power goes at operation `cut_at`, or to its end. Returns the step that
 * was being written (SCRIPT_WRITES: all done; -1: while opening). `values` are those before it. */
static int run_script(uint32_t cut_at, enum fake_tear tear, struct value values[NVM_ID_COUNT])
{
    struct nvm nvm;
    volatile int step = -1;
    bool cut;
    fake_board_init(&board);
    board.cut_at = cut_at;
    board.tear = tear;
    board.random = cut_at * 2654435761u + tear;
    forget(values);
    FAKE_POWERED(&board, cut, {
        nvm_open(&nvm, &board.hal);
        for (step = 0; step < (int)SCRIPT_WRITES; ++step) {
            script_apply(&nvm, (unsigned)step);
            script_value((unsigned)step, &values[script_id((unsigned)step)]);
        }
    });
    cr_assert_eq(cut, step != (int)SCRIPT_WRITES);
    return step;
}

Test(nvm, a_cut_at_any_operation_leaves_the_old_or_the_new_value, .timeout = 120)
{
    static struct value values[NVM_ID_COUNT];
    cr_assert_eq(run_script(FAKE_CUT_NEVER, FAKE_TEAR_NOTHING, values), (int)SCRIPT_WRITES);
    uint32_t operations = board.operations;
    uint32_t compactions = board.erases * fake_internal_geometry.erase_unit_bytes / 3840;
    cr_assert_gt(compactions, 2, "the script must compact both ways");
    for (uint32_t cut_at = 0; cut_at < operations; ++cut_at) {
        for (unsigned tear = 0; tear < FAKE_TEAR_COUNT; ++tear) {
            struct nvm nvm;
            struct value after;
            int step = run_script(cut_at, (enum fake_tear)tear, values);
            board.cut_at = FAKE_CUT_NEVER;
            nvm_open(&nvm, &board.hal);
            if (step >= 0) {
                enum nvm_id id = script_id((unsigned)step);
                script_value((unsigned)step, &after);
                cr_assert(holds(&nvm, id, &values[id]) || holds(&nvm, id, &after),
                        "cut %u tear %u: record %u is neither old nor new", cut_at, tear, id);
                script_apply(&nvm, (unsigned)step); /* the store goes on working */
                values[id] = after;
            }
            expect_all(&nvm, values);
            nvm_open(&nvm, &board.hal);
            expect_all(&nvm, values);
            cr_assert_eq(board.violations, 0, "cut %u tear %u breaks flash rules", cut_at, tear);
            cr_assert_eq(board.panics, 0);
        }
    }
}

Test(nvm, a_second_cut_during_the_repair_is_survived_too, .timeout = 120)
{
    static struct value values[NVM_ID_COUNT];
    run_script(FAKE_CUT_NEVER, FAKE_TEAR_NOTHING, values);
    uint32_t operations = board.operations;
    for (uint32_t cut_at = 0; cut_at < operations; cut_at += 3) {
        for (uint32_t second = 0; second < 40; second += 3) {
            struct nvm nvm;
            struct value after;
            volatile bool cut;
            int step = run_script(cut_at, FAKE_TEAR_BITS, values);
            if (step < 0) {
                continue;
            }
            enum nvm_id id = script_id((unsigned)step);
            script_value((unsigned)step, &after);
            board.cut_at = board.operations + second;
            FAKE_POWERED(&board, cut, {
                nvm_open(&nvm, &board.hal);
                script_apply(&nvm, (unsigned)step);
            });
            board.cut_at = FAKE_CUT_NEVER;
            nvm_open(&nvm, &board.hal);
            cr_assert(holds(&nvm, id, &after) || (cut && holds(&nvm, id, &values[id])));
            values[id] = after;
            script_apply(&nvm, (unsigned)step);
            expect_all(&nvm, values);
            cr_assert_eq(board.violations, 0);
        }
    }
}
