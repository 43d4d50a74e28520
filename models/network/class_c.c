/* Unicast downlinks in class C: to a device that listens to a multicast group, at any time.
 * SPDX-License-Identifier: MIT
 *
 * LoRaWAN 1.0.4 section 16: a device of class C listens whenever it does not send. In a session of
 * TS005 it does so at the group's frequency and data rate, and takes frames to its own address,
 * too.
 */
#include <assert.h>

#include "network/multicast_internal.h"
#include "network/network_internal.h"

/* Best first. */
static void add_gateways(struct downlink *downlink, const struct device_state *device)
{
    uint8_t used = 0;
    assert(device->heard_count <= HEARD_MAX);
    for (uint32_t n = 0; n < device->heard_count; n++) {
        uint32_t best = HEARD_MAX;
        for (uint32_t i = 0; i < device->heard_count; i++) {
            bool better =
                    best == HEARD_MAX || device->heard[i].snr_mdb > device->heard[best].snr_mdb;
            best = (used >> i & 1u) == 0 && better ? i : best;
        }
        used |= (uint8_t)(1u << best);
        downlink->options[downlink->option_count++] =
                (struct downlink_option){ device->heard[best].gateway, WINDOW_CLASS_C };
    }
}

bool network_send_class_c(struct network *network, uint32_t device_index, uint32_t group_index,
        uint8_t fport, const uint8_t *payload, uint16_t size)
{
    assert(device_index < network->device_count && group_index < network->group_count);
    struct device_state *device = &network->devices[device_index];
    const struct network_group_params *listens = &group_at(network, group_index)->params;
    if (!device->joined || device->heard_count == 0
            || size > region_downlink_payload_max(network->params.region, listens->data_rate)) {
        return false;
    }
    uint32_t index = network_downlink_take(network, device_index);
    if (index == POOL_NONE) {
        return false;
    }
    struct downlink *downlink = pool_at(&network->downlinks, index);
    const struct lorawan_downlink frame = {
        .dev_addr = network_dev_addr(network, device_index),
        .fcnt = device->fcnt_down,
        .pending = device->queue_length > 0,
        .fport = fport,
        .payload = payload,
        .payload_size = size,
    };
    downlink->rx1_frequency_hz = listens->frequency_hz;
    downlink->data_rate[0] = listens->data_rate;
    downlink->fcnt = device->fcnt_down++;
    network_downlink_build(network, downlink, &frame);
    add_gateways(downlink, device);
    network_downlink_submit(network, index, engine_now(network->engine));
    return true;
}
