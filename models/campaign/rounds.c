/* The rounds of a campaign: members that one round left are set up again in the next one.
 * SPDX-License-Identifier: MIT
 *
 * A round is a set of transfers of its own, with groups, addresses and keys of its own, and the
 * next SessionCnt. FragIndex and block are the same, so what a device reports of an earlier round
 * still counts. A member whose reason says that no further round can help it stays as it is; so
 * does one that holds the whole block, for all that it needs is an answer to its next report.
 */
#include <assert.h>

#include "campaign/campaign_internal.h"

/* Another round may help the member. */
static bool is_left(const struct member *member)
{
    assert(member->rounds > 0 && member->rounds <= CAMPAIGN_ROUNDS_MAX);
    return campaign_failure_may_pass(member_failure(member));
}

bool rounds_any_left(const struct campaign *campaign)
{
    bool left = false;
    for (uint32_t i = 0; i < campaign->member_count && !left; i++) {
        left = is_left(&campaign->members[i]);
    }
    return left;
}

void rounds_start(struct campaign *campaign, sim_ns now_ns)
{
    assert(campaign->round < CAMPAIGN_ROUNDS_MAX);
    campaign->round_start_ns[campaign->round] = now_ns;
    campaign->round_end_ns[campaign->round] = SIM_NS_NEVER;
    split_start(campaign, now_ns);
}

/* Members may listen until the sessions of this round time out: those of the next one open later.
 */
static sim_ns next_round_ns(const struct campaign *campaign, sim_ns now_ns)
{
    const struct campaign_params *params = &campaign->params;
    sim_ns at_ns = now_ns + params->retry_pause_ns;
    assert(split_end(campaign) <= campaign->transfer_count);
    for (uint32_t i = split_first(campaign); i < split_end(campaign); i++) {
        const struct transfer *transfer = &campaign->transfers[i];
        bool listens = transfer->open && params->delivery == DELIVERY_MULTICAST;
        sim_ns free_ns = listens ? transfer_end_ns(transfer) - params->set_up_window_ns : 0;
        at_ns = free_ns > at_ns ? free_ns : at_ns;
    }
    return at_ns;
}

/* A member holds the block, and its outcome may still change. */
static bool any_owes_report(const struct campaign *campaign)
{
    bool any = false;
    assert(campaign->reports_until_ns > 0);
    for (uint32_t i = 0; i < campaign->member_count && !any; i++) {
        const struct member *member = &campaign->members[i];
        any = member->stage >= MEMBER_WHOLE && !campaign_member_is_final(campaign, member);
    }
    return any;
}

void rounds_await_reports(struct campaign *campaign, sim_ns now_ns)
{
    sim_ns install_ns = install_end_ns(campaign);
    assert(!campaign->paused);
    campaign->reports_until_ns =
            (install_ns > now_ns ? install_ns : now_ns) + campaign->params.confirm_timeout_ns;
}

static bool awaits_reports(struct campaign *campaign, sim_ns now_ns)
{
    if (now_ns >= campaign->reports_until_ns || !any_owes_report(campaign)) {
        return false;
    }
    campaign_timer_start(campaign, CAMPAIGN_TIMER_REPORTS, campaign->reports_until_ns);
    return true;
}

void rounds_end_if_all_reported(struct campaign *campaign, sim_ns now_ns)
{
    if (campaign->timers[CAMPAIGN_TIMER_REPORTS].at_ns == SIM_NS_NEVER
            || any_owes_report(campaign)) {
        return;
    }
    campaign_timer_stop(campaign, CAMPAIGN_TIMER_REPORTS);
    campaign_end(campaign, now_ns);
}

bool rounds_end(struct campaign *campaign, sim_ns now_ns)
{
    assert(campaign->round < CAMPAIGN_ROUNDS_MAX);
    if (campaign->round_end_ns[campaign->round] == SIM_NS_NEVER) {
        campaign->round_end_ns[campaign->round] = now_ns;
    }
    bool waits = campaign->timers[CAMPAIGN_TIMER_ROUND].at_ns != SIM_NS_NEVER;
    if (campaign->paused || campaign->leaving || waits) {
        return true;
    }
    if (campaign->stopped) {
        return false;
    }
    if (campaign->retries_left == 0 || !rounds_any_left(campaign)) {
        return awaits_reports(campaign, now_ns);
    }
    campaign->retries_left--;
    campaign_timer_start(campaign, CAMPAIGN_TIMER_ROUND, next_round_ns(campaign, now_ns));
    return true;
}

/* A block that is not the one that was sent is of no use to the next round. */
static bool had_block(const struct campaign *campaign, const struct member *member)
{
    bool sent = member->transfer != TRANSFER_NONE && member->reached >= CAMPAIGN_READY
                && campaign->transfers[member->transfer].highest_sent_n > 0;
    return (member->had_block || sent) && member->reason != CAMPAIGN_FAILURE_BLOCK_MIC
           && member->reason != CAMPAIGN_FAILURE_IMAGE_REFUSED
           && member->reason != CAMPAIGN_FAILURE_PROOF_REJECTED;
}

void rounds_begin(struct campaign *campaign, sim_ns now_ns)
{
    assert(!campaign->paused && !campaign->stopped);
    if (!rounds_any_left(campaign)) { /* all have reported since */
        campaign_end(campaign, now_ns);
        return;
    }
    campaign_begin_again(campaign);
    campaign->round++;
    assert(campaign->round < CAMPAIGN_ROUNDS_MAX);
    for (uint32_t i = 0; i < campaign->member_count; i++) {
        struct member *member = &campaign->members[i];
        if (is_left(member)) {
            enum campaign_failure failure = member_failure(member);
            bool earlier = had_block(campaign, member);
            campaign_member_event(campaign, member, MEMBER_EVENT_ROUND_BEGUN, now_ns);
            member_next_round(member, campaign->round, failure, earlier);
        }
    }
    rounds_start(campaign, now_ns);
}
