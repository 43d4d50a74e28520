/* Answers of scripted devices to TS003, TS004 and TS005.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <string.h>

#include "campaign/proof.h"
#include "models/campaign/scripted_fleet_internal.h"

uint32_t fleet_le(const uint8_t *p, unsigned bytes)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < bytes; i++) {
        value |= (uint32_t)p[i] << (8 * i);
    }
    return value;
}

void fleet_put_le(uint8_t *p, uint32_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        p[i] = (uint8_t)(value >> (8 * i));
    }
}

int64_t fleet_device_gps_s(const struct fleet *fleet, const struct fleet_device *device)
{
    return (FLEET_GPS_NS + engine_now(fleet->engine)) / SIM_NS_PER_S + device->faults.clock_error_s;
}

/* Class C ends early: acknowledged, or in version 1, which has no acknowledgement, whole. */
void fleet_leave_sessions(struct fleet_device *device)
{
    for (uint32_t i = 0; i < FLEET_GROUPS; i++) {
        device->groups[i].session = false;
    }
}

void fleet_answer(struct fleet_device *device, uint8_t fport, const uint8_t *data, uint8_t size)
{
    if (device->answers_size > 0 && device->answers_fport != fport) {
        return;
    }
    device->answers_fport = fport;
    uint8_t *out = device->answers + device->answers_size;
    memcpy(out, data, size);
    if (device->faults.names_other_group && fport == 200) {
        out[1] ^= 0x01;
    }
    if (device->faults.names_other_index && fport == 201) { /* set-up: bits 7..6; receipt: 1..0 */
        out[1] ^= out[0] == 0x02 ? 0x40 : out[0] == 0x04 ? 0x01 : 0x00;
        out[size > 3 ? 3 : 0] ^= size > 3 ? 0x40 : 0x00; /* version 2 status */
    }
    device->answers_size = (uint8_t)(device->answers_size + size);
}

static void on_group_setup(struct fleet_device *device, const uint8_t *p)
{
    uint8_t ke[16], mc_key[16], out[2] = { 0x02, p[1] & 3 };
    struct fleet_group *group = &device->groups[out[1]];
    if (device->faults.ignores_second_group && out[1] == 1) {
        device->ignored_set_ups++;
        return;
    }
    device->group_id = out[1];
    device->set_up_downlinks++;
    if (device->faults.refuses_group) {
        out[1] |= 0x04;
    } else {
        group->mc_addr = fleet_le(p + 2, 4);
        lorawan_mc_ke_key(device->mac.identity.gen_app_key, ke);
        lorawan_aes_encrypt(ke, p + 6, mc_key);
        lorawan_mc_session_keys(mc_key, group->mc_addr, group->mc_app_s_key, group->mc_nwk_s_key);
        group->fcnt_min = fleet_le(p + 22, 4);
        group->fcnt_max = fleet_le(p + 26, 4);
        group->last_fcnt = UINT32_MAX;
        group->defined = true;
        group->session = false; /* its keys are gone */
    }
    fleet_answer(device, 200, out, 2);
}

static void on_session(struct fleet *fleet, struct fleet_device *device, const uint8_t *p)
{
    uint8_t out[5] = { 0x04, p[1] & 3 };
    struct fleet_group *group = &device->groups[out[1]];
    if (device->faults.ignores_second_group && out[1] == 1) {
        return;
    }
    device->set_up_downlinks++;
    device->session_requests++;
    if (!group->defined || device->faults.never_defines_group) {
        out[1] |= 0x10;
        fleet_answer(device, 200, out, 2);
        return;
    }
    group->session_gps_s = fleet_le(p + 2, 4);
    group->session_s = 1u << p[6];
    group->data_rate = p[10];
    int64_t to_start_s = (int64_t)group->session_gps_s - fleet_device_gps_s(fleet, device) - 3;
    cr_assert_eq(fleet_le(p + 7, 3) * 100, 869525000);
    if (device->faults.no_time || device->faults.never_gets_time) {
        fleet_put_le(out + 2, 0xFFFFFF, 3);
        fleet_answer(device, 200, out, 5);
        return;
    }
    if (to_start_s <= 0 || device->faults.always_misses_start) {
        out[1] |= 0x20;
        fleet_answer(device, 200, out, 2);
        return;
    }
    group->session = true;
    fleet_put_le(
            out + 2, (uint32_t)to_start_s, 3); /* of the uplink that follows in three seconds */
    fleet_answer(device, 200, out, 5);
}

