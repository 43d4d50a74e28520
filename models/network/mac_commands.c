/* MAC commands between server and device (LoRaWAN L2 1.0.4 section 5).
 * SPDX-License-Identifier: MIT
 */
#include "network/mac_commands.h"

#include <assert.h>

#include "network/wire.h"

enum mac_cid {
    CID_LINK_CHECK = 0x02,
    CID_LINK_ADR = 0x03,
    CID_DUTY_CYCLE = 0x04,
    CID_RX_PARAM_SETUP = 0x05,
    CID_DEV_STATUS = 0x06,
    CID_NEW_CHANNEL = 0x07,
    CID_RX_TIMING_SETUP = 0x08,
    CID_TX_PARAM_SETUP = 0x09,
    CID_DL_CHANNEL = 0x0A,
    CID_DEVICE_TIME = 0x0D,
    CID_PING_SLOT_INFO = 0x10,
    CID_PING_SLOT_CHANNEL = 0x11,
    CID_BEACON_TIMING = 0x12,
    CID_BEACON_FREQ = 0x13
};

/* Payload bytes of a command from a device, -1: unknown. */
static int uplink_payload_size(uint8_t cid)
{
    switch (cid) {
    case CID_LINK_CHECK:
    case CID_DUTY_CYCLE:
    case CID_RX_TIMING_SETUP:
    case CID_TX_PARAM_SETUP:
    case CID_DEVICE_TIME:
    case CID_BEACON_TIMING:
        return 0;
    case CID_LINK_ADR:
    case CID_RX_PARAM_SETUP:
    case CID_NEW_CHANNEL:
    case CID_DL_CHANNEL:
    case CID_PING_SLOT_INFO:
    case CID_PING_SLOT_CHANNEL:
    case CID_BEACON_FREQ:
        return 1;
    case CID_DEV_STATUS:
        return 2;
    default:
        return -1;
    }
}

static void parse_one(uint8_t cid, const uint8_t *payload, struct mac_commands *commands)
{
    switch (cid) {
    case CID_LINK_CHECK:
        commands->link_check_req = true;
        break;
    case CID_DEVICE_TIME:
        commands->device_time_req = true;
        break;
    case CID_PING_SLOT_INFO:
        commands->ping_slot_info_reqs++;
        break;
    case CID_LINK_ADR:
        commands->link_adr_accepted =
                (commands->link_adr_answers == 0 || commands->link_adr_accepted)
                && (payload[0] & 0x07u) == 0x07u;
        commands->link_adr_answers++;
        break;
    case CID_DEV_STATUS:
        commands->dev_status_ans = true;
        commands->battery = payload[0];
        /* Six bits in two's complement. */
        commands->radio_margin_db = (int8_t)((payload[1] & 0x3F) - ((payload[1] & 0x20) << 1));
        break;
    default: /* answers to what this server does not ask */
        break;
    }
}

void mac_commands_parse(const uint8_t *data, size_t size, struct mac_commands *commands)
{
    size_t at = 0;
    while (at < size) {
        uint8_t cid = data[at++];
        int payload_size = uplink_payload_size(cid);
        if (payload_size < 0 || (size_t)payload_size > size - at) {
            commands->malformed = true;
            return;
        }
        parse_one(cid, data + at, commands);
        at += (size_t)payload_size;
    }
}

size_t mac_link_check_ans(uint8_t *out, uint8_t margin_db, uint8_t gateway_count)
{
    out[0] = CID_LINK_CHECK;
    out[1] = margin_db;
    out[2] = gateway_count;
    return MAC_LINK_CHECK_ANS_SIZE;
}

size_t mac_device_time_ans(uint8_t *out, int64_t gps_ns)
{
    uint64_t units = ((uint64_t)gps_ns / 1000u * 256u + 500000u) / 1000000u; /* 1/256 s */
    out[0] = CID_DEVICE_TIME;
    wire_put_u32(out + 1, (uint32_t)(units / 256u));
    out[5] = (uint8_t)(units % 256u);
    return MAC_DEVICE_TIME_ANS_SIZE;
}

size_t mac_dev_status_req(uint8_t *out)
{
    out[0] = CID_DEV_STATUS;
    return MAC_DEV_STATUS_REQ_SIZE;
}

size_t mac_ping_slot_info_ans(uint8_t *out)
{
    out[0] = CID_PING_SLOT_INFO;
    return 1;
}

size_t mac_link_adr_req(
        uint8_t *out, uint8_t data_rate, uint8_t tx_power, uint16_t channel_mask, uint8_t nb_trans)
{
    assert(data_rate < 16 && tx_power < 16 && nb_trans < 16);
    out[0] = CID_LINK_ADR;
    out[1] = (uint8_t)(data_rate << 4 | tx_power);
    wire_put_u16(out + 2, channel_mask);
    out[4] = nb_trans;
    return MAC_LINK_ADR_REQ_SIZE;
}
