/* What the server gives out: addresses, McGroupIDs, FragIndex, SessionCnt, time in class C.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <stdlib.h>

#include "campaign/server_internal.h"

uint32_t server_mc_addr(struct server *server)
{
    return network_mc_addr(server->network, server->mc_addr_count++);
}

bool server_group_bind(struct server *server, uint32_t group, struct session *session)
{
    if (group >= server->session_capacity) {
        uint32_t capacity = group + 16u;
        struct session **sessions = realloc(server->sessions, capacity * sizeof(struct session *));
        if (sessions == NULL) {
            return false;
        }
        for (uint32_t i = server->session_capacity; i < capacity; i++) {
            sessions[i] = NULL;
        }
        server->sessions = sessions;
        server->session_capacity = capacity;
    }
    assert(server->sessions[group] == NULL);
    server->sessions[group] = session;
    return true;
}

/* Free McGroupIDs first, then those of campaigns that need the device no more; `from_zero`: those
 * of either kind. */
static uint8_t choose_groups(const struct server_device *device, uint32_t groups, bool from_zero)
{
    uint8_t mask = 0;
    for (uint32_t pass = from_zero ? 1 : 0; pass < 2; pass++) {
        for (uint32_t id = 0; groups > 0 && id < SERVER_GROUP_IDS; id++) {
            bool is_free = device->group_owner[id] == SERVER_NO_CAMPAIGN;
            if ((mask >> id & 1u) == 0 && (is_free || pass == 1)) {
                mask |= (uint8_t)(1u << id);
                groups--;
            }
        }
    }
    assert(groups == 0);
    return mask;
}

bool server_claim(struct server *server, uint32_t index, uint32_t campaign, uint8_t frag_index,
        uint32_t groups, bool from_zero, sim_ns from_ns, sim_ns to_ns, uint8_t *group_mask)
{
    assert(index < server->device_count && campaign < server->campaign_count);
    assert(groups <= SERVER_GROUP_IDS && frag_index < SERVER_FRAG_INDEXES);
    struct server_device *device = &server->devices[index];
    assert(device->held_by != campaign);
    bool listens = device->listens_from_ns < to_ns && device->listens_to_ns > from_ns;
    if (device->held_by != SERVER_NO_CAMPAIGN || listens) {
        return false;
    }
    device->held_by = (uint8_t)campaign;
    device->listens_from_ns = from_ns;
    device->listens_to_ns = to_ns;
    device->index_owner[frag_index] = (uint8_t)campaign;
    *group_mask = choose_groups(device, groups, from_zero);
    for (uint32_t id = 0; id < SERVER_GROUP_IDS; id++) {
        if ((*group_mask >> id & 1u) != 0) {
            device->group_owner[id] = (uint8_t)campaign;
        }
    }
    return true;
}

void server_release(
        struct server *server, uint32_t index, uint32_t campaign, uint8_t frag_index, bool deaf)
{
    assert(index < server->device_count && frag_index < SERVER_FRAG_INDEXES);
    struct server_device *device = &server->devices[index];
    if (device->held_by != campaign) {
        return;
    }
    device->held_by = SERVER_NO_CAMPAIGN;
    device->session_cnt[frag_index]++;
    if (deaf) {
        device->listens_to_ns = device->listens_from_ns;
    }
}

uint8_t server_groups_of(const struct server *server, uint32_t index, uint32_t campaign)
{
    uint8_t mask = 0;
    assert(index < server->device_count && campaign < server->campaign_count);
    for (uint32_t id = 0; id < SERVER_GROUP_IDS; id++) {
        if (server->devices[index].group_owner[id] == campaign) {
            mask |= (uint8_t)(1u << id);
        }
    }
    return mask;
}

bool server_index_is_of(
        const struct server *server, uint32_t index, uint32_t campaign, uint8_t frag_index)
{
    assert(index < server->device_count && frag_index < SERVER_FRAG_INDEXES);
    return server->devices[index].index_owner[frag_index] == campaign;
}

void server_group_gone(struct server *server, uint32_t index, uint8_t group_id)
{
    assert(index < server->device_count && group_id < SERVER_GROUP_IDS);
    server->devices[index].group_owner[group_id] = SERVER_NO_CAMPAIGN;
}

void server_index_gone(struct server *server, uint32_t index, uint8_t frag_index)
{
    assert(index < server->device_count && frag_index < SERVER_FRAG_INDEXES);
    server->devices[index].index_owner[frag_index] = SERVER_NO_CAMPAIGN;
}

uint16_t server_session_cnt(const struct server *server, uint32_t device, uint8_t frag_index)
{
    assert(device < server->device_count && frag_index < SERVER_FRAG_INDEXES);
    return server->devices[device].session_cnt[frag_index];
}

void server_session_cnt_skip(
        struct server *server, uint32_t device, uint8_t frag_index, uint32_t step)
{
    assert(device < server->device_count && frag_index < SERVER_FRAG_INDEXES);
    uint32_t next = server->devices[device].session_cnt[frag_index] + step;
    server->devices[device].session_cnt[frag_index] =
            (uint16_t)(next < UINT16_MAX ? next : UINT16_MAX);
}

bool server_send(
        struct server *server, uint32_t device, uint8_t fport, const uint8_t *payload, size_t size)
{
    assert(size > 0 && size <= NETWORK_PAYLOAD_MAX);
    return network_enqueue(server->network, device, fport, payload, (uint16_t)size);
}
