/* Class C sessions: one multicast group, on the air at a time that every device was told.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "campaign/packages.h"
#include "campaign/schedule.h"
#include "campaign/server_internal.h"
#include "campaign/session.h"
#include "campaign/state.h"
#include "campaign/transfer.h"
#include "network/lorawan.h"
#include "random_stream.h"

#define STATUS_REQUESTS_MAX 8192u
#define FCNT_MAX            (PACKAGE_FRAGMENTS_MAX + STATUS_REQUESTS_MAX)
#define SESSION_REQ_SIZE    11u /* McClassCSessionReq */

struct class_c {
    struct session session; /* first: the interface's part */
    struct network *network;
    uint32_t group; /* of the network */
    uint32_t mc_addr;
    uint8_t mc_key[16];
    uint32_t renewals; /* address and key were changed so often */
    uint32_t start_gps_s;
    uint8_t time_out;             /* exponent */
    uint16_t n_of_fcnt[FCNT_MAX]; /* 0: a status request; SESSION_TABLE */
};

static struct class_c *class_c(struct session *session)
{
    assert(session->ops == &session_class_c);
    return (struct class_c *)session;
}

static const struct class_c *class_c_const(const struct session *session)
{
    assert(session->ops == &session_class_c);
    return (const struct class_c *)session;
}

/* A group of the network, with an address and a key of its own. */
static bool open_group(struct class_c *self, struct server *server)
{
    const struct session_params *params = &self->session.params;
    struct random_stream stream;
    struct network_group_params group_params = {
        .mc_addr = server_mc_addr(server),
        .frequency_hz = params->frequency_hz,
        .data_rate = params->data_rate,
        .policy = params->gateways,
        .duty_share = params->duty_share,
        .interval_ns = params->interval_ns,
        .granularity_ns = params->granularity_ns,
    };
    random_stream_init(&stream, engine_seed(server->engine), self->session.entity, RANDOM_CAMPAIGN,
            self->renewals);
    random_stream_bytes(&stream, group_params.mc_key, sizeof group_params.mc_key);
    uint32_t group = network_group_create(server->network, &group_params);
    if (group == UINT32_MAX || !server_group_bind(server, group, &self->session)) {
        return false;
    }
    self->group = group;
    self->mc_addr = group_params.mc_addr;
    memcpy(self->mc_key, group_params.mc_key, sizeof self->mc_key);
    return true;
}

static struct session *create(struct server *server, struct transfer *transfer, entity_id entity,
        const struct session_params *params)
{
    struct class_c *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return NULL;
    }
    self->session = (struct session){
        .ops = &session_class_c,
        .transfer = transfer,
        .entity = entity,
        .params = *params,
    };
    self->network = server->network;
    if (!open_group(self, server)) {
        free(self);
        return NULL;
    }
    return &self->session;
}

static bool renew(struct session *session, struct server *server)
{
    struct class_c *self = class_c(session);
    uint32_t old = self->group;
    assert(old < server->session_capacity);
    self->renewals++;
    if (!open_group(self, server)) {
        self->renewals--;
        return false;
    }
    network_group_flush(self->network, old);
    server->sessions[old] = NULL;
    memset(self->n_of_fcnt, 0, sizeof self->n_of_fcnt);
    return true;
}

static void destroy(struct session *session)
{
    free(class_c(session));
}

/* --- announcement ---------------------------------------------------------------------------- */

static size_t put_group_setup(
        const struct class_c *self, const struct session_recipient *recipient, uint8_t *out)
{
    uint8_t mc_ke_key[16];
    uint8_t mc_key_encrypted[16];
    lorawan_mc_ke_key(recipient->identity->gen_app_key, mc_ke_key);
    lorawan_aes_decrypt(mc_ke_key, self->mc_key, mc_key_encrypted);
    return package_mc_group_setup_req(
            out, recipient->number, self->mc_addr, mc_key_encrypted, 0, FCNT_MAX);
}

/* SessionTime and TimeOut for one recipient: those of all, or what is left of them. */
static size_t put_session(
        const struct class_c *self, const struct session_recipient *recipient, uint8_t *out)
{
    const struct session *session = &self->session;
    uint32_t start_gps_s = self->start_gps_s;
    uint8_t time_out = self->time_out;
    if (recipient->start_ns > session->start_ns) {
        start_gps_s += (uint32_t)((recipient->start_ns - session->start_ns) / SIM_NS_PER_S);
        time_out = schedule_time_out(session->end_ns - recipient->start_ns);
    }
    return package_mc_class_c_session_req(out, recipient->number, start_gps_s, time_out,
            session->params.frequency_hz, session->params.data_rate);
}

static size_t announce(const struct session *session, const struct session_recipient *recipient,
        uint8_t *out, uint8_t *fport)
{
    const struct class_c *self = class_c_const(session);
    size_t size = 0;
    *fport = PACKAGE_FPORT_MULTICAST;
    if (!recipient->prepared && recipient->ask_version) {
        size += package_version_req(out);
    }
    if (!recipient->prepared) {
        size += put_group_setup(self, recipient, out + size);
    }
    bool room = recipient->room >= size + SESSION_REQ_SIZE;
    if (recipient->prepared || (!recipient->one_step && room)) {
        size += put_session(self, recipient, out + size);
    }
    return size;
}

