/* A multicast group is set up again in the middle of its session, with another key and address.
 * SPDX-License-Identifier: MIT
 *
 * Who knows the group's keys can move McFCnt with one frame: members drop what the server sends
 * from then on, requests included, and listen to the end of the session. What the server sees of it
 * is that no member answers any more. After so many silent rounds of the correction it makes the
 * group again and calls the members that are not settled (calls.c): McGroupSetupReq ends their
 * session, McClassCSessionReq opens the next one. They keep the fragmentation session with what it
 * holds, and McGroupID, N and FragIndex stay, so the correction goes on with what they lack.
 */
#include <assert.h>

#include "campaign/campaign_internal.h"
#include "observe.h"

/* Of one transfer. assumed: an attacker who is a member still gets each key. */
#define RESTARTS_OF_GROUP_MAX 3u
/* From the last answer on, sessions begin RESTART_LEAD_NS after the command. */
#define OPENING_NS (RESTART_LEAD_NS + CLOCK_TOLERANCE_S * SIM_NS_PER_S)

bool group_restart_is_due(const struct transfer *transfer, sim_ns now_ns)
{
    uint32_t rounds = transfer->campaign->params.restart_group;
    const struct session *session = transfer_session_now(transfer);
    assert(transfer->group_restarts <= RESTARTS_OF_GROUP_MAX);
    return rounds > 0 && transfer->correction.silent_rounds >= rounds
           && transfer->group_restarts < RESTARTS_OF_GROUP_MAX
           && now_ns + OPENING_NS + RESTART_LEAST_NS < session->end_ns;
}

/* True: it is called. */
static bool restart_member(struct transfer *transfer, struct member *member, sim_ns now_ns)
{
    struct session *session = transfer_session_now(transfer);
    (void)session->ops->join(session, member->device);
    if (!campaign_member_event(transfer->campaign, member, MEMBER_EVENT_GROUP_RENEWED, now_ns)) {
        return false;
    }
    member->restarts++;
    member->session = transfer->session_now;
    member->session_asked = true;
    member->fragmentation = MEMBER_FRAGMENTATION_LAST;
    member->listens = true;
    member->moved = true; /* what it has missed was not lost on the air */
    member_answered(member);
    return true;
}

/* `old_mc_addr`: its address before. */
static void state_restart(
        const struct transfer *transfer, uint32_t old_mc_addr, uint32_t called, sim_ns now_ns)
{
    const struct campaign *campaign = transfer->campaign;
    const struct session *session = transfer_session_now(transfer);
    uint32_t silent_rounds = transfer->correction.silent_rounds;
    assert(silent_rounds <= UINT16_MAX && campaign->number <= UINT16_MAX);
    engine_observe(campaign->server->engine, now_ns, session->entity,
            OBSERVE_CAMPAIGN_GROUP_RESTART, session_class_c_mc_addr(session), old_mc_addr,
            (int64_t)called << 32 | (int64_t)(silent_rounds << 16 | campaign->number), NULL);
}

bool group_restart(struct transfer *transfer, sim_ns now_ns)
{
    struct campaign *campaign = transfer->campaign;
    struct session *session = transfer_session_now(transfer);
    uint32_t old_mc_addr = session_class_c_mc_addr(session), called = 0;
    assert(transfer->renewal == RENEWAL_NONE && !transfer->correction.awaiting_answers);
    if (!session->ops->renew(session, campaign->server)) {
        return false;
    }
    transfer_curtail(transfer);
    transfer->group_restarts++;
    transfer->renewal = RENEWAL_CALLS;
    transfer->correction.resting = true; /* until the members are there */
    for (uint32_t i = 0; i < campaign->member_count; i++) {
        struct member *member = &campaign->members[i];
        if (member->transfer == transfer->index && member->counted && !member_is_settled(member)
                && !member->repairing && member->restarts < RESTARTS_MAX) {
            called += restart_member(transfer, member, now_ns) ? 1u : 0u;
        }
    }
    state_restart(transfer, old_mc_addr, called, now_ns);
    calls_begin(transfer, now_ns);
    return true;
}

/* Asks all that are left; its time begins now. */
static void go_on(struct transfer *transfer, sim_ns now_ns)
{
    struct correction *correction = &transfer->correction;
    assert(correction->started);
    correction->resting = false;
    correction->deadline_ns = transfer_correction_end_ns(transfer, now_ns);
    transfer_arm_deadline(transfer);
    correction_on_session(transfer, now_ns);
}

void group_restart_on_calls_over(struct transfer *transfer, sim_ns now_ns)
{
    if (!transfer_runs(transfer)) {
        return;
    }
    assert(transfer->renewal == RENEWAL_NONE || transfer->group_restarts > 0);
    if (transfer->renewal == RENEWAL_CALLS) {
        transfer->renewal = RENEWAL_OPENING;
        transfer_timer_set(transfer, TRANSFER_TIMER_CALL, now_ns + OPENING_NS);
    } else if (transfer->renewal == RENEWAL_OPENING) {
        transfer->renewal = RENEWAL_NONE;
        go_on(transfer, now_ns);
    }
}
