/* Deferral: a member that lacks much closes its class C session and opens it again an hour later.
 * SPDX-License-Identifier: MIT
 *
 * A duty cycle bounds what a gateway sends in an hour. A member that loses most of it needs more
 * than that, and pays for each minute of listening meanwhile. The downlink that answers its status
 * tells it a later SessionTime (TS005: a new request for the same group replaces the session); then
 * the hour has room for what it lacks, and all of it goes out in haste.
 */
#include <assert.h>

#include "campaign/batch.h"
#include "campaign/campaign_internal.h"

/* What was sent until now has left the sliding hour by then (ETSI EN 300 220-2). */
#define DEFER_NS (3600 * SIM_NS_PER_S)
/* assumed: time for a batch in haste, and for a round of answers, before the correction ends. */
#define RESUME_LEAST_NS (1200 * SIM_NS_PER_S)
/* assumed: of what a member is reckoned to need, half as much again for what it misses besides. */
#define MARGIN_SHARE 2u

/* When a member that is told now opens its session again: with those that were told before. 0:
 * that is too soon, or the correction would be over. */
static sim_ns resume_ns(const struct transfer *transfer, sim_ns now_ns)
{
    const struct session *session = transfer_session_now(transfer);
    sim_ns at_ns = transfer->resume_ns;
    if (at_ns == 0) { /* SessionTime is in whole seconds */
        at_ns = session->start_ns
                + (now_ns + DEFER_NS - session->start_ns) / SIM_NS_PER_S * SIM_NS_PER_S;
    }
    sim_ns deadline_ns = transfer->correction.deadline_ns;
    sim_ns end_ns = session->end_ns < deadline_ns ? session->end_ns : deadline_ns;
    return at_ns >= now_ns + RESTART_LEAD_NS && at_ns + RESUME_LEAST_NS <= end_ns ? at_ns : 0;
}

bool deferral_pays(const struct transfer *transfer, uint32_t fragments, sim_ns now_ns)
{
    return transfer->fragmentation_version >= 2
           && transfer_waits_long_for(transfer, fragments, now_ns);
}

void deferral_consider(struct campaign *campaign, struct member *member, sim_ns now_ns)
{
    struct transfer *transfer = member_transfer_of(campaign, member);
    if (campaign->params.correction != CORRECTION_ADAPTIVE || member->stage != MEMBER_RECEIVING
            || transfer->phase != CAMPAIGN_PHASE_CORRECTION || member->over_memory) {
        return;
    }
    uint32_t needed = batch_for_member(member);
    sim_ns at_ns = resume_ns(transfer, now_ns);
    if (at_ns == 0 || !deferral_pays(transfer, needed + needed / MARGIN_SHARE, now_ns)
            || !set_up_move_session(campaign, member, at_ns)) {
        return;
    }
    if (transfer->resume_ns == 0) {
        transfer->resume_ns = at_ns;
        transfer_timer_set(transfer, TRANSFER_TIMER_RESUME, at_ns + SCHEDULE_GUARD_NS);
    }
}

void deferral_on_session_ans(
        struct campaign *campaign, struct member *member, bool accepted, sim_ns now_ns)
{
    struct transfer *transfer = member_transfer_of(campaign, member);
    assert(member->stage == MEMBER_RECEIVING);
    if (accepted && member->told_ns == transfer->resume_ns && now_ns < transfer->resume_ns) {
        member->deferred = true;
        correction_on_deferred(transfer);
    }
}

uint32_t deferral_count(const struct transfer *transfer, bool answered)
{
    const struct campaign *campaign = transfer->campaign;
    assert(transfer->index < campaign->transfer_count);
    uint32_t count = 0;
    for (uint32_t i = 0; i < campaign->member_count && transfer->resume_ns != 0; i++) {
        const struct member *member = &campaign->members[i];
        bool counts = member->deferred && member->counted && !member_is_settled(member)
                      && member->transfer == transfer->index;
        count += counts && (answered || member->round != transfer->correction.round) ? 1u : 0u;
    }
    return count;
}

void deferral_end(struct transfer *transfer, sim_ns now_ns)
{
    struct campaign *campaign = transfer->campaign;
    assert(transfer->resume_ns != 0);
    for (uint32_t i = 0; i < campaign->member_count; i++) {
        if (campaign->members[i].transfer == transfer->index) {
            campaign->members[i].deferred = false;
        }
    }
    transfer->resume_ns = 0;
    correction_on_resume(transfer, now_ns);
}
