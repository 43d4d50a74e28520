/* Uplinks: check, de-duplicate, decrypt, hand on, answer.
 * SPDX-License-Identifier: MIT
 *
 * A frame is checked when its first copy arrives, so copies cost a comparison and forged frames
 * never wait. The application sees it, and the answer is built, when its window ends.
 */
#include <assert.h>
#include <string.h>

#include "network/network_internal.h"
#include "observe.h"
#include "prefetch.h"

#define PREFETCH_LINE_BYTES 64u
/* A device sends a copy after its receive windows, 1 s after its last transmission at the
 * soonest: what ended less than that apart is one transmission, late over a slow backhaul. */
#define COPY_AFTER_NS SIM_NS_PER_S
/* assumed: the longest pause before a copy: a device that has spent its hour's duty cycle. */
#define COPY_UNTIL_NS (3600 * SIM_NS_PER_S)

/* assumed: no report is later than this. A stamp that is further from the arrival comes from a
 * gateway whose clock is wrong, as of NTP that lost its servers, and would date every answer of a
 * device by another time than the next gateway does. */
#define STAMP_ERROR_MAX_NS (60 * SIM_NS_PER_S)

/* --- which gateways heard it ----------------------------------------------------------------- */

static bool is_reporter(const struct pending *pending, uint32_t gateway)
{
    assert(pending->reporter_count <= REPORTERS_MAX);
    for (uint32_t i = 0; i < pending->reporter_count; i++) {
        if (pending->reporters[i] == gateway) {
            return true;
        }
    }
    return false;
}

void network_pending_hear(struct pending *pending, const struct gateway_uplink *uplink)
{
    if (is_reporter(pending, uplink->gateway) || pending->reporter_count == REPORTERS_MAX) {
        return; /* a packet forwarder's second report, or a replay inside the window */
    }
    pending->reporters[pending->reporter_count++] = (uint16_t)uplink->gateway;
    sim_ns late_ns = pending->arrived_ns - uplink->stamped_ns;
    bool plausible = late_ns >= -STAMP_ERROR_MAX_NS && late_ns <= STAMP_ERROR_MAX_NS;
    if (uplink->time_known && plausible && !pending->gps_time) {
        pending->gps_time = true;
        pending->stamped_ns = uplink->stamped_ns;
    }
    /* Insert by SNR, best first; equal ones by gateway, so that order of arrival never matters. */
    uint32_t at = pending->heard_count < HEARD_MAX ? pending->heard_count++ : HEARD_MAX;
    while (at > 0
            && (pending->heard[at - 1].snr_mdb < uplink->snr_mdb
                    || (pending->heard[at - 1].snr_mdb == uplink->snr_mdb
                            && pending->heard[at - 1].gateway > uplink->gateway))) {
        if (at < HEARD_MAX) {
            pending->heard[at] = pending->heard[at - 1];
        }
        at--;
    }
    if (at < HEARD_MAX) {
        pending->heard[at] = (struct heard){ uplink->gateway, uplink->snr_mdb };
    }
}

/* Smooths a device's SNR at each gateway: 3/4 old, 1/4 new. One that did not hear this uplink
 * fades by 1 dB, so that a gateway which is gone gives way. */
static void device_hear(struct device_state *device, const struct pending *pending)
{
    for (uint32_t i = 0; i < device->heard_count; i++) {
        device->heard[i].snr_mdb -= 1000;
    }
    for (uint32_t i = 0; i < pending->heard_count; i++) {
        const struct heard *heard = &pending->heard[i];
        uint32_t worst = 0;
        uint32_t at = 0;
        for (; at < device->heard_count && device->heard[at].gateway != heard->gateway; at++) {
            worst = device->heard[at].snr_mdb < device->heard[worst].snr_mdb ? at : worst;
        }
        if (at < device->heard_count) {
            int32_t old_mdb = device->heard[at].snr_mdb + 1000;
            device->heard[at].snr_mdb = (3 * old_mdb + heard->snr_mdb) / 4;
        } else if (device->heard_count < HEARD_MAX) {
            device->heard[device->heard_count++] = *heard;
        } else if (device->heard[worst].snr_mdb < heard->snr_mdb) {
            device->heard[worst] = *heard;
        }
    }
}

/* --- first copy ------------------------------------------------------------------------------ */

