/* The network server: devices, addresses, queues, and what others ask of it.
 * SPDX-License-Identifier: MIT
 */
#include "network/network.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "network/network_internal.h"
#include "observe.h"

/* NetID type 0: DevAddr = 0 | NwkID (6 bits) | NwkAddr (25 bits). (LoRaWAN Backend Interfaces) */
#define NWK_ID_SHIFT 25
#define NWK_ADDR_MAX ((1u << NWK_ID_SHIFT) - 1u)

static uint32_t address_prefix(const struct network *network)
{
    return (network->params.net_id & 0x3Fu) << NWK_ID_SHIFT;
}

static uint64_t eui_hash(uint64_t eui)
{
    eui ^= eui >> 32;
    eui *= UINT64_C(0x9E3779B97F4A7C15);
    return eui >> 32;
}

static bool eui_table_create(struct network *network)
{
    uint32_t size = 4;
    while (size < 2u * network->device_count) {
        size *= 2;
    }
    network->eui_table = malloc(size * sizeof *network->eui_table);
    if (network->eui_table == NULL) {
        return false;
    }
    memset(network->eui_table, 0xFF, size * sizeof *network->eui_table);
    network->eui_table_mask = size - 1;
    for (uint32_t device = 0; device < network->device_count; device++) {
        uint64_t slot = eui_hash(network->identities[device].dev_eui);
        while (network->eui_table[slot & network->eui_table_mask] != NETWORK_NO_DEVICE) {
            slot++;
        }
        network->eui_table[slot & network->eui_table_mask] = device;
    }
    return true;
}

uint32_t network_device_by_eui(const struct network *network, uint64_t dev_eui)
{
    uint64_t slot = eui_hash(dev_eui);
    uint32_t device;
    while ((device = network->eui_table[slot & network->eui_table_mask]) != NETWORK_NO_DEVICE) {
        if (network->identities[device].dev_eui == dev_eui) {
            return device;
        }
        slot++;
    }
    return NETWORK_NO_DEVICE;
}

/* Addresses are given in device order from 1 on, so that the lookup is a subtraction. */
uint32_t network_dev_addr(const struct network *network, uint32_t device)
{
    assert(device < network->device_count);
    return address_prefix(network) | (device + 1u);
}

uint32_t network_device_by_address(const struct network *network, uint32_t dev_addr)
{
    uint32_t device = (dev_addr ^ address_prefix(network)) - 1u;
    return device < network->device_count ? device : NETWORK_NO_DEVICE;
}

uint32_t network_mc_addr(const struct network *network, uint32_t n)
{
    assert(n < NWK_ADDR_MAX - network->device_count);
    return address_prefix(network) | (NWK_ADDR_MAX - n);
}

struct network *network_create(struct engine *engine, const struct network_params *params,
        struct gateway_fleet *gateways, uint32_t gateway_count,
        const struct device_identity *devices, uint32_t device_count, int64_t gps_epoch_ns)
{
    assert(device_count < NWK_ADDR_MAX / 2 && gateway_count <= NETWORK_GATEWAYS_MAX);
    assert(params->extra_channel_count <= REGION_EXTRA_MAX);
    assert(region_has_downlink(params->region, params->rx2_data_rate));
    struct network *network = calloc(1, sizeof *network);
    if (network == NULL) {
        return NULL;
    }
    network->engine = engine;
    network->gateways = gateways;
    network->gateway_count = gateway_count;
    network->identities = devices;
    network->device_count = device_count;
    network->params = *params;
    network->gps_epoch_ns = gps_epoch_ns;
    network->entity = engine_entity_add(engine, 1);
    network->deduplication_handler =
            engine_handler_add(engine, network_on_deduplication_end, network);
    network->multicast_handler = engine_handler_add(engine, network_on_multicast_slot, network);
    pool_init(&network->pendings, sizeof(struct pending), PENDING_MAX);
    pool_init(&network->downlinks, sizeof(struct downlink), DOWNLINKS_MAX);
    pool_init(&network->queue_items, sizeof(struct queue_item), QUEUE_ITEMS_MAX);
    network->devices = calloc(device_count > 0 ? device_count : 1, sizeof *network->devices);
    network->given_up_until_ns =
            calloc(gateway_count > 0 ? gateway_count : 1, sizeof *network->given_up_until_ns);
    network->schedules = session_schedules_create();
    if (network->devices == NULL || network->schedules == NULL || network->given_up_until_ns == NULL
            || !spent_airtime_init(
                    &network->spent, params->region, gateway_count, engine_memory(engine))
            || !eui_table_create(network)) {
        network_destroy(network);
        return NULL;
    }
    if (params->adr.on) {
        network->adr = calloc(device_count > 0 ? device_count : 1, sizeof *network->adr);
        if (network->adr == NULL) {
            network_destroy(network);
            return NULL;
        }
    }
    for (uint32_t i = 0; i < device_count; i++) {
        network->devices[i].dev_nonce = COUNTER_NONE;
        network->devices[i].fcnt_up = COUNTER_NONE;
        network->devices[i].pending = POOL_NONE;
        network->devices[i].queue_head = POOL_NONE;
        network->devices[i].nb_trans_first = 1;
    }
    return network;
}

