/* Clearing up: a confirmed member is asked for its groups and told to forget ours.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>

#include "campaign/campaign_internal.h"

/* Groups that the device lists under our numbers with our addresses. */
static uint8_t listed_groups(const struct campaign *campaign, const struct member *member,
        const struct package_message *message)
{
    if (member->transfer == TRANSFER_NONE) {
        return 0; /* confirmed by the block of an earlier round, whose groups are gone */
    }
    const struct transfer *transfer = member_transfer_of(campaign, member);
    uint8_t listed = 0;
    uint32_t session = 0;
    for (uint32_t id = 0; id < SERVER_GROUP_IDS; id++) {
        if ((member->group_mask >> id & 1u) == 0) {
            continue;
        }
        assert(session < transfer->session_count);
        uint32_t mc_addr = session_class_c_mc_addr(transfer->sessions[session++]);
        if ((message->group_mask >> id & 1u) != 0 && message->group_mc_addr[id] == mc_addr) {
            listed |= (uint8_t)(1u << id);
        }
    }
    return listed;
}

/* A device that has forgotten our groups, or has others under their numbers, needs no delete. */
void release_on_group_status(struct campaign *campaign, struct member *member,
        const struct package_message *message, sim_ns now_ns)
{
    assert(message->kind == PACKAGE_MC_GROUP_STATUS_ANS);
    if (!member->groups_asked) {
        return; /* it answers another campaign */
    }
    member_answered(member);
    member->groups_left = listed_groups(campaign, member, message);
    campaign_member_event(campaign, member,
            member->groups_left != 0 ? MEMBER_EVENT_GROUP_SEEN : MEMBER_EVENT_GROUP_GONE, now_ns);
}

void release_on_group_delete(struct campaign *campaign, struct member *member,
        const struct package_message *message, sim_ns now_ns)
{
    assert(message->kind == PACKAGE_MC_GROUP_DELETE_ANS);
    /* McGroupUndefined says the same: an earlier answer was lost. */
    if (member->stage != MEMBER_GROUP_LISTED || message->index >= SERVER_GROUP_IDS) {
        return;
    }
    member_answered(member);
    member->groups_left &= (uint8_t) ~(1u << message->index);
    if (member->groups_left == 0) {
        campaign_member_event(campaign, member, MEMBER_EVENT_GROUP_GONE, now_ns);
    }
}

size_t release_put_deletes(uint8_t *out, uint8_t groups)
{
    size_t size = 0;
    assert(groups != 0 && groups >> SERVER_GROUP_IDS == 0);
    for (uint8_t id = 0; id < SERVER_GROUP_IDS; id++) {
        if ((groups >> id & 1u) != 0) {
            size += package_mc_group_delete_req(out + size, id);
        }
    }
    return size;
}

bool release_send_deletes(
        const struct campaign *campaign, const struct member *member, uint8_t groups)
{
    uint8_t request[CALL_SIZE_MAX];
    size_t size = release_put_deletes(request, groups);
    return server_send(campaign->server, member->device, PACKAGE_FPORT_MULTICAST, request, size);
}

static uint8_t lowest_bit(uint8_t mask)
{
    uint8_t bit = 0;
    assert(mask != 0);
    while ((mask >> bit & 1u) == 0) {
        bit++;
    }
    return bit;
}

/* After each uplink of a confirmed device: first ask what it has, then delete what is ours. */
void release_step(struct campaign *campaign, struct member *member,
        const struct uplink_course *course, sim_ns now_ns)
{
    bool listed = member->stage == MEMBER_GROUP_LISTED;
    if (!campaign->params.group_delete || (member->stage != MEMBER_CONFIRMED && !listed)) {
        return;
    }
    if (course->unsent) {
        member_command_not_sent(member);
    }
    if (member->unanswered > 0) {
        member_try_failed(campaign, member, MEMBER_CAUSE_GROUP_SILENT, now_ns);
    }
    if (member->stage == MEMBER_KEPT || now_ns < member->pause_until_ns) {
        return;
    }
    uint8_t request[PACKAGE_MESSAGE_MAX];
    size_t size = listed ? package_mc_group_delete_req(request, lowest_bit(member->groups_left))
                         : package_mc_group_status_req(request, member->group_mask);
    if (server_send(campaign->server, member->device, PACKAGE_FPORT_MULTICAST, request, size)) {
        member->groups_asked = true;
        member_command_sent(member, now_ns);
    }
    if (campaign->params.set_up_policy == SET_UP_CHAINED && !listed) {
        network_keep_open(campaign->server->network, member->device);
    }
}