struct pending *network_pending_open(struct network *network, uint32_t device,
        const struct gateway_uplink *uplink, uint8_t data_rate, sim_ns now_ns)
{
    uint32_t index = pool_take(&network->pendings);
    if (index == POOL_NONE) {
        network_drop(network, device, NETWORK_DROP_NO_ROOM);
        return NULL;
    }
    struct pending *pending = pool_at(&network->pendings, index);
    pending->device = device;
    pending->join_nonce = network->devices[device].join_nonce;
    pending->frequency_hz = uplink->frequency_hz;
    pending->bandwidth_hz = uplink->bandwidth_hz;
    pending->end_ns = uplink->end_ns;
    pending->arrived_ns = now_ns;
    pending->join = false;
    pending->copy = false;
    pending->gps_time = false;
    pending->data_rate = data_rate;
    pending->heard_count = 0;
    pending->reporter_count = 0;
    pending->size = uplink->size;
    memcpy(pending->bytes, uplink->bytes, uplink->size);
    network_pending_hear(pending, uplink);
    network->devices[device].pending = index;
    engine_schedule(network->engine, now_ns + network->params.deduplication_ns, SIM_PHASE_NETWORK,
            network->entity, network->deduplication_handler, index);
    return pending;
}

static bool is_duplicate(const struct network *network, const struct device_state *device,
        const struct gateway_uplink *uplink)
{
    if (device->pending == POOL_NONE) {
        return false;
    }
    const struct pending *pending = pool_at(&network->pendings, device->pending);
    return !pending->join && pending->size == uplink->size
           && memcmp(pending->bytes, uplink->bytes, uplink->size) == 0;
}

/* May a device that sent its last uplink `behind_ns` ago send it again? TS001-1.0.4 section 5.3:
 * more than NbTrans transmissions of one frame are a replay or a malfunction, and are not
 * processed. While a LinkADRReq waits for its answer, the device uses one of two values. */
static bool copy_is_allowed(const struct network *network, uint32_t index, sim_ns behind_ns)
{
    const struct device_state *device = &network->devices[index];
    uint8_t nb_trans = device->nb_trans;
    if (network->adr != NULL && network->adr[index].is_offered
            && network->adr[index].offered.nb_trans > nb_trans) {
        nb_trans = network->adr[index].offered.nb_trans;
    }
    return device->transmissions < nb_trans && behind_ns <= COPY_UNTIL_NS;
}

/* The last counter again: a repetition (NbTrans), or a replay. The application has it. A device
 * that wants an ACK has not heard the first one and gets another (1.0.4 section 4.3.1.4); what no
 * gateway could send with the first answer goes out now. */
static void on_copy(struct network *network, uint32_t index, const struct gateway_uplink *uplink,
        const struct lorawan_uplink *frame, uint8_t data_rate, sim_ns now_ns)
{
    struct device_state *device = &network->devices[index];
    const struct session_schedule *schedule = network_schedule(network, index);
    uint32_t mic = lorawan_mic(&schedule->nwk_s_key, LORAWAN_UP, frame->dev_addr, device->fcnt_up,
            uplink->bytes, uplink->size - LORAWAN_MIC_SIZE);
    if (mic != frame->mic) {
        network_drop(network, index, NETWORK_DROP_BAD_MIC);
        return;
    }
    sim_ns behind_ns = uplink->end_ns - device->uplink_end_ns;
    if (behind_ns < COPY_AFTER_NS) {
        network->stats.duplicates++;
        return;
    }
    if (!copy_is_allowed(network, index, behind_ns)) {
        network_drop(network, index, NETWORK_DROP_EXCESS);
        return;
    }
    network->stats.copies++;
    network->stats.confirmed += frame->confirmed ? 1 : 0;
    device->transmissions++;
    device->uplink_end_ns = uplink->end_ns;
    if (!frame->confirmed && device->queue_length == 0) {
        network_drop(network, index, NETWORK_DROP_COPY);
        return;
    }
    struct pending *pending = network_pending_open(network, index, uplink, data_rate, now_ns);
    if (pending != NULL) {
        pending->fcnt = device->fcnt_up;
        pending->copy = true;
    }
}