entity_id network_entity(const struct network *network)
{
    return network->entity;
}

void network_destroy(struct network *network)
{
    if (network == NULL) {
        return;
    }
    network_groups_finish(network);
    pool_finish(&network->pendings);
    pool_finish(&network->downlinks);
    pool_finish(&network->queue_items);
    free(network->eui_table);
    free(network->devices);
    session_schedules_destroy(network->schedules);
    free(network->adr);
    free(network->given_up_until_ns);
    spent_airtime_finish(&network->spent);
    free(network);
}

void network_set_application(
        struct network *network, const struct network_application *application, void *context)
{
    network->application = *application;
    network->application_context = context;
}

static void on_report(void *context, const struct gateway_report *report, sim_ns now_ns)
{
    struct network *network = context;
    if (TOKEN_KIND(report->token) == TOKEN_UNICAST) {
        network_downlink_report(network, report, now_ns);
    } else if (TOKEN_KIND(report->token) == TOKEN_MULTICAST) {
        network_multicast_report(network, report, now_ns);
    }
}

const struct gateway_sink network_gateway_sink = {
    .uplink = network_on_gateway_uplink,
    .report = on_report,
    .prefetch = network_prefetch,
};

struct lora_modulation network_downlink_modulation(
        const struct network *network, uint8_t data_rate, uint32_t frequency_hz)
{
    struct lora_modulation modulation =
            region_downlink_modulation(network->params.region, data_rate, frequency_hz);
    modulation.payload_crc = network->params.downlink_crc;
    return modulation;
}

const struct region *network_region(const struct network *network)
{
    return network->params.region;
}

int32_t network_eirp_mdbm(const struct network *network, uint32_t frequency_hz)
{
    int32_t limit_mdbm = region_eirp_max_mdbm(network->params.region, frequency_hz);
    int32_t eirp_mdbm = network->params.gateway_eirp_mdbm;
    return eirp_mdbm > 0 && eirp_mdbm < limit_mdbm ? eirp_mdbm : limit_mdbm;
}

int64_t network_gps_ns(const struct network *network, sim_ns at_ns)
{
    return network->gps_epoch_ns + at_ns;
}

uint8_t network_rx1_delay_s(const struct network *network)
{
    return network->params.rx1_delay_s > 0 ? network->params.rx1_delay_s : 1;
}

void network_drop(struct network *network, uint32_t device, enum network_drop_reason reason)
{
    switch (reason) {
    case NETWORK_DROP_MALFORMED:
    case NETWORK_DROP_NO_ROOM:
    case NETWORK_DROP_COPY:
    case NETWORK_DROP_SESSION:
        break;
    case NETWORK_DROP_UNKNOWN_DEVICE:
        network->stats.unknown_device++;
        break;
    case NETWORK_DROP_BAD_MIC:
        network->stats.bad_mic++;
        break;
    case NETWORK_DROP_EXCESS:
        network->stats.excess_copies++;
        break;
    case NETWORK_DROP_REPLAYED:
        network->stats.replayed++;
        break;
    case NETWORK_DROP_DEV_NONCE:
        network->stats.join_rejects++;
        break;
    }
    engine_observe(network->engine, engine_now(network->engine), network->entity,
            OBSERVE_NETWORK_DROP, device, reason, 0, NULL);
}

void network_set_link(struct network *network, uint32_t device, uint8_t tx_power, uint8_t nb_trans)
{
    assert(device < network->device_count && nb_trans >= 1 && nb_trans <= 15);
    assert(tx_power <= network->params.region->tx_power_max);
    network->devices[device].tx_power_first = tx_power;
    network->devices[device].nb_trans_first = nb_trans;
}

/* --- application downlinks ------------------------------------------------------------------- */

