/* The join server: OTAA of LoRaWAN 1.0.4 (section 6.2).
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <string.h>

#include "network/network_internal.h"
#include "observe.h"

/* The same request, still in its window, from another gateway. */
static bool is_duplicate(const struct network *network, const struct device_state *device,
        const struct gateway_uplink *uplink)
{
    if (device->pending == POOL_NONE) {
        return false;
    }
    const struct pending *pending = pool_at(&network->pendings, device->pending);
    return pending->join && memcmp(pending->bytes, uplink->bytes, LORAWAN_JOIN_REQUEST_SIZE) == 0;
}

/* The device that a join request names. NETWORK_NO_DEVICE: none of ours. */
static uint32_t device_of(struct network *network, const uint8_t *bytes, size_t size,
        struct lorawan_join_request *request)
{
    if (!lorawan_join_request_parse(bytes, size, request)) {
        network_drop(network, NETWORK_NO_DEVICE, NETWORK_DROP_MALFORMED);
        return NETWORK_NO_DEVICE;
    }
    uint32_t index = network_device_by_eui(network, request->dev_eui);
    if (index == NETWORK_NO_DEVICE || network->identities[index].join_eui != request->join_eui) {
        network_drop(network, NETWORK_NO_DEVICE, NETWORK_DROP_UNKNOWN_DEVICE);
        return NETWORK_NO_DEVICE;
    }
    return index;
}

static bool is_genuine_and_new(struct network *network, uint32_t index, const uint8_t *bytes,
        const struct lorawan_join_request *request)
{
    const struct device_state *device = &network->devices[index];
    if (!lorawan_join_request_mic_ok(bytes, network->identities[index].app_key)) {
        network_drop(network, index, NETWORK_DROP_BAD_MIC);
        return false;
    }
    /* 1.0.4 section 6.2.2: DevNonce counts up and is never taken twice. */
    if (device->dev_nonce != COUNTER_NONE && request->dev_nonce <= device->dev_nonce) {
        network_drop(network, index, NETWORK_DROP_DEV_NONCE);
        return false;
    }
    return true;
}

void network_on_join_request(struct network *network, const struct gateway_uplink *uplink,
        uint8_t data_rate, sim_ns now_ns)
{
    struct lorawan_join_request request;
    uint32_t index = device_of(network, uplink->bytes, uplink->size, &request);
    if (index == NETWORK_NO_DEVICE) {
        return;
    }
    struct device_state *device = &network->devices[index];
    if (is_duplicate(network, device, uplink)) {
        network->stats.duplicates++;
        network_pending_hear(pool_at(&network->pendings, device->pending), uplink);
        return;
    }
    if (!is_genuine_and_new(network, index, uplink->bytes, &request)) {
        return;
    }
    struct pending *pending = network_pending_open(network, index, uplink, data_rate, now_ns);
    if (pending != NULL) {
        device->dev_nonce = request.dev_nonce;
        pending->join = true;
        pending->fcnt = request.dev_nonce;
    }
}

/* Section 1.4 of spec-protocol: counters and ADR start again. */
static void start_session(struct network *network, uint32_t index, uint16_t dev_nonce)
{
    struct device_state *device = &network->devices[index];
    device->join_nonce++;
    lorawan_session_keys(network->identities[index].app_key, device->join_nonce,
            network->params.net_id, dev_nonce, device->keys.nwk_s_key, device->keys.app_s_key);
    device->fcnt_up = COUNTER_NONE;
    device->fcnt_down = 0;
    device->tx_power = device->tx_power_first;
    device->nb_trans = device->nb_trans_first;
    if (network->adr != NULL) {
        adr_init(&network->adr[index]);
    }
    device->joined = true;
}

/* Starts the session and writes its JoinAccept; returns the size. */
static size_t accept_join(struct network *network, uint32_t index, uint16_t dev_nonce,
        uint8_t bytes[LORAWAN_JOIN_ACCEPT_SIZE_MAX], sim_ns now_ns)
{
    start_session(network, index, dev_nonce);
    struct lorawan_join_accept accept = {
        .join_nonce = network->devices[index].join_nonce,
        .net_id = network->params.net_id,
        .dev_addr = network_dev_addr(network, index),
        .rx1_data_rate_offset = network->params.rx1_data_rate_offset,
        .rx2_data_rate = network->params.rx2_data_rate,
        .rx_delay_s = network_rx1_delay_s(network),
        .channel_count = network->params.extra_channel_count,
    };
    memcpy(accept.channel_hz, network->params.extra_channel_hz, sizeof accept.channel_hz);
    network->stats.joins++;
    size_t size = lorawan_join_accept_build(&accept, network->identities[index].app_key, bytes);
    engine_observe(network->engine, now_ns, network->entity, OBSERVE_NETWORK_JOIN, index,
            accept.dev_addr, dev_nonce, bytes);
    return size;
}

void network_answer_join(struct network *network, const struct pending *pending, sim_ns now_ns)
{
    uint32_t index = pending->device;
    uint32_t downlink_index = network_downlink_open(network, pending, JOIN_ACCEPT_DELAY_S);
    if (downlink_index == POOL_NONE) {
        return;
    }
    struct downlink *downlink = pool_at(&network->downlinks, downlink_index);
    /* Before the device has read the DLSettings it listens with the region's RX2. */
    downlink->data_rate[1] = network->params.region->rx2_rate;
    downlink->size =
            (uint16_t)accept_join(network, index, (uint16_t)pending->fcnt, downlink->bytes, now_ns);
    network_downlink_choose(network, downlink, pending, 0);
    network_downlink_submit(network, downlink_index, now_ns);
    if (network->application.joined != NULL) {
        network->application.joined(network->application_context, index, now_ns);
    }
}

size_t network_commission(
        struct network *network, uint32_t device, uint16_t dev_nonce, uint8_t accept[33])
{
    assert(device < network->device_count);
    const struct device_identity *identity = &network->identities[device];
    struct lorawan_join_request request = {
        .join_eui = identity->join_eui,
        .dev_eui = identity->dev_eui,
        .dev_nonce = dev_nonce,
    };
    uint8_t bytes[LORAWAN_JOIN_REQUEST_SIZE];
    size_t size = lorawan_join_request_build(&request, identity->app_key, bytes);
    uint32_t index = device_of(network, bytes, size, &request);
    if (index == NETWORK_NO_DEVICE || !is_genuine_and_new(network, index, bytes, &request)) {
        return 0;
    }
    assert(index == device);
    sim_ns now_ns = engine_now(network->engine);
    network->devices[index].dev_nonce = request.dev_nonce;
    network->stats.commissioned++;
    size = accept_join(network, index, request.dev_nonce, accept, now_ns);
    if (network->application.joined != NULL) {
        network->application.joined(network->application_context, index, now_ns);
    }
    return size;
}
