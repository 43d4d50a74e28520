/* The HAL of the board for the tests of the services: clock, NOR, crypto, traces.
 * SPDX-License-Identifier: MIT
 */
#include "fake_board.h"

#include <criterion/criterion.h>
#include <nettle/eddsa.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct board *board_of(void *board)
{
    return board;
}

uint32_t board_random(struct board *board)
{
    /* splitmix64: any fixed sequence will do. */
    uint64_t z = board->random_state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return (uint32_t)(z >> 32);
}

static uint64_t op_rtc_now(void *board)
{
    return board_of(board)->now_ticks;
}

static void op_charge(void *board, uint32_t cycles)
{
    board_of(board)->cycles += cycles;
}

static const struct hal_flash_geometry *op_geometry(void *board, enum hal_flash_region region)
{
    static const struct hal_flash_geometry nor = { .size_bytes = NOR_SIZE,
        .erase_unit_bytes = 4096,
        .program_unit_bytes = 1,
        .program_page_bytes = 256,
        .erased_value = 0xFF,
        .rewritable = true };
    return region == HAL_FLASH_EXTERNAL ? &nor : NULL;
}

static bool op_busy(void *board, enum hal_flash_region region)
{
    return board_of(board)->now_ticks < board_of(board)->nor_busy_until;
}

static enum hal_status op_read(
        void *b, enum hal_flash_region region, uint32_t address, void *data, size_t size)
{
    struct board *board = board_of(b);
    cr_assert_eq(region, HAL_FLASH_EXTERNAL);
    if (op_busy(b, region)) {
        return HAL_BUSY;
    }
    if (address + size > BOARD_NOR_SIZE) {
        return HAL_ERR_RANGE;
    }
    board->reads++;
    memcpy(data, &board->nor[address], size);
    if (board->bad_reads > 0 && size == board->bad_read_size) {
        board->bad_reads--;
        ((uint8_t *)data)[size / 2] ^= 0x10;
    }
    return HAL_OK;
}

static enum hal_status op_add(void *b, enum hal_flash_region region,
        const struct hal_flash_rows *runs, size_t run_count, void *sum, size_t row_size)
{
    uint8_t row[256];
    uint8_t *out = sum;
    for (size_t i = 0; i < run_count; i++) {
        for (uint32_t r = 0; r < runs[i].count; r++) {
            uint32_t address = runs[i].address + r * (uint32_t)row_size;
            enum hal_status status = op_read(b, region, address, row, row_size);
            if (status != HAL_OK) {
                return status;
            }
            for (size_t byte = 0; byte < row_size; byte++) {
                out[byte] ^= row[byte];
            }
        }
    }
    return HAL_OK;
}

/* True when power fails inside the operation that begins now. */
static bool power_fails(struct board *board)
{
    return ++board->operations == board->cut_operation;
}

static enum hal_status op_program(
        void *b, enum hal_flash_region region, uint32_t address, const void *data, size_t size)
{
    struct board *board = board_of(b);
    const uint8_t *bytes = data;
    if (op_busy(b, region)) {
        return HAL_BUSY;
    }
    if (size == 0 || address + size > BOARD_NOR_SIZE
            || address / 256u != (address + size - 1u) / 256u) {
        return HAL_ERR_RANGE;
    }
    bool cut = power_fails(board);
    unsigned rises = 0;
    for (size_t i = 0; i < size; i++) {
        uint8_t old = board->nor[address + i];
        rises |= bytes[i] & ~old;
        uint8_t kept = (uint8_t)(cut ? (board->cut_tears ? board_random(board) : 0xFF) : 0);
        board->nor[address + i] = (uint8_t)(bytes[i] | (old & kept));
    }
    cr_assert_eq(rises, 0, "program would need a bit to rise at %05x", (unsigned)address);
    board->programs++;
    board->nor_busy_until = board->now_ticks + BOARD_PROGRAM_TICKS;
    if (cut) {
        longjmp(*board->cut_jump, 1);
    }
    return HAL_OK;
}

static enum hal_status op_erase(
        void *b, enum hal_flash_region region, uint32_t address, size_t size)
{
    struct board *board = board_of(b);
    if (op_busy(b, region)) {
        return HAL_BUSY;
    }
    if (address % 4096u != 0 || size != 4096u || address + size > BOARD_NOR_SIZE) {
        return HAL_ERR_ALIGN;
    }
    bool cut = power_fails(board);
    for (size_t i = 0; i < size; i++) {
        uint8_t noise = (uint8_t)(board->cut_tears ? board_random(board) : 0);
        board->nor[address + i] = cut ? (uint8_t)(board->nor[address + i] | noise) : 0xFF;
    }
    board->erases++;
    board->nor_busy_until = board->now_ticks + BOARD_ERASE_TICKS;
    if (cut) {
        longjmp(*board->cut_jump, 1);
    }
    return HAL_OK;
}

static void op_notify(void *board, enum hal_flash_region region)
{
    board_of(board)->notify = true;
    board_of(board)->notifies++;
}

static enum hal_status op_key_load(void *b, unsigned slot, const uint8_t key[16])
{
    struct board *board = board_of(b);
    aes128_set_encrypt_key(&board->keys[slot], key);
    board->key_loaded[slot] = true;
    return HAL_OK;
}

static enum hal_status op_aes_block(void *b, unsigned slot, const uint8_t in[16], uint8_t out[16])
{
    struct board *board = board_of(b);
    if (!board->key_loaded[slot]) {
        return HAL_ERR_KEY;
    }
    aes128_encrypt(&board->keys[slot], 16, out, in);
    return HAL_OK;
}

/* CMAC as a stream by RFC 4493: opaque[0..1] chaining value, [2..3] held block, [4] its size. */
static void op_cmac_begin(void *board, struct hal_cmac *cmac)
{
    memset(cmac, 0, sizeof(*cmac));
}

