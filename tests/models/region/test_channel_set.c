/* Sets of channels.
 * SPDX-License-Identifier: MIT
 *
 * Goal: a set holds every channel of the widest plan of RP002 (72, US915), and its coded forms are
 * those of LinkADRReq (ChMask of 16 channels) and of a CFList of type 1 (little-endian).
 */
#include <criterion/criterion.h>

#include "region/channel_set.h"

Test(channel_set, holds_each_of_72_channels_alone)
{
    for (unsigned channel = 0; channel < CHANNEL_SET_CHANNELS; channel++) {
        struct channel_set set = channel_set_first(0);
        cr_assert(channel_set_is_empty(&set));
        channel_set_add(&set, channel);
        cr_assert_not(channel_set_is_empty(&set));
        for (unsigned other = 0; other < CHANNEL_SET_CHANNELS; other++) {
            cr_assert_eq(
                    channel_set_has(&set, other), other == channel, "%u of %u", other, channel);
        }
        uint8_t bytes[CHANNEL_SET_BYTES];
        channel_set_encode(&set, bytes);
        for (unsigned i = 0; i < CHANNEL_SET_BYTES; i++) {
            cr_assert_eq(bytes[i], i == channel / 8u ? 1u << channel % 8u : 0u);
        }
        for (unsigned block = 0; block < 5u; block++) {
            unsigned expected = block == channel / 16u ? 1u << channel % 16u : 0u;
            cr_assert_eq(channel_set_block(&set, block), expected);
        }
    }
}

Test(channel_set, first_ones_are_counted_from_0)
{
    struct channel_set set = channel_set_first(8);
    cr_expect_eq(set.low, 0xFF);
    set = channel_set_first(64);
    cr_expect_eq(set.low, UINT64_MAX);
    cr_expect_eq(set.high, 0);
    set = channel_set_first(72);
    cr_expect_eq(set.high, 0xFF);
}
