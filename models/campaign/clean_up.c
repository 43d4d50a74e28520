/* Clean-up: a member that is halted is told to forget what its device has of the campaign.
 * SPDX-License-Identifier: MIT
 *
 * A device may have groups, a class C session that is armed or open, a fragmentation session, an
 * image and a planned reboot, of this round and of earlier ones. In the windows of its next uplinks
 * it is told to delete them: a reboot that is ordered and an image that waits for one (TS006)
 * first, then groups, which ends class C, then the fragmentation session, so that it opens nothing,
 * asks nothing and installs nothing. Each has five tries, and as long as its reboot lies ahead no
 * last one.
 */
#include <assert.h>

#include "campaign/campaign_internal.h"

/* What an earlier halt left is known; else the device may have what no other campaign has taken
 * over. */
static void note_left(const struct campaign *campaign, struct member *member)
{
    const struct server *server = campaign->server;
    assert(member->stage != MEMBER_LEAVING);
    if (member->stage == MEMBER_LEFT) {
        return;
    }
    member->groups_left = server_groups_of(server, member->device, campaign->number);
    member->session_left = server_index_is_of(
            server, member->device, campaign->number, campaign_frag_index(campaign));
    install_on_halt(campaign, member);
}

static bool is_left(const struct campaign *campaign, const struct member *member)
{
    return member->groups_left != 0 || member->session_left || management_is_left(campaign, member);
}

void clean_up_begin(struct campaign *campaign, struct member *member, bool listens, sim_ns now_ns)
{
    enum member_stage stage = (enum member_stage)member->stage;
    if (member_transition(stage, MEMBER_EVENT_HALTED_IN_PART) == NULL) {
        return;
    }
    note_left(campaign, member);
    if (!is_left(campaign, member)) {
        campaign_member_event(campaign, member, MEMBER_EVENT_HALTED, now_ns);
        return;
    }
    member->listens = listens;
    member->tries[MEMBER_CAUSE_GROUP_SILENT] = 0;
    campaign_member_event(campaign, member, MEMBER_EVENT_HALTED_IN_PART, now_ns);
    assert(member->stage == MEMBER_LEAVING);
}

void clean_up_end(struct campaign *campaign, struct member *member, sim_ns now_ns)
{
    if (management_reboot_is_left(campaign, member)) {
        campaign_member_event(campaign, member, MEMBER_EVENT_REBOOT_PAST, now_ns);
    }
}

/* An answer: what is left has tries of its own. */
static void end_if_nothing_left(struct campaign *campaign, struct member *member, sim_ns now_ns)
{
    member_answered(member);
    member->tries[MEMBER_CAUSE_GROUP_SILENT] = 0;
    if (!is_left(campaign, member)) {
        campaign_member_event(campaign, member, MEMBER_EVENT_GROUP_GONE, now_ns);
    }
}

/* McGroupUndefined says the same: an earlier answer was lost. */
void clean_up_on_group_delete(struct campaign *campaign, struct member *member,
        const struct package_message *message, sim_ns now_ns)
{
    assert(message->kind == PACKAGE_MC_GROUP_DELETE_ANS);
    if (member->stage == MEMBER_LEAVING && message->index < SERVER_GROUP_IDS) {
        server_group_gone(campaign->server, member->device, message->index);
        member->groups_left &= (uint8_t) ~(1u << message->index);
        end_if_nothing_left(campaign, member, now_ns);
    }
}

void clean_up_on_session_delete(struct campaign *campaign, struct member *member, sim_ns now_ns)
{
    if (member->stage == MEMBER_LEAVING) {
        server_index_gone(campaign->server, member->device, campaign_frag_index(campaign));
        member->session_left = false;
        end_if_nothing_left(campaign, member, now_ns);
    }
}

void clean_up_on_management(struct campaign *campaign, struct member *member,
        const struct package_message *message, sim_ns now_ns)
{
    if (member->stage == MEMBER_LEAVING && management_on_clean_up(member, message)) {
        end_if_nothing_left(campaign, member, now_ns);
    }
}

/* First what comes by itself, the reboot; a device without TS006 is silent, so every second try is
 * about the rest. */
static bool manages_next(const struct campaign *campaign, const struct member *member)
{
    bool rest = member->groups_left != 0 || member->session_left;
    return management_is_left(campaign, member)
           && (!rest || (member->tries[MEMBER_CAUSE_GROUP_SILENT] + member->unanswered) % 2u == 0);
}

/* Returns false where nothing was queued; *more: the exchange goes on after the answer. */
static bool send_next(const struct campaign *campaign, const struct member *member, bool *more)
{
    assert(member->stage == MEMBER_LEAVING);
    if (manages_next(campaign, member)) {
        *more = member->groups_left != 0 || member->session_left;
        return management_send_clean_up(campaign, member);
    }
    *more = member->groups_left != 0;
    return member->groups_left != 0 ? release_send_deletes(campaign, member, member->groups_left)
                                    : clean_up_send_session_delete(campaign, member);
}

bool clean_up_send_session_delete(const struct campaign *campaign, const struct member *member)
{
    uint8_t request[PACKAGE_MESSAGE_MAX];
    assert(campaign_member(campaign, member->device) == member);
    size_t size = package_frag_session_delete_req(request, campaign_frag_index(campaign));
    return server_send(
            campaign->server, member->device, PACKAGE_FPORT_FRAGMENTATION, request, size);
}

void clean_up_step(struct campaign *campaign, struct member *member,
        const struct uplink_course *course, sim_ns now_ns)
{
    if (member->stage != MEMBER_LEAVING) {
        return;
    }
    if (course->unsent) {
        member_command_not_sent(member);
    }
    if (member->unanswered > 0 && install_cancel_until_ns(campaign, member) <= now_ns) {
        member_try_failed(campaign, member, MEMBER_CAUSE_GROUP_SILENT, now_ns);
    }
    if (member->stage != MEMBER_LEAVING || now_ns < member->pause_until_ns) {
        return;
    }
    bool more = false;
    if (send_next(campaign, member, &more)) {
        member_command_sent(member, now_ns);
    }
    if (more && campaign->params.set_up_policy == SET_UP_CHAINED) {
        network_keep_open(campaign->server->network, member->device);
    }
}