static void on_data(struct network *network, const struct gateway_uplink *uplink, uint8_t data_rate,
        sim_ns now_ns)
{
    struct lorawan_uplink frame;
    if (!lorawan_uplink_parse(uplink->bytes, uplink->size, &frame)) {
        network_drop(network, NETWORK_NO_DEVICE, NETWORK_DROP_MALFORMED);
        return;
    }
    uint32_t index = network_device_by_address(network, frame.dev_addr);
    if (index == NETWORK_NO_DEVICE || !network->devices[index].joined) {
        network_drop(network, NETWORK_NO_DEVICE, NETWORK_DROP_UNKNOWN_DEVICE);
        return;
    }
    struct device_state *device = &network->devices[index];
    if (is_duplicate(network, device, uplink)) {
        network->stats.duplicates++;
        network_pending_hear(pool_at(&network->pendings, device->pending), uplink);
        return;
    }
    uint32_t fcnt;
    const uint32_t *last = device->fcnt_up == COUNTER_NONE ? NULL : &device->fcnt_up;
    if (!lorawan_fcnt_next(last, frame.fcnt, &fcnt)) {
        on_copy(network, index, uplink, &frame, data_rate, now_ns);
        return;
    }
    const struct session_schedule *schedule = network_schedule(network, index);
    uint32_t mic = lorawan_mic(&schedule->nwk_s_key, LORAWAN_UP, frame.dev_addr, fcnt,
            uplink->bytes, uplink->size - LORAWAN_MIC_SIZE);
    if (mic != frame.mic) {
        /* An old frame gets a candidate counter of the next 2^16 and fails here: a replay if its
         * MIC holds for the same low half before the last one. */
        uint32_t old = fcnt - 65536u;
        bool replay = last != NULL && fcnt >= 65536u
                      && lorawan_mic(&schedule->nwk_s_key, LORAWAN_UP, frame.dev_addr, old,
                                 uplink->bytes, uplink->size - LORAWAN_MIC_SIZE)
                                 == frame.mic;
        network_drop(network, index, replay ? NETWORK_DROP_REPLAYED : NETWORK_DROP_BAD_MIC);
        return;
    }
    struct pending *pending = network_pending_open(network, index, uplink, data_rate, now_ns);
    if (pending == NULL) {
        return;
    }
    pending->fcnt = fcnt;
    network->stats.uplinks++;
    network->stats.confirmed += frame.confirmed ? 1 : 0;
    device->fcnt_up = fcnt;
    device->transmissions = 1;
    device->uplink_end_ns = uplink->end_ns;
    device->data_rate = data_rate;
}

/* A device that seldom speaks has left the cache: its keys alone are eight lines. */
void network_prefetch(void *context, const struct gateway_uplink *uplink)
{
    const struct network *network = context;
    struct lorawan_uplink frame;
    if (!lorawan_uplink_parse(uplink->bytes, uplink->size, &frame)) {
        return;
    }
    uint32_t index = network_device_by_address(network, frame.dev_addr);
    if (index != NETWORK_NO_DEVICE) {
        const char *state = (const char *)&network->devices[index];
        for (size_t at = 0; at < sizeof(struct device_state); at += PREFETCH_LINE_BYTES) {
            prefetch_write(state + at);
        }
    }
}

void network_on_gateway_uplink(void *context, const struct gateway_uplink *uplink, sim_ns now_ns)
{
    struct network *network = context;
    int data_rate = region_uplink_rate(
            network->params.region, uplink->spreading_factor, uplink->bandwidth_hz);
    if (uplink->size == 0 || uplink->size > LORAWAN_FRAME_MAX || data_rate < 0) {
        network_drop(network, NETWORK_NO_DEVICE, NETWORK_DROP_MALFORMED);
        return;
    }
    switch (lorawan_ftype(uplink->bytes[0])) {
    case LORAWAN_JOIN_REQUEST:
        network_on_join_request(network, uplink, (uint8_t)data_rate, now_ns);
        break;
    case LORAWAN_UNCONFIRMED_UP:
    case LORAWAN_CONFIRMED_UP:
        on_data(network, uplink, (uint8_t)data_rate, now_ns);
        break;
    case LORAWAN_JOIN_ACCEPT:
    case LORAWAN_UNCONFIRMED_DOWN:
    case LORAWAN_CONFIRMED_DOWN:
    case LORAWAN_RFU:
    case LORAWAN_PROPRIETARY:
        network_drop(network, NETWORK_NO_DEVICE, NETWORK_DROP_MALFORMED);
        break;
    }
}