bool network_enqueue(struct network *network, uint32_t device, uint8_t fport,
        const uint8_t *payload, uint16_t size)
{
    assert(device < network->device_count && fport > 0);
    struct device_state *state = &network->devices[device];
    if (state->queue_length >= NETWORK_DEVICE_QUEUE || size > NETWORK_PAYLOAD_MAX) {
        return false;
    }
    uint32_t index = pool_take(&network->queue_items);
    if (index == POOL_NONE) {
        return false;
    }
    struct queue_item *item = pool_at(&network->queue_items, index);
    item->next = POOL_NONE;
    item->fport = fport;
    item->size = size;
    memcpy(item->payload, payload, size);
    if (state->queue_head == POOL_NONE) {
        state->queue_head = index;
    } else {
        struct queue_item *tail = pool_at(&network->queue_items, state->queue_tail);
        tail->next = index;
    }
    state->queue_tail = index;
    state->queue_length++;
    return true;
}

void network_keep_open(struct network *network, uint32_t device)
{
    assert(device < network->device_count);
    network->devices[device].keep_open = true;
}

uint32_t network_queue_length(const struct network *network, uint32_t device)
{
    assert(device < network->device_count);
    return network->devices[device].queue_length;
}

void network_queue_clear(struct network *network, uint32_t device)
{
    assert(device < network->device_count);
    struct device_state *state = &network->devices[device];
    while (state->queue_head != POOL_NONE) {
        const struct queue_item *item = pool_at(&network->queue_items, state->queue_head);
        uint32_t next = item->next;
        pool_give(&network->queue_items, state->queue_head);
        state->queue_head = next;
    }
    state->queue_length = 0;
}

uint16_t network_downlink_max(const struct network *network, uint32_t device)
{
    assert(device < network->device_count);
    /* RX2 is what a frame falls back to; DeviceTimeAns and LinkCheckAns may ride with it. */
    (void)device;
    uint16_t room =
            region_downlink_payload_max(network->params.region, network->params.rx2_data_rate);
    return (uint16_t)(room - MAC_DEVICE_TIME_ANS_SIZE - MAC_LINK_CHECK_ANS_SIZE);
}

static uint16_t rx1_max(const struct network *network, uint32_t device)
{
    assert(device < network->device_count);
    return region_downlink_payload_max(network->params.region,
            region_rx1_rate(network->params.region, network->devices[device].data_rate,
                    network->params.rx1_data_rate_offset));
}

uint16_t network_answer_max(const struct network *network, uint32_t device)
{
    uint16_t rx1 = rx1_max(network, device);
    uint16_t rx2 =
            region_downlink_payload_max(network->params.region, network->params.rx2_data_rate);
    return rx1 > rx2 ? rx1 : rx2;
}

uint16_t network_answer_least(const struct network *network, uint32_t device)
{
    uint16_t rx1 = rx1_max(network, device);
    uint16_t rx2 =
            region_downlink_payload_max(network->params.region, network->params.rx2_data_rate);
    return rx1 < rx2 ? rx1 : rx2;
}

/* --- views ----------------------------------------------------------------------------------- */

bool network_session_keys(const struct network *network, uint32_t device, uint8_t nwk_s_key[16],
        uint8_t app_s_key[16])
{
    assert(device < network->device_count);
    const struct device_state *state = &network->devices[device];
    memcpy(nwk_s_key, state->keys.nwk_s_key, 16);
    memcpy(app_s_key, state->keys.app_s_key, 16);
    return state->joined;
}

uint32_t network_best_gateway(const struct network *network, uint32_t device)
{
    assert(device < network->device_count);
    const struct device_state *state = &network->devices[device];
    uint32_t best = UINT32_MAX;
    int32_t best_snr_mdb = INT32_MIN;
    for (uint32_t i = 0; i < state->heard_count; i++) {
        if (state->heard[i].snr_mdb > best_snr_mdb) {
            best = state->heard[i].gateway;
            best_snr_mdb = state->heard[i].snr_mdb;
        }
    }
    return best;
}

uint32_t network_channel_count(const struct network *network)
{
    return region_default_channel_count(network->params.region)
           + network->params.extra_channel_count;
}

void network_device_get(
        const struct network *network, uint32_t device, struct network_device_view *view)
{
    assert(device < network->device_count);
    const struct device_state *state = &network->devices[device];
    *view = (struct network_device_view){
        .joined = state->joined,
        .data_rate = state->data_rate,
        .tx_power = state->tx_power,
        .nb_trans = state->nb_trans,
        .status_known = state->status_known,
        .battery = state->battery,
        .radio_margin_db = state->radio_margin_db,
    };
}

void network_stats(const struct network *network, struct network_stats *stats)
{
    *stats = network->stats;
}
