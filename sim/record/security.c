/* What adversaries did, and how far it reached.
 * SPDX-License-Identifier: MIT
 */
#include "record/security.h"

#include <assert.h>
#include <stdlib.h>

#include "network/lorawan.h"
#include "network/wire.h"
#include "record/measure.h"

#define HEADER_BYTES 8u
#define UPLINKS_KEPT 64u
/* From a frame's end to the network server, with its window for copies (models/network). */
#define ON_THE_WAY_NS (10 * SIM_NS_PER_S)

/* The forged frame that a device's radio received last. */
struct forged_reception {
    bool open;                       /* its firmware has not said anything since */
    const struct campaign *campaign; /* NULL: of no session; else of this one: */
    uint32_t session;
    uint16_t fcnt;
};

struct security_device {
    struct forged_reception last;
    uint32_t accepted;
    const struct campaign *campaign; /* NULL: accepted no forged frame of a group */
    uint32_t session, next_fcnt;
};

/* A forged uplink that a gateway received. */
struct forged_uplink {
    uint32_t dev_addr;
    uint16_t fcnt;
    sim_ns at_ns; /* 0: none */
};

struct security {
    const struct recorder_view *view;
    uint64_t frames, accepted, uplinks_accepted;
    uint32_t next_uplink;
    struct forged_uplink uplinks[UPLINKS_KEPT];
    struct security_device devices[]; /* none without adversaries */
};

static void *create(const struct recorder_set *set)
{
    const struct recorder_view *view = recorder_set_view(set);
    size_t count = view->scenario->adversary_count > 0 ? view->device_count : 0;
    struct security *security = calloc(1, sizeof *security + count * sizeof security->devices[0]);
    if (security != NULL) {
        security->view = view;
    }
    return security;
}

static bool is_forged(const struct security *security, const struct frame *frame)
{
    const struct recorder_view *view = security->view;
    return frame->sender - view->first_adversary < view->scenario->adversary_count;
}

/* The campaign that has the session that sends to an address. NULL: none does. */
static const struct campaign *session_of(
        const struct recorder_view *view, uint32_t mc_addr, uint32_t *session)
{
    for (uint32_t c = 0; c < server_campaign_count(view->server); c++) {
        const struct campaign *campaign = server_campaign(view->server, c);
        *session = campaign_session_of(campaign, mc_addr);
        if (*session != UINT32_MAX) {
            return campaign;
        }
    }
    return NULL;
}

static void radio_received(
        const struct security *security, struct security_device *device, const struct frame *frame)
{
    device->last.open = is_forged(security, frame) && frame->size > HEADER_BYTES;
    if (device->last.open) {
        device->last.fcnt = wire_u16(frame->bytes + 6);
        device->last.campaign =
                session_of(security->view, wire_u32(frame->bytes + 1), &device->last.session);
    }
}

/* The MAC has accepted a frame with this counter. */
static void mac_accepted(struct security *security, struct security_device *device, uint32_t fcnt)
{
    if (!device->last.open || (uint16_t)fcnt != device->last.fcnt) {
        return;
    }
    device->last.open = false;
    device->accepted++;
    security->accepted++;
    if (device->last.campaign != NULL) {
        device->campaign = device->last.campaign;
        device->session = device->last.session;
        device->next_fcnt = fcnt + 1;
    }
}

static void gateway_received(struct security *security, const struct frame *frame, sim_ns at_ns)
{
    struct lorawan_uplink uplink;
    if (is_forged(security, frame) && lorawan_uplink_parse(frame->bytes, frame->size, &uplink)) {
        security->uplinks[security->next_uplink++ % UPLINKS_KEPT] =
                (struct forged_uplink){ uplink.dev_addr, uplink.fcnt, at_ns };
    }
}

static void network_accepted(struct security *security, const struct observation *o)
{
    uint32_t dev_addr = network_dev_addr(security->view->network, (uint32_t)o->a);
    for (uint32_t i = 0; i < UPLINKS_KEPT; i++) {
        struct forged_uplink *uplink = &security->uplinks[i];
        if (uplink->at_ns > 0 && uplink->dev_addr == dev_addr && uplink->fcnt == (uint16_t)o->b
                && o->at_ns - uplink->at_ns <= ON_THE_WAY_NS) {
            uplink->at_ns = 0;
            security->uplinks_accepted++;
            return;
        }
    }
}

static void observe(void *state, const struct observation *o)
{
    struct security *security = state;
    uint32_t device = o->entity - security->view->first_device;
    bool of_device = device < security->view->device_count;
    switch (o->kind) {
    case OBSERVE_FRAME_STARTED:
        security->frames += is_forged(security, o->data);
        break;
    case OBSERVE_FRAME_RECEIVED:
        if (of_device) {
            radio_received(security, &security->devices[device], o->data);
        }
        break;
    case OBSERVE_GATEWAY_RECEIVED:
        gateway_received(security, o->data, o->at_ns);
        break;
    case OBSERVE_NETWORK_UPLINK:
        network_accepted(security, o);
        break;
    default:
        assert(o->kind == OBSERVE_FIRMWARE && of_device);
        mac_accepted(security, &security->devices[device], (uint32_t)o->b);
        break;
    }
}

uint32_t security_accepted(const struct recorder_set *set, uint32_t device)
{
    const struct security *security = recorder_set_state(set, RECORDER_SECURITY);
    assert(device < security->view->device_count);
    return security->accepted == 0 ? 0 : security->devices[device].accepted;
}

uint32_t security_least_fcnt(const struct recorder_set *set, uint32_t device,
        const struct campaign *campaign, uint32_t session)
{
    const struct security *security = recorder_set_state(set, RECORDER_SECURITY);
    assert(device < security->view->device_count);
    if (security->accepted == 0) {
        return 0;
    }
    const struct security_device *own = &security->devices[device];
    return own->campaign == campaign && own->session == session ? own->next_fcnt : 0;
}

static void measure_security(const void *state, struct measure *m)
{
    const struct security *security = state;
    struct adversary_stats stats = { 0 };
    if (m->view->adversaries != NULL) {
        adversaries_stats(m->view->adversaries, &stats);
    }
    measure_count(m, "security.", "forged_frames", security->frames);
    measure_count(m, "security.", "forged_accepted", security->accepted);
    measure_count(m, "security.", "forged_uplinks_accepted", security->uplinks_accepted);
    measure_count(m, "security.", "jammed_frames", stats.jammed);
    measure_count(m, "security.", "flash_rewrites", stats.rewritten);
    uint32_t restarts = 0;
    for (uint32_t c = 0; c < server_campaign_count(m->view->server); c++) {
        restarts += campaign_group_restarts(server_campaign(m->view->server, c));
    }
    measure_count(m, "security.", "group_restarts", restarts);
}

const struct recorder_ops security_recorder = {
    .name = "security",
    .kinds = OBSERVE_BIT(OBSERVE_FRAME_STARTED) | OBSERVE_BIT(OBSERVE_FRAME_RECEIVED)
             | OBSERVE_BIT(OBSERVE_GATEWAY_RECEIVED) | OBSERVE_BIT(OBSERVE_NETWORK_UPLINK),
    .traces = RECORDER_TRACE(MULTICAST) | RECORDER_TRACE(DOWNLINK),
    .of_attack = true,
    .create = create,
    .destroy = free,
    .observe = observe,
    .measure = measure_security,
};
