/* SX1276 interrupt flags and the DIO lines that show them.
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "chip/sx1276_parts.h"

/* Datasheet table 18 (LoRa): signal by line and by the two bits of its mapping. ClkOut counts as
 * low: a clock output is nothing that firmware waits for. */
static const uint16_t lora_lines[SX1276_DIO_COUNT][4] = {
    { IRQ_RX_DONE, IRQ_TX_DONE, IRQ_CAD_DONE, 0 },
    { IRQ_RX_TIMEOUT, IRQ_FHSS, IRQ_CAD_DETECTED, 0 },
    { IRQ_FHSS, IRQ_FHSS, IRQ_FHSS, 0 },
    { IRQ_CAD_DONE, IRQ_VALID_HEADER, IRQ_PAYLOAD_CRC_ERROR, 0 },
    { IRQ_CAD_DETECTED, SIGNAL_PLL_LOCK, SIGNAL_PLL_LOCK, 0 },
    { SIGNAL_MODE_READY, 0, 0, 0 },
};

_Static_assert(SIGNAL_PLL_LOCK >> SX1276_SIGNAL_COUNT == 0, "each signal has its lines");

/* FSK, packet mode: only what does not come from the packet engine. */
static const uint16_t fsk_lines[SX1276_DIO_COUNT][4] = {
    { 0, 0, 0, 0 },
    { 0, 0, 0, 0 },
    { 0, 0, 0, 0 },
    { 0, 0, 0, 0 },
    { 0, SIGNAL_PLL_LOCK, 0, 0 },
    { 0, SIGNAL_PLL_LOCK, 0, SIGNAL_MODE_READY },
};

/* After a change of mapping or modem. DIO0 has the highest bits of RegDioMapping1, DIO4 those of
 * RegDioMapping2. */
void sx1276_map_dio(struct sx1276 *chip)
{
    const uint16_t(*lines)[4] = sx1276_is_lora(chip) ? lora_lines : fsk_lines;
    unsigned maps = (unsigned)chip->lora[REG_DIO_MAPPING1] << 8 | chip->lora[REG_DIO_MAPPING2];
    memset(chip->dio_lines, 0, sizeof chip->dio_lines);
    for (unsigned dio = 0; dio < SX1276_DIO_COUNT; dio++) {
        unsigned signal = lines[dio][maps >> (14u - 2u * dio) & 3u];
        if (signal != 0) {
            chip->dio_lines[__builtin_ctz(signal)] |= (uint8_t)(1u << dio);
        }
    }
    chip->dio_signals = 0;
    chip->dio_shown = 0; /* what no signals show */
}

static unsigned signals_now(const struct sx1276 *chip)
{
    static const uint16_t by_stage[STAGE_COUNT] = {
        [STAGE_SLEEP] = SIGNAL_MODE_READY,
        [STAGE_STANDBY] = SIGNAL_MODE_READY,
        [STAGE_FS] = SIGNAL_MODE_READY | SIGNAL_PLL_LOCK,
        [STAGE_CHAIN] = SIGNAL_PLL_LOCK,
        [STAGE_TX] = SIGNAL_MODE_READY | SIGNAL_PLL_LOCK,
        [STAGE_RX] = SIGNAL_MODE_READY | SIGNAL_PLL_LOCK,
        [STAGE_CAD_LISTEN] = SIGNAL_MODE_READY | SIGNAL_PLL_LOCK,
        [STAGE_CAD_CORRELATE] = SIGNAL_MODE_READY,
    };
    return chip->lora[REG_IRQ_FLAGS] | by_stage[chip->stage];
}

/* After a change of flags, stage or mapping: tells the lines that changed. */
void sx1276_update_dio(struct sx1276 *chip)
{
    unsigned signals = signals_now(chip);
    if (signals == chip->dio_signals && chip->dio_shown == chip->dio_levels) {
        return;
    }
    unsigned levels = chip->dio_shown;
    for (unsigned news = signals ^ chip->dio_signals; news != 0; news &= news - 1u) {
        levels ^= chip->dio_lines[__builtin_ctz(news)]; /* a line shows one signal */
    }
    unsigned changed = levels ^ chip->dio_levels;
    chip->dio_signals = (uint16_t)signals;
    chip->dio_shown = (uint8_t)levels;
    chip->dio_levels = (uint8_t)levels;
    for (; changed != 0; changed &= changed - 1u) {
        unsigned dio = (unsigned)__builtin_ctz(changed);
        chip->outputs->dio(chip->context, chip->now_ns, dio, (levels >> dio & 1u) != 0);
    }
}

/* A masked flag does not latch. */
void sx1276_raise(struct sx1276 *chip, uint8_t flags)
{
    chip->lora[REG_IRQ_FLAGS] |= (uint8_t)(flags & ~chip->lora[REG_IRQ_MASK]);
    sx1276_update_dio(chip);
}
