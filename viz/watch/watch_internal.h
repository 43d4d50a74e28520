/* Shared by the files of the watch; no other file includes it.
 * SPDX-License-Identifier: MIT
 */
#ifndef WATCH_WATCH_INTERNAL_H
#define WATCH_WATCH_INTERNAL_H

#include "record/fragment_causes.h"
#include "record/installs.h"
#include "watch/lane_items.h"
#include "watch/watch.h"

#define WATCH_NO_LANE UINT8_MAX

/* The downlink frame that a device's radio took notice of last. */
struct watch_device {
    uint64_t frame_id; /* 0: none so far */
    sim_ns end_ns;
    int32_t rssi_mdbm; /* 0: not measured, as below */
    int32_t snr_mdb;   /* of the last frame that was judged */
    uint8_t snr_sf;    /* spreading factor of that one */
    uint8_t cause;     /* enum loss_cause */
    uint8_t faults;
    uint8_t group;
};

struct watch_gateway {
    sim_ns tx_until_ns;
    uint32_t frequency_hz;
};

/* How far a device is, and what its counts come from. */
struct watch_standing {
    enum scene_stage stage;
    uint32_t campaign; /* UINT32_MAX: none has begun with it */
    uint32_t nb_frag, missing;
    uint8_t failure;
};

/* Uncoded fragments of one transfer by cause, kept up to date row by row. */
struct watch_stream {
    const struct fragment_rows *rows;
    bool *members; /* [device] */
    uint32_t member_count;
    bool stale;                           /* its members are others than those counted */
    uint32_t *changes;                    /* [nb_frag]: of the row when it was counted */
    uint32_t (*counts)[LOSS_CAUSE_COUNT]; /* [nb_frag] */
};

struct watch_losses {
    struct watch_stream *streams;
    uint32_t stream_count, room;
    uint32_t *stream_of; /* [campaign][device]: index into them; UINT32_MAX: none */
};

struct watch_events {
    uint32_t count; /* so far; the ring holds the last SCENE_EVENTS_MAX */
    struct scene_event ring[SCENE_EVENTS_MAX];
    enum scene_stage stage; /* that the selected device had last */
    bool joined;
};

/* The transfers of a campaign, as they were looked at last. */
struct watch_transfer {
    bool begun; /* a session of it has */
    bool coded; /* coded fragments were sent */
};

struct watch {
    struct run *run;
    const struct world *world;
    const struct recorder_set *recorders;
    const struct fragment_causes *causes; /* NULL: no campaign; as the next */
    const struct installs *installs;
    uint32_t device_count, gateway_count, campaign_count;
    entity_id first_device;
    uint64_t generation;
    bool out_of_memory; /* something that happened is missing */
    struct watch_device *devices;
    struct watch_gateway *gateways;
    struct watch_transfer *transfers; /* of all campaigns, one after the other */
    uint32_t first_transfer[SCENARIO_CAMPAIGNS_MAX + 1];
    /* watch_frames.c: a ring */
    struct scene_flight flights[SCENE_FLIGHTS_MAX];
    uint64_t flight_count; /* so far */
    uint32_t flight_last;  /* the one that was found last */
    /* watch_lanes.c: those of gateways, then of pinned devices in the order of pinning */
    struct lane_items *lanes;
    uint32_t lane_count;
    uint8_t *lane_of;    /* [device]: WATCH_NO_LANE, or place among the pinned ones */
    sim_ns frame_max_ns; /* longest time on air so far */
    /* watch_samples.c */
    struct scene_sample samples[SCENE_SAMPLES];
    uint32_t sample_count, sample_step; /* the next one is due after so many steps */
    struct watch_losses losses;
    /* watch.c */
    sim_ns group_restarts_ns[SCENE_DEFENCES_MAX];
    uint32_t group_restart_count;
    /* inspect.c */
    uint32_t selected;
    struct watch_events events;
};

/* watch_frames.c */
void watch_frame_started(struct watch *watch, const struct frame *frame);
void watch_frame_at_gateway(struct watch *watch, const struct observation *o);
void watch_frame_at_device(struct watch *watch, uint32_t device, const struct observation *o);
void watch_fill_flights(const struct watch *watch, struct scene *scene);
void watch_fill_gateways(const struct watch *watch, struct scene *scene);

/* watch_lanes.c. Each adds one item, or sets out_of_memory. */
bool watch_lanes_create(struct watch *watch);
void watch_lanes_destroy(struct watch *watch);
void watch_lane_sent(struct watch *watch, uint32_t gateway, const struct frame *frame);
void watch_lane_heard_by_gateway(
        struct watch *watch, uint32_t gateway, const struct frame *frame, enum loss_cause cause);
void watch_lane_heard_by_device(
        struct watch *watch, uint32_t device, const struct frame *frame, enum loss_cause cause);
/* A frame that a device had received was lost after all. */
void watch_lane_lost_later(
        struct watch *watch, uint32_t device, uint64_t frame_id, enum loss_cause cause);
void watch_lane_reset(struct watch *watch, uint32_t device, sim_ns at_ns);
bool watch_fill_lanes(struct watch *watch, struct scene *scene);

/* watch_devices.c. Transfers are looked at first, then each device. */
void watch_look_at_transfers(struct watch *watch);
void watch_standing(const struct watch *watch, uint32_t device, struct watch_standing *standing);
bool watch_is_installed(
        const struct watch *watch, uint32_t device, uint32_t campaign, enum campaign_stage stage);
void watch_fill_devices(const struct watch *watch, struct scene *scene);
/* Energies and clocks of all devices. */
void watch_fill_meters(const struct watch *watch, struct scene *scene);
uint32_t watch_fragments_sent(const struct watch *watch, uint32_t campaign, bool coded);
/* The campaign that is furthest from its end among those that have begun. UINT32_MAX: none has. */
uint32_t watch_campaign_of_phase(const struct watch *watch, enum campaign_phase *phase);

/* watch_headline.c */
bool watch_losses_create(struct watch *watch);
void watch_losses_destroy(struct watch *watch);
bool watch_fill_headline(struct watch *watch, struct scene *scene);

/* watch_samples.c */
void watch_sample_end(struct watch *watch);
void watch_fill_samples(const struct watch *watch, struct scene *scene);
double watch_duty_max(const struct watch *watch, uint32_t gateway, double *bands);

/* inspect.c */
void watch_inspect_observed(struct watch *watch, const struct observation *o);
void watch_inspect_fault(struct watch *watch);
void watch_inspect_group_restart(struct watch *watch, const struct observation *o);
bool watch_fill_detail(struct watch *watch, struct scene *scene);

#endif
