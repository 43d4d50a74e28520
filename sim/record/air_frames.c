/* LoRaWAN frames on the air, parsed and decrypted with the keys that the servers have.
 * SPDX-License-Identifier: MIT
 */
#include "record/air_frames.h"

#include <assert.h>
#include <string.h>

#include "campaign/packages.h"
#include "campaign/unicast_packages.h"
#include "network/lorawan.h"
#include "network/wire.h"

#define FRAG_SESSION_SETUP_REQ 0x02u /* TS004-2.0.0 section 3.2 */
#define DATA_FRAGMENT          0x08u
#define BLOCK_DATA             0x02u /* device/services/unicast_blocks.h */
#define APP_TIME_ANS           0x01u /* TS003-2.0.0 section 3.2: CID, s, token */
#define APP_TIME_ANS_SIZE      6u
#define DEVICE_TIME_ANS        0x0du
#define HEADER_SIZE            8u /* MHDR and FHDR without FOpts */

bool air_downlink_parse(const struct frame *frame, struct air_downlink *downlink)
{
    const uint8_t *bytes = frame->bytes;
    if (!frame->downlink || frame->size < HEADER_SIZE + LORAWAN_MIC_SIZE) {
        return false;
    }
    enum lorawan_ftype type = lorawan_ftype(bytes[0]);
    size_t fopts_size = bytes[5] & 0x0fu;
    size_t fport_at = HEADER_SIZE + fopts_size;
    size_t mic_at = frame->size - LORAWAN_MIC_SIZE;
    if ((type != LORAWAN_UNCONFIRMED_DOWN && type != LORAWAN_CONFIRMED_DOWN) || fport_at > mic_at) {
        return false;
    }
    bool has_fport = fport_at < mic_at;
    *downlink = (struct air_downlink){
        .address = wire_u32(bytes + 1),
        .fcnt = wire_u16(bytes + 6),
        .fport = has_fport ? bytes[fport_at] : 0,
        .fopts = bytes + HEADER_SIZE,
        .fopts_size = (uint8_t)fopts_size,
        .payload = bytes + (has_fport ? fport_at + 1u : mic_at),
        .payload_size = (uint16_t)(has_fport ? mic_at - fport_at - 1u : 0u),
    };
    return true;
}

bool air_is_for(const struct recorder_view *view, uint32_t device, const struct frame *frame)
{
    struct air_downlink downlink;
    return air_downlink_parse(frame, &downlink)
           && downlink.address == network_dev_addr(view->network, device);
}

int air_uplink_fport(const struct frame *frame)
{
    struct lorawan_uplink uplink;
    bool ok = !frame->downlink && lorawan_uplink_parse(frame->bytes, frame->size, &uplink);
    return ok ? uplink.fport : -1;
}

/* Decrypts a payload of a device's own session. Its counter's high half is taken for 0: 65,536
 * frames are more than a device sends or receives in a run, or the message is not recognized. */
static bool decrypt(const struct recorder_view *view, uint32_t device,
        enum lorawan_direction direction, uint32_t fcnt, const uint8_t *payload, size_t size,
        uint8_t *out)
{
    uint8_t nwk_s_key[16], app_s_key[16];
    struct aes128_ctx cipher;
    if (!network_session_keys(view->network, device, nwk_s_key, app_s_key)) {
        return false;
    }
    aes128_set_encrypt_key(&cipher, app_s_key);
    memcpy(out, payload, size);
    lorawan_crypt(&cipher, direction, network_dev_addr(view->network, device), fcnt, out, size);
    return true;
}

bool air_sets_up_fragments(
        const struct recorder_view *view, uint32_t device, const struct frame *frame)
{
    struct air_downlink downlink;
    uint8_t message[LORAWAN_FRAME_MAX];
    return air_downlink_parse(frame, &downlink) && downlink.fport == PACKAGE_FPORT_FRAGMENTATION
           && downlink.payload_size > 0
           && decrypt(view, device, LORAWAN_DOWN, downlink.fcnt, downlink.payload,
                   downlink.payload_size, message)
           && message[0] == FRAG_SESSION_SETUP_REQ;
}

