/* Stop and pause of a campaign: its transfers end at once, and devices are told to forget them.
 * SPDX-License-Identifier: MIT
 *
 * A member that the set-up had reached has groups, a class C session that is armed or open, and a
 * fragmentation session. It is told to delete them in the windows of its next uplink: a reboot that
 * is ordered and an image that waits for one (TS006) first, then groups, which ends class C, then
 * the fragmentation session, so that it opens nothing, asks nothing and installs nothing. Those
 * that listen are asked for their status, all at one time, for that makes an uplink; those that do
 * not answer are told to delete their groups one by one, in class C (calls.c).
 *
 * A pause ends a round in the same way, but for members that hold the block: they are acknowledged,
 * and a reboot that would come in the pause is ordered after it. When the pause is over, the
 * members that are left are set up again, in a round that is no retry.
 */
#include <assert.h>

#include "campaign/campaign_internal.h"

/* Of the one request to members that listen. assumed: as a question of a correction. */
#define REQUEST_COPIES 8u

static bool is_on_air(const struct transfer *transfer)
{
    return transfer_runs(transfer) && !transfer->paused && transfer->session_count > 0;
}

static void stop_transfer(struct transfer *transfer, sim_ns now_ns)
{
    for (uint32_t timer = 0; timer < TRANSFER_TIMER_COUNT; timer++) {
        transfer_timer_stop(transfer, (enum transfer_timer)timer);
    }
    if (is_on_air(transfer)) {
        uint8_t request[PACKAGE_MESSAGE_MAX];
        size_t size = package_frag_session_status_req(request, transfer->frag_index, true);
        struct session *session = transfer_session_now(transfer);
        session->ops->stop(session);
        (void)transfer_ask(transfer, request, size, REQUEST_COPIES);
        calls_begin(transfer, now_ns + transfer->schedule.answer_window_ns);
    }
    correction_pause(transfer);
    campaign_phase_set(transfer, CAMPAIGN_PHASE_DONE, now_ns);
}

static bool listens(const struct campaign *campaign, const struct member *member)
{
    bool called = member->stage == MEMBER_GROUP && member->listens;
    if (member->stage != MEMBER_RECEIVING && !called) {
        return false;
    }
    const struct transfer *transfer = member_transfer_of(campaign, member);
    return is_on_air(transfer) && !member->deferred && !member->repairing;
}

static void stop_member(struct campaign *campaign, struct member *member, sim_ns now_ns)
{
    bool whole = member->stage == MEMBER_WHOLE || member->stage == MEMBER_PROVED;
    if (whole && !campaign->stopped) {
        install_on_pause(campaign, member, now_ns);
        return;
    }
    set_up_drop_unsent(campaign, member);
    if (member_transition((enum member_stage)member->stage, MEMBER_EVENT_HALTED) == NULL) {
        return;
    }
    install_on_halt(campaign, member);
    member->listens = listens(campaign, member);
    campaign_member_event(campaign, member, MEMBER_EVENT_HALTED, now_ns);
    assert(member->claimed || member->stage != MEMBER_LEAVING);
    member->groups_left = member->group_mask;
    member->session_left = true;
}

/* All that is left of it are reports: they may come in a pause as well. */
static bool awaits_reports(const struct transfer *transfer)
{
    return transfer->open && transfer->phase == CAMPAIGN_PHASE_CONFIRMATION;
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
        struct transfer *transfer = &campaign->transfers[i];
        if (campaign->paused && awaits_reports(transfer)) {
            transfer_timer_stop(transfer, TRANSFER_TIMER_DONE);
        } else if (transfer->open && transfer->phase < CAMPAIGN_PHASE_DONE) {
            stop_transfer(transfer, now_ns);
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

/* Transfers that awaited reports when the pause began: they get their time again, unless a further
 * round begins, which has its own. True: they await them. */
static bool resume_awaiting(struct campaign *campaign, sim_ns now_ns)
{
    bool awaits = false, round = rounds_any_left(campaign);
    assert(campaign->paused);
    for (uint32_t i = split_first(campaign); i < split_end(campaign); i++) {
        struct transfer *transfer = &campaign->transfers[i];
        if (!awaits_reports(transfer)) {
            continue;
        }
        if (round || transfer->final_count == transfer->counted_count) {
            campaign_phase_set(transfer, CAMPAIGN_PHASE_DONE, now_ns);
        } else {
            transfer_await_reports(transfer, now_ns);
            awaits = true;
        }
    }
    return awaits;
}

void halt_resume(struct campaign *campaign, sim_ns now_ns)
{
    if (!campaign->paused) {
        return;
    }
    bool idle = campaign->phase == CAMPAIGN_PHASE_IDLE;
    bool awaits = !idle && resume_awaiting(campaign, now_ns);
    campaign->paused = false;
    if (awaits) {
        return;
    }
    if (!idle) {
        rounds_begin(campaign, now_ns);
    } else if (now_ns >= campaign->params.start_ns) {
        rounds_start(campaign, now_ns);
    }
}

/* --- members ---------------------------------------------------------------------------------- */

static void end_if_nothing_left(struct campaign *campaign, struct member *member, sim_ns now_ns)
{
    member_answered(member);
    if (member->groups_left == 0 && !member->session_left
            && !management_is_left(campaign, member)) {
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

void halt_on_management(struct campaign *campaign, struct member *member,
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
           && (!rest || member->tries[MEMBER_CAUSE_GROUP_SILENT] % 2u == 0);
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
                                    : halt_send_session_delete(campaign, member);
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
    bool more = false;
    if (send_next(campaign, member, &more)) {
        member_command_sent(member, now_ns);
    }
    if (more && campaign->params.set_up_policy == SET_UP_CHAINED) {
        network_keep_open(campaign->server->network, member->device);
    }
}
