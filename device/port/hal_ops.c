/* The board's implementation of device/hal.h: the table of operations, and crypto by key slot.
 * SPDX-License-Identifier: MIT
 */
#include "port/board.h"
#include "port/crypto/ed25519.h"
#include "port/crypto/sha256.h"

_Static_assert(sizeof(struct sha256) <= sizeof(struct hal_sha256), "the digest fits its storage");
_Static_assert(sizeof(struct aes_cmac) <= sizeof(struct hal_cmac), "the MAC fits its storage");

static uint64_t rtc_now(void *board)
{
    (void)board;
    return board_rtc_now();
}

static void alarm_set(void *board, uint64_t at_ticks)
{
    board_alarm_set(board, at_ticks);
}

/* Silicon takes its time by itself. */
static void charge(void *board, uint32_t cycles)
{
    (void)board;
    (void)cycles;
}

static void wait(void *board, uint64_t until_ticks)
{
    (void)board;
    while (board_rtc_now() < until_ticks) {
        board_watchdog_feed();
    }
}

static void radio_select(void *board)
{
    (void)board;
    board_radio_select();
}

static void radio_exchange(void *board, const uint8_t *tx, uint8_t *rx, size_t size)
{
    (void)board;
    board_radio_exchange(tx, rx, size);
}

static void radio_deselect(void *board)
{
    (void)board;
    board_radio_deselect();
}

static void radio_frame(void *board, const uint8_t *tx, uint8_t *rx, size_t size)
{
    (void)board;
    board_radio_select();
    board_radio_exchange(tx, rx, size);
    board_radio_deselect();
}

static void radio_reset_pin(void *board, bool asserted)
{
    (void)board;
    board_radio_reset_pin(asserted);
}

static bool radio_dio(void *board, unsigned dio)
{
    (void)board;
    return board_radio_dio(dio);
}

static void radio_antenna(void *board, enum hal_antenna antenna)
{
    (void)board;
    board_radio_antenna(antenna);
}

static void radio_tcxo(void *board, bool on)
{
    (void)board;
    board_radio_tcxo(on);
}

/* --- flash ------------------------------------------------------------------------------------ */

static const struct hal_flash_geometry *flash_geometry(void *board, enum hal_flash_region region)
{
    (void)board;
    return region == HAL_FLASH_INTERNAL ? &board_internal_geometry : &board_nor_geometry;
}

static enum hal_status flash_read(
        void *board, enum hal_flash_region region, uint32_t address, void *data, size_t size)
{
    return region == HAL_FLASH_INTERNAL ? board_internal_read(address, data, size)
                                        : board_nor_read(board, address, data, size);
}

static enum hal_status flash_program(
        void *board, enum hal_flash_region region, uint32_t address, const void *data, size_t size)
{
    return region == HAL_FLASH_INTERNAL ? board_internal_program(address, data, size)
                                        : board_nor_program(board, address, data, size);
}

static enum hal_status flash_erase(
        void *board, enum hal_flash_region region, uint32_t address, size_t size)
{
    return region == HAL_FLASH_INTERNAL ? board_internal_erase(address, size)
                                        : board_nor_erase(board, address, size);
}

static bool flash_busy(void *board, enum hal_flash_region region)
{
    return region == HAL_FLASH_EXTERNAL && board_nor_busy(board);
}

static void flash_notify(void *context, enum hal_flash_region region)
{
    struct board *board = context;
    if (region == HAL_FLASH_EXTERNAL) {
        board->nor_notify = true; /* the main loop looks */
    } else {
        board->interrupts[FW_IRQ_FLASH_DONE].edge_ticks = board_rtc_now();
        board->interrupts[FW_IRQ_FLASH_DONE].pending = true;
    }
}

static enum hal_status flash_add(void *board, enum hal_flash_region region,
        const struct hal_flash_rows *runs, size_t run_count, void *sum, size_t row_size)
{
    return region == HAL_FLASH_EXTERNAL ? board_nor_add(board, runs, run_count, sum, row_size)
                                        : HAL_ERR_RANGE;
}

/* --- crypto ----------------------------------------------------------------------------------- */

static enum hal_status key_load(void *context, unsigned slot, const uint8_t key[16])
{
    struct board *board = context;
    if (slot >= HAL_KEY_SLOTS) {
        return HAL_ERR_KEY;
    }
    for (unsigned i = 0; i < 16; ++i) {
        board->key[slot][i] = key[i];
    }
    board->keys_loaded |= (uint16_t)(1u << slot);
    if (board->schedule_slot == slot) {
        board->schedule_slot = HAL_KEY_SLOTS;
    }
    return HAL_OK;
}

/* Round keys of the slot that was used last are kept: a frame's MIC and payload often share it.
 * NULL: nothing was loaded there. */
static const struct aes_key *key_use(struct board *board, unsigned slot)
{
    if (slot >= HAL_KEY_SLOTS || (board->keys_loaded & 1u << slot) == 0) {
        return NULL;
    }
    if (board->schedule_slot != slot) {
        aes_key_expand(&board->schedule, board->key[slot]);
        board->schedule_slot = (uint8_t)slot;
    }
    return &board->schedule;
}

