/* The fake board: HAL operations and a small radio chip.
 * SPDX-License-Identifier: MIT
 */
#include "device/support/fake_board.h"

#include <math.h>
#include <string.h>

#define US_PER_TICK (1e6 / 32768.0)

double fake_airtime_us(unsigned spreading_factor, unsigned size, bool crc)
{
    double symbol_us = exp2(spreading_factor) * 8.0;
    double de = spreading_factor >= 11 ? 1.0 : 0.0;
    double blocks = ceil((8.0 * size - 4.0 * spreading_factor + 28.0 + (crc ? 16.0 : 0.0))
                         / (4.0 * (spreading_factor - 2.0 * de)));
    double payload_symbols = 8.0 + (blocks > 0.0 ? blocks * 5.0 : 0.0);
    return (8.0 + 4.25 + payload_symbols) * symbol_us;
}

static uint64_t ticks_up(double us)
{
    return (uint64_t)ceil(us / US_PER_TICK);
}

/* --- chip ------------------------------------------------------------------------------------ */

static bool lora_page(const struct fake_board *b)
{
    return (b->lora[0x01] & 0x80) != 0;
}

static uint8_t *register_at(struct fake_board *b, uint8_t address)
{
    bool paged = address >= 0x0D && address <= 0x3F;
    return paged && !lora_page(b) ? &b->fsk[address] : &b->lora[address];
}

static void chip_reset(struct fake_board *b)
{
    memset(b->lora, 0, sizeof b->lora);
    memset(b->fsk, 0, sizeof b->fsk);
    b->lora[0x01] = 0x09;
    b->lora[0x09] = 0x4F;
    b->lora[0x12] = 0;
    b->lora[0x1D] = 0x72;
    b->lora[0x1E] = 0x70;
    b->lora[0x1F] = 0x64;
    b->lora[0x39] = 0x12;
    b->lora[0x42] = 0x12;
    b->lora[0x4D] = 0x84;
    b->fsk[0x3B] = 0x82;
    b->event_at = HAL_TICKS_NEVER;
    b->write_cursor = 0;
    b->resets++;
}

static uint32_t frf(const struct fake_board *b)
{
    return (uint32_t)b->lora[0x06] << 16 | (uint32_t)b->lora[0x07] << 8 | b->lora[0x08];
}

static uint32_t frequency_hz(const struct fake_board *b)
{
    return (uint32_t)llround(frf(b) * 32e6 / 524288.0);
}

static void enter_mode(struct fake_board *b, unsigned mode)
{
    unsigned sf = b->lora[0x1E] >> 4;
    double symbol_us = exp2(sf) * 8.0;
    b->event_at = HAL_TICKS_NEVER;
    if (mode == 3) {
        b->tx_count++;
        b->tx_size = b->lora[0x22];
        for (unsigned i = 0; i < b->tx_size; i++) {
            b->tx[i] = b->fifo[(b->lora[0x0E] + i) & 0xFF];
        }
        b->tx_frequency_hz = frequency_hz(b);
        b->tx_spreading_factor = (uint8_t)sf;
        b->tx_power_register = b->lora[0x09];
        b->tx_inverted = (b->lora[0x33] & 1) == 0;
        b->tx_crc = (b->lora[0x1E] & 4) != 0;
        b->tx_start = b->now;
        b->tx_end = b->now + ticks_up(fake_airtime_us(sf, b->tx_size, b->tx_crc));
        b->event_at = b->tx_end;
    } else if (mode == 5 || mode == 6) {
        b->write_cursor = b->lora[0x0F];
        b->rx_from = b->now + ticks_up(400.0); /* crystal, PLL, receiver */
        if (mode == 6) {
            unsigned symbols = (unsigned)(b->lora[0x1E] & 3) << 8 | b->lora[0x1F];
            b->event_at = b->rx_from + ticks_up(symbols * symbol_us);
        }
    }
}

