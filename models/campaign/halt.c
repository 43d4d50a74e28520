/* Stop and pause of a campaign: its transfers end at once, and devices are told to forget them.
 * SPDX-License-Identifier: MIT
 *
 * A member that the set-up had reached has groups, a class C session that is armed or open, and a
 * fragmentation session. It is told to delete them in the windows of its next uplink: groups first,
 * which ends class C, then the fragmentation session, so that it opens nothing, asks nothing and
 * installs nothing. Those that listen are asked for their status once, for that makes an uplink.
 * A pause ends a round in the same way, but for members that hold the block: they are acknowledged.
 * When the pause is over, the members that are left are set up again, in a round that is no retry.
 */
#include <assert.h>

#include "campaign/campaign_internal.h"

/* Of the one request to members that listen. assumed: as a question of a correction. */
#define REQUEST_COPIES 8u

static void stop_transfer(struct transfer *transfer, sim_ns now_ns)
{
    for (uint32_t timer = 0; timer < TRANSFER_TIMER_COUNT; timer++) {
        transfer_timer_stop(transfer, (enum transfer_timer)timer);
    }
    if (transfer_runs(transfer) && !transfer->paused && transfer->session_count > 0) {
        uint8_t request[PACKAGE_MESSAGE_MAX];
        size_t size = package_frag_session_status_req(request, transfer->frag_index, true);
        struct session *session = transfer_session_now(transfer);
        session->ops->stop(session);
        (void)transfer_ask(transfer, request, size, REQUEST_COPIES);
    }
    correction_pause(transfer);
    campaign_phase_set(transfer, CAMPAIGN_PHASE_DONE, now_ns);
}

static void stop_member(struct campaign *campaign, struct member *member, sim_ns now_ns)
{
    bool whole = member->stage == MEMBER_WHOLE || member->stage == MEMBER_PROVED;
    if (whole && !campaign->stopped) {
        return;
    }
    set_up_drop_unsent(campaign, member);
    if (!campaign_member_event(campaign, member, MEMBER_EVENT_HALTED, now_ns)) {
        return;
    }
    assert(member->claimed || member->stage != MEMBER_LEAVING);
    member->groups_left = member->group_mask;
    member->session_left = true;
}

static bool any_leaves(const struct campaign *campaign)
{
    bool any = false;
    for (uint32_t i = 0; i < campaign->member_count && !any; i++) {
        any = campaign->members[i].stage == MEMBER_LEAVING;
    }
    return any;
}

static void halt(struct campaign *campaign, sim_ns now_ns)
{
    assert(campaign->phase != CAMPAIGN_PHASE_IDLE && campaign->phase != CAMPAIGN_PHASE_DONE);
    campaign_timer_stop(campaign, CAMPAIGN_TIMER_SET_UP_OVER);
    campaign_timer_stop(campaign, CAMPAIGN_TIMER_ROUND);
    for (uint32_t i = 0; i < campaign->member_count; i++) {
        stop_member(campaign, &campaign->members[i], now_ns);
    }
    for (uint32_t i = split_first(campaign); i < split_end(campaign); i++) {
        if (campaign->transfers[i].open && campaign->transfers[i].phase < CAMPAIGN_PHASE_DONE) {
            stop_transfer(&campaign->transfers[i], now_ns);
        }
    }
    campaign_end(campaign, now_ns); /* this round */
}

void halt_stop(struct campaign *campaign, sim_ns now_ns)
{
    bool idle = campaign->phase == CAMPAIGN_PHASE_IDLE;
    campaign_timer_stop(campaign, CAMPAIGN_TIMER_START);
    campaign_timer_stop(campaign, CAMPAIGN_TIMER_RESUME);
    if (campaign->phase == CAMPAIGN_PHASE_DONE) {
        return;
    }
    campaign->paused = false;
    campaign->stopped = true;
    campaign->leaving = !idle;
    if (!idle) {
        halt(campaign, now_ns);
        campaign_timer_start(
                campaign, CAMPAIGN_TIMER_LEFT, now_ns + campaign->params.confirm_timeout_ns);
    }
    halt_end_if_all_left(campaign, now_ns);
}

