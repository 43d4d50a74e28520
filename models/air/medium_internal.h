/* What the files of the medium share; nobody else includes it.
 * SPDX-License-Identifier: MIT
 */
#ifndef AIR_MEDIUM_INTERNAL_H
#define AIR_MEDIUM_INTERNAL_H

#include "air/medium.h"
#include "air/member_set.h"
#include "observe.h"

#define NO_FRAME       UINT32_MAX
#define NO_CHANNEL     UINT16_MAX
#define LATE_GATEWAY   (UINT32_C(1) << 31) /* a late event is of a gateway, not of a device */
#define PREFETCH_AHEAD 4u
/* A link whose median is this far below the sensitivity at SF12 is never considered, not even as a
 * loss: Rayleigh fading adds at most 13.6 dB with the draws we have. */
#define MEDIUM_CUT_OFF_MDB 25000

/* A receiver that locked on a frame. */
struct receiver {
    uint32_t index; /* of the device or gateway */
    int32_t fading_mdb;
};

struct receiver_list {
    struct receiver *items; /* in index order */
    uint32_t count, capacity;
};

/* Corrupted copies of a frame live as long as the frame. */
struct copy_chunk {
    struct copy_chunk *next;
    uint32_t used;
    uint8_t bytes[32 * 1024];
};

/* A frame and its state. The frame comes first: medium_abort() gets a pointer to it. */
struct on_air {
    struct frame frame;
    uint32_t slot;        /* own number, argument of its events */
    uint32_t transmitter; /* device or gateway number */
    struct channel *channel;
    sim_ns search_ns;  /* 5 symbols: how long a receiver searches */
    sim_ns silent_ns;  /* off the air: end or abort */
    sim_ns lock_by_ns; /* who listens from here on, at the latest, still detects it */
    bool started;
    bool detect_done;
    bool ended;
    struct receiver_list receivers;
    struct copy_chunk *copies;
};

/* One (frequency, SF, bandwidth, IQ): who listens, and what is or was lately on the air. */
struct channel {
    uint64_t key;
    uint16_t number;
    struct member_set listeners; /* devices */
    struct on_air **frames;      /* started, and may still interfere; in order of start */
    uint32_t frame_count, frame_capacity;
};

/* A device's receiver. 32 bytes, walked in order. */
struct listener {
    sim_ns since_ns;  /* searches from here on: it was opened, or its last frame ended */
    sim_ns until_ns;  /* closed from here on; SIM_NS_NEVER */
    uint32_t locked;  /* slot of the frame being received, NO_FRAME */
    uint16_t channel; /* NO_CHANNEL: off */
    uint8_t sync_word;
    bool silent_detect;
};

struct gateway_state {
    entity_id entity;
    void *context;
    int32_t antenna_gain_mdb;
    sim_ns tx_start_ns, tx_end_ns; /* of its last transmission that started */
};

struct medium {
    struct engine *engine;
    uint64_t seed;
    struct medium_params params;
    struct judge_tables *tables;
    const struct medium_device_ops *device_ops;
    const struct medium_gateway_ops *gateway_ops;
    uint16_t start_handler, detect_handler, end_handler, late_handler;

    uint32_t device_count, gateway_count;
    struct medium_site *device_sites;
    struct listener *listeners;
    void **device_contexts;
    entity_id *device_entities;
    uint32_t *device_sent, *gateway_sent;
    struct gateway_state *gateways;
    int32_t *gain_mdb; /* [gateway][device] */
    int32_t device_cut_off_mdbm, gateway_cut_off_mdbm;
    uint32_t *reach_from; /* [device]: first of its gateways in `reach`; one more at the end */
    uint32_t *reach;      /* gateways that may hear a device, ascending */

    struct channel **channels; /* in order of first use */
    uint32_t channel_count, channel_capacity;

    struct on_air **slots;
    uint32_t slot_count, slot_capacity;
    uint32_t *free_slots; /* a stack */
    uint32_t free_count;
    uint32_t *ended_slots; /* a ring in order of end, slot_capacity long */
    uint32_t ended_head, ended_count;
    sim_ns longest_ns; /* longest frame: how long an ended one may matter */
    struct receiver_list spare[16];
    uint32_t spare_count;
    struct copy_chunk *spare_chunks;
    struct overlap *overlaps; /* scratch, as long as the longest channel's list */
    const struct on_air **rivals;
    uint32_t rival_capacity;

    uint64_t deliveries;
};

/* medium_frames.c */
uint64_t medium_channel_key(
        uint32_t frequency_hz, uint32_t bandwidth_hz, uint8_t spreading_factor, bool iq_inverted);
struct channel *medium_channel(struct medium *medium, uint32_t frequency_hz, uint32_t bandwidth_hz,
        uint8_t spreading_factor, bool iq_inverted);
void medium_add_receiver(
        struct medium *medium, struct on_air *air, uint32_t index, int32_t fading_mdb);
/* Frames that share the channel with `air` and touch its time from `from_ns` on: into
 * medium->rivals. */
uint32_t medium_find_rivals(struct medium *medium, const struct on_air *air, sim_ns from_ns);
uint8_t *medium_corrupted_copy(struct medium *medium, struct on_air *air, entity_id receiver);
void medium_schedule_late(
        struct medium *medium, const struct on_air *air, uint32_t receiver, sim_ns since_ns);
void medium_frames_finish(struct medium *medium);
engine_event_fn medium_on_start, medium_on_detect, medium_on_end, medium_on_late;

/* medium_devices.c: downlinks */
void medium_devices_detect(struct medium *medium, struct on_air *air, sim_ns now_ns);
void medium_devices_end(struct medium *medium, struct on_air *air, sim_ns now_ns);
void medium_device_late(struct medium *medium, struct on_air *air, uint32_t device, sim_ns now_ns);

/* medium_gateways.c: uplinks */
void medium_gateways_detect(struct medium *medium, struct on_air *air, sim_ns now_ns);
void medium_gateways_end(struct medium *medium, struct on_air *air, sim_ns now_ns);
void medium_gateway_late(
        struct medium *medium, struct on_air *air, uint32_t gateway, sim_ns now_ns);

static inline int32_t medium_gain_mdb(
        const struct medium *medium, uint32_t gateway, uint32_t device)
{
    return medium->gain_mdb[(size_t)gateway * medium->device_count + device];
}

#endif
