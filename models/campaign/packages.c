/* Messages of TS003 to TS006 between update server and device.
 * SPDX-License-Identifier: MIT
 */
#include "campaign/packages.h"

#include <assert.h>
#include <string.h>

#include "network/lorawan.h"
#include "network/wire.h"

enum multicast_cid {
    MC_GROUP_STATUS = 0x01,
    MC_GROUP_SETUP = 0x02,
    MC_GROUP_DELETE = 0x03,
    MC_CLASS_C_SESSION = 0x04,
    MC_CLASS_B_SESSION = 0x05
};

enum fragmentation_cid {
    FRAG_SESSION_STATUS = 0x01,
    FRAG_SESSION_SETUP = 0x02,
    FRAG_SESSION_DELETE = 0x03,
    FRAG_DATA_BLOCK_RECEIVED = 0x04,
    FRAG_DATA_BLOCK_AUTH = 0x05,
    FRAG_DATA_FRAGMENT = 0x08,
    FRAG_CONDUIT_CRC = 0x80 /* of MultiTech's Conduit (spec-protocol 7.2) */
};

enum clock_cid {
    CLOCK_APP_TIME = 0x01,
    CLOCK_PERIODICITY = 0x02,
    CLOCK_FORCE_RESYNC = 0x03
};

enum management_cid {
    DEV_VERSION = 0x01,
    DEV_REBOOT_TIME = 0x02,
    DEV_REBOOT_COUNTDOWN = 0x03,
    DEV_UPGRADE_IMAGE = 0x04,
    DEV_DELETE_IMAGE = 0x05
};

#define PACKAGE_VERSION 0x00 /* of every package */

/* DataBlockAuthReq of this project and of the clients of 2017, and the forms of other stacks, which
 * name a CRC-32 and get no answer (spec-protocol 7.2). */
#define BLOCK_AUTH_SIZE         10u
#define BLOCK_AUTH_INTEROP_SIZE 6u /* 05 | 00 | CRC-32 */
#define BLOCK_AUTH_SHORT_SIZE   5u /* 05 | CRC-32 */
#define BLOCK_AUTH_ACCEPTED     0x01u

size_t package_version_req(uint8_t *out)
{
    out[0] = PACKAGE_VERSION;
    return 1;
}

/* --- TS005 section 3 ------------------------------------------------------------------------- */

size_t package_mc_group_setup_req(uint8_t *out, uint8_t group_id, uint32_t mc_addr,
        const uint8_t mc_key_encrypted[16], uint32_t fcnt_min, uint32_t fcnt_max)
{
    assert(group_id < 4);
    out[0] = MC_GROUP_SETUP;
    out[1] = group_id;
    wire_put_u32(out + 2, mc_addr);
    memcpy(out + 6, mc_key_encrypted, 16);
    wire_put_u32(out + 22, fcnt_min);
    wire_put_u32(out + 26, fcnt_max);
    return 30;
}

size_t package_mc_class_c_session_req(uint8_t *out, uint8_t group_id, uint32_t session_gps_s,
        uint8_t time_out, uint32_t frequency_hz, uint8_t data_rate)
{
    assert(group_id < 4 && time_out < 16);
    out[0] = MC_CLASS_C_SESSION;
    out[1] = group_id;
    wire_put_u32(out + 2, session_gps_s);
    out[6] = time_out;
    wire_put_u24(out + 7, frequency_hz / 100u);
    out[10] = data_rate;
    return 11;
}

size_t package_mc_group_status_req(uint8_t *out, uint8_t group_mask)
{
    assert(group_mask < 16);
    out[0] = MC_GROUP_STATUS;
    out[1] = group_mask;
    return 2;
}

size_t package_mc_group_delete_req(uint8_t *out, uint8_t group_id)
{
    assert(group_id < 4);
    out[0] = MC_GROUP_DELETE;
    out[1] = group_id;
    return 2;
}

/* --- TS004 section 3 ------------------------------------------------------------------------- */

size_t package_frag_session_setup_req(
        uint8_t *out, unsigned version, const struct package_frag_session *session)
{
    assert(session->frag_index < 4 && session->group_mask < 16 && session->block_ack_delay < 8);
    out[0] = FRAG_SESSION_SETUP;
    out[1] = (uint8_t)(session->frag_index << 4 | session->group_mask);
    wire_put_u16(out + 2, session->nb_frag);
    out[4] = session->frag_size;
    out[5] = session->block_ack_delay; /* FragAlgo 0 */
    out[6] = session->padding;
    memcpy(out + 7, session->descriptor, 4);
    if (version < 2) {
        return 11;
    }
    out[5] = (uint8_t)(out[5] | (session->ack_reception ? 0x40u : 0u)
                       | (session->table ? 0x80u : 0u));
    wire_put_u16(out + 11, session->session_cnt);
    memcpy(out + 13, session->mic, 4);
    return 17;
}