void halt_end_if_all_left(struct campaign *campaign, sim_ns now_ns)
{
    if (campaign->stopped && !any_leaves(campaign)) {
        halt_end(campaign, now_ns);
    }
}

void halt_end(struct campaign *campaign, sim_ns now_ns)
{
    assert(campaign->stopped);
    campaign->leaving = false;
    campaign_timer_stop(campaign, CAMPAIGN_TIMER_LEFT);
    campaign_end(campaign, now_ns);
}

void halt_pause(struct campaign *campaign, sim_ns now_ns)
{
    assert(!campaign->paused);
    if (campaign->phase == CAMPAIGN_PHASE_DONE || campaign->stopped) {
        return;
    }
    campaign->paused = true;
    if (campaign->phase != CAMPAIGN_PHASE_IDLE) {
        halt(campaign, now_ns);
    }
}

void halt_resume(struct campaign *campaign, sim_ns now_ns)
{
    if (!campaign->paused) {
        return;
    }
    campaign->paused = false;
    if (campaign->phase != CAMPAIGN_PHASE_IDLE) {
        rounds_begin(campaign, now_ns);
    } else if (now_ns >= campaign->params.start_ns) {
        rounds_start(campaign, now_ns);
    }
}

/* --- members ---------------------------------------------------------------------------------- */

static void end_if_nothing_left(struct campaign *campaign, struct member *member, sim_ns now_ns)
{
    member_answered(member);
    if (member->groups_left == 0 && !member->session_left) {
        campaign_member_event(campaign, member, MEMBER_EVENT_GROUP_GONE, now_ns);
        halt_end_if_all_left(campaign, now_ns);
    }
}

/* McGroupUndefined says the same: an earlier answer was lost. */
void halt_on_group_delete(struct campaign *campaign, struct member *member,
        const struct package_message *message, sim_ns now_ns)
{
    assert(message->kind == PACKAGE_MC_GROUP_DELETE_ANS);
    if (member->stage == MEMBER_LEAVING && message->index < SERVER_GROUP_IDS) {
        member->groups_left &= (uint8_t) ~(1u << message->index);
        end_if_nothing_left(campaign, member, now_ns);
    }
}

void halt_on_session_delete(struct campaign *campaign, struct member *member, sim_ns now_ns)
{
    if (member->stage == MEMBER_LEAVING) {
        member->session_left = false;
        end_if_nothing_left(campaign, member, now_ns);
    }
}

bool halt_send_session_delete(const struct campaign *campaign, const struct member *member)
{
    uint8_t request[PACKAGE_MESSAGE_MAX];
    assert(campaign_member(campaign, member->device) == member);
    size_t size = package_frag_session_delete_req(request, campaign_frag_index(campaign));
    return server_send(
            campaign->server, member->device, PACKAGE_FPORT_FRAGMENTATION, request, size);
}

void halt_step(struct campaign *campaign, struct member *member, const struct uplink_course *course,
        sim_ns now_ns)
{
    if (member->stage != MEMBER_LEAVING) {
        return;
    }
    if (course->unsent) {
        member_command_not_sent(member);
    }
    if (member->unanswered > 0) {
        member_try_failed(campaign, member, MEMBER_CAUSE_GROUP_SILENT, now_ns);
        halt_end_if_all_left(campaign, now_ns);
    }
    if (member->stage != MEMBER_LEAVING || now_ns < member->pause_until_ns) {
        return;
    }
    bool groups = member->groups_left != 0;
    bool sent = groups ? release_send_deletes(campaign, member, member->groups_left)
                       : halt_send_session_delete(campaign, member);
    if (sent) {
        member_command_sent(member, now_ns);
    }
    if (groups && campaign->params.set_up_policy == SET_UP_CHAINED) {
        network_keep_open(campaign->server->network, member->device);
    }
}
