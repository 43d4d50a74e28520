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

/* X(name, meaning of a, b, c). Append only; at most 64. */
/* clang-format off */
#define OBSERVATION_KINDS(X)                                                                       \
    X(FRAME_STARTED, "frame id", "size << 32 | frequency in Hz", "power in mdBm")                  \
    X(FRAME_ENDED, "frame id", "0", "0")                                                           \
    X(FRAME_RECEIVED, "frame id", "RSSI mdBm", "SNR mdB")     /* by an end-device's radio */       \
    X(FRAME_LOST, "frame id", "enum loss_cause", "SNR mdB")                                        \
    X(GATEWAY_RECEIVED, "frame id", "RSSI mdBm", "SNR mdB")                                        \
    X(GATEWAY_LOST, "frame id", "enum loss_cause", "SNR mdB")                                      \
    X(GATEWAY_TX, "request token", "enum gateway_tx_result", "sub-band")                           \
    X(FIRMWARE, "enum fw_trace", "a", "b")                                                         \
    X(FIRMWARE_PANIC, "line", "0", "0")                                                            \
    X(GUEST_ERROR, "severity", "register", "0")                                                    \
    X(NODE_RESET, "enum hal_reset_cause", "0", "0")                                                \
    X(DUTY_VIOLATION, "sub-band", "excess in us", "0")                                             \
    X(NETWORK_JOIN, "device", "dev addr", "dev nonce")        /* data: the JoinAccept's bytes */   \
    X(NETWORK_UPLINK, "device", "fcnt", "fport")                                                   \
    X(NETWORK_DOWNLINK, "device or group", "fcnt", "window")                                       \
    X(NETWORK_DROP, "device", "reason", "0")                                                       \
    X(CAMPAIGN_STAGE, "device", "enum campaign_stage", "0")                                        \
    X(CAMPAIGN_FRAGMENT, "N", "gateway", "mc fcnt")                                                \
    X(CAMPAIGN_PHASE, "enum campaign_phase", "0", "0")                                             \
    X(FIRMWARE_FAULT, "0", "0", "0")

enum observation_kind {
#define X(name, a, b, c) OBSERVE_##name,
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

typedef void engine_observer_fn(void *context, const struct observation *observation);

/* `mask` of OBSERVE_BIT()s. At most 16 observers. */
void engine_observer_add(
        struct engine *engine, uint64_t mask, engine_observer_fn *function, void *context);

/* States an observation. `data` (may be NULL) is shown to observers but not hashed. */
void engine_observe(struct engine *engine, sim_ns at_ns, entity_id entity,
        enum observation_kind kind, int64_t a, int64_t b, int64_t c, const void *data);

/* The run's fingerprint: per-entity hashes folded in entity order. */
uint64_t engine_trace_hash(const struct engine *engine);
uint64_t engine_entity_hash(const struct engine *engine, entity_id entity);

#endif