/* McGroupStatusAns (TS005-2.0.0): NbTotalGroups, AnsGroupMask, then number and address of each.
 * Tests ask for group 0 only. */
static void on_group_status(struct fleet_device *device, uint8_t wanted)
{
    uint8_t out[7] = { 0x01, 0 };
    const struct fleet_group *group = &device->groups[0];
    device->group_status_requests++;
    if (device->faults.keeps_group_mute) {
        return;
    }
    bool listed = group->defined && (wanted & 1u) != 0;
    out[1] = (uint8_t)((group->defined ? 0x10 : 0) | (listed ? 1 : 0));
    fleet_put_le(out + 3, device->faults.other_group ? ~group->mc_addr : group->mc_addr, 4);
    fleet_answer(device, 200, out, listed ? 7 : 2);
}

static void on_group_delete(struct fleet_device *device, uint8_t id)
{
    struct fleet_group *group = &device->groups[id & 3];
    uint8_t out[2] = { 0x03, group->defined ? id : id | 0x04 };
    device->group_delete_requests++;
    if (device->faults.keeps_group_mute) {
        return;
    }
    group->defined = group->session = false;
    device->answers_size = 0; /* FragDataBlockReceivedReq comes again */
    if (device->faults.loses_delete_ans) {
        device->faults.loses_delete_ans = false;
    } else {
        fleet_answer(device, 200, out, 2);
    }
}

static void on_frag_setup(struct fleet *fleet, struct fleet_device *device, const uint8_t *p)
{
    uint8_t frag_index = p[1] >> 4 & 3;
    device->frag_index = frag_index; /* another block in the place of the last one */
    device->whole = device->acknowledged = false;
    device->received_uncoded = device->received_coded = device->last_n = 0;
    device->frag_set_ups++;
    device->ack_reception = device->fragmentation_version == 2 && (p[5] & 0x40) != 0;
    uint8_t out[2] = { 0x02,
        (uint8_t)(device->frag_index << 6 | device->faults.refuses_fragments) };
    device->set_up_downlinks++;
    if (device->faults.advances_session_cnt
            || (device->fragmentation_version == 2
                    && fleet_le(p + 11, 2) < device->faults.session_cnt_least)) {
        out[1] |= 0x10;
        fleet_answer(device, 201, out, 2);
        return;
    }
    memcpy(device->set_up_payload, p, device->fragmentation_version == 2 ? 17 : 11);
    device->nb_frag = (uint16_t)fleet_le(p + 2, 2);
    device->frag_size = p[4];
    device->fragments_ready = device->faults.refuses_fragments == 0;
    if (!device->faults.loses_frag_ans) {
        fleet_answer(device, 201, out, 2);
    }
    /* PackageVersionReq is 00, as is SessionCnt 0. */
    for (uint32_t at = 11; device->faults.reads_on && at < 17 && p[at] == 0x00; at++) {
        fleet_answer(device, 201, (uint8_t[]){ 0x00, 3, 1 }, 3);
    }
    if (device->faults.holds_old_block) {
        fleet_answer(device, 201, (uint8_t[]){ 0x04, frag_index }, 2);
    }
}

uint32_t fleet_missing(const struct fleet_device *device)
{
    if (device->whole) {
        return 0;
    }
    uint32_t got = device->received_uncoded + device->received_coded;
    return got < device->nb_frag + 2u ? device->nb_frag + 2u - got : 1u;
}

bool fleet_is_over_memory(const struct fleet_device *device)
{
    return device->faults.decoder_most > 0
           && device->nb_frag - device->received_uncoded > device->faults.decoder_most;
}

void fleet_put_status(const struct fleet *fleet, struct fleet_device *device)
{
    if (!device->fragments_ready) {
        if (device->fragmentation_version == 2) {
            fleet_answer(device, 201, (uint8_t[]){ 0x01, 0x04 }, 2);
        }
        return; /* version 1 cannot say that there is no session */
    }
    uint32_t lacks = device->faults.counts_nothing ? 0
                     : device->faults.counts_lost  ? device->nb_frag - device->received_uncoded
                                                   : fleet_missing(device);
    lacks += device->faults.counts_one_more && lacks == 0 ? 1 : 0;
    uint8_t status = device->whole && device->faults.bad_mic ? 0x02 : 0x00;
    status |= fleet_is_over_memory(device) ? 0x01 : 0x00;
    uint8_t received[2];
    fleet_put_le(received,
            (uint32_t)device->frag_index << 14
                    | (device->received_uncoded + device->received_coded),
            2);
    uint8_t lacks8 = (uint8_t)(lacks > 255 ? 255 : lacks);
    if (device->fragmentation_version == 2) {
        fleet_answer(device, 201, (uint8_t[]){ 0x01, status, received[0], received[1], lacks8 }, 5);
    } else {
        fleet_answer(device, 201, (uint8_t[]){ 0x01, received[0], received[1], lacks8, status }, 5);
    }
}

