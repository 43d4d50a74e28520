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
/* Ids 1 and up, as many as a bank of either family holds at full length. */
#define SCRIPT_IDS 14u
#define VALUE_MAX  NVM_RECORD_SIZE_MAX

struct value {
    int size; /* -1: none */
    uint8_t bytes[VALUE_MAX];
};

static struct fake_board board;

/* Write `step` of the script: ids and sizes vary, some steps erase. */
static enum nvm_id script_id(unsigned step)
{
    return (enum nvm_id)(1 + step * 7 % (SCRIPT_IDS - 1));
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

static void expect_all(const struct nvm *nvm, const struct value values[SCRIPT_IDS])
{
    for (unsigned id = 1; id < SCRIPT_IDS; ++id) {
        cr_assert(holds(nvm, (enum nvm_id)id, &values[id]), "record %u differs", id);
    }
}

static void forget(struct value values[SCRIPT_IDS])
{
    for (unsigned id = 0; id < SCRIPT_IDS; ++id) {
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
    for (unsigned id = 1; id < SCRIPT_IDS; ++id) {
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
    static struct value values[SCRIPT_IDS];
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
static int run_script(uint32_t cut_at, enum fake_tear tear, struct value values[SCRIPT_IDS])
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
    static struct value values[SCRIPT_IDS];
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
    static struct value values[SCRIPT_IDS];
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

/* Writes values of steps 0 .. `steps` - 1 and keeps for each record its last value and the one
 * before. */
static void fill(struct nvm *nvm, unsigned steps, struct value last[SCRIPT_IDS],
        struct value before[SCRIPT_IDS])
{
    fake_board_init(&board);
    forget(last);
    forget(before);
    nvm_open(nvm, &board.hal);
    for (unsigned step = 0; step < steps; ++step) {
        enum nvm_id id = script_id(step);
        before[id] = last[id];
        script_apply(nvm, step);
        script_value(step, &last[id]);
    }
}

#define ROT_STEPS 22u /* nearly two records of each id, in one bank of either family */

/* spec-protocol does not say it; design.md section 5, entry 11: what is read from outside can cost
 * a session, never the device. */
Test(nvm, a_rotten_byte_costs_one_record_and_hides_no_newer_one, .timeout = 120)
{
    static struct value last[SCRIPT_IDS];
    static struct value before[SCRIPT_IDS];
    struct nvm nvm;
    fill(&nvm, ROT_STEPS, last, before);
    cr_assert_eq(nvm.sequence, 1, "no compaction yet");
    uint32_t begin = nvm.bank_address;
    uint32_t end = begin + nvm.write_offset;
    for (uint32_t address = begin; address < end; ++address) {
        for (unsigned bit = 0; bit < 8; bit += 3) {
            fill(&nvm, ROT_STEPS, last, before);
            board.internal[address] ^= (uint8_t)(1u << bit);
            nvm_open(&nvm, &board.hal);
            unsigned older = 0;
            for (unsigned id = 1; id < SCRIPT_IDS; ++id) {
                if (!holds(&nvm, (enum nvm_id)id, &last[id])) {
                    cr_assert(holds(&nvm, (enum nvm_id)id, &before[id]), "byte %u", address);
                    last[id] = before[id];
                    ++older;
                }
            }
            cr_assert_leq(older, 1, "byte %u hides %u records", address, older);
            cr_assert(address < begin + 8 || nvm_lost_records_max(&nvm, 1) > 0);
            script_apply(&nvm, ROT_STEPS);
            script_value(ROT_STEPS, &last[script_id(ROT_STEPS)]);
            nvm_open(&nvm, &board.hal);
            expect_all(&nvm, last);
            cr_assert_eq(board.violations, 0);
            cr_assert_eq(board.panics, 0);
        }
    }
}

/* A counter asks how many of its records may be missing, before and after the bootloader wrote. */
Test(nvm, lost_records_are_counted_until_they_are_forgotten)
{
    static struct value last[SCRIPT_IDS];
    static struct value before[SCRIPT_IDS];
    struct nvm nvm;
    uint8_t counter[10] = { 0 };
    fill(&nvm, 3, last, before);
    cr_assert_eq(nvm_lost_records_max(&nvm, sizeof counter), 0);
    for (counter[0] = 1; counter[0] <= 5; ++counter[0]) {
        nvm_write(&nvm, NVM_MAC_COUNTERS, counter, sizeof counter);
        if (counter[0] > 1) {
            board.internal[nvm.bank_address + nvm.record_offset[NVM_MAC_COUNTERS] + 5] ^= 0x40;
        }
    }
    nvm_open(&nvm, &board.hal);
    cr_assert_eq(nvm_read(&nvm, NVM_MAC_COUNTERS, counter, sizeof counter), 10);
    cr_assert_eq(counter[0], 1);
    cr_assert_eq(nvm_lost_records_max(&nvm, sizeof counter), 4);
    nvm_write(&nvm, NVM_BOOT_STATE, counter, 5); /* compacts */
    nvm_open(&nvm, &board.hal);
    cr_assert_eq(nvm.sequence, 2);
    cr_assert_eq(nvm_lost_records_max(&nvm, sizeof counter), 4);
    nvm_forget_lost(&nvm);
    cr_assert_eq(nvm_lost_records_max(&nvm, 1), 0);
    nvm_open(&nvm, &board.hal);
    cr_assert_eq(nvm_lost_records_max(&nvm, 1), 0);
    uint32_t operations = board.operations;
    nvm_forget_lost(&nvm);
    cr_assert_eq(board.operations, operations, "nothing to forget");
    cr_assert_eq(board.violations, 0);
}

Test(nvm, forgetting_at_once_drops_what_did_not_read_well)
{
    static struct value last[SCRIPT_IDS];
    static struct value before[SCRIPT_IDS];
    struct nvm nvm;
    fill(&nvm, 8, last, before);
    board.internal[nvm.bank_address + nvm.record_offset[script_id(7)]] ^= 0x40;
    nvm_open(&nvm, &board.hal);
    last[script_id(7)] = before[script_id(7)];
    nvm_forget_lost(&nvm);
    nvm_open(&nvm, &board.hal);
    cr_assert_eq(nvm_lost_records_max(&nvm, 1), 0);
    expect_all(&nvm, last);
}

/* The bootloader is never updated: it meets ids that only a later application knows. */
Test(nvm, records_with_unknown_ids_outlive_compactions)
{
    static struct value last[SCRIPT_IDS];
    static struct value before[SCRIPT_IDS];
    struct nvm nvm;
    uint8_t bytes[VALUE_MAX];
    fill(&nvm, 3, last, before);
    nvm_write(&nvm, (enum nvm_id)29, "from a later firmware", 21);
    nvm_write(&nvm, (enum nvm_id)30, "gone", 4);
    nvm_erase(&nvm, (enum nvm_id)30);
    for (unsigned step = 0; step < 500; ++step) {
        script_apply(&nvm, step);
    }
    cr_assert_gt(nvm.sequence, 4);
    nvm_open(&nvm, &board.hal);
    cr_assert_eq(nvm_read(&nvm, (enum nvm_id)29, bytes, sizeof bytes), 21);
    cr_assert_arr_eq(bytes, "from a later firmware", 21);
    cr_assert_eq(nvm_read(&nvm, (enum nvm_id)30, bytes, sizeof bytes), -1);
}

/* Any one read with any one wrong bit, while opening, reading and compacting. */
Test(nvm, one_wrong_read_changes_nothing, .timeout = 120)
{
    static struct value last[SCRIPT_IDS];
    static struct value before[SCRIPT_IDS];
    struct nvm nvm;
    fill(&nvm, ROT_STEPS, last, before);
    board.reads = 0;
    nvm_open(&nvm, &board.hal);
    expect_all(&nvm, last);
    uint32_t reads = board.reads;
    for (uint32_t read = 0; read < reads; ++read) {
        for (uint32_t bit = 0; bit < 1024; bit += bit < 64 ? 1 : 61) {
            board.reads = 0;
            board.flip_read_at = read;
            board.flip_read_bit = bit;
            nvm_open(&nvm, &board.hal);
            expect_all(&nvm, last);
            cr_assert_eq(nvm_lost_records_max(&nvm, 1), 0, "read %u bit %u", read, bit);
        }
    }
    for (uint32_t read = 0; read < 40; ++read) { /* compaction */
        fill(&nvm, ROT_STEPS, last, before);
        nvm.write_offset = fake_internal_geometry.size_bytes;
        board.reads = 0;
        board.flip_read_at = read;
        board.flip_read_bit = read * 7;
        script_apply(&nvm, ROT_STEPS);
        script_value(ROT_STEPS, &last[script_id(ROT_STEPS)]);
        nvm_open(&nvm, &board.hal);
        expect_all(&nvm, last);
    }
}
