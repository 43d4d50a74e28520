/* The announcement of a second period: the last session of a transfer, in which devices that are
 * not whole open their receiver again.
 * SPDX-License-Identifier: MIT
 *
 * It follows the rest of the set-up, so a member whose link is bad takes part in the first period
 * all the same. A member that was not told by then is told when it is heard again: its answer to a
 * status request, or its next report. A member that is whole needs nothing more: a session of a
 * group whose block is over does not open (device/services/multicast_session.c).
 */
#include <assert.h>

#include "campaign/campaign_internal.h"

bool second_period_follows(const struct campaign *campaign, const struct member *member)
{
    assert(member->second <= MEMBER_SECOND_TOLD);
    return member_transfer_of(campaign, member)->second > 0 && member->second != MEMBER_SECOND_TOLD;
}

/* The member is set up for its transfer, which has a second period that it was not told. */
static bool is_due(const struct campaign *campaign, const struct member *member)
{
    const struct transfer *transfer = member_transfer_of(campaign, member);
    bool set_up = member->stage == MEMBER_READY || member->stage == MEMBER_RECEIVING;
    return set_up && transfer->phase < CAMPAIGN_PHASE_CONFIRMATION
           && second_period_follows(campaign, member);
}

/* The message names the session of a second period, as an answer to what is sent here. */
static bool is_answer(const struct campaign *campaign, const struct member *member,
        const struct package_message *message)
{
    return is_due(campaign, member)
           && message->index
                      == member_group_id(member, member_transfer_of(campaign, member)->second);
}

void second_period_step(struct campaign *campaign, struct member *member,
        const struct uplink_course *course, sim_ns now_ns)
{
    if (!is_due(campaign, member)
            || (campaign->params.set_up_policy == SET_UP_ONE_PER_UPLINK && course->answered)) {
        return;
    }
    const struct transfer *transfer = member_transfer_of(campaign, member);
    if (now_ns >= transfer_end_ns(transfer) - RESTART_LEAST_NS) {
        return;
    }
    if (course->unsent) {
        member_command_not_sent(member);
    }
    if (now_ns >= member->pause_until_ns
            && set_up_announce(campaign, member, transfer->second,
                    member->second == MEMBER_SECOND_GROUP, now_ns)) {
        member_command_sent(member, now_ns);
    }
}

bool second_period_on_group_ans(
        struct campaign *campaign, struct member *member, const struct package_message *message)
{
    assert(message->kind == PACKAGE_MC_GROUP_SETUP_ANS);
    if (!is_answer(campaign, member, message)) {
        return false;
    }
    if (message->status == 0 && member->second == MEMBER_SECOND_UNTOLD) {
        member->second = MEMBER_SECOND_GROUP;
        member_answered(member);
    }
    return true;
}

bool second_period_on_session_ans(struct campaign *campaign, struct member *member,
        const struct package_message *message, bool clock_agrees)
{
    assert(message->kind == PACKAGE_MC_CLASS_C_SESSION_ANS);
    if (!is_answer(campaign, member, message)) {
        return false;
    }
    if ((message->status & PACKAGE_SESSION_UNDEFINED) != 0) {
        member->second = MEMBER_SECOND_UNTOLD;
    } else if (message->status == 0 && clock_agrees) {
        member->second = MEMBER_SECOND_TOLD;
        member_answered(member);
    }
    return true;
}

void second_period_on_reset(struct member *member)
{
    assert(member->second <= MEMBER_SECOND_TOLD);
    /* Its group may be lost as well: then it says so. */
    if (member->second == MEMBER_SECOND_TOLD) {
        member->second = MEMBER_SECOND_GROUP;
    }
}

void second_period_on_answer(struct campaign *campaign, struct member *member)
{
    const struct transfer *transfer = member_transfer_of(campaign, member);
    if (transfer->second > 0 && transfer->session_now == transfer->second && !transfer->paused) {
        member->second = MEMBER_SECOND_TOLD;
    }
}