/* --- end of the window ----------------------------------------------------------------------- */

/* The frame as the application gets it, with the payload in clear; a MAC payload goes into the
 * commands, and the application sees an empty frame. */
static void read_frame(const struct network *network, const struct pending *pending,
        const struct lorawan_uplink *frame, struct network_uplink *uplink,
        struct mac_commands *commands)
{
    uplink->device = pending->device;
    uplink->fport = frame->fport;
    uplink->data_rate = pending->data_rate;
    uplink->size = frame->payload_size;
    uplink->fcnt = pending->fcnt;
    /* Without GPS at any gateway the server has its own clock only, late by the backhaul. */
    uplink->gps_ns =
            network_gps_ns(network, pending->gps_time ? pending->stamped_ns : pending->arrived_ns);
    uplink->best_snr_mdb = pending->heard[0].snr_mdb;
    uplink->best_gateway = pending->heard[0].gateway;
    assert(uplink->size <= NETWORK_PAYLOAD_MAX);
    memcpy(uplink->payload, frame->payload, frame->payload_size);
    bool mac_port = frame->has_fport && frame->fport == 0;
    const struct session_schedule *schedule = network_schedule(network, pending->device);
    lorawan_crypt(mac_port ? &schedule->nwk_s_key.aes : &schedule->app_s_key, LORAWAN_UP,
            frame->dev_addr, pending->fcnt, uplink->payload, frame->payload_size);
    mac_commands_parse(frame->fopts, frame->fopts_size, commands);
    if (mac_port) {
        mac_commands_parse(uplink->payload, uplink->size, commands);
        uplink->size = 0;
    }
}

static void deliver(struct network *network, const struct pending *pending, sim_ns now_ns)
{
    struct device_state *device = &network->devices[pending->device];
    struct lorawan_uplink frame;
    bool well_formed = lorawan_uplink_parse(pending->bytes, pending->size, &frame);
    assert(well_formed); /* it was when it came */
    struct network_uplink uplink;
    struct downlink_answer answer = { .ack = frame.confirmed, .adr_ack_req = frame.adr_ack_req };
    read_frame(network, pending, &frame, &uplink, &answer.commands);
    if (network->params.no_device_time) {
        answer.commands.device_time_req = false;
    }
    answer.gps_ns = uplink.gps_ns;
    network->stats.without_gps_time += pending->gps_time ? 0 : 1;
    if (!pending->copy) {
        answer.adr = network_take_answers(network, pending, &frame, &answer.commands, now_ns);
        engine_observe(network->engine, now_ns, network->entity, OBSERVE_NETWORK_UPLINK,
                pending->device, pending->fcnt, uplink.fport, NULL);
        device->keep_open = false;
        uplink.time_answered = answer.commands.device_time_req;
        if (network->application.uplink != NULL) {
            network->application.uplink(network->application_context, &uplink, now_ns);
        }
    } else if (network->adr != NULL && frame.adr) {
        answer.adr = network->adr[pending->device].asking; /* it has not heard the first answer */
    }
    network_answer_uplink(network, pending, &answer, now_ns);
}

void network_on_deduplication_end(void *context, sim_ns now_ns, entity_id entity, uint64_t argument)
{
    (void)entity;
    struct network *network = context;
    uint32_t index = (uint32_t)argument;
    /* No uplink enters the pool while this one is answered, so the pointer holds. */
    const struct pending *pending = pool_at(&network->pendings, index);
    struct device_state *device = &network->devices[pending->device];
    if (!pending->copy) { /* a replay must not move what goes to the device */
        device_hear(device, pending);
    }
    if (pending->join) {
        network_answer_join(network, pending, now_ns);
    } else if (pending->join_nonce == device->join_nonce) {
        deliver(network, pending, now_ns);
    } else {
        /* A join was answered meanwhile. The keys of this frame are gone, its counter is none of
         * the new session, and a device that joins hears no answer under the old one. */
        network_drop(network, pending->device, NETWORK_DROP_SESSION);
    }
    if (device->pending == index) {
        device->pending = POOL_NONE;
    }
    pool_give(&network->pendings, index);
}
