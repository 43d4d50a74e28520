/* Fields of LoRaWAN data frames, read from their bytes (TS001-1.0.4 section 4) by tests alone.
 * SPDX-License-Identifier: MIT
 */
#ifndef SUPPORT_DATA_FRAME_H
#define SUPPORT_DATA_FRAME_H

#include <stddef.h>

#include "air/frame.h"
#include "support/first_campaign.h"

/* Unconfirmed or confirmed, up or down: FType 2 to 5. */
static inline bool data_frame_is(const struct frame *frame)
{
    unsigned type = frame->bytes[0] >> 5;
    return frame->size >= 12 && type >= 2 && type <= 5;
}

static inline bool data_frame_is_confirmed(const struct frame *frame)
{
    return frame->bytes[0] >> 5 >= 4;
}

static inline uint32_t data_frame_address(const struct frame *frame)
{
    const uint8_t *b = frame->bytes;
    return (uint32_t)b[1] | (uint32_t)b[2] << 8 | (uint32_t)b[3] << 16 | (uint32_t)b[4] << 24;
}

/* The 16 bits of the counter that are on the air. */
static inline uint32_t data_frame_fcnt(const struct frame *frame)
{
    return (uint32_t)frame->bytes[6] | (uint32_t)frame->bytes[7] << 8;
}

/* -1: the frame has no FPort. */
static inline int data_frame_fport(const struct frame *frame)
{
    unsigned at = 8u + (frame->bytes[5] & 15u);
    return at + 4u < frame->size ? frame->bytes[at] : -1;
}

/* N of the fragment of the first campaign that a frame carries; 0: it carries none. */
static inline uint32_t data_frame_fragment(const struct world *world, const struct frame *frame)
{
    const struct campaign *campaign = world_first_campaign(world);
    bool of_group = frame->downlink && data_frame_is(frame)
                    && data_frame_address(frame) == campaign_mc_addr(campaign)
                    && data_frame_fport(frame) == 201;
    return of_group ? campaign_fragment_number(campaign, data_frame_fcnt(frame)) : 0;
}

#endif
