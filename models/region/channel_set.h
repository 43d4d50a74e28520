/* A set of channels, wide enough for every channel plan of RP002.
 * SPDX-License-Identifier: MIT
 *
 * US915 and AU915 have most channels: 64 of 125 kHz and 8 of 500 kHz.
 */
#ifndef REGION_CHANNEL_SET_H
#define REGION_CHANNEL_SET_H

#include <stdbool.h>
#include <stdint.h>

#define CHANNEL_SET_CHANNELS 72u
#define CHANNEL_SET_BYTES    9u

struct channel_set {
    uint64_t low; /* bit n: channel n, 0..63 */
    uint8_t high; /* bit n: channel 64 + n */
};

/* Channels 0..count-1, `count` 0..72. */
struct channel_set channel_set_first(unsigned count);
void channel_set_add(struct channel_set *set, unsigned channel);
bool channel_set_has(const struct channel_set *set, unsigned channel);
bool channel_set_is_empty(const struct channel_set *set);
/* ChMask of channels 16 * block .. 16 * block + 15, `block` 0..4 (LinkADRReq, CFList type 1). */
uint16_t channel_set_block(const struct channel_set *set, unsigned block);
/* Little-endian, bit n of byte n / 8 first: as in ChMask0..ChMask4 of a CFList of type 1. */
void channel_set_encode(const struct channel_set *set, uint8_t bytes[CHANNEL_SET_BYTES]);

#endif
