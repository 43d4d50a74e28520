/* What the files of the adversaries share.
 * SPDX-License-Identifier: MIT
 */
#ifndef ADVERSARY_ADVERSARY_INTERNAL_H
#define ADVERSARY_ADVERSARY_INTERNAL_H

#include "adversary/adversary.h"
#include "network/lorawan.h"

#define ADVERSARY_WAITING_MAX  64u
#define ADVERSARY_CAPTURED_MAX 16u

/* From the end of a frame to the answer to it. */
#define REACTION_NS (5 * SIM_NS_PER_MS)

/* A frame that waits for its time. */
struct waiting_frame {
    bool used;
    uint16_t size;
    struct lora_modulation modulation;
    uint8_t bytes[LORA_FRAME_SIZE_MAX];
};

/* What each member of a group is told, and what follows from it. */
struct known_group {
    uint32_t mc_addr; /* 0: none known */
    const struct campaign *campaign;
    uint32_t transfer;
    struct lorawan_key nwk_s_key;
    struct aes128_ctx app_s_key;
    uint32_t next_fcnt; /* after that of the last frame heard; 0: none was */
};

/* The block of an impostor. */
struct crafted {
    const struct campaign *campaign; /* NULL: none */
    uint32_t transfer;
    struct campaign_transfer view;
    uint8_t *block;  /* padded, as campaign_transfer_block() */
    uint32_t last_n; /* of the last fragment heard; 0: none was */
};

/* A downlink whose payload can be replayed. */
struct captured_frame {
    sim_ns end_ns; /* 0: none */
    uint32_t dev_addr;
    uint16_t size;
    uint8_t bytes[LORA_FRAME_SIZE_MAX];
};

struct adversary {
    struct adversary_fleet *fleet;
    struct adversary_params params;
    uint32_t index;
    entity_id entity;
    uint32_t station;
    sim_ns free_at_ns; /* not before: its next action */
    uint32_t acted;    /* numbers its draws */
    struct known_group group;
    struct crafted crafted;
    uint32_t jumped_mc_addr; /* the last group whose counter it has jumped */
    sim_ns jams_until_ns;
    uint32_t next_captured;
    struct captured_frame captured[ADVERSARY_CAPTURED_MAX];
    struct waiting_frame waiting[ADVERSARY_WAITING_MAX];
};

struct adversary_fleet {
    struct adversary_surroundings around;
    struct adversary_stats stats;
    uint16_t send_handler, act_handler, jam_handler, quiet_handler;
    uint32_t count;
    struct adversary items[];
};

/* What a kind does; each may be NULL. `heard` and `detected` get frames of other senders only,
 * while the adversary acts at all. */
struct adversary_ops {
    void (*heard)(struct adversary *self, const struct frame *frame, sim_ns now_ns);
    void (*detected)(struct adversary *self, const struct frame *frame, sim_ns now_ns);
    void (*act)(struct adversary *self, sim_ns now_ns); /* at from_ns, then again and again: */
    sim_ns act_every_ns;                                /* 0: as often as its parameters say */
};
extern const struct adversary_ops adversary_inject, adversary_collide, adversary_counter_jump,
        adversary_status_storm, adversary_replay_set_up, adversary_replay_uplinks,
        adversary_rewrite_nor, adversary_reactive_jammer;

/* Is it time for an action? If so, the pause after it begins. */
bool adversary_takes_turn(struct adversary *self, sim_ns now_ns);
/* Sends a frame at `at_ns`, unless too many wait already. */
void adversary_send(struct adversary *self, sim_ns at_ns, const struct lora_modulation *modulation,
        const uint8_t *bytes, size_t size);

/* adversary/jammer.c: registers its events. */
void adversary_jammer_handlers(struct adversary_fleet *fleet);

/* --- adversary/group.c ------------------------------------------------------------------------ */

/* The group of an address becomes the one that is known. False: no campaign has it. */
bool group_join(struct adversary *self, uint32_t mc_addr);
/* A multicast data frame of a campaign that was not heard before: the group is known then, up to
 * its McFCnt. Copies by other gateways carry a counter that was heard. */
bool group_hear(struct adversary *self, const struct frame *frame);
/* N and FragIndex of the DataFragment that such a frame carries; 0: it carries none. */
uint16_t group_fragment(
        const struct known_group *group, const struct frame *frame, uint8_t *frag_index);
/* Sends a message to the group as an honest frame would carry it. */
void group_send(struct adversary *self, sim_ns at_ns, const struct lora_modulation *modulation,
        uint32_t fcnt, const uint8_t *message, size_t size);

#endif
