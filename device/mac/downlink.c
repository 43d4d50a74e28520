/* A received frame: its addressee, its counter, its MIC, and what it carries.
 * SPDX-License-Identifier: MIT
 */
#include "bytes.h"
#include "mac/crypto.h"
#include "mac/mac_internal.h"
#include "trace.h"

/* The trace's names for the place where a frame came in. */
enum {
    IN_RX1 = 1,
    IN_RX2 = 2,
    IN_RXC = 3
};

static unsigned place(const struct core *core)
{
    if (core->mac.activity != MAC_RX_WINDOW) {
        return IN_RXC;
    }
    DEVICE_ASSERT(&core->hal, core->mac.window.owner <= MAC_WINDOW_RX2);
    return core->mac.window.owner == MAC_WINDOW_RX1 ? IN_RX1 : IN_RX2;
}

static enum mac_receipt drop(struct core *core, enum mac_frame_status why, uint8_t mhdr)
{
    DEVICE_ASSERT(&core->hal, why > MAC_FRAME_OK && why <= MAC_FRAME_BAD_CRC);
    hal_trace(&core->hal, FW_TRACE_FRAME_DROPPED, why, mhdr);
    return MAC_RECEIPT_NONE;
}

static void fill_downlink(struct mac_rx *rx, const struct mac_frame *frame,
        const struct radio_frame *radio, int group, uint32_t fcnt, uint64_t end_ticks)
{
    rx->downlink = (struct mac_downlink){
        .payload = rx->bytes + frame->payload_at,
        .size = frame->payload_size,
        .fport = (uint8_t)frame->fport,
        .group = (int8_t)group,
        .snr_db = radio->snr_db,
        .rssi_dbm = radio->rssi_dbm,
        .pending = (frame->fctrl & MAC_FCTRL_FPENDING) != 0,
        .fcnt = fcnt,
        .end_ticks = end_ticks,
    };
}

/* Counter and MIC. */
static bool authentic(struct core *core, const struct mac_frame *frame, const uint8_t *bytes,
        size_t size, uint32_t *fcnt)
{
    const struct hal *hal = &core->hal;
    DEVICE_ASSERT(hal, size >= MAC_FRAME_OVERHEAD);
    uint8_t mic[4];
    if (!mac_frame_counter(core->mac.fcnt_down_next, frame->fcnt, fcnt)) {
        hal_trace(hal, FW_TRACE_COUNTER_REJECTED, core->mac.dev_addr, frame->fcnt);
        return false;
    }
    mac_crypto_mic(hal, MAC_KEY_NWK_S, MAC_DOWN, core->mac.dev_addr, *fcnt, bytes, size - 4, mic);
    if (!mac_crypto_mic_equal(mic, bytes + size - 4)) {
        hal_trace(hal, FW_TRACE_BAD_MIC, core->mac.dev_addr, *fcnt);
        return false;
    }
    return true;
}

/* What a valid downlink in RX1 or RX2 ends and starts. */
static void class_a_bookkeeping(struct core *core, uint8_t fctrl)
{
    DEVICE_ASSERT(&core->hal, core->mac.activity == MAC_RX_WINDOW);
    core->mac.acknowledged = core->mac.confirmed && (fctrl & MAC_FCTRL_ACK) != 0;
    core->mac.answers.sticky_size = 0;
    core->mac.adr_ack_count = 0;
}

static void take_commands(
        struct core *core, const struct mac_frame *frame, uint8_t *bytes, uint32_t fcnt, int snr_db)
{
    DEVICE_ASSERT(&core->hal, frame->payload_at + frame->payload_size <= MAC_FRAME_MAX);
    if (frame->fopts_size > 0) {
        mac_commands_handle(core, bytes + MAC_FOPTS_AT, frame->fopts_size, snr_db);
    }
    if (frame->fport == 0) {
        uint8_t *commands = bytes + frame->payload_at;
        mac_crypto_cipher(&core->hal, MAC_KEY_NWK_S, MAC_DOWN, core->mac.dev_addr, fcnt, commands,
                frame->payload_size);
        mac_commands_handle(core, commands, frame->payload_size, snr_db);
    }
}

