/* What the files of multicast scheduling share. Not for others.
 * SPDX-License-Identifier: MIT
 *
 * multicast_groups.c holds groups, members, gateways and grants of airtime; multicast.c schedules
 * frames; multicast_reports.c decides on what the gateways say.
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
    bool sent; /* a gateway said so */
    uint8_t bytes[LORAWAN_FRAME_MAX];
};

struct group_gateway {
    uint32_t gateway;
    uint32_t turn;
    uint32_t sequence; /* of the frame to submit next, or submitted and not yet accepted */
    uint32_t skip_to;  /* frames before this one were flushed */
    uint32_t ahead;    /* accepted, not yet sent */
    uint32_t tries;
    uint32_t failures;     /* requests in a row that it did not take; duty cycle apart */
    sim_ns slot_ns;        /* start of the interval in which it sends the frame at `sequence` */
    sim_ns step_ns;        /* after the begin of its turn */
    sim_ns waits_until_ns; /* the frame at hand is given up then; SIM_NS_NEVER: not refused */
    sim_ns probe_ns;       /* no request before: it fails; 0: at any time */
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
    uint32_t failing;    /* gateways that have failures */
    bool on_air;         /* it has a grant of the sub-band's airtime: from enqueue to flush */
    bool hurries;        /* while its gateways have airtime left */
};

static inline void group_set_failures(
        struct group *group, struct group_gateway *gateway, uint32_t failures)
{
    group->failing -= gateway->failures > 0 ? 1u : 0u;
    group->failing += failures > 0 ? 1u : 0u;
    gateway->failures = failures;
}

struct group *group_at(const struct network *network, uint32_t group);
/* Chooses the gateways of the next frames: the members may have moved. False: out of memory, or
 * the network has none. */
bool group_choose_gateways(const struct network *network, struct group *group);
/* MULTICAST_SINGLE: another gateway takes the place of one that does not answer, the one with the
 * most members among those that were not given up lately. The one at hand if there is no other. */
void group_fail_over(struct network *network, struct group *group);
/* Time between two frames of `phy_size` bytes from one gateway, under the grant of now. */
sim_ns group_interval_ns(
        const struct network *network, const struct group *group, uint32_t phy_size);
/* The same, less where the group hurries and its gateways have airtime left. */
sim_ns group_grant_ns(const struct network *network, const struct group *group, uint32_t phy_size);

/* multicast.c */
/* A frame between head and tail. */
struct group_frame *group_frame_at(const struct group *group, uint32_t sequence);
/* Waits whole intervals until there is time enough to ask for the frame at hand: keeps one's turn,
 * and takes the first interval that can still be used. */
void group_plan_frame(
        const struct network *network, const struct group *group, struct group_gateway *gateway);
/* Moves the frame at hand on: by a step within one's turn, which may pass another frame on the air,
 * else to the next interval. */
void group_step_on(
        const struct network *network, const struct group *group, struct group_gateway *gateway);
/* Arms the timer of a gateway that has a frame to submit and room to do so. */
void group_arm(struct network *network, uint32_t group_index, uint32_t gateway_index);

#endif
