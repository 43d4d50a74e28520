/* Observations: what happened, for observers. They cannot change a run.
 * SPDX-License-Identifier: MIT
 *
 * Models state what they do with engine_observe(). Each observation goes into the running trace
 * hash of its entity, with or without an observer; observers that ask for its kind get a
 * const view of it.
 */
#ifndef ENGINE_OBSERVE_H
#define ENGINE_OBSERVE_H

#include <stdint.h>

#include "engine.h"

/* What a difference between two runs can be of: each kind of observation belongs to one layer. */
enum observation_layer {
    LAYER_AIR,      /* frames, and what radios and gateways receive of them */
    LAYER_FIRMWARE, /* what devices do: trace events, resets, faults */
    LAYER_SERVERS,  /* gateways as senders, the network server, campaigns */
    LAYER_COUNT
};

/* X(name, layer, meaning of a, b, c). Append only; at most 64. */
/* clang-format off */
#define OBSERVATION_KINDS(X)                                                                       \
    X(FRAME_STARTED, AIR, "frame id", "size << 32 | frequency in Hz", "power in mdBm")             \
    X(FRAME_ENDED, AIR, "frame id", "0", "0")                                                      \
    X(FRAME_RECEIVED, AIR, "frame id", "RSSI mdBm", "SNR mdB") /* by an end-device's radio */      \
    X(FRAME_LOST, AIR, "frame id", "enum loss_cause", "SNR mdB")                                   \
    X(GATEWAY_RECEIVED, AIR, "frame id", "RSSI mdBm", "SNR mdB")                                   \
    X(GATEWAY_LOST, AIR, "frame id", "enum loss_cause", "SNR mdB")                                 \
    X(GATEWAY_TX, SERVERS, "request token", "enum gateway_tx_result", "sub-band")                  \
    X(FIRMWARE, FIRMWARE, "enum fw_trace", "a", "b")                                               \
    X(FIRMWARE_PANIC, FIRMWARE, "line", "0", "0")                                                  \
    X(GUEST_ERROR, FIRMWARE, "severity", "register", "0")                                          \
    X(NODE_RESET, FIRMWARE, "enum hal_reset_cause", "0", "0")                                      \
    X(DUTY_VIOLATION, SERVERS, "sub-band", "excess in us", "0")                                    \
    X(NETWORK_JOIN, SERVERS, "device", "dev addr", "dev nonce") /* data: the JoinAccept's bytes */ \
    X(NETWORK_UPLINK, SERVERS, "device", "fcnt", "fport")                                          \
    X(NETWORK_DOWNLINK, SERVERS, "device or group", "fcnt", "window")                              \
    X(NETWORK_DROP, SERVERS, "device", "reason", "0")                                              \
    X(CAMPAIGN_STAGE, SERVERS, "device", "enum campaign_stage", "round << 32 | wave << 16 | campaign") \
    X(CAMPAIGN_FRAGMENT, SERVERS, "N", "gateway", "mc fcnt")                                       \
    X(CAMPAIGN_PHASE, SERVERS, "enum campaign_phase", "campaign", "round")                         \
    X(FIRMWARE_FAULT, FIRMWARE, "0", "0", "0")                                                     \
    X(CAMPAIGN_GROUP_RESTART, SERVERS, "new McAddr", "McAddr before", "members called << 32 | silent rounds << 16 | campaign")

enum observation_kind {
#define X(name, layer, a, b, c) OBSERVE_##name,
    OBSERVATION_KINDS(X)
#undef X
    OBSERVATION_KIND_COUNT
};
/* clang-format on */

#define OBSERVE_BIT(kind) (UINT64_C(1) << (kind))
#define OBSERVE_ALL       UINT64_MAX

struct observation {
    sim_ns at_ns; /* local time of the entity, may lead engine_now() by up to 1 ms */
    entity_id entity;
    uint32_t kind; /* enum observation_kind */
    int64_t a, b, c;
    const void *data; /* bytes that belong to it (a frame), valid during the call only */
};

/* Called in the order of observations. Of a part of an event (parts.h) it may be called after the
 * rest of the part: it must not look at the state of the entity's model. */

typedef void engine_observer_fn(void *context, const struct observation *observation);

/* `mask` of OBSERVE_BIT()s. At most 16 observers. */
void engine_observer_add(
        struct engine *engine, uint64_t mask, engine_observer_fn *function, void *context);

/* States an observation. `data` (may be NULL) is shown to observers but not hashed. */
void engine_observe(struct engine *engine, sim_ns at_ns, entity_id entity,
        enum observation_kind kind, int64_t a, int64_t b, int64_t c, const void *data);

/* Something of this kind will soon be observed of this entity: brings what that touches into the
 * cache. */
void engine_expect(const struct engine *engine, entity_id entity, enum observation_kind kind);
/* Called by engine_expect(), to do the same for what an observer keeps, and nothing else. One. */
typedef void engine_expect_fn(void *context, entity_id entity, enum observation_kind kind);
void engine_on_expect(struct engine *engine, engine_expect_fn *function, void *context);

/* The run's fingerprint: per-entity hashes folded in entity order. */
uint64_t engine_trace_hash(const struct engine *engine);
uint64_t engine_entity_hash(const struct engine *engine, entity_id entity);

/* Both between two events, since a sum is over all entities.
 *
 * Fingerprint of what was observed in a layer: sum of the hashes of each observation's entity,
 * kind, a, b and c. Times and order do not count. 0: nothing was observed. */
uint64_t engine_layer_hash(const struct engine *engine, enum observation_layer layer);
/* Fingerprint of when: sum of the hashes of each observation's time, entity and kind. What it says
 * does not count, nor does the order of observations of the same instant. */
uint64_t engine_time_hash(const struct engine *engine);

#endif
