/* A set of channels, wide enough for every channel plan of RP002.
 * SPDX-License-Identifier: MIT
 */
#include "region/channel_set.h"

#include <assert.h>

#define BLOCK_CHANNELS 16u

struct channel_set channel_set_first(unsigned count)
{
    struct channel_set set = { 0, 0 };
    for (unsigned channel = 0; channel < count; channel++) {
        channel_set_add(&set, channel);
    }
    return set;
}

void channel_set_add(struct channel_set *set, unsigned channel)
{
    assert(channel < CHANNEL_SET_CHANNELS);
    if (channel < 64u) {
        set->low |= UINT64_C(1) << channel;
    } else {
        set->high = (uint8_t)(set->high | 1u << (channel - 64u));
    }
}

bool channel_set_has(const struct channel_set *set, unsigned channel)
{
    assert(channel < CHANNEL_SET_CHANNELS);
    return channel < 64u ? (set->low >> channel & 1u) != 0
                         : (set->high >> (channel - 64u) & 1u) != 0;
}

bool channel_set_is_empty(const struct channel_set *set)
{
    return set->low == 0 && set->high == 0;
}

uint16_t channel_set_block(const struct channel_set *set, unsigned block)
{
    assert(block * BLOCK_CHANNELS < CHANNEL_SET_CHANNELS);
    return block == 4u ? set->high : (uint16_t)(set->low >> block * BLOCK_CHANNELS);
}

void channel_set_encode(const struct channel_set *set, uint8_t bytes[CHANNEL_SET_BYTES])
{
    for (unsigned i = 0; i < 8u; i++) {
        bytes[i] = (uint8_t)(set->low >> 8u * i);
    }
    bytes[8] = set->high;
}
