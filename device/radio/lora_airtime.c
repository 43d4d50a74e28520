/* Time on air of a LoRa frame: SX1276 datasheet 4.1.1.7.
 * SPDX-License-Identifier: MIT
 */
#include "radio/lora_airtime.h"

uint32_t lora_airtime_us(
        unsigned spreading_factor, unsigned bandwidth_khz, size_t size, bool payload_crc)
{
    uint32_t symbol_us = lora_symbol_us(spreading_factor, bandwidth_khz);
    bool slow = symbol_us > 16000u;
    int bits = (int)(8u * size) - 4 * (int)spreading_factor + 28 + (payload_crc ? 16 : 0);
    int bits_per_block = 4 * ((int)spreading_factor - (slow ? 2 : 0));
    uint32_t blocks = bits > 0 ? (uint32_t)((bits + bits_per_block - 1) / bits_per_block) : 0;
    /* Preamble 8 + 4.25 symbols, 8 symbols that hold the header, 5 a block: in quarters. */
    uint32_t quarter_symbols = 4u * (8u + 8u + 5u * blocks) + 17u;
    return (quarter_symbols * symbol_us + 3u) / 4u;
}