size_t package_frag_session_status_req(uint8_t *out, uint8_t frag_index, bool all_answer)
{
    assert(frag_index < 4);
    out[0] = FRAG_SESSION_STATUS;
    out[1] = (uint8_t)((uint32_t)frag_index << 1 | (all_answer ? 1u : 0u));
    return 2;
}

size_t package_frag_session_delete_req(uint8_t *out, uint8_t frag_index)
{
    assert(frag_index < 4);
    out[0] = FRAG_SESSION_DELETE;
    out[1] = frag_index;
    return 2;
}

size_t package_frag_data_block_received_ans(uint8_t *out, uint8_t frag_index)
{
    assert(frag_index < 4);
    out[0] = FRAG_DATA_BLOCK_RECEIVED;
    out[1] = frag_index;
    return 2;
}

uint8_t package_data_block_auth_param(enum proof_kind kind, uint8_t frag_index)
{
    assert(kind < PROOF_KINDS && frag_index < 4);
    return (uint8_t)((uint32_t)kind << 6 | (uint32_t)frag_index << 4);
}

size_t package_data_block_auth_ans(
        uint8_t *out, enum proof_kind kind, uint8_t frag_index, const uint8_t *mic)
{
    out[0] = FRAG_DATA_BLOCK_AUTH;
    out[1] = package_data_block_auth_param(kind, frag_index);
    if (mic == NULL) {
        return 2;
    }
    out[1] |= BLOCK_AUTH_ACCEPTED;
    memcpy(out + 2, mic, 4);
    return 6;
}

size_t package_data_fragment(
        uint8_t *out, uint8_t frag_index, uint16_t n, const uint8_t *data, uint8_t size)
{
    assert(n >= 1 && n <= PACKAGE_FRAGMENTS_MAX && frag_index < 4);
    out[0] = FRAG_DATA_FRAGMENT;
    wire_put_u16(out + 1, (uint32_t)frag_index << 14 | n);
    memcpy(out + PACKAGE_FRAGMENT_OVERHEAD, data, size);
    return PACKAGE_FRAGMENT_OVERHEAD + size;
}

void package_block_mic(const uint8_t gen_app_key[16], uint16_t session_cnt, uint8_t frag_index,
        const uint8_t descriptor[4], const uint8_t *block, uint32_t size, uint8_t mic[4])
{
    assert(frag_index < 4 && size > 0);
    uint8_t key_bytes[16];
    struct lorawan_key key;
    lorawan_data_block_int_key(gen_app_key, key_bytes);
    lorawan_key_set(&key, key_bytes);
    uint8_t b0[16] = { 0x49 };
    wire_put_u16(b0 + 1, session_cnt);
    b0[3] = frag_index;
    memcpy(b0 + 4, descriptor, 4);
    wire_put_u32(b0 + 12, size);
    uint8_t mac[16];
    lorawan_cmac(&key, b0, block, size, mac);
    memcpy(mic, mac, 4);
}

/* --- TS003 section 3 ------------------------------------------------------------------------- */

size_t package_app_time_ans(uint8_t *out, int32_t correction_s, uint8_t token)
{
    out[0] = CLOCK_APP_TIME;
    wire_put_u32(out + 1, (uint32_t)correction_s);
    out[5] = token & 0x0Fu;
    return 6;
}

size_t package_force_device_resync_req(uint8_t *out, uint8_t transmissions)
{
    assert(transmissions < 8);
    out[0] = CLOCK_FORCE_RESYNC;
    out[1] = transmissions & 0x07u;
    return 2;
}

/* --- TS006 section 3 ------------------------------------------------------------------------- */

#define COUNTDOWN_CANCEL 0xFFFFFFu

size_t package_dev_version_req(uint8_t *out)
{
    out[0] = DEV_VERSION;
    return 1;
}

size_t package_dev_reboot_time_req(uint8_t *out, uint32_t gps_s)
{
    out[0] = DEV_REBOOT_TIME;
    wire_put_u32(out + 1, gps_s);
    return 5;
}

size_t package_dev_reboot_countdown_req(uint8_t *out, uint32_t seconds)
{
    out[0] = DEV_REBOOT_COUNTDOWN;
    wire_put_u24(out + 1, seconds < COUNTDOWN_CANCEL ? seconds : COUNTDOWN_CANCEL - 1u);
    return 4;
}