static void on_clock_command(
        const struct fleet *fleet, struct fleet_device *device, const uint8_t *p)
{
    if (p[0] == 0x03) {
        device->resyncs++;
        uint8_t out[6] = { 0x01, 0, 0, 0, 0, 0x10 | 5 };
        fleet_put_le(out + 1, (uint32_t)(fleet_device_gps_s(fleet, device) + 3), 4);
        fleet_answer(device, 202, out, 6);
    } else if (p[0] == 0x01 && !device->faults.ignores_clock) {
        cr_assert_eq(p[5], 5, "the token comes back");
        device->faults.clock_error_s += (int32_t)fleet_le(p + 1, 4);
    }
}

/* Returns the bytes that the command takes. */
static uint16_t on_group_command(struct fleet *fleet, struct fleet_device *device, const uint8_t *p)
{
    switch (p[0]) {
    case 0x00:
        fleet_answer(device, 200, (uint8_t[]){ 0x00, 2, 2 }, 3);
        device->version_questions[0]++;
        return 1;
    case 0x01:
        on_group_status(device, p[1]);
        return 2;
    case 0x02:
        on_group_setup(device, p);
        return 30;
    case 0x03:
        on_group_delete(device, p[1]);
        return 2;
    default:
        cr_assert_eq(p[0], 0x04);
        on_session(fleet, device, p);
        return 11;
    }
}

void fleet_install(struct fleet_device *device)
{
    if (device->faults.installs_nothing || device->faults.bad_mic) {
        return;
    }
    device->version = FLEET_VERSION + device->frag_index;
    device->holds_image = false;
    struct fleet_group *group = &device->groups[device->group_id];
    group->defined = group->defined && !device->faults.forgets_group;
}

/* Nothing is to be proved any more. */
static void take_image(struct fleet_device *device)
{
    device->holds_image = device->waits_for_order;
    if (!device->holds_image) {
        fleet_install(device);
    }
}

/* DataBlockAuthReq of the next hash that is not proved yet. False: there is none. */
static bool ask_hash(const struct fleet *fleet, struct fleet_device *device)
{
    uint8_t request[2 + PROOF_HASH_SIZE] = { 0x05 };
    uint8_t kind = 0;
    while (kind < PROOF_KINDS
            && (device->faults.asks_hashes >> kind & ~device->proved >> kind & 1) == 0) {
        kind++;
    }
    if (kind == PROOF_KINDS) {
        return false;
    }
    request[1] = (uint8_t)(kind << 6 | device->frag_index << 4 | 1);
    proof_hash((enum proof_kind)kind, fleet->image, fleet->image_size, request + 2);
    request[2] ^= device->faults.has_other_block ? 0x01 : 0x00;
    fleet_answer(device, 201, request, sizeof request);
    return true;
}

static void on_auth_ans(
        struct fleet *fleet, struct fleet_device *device, const uint8_t *p, uint16_t size)
{
    cr_assert(size == 2 || size == 6);
    device->auths++;
    device->auth_ans_size = (uint8_t)size;
    memcpy(device->auth_ans, p, size);
    if (size == 6) {
        device->proved |= (uint8_t)(1u << (p[1] >> 6));
        if (!ask_hash(fleet, device)) {
            take_image(device);
        }
    }
}

/* The server knows that the block is whole. */
static void know(struct fleet *fleet, struct fleet_device *device)
{
    device->acknowledged = true;
    fleet_leave_sessions(device);
    if (!ask_hash(fleet, device)) {
        take_image(device);
    }
}

static void on_receipt_ans(struct fleet *fleet, struct fleet_device *device)
{
    if (device->acks++ < device->faults.lost_acks) {
        return;
    }
    device->answers_size = 0;
    device->uplink_event++; /* no more reports of reception */
    know(fleet, device);
}

