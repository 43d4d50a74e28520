/* Records in cells that a power cut left between erased and programmed.
 * SPDX-License-Identifier: MIT
 *
 * A cut in the middle of an operation may leave charge that reads as old or new from one read to
 * the next: what reads well once is no more than that. Goal: a record is the old one or the new one
 * at the first start after the cut, and stays what it was then; every other record is untouched.
 * Oracle: the values that were written, in a plain array.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "bytes.h"
#include "device/update/fake_board.h"
#include "update/crc32.h"
#include "update/nvm.h"

#define IDS    8u   /* records 1.. IDS - 1 */
#define WRITES 150u /* more than two banks */
#define STARTS 6u

struct value {
    int size; /* -1: none */
    uint8_t bytes[NVM_RECORD_SIZE_MAX];
};

static struct fake_board board;

static enum nvm_id id_of(unsigned step)
{
    return (enum nvm_id)(1 + step * 5 % (IDS - 1));
}

static struct value value_of(unsigned step)
{
    struct value value = { .size = step % 13 == 12 ? -1 : (int)(1 + step * 37 % 100) };
    for (int i = 0; i < value.size; ++i) {
        value.bytes[i] = (uint8_t)(step * 31 + (unsigned)i * 7);
    }
    return value;
}

static void apply(struct nvm *nvm, unsigned step)
{
    struct value value = value_of(step);
    if (value.size < 0) {
        nvm_erase(nvm, id_of(step));
    } else {
        nvm_write(nvm, id_of(step), value.bytes, (size_t)value.size);
    }
}

static bool holds(const struct nvm *nvm, enum nvm_id id, const struct value *value)
{
    uint8_t bytes[NVM_RECORD_SIZE_MAX];
    int size = nvm_read(nvm, id, bytes, sizeof bytes);
    return size == value->size && (size < 0 || memcmp(bytes, value->bytes, (size_t)size) == 0);
}

/* Writes until the power goes at operation `cut_at`. Returns the step that was being written, as
 * many as there are without a cut, -1 while the store was opened; `values` are those before it. */
static int write_until(uint32_t cut_at, struct value values[IDS])
{
    struct nvm nvm;
    volatile int step = -1;
    bool cut;
    fake_board_init(&board);
    board.cut_at = cut_at;
    board.tear = FAKE_TEAR_UNSETTLED;
    board.random = cut_at * 2654435761u;
    for (unsigned id = 0; id < IDS; ++id) {
        values[id].size = -1;
    }
    FAKE_POWERED(&board, cut, {
        nvm_open(&nvm, &board.hal);
        for (step = 0; step < (int)WRITES; ++step) {
            apply(&nvm, (unsigned)step);
            values[id_of((unsigned)step)] = value_of((unsigned)step);
        }
    });
    cr_assert_eq(cut, step != (int)WRITES);
    board.cut_at = FAKE_CUT_NEVER;
    return step;
}

static void expect_all(
        const struct nvm *nvm, const struct value values[IDS], uint32_t cut_at, const char *when)
{
    for (unsigned id = 1; id < IDS; ++id) {
        cr_assert(
                holds(nvm, (enum nvm_id)id, &values[id]), "cut %u: record %u %s", cut_at, id, when);
    }
}

Test(nvm_cells, a_value_that_was_read_once_stays, .timeout = 120)
{
    static struct value values[IDS];
    cr_assert_eq(write_until(FAKE_CUT_NEVER, values), (int)WRITES);
    uint32_t operations = board.operations;
    for (uint32_t cut_at = 0; cut_at < operations; ++cut_at) {
        struct nvm nvm;
        int step = write_until(cut_at, values);
        nvm_open_settled(&nvm, &board.hal);
        if (step >= 0) {
            enum nvm_id id = id_of((unsigned)step);
            struct value after = value_of((unsigned)step);
            bool is_new = holds(&nvm, id, &after);
            values[id] = is_new ? after : values[id];
        }
        expect_all(&nvm, values, cut_at, "at the first start");
        for (unsigned start = 1; start < STARTS; ++start) {
            nvm_open(&nvm, &board.hal);
            expect_all(&nvm, values, cut_at, "later");
        }
        cr_assert_eq(board.violations, 0, "cut %u", cut_at);
        cr_assert_eq(board.panics, 0);
    }
}

/* The store is written in between: what is older than that must not come back. */
Test(nvm_cells, what_is_written_after_the_cut_stays, .timeout = 120)
{
    static struct value values[IDS];
    write_until(FAKE_CUT_NEVER, values);
    uint32_t operations = board.operations;
    for (uint32_t cut_at = 0; cut_at < operations; ++cut_at) {
        struct nvm nvm;
        int step = write_until(cut_at, values);
        for (unsigned start = 0; start < STARTS; ++start) {
            nvm_open_settled(&nvm, &board.hal);
            for (unsigned i = 0; i < IDS; ++i) {
                unsigned later = (unsigned)(step + 1) + start * IDS + i;
                apply(&nvm, later);
                values[id_of(later)] = value_of(later);
            }
            expect_all(&nvm, values, cut_at, "written");
            nvm_open(&nvm, &board.hal);
            expect_all(&nvm, values, cut_at, "read again");
        }
        cr_assert_eq(board.violations, 0, "cut %u", cut_at);
        cr_assert_eq(board.panics, 0);
    }
}