size_t package_dev_upgrade_image_req(uint8_t *out)
{
    out[0] = DEV_UPGRADE_IMAGE;
    return 1;
}

size_t package_dev_delete_image_req(uint8_t *out, uint32_t version)
{
    out[0] = DEV_DELETE_IMAGE;
    wire_put_u32(out + 1, version);
    return 5;
}

/* --- what devices send ----------------------------------------------------------------------- */

/* PackageIdentifier and PackageVersion; the same in each package. */
static size_t parse_version(const uint8_t *data, size_t size, struct package_message *message)
{
    if (size >= 3) {
        message->kind = PACKAGE_VERSION_ANS;
        message->package_id = data[1];
        message->package_version = data[2];
    }
    return 3;
}

/* One group of five bytes for each bit of AnsGroupMask, lowest first. */
static size_t parse_group_status(const uint8_t *data, size_t size, struct package_message *message)
{
    uint8_t status = size > 1 ? data[1] : 0;
    size_t at = 2;
    message->kind = PACKAGE_MC_GROUP_STATUS_ANS;
    message->index = 0;
    message->group_count = status >> 4 & 0x07u;
    for (unsigned bit = 0; bit < 4; bit++) {
        if ((status >> bit & 1u) == 0) {
            continue;
        }
        if (size >= at + 5u) {
            uint8_t group = data[at] & 0x03u;
            message->group_mask = (uint8_t)(message->group_mask | 1u << group);
            message->group_mc_addr[group] = wire_u32(data + at + 1);
        }
        at += 5;
    }
    return at;
}

static size_t parse_multicast(const uint8_t *data, size_t size, struct package_message *message)
{
    assert(size > 0);
    uint8_t status = size > 1 ? data[1] : 0;
    message->index = status & 0x03u;
    switch (data[0]) {
    case PACKAGE_VERSION:
        return parse_version(data, size, message);
    case MC_GROUP_STATUS:
        return parse_group_status(data, size, message);
    case MC_GROUP_SETUP:
        message->kind = PACKAGE_MC_GROUP_SETUP_ANS;
        message->status = status & 0x04u;
        return 2;
    case MC_GROUP_DELETE:
        message->kind = PACKAGE_MC_GROUP_DELETE_ANS;
        message->status = status & PACKAGE_DELETE_UNDEFINED;
        return 2;
    case MC_CLASS_C_SESSION:
    case MC_CLASS_B_SESSION:
        message->kind =
                data[0] == MC_CLASS_C_SESSION ? PACKAGE_MC_CLASS_C_SESSION_ANS : PACKAGE_OTHER;
        message->status = status & 0xFCu;
        if (message->status != 0) { /* TimeToStart only in a positive answer */
            return 2;
        }
        message->has_time_to_start = size >= 5;
        message->time_to_start_s = size >= 5 ? wire_u24(data + 2) : 0;
        return 5;
    default:
        return 0;
    }
}

static size_t parse_frag_status(
        const uint8_t *data, size_t size, unsigned version, struct package_message *message)
{
    assert(size > 0 && version > 0);
    message->kind = PACKAGE_FRAG_SESSION_STATUS_ANS;
    /* TS004-2.0.0 puts the status first; 1.0.0 last. */
    message->status = version >= 2 ? (size > 1 ? data[1] : 0) : (size > 4 ? data[4] : 0);
    message->status &= version >= 2 ? 0x07u : 0x01u;
    if ((message->status & PACKAGE_STATUS_NO_SESSION) != 0) {
        return 2;
    }
    if (size >= 5) {
        const uint8_t *received = data + (version >= 2 ? 2 : 1);
        message->received = wire_u16(received) & 0x3FFFu;
        message->index = (uint8_t)(wire_u16(received) >> 14);
        message->missing = received[2];
    }
    return 5;
}

static size_t parse_block_auth(const uint8_t *data, size_t size, struct package_message *message)
{
    if (size == BLOCK_AUTH_INTEROP_SIZE || size == BLOCK_AUTH_SHORT_SIZE) {
        return size;
    }
    if (size >= BLOCK_AUTH_SIZE && data[1] >> 6 < PROOF_KINDS) {
        message->kind = PACKAGE_DATA_BLOCK_AUTH_REQ;
        message->hash_kind = data[1] >> 6;
        message->index = data[1] >> 4 & 0x03u;
        memcpy(message->hash, data + 2, PROOF_HASH_SIZE);
    }
    return BLOCK_AUTH_SIZE;
}

