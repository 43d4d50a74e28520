/* Stop and pause of a campaign: its transfers end at once, and devices are told to forget them.
 * SPDX-License-Identifier: MIT
 *
 * A member that the set-up had reached, in this round or an earlier one, is told to forget what its
 * device may have (clean_up.c). Those that listen are asked for their status, all at one time, for
 * that makes an uplink; those that do not answer are told to delete their groups one by one, in
 * class C (calls.c). A stopped campaign is over when all have answered, or after its time; not
 * before the last reboot that could not be cancelled so far.
 *
 * A pause ends a round in the same way, but for members that hold the block: they are acknowledged,
 * and a reboot that would come in the pause is ordered after it. When the pause is over, the
 * members that are left are set up again, in a round that is no retry, and those that hold the
 * block get the time for reports again.
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
    clean_up_begin(campaign, member, listens(campaign, member), now_ns);
}

/* A member that is confirmed may still be told to delete its groups (release.c). */
static bool leaves(const struct campaign *campaign, const struct member *member)
{
    bool released = !campaign->params.group_delete || member->stage != MEMBER_CONFIRMED;
    assert(campaign->stopped);
    return member->stage == MEMBER_LEAVING || member->stage == MEMBER_GROUP_LISTED || !released;
}

static bool any_leaves(const struct campaign *campaign)
{
    bool any = false;
    for (uint32_t i = 0; i < campaign->member_count && !any; i++) {
        any = leaves(campaign, &campaign->members[i]);
    }
    return any;
}

static void halt(struct campaign *campaign, sim_ns now_ns)
{
    assert(campaign->phase != CAMPAIGN_PHASE_IDLE && campaign->phase != CAMPAIGN_PHASE_DONE);
    campaign_timer_stop(campaign, CAMPAIGN_TIMER_SET_UP_OVER);
    campaign_timer_stop(campaign, CAMPAIGN_TIMER_ROUND);
    campaign_timer_stop(campaign, CAMPAIGN_TIMER_REPORTS);
    for (uint32_t i = 0; i < campaign->member_count; i++) {
        stop_member(campaign, &campaign->members[i], now_ns);
    }
    for (uint32_t i = split_first(campaign); i < split_end(campaign); i++) {
        struct transfer *transfer = &campaign->transfers[i];
        if (transfer->open && transfer->phase < CAMPAIGN_PHASE_DONE) {
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

static void end(struct campaign *campaign, sim_ns now_ns)
{
    assert(campaign->stopped);
    for (uint32_t i = 0; i < campaign->member_count; i++) {
        clean_up_end(campaign, &campaign->members[i], now_ns);
    }
    campaign->leaving = false;
    campaign_timer_stop(campaign, CAMPAIGN_TIMER_LEFT);
    campaign_end(campaign, now_ns);
}

void halt_end_if_all_left(struct campaign *campaign, sim_ns now_ns)
{
    if (campaign->stopped && !any_leaves(campaign)) {
        end(campaign, now_ns);
    }
}

/* A reboot that lies ahead would install what is stopped: as long, it can be cancelled. */
void halt_on_time_over(struct campaign *campaign, sim_ns now_ns)
{
    sim_ns until_ns = 0;
    for (uint32_t i = 0; i < campaign->member_count; i++) {
        const struct member *member = &campaign->members[i];
        sim_ns reboot_ns = install_cancel_until_ns(campaign, member);
        bool waits = member->stage == MEMBER_LEAVING && reboot_ns > until_ns;
        until_ns = waits ? reboot_ns : until_ns;
    }
    if (until_ns > now_ns) {
        campaign_timer_start(campaign, CAMPAIGN_TIMER_LEFT, until_ns);
    } else {
        end(campaign, now_ns);
    }
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
        rounds_await_reports(campaign, now_ns);
        rounds_begin(campaign, now_ns);
    } else if (now_ns >= campaign->params.start_ns) {
        rounds_start(campaign, now_ns);
    }
}
