/* What the server asks of a device: LinkADRReq and DevStatusReq, and what the device answers.
 * SPDX-License-Identifier: MIT
 *
 * A question is asked when a gateway reports that its frame is on the air. Until then it is only
 * offered: a frame that every gateway refuses asks nothing, and the next downlink offers the
 * question again.
 */
#include <assert.h>

#include "network/network_internal.h"

/* DevStatusReqs in a row without an answer: then the device is not asked any more. */
#define STATUS_UNANSWERED_MAX 3u

/* --- questions ------------------------------------------------------------------------------- */

static bool status_is_due(
        const struct network *network, const struct device_state *device, sim_ns now_ns)
{
    if (network->params.dev_status_period_ns < 0
            || device->status_unanswered >= STATUS_UNANSWERED_MAX) {
        return false;
    }
    sim_ns period_ns = network->params.dev_status_period_ns;
    return !device->status_known || (period_ns > 0 && now_ns - device->status_ns >= period_ns);
}

bool network_question_makes_downlink(
        const struct network *network, const struct device_state *device, sim_ns now_ns)
{
    return network->params.dev_status_period_ns > 0 && status_is_due(network, device, now_ns);
}

uint8_t network_put_questions(struct network *network, struct downlink *downlink, bool adr,
        uint32_t room, uint8_t fopts[LORAWAN_FOPTS_MAX], uint8_t size, sim_ns now_ns)
{
    struct device_state *device = &network->devices[downlink->device];
    room = room < LORAWAN_FOPTS_MAX ? room : LORAWAN_FOPTS_MAX;
    if (adr && size + MAC_LINK_ADR_REQ_SIZE <= room) {
        struct adr_state *state = &network->adr[downlink->device];
        struct channel_set channels = network->params.adr.channels;
        if (channel_set_is_empty(&channels)) {
            channels = channel_set_first(network_channel_count(network));
        }
        /* ChMaskCntl 0: the plans of today's regions have up to 16 channels. */
        assert(channels.high == 0 && channels.low <= UINT16_MAX);
        adr_offer(state);
        size = (uint8_t)(size
                         + mac_link_adr_req(fopts + size, state->offered.data_rate,
                                 state->offered.tx_power, channel_set_block(&channels, 0),
                                 state->offered.nb_trans));
        downlink->asks_adr = true;
    }
    if (status_is_due(network, device, now_ns) && size + MAC_DEV_STATUS_REQ_SIZE <= room) {
        size = (uint8_t)(size + mac_dev_status_req(fopts + size));
        device->status_offered = true;
        downlink->asks_status = true;
    }
    return size;
}

void network_questions_asked(struct network *network, const struct downlink *downlink)
{
    struct device_state *device = &network->devices[downlink->device];
    if (downlink->asks_adr) {
        adr_sent(&network->adr[downlink->device]);
        network->stats.adr_requests++;
    }
    if (downlink->asks_status) {
        /* A report later than the device's next uplink finds nothing offered. */
        device->status_asked = device->status_offered;
        network->stats.status_requests++;
    }
}

/* --- answers --------------------------------------------------------------------------------- */

static void take_status(
        struct network *network, uint32_t index, const struct mac_commands *commands, sim_ns now_ns)
{
    struct device_state *device = &network->devices[index];
    if (commands->dev_status_ans) {
        device->status_known = true;
        device->status_ns = now_ns;
        device->status_unanswered = 0;
        device->battery = commands->battery;
        device->radio_margin_db = commands->radio_margin_db;
        network->stats.status_answers++;
    } else if (device->status_asked) {
        device->status_unanswered++;
    }
    device->status_offered = false;
    device->status_asked = false;
}

bool network_take_answers(struct network *network, const struct pending *pending,
        const struct lorawan_uplink *frame, const struct mac_commands *commands, sim_ns now_ns)
{
    struct device_state *device = &network->devices[pending->device];
    take_status(network, pending->device, commands, now_ns);
    if (network->adr == NULL || !frame->adr) {
        return false;
    }
    struct adr_uplink uplink = {
        .fcnt = pending->fcnt,
        .data_rate = pending->data_rate,
        .best_snr_mdb = pending->heard[0].snr_mdb,
        .ack_req = frame->adr_ack_req,
        .commands = commands,
    };
    struct adr_link link = { pending->data_rate, device->tx_power, device->nb_trans };
    bool wanted = adr_uplink(&network->adr[pending->device], network->params.region,
            &network->params.adr, &uplink, &link, &network->stats);
    device->tx_power = link.tx_power;
    device->nb_trans = link.nb_trans;
    return wanted;
}