uint32_t air_unicast_fragments(const struct recorder_view *view, uint32_t device,
        const struct frame *frame, uint32_t size, uint32_t *first_n)
{
    struct air_downlink downlink;
    uint8_t message[LORAWAN_FRAME_MAX];
    _Static_assert(UNICAST_DATA_HEADER == PACKAGE_FRAGMENT_OVERHEAD, "the same header of both");
    if (!air_downlink_parse(frame, &downlink)
            || (downlink.fport != PACKAGE_FPORT_FRAGMENTATION && downlink.fport != UNICAST_FPORT)
            || downlink.payload_size < PACKAGE_FRAGMENT_OVERHEAD + size
            || !decrypt(view, device, LORAWAN_DOWN, downlink.fcnt, downlink.payload,
                    downlink.payload_size, message)
            || message[0] != (downlink.fport == UNICAST_FPORT ? BLOCK_DATA : DATA_FRAGMENT)) {
        return 0;
    }
    *first_n = wire_u16(message + 1) & PACKAGE_FRAGMENTS_MAX;
    return (downlink.payload_size - PACKAGE_FRAGMENT_OVERHEAD) / size;
}

enum air_answer air_set_up_answer(
        const struct recorder_view *view, uint32_t device, const struct frame *frame)
{
    struct lorawan_uplink uplink;
    uint8_t messages[LORAWAN_FRAME_MAX];
    uint32_t campaign = recorder_campaign_of(view, device);
    if (campaign == UINT32_MAX || air_uplink_fport(frame) != PACKAGE_FPORT_FRAGMENTATION
            || !lorawan_uplink_parse(frame->bytes, frame->size, &uplink)
            || !decrypt(view, device, LORAWAN_UP, uplink.fcnt, uplink.payload, uplink.payload_size,
                    messages)) {
        return AIR_NONE;
    }
    unsigned version = view->scenario->campaigns[campaign].params.fragmentation_version;
    size_t used = 1;
    for (size_t at = 0; at < uplink.payload_size && used > 0; at += used) {
        struct package_message message;
        used = package_message_parse(
                uplink.fport, version, messages + at, uplink.payload_size - at, &message);
        if (used > 0 && message.kind == PACKAGE_FRAG_SESSION_SETUP_ANS) {
            return message.status == 0 ? AIR_ACCEPTED : AIR_REFUSED;
        }
    }
    return AIR_NONE;
}

/* LoRaWAN L2 1.0.4 section 5: sizes of the commands that a server sends, without CID; -1: no such
 * command. */
static int command_size(uint8_t cid)
{
    static const int8_t sizes[] = { [0x02] = 2,
        [0x03] = 4,
        [0x04] = 1,
        [0x05] = 4,
        [0x06] = 0,
        [0x07] = 5,
        [0x08] = 1,
        [0x09] = 1,
        [0x0a] = 4,
        [0x0b] = -1,
        [0x0c] = -1,
        [DEVICE_TIME_ANS] = 5 };
    return cid < 0x02 || cid >= sizeof sizes ? -1 : sizes[cid];
}

static bool device_time(const struct air_downlink *downlink, int64_t *gps_ns)
{
    size_t at = 0;
    while (at < downlink->fopts_size) {
        const uint8_t *command = downlink->fopts + at;
        int size = command_size(command[0]);
        if (size < 0 || at + 1u + (size_t)size > downlink->fopts_size) {
            return false;
        }
        if (command[0] == DEVICE_TIME_ANS) { /* s, and 1/256 s: section 5.10 */
            *gps_ns = wire_u32(command + 1) * SIM_NS_PER_S + command[5] * SIM_NS_PER_S / 256;
            return true;
        }
        at += 1u + (size_t)size;
    }
    return false;
}

enum air_time air_time_answer(const struct recorder_view *view, uint32_t device,
        const struct frame *frame, int64_t *value_ns)
{
    struct air_downlink downlink;
    uint8_t message[LORAWAN_FRAME_MAX];
    if (!air_downlink_parse(frame, &downlink)) {
        return AIR_TIME_NONE;
    }
    if (device_time(&downlink, value_ns)) {
        return AIR_TIME_GPS;
    }
    if (downlink.fport != PACKAGE_FPORT_CLOCK || downlink.payload_size < APP_TIME_ANS_SIZE
            || !decrypt(view, device, LORAWAN_DOWN, downlink.fcnt, downlink.payload,
                    downlink.payload_size, message)
            || message[0] != APP_TIME_ANS) {
        return AIR_TIME_NONE;
    }
    *value_ns = (int32_t)wire_u32(message + 1) * SIM_NS_PER_S;
    return AIR_TIME_CORRECTION;
}