static void register_written(struct fake_board *b, uint8_t address, uint8_t value)
{
    if (address == 0x00) {
        if ((b->lora[0x01] & 7) == 0) {
            b->fifo_in_sleep++;
        }
        b->fifo[b->lora[0x0D]++] = value;
        return;
    }
    if (address == 0x01) {
        uint8_t old = b->lora[0x01];
        /* LongRangeMode changes in SLEEP only. */
        uint8_t long_range = (old & 7) == 0 ? value & 0x80 : old & 0x80;
        b->lora[0x01] = (uint8_t)(long_range | (value & 0x7F));
        if (long_range != 0 && (value & 7) != (old & 7)) {
            enter_mode(b, value & 7);
        }
        return;
    }
    if (address == 0x12 && lora_page(b)) {
        b->lora[0x12] &= (uint8_t)~value;
        return;
    }
    if (address == 0x3B && !lora_page(b) && (value & 0x40) != 0) {
        b->calibrations++;
        b->calibration_frf = frf(b);
        b->calibration_polls = 3;
        b->fsk[0x3B] = (uint8_t)((value & ~0x40) | 0x20);
        return;
    }
    *register_at(b, address) = value;
}

static uint8_t register_read(struct fake_board *b, uint8_t address)
{
    if (address == 0x00) {
        if ((b->lora[0x01] & 7) == 0) {
            b->fifo_in_sleep++;
        }
        return b->fifo[b->lora[0x0D]++];
    }
    if (address == 0x3B && !lora_page(b) && b->calibration_polls > 0
            && --b->calibration_polls == 0) {
        b->fsk[0x3B] &= (uint8_t)~0x20;
    }
    return *register_at(b, address);
}

static void select_chip(void *board)
{
    struct fake_board *b = board;
    b->selected = true;
    b->address_known = false;
    b->spi_frames++;
}

static void exchange(void *board, const uint8_t *tx, uint8_t *rx, size_t size)
{
    struct fake_board *b = board;
    for (size_t i = 0; i < size; i++) {
        uint8_t out = tx != NULL ? tx[i] : 0;
        uint8_t in = 0;
        if (b->chip_missing || b->in_reset || !b->selected) {
            in = 0xFF;
        } else if (!b->address_known) {
            b->address = out & 0x7F;
            b->writing = (out & 0x80) != 0;
            b->address_known = true;
        } else {
            if (b->writing) {
                register_written(b, b->address, out);
            } else {
                in = register_read(b, b->address);
            }
            b->address = (uint8_t)(b->address == 0 ? 0 : b->address + 1);
        }
        if (rx != NULL) {
            rx[i] = in;
        }
    }
}

static void deselect_chip(void *board)
{
    ((struct fake_board *)board)->selected = false;
}

static void frame(void *board, const uint8_t *tx, uint8_t *rx, size_t size)
{
    select_chip(board);
    exchange(board, tx, rx, size);
    deselect_chip(board);
}

static void reset_pin(void *board, bool asserted)
{
    struct fake_board *b = board;
    if (b->in_reset && !asserted) {
        chip_reset(b);
    }
    b->in_reset = asserted;
}

static bool dio_level(void *board, unsigned dio)
{
    const struct fake_board *b = board;
    uint8_t flags = b->lora[0x12];
    return dio == 0 ? (flags & (b->lora[0x40] >> 6 == 0 ? 0x40 : 0x08)) != 0
                    : dio == 1 && (flags & 0x80) != 0;
}

/* A preamble is found when five of its eight symbols fall into the time of listening. */
static bool hears(const struct fake_board *b)
{
    const struct fake_air *air = &b->air;
    unsigned mode = b->lora[0x01] & 7;
    if (!air->present || (mode != 5 && mode != 6) || !lora_page(b)) {
        return false;
    }
    double symbol = exp2(air->spreading_factor) * 8.0 / US_PER_TICK;
    double from = (double)(b->rx_from > air->start_ticks ? b->rx_from : air->start_ticks);
    double to = (double)air->start_ticks + 8.0 * symbol;
    if (mode == 6 && (double)b->event_at < to) {
        to = (double)b->event_at;
    }
    int64_t off_hz = (int64_t)frequency_hz(b) - (int64_t)air->frequency_hz;
    return to - from >= 5.0 * symbol && off_hz > -31250 && off_hz < 31250
           && b->lora[0x1E] >> 4 == air->spreading_factor && b->lora[0x39] == 0x34
           && ((b->lora[0x33] & 0x40) != 0) == air->inverted && air->size <= b->lora[0x23];
}