static enum mac_receipt receive_unicast(struct core *core, const struct mac_frame *frame,
        const struct radio_frame *radio, uint64_t end_ticks, struct mac_rx *rx, bool *deliver)
{
    const struct hal *hal = &core->hal;
    unsigned where = place(core);
    uint8_t *bytes = rx->bytes;
    uint32_t fcnt;
    DEVICE_ASSERT(hal, core->mac.joined && frame->dev_addr == core->mac.dev_addr);
    if (where == IN_RXC && (frame->fopts_size > 0 || frame->fport == 0)) {
        return drop(core, MAC_FRAME_MAC_IN_CLASS_C, bytes[0]);
    }
    if (!authentic(core, frame, bytes, radio->size, &fcnt)) {
        return MAC_RECEIPT_NONE;
    }
    core->mac.fcnt_down_next = fcnt + 1u;
    mac_contact_note(core, MAC_CONTACT_ANSWERED);
    unsigned fport = frame->fport < 0 ? 0u : (unsigned)frame->fport;
    hal_trace(hal, FW_TRACE_DOWNLINK, fcnt, fport << 8 | where);
    if (where != IN_RXC) {
        class_a_bookkeeping(core, frame->fctrl);
    }
    if (frame->type == MAC_CONFIRMED_DOWN) {
        core->mac.ack_pending = true;
        core->mac.confirmed_class_c = where == IN_RXC;
    }
    take_commands(core, frame, bytes, fcnt, radio->snr_db);
    mac_session_save_counters(core);
    mac_uplink_answered(core, (frame->fctrl & MAC_FCTRL_FPENDING) != 0, end_ticks);
    if (frame->fport >= 224) {
        drop(core, MAC_FRAME_BAD_PORT, bytes[0]);
    } else if (frame->fport > 0) {
        mac_crypto_cipher(hal, MAC_KEY_APP_S, MAC_DOWN, core->mac.dev_addr, fcnt,
                bytes + frame->payload_at, frame->payload_size);
        fill_downlink(rx, frame, radio, -1, fcnt, end_ticks);
        *deliver = true;
    }
    return MAC_RECEIPT_UNICAST;
}

static enum mac_receipt receive_join_accept(
        struct core *core, const struct radio_frame *radio, struct mac_rx *rx)
{
    if (core->mac.exchange != MAC_EXCHANGE_JOIN || core->mac.activity != MAC_RX_WINDOW) {
        return drop(core, MAC_FRAME_NOT_EXPECTED, rx->bytes[0]);
    }
    if (!mac_join_accept(core, rx->bytes, radio->size)) {
        return MAC_RECEIPT_NONE;
    }
    mac_contact_note(core, MAC_CONTACT_ANSWERED);
    return MAC_RECEIPT_UNICAST;
}

enum mac_receipt mac_receive(struct core *core, const struct radio_frame *radio, uint64_t end_ticks,
        struct mac_rx *rx, bool *deliver)
{
    struct mac_frame frame;
    uint8_t *bytes = rx->bytes;
    if (radio->size > 0 && (bytes[0] & 0x03u) == 0 && mac_frame_type(bytes[0]) == MAC_JOIN_ACCEPT) {
        return receive_join_accept(core, radio, rx);
    }
    enum mac_frame_status status = mac_frame_parse(bytes, radio->size, &frame);
    if (status != MAC_FRAME_OK) {
        return drop(core, status, radio->size > 0 ? bytes[0] : 0);
    }
    bool known = false;
    for (unsigned group = 0; group < MAC_MULTICAST_GROUPS; group++) {
        uint32_t fcnt;
        if (!core->mac.groups[group].defined || core->mac.groups[group].mc_addr != frame.dev_addr) {
            continue;
        }
        /* New groups get an address of their own, but one on record may share it. */
        known = true;
        if (mac_multicast_accept(core, group, &frame, radio->size, end_ticks, bytes, &fcnt)) {
            fill_downlink(rx, &frame, radio, (int)group, fcnt, end_ticks);
            *deliver = frame.fport < 224;
            return MAC_RECEIPT_MULTICAST;
        }
    }
    if (core->mac.joined && frame.dev_addr == core->mac.dev_addr) {
        return receive_unicast(core, &frame, radio, end_ticks, rx, deliver);
    }
    return known ? MAC_RECEIPT_NONE : drop(core, MAC_FRAME_NOT_FOR_US, bytes[0]);
}

/* The group with this address; MAC_MULTICAST_GROUPS: none, or two on record that share it. */
static unsigned only_group(const struct core *core, uint32_t mc_addr)
{
    unsigned found = MAC_MULTICAST_GROUPS;
    for (unsigned group = 0; group < MAC_MULTICAST_GROUPS; group++) {
        if (core->mac.groups[group].defined && core->mac.groups[group].mc_addr == mc_addr) {
            if (found < MAC_MULTICAST_GROUPS) {
                return MAC_MULTICAST_GROUPS;
            }
            found = group;
        }
    }
    return found;
}

bool mac_only_drops(const struct core *core, const uint8_t *bytes, size_t size, uint32_t *mc_addr,
        uint16_t *fcnt)
{
    const struct mac_group *listening = &core->mac.groups[core->mac.class_c.group];
    struct mac_frame frame;
    DEVICE_ASSERT(&core->hal, size <= MAC_FRAME_MAX);
    /* Of what is not old nearly all is the very next one: seen before the frame is taken apart. */
    if (size < MAC_FRAME_OVERHEAD
            || get_le16(bytes + MAC_FCNT_AT) == (listening->fcnt_next & 0xFFFFu)
            || core->mac.activity != MAC_RX_CONTINUOUS || core->mac.contact < MAC_CONTACT_HEARD
            || mac_frame_parse(bytes, size, &frame) != MAC_FRAME_OK) {
        return false;
    }
    unsigned group = only_group(core, frame.dev_addr);
    *mc_addr = frame.dev_addr;
    *fcnt = frame.fcnt;
    return group < MAC_MULTICAST_GROUPS && mac_multicast_is_old(core, group, &frame)
           && !(core->mac.joined && frame.dev_addr == core->mac.dev_addr);
}
