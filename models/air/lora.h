/* LoRa modulation: parameters of a frame and exact times derived from them.
 * SPDX-License-Identifier: MIT
 *
 * Source: SX1276 datasheet rev 4 section 4.1.1.7, Semtech AN1200.13.
 */
#ifndef AIR_LORA_H
#define AIR_LORA_H

#include <stdbool.h>
#include <stdint.h>

#include "sim_time.h"

#define LORA_FRAME_SIZE_MAX 255u
/* After the programmed preamble: 2 symbols of sync word and 2.25 down-chirps, in quarters. */
#define LORA_SYNC_QUARTERS 17u
/* Undisturbed preamble symbols that a receiver needs to lock (Bor et al., MSWiM 2016). */
#define LORA_LOCK_SYMBOLS 5u

struct lora_modulation {
    uint32_t frequency_hz;
    uint32_t bandwidth_hz;     /* 7800 .. 500000 */
    uint8_t spreading_factor;  /* 6..12 */
    uint8_t coding_rate;       /* 1..4: 4/5 .. 4/8 */
    uint16_t preamble_symbols; /* programmed length; 4.25 more on air */
    uint8_t sync_word;         /* 0x34 LoRaWAN public */
    bool low_data_rate;        /* LDRO */
    bool implicit_header;
    bool payload_crc;
    bool iq_inverted;
};

/* One symbol: 2^SF / BW, rounded to the nanosecond. */
sim_ns lora_symbol_ns(const struct lora_modulation *m);
/* `symbol_quarters` quarter symbols from the start of a frame, rounded to the nanosecond. */
sim_ns lora_quarter_symbols_ns(const struct lora_modulation *m, uint64_t symbol_quarters);
/* Symbols after the preamble: header block and payload. `size`: PHY payload bytes. */
uint32_t lora_payload_symbols(const struct lora_modulation *m, uint32_t size);
/* Preamble through last symbol. */
sim_ns lora_time_on_air_ns(const struct lora_modulation *m, uint32_t size);
/* Do sender and receiver agree on what a frame does not tell: LowDataRateOptimize and header mode?
 * (SX1276 datasheet sections 4.1.1.6 and 4.1.1.3: "both must be set alike") */
bool lora_is_decodable(
        const struct lora_modulation *modulation, bool low_data_rate, bool implicit_header);
/* True where LoRaWAN mandates LDRO: symbols longer than 16 ms. */
bool lora_needs_low_data_rate(uint8_t spreading_factor, uint32_t bandwidth_hz);

#endif
