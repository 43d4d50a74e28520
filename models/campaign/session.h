/* A session: one transmission that feeds a transfer, of any kind.
 * SPDX-License-Identifier: MIT
 *
 * A kind of session is a row of operations. The interface names no multicast group: a kind may have
 * none.
 */
#ifndef CAMPAIGN_SESSION_H
#define CAMPAIGN_SESSION_H

#include "engine.h"
#include "network/network.h"

struct server;
struct session;
struct state;
struct transfer;

/* What a session is made from. */
struct session_params {
    uint8_t data_rate;
    uint32_t frequency_hz;
    enum multicast_policy gateways;
    double duty_share;     /* of the sub-band's duty cycle; 0: the network's */
    sim_ns interval_ns;    /* between two fragments of one gateway; 0: the network grants it */
    sim_ns granularity_ns; /* of sending times; 0: none */
};

/* The device to which a session is announced. */
struct session_recipient {
    const struct device_identity *identity;
    uint8_t number;   /* that the server gave this session at the device: 0..3 */
    bool prepared;    /* the device has confirmed the first half of the announcement */
    size_t room;      /* bytes of one downlink to it */
    bool ask_version; /* of TS005: the question rides in front */
    bool one_step;    /* one command for each downlink */
    /* It joins a session that has begun, at this time; before the session's start: with all. */
    sim_ns start_ns;
};

#define SESSION_TABLE UINT16_MAX

struct session_ops {
    const char *name;
    /* NULL: out of memory, or the network has no room for it. */
    struct session *(*create)(struct server *server, struct transfer *transfer, entity_id entity,
            const struct session_params *params);
    void (*destroy)(struct session *session);
    /* Bytes of the next command or commands that announce it, and their FPort. */
    size_t (*announce)(const struct session *session, const struct session_recipient *recipient,
            uint8_t *out, uint8_t *fport);
    /* Sets the time from start_ns on, rounded to what can be announced, for `duration_ns` at least.
     * False: the kind has no such long session; it gets its longest. */
    bool (*plan)(struct session *session, sim_ns start_ns, sim_ns duration_ns);
    /* Time between two messages of `size` bytes. */
    sim_ns (*interval_ns)(const struct session *session, uint16_t size);
    /* The device will listen. False: out of memory. */
    bool (*join)(struct session *session, uint32_t device);
    /* When it takes another message, not before after_ns; SIM_NS_NEVER: a report comes first. */
    sim_ns (*next_slot_ns)(const struct session *session, sim_ns after_ns);
    /* Takes fragment number `n`; 0: a request; SESSION_TABLE: a piece of the table of hashes.
     * False: it takes no more at all. */
    bool (*send)(struct session *session, uint32_t n, const uint8_t *payload, uint16_t size);
    /* N of what went out under a handle; 0: a request, a piece of the table, or nothing. */
    uint32_t (*number)(const struct session *session, uint32_t handle);
    /* Sends a command to one device that listens to it, by its own address, once. False: it cannot.
     */
    bool (*call)(struct session *session, uint32_t device, uint8_t fport, const uint8_t *payload,
            uint16_t size);
    /* From now on it has another address and key, and no device; what waits is dropped. False: out
     * of memory, or the network has no room: all is as it was. */
    bool (*renew)(struct session *session, struct server *server);
    /* A gateway sent or refused a message. */
    void (*report)(struct session *session, uint32_t handle, uint32_t gateway,
            enum gateway_tx_result result, sim_ns now_ns);
    /* Messages follow each other as fast as what the last hour left of the airtime allows. */
    void (*hurry)(struct session *session);
    /* From when on there is airtime for `count` messages of `size` bytes that do; SIM_NS_NEVER:
     * never for so many. */
    sim_ns (*hurry_from_ns)(const struct session *session, uint16_t size, uint32_t count);
    /* It has nothing left to send. */
    bool (*is_idle)(const struct session *session);
    /* What it keeps over a restart of the server, its times apart. */
    void (*state)(struct session *session, struct state *state);
    /* Drops what is not on its way to the air. */
    void (*stop)(struct session *session);
};

struct session {
    const struct session_ops *ops;
    struct transfer *transfer;
    entity_id entity;
    struct session_params params;
    sim_ns start_ns; /* as announced */
    sim_ns end_ns;   /* when devices stop listening by themselves */
};

extern const struct session_ops session_class_c;
/* Of a class C session. */
uint32_t session_class_c_mc_addr(const struct session *session);
void session_class_c_mc_key(const struct session *session, uint8_t key[16]);

#endif