static size_t parse_fragmentation(
        const uint8_t *data, size_t size, unsigned version, struct package_message *message)
{
    assert(size > 0);
    uint8_t status = size > 1 ? data[1] : 0;
    switch (data[0]) {
    case PACKAGE_VERSION:
        return parse_version(data, size, message);
    case FRAG_SESSION_STATUS:
        return parse_frag_status(data, size, version, message);
    case FRAG_SESSION_SETUP:
        message->kind = PACKAGE_FRAG_SESSION_SETUP_ANS;
        message->index = status >> 6;
        message->status = status & 0x1Fu;
        return 2;
    case FRAG_SESSION_DELETE:
        message->kind = PACKAGE_FRAG_SESSION_DELETE_ANS;
        message->index = status & 0x03u;
        return 2;
    case FRAG_DATA_BLOCK_RECEIVED:
        message->kind = PACKAGE_FRAG_DATA_BLOCK_RECEIVED_REQ;
        message->index = status & 0x03u;
        /* MICError is bit 2 here. */
        message->status = (status & 0x04u) != 0 ? PACKAGE_STATUS_MIC : 0;
        return 2;
    case FRAG_DATA_BLOCK_AUTH:
        return parse_block_auth(data, size, message);
    case FRAG_CONDUIT_CRC:
        return size;
    default:
        return 0;
    }
}

static size_t parse_clock(const uint8_t *data, size_t size, struct package_message *message)
{
    assert(size > 0);
    switch (data[0]) {
    case PACKAGE_VERSION:
        return parse_version(data, size, message);
    case CLOCK_APP_TIME:
        if (size >= 6) {
            message->kind = PACKAGE_APP_TIME_REQ;
            message->device_time_s = wire_u32(data + 1);
            message->token = data[5] & 0x0Fu;
            message->answer_required = (data[5] & 0x10u) != 0;
        }
        return 6;
    case CLOCK_PERIODICITY:
        return 6;
    default:
        return 0;
    }
}

/* RebootTime and Countdown: seconds until the reboot, all ones: cancelled. */
static size_t parse_reboot(const uint8_t *data, size_t size, struct package_message *message)
{
    assert(size > 0);
    bool countdown = data[0] == DEV_REBOOT_COUNTDOWN;
    size_t used = countdown ? 4 : 5;
    if (size >= used) {
        uint32_t value = countdown ? wire_u24(data + 1) : wire_u32(data + 1);
        message->kind = PACKAGE_REBOOT_ANS;
        message->seconds =
                countdown && value == COUNTDOWN_CANCEL ? PACKAGE_REBOOT_CANCELLED : value;
    }
    return used;
}

static size_t parse_management(const uint8_t *data, size_t size, struct package_message *message)
{
    assert(size > 0);
    uint8_t status = size > 1 ? data[1] : 0;
    bool valid = (status & 0x03u) == PACKAGE_IMAGE_VALID;
    switch (data[0]) {
    case PACKAGE_VERSION:
        return parse_version(data, size, message);
    case DEV_VERSION:
        message->kind = PACKAGE_DEV_VERSION_ANS;
        message->version = size >= 9 ? wire_u32(data + 1) : 0;
        return 9;
    case DEV_REBOOT_TIME:
    case DEV_REBOOT_COUNTDOWN:
        return parse_reboot(data, size, message);
    case DEV_UPGRADE_IMAGE:
        message->kind = PACKAGE_UPGRADE_IMAGE_ANS;
        message->status = status & 0x03u;
        message->version = valid && size >= 6 ? wire_u32(data + 2) : 0;
        return valid ? 6 : 2;
    case DEV_DELETE_IMAGE:
        message->kind = PACKAGE_DELETE_IMAGE_ANS;
        message->status = status & 0x03u;
        return 2;
    default:
        return 0;
    }
}

size_t package_message_parse(uint8_t fport, unsigned fragmentation_version, const uint8_t *data,
        size_t size, struct package_message *message)
{
    *message = (struct package_message){ .kind = PACKAGE_OTHER };
    if (size == 0) {
        return 0;
    }
    size_t used = 0;
    if (fport == PACKAGE_FPORT_MULTICAST) {
        used = parse_multicast(data, size, message);
    } else if (fport == PACKAGE_FPORT_FRAGMENTATION) {
        used = parse_fragmentation(data, size, fragmentation_version, message);
    } else if (fport == PACKAGE_FPORT_CLOCK) {
        used = parse_clock(data, size, message);
    } else if (fport == PACKAGE_FPORT_MANAGEMENT) {
        used = parse_management(data, size, message);
    }
    return used <= size ? used : 0;
}
