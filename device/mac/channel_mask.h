/* A set of channels, wide enough for the 72 of US915.
 * SPDX-License-Identifier: MIT
 */
#ifndef DEVICE_MAC_CHANNEL_MASK_H
#define DEVICE_MAC_CHANNEL_MASK_H

#include <stdbool.h>
#include <stdint.h>

#define CHANNEL_MASK_CHANNELS 72u
#define CHANNEL_MASK_SIZE     9u

struct channel_mask {
    uint8_t bytes[CHANNEL_MASK_SIZE]; /* channel n: bit n % 8 of byte n / 8 */
};

static inline bool channel_mask_has(const struct channel_mask *mask, unsigned channel)
{
    return (mask->bytes[channel / 8u] >> channel % 8u & 1u) != 0;
}

static inline void channel_mask_put(struct channel_mask *mask, unsigned channel, bool in)
{
    uint8_t bit = (uint8_t)(1u << channel % 8u);
    uint8_t *byte = &mask->bytes[channel / 8u];
    *byte = (uint8_t)(in ? *byte | bit : *byte & ~bit);
}

static inline void channel_mask_put_first(struct channel_mask *mask, unsigned count)
{
    for (unsigned channel = 0; channel < count; channel++) {
        channel_mask_put(mask, channel, true);
    }
}

static inline bool channel_mask_is_empty(const struct channel_mask *mask)
{
    unsigned any = 0;
    for (unsigned i = 0; i < CHANNEL_MASK_SIZE; i++) {
        any |= mask->bytes[i];
    }
    return any == 0;
}

/* Channels 16 * block .. 16 * block + 15, as in LinkADRReq; block 4 has eight. */
static inline uint16_t channel_mask_block(const struct channel_mask *mask, unsigned block)
{
    unsigned high = block < 4u ? mask->bytes[2u * block + 1u] : 0u;
    return (uint16_t)(mask->bytes[2u * block] | high << 8);
}

static inline void channel_mask_put_block(
        struct channel_mask *mask, unsigned block, uint16_t channels)
{
    mask->bytes[2u * block] = (uint8_t)channels;
    if (block < 4u) {
        mask->bytes[2u * block + 1u] = (uint8_t)(channels >> 8);
    }
}

#endif
