/* How often a command to a member is tried again, and what its tries end with.
 * SPDX-License-Identifier: MIT
 *
 * Each cause has a number of tries, pauses that double, and a reason at its end (design section 5,
 * invariant 10). A command of the set-up without an answer says nothing about the device: it has no
 * last try unless the campaign gives it one, for the set-up window ends it, but its pauses double
 * too.
 */
#include <assert.h>

#include "campaign/campaign_internal.h"

#define MINUTE_NS (60 * SIM_NS_PER_S)
/* Commands without an answer that are repeated with each uplink. */
#define UNANSWERED_SOON 8u
#define UNANSWERED_LATE 16u /* no longer pause than after so many */

struct cause {
    uint8_t tries_max;      /* the last one causes the event `end` */
    sim_ns first_pause_ns;  /* after the first try, 0: none */
    sim_ns second_pause_ns; /* after the second one; each further one is twice as long */
    enum member_event again, end;
};

/* clang-format off */
static const struct cause causes[MEMBER_CAUSE_COUNT] = {
    [MEMBER_CAUSE_GROUP] =
        { 5, 0, 5 * MINUTE_NS, MEMBER_EVENT_GROUP_UNDEFINED, MEMBER_EVENT_GROUP_NEVER_DEFINED },
    [MEMBER_CAUSE_START] =
        { 5, 0, 5 * MINUTE_NS, MEMBER_EVENT_CLOCK_DIFFERS, MEMBER_EVENT_START_ALWAYS_MISSED },
    [MEMBER_CAUSE_CLOCK] =
        { 5, 0, 5 * MINUTE_NS, MEMBER_EVENT_CLOCK_DIFFERS, MEMBER_EVENT_CLOCK_NEVER_AGREES },
    /* Such a device asks for the time by itself: there is nothing to say to it meanwhile. */
    [MEMBER_CAUSE_NO_TIME] =
        { 5, 5 * MINUTE_NS, 10 * MINUTE_NS, MEMBER_EVENT_NO_TIME, MEMBER_EVENT_CLOCK_NEVER_AGREES },
    [MEMBER_CAUSE_SESSION_CNT] =
        { 5, 0, 5 * MINUTE_NS, MEMBER_EVENT_SESSION_CNT_OLD, MEMBER_EVENT_SESSION_CNT_ALWAYS_OLD },
    [MEMBER_CAUSE_REFUSED] =
        { 3, 0, 5 * MINUTE_NS, MEMBER_EVENT_REFUSED, MEMBER_EVENT_SET_UP_REFUSED },
    [MEMBER_CAUSE_MEMORY] =
        { 3, 0, 5 * MINUTE_NS, MEMBER_EVENT_MEMORY_REFUSED, MEMBER_EVENT_SET_UP_NO_MEMORY },
    [MEMBER_CAUSE_ALGORITHM] =
        { 3, 0, 5 * MINUTE_NS, MEMBER_EVENT_ALGORITHM_REFUSED, MEMBER_EVENT_SET_UP_NO_ALGORITHM },
    [MEMBER_CAUSE_INDEX] =
        { 3, 0, 5 * MINUTE_NS, MEMBER_EVENT_INDEX_REFUSED, MEMBER_EVENT_SET_UP_NO_INDEX },
    [MEMBER_CAUSE_DESCRIPTOR] =
        { 3, 0, 5 * MINUTE_NS, MEMBER_EVENT_DESCRIPTOR_REFUSED, MEMBER_EVENT_SET_UP_DESCRIPTOR },
    [MEMBER_CAUSE_GROUP_SILENT] =
        { 5, 0, 5 * MINUTE_NS, MEMBER_EVENT_GROUP_SILENT, MEMBER_EVENT_GROUP_UNANSWERED },
    [MEMBER_CAUSE_SESSION_LOST] =
        { 5, 0, 5 * MINUTE_NS, MEMBER_EVENT_SESSION_LOST, MEMBER_EVENT_SESSION_ALWAYS_LOST },
    [MEMBER_CAUSE_REPAIR] =
        { 5, 0, 5 * MINUTE_NS, MEMBER_EVENT_BLOCK_LACKING, MEMBER_EVENT_REPAIR_FAILED },
};
/* clang-format on */

static sim_ns pause_ns(const struct cause *cause, uint32_t tries)
{
    assert(tries > 0 && tries < cause->tries_max);
    return tries == 1 ? cause->first_pause_ns : cause->second_pause_ns << (tries - 2u);
}

void member_try_failed(
        struct campaign *campaign, struct member *member, enum member_cause which, sim_ns now_ns)
{
    assert(which < MEMBER_CAUSE_COUNT);
    const struct cause *cause = &causes[which];
    if (member_transition((enum member_stage)member->stage, cause->again) == NULL) {
        return; /* the answer is late */
    }
    member->tries[which]++;
    assert(member->tries[which] <= cause->tries_max);
    member->unanswered = 0;
    if (member->tries[which] == cause->tries_max) {
        campaign_member_event(campaign, member, cause->end, now_ns);
        return;
    }
    campaign_member_event(campaign, member, cause->again, now_ns);
    member->pause_until_ns = now_ns + pause_ns(cause, member->tries[which]);
}

void member_command_sent(struct member *member, sim_ns now_ns)
{
    assert(member->unanswered <= UNANSWERED_LATE);
    member->unsent = false;
    if (member->unanswered < UNANSWERED_LATE) {
        member->unanswered++;
    }
    if (member->unanswered > UNANSWERED_SOON) {
        member->pause_until_ns = now_ns + (5 * MINUTE_NS << (member->unanswered - UNANSWERED_SOON));
    }
}

bool member_is_silent(const struct campaign *campaign, const struct member *member)
{
    uint32_t tries = campaign->params.set_up_tries;
    assert(tries <= UNANSWERED_SOON);
    return tries > 0 && member->unanswered >= tries;
}

void member_command_not_sent(struct member *member)
{
    if (member->unanswered > 0) { /* else the pause follows an answer, and stays */
        member->unanswered--;
        member->unsent = member->unanswered == 0;
        member->pause_until_ns = 0;
    }
}

void member_answered(struct member *member)
{
    member->unanswered = 0;
    member->unsent = false;
    member->pause_until_ns = 0;
}