static void on_session_delete(struct fleet_device *device, uint8_t frag_index)
{
    bool exists = device->fragments_ready && device->frag_index == frag_index;
    device->session_delete_requests++;
    device->fragments_ready = device->fragments_ready && !exists;
    device->whole = device->whole && !exists;
    device->answers_size = 0;
    fleet_answer(device, 201, (uint8_t[]){ 0x03, exists ? frag_index : frag_index | 0x04 }, 2);
}

static void on_fragmentation_command(
        struct fleet *fleet, struct fleet_device *device, const uint8_t *p, uint16_t size)
{
    uint8_t version = device->faults.unknown_version ? 7 : device->fragmentation_version;
    device->version_questions[1] += p[0] == 0x00 ? 1 : 0;
    if (device->faults.no_fragmentation) {
        return;
    }
    if (p[0] == 0x00) {
        fleet_answer(device, 201, (uint8_t[]){ 0x00, 3, version }, 3);
    } else if (p[0] == 0x01) {
        device->status_requests++;
        fleet_put_status(fleet, device);
        if (device->whole && device->fragmentation_version == 2 && !device->ack_reception) {
            know(fleet, device);
        }
    } else if (p[0] == 0x02) {
        on_frag_setup(fleet, device, p);
    } else if (p[0] == 0x03) {
        on_session_delete(device, p[1]);
    } else if (p[0] == 0x04) {
        on_receipt_ans(fleet, device);
    } else if (p[0] == 0x05) {
        on_auth_ans(fleet, device, p, size);
    }
}

/* BlockDataReq for all that is missing; what it has is whole from the first fragment on. */
static void ask_for_block(struct fleet_device *device)
{
    uint32_t n = device->faults.asks_for_ever ? 1 : device->received_uncoded + 1u;
    uint8_t out[4] = { 0x02, (uint8_t)n, (uint8_t)(device->frag_index << 6 | n >> 8),
        (uint8_t)(device->nb_frag - device->received_uncoded) };
    device->data_requests++;
    fleet_answer(device, 204, out, sizeof out);
}

/* docs/block-protocol.md */
static void on_block_command(struct fleet_device *device, const uint8_t *p, uint16_t size)
{
    if (p[0] == 0x01) {
        device->fetch_requests++;
        if (device->faults.forgets_session > 0) {
            device->faults.forgets_session--;
            device->fragments_ready = false;
        }
        uint8_t out[2] = { 0x01, (uint8_t)(p[1] | (device->fragments_ready ? 0 : 0x04)) };
        fleet_answer(device, 204, out, sizeof out);
        device->fetches = device->fragments_ready && !device->whole;
    } else if (p[0] == 0x03) {
        device->fetch_stops++;
        device->fetches = false;
    } else if (p[0] == 0x02 && device->fetches && !device->faults.loses_unicast
               && fleet_le(p + 1, 2)
                          == ((uint32_t)device->frag_index << 14
                                  | (device->received_uncoded + 1u))) {
        device->received_uncoded += (size - 3u) / device->frag_size;
        device->whole = device->received_uncoded >= device->nb_frag;
    }
    if (device->fetches && device->whole && !device->faults.asks_for_ever) {
        device->fetches = false;
        fleet_answer(device, 201, (uint8_t[]){ 0x04, device->frag_index }, 2);
    } else if (device->fetches) {
        ask_for_block(device);
    }
}

void fleet_on_commands(struct fleet *fleet, uint32_t index, const struct scripted_downlink *d)
{
    struct fleet_device *device = &fleet->devices[index];
    if (d->fport == 200 || d->fport == 201) {
        device->set_up_last_ns = engine_now(fleet->engine);
    }
    for (uint16_t at = 0; d->fport == 203 && at < d->size && !device->faults.no_management;) {
        at = (uint16_t)(at + fleet_on_management(fleet, device, d->payload + at));
    }
    if (d->fport == 202) {
        on_clock_command(fleet, device, d->payload);
    }
    if (device->faults.ignores_set_up) {
        device->set_up_downlinks++;
        return;
    }
    for (uint16_t at = 0; d->fport == 200 && at < d->size;) {
        at = (uint16_t)(at + on_group_command(fleet, device, d->payload + at));
    }
    if (d->fport == 201) {
        on_fragmentation_command(fleet, device, d->payload, d->size);
    } else if (d->fport == 204) {
        on_block_command(device, d->payload, d->size);
    }
}
