/* MAC commands between server and device (LoRaWAN L2 1.0.4 section 5).
 * SPDX-License-Identifier: MIT
 */
#ifndef NETWORK_MAC_COMMANDS_H
#define NETWORK_MAC_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the MAC commands of one uplink asked and answered. */
struct mac_commands {
    bool link_check_req;
    bool device_time_req;
    uint8_t ping_slot_info_reqs;
    bool dev_status_ans;
    uint8_t battery;          /* DevStatusAns scale */
    int8_t radio_margin_db;   /* SNR of the DevStatusReq at the device, -32..31 */
    uint8_t link_adr_answers; /* LinkADRAns seen, and whether all three bits were set in each */
    bool link_adr_accepted;
    bool malformed; /* an unknown command, or one cut short: the rest was not read */
};

/* Reads what FOpts or an FPort 0 payload hold. Adds to `commands`, which starts zeroed. */
void mac_commands_parse(const uint8_t *data, size_t size, struct mac_commands *commands);

/* Each writes one command and returns its size. */
size_t mac_link_check_ans(uint8_t *out, uint8_t margin_db, uint8_t gateway_count);
/* `gps_ns`: GPS time of the end of the uplink. The fraction is rounded to 1/256 s. */
size_t mac_device_time_ans(uint8_t *out, int64_t gps_ns);
size_t mac_dev_status_req(uint8_t *out);
size_t mac_ping_slot_info_ans(uint8_t *out);
/* `channel_mask`: of channels 0..15 (ChMaskCntl 0). */
size_t mac_link_adr_req(
        uint8_t *out, uint8_t data_rate, uint8_t tx_power, uint16_t channel_mask, uint8_t nb_trans);

#define MAC_LINK_CHECK_ANS_SIZE  3u
#define MAC_DEVICE_TIME_ANS_SIZE 6u
#define MAC_DEV_STATUS_REQ_SIZE  1u
#define MAC_LINK_ADR_REQ_SIZE    5u

#endif
