/* What the files of multicast scheduling share. Not for others.
 * SPDX-License-Identifier: MIT
 *
 * multicast_groups.c holds groups, members, gateways and grants of airtime; multicast.c schedules
 * frames.
 */
#ifndef NETWORK_MULTICAST_INTERNAL_H
#define NETWORK_MULTICAST_INTERNAL_H

#include "network/network_internal.h"

struct group_frame {
    sim_ns not_before_ns;
    sim_ns interval_ns; /* granted when the first gateway plans the frame; 0: not yet */
    uint32_t fcnt;
    uint16_t remaining; /* gateways that neither sent nor refused it */
    uint16_t size;
    uint8_t bytes[LORAWAN_FRAME_MAX];
};

struct group_gateway {
    uint32_t gateway;
    uint32_t turn;
    uint32_t sequence; /* of the frame to submit next, or submitted and not yet accepted */
    uint32_t skip_to;  /* frames before this one were flushed */
    uint32_t ahead;    /* accepted, not yet sent */
    uint32_t tries;
    sim_ns slot_ns;        /* start of the interval in which it sends the frame at `sequence` */
    sim_ns step_ns;        /* after the begin of its turn */
    sim_ns waits_until_ns; /* the frame at hand is given up then; SIM_NS_NEVER: not refused */
    sim_ns submitted_ns;
    bool unresolved; /* submitted, neither accepted nor refused */
    bool timer_pending;
};

struct group {
    struct network_group_params params;
    struct lorawan_key nwk_s_key;
    struct aes128_ctx app_s_key;
    struct lora_modulation modulation;
    int32_t power_mdbm;
    uint32_t fcnt; /* next */
    uint32_t *members;
    uint32_t member_count, member_capacity;
    struct group_gateway *gateways;
    uint32_t gateway_count;
    struct group_frame *frames; /* ring; frame `sequence` is at sequence & (capacity - 1) */
    uint32_t frame_capacity;
    uint32_t head, tail; /* sequences */
    sim_ns next_slot_ns; /* no gateway may begin an interval before */
    sim_ns lead_ns;      /* request to start on air */
    bool on_air;         /* it has a grant of the sub-band's airtime: from enqueue to flush */
};

struct group *group_at(const struct network *network, uint32_t group);
/* Chooses the gateways of the next frames: the members may have moved. False: out of memory, or
 * the network has none. */
bool group_choose_gateways(const struct network *network, struct group *group);
/* Time between two frames of `phy_size` bytes from one gateway, under the grant of now. */
sim_ns group_interval_ns(
        const struct network *network, const struct group *group, uint32_t phy_size);

#endif