/* Sizes without CID: TS003-2.0.0 section 3, TS004-2.0.0 section 3, TS005-2.0.0 section 4. */
static const struct package_command {
    uint8_t fport, cid, size;
    const char *name;
} package_commands[] = {
    { PACKAGE_FPORT_MULTICAST, 0x00, 0, "PackageVersionReq" },
    { PACKAGE_FPORT_MULTICAST, 0x01, 1, "McGroupStatusReq" },
    { PACKAGE_FPORT_MULTICAST, 0x02, 29, "McGroupSetupReq" },
    { PACKAGE_FPORT_MULTICAST, 0x03, 1, "McGroupDeleteReq" },
    { PACKAGE_FPORT_MULTICAST, 0x04, 10, "McClassCSessionReq" },
    { PACKAGE_FPORT_MULTICAST, 0x05, 10, "McClassBSessionReq" },
    { PACKAGE_FPORT_FRAGMENTATION, 0x00, 0, "PackageVersionReq" },
    { PACKAGE_FPORT_FRAGMENTATION, 0x01, 1, "FragSessionStatusReq" },
    { PACKAGE_FPORT_FRAGMENTATION, FRAG_SESSION_SETUP_REQ, 16, "FragSessionSetupReq" },
    { PACKAGE_FPORT_FRAGMENTATION, 0x03, 1, "FragSessionDeleteReq" },
    { PACKAGE_FPORT_FRAGMENTATION, 0x04, 1, "FragDataBlockReceivedAns" },
    { PACKAGE_FPORT_CLOCK, 0x00, 0, "PackageVersionReq" },
    { PACKAGE_FPORT_CLOCK, APP_TIME_ANS, 5, "AppTimeAns" },
    { PACKAGE_FPORT_CLOCK, 0x02, 1, "DeviceAppTimePeriodicityReq" },
    { PACKAGE_FPORT_CLOCK, 0x03, 1, "ForceDeviceResyncReq" },
    { UNICAST_FPORT, 0x01, 1, "BlockFetchReq" },
    { UNICAST_FPORT, 0x03, 1, "BlockFetchStop" },
};

static const struct package_command *package_command_of(uint8_t fport, uint8_t cid)
{
    for (size_t i = 0; i < sizeof package_commands / sizeof package_commands[0]; i++) {
        if (package_commands[i].fport == fport && package_commands[i].cid == cid) {
            return &package_commands[i];
        }
    }
    return NULL;
}

/* A FragSessionSetupReq of version 1 is shorter; the server sends nothing after it. */
size_t air_downlink_commands(const struct recorder_view *view, uint32_t device,
        const struct frame *frame, const char *names[AIR_COMMANDS_MAX])
{
    struct air_downlink downlink;
    uint8_t messages[LORAWAN_FRAME_MAX];
    size_t count = 0;
    if (!air_is_for(view, device, frame) || !air_downlink_parse(frame, &downlink)
            || downlink.fport < PACKAGE_FPORT_MULTICAST || downlink.fport > PACKAGE_FPORT_CLOCK
            || !decrypt(view, device, LORAWAN_DOWN, downlink.fcnt, downlink.payload,
                    downlink.payload_size, messages)) {
        return 0;
    }
    for (size_t at = 0; at < downlink.payload_size && count < AIR_COMMANDS_MAX;) {
        const struct package_command *command = package_command_of(downlink.fport, messages[at]);
        if (command == NULL) {
            break;
        }
        names[count++] = command->name;
        at += 1u + command->size;
    }
    return count;
}

bool air_multicast_mic_ok(
        const struct frame *frame, uint32_t mc_addr, const uint8_t mc_key[16], uint32_t mc_fcnt)
{
    uint8_t app_s_key[16], nwk_s_key[16];
    struct lorawan_key key;
    assert(frame->size > LORAWAN_MIC_SIZE);
    size_t size = frame->size - LORAWAN_MIC_SIZE;
    lorawan_mc_session_keys(mc_key, mc_addr, app_s_key, nwk_s_key);
    lorawan_key_set(&key, nwk_s_key);
    return lorawan_mic(&key, LORAWAN_DOWN, mc_addr, mc_fcnt, frame->bytes, size)
           == wire_u32(frame->bytes + size);
}
