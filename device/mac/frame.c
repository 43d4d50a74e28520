/* Parser of data downlinks and the rule of the 32-bit frame counters.
 * SPDX-License-Identifier: MIT
 */
#include "mac/frame.h"

#include "bytes.h"

enum mac_frame_status mac_frame_parse(const uint8_t *bytes, size_t size, struct mac_frame *frame)
{
    if (size < MAC_FRAME_OVERHEAD || size > 255) {
        return MAC_FRAME_TOO_SHORT;
    }
    if ((bytes[0] & 0x03u) != 0) {
        return MAC_FRAME_BAD_MAJOR;
    }
    frame->type = (uint8_t)mac_frame_type(bytes[0]);
    if (frame->type != MAC_UNCONFIRMED_DOWN && frame->type != MAC_CONFIRMED_DOWN) {
        return MAC_FRAME_NOT_A_DOWNLINK;
    }
    frame->dev_addr = get_le32(bytes + 1);
    frame->fctrl = bytes[5];
    frame->fcnt = get_le16(bytes + MAC_FCNT_AT);
    frame->fopts_size = frame->fctrl & MAC_FCTRL_FOPTS_SIZE;
    size_t at = MAC_FOPTS_AT + frame->fopts_size;
    size_t end = size - 4;
    if (at > end) {
        return MAC_FRAME_BAD_FOPTS;
    }
    frame->fport = -1;
    if (at < end) {
        frame->fport = bytes[at];
        at++;
        if (frame->fport == 0 && frame->fopts_size != 0) {
            return MAC_FRAME_BAD_FOPTS;
        }
    }
    frame->payload_at = (uint8_t)at;
    frame->payload_size = (uint8_t)(end - at);
    return MAC_FRAME_OK;
}

bool mac_frame_counter(uint32_t next, uint16_t received, uint32_t *fcnt)
{
    uint16_t ahead = (uint16_t)(received - (uint16_t)next);
    uint32_t candidate = next + ahead;
    if ((ahead == UINT16_MAX && next != 0) || candidate < next || candidate == UINT32_MAX) {
        return false;
    }
    *fcnt = candidate;
    return true;
}
