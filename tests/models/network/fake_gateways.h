/* Gateways of a test: they keep every request, refuse what the test says, and put nothing on air.
 * SPDX-License-Identifier: MIT
 *
 * Takes the place of models/gateway at link time.
 */
#ifndef TESTS_FAKE_GATEWAYS_H
#define TESTS_FAKE_GATEWAYS_H

#include "engine.h"
#include "gateway/gateway.h"
#include "network/network.h"

struct fake_tx {
    uint32_t gateway;
    struct gateway_tx tx;
    sim_ns submitted_ns;
    enum gateway_tx_result result; /* ACCEPTED or why not */
};

/* Decides on a request as it arrives at the gateway. */
typedef enum gateway_tx_result fake_judge_fn(
        void *context, uint32_t gateway, const struct gateway_tx *tx, sim_ns now_ns);
/* A frame goes on air. */
typedef void fake_air_fn(
        void *context, uint32_t gateway, const struct gateway_tx *tx, sim_ns now_ns);

struct gateway_fleet {
    struct engine *engine;
    struct network *network;
    sim_ns latency_ns;     /* one way */
    uint32_t without_gps;  /* bit g: gateway g has no GPS time */
    sim_ns stamp_error_ns; /* of gateway 0's clock */
    uint16_t handler;
    entity_id entity;
    struct fake_tx *log;
    uint32_t count, capacity;
    struct gateway_uplink *uplinks; /* on their way */
    uint32_t uplink_count, uplink_capacity;
    fake_judge_fn *judge; /* NULL: the queue's own rules */
    fake_air_fn *on_air;
    void *context;
};

struct gateway_fleet *fake_gateways_create(struct engine *engine, sim_ns latency_ns);
void fake_gateways_destroy(struct gateway_fleet *fleet);
/* What a just-in-time queue says by itself: TOO_LATE, COLLISION, ACCEPTED. */
enum gateway_tx_result fake_gateways_queue(
        struct gateway_fleet *fleet, uint32_t gateway, const struct gateway_tx *tx, sim_ns now_ns);
/* A frame that ended at `end_ns` reaches the network after the backhaul. */
void fake_gateways_uplink(struct gateway_fleet *fleet, uint32_t gateway, sim_ns end_ns,
        uint8_t data_rate, int32_t snr_mdb, const uint8_t *bytes, uint16_t size);
/* The n-th request that was accepted; NULL: there were fewer. */
const struct fake_tx *fake_gateways_accepted(const struct gateway_fleet *fleet, uint32_t n);
uint32_t fake_gateways_accepted_count(const struct gateway_fleet *fleet);

#endif
