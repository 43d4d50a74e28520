/* LoRa modulation: exact symbol counts and times.
 * SPDX-License-Identifier: MIT
 */
#include "air/lora.h"

#include <assert.h>

/* The header block, and the preamble's sync word (2) and down-chirps (2.25). */
#define HEADER_BLOCK_SYMBOLS 8u
#define LONG_SYMBOL_NS       (16 * SIM_NS_PER_MS)

sim_ns lora_quarter_symbols_ns(const struct lora_modulation *m, uint64_t symbol_quarters)
{
    assert(m->bandwidth_hz > 0);
    assert(m->spreading_factor >= 6 && m->spreading_factor <= 12);
    /* 65535 + 4.25 + 500 symbols of 2^12 chips stay below 2^60 before the division. */
    assert(symbol_quarters < (UINT64_C(1) << 19));
    uint64_t divisor = UINT64_C(4) * m->bandwidth_hz;
    uint64_t scaled = (symbol_quarters << m->spreading_factor) * (uint64_t)SIM_NS_PER_S;
    return (sim_ns)((scaled + divisor / 2) / divisor);
}

sim_ns lora_symbol_ns(const struct lora_modulation *m)
{
    return lora_quarter_symbols_ns(m, 4);
}

uint32_t lora_payload_symbols(const struct lora_modulation *m, uint32_t size)
{
    assert(m->coding_rate >= 1 && m->coding_rate <= 4);
    int32_t sf = m->spreading_factor;
    int32_t bits = 8 * (int32_t)size - 4 * sf + 28 + (m->payload_crc ? 16 : 0)
                   - (m->implicit_header ? 20 : 0);
    if (bits <= 0) {
        return HEADER_BLOCK_SYMBOLS;
    }
    int32_t bits_per_block = 4 * (sf - (m->low_data_rate ? 2 : 0));
    uint32_t blocks = (uint32_t)((bits + bits_per_block - 1) / bits_per_block);
    return HEADER_BLOCK_SYMBOLS + blocks * (m->coding_rate + 4u);
}

sim_ns lora_time_on_air_ns(const struct lora_modulation *m, uint32_t size)
{
    uint64_t symbols = m->preamble_symbols + (uint64_t)lora_payload_symbols(m, size);
    return lora_quarter_symbols_ns(m, 4 * symbols + LORA_SYNC_QUARTERS);
}

bool lora_is_decodable(
        const struct lora_modulation *modulation, bool low_data_rate, bool implicit_header)
{
    return modulation->low_data_rate == low_data_rate
           && modulation->implicit_header == implicit_header;
}

bool lora_needs_low_data_rate(uint8_t spreading_factor, uint32_t bandwidth_hz)
{
    struct lora_modulation m = { .bandwidth_hz = bandwidth_hz,
        .spreading_factor = spreading_factor };
    return lora_symbol_ns(&m) > LONG_SYMBOL_NS;
}