static enum hal_status aes_block(void *board, unsigned slot, const uint8_t in[16], uint8_t out[16])
{
    const struct aes_key *key = key_use(board, slot);
    if (key == NULL) {
        return HAL_ERR_KEY;
    }
    aes_key_encrypt(key, in, out);
    return HAL_OK;
}

static enum hal_status aes_ctr(
        void *board, unsigned slot, const uint8_t counter[16], uint8_t *data, size_t size)
{
    const struct aes_key *key = key_use(board, slot);
    if (key == NULL) {
        return HAL_ERR_KEY;
    }
    aes_key_ctr(key, counter, data, size);
    return HAL_OK;
}

static enum hal_status aes_cmac(void *board, unsigned slot, const struct hal_span *spans,
        size_t span_count, uint8_t mac[16])
{
    struct aes_cmac cmac;
    const struct aes_key *key = key_use(board, slot);
    if (key == NULL) {
        return HAL_ERR_KEY;
    }
    aes_cmac_begin(&cmac);
    for (size_t i = 0; i < span_count; ++i) {
        aes_cmac_update(key, &cmac, spans[i].data, spans[i].size);
    }
    aes_cmac_end(key, &cmac, mac);
    return HAL_OK;
}

static void cmac_begin(void *board, struct hal_cmac *cmac)
{
    (void)board;
    aes_cmac_begin((struct aes_cmac *)cmac);
}

static enum hal_status cmac_update(
        void *board, unsigned slot, struct hal_cmac *cmac, const void *data, size_t size)
{
    const struct aes_key *key = key_use(board, slot);
    if (key == NULL) {
        return HAL_ERR_KEY;
    }
    aes_cmac_update(key, (struct aes_cmac *)cmac, data, size);
    return HAL_OK;
}

static enum hal_status cmac_end(void *board, unsigned slot, struct hal_cmac *cmac, uint8_t mac[16])
{
    const struct aes_key *key = key_use(board, slot);
    if (key == NULL) {
        return HAL_ERR_KEY;
    }
    aes_cmac_end(key, (struct aes_cmac *)cmac, mac);
    return HAL_OK;
}

static void sha256_begin(void *board, struct hal_sha256 *sha)
{
    (void)board;
    sha256_start((struct sha256 *)sha);
}

static void sha256_update(void *board, struct hal_sha256 *sha, const void *data, size_t size)
{
    (void)board;
    sha256_add((struct sha256 *)sha, data, size);
}

static void sha256_end(void *board, struct hal_sha256 *sha, uint8_t digest[32])
{
    (void)board;
    sha256_finish((struct sha256 *)sha, digest);
}

static enum hal_status ed25519_verify(void *board, const uint8_t public_key[32],
        const void *message, size_t size, const uint8_t signature[64])
{
    (void)board;
    return ed25519_signature_valid(public_key, message, size, signature) ? HAL_OK : HAL_ERR_VERIFY;
}

/* --- the rest --------------------------------------------------------------------------------- */

static void entropy(void *board, void *data, size_t size)
{
    (void)board;
    board_entropy(data, size);
}

static void unique_id(void *board, uint8_t id[8])
{
    (void)board;
    board_unique_id(id);
}

static uint8_t battery_level(void *board)
{
    (void)board;
    return board_battery_level();
}

static int16_t temperature_decidegree_c(void *board)
{
    (void)board;
    return board_temperature_decidegree_c();
}

static void reboot(void *board)
{
    (void)board;
    board_reset(BOARD_NOTE_REBOOT);
}

static void panic(void *board, const char *file, int line)
{
    (void)board;
    (void)file;
    (void)line;
    board_reset(BOARD_NOTE_PANIC);
}

static void trace(void *board, uint16_t id, uint32_t a, uint32_t b)
{
    (void)board;
    (void)id;
    (void)a;
    (void)b;
}

const struct hal_ops board_hal_ops = {
    .version = HAL_OPS_VERSION,
    .size = sizeof(struct hal_ops),
    .rtc_now = rtc_now,
    .alarm_set = alarm_set,
    .charge = charge,
    .wait = wait,
    .radio_select = radio_select,
    .radio_exchange = radio_exchange,
    .radio_deselect = radio_deselect,
    .radio_reset_pin = radio_reset_pin,
    .radio_dio = radio_dio,
    .radio_antenna = radio_antenna,
    .radio_tcxo = radio_tcxo,
    .flash_geometry = flash_geometry,
    .flash_read = flash_read,
    .flash_program = flash_program,
    .flash_erase = flash_erase,
    .flash_busy = flash_busy,
    .flash_notify = flash_notify,
    .key_load = key_load,
    .aes_block = aes_block,
    .aes_ctr = aes_ctr,
    .aes_cmac = aes_cmac,
    .cmac_begin = cmac_begin,
    .cmac_update = cmac_update,
    .cmac_end = cmac_end,
    .sha256_begin = sha256_begin,
    .sha256_update = sha256_update,
    .sha256_end = sha256_end,
    .ed25519_verify = ed25519_verify,
    .entropy = entropy,
    .unique_id = unique_id,
    .battery_level = battery_level,
    .temperature_decidegree_c = temperature_decidegree_c,
    .reboot = reboot,
    .panic = panic,
    .trace = trace,
    .flash_add = flash_add,
    .radio_frame = radio_frame,
};