/* --- one kind of such cells at a time ----------------------------------------------------------
 */

static const uint8_t older[] = "older", newer[] = "newer", third[] = "third";

static bool is(const struct nvm *nvm, const uint8_t *text)
{
    struct value value = { .size = sizeof older };
    memcpy(value.bytes, text, sizeof older);
    return holds(nvm, NVM_DEV_NONCE, &value);
}

static void put(struct nvm *nvm, const uint8_t *text)
{
    nvm_write(nvm, NVM_DEV_NONCE, text, sizeof older);
}

/* The older value in one bank, the newer one with which all records move into the other. */
static void write_and_move(struct nvm *nvm)
{
    nvm_open(nvm, &board.hal);
    put(nvm, third);
    put(nvm, older);
    nvm->write_offset = fake_internal_geometry.size_bytes; /* as if it were full */
    put(nvm, newer);
}

/* The power goes in the last operation of the move, which writes the header with which the other
 * bank begins to count, and which does no more than `tear`. */
static void cut_at_the_header(enum fake_tear tear)
{
    struct nvm nvm;
    bool cut;
    fake_board_init(&board);
    write_and_move(&nvm);
    uint32_t header = board.operations - 1;
    fake_board_init(&board);
    board.tear = tear;
    board.cut_at = header;
    FAKE_POWERED(&board, cut, write_and_move(&nvm));
    cr_assert(cut);
    board.cut_at = FAKE_CUT_NEVER;
}

/* The header was not yet there: charge in its cells may show later, when records were written to
 * the bank that counts. */
Test(nvm_cells, a_move_that_did_not_end_never_counts_later)
{
    struct nvm nvm;
    cut_at_the_header(FAKE_TEAR_NOTHING);
    nvm_open_settled(&nvm, &board.hal);
    cr_assert(is(&nvm, older));
    uint32_t other = nvm.bank_address == FLASH_NVM_ADDRESS ? FLASH_NVM_ADDRESS + FLASH_NVM_SIZE / 2
                                                           : FLASH_NVM_ADDRESS;
    other -= (other - FLASH_NVM_ADDRESS) % fake_internal_geometry.erase_unit_bytes;
    put(&nvm, third);
    board.internal[other + 2] ^= 0x4E; /* a part of a header */
    nvm_open(&nvm, &board.hal);
    cr_expect(is(&nvm, third));
}

/* The header is there, and may read as erased later. */
Test(nvm_cells, a_move_that_counted_once_counts_later)
{
    struct nvm nvm;
    cut_at_the_header(FAKE_TEAR_ALL);
    nvm_open(&nvm, &board.hal);
    uint32_t sealed = nvm.bank_address;
    nvm_open_settled(&nvm, &board.hal);
    cr_assert(is(&nvm, newer));
    memset(board.internal + sealed, fake_internal_geometry.erased_value, 8);
    nvm_open(&nvm, &board.hal);
    cr_expect(is(&nvm, newer));
}

/* A record that does not read well at the start after the cut is lost then, not only now. */
Test(nvm_cells, a_record_that_was_lost_once_does_not_come_back)
{
    struct nvm nvm;
    fake_board_init(&board);
    nvm_open(&nvm, &board.hal);
    put(&nvm, older);
    put(&nvm, newer);
    nvm_open_settled(&nvm, &board.hal);
    uint32_t operations = board.operations;
    nvm_open_settled(&nvm, &board.hal);
    cr_expect_eq(board.operations, operations, "a settled store is not worn");
    uint8_t *cell = board.internal + nvm.bank_address + nvm.write_offset + 5;
    put(&nvm, third);
    *cell ^= 1;
    nvm_open_settled(&nvm, &board.hal);
    cr_assert(is(&nvm, newer));
    *cell ^= 1;
    nvm_open(&nvm, &board.hal);
    cr_expect(is(&nvm, newer));
    cr_expect_eq(board.violations, 0);
}

/* What an erase that was cut leaves of the bank's last life: a whole record, of another sequence.
 */
Test(nvm_cells, a_record_of_another_life_of_its_bank_is_none)
{
    for (uint16_t age = 1; age <= 2; ++age) {
        struct nvm nvm;
        fake_board_init(&board);
        nvm_open(&nvm, &board.hal);
        put(&nvm, older);
        uint32_t begin = nvm.write_offset;
        put(&nvm, newer);
        uint8_t *record = board.internal + nvm.bank_address + begin;
        uint32_t size = nvm.write_offset - begin - 4;
        put_le16(record + 2, (uint32_t)nvm.sequence - age);
        put_le32(record + size, crc32_update(0, record, size));
        nvm_open(&nvm, &board.hal);
        cr_expect(is(&nvm, older), "%u before", age);
    }
}