static uint64_t air_end(const struct fake_air *air)
{
    return air->start_ticks + ticks_up(fake_airtime_us(air->spreading_factor, air->size, false));
}

uint64_t fake_chip_edge_at(const struct fake_board *b)
{
    if (b->deaf) {
        return HAL_TICKS_NEVER;
    }
    return hears(b) ? air_end(&b->air) : b->event_at;
}

static int raise_flag(struct fake_board *b, uint8_t flag, int dio)
{
    bool before = dio_level(b, (unsigned)dio);
    b->lora[0x12] |= (uint8_t)(flag & ~b->lora[0x11]);
    return !before && dio_level(b, (unsigned)dio) ? dio : -1;
}

int fake_chip_edge(struct fake_board *b)
{
    unsigned mode = b->lora[0x01] & 7;
    if (!hears(b)) {
        b->event_at = HAL_TICKS_NEVER;
        b->lora[0x01] = (uint8_t)((b->lora[0x01] & ~7) | 1);
        return mode == 3 ? raise_flag(b, 0x08, 0) : raise_flag(b, 0x80, 1);
    }
    const struct fake_air *air = &b->air;
    b->lora[0x10] = b->write_cursor;
    for (unsigned i = 0; i < air->size; i++) {
        b->fifo[b->write_cursor++] = air->bytes[i];
    }
    b->lora[0x13] = air->size;
    b->lora[0x19] = (uint8_t)air->snr_quarter_db;
    b->lora[0x1A] = air->rssi_raw;
    b->air.present = false;
    b->air_heard++;
    if (mode == 6) {
        b->event_at = HAL_TICKS_NEVER;
        b->lora[0x01] = (uint8_t)((b->lora[0x01] & ~7) | 1);
    }
    return raise_flag(b, 0x40, 0);
}

/* --- the other operations -------------------------------------------------------------------- */

static uint64_t rtc_now(void *board)
{
    return ((struct fake_board *)board)->now;
}

static void alarm_set(void *board, uint64_t at)
{
    ((struct fake_board *)board)->alarm_at = at;
}

static void charge(void *board, uint32_t cycles)
{
    (void)board;
    (void)cycles;
}

static void set_antenna(void *board, enum hal_antenna antenna)
{
    ((struct fake_board *)board)->antenna = antenna;
}

static enum hal_status key_load(void *board, unsigned slot, const uint8_t key[16])
{
    struct fake_board *b = board;
    if (slot >= HAL_KEY_SLOTS) {
        return HAL_ERR_KEY;
    }
    aes128_set_encrypt_key(&b->keys[slot], key);
    cmac_aes128_set_key(&b->cmac_keys[slot], key);
    b->keys_loaded |= (uint16_t)(1u << slot);
    return HAL_OK;
}

static bool loaded(const struct fake_board *b, unsigned slot)
{
    return slot < HAL_KEY_SLOTS && (b->keys_loaded >> slot & 1u) != 0;
}

static enum hal_status aes_block(void *board, unsigned slot, const uint8_t in[16], uint8_t out[16])
{
    struct fake_board *b = board;
    if (!loaded(b, slot)) {
        return HAL_ERR_KEY;
    }
    uint8_t block[16];
    aes128_encrypt(&b->keys[slot], 16, block, in);
    memcpy(out, block, 16);
    return HAL_OK;
}

