/* What the files of the gateway share; nobody else includes it.
 * SPDX-License-Identifier: MIT
 */
#ifndef GATEWAY_GATEWAY_INTERNAL_H
#define GATEWAY_GATEWAY_INTERNAL_H

#include "gateway/duty_limiter.h"
#include "gateway/gateway.h"
#include "gateway/tx_queue.h"
#include "observe.h"

#define SUB_BANDS_MAX 8u
#define NO_MESSAGE    UINT32_MAX

/* Something on its way over the backhaul, or a transmission that waits for its time. */
struct message {
    uint32_t next_free;
    uint32_t gateway;
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
    uint64_t demodulating[GATEWAY_DEMODULATORS_MAX]; /* frame id + 1, 0: free */
    sim_ns tx_until_ns;                              /* half duplex: deaf before this */
    struct tx_queue queue;
    struct duty_limiter limiters[SUB_BANDS_MAX];
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
    uint32_t count;
    struct gateway *gateways;
    uint16_t uplink_handler, report_handler, request_handler, hand_over_handler, on_air_handler;
    struct message **blocks; /* of MESSAGE_BLOCK messages */
    uint32_t block_count;
    uint32_t free_message;
};

/* backhaul.c */
struct message *message_at(struct gateway_fleet *fleet, uint32_t index);
uint32_t message_take(struct gateway_fleet *fleet, uint32_t gateway);
void message_give(struct gateway_fleet *fleet, uint32_t index);
void messages_finish(struct gateway_fleet *fleet);
/* Schedules `handler` with the message when it arrives: to the server, or to the gateway. */
void backhaul_send_up(struct gateway *gateway, uint16_t handler, uint32_t message);
void backhaul_send_down(struct gateway *gateway, uint16_t handler, uint32_t message);
engine_event_fn backhaul_uplink_arrives, backhaul_report_arrives;

/* gateway_rx.c */
void gateway_stop_receptions(struct gateway *gateway);

/* gateway_tx.c */
engine_event_fn gateway_request_arrives, gateway_hand_over, gateway_on_air;

#endif