static void cmac_chain(struct board *board, unsigned slot, uint8_t *chain, const uint8_t *block)
{
    for (unsigned i = 0; i < 16; i++) {
        chain[i] ^= block[i];
    }
    aes128_encrypt(&board->keys[slot], 16, chain, chain);
}

static enum hal_status op_cmac_update(
        void *b, unsigned slot, struct hal_cmac *cmac, const void *data, size_t size)
{
    struct board *board = board_of(b);
    const uint8_t *bytes = data;
    uint8_t *chain = (uint8_t *)&cmac->opaque[0];
    uint8_t *held = (uint8_t *)&cmac->opaque[2];
    for (size_t i = 0; i < size; i++) {
        if (cmac->opaque[4] == 16) {
            cmac_chain(board, slot, chain, held);
            cmac->opaque[4] = 0;
        }
        held[cmac->opaque[4]++] = bytes[i];
    }
    return board->key_loaded[slot] ? HAL_OK : HAL_ERR_KEY;
}

static void double_in_field(uint8_t block[16])
{
    unsigned carry = block[0] >> 7;
    for (unsigned i = 0; i < 16; i++) {
        block[i] = (uint8_t)(block[i] << 1 | (i < 15 ? block[i + 1] >> 7 : 0));
    }
    block[15] = (uint8_t)(block[15] ^ (carry ? 0x87 : 0));
}

static enum hal_status op_cmac_end(void *b, unsigned slot, struct hal_cmac *cmac, uint8_t mac[16])
{
    struct board *board = board_of(b);
    uint8_t *chain = (uint8_t *)&cmac->opaque[0];
    uint8_t *held = (uint8_t *)&cmac->opaque[2];
    uint8_t subkey[16] = { 0 };
    aes128_encrypt(&board->keys[slot], 16, subkey, subkey);
    double_in_field(subkey);
    if (cmac->opaque[4] < 16) {
        double_in_field(subkey);
        memset(&held[cmac->opaque[4]], 0, 16 - cmac->opaque[4]);
        held[cmac->opaque[4]] = 0x80;
    }
    for (unsigned i = 0; i < 16; i++) {
        held[i] ^= subkey[i];
    }
    cmac_chain(board, slot, chain, held);
    memcpy(mac, chain, 16);
    return HAL_OK;
}

static enum hal_status op_aes_cmac(
        void *b, unsigned slot, const struct hal_span *spans, size_t span_count, uint8_t mac[16])
{
    struct hal_cmac cmac;
    op_cmac_begin(b, &cmac);
    for (size_t i = 0; i < span_count; i++) {
        if (op_cmac_update(b, slot, &cmac, spans[i].data, spans[i].size) != HAL_OK) {
            return HAL_ERR_KEY;
        }
    }
    return op_cmac_end(b, slot, &cmac, mac);
}

_Static_assert(sizeof(struct sha256_ctx) <= sizeof(struct hal_sha256), "nettle fits");

static void op_sha256_begin(void *board, struct hal_sha256 *sha)
{
    sha256_init((struct sha256_ctx *)(void *)sha);
}

static void op_sha256_update(void *board, struct hal_sha256 *sha, const void *data, size_t size)
{
    sha256_update((struct sha256_ctx *)(void *)sha, size, data);
}

static void op_sha256_end(void *board, struct hal_sha256 *sha, uint8_t digest[32])
{
    sha256_digest((struct sha256_ctx *)(void *)sha, 32, digest);
}

static void op_entropy(void *b, void *data, size_t size)
{
    struct board *board = board_of(b);
    for (size_t i = 0; i < size; i += 4) {
        uint32_t word = board->entropy_fixed ? board->entropy_word : board_random(board);
        memcpy((uint8_t *)data + i, &word, size - i < 4 ? size - i : 4);
    }
}

static enum hal_status op_ed25519_verify(void *board, const uint8_t public_key[32],
        const void *message, size_t size, const uint8_t signature[64])
{
    bool valid = ed25519_sha512_verify(public_key, size, message, signature) != 0;
    return valid ? HAL_OK : HAL_ERR_VERIFY;
}

static void op_panic(void *board, const char *file, int line)
{
    board_of(board)->panics++;
    cr_assert_fail("panic at %s:%d", file, line);
}

static void op_trace(void *b, uint16_t id, uint32_t a, uint32_t value)
{
    struct board *board = board_of(b);
    unsigned at = board->trace_count++ % BOARD_TRACES_MAX;
    board->trace_counts[id]++;
    board->traces[at].id = id;
    board->traces[at].a = a;
    board->traces[at].b = value;
}

/* nettle renames its functions by macros, which would rename the operations of the HAL too. */
#undef sha256_update
const struct hal_ops board_ops = {
    .version = HAL_OPS_VERSION,
    .size = sizeof(struct hal_ops),
    .rtc_now = op_rtc_now,
    .charge = op_charge,
    .flash_geometry = op_geometry,
    .flash_read = op_read,
    .flash_program = op_program,
    .flash_erase = op_erase,
    .flash_busy = op_busy,
    .flash_notify = op_notify,
    .key_load = op_key_load,
    .aes_block = op_aes_block,
    .cmac_begin = op_cmac_begin,
    .cmac_update = op_cmac_update,
    .cmac_end = op_cmac_end,
    .aes_cmac = op_aes_cmac,
    .sha256_begin = op_sha256_begin,
    .sha256_update = op_sha256_update,
    .sha256_end = op_sha256_end,
    .ed25519_verify = op_ed25519_verify,
    .entropy = op_entropy,
    .panic = op_panic,
    .trace = op_trace,
    .flash_add = op_add,
};