static enum hal_status aes_ctr(
        void *board, unsigned slot, const uint8_t counter[16], uint8_t *data, size_t size)
{
    struct fake_board *b = board;
    if (!loaded(b, slot)) {
        return HAL_ERR_KEY;
    }
    uint8_t block[16];
    uint8_t stream[16];
    memcpy(block, counter, 16);
    for (size_t i = 0; i < size; i++) {
        if (i % 16 == 0) {
            aes128_encrypt(&b->keys[slot], 16, stream, block);
            block[15]++;
        }
        data[i] ^= stream[i % 16];
    }
    return HAL_OK;
}

static enum hal_status aes_cmac(void *board, unsigned slot, const struct hal_span *spans,
        size_t span_count, uint8_t mac[16])
{
    struct fake_board *b = board;
    if (!loaded(b, slot)) {
        return HAL_ERR_KEY;
    }
    struct cmac_aes128_ctx context = b->cmac_keys[slot];
    for (size_t i = 0; i < span_count; i++) {
        cmac_aes128_update(&context, spans[i].size, spans[i].data);
    }
    cmac_aes128_digest(&context, 16, mac);
    return HAL_OK;
}

/* splitmix64: any spread will do. */
static void entropy(void *board, void *data, size_t size)
{
    struct fake_board *b = board;
    uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++) {
        uint64_t z = b->entropy_state += 0x9E3779B97F4A7C15u;
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
        z = (z ^ z >> 27) * 0x94D049BB133111EBu;
        bytes[i] = (uint8_t)(z >> 56);
    }
}

static uint8_t battery_level(void *board)
{
    return ((struct fake_board *)board)->battery;
}

static int16_t temperature(void *board)
{
    (void)board;
    return -55;
}

static void reboot(void *board)
{
    ((struct fake_board *)board)->reboots++;
}

static void panic(void *board, const char *file, int line)
{
    struct fake_board *b = board;
    (void)file;
    b->panics++;
    b->panic_line = line;
}

static void trace(void *board, uint16_t id, uint32_t a, uint32_t b)
{
    struct fake_board *fake = board;
    fake->traces[fake->trace_count++ % FAKE_TRACES_MAX] = (struct fake_trace){ id, a, b };
}

static const struct hal_ops operations = {
    .version = HAL_OPS_VERSION,
    .size = sizeof(struct hal_ops),
    .rtc_now = rtc_now,
    .alarm_set = alarm_set,
    .charge = charge,
    .radio_select = select_chip,
    .radio_exchange = exchange,
    .radio_deselect = deselect_chip,
    .radio_frame = frame,
    .radio_reset_pin = reset_pin,
    .radio_dio = dio_level,
    .radio_antenna = set_antenna,
    .key_load = key_load,
    .aes_block = aes_block,
    .aes_ctr = aes_ctr,
    .aes_cmac = aes_cmac,
    .entropy = entropy,
    .battery_level = battery_level,
    .temperature_decidegree_c = temperature,
    .reboot = reboot,
    .panic = panic,
    .trace = trace,
};

struct hal fake_board_hal(struct fake_board *board)
{
    return (struct hal){ .board = board, .ops = &operations };
}

void fake_board_init(struct fake_board *board, uint64_t seed)
{
    memset(board, 0, sizeof *board);
    board->entropy_state = seed;
    board->battery = 200;
    board->alarm_at = board->event_at = HAL_TICKS_NEVER;
    chip_reset(board);
    board->resets = 0;
}

void fake_board_reset(struct fake_board *board)
{
    chip_reset(board);
    board->keys_loaded = 0;
    board->alarm_at = HAL_TICKS_NEVER;
    board->air.present = false;
}

unsigned fake_trace_count(const struct fake_board *board, unsigned id)
{
    unsigned count = 0;
    for (unsigned i = 0; i < board->trace_count && i < FAKE_TRACES_MAX; i++) {
        count += board->traces[i].id == id;
    }
    return count;
}

const struct fake_trace *fake_trace_last(const struct fake_board *board, unsigned id)
{
    for (unsigned i = board->trace_count; i > 0; i--) {
        const struct fake_trace *t = &board->traces[(i - 1) % FAKE_TRACES_MAX];
        if (t->id == id) {
            return t;
        }
    }
    return NULL;
}