static bool plan(struct session *session, sim_ns start_ns, sim_ns duration_ns)
{
    struct class_c *self = class_c(session);
    int64_t gps_s = (network_gps_ns(self->network, start_ns) + SIM_NS_PER_S - 1) / SIM_NS_PER_S;
    assert(gps_s >= 0 && gps_s <= UINT32_MAX);
    self->start_gps_s = (uint32_t)gps_s;
    session->start_ns = gps_s * SIM_NS_PER_S - network_gps_ns(self->network, 0);
    self->time_out = schedule_time_out(duration_ns);
    sim_ns longest_ns = (sim_ns)(1u << self->time_out) * SIM_NS_PER_S;
    session->end_ns = session->start_ns + longest_ns;
    return duration_ns <= longest_ns;
}

/* --- transmission ---------------------------------------------------------------------------- */

static sim_ns interval_ns(const struct session *session, uint16_t size)
{
    const struct class_c *self = class_c_const(session);
    return network_group_interval_ns(self->network, self->group, size);
}

static bool join(struct session *session, uint32_t device)
{
    struct class_c *self = class_c(session);
    return network_group_add(self->network, self->group, device);
}

/* The network server holds some frames and chooses their times. */
static sim_ns next_slot_ns(const struct session *session, sim_ns after_ns)
{
    const struct class_c *self = class_c_const(session);
    uint32_t waiting = network_group_waiting(self->network, self->group);
    return waiting < SCHEDULE_FEED_AHEAD ? after_ns : SIM_NS_NEVER;
}

static bool send(struct session *session, uint32_t n, const uint8_t *payload, uint16_t size)
{
    struct class_c *self = class_c(session);
    assert(n <= PACKAGE_FRAGMENTS_MAX || n == SESSION_TABLE);
    uint8_t fport = n == SESSION_TABLE ? PACKAGE_FPORT_TABLE : PACKAGE_FPORT_FRAGMENTATION;
    uint32_t fcnt = network_group_enqueue(self->network, self->group, fport, payload, size, 0);
    if (fcnt >= FCNT_MAX) {
        return false;
    }
    self->n_of_fcnt[fcnt] = (uint16_t)n;
    return true;
}

static bool call(struct session *session, uint32_t device, uint8_t fport, const uint8_t *payload,
        uint16_t size)
{
    const struct class_c *self = class_c_const(session);
    return network_send_class_c(self->network, device, self->group, fport, payload, size);
}

static uint32_t number(const struct session *session, uint32_t handle)
{
    const struct class_c *self = class_c_const(session);
    uint32_t n = handle < FCNT_MAX ? self->n_of_fcnt[handle] : 0;
    return n == SESSION_TABLE ? 0 : n;
}

static void report(struct session *session, uint32_t handle, uint32_t gateway,
        enum gateway_tx_result result, sim_ns now_ns)
{
    uint32_t n = number(session, handle);
    bool table = handle < FCNT_MAX && class_c(session)->n_of_fcnt[handle] == SESSION_TABLE;
    if (result != GATEWAY_TX_SENT || table) {
        return;
    }
    if (n != 0) {
        transfer_on_sent(session, n, handle, gateway, now_ns);
    } else {
        transfer_on_request_sent(session->transfer);
    }
}

static void hurry(struct session *session)
{
    struct class_c *self = class_c(session);
    network_group_hurry(self->network, self->group);
}

static sim_ns hurry_from_ns(const struct session *session, uint16_t size, uint32_t count)
{
    const struct class_c *self = class_c_const(session);
    return network_group_hurry_from_ns(self->network, self->group, size, count);
}

static bool is_idle(const struct session *session)
{
    const struct class_c *self = class_c_const(session);
    return network_group_waiting(self->network, self->group) == 0;
}

static void state(struct session *session, struct state *bytes)
{
    struct class_c *self = class_c(session);
    state_part(bytes, &self->group, sizeof self->group);
    state_part(bytes, &self->mc_addr, sizeof self->mc_addr);
    state_part(bytes, self->mc_key, sizeof self->mc_key);
    state_part(bytes, &self->renewals, sizeof self->renewals);
    state_part(bytes, &self->start_gps_s, sizeof self->start_gps_s);
    state_part(bytes, &self->time_out, sizeof self->time_out);
    state_part(bytes, self->n_of_fcnt, sizeof self->n_of_fcnt);
}

static void stop(struct session *session)
{
    struct class_c *self = class_c(session);
    network_group_flush(self->network, self->group);
}

const struct session_ops session_class_c = {
    .name = "class-c",
    .create = create,
    .destroy = destroy,
    .announce = announce,
    .plan = plan,
    .interval_ns = interval_ns,
    .join = join,
    .next_slot_ns = next_slot_ns,
    .send = send,
    .call = call,
    .renew = renew,
    .number = number,
    .report = report,
    .hurry = hurry,
    .hurry_from_ns = hurry_from_ns,
    .is_idle = is_idle,
    .state = state,
    .stop = stop,
};

uint32_t session_class_c_mc_addr(const struct session *session)
{
    return class_c_const(session)->mc_addr;
}

void session_class_c_mc_key(const struct session *session, uint8_t key[16])
{
    const struct class_c *self = class_c_const(session);
    memcpy(key, self->mc_key, sizeof self->mc_key);
}
