/* Time on air of a LoRa frame, in integers.
 * SPDX-License-Identifier: MIT
 */
#ifndef DEVICE_RADIO_LORA_AIRTIME_H
#define DEVICE_RADIO_LORA_AIRTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exact for 125, 250 and 500 kHz. */
static inline uint32_t lora_symbol_us(unsigned spreading_factor, unsigned bandwidth_khz)
{
    return (1u << spreading_factor) * (1000u / bandwidth_khz);
}

/* Microseconds of a frame with explicit header, coding rate 4/5 and 8 preamble symbols, rounded
 * up; `size` is the whole PHYPayload. */
uint32_t lora_airtime_us(
        unsigned spreading_factor, unsigned bandwidth_khz, size_t size, bool payload_crc);

/* RTC ticks of 1/32768 s, rounded down and up; any 32-bit number of microseconds. */
static inline uint32_t ticks_from_us(uint32_t us)
{
    return us / 15625u * 512u + us % 15625u * 512u / 15625u;
}
static inline uint32_t ticks_from_us_up(uint32_t us)
{
    return us / 15625u * 512u + (us % 15625u * 512u + 15624u) / 15625u;
}

#endif
