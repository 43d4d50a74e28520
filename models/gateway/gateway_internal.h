/* Shared by the files of the gateway; no other file includes it.
 * SPDX-License-Identifier: MIT
 */
#ifndef GATEWAY_GATEWAY_INTERNAL_H
#define GATEWAY_GATEWAY_INTERNAL_H

#include "gateway/duty_limiter.h"
#include "gateway/gateway.h"
#include "gateway/tx_queue.h"
#include "observe.h"
#include "run_memory.h"

#define NO_MESSAGE UINT32_MAX

/* Something on its way over the backhaul, or a transmission that waits for its time. */
struct message {
    uint32_t next_free;
    uint32_t gateway;
    uint32_t holders; /* that need it: one until it is dealt with, one for each report under way */
    /* On its way: */
    sim_ns sent_ns;
    uint32_t backhaul_outages; /* of its gateway when it was sent */
    uint32_t request;          /* of a report: what it answers */
    /* Of a transmission: */
    bool beacon;
    bool given_up;          /* an answer got lost: the server expects no more of it */
    uint32_t power_outages; /* of its gateway when it came into the queue */
    union {
        struct gateway_uplink uplink;
        struct gateway_report report;
        struct gateway_tx tx;
    } as;
};

struct gateway {
    struct gateway_fleet *fleet;
    uint32_t number;
    entity_id entity;
    sim_ns clock_wrong_ns;  /* gateway_wrong_clock.error_ns; 0: its clock is right */
    uint64_t *demodulating; /* ids of the frames that hold a demodulator, in no order */
    uint32_t demodulating_count, demodulating_capacity;
    sim_ns tx_until_ns;          /* half duplex: deaf before this */
    const struct frame *sending; /* handed over last; valid until the next time */
    sim_ns sending_until_ns;     /* its end */
    /* Outages of each kind: not ended, and begun so far; those that overlap count once there. */
    uint32_t out[GATEWAY_OUTAGE_KIND_COUNT], outages[GATEWAY_OUTAGE_KIND_COUNT];
    uint64_t loss_q32; /* sum of the shares of messages that faults lose, in 2^-32 */
    struct tx_queue queue;
    struct duty_limiter limiters[REGION_BANDS_MAX];
    struct duty_auditor *auditor;
    uint64_t messages;                 /* over the backhaul so far: index of their random delays */
    sim_ns up_until_ns, down_until_ns; /* latest arrival each way: messages keep their order */
    struct gateway_stats stats;
};

struct gateway_fleet {
    struct engine *engine;
    struct medium *medium;
    struct gateway_params params;
    const struct gateway_sink *sink;
    void *sink_context;
    gateway_outage_fn *on_outage; /* NULL: none */
    void *on_outage_context;
    uint32_t count;
    struct gateway *gateways;
    struct gateway_entities entities;
    uint16_t uplink_handler, report_handler, request_handler, hand_over_handler, on_air_handler,
            give_up_handler, beacon_handler;
    struct message **blocks; /* of MESSAGE_BLOCK messages */
    uint32_t block_count;
    uint32_t free_message;
};

/* backhaul.c */
struct message *message_at(struct gateway_fleet *fleet, uint32_t index);
uint32_t message_take(struct gateway_fleet *fleet, uint32_t gateway);
/* One of its holders is done with it: the last one frees it. */
void message_give(struct gateway_fleet *fleet, uint32_t index);
void messages_finish(struct gateway_fleet *fleet);
/* Sends a message up, or frees it when it gets lost. */
void backhaul_send_uplink(struct gateway *gateway, uint32_t message);
/* Reports to the server on a request; the server gives up waiting for what gets lost. */
void backhaul_send_report(
        struct gateway *gateway, uint32_t request, const struct gateway_report *report);
/* Nothing more will come back for this request: the server gives up some time after `from_ns`. No
 * effect if it has done so already. */
void backhaul_give_up(struct gateway *gateway, struct message *request, sim_ns from_ns);
void backhaul_send_request(struct gateway *gateway, uint32_t message);
/* True: the request that arrives now got lost in an outage, and is freed. */
bool backhaul_loses_request(struct gateway *gateway, uint32_t message);
engine_event_fn backhaul_uplink_arrives, backhaul_report_arrives, backhaul_gives_up;

/* gateway_clock.c: what its clock shows ahead of true time; a time stamp; when a start that is
 * wanted at a GPS time happens. */
sim_ns gateway_clock_error_ns(const struct gateway *gateway, sim_ns at_ns);
sim_ns gateway_clock_stamp(const struct gateway *gateway, sim_ns at_ns);
sim_ns gateway_clock_start_ns(const struct gateway *gateway, sim_ns wanted_ns);

/* beacon.c: does a frame come too close to a beacon? Then `*free_at_ns` is the end of that one.
 * Class B frames keep a guard time before it. */
#define BEACON_SIZE_MAX 23u /* of US915, the longest of RP002 */
bool beacon_collides(const struct gateway_params *params, sim_ns at_ns, sim_ns airtime_ns,
        bool guarded, sim_ns *free_at_ns);
/* Returns the size: 17, 19 or 23, by the region. */
uint16_t beacon_bytes(const struct region *region, uint32_t gps_s, uint8_t bytes[BEACON_SIZE_MAX]);
uint16_t beacon_crc(const uint8_t *bytes, size_t size);
engine_event_fn gateway_beacon;

/* gateway_rx.c */
void gateway_stop_receptions(struct gateway *gateway);

/* gateway_tx.c */
engine_event_fn gateway_request_arrives, gateway_hand_over, gateway_on_air;
/* The gateway loses its power: the frame on the air and the queue are lost. */
void gateway_stop_transmissions(struct gateway *gateway);

#endif
