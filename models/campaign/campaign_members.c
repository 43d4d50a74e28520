/* Members of a campaign: their stage, and what an uplink of their device means.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>

#include "campaign/campaign_internal.h"
#include "observe.h"

struct member *campaign_member(const struct campaign *campaign, uint32_t device)
{
    assert(device < campaign->server->device_count);
    uint32_t index = campaign->member_of_device[device];
    assert(index == MEMBER_NONE || campaign->members[index].device == device);
    return index == MEMBER_NONE ? NULL : &campaign->members[index];
}

static void stamp(struct member *member, enum campaign_stage shown, sim_ns now_ns)
{
    assert(shown < CAMPAIGN_STAGE_COUNT);
    if (shown == CAMPAIGN_CONTACTED) {
        member->first_command_ns = now_ns;
    } else if (shown == CAMPAIGN_GROUP_SET_UP) {
        member->group_set_up_ns = now_ns;
    } else if (shown == CAMPAIGN_READY) {
        member->ready_ns = now_ns;
    } else if (shown == CAMPAIGN_CONFIRMED) {
        member->confirmed_ns = now_ns;
    }
    if (shown >= CAMPAIGN_COMPLETE && member->complete_ns == SIM_NS_NEVER) {
        member->complete_ns = now_ns;
    }
    if (shown >= CAMPAIGN_AUTHENTICATED && member->authenticated_ns == SIM_NS_NEVER) {
        member->authenticated_ns = now_ns;
    }
}

/* All members are set up: the session time was told to all, so it stays. A further round waits for
 * its time. */
static void end_set_up_if_all_ready(struct campaign *campaign, sim_ns now_ns)
{
    if (campaign->phase != CAMPAIGN_PHASE_SET_UP || campaign->round > 0
            || campaign_stage_count(campaign, CAMPAIGN_READY) != campaign->member_count) {
        return;
    }
    for (uint32_t i = 0; i < campaign->transfer_count; i++) {
        struct transfer *transfer = &campaign->transfers[i];
        if (transfer->open && transfer->phase == CAMPAIGN_PHASE_SET_UP) {
            transfer_timer_stop(transfer, TRANSFER_TIMER_SET_UP_CLOSE);
            campaign_phase_set(transfer, CAMPAIGN_PHASE_WAIT_SESSION, now_ns);
        }
    }
}

/* Round, wave and campaign, as OBSERVE_CAMPAIGN_STAGE has them (observe.h). */
static int64_t place_of(const struct campaign *campaign, const struct member *member)
{
    uint32_t wave =
            member->transfer != TRANSFER_NONE ? split_wave_of(campaign, member->transfer) : 0;
    assert(wave <= UINT16_MAX && campaign->number <= UINT16_MAX);
    return (int64_t)campaign->round << 32 | (int64_t)(wave << 16 | campaign->number);
}

/* Results see only stages that lie further than the furthest so far, unless the device went back to
 * its old image. */
static void show(struct campaign *campaign, struct member *member, sim_ns now_ns)
{
    enum campaign_stage shown = member_stage_shown((enum member_stage)member->stage);
    member->reached = shown > member->reached ? (uint8_t)shown : member->reached;
    bool back = member->stage == MEMBER_REVERTED && shown < member->shown;
    if (shown <= member->shown && !back) {
        return;
    }
    assert(campaign->stage_counts[member->shown] > 0);
    campaign->stage_counts[member->shown]--;
    campaign->stage_counts[shown]++;
    member->shown = (uint8_t)shown;
    if (back) {
        member->confirmed_ns = SIM_NS_NEVER;
    } else {
        stamp(member, shown, now_ns);
    }
    engine_observe(campaign->server->engine, now_ns, campaign->entity, OBSERVE_CAMPAIGN_STAGE,
            member->device, shown, place_of(campaign, member), NULL);
    end_set_up_if_all_ready(campaign, now_ns);
}

bool campaign_member_is_final(const struct campaign *campaign, const struct member *member)
{
    assert(member->stage < MEMBER_STAGE_COUNT);
    return member->stage >= MEMBER_RELEASED
           || (member->stage == MEMBER_CONFIRMED && !campaign->params.group_delete);
}

static void count(
        struct transfer *transfer, bool settled_was, bool settled, bool final_was, bool final)
{
    transfer->settled_count += settled ? 1u : 0u;
    transfer->settled_count -= settled_was ? 1u : 0u;
    transfer->final_count += final ? 1u : 0u;
    transfer->final_count -= final_was ? 1u : 0u;
    assert(transfer->settled_count <= transfer->counted_count);
    assert(transfer->final_count <= transfer->settled_count);
}

bool campaign_member_event(
        struct campaign *campaign, struct member *member, enum member_event event, sim_ns now_ns)
{
    const struct member_transition *transition =
            member_transition((enum member_stage)member->stage, event);
    if (transition == NULL) {
        return false;
    }
    assert(transition->from == member->stage && transition->event == event);
    bool settled = member_is_settled(member);
    bool final = campaign_member_is_final(campaign, member);
    if (transition->to != transition->from) {
        member_answered(member);
    }
    member->stage = transition->to;
    if (transition->reason != MEMBER_REASON_STAYS) {
        member->reason = transition->reason;
    }
    if (member->counted) {
        count(member_transfer_of(campaign, member), settled, member_is_settled(member), final,
                campaign_member_is_final(campaign, member));
    }
    switch ((enum member_action)transition->action) {
    case MEMBER_NO_ACTION:
        break;
    case MEMBER_ACTION_NOTHING_MISSING:
        member->missing = 0;
        break;
    case MEMBER_ACTION_RELEASE_DEVICE:
        server_release(campaign->server, member->device, campaign->number,
                campaign_frag_index(campaign), transition->to == MEMBER_CONFIRMED);
        break;
    }
    show(campaign, member, now_ns);
    return true;
}

double campaign_answer_airtime_s(const struct campaign *campaign)
{
    const struct region *region = network_region(campaign->server->network);
    double sum_s = 0.0;
    uint32_t heard = 0;
    for (uint32_t i = 0; i < campaign->member_count; i++) {
        const struct server_device *device =
                &campaign->server->devices[campaign->members[i].device];
        if (device->heard) {
            sum_s += schedule_answer_airtime_s(region, device->data_rate);
            heard++;
        }
    }
    /* assumed: DR0, the worst */
    return heard > 0 ? sum_s / heard : schedule_answer_airtime_s(region, 0);
}

/* --- uplinks --------------------------------------------------------------------------------- */

void campaign_on_heard(struct campaign *campaign, struct member *member, sim_ns now_ns)
{
    assert(campaign_member(campaign, member->device) == member);
    if (member->stage > MEMBER_HEARD) {
        return;
    }
    bool in_set_up = campaign->phase == CAMPAIGN_PHASE_SET_UP
                     || (unicast_delivery(campaign) && campaign->phase == CAMPAIGN_PHASE_UNCODED);
    campaign_member_event(campaign, member,
            in_set_up ? MEMBER_EVENT_UPLINK_IN_SET_UP : MEMBER_EVENT_UPLINK, now_ns);
}

/* A reset may have cost the armed session; group and fragmentation session, too. What is left is
 * seen by the answers to the set-up, which begins with the session. A set-up that the reset broke
 * off goes on, after the start of the session as well. */
void campaign_on_reset(struct campaign *campaign, struct member *member, sim_ns now_ns)
{
    if (member->stage < MEMBER_GROUP || member->stage > MEMBER_RECEIVING
            || unicast_delivery(campaign)) { /* a device that fetches goes on by itself */
        return;
    }
    assert(member->restarts <= RESTARTS_MAX);
    const struct transfer *transfer = member_transfer_of(campaign, member);
    bool open = transfer->phase == CAMPAIGN_PHASE_SET_UP
                || transfer->phase == CAMPAIGN_PHASE_WAIT_SESSION || transfer_runs(transfer);
    if (!open || member->restarts >= RESTARTS_MAX) {
        return;
    }
    member->restarts++;
    member->deferred = false;
    second_period_on_reset(member);
    member_answered(member); /* its silence until now says nothing about the device as it is */
    if (member->stage < MEMBER_READY && !transfer_runs(transfer)) {
        return; /* there is time for the rest */
    }
    member->session = transfer->session_now;
    member->session_asked = transfer_runs(transfer);
    member->fragmentation = MEMBER_FRAGMENTATION_LAST;
    campaign_member_event(campaign, member, MEMBER_EVENT_RESET_REPORTED, now_ns);
}

void campaign_on_uplink_end(struct campaign *campaign, struct member *member,
        const struct uplink_course *course, sim_ns now_ns)
{
    assert(campaign_member(campaign, member->device) == member);
    release_step(campaign, member, course, now_ns);
    clean_up_step(campaign, member, course, now_ns);
    struct transfer *transfer =
            member->transfer == TRANSFER_NONE ? NULL : member_transfer_of(campaign, member);
    if (transfer != NULL) {
        transfer_end_if_all_final(transfer, now_ns);
    }
    bool restarted = transfer != NULL && transfer_runs(transfer) && member->restarts > 0;
    if (course->time_answered) {
        campaign_member_event(campaign, member, MEMBER_EVENT_TIME_ANSWERED, now_ns);
    }
    enum campaign_phase phase = transfer != NULL ? transfer->phase : campaign->phase;
    bool unicast = unicast_delivery(campaign) && phase == CAMPAIGN_PHASE_UNCODED;
    bool in_set_up = phase == CAMPAIGN_PHASE_SET_UP || phase == CAMPAIGN_PHASE_WAIT_SESSION;
    if (in_set_up || restarted || unicast) {
        set_up_step(campaign, member, course, now_ns);
    }
    if (transfer != NULL) {
        second_period_step(campaign, member, course, now_ns);
    }
    install_step(campaign, member, course, now_ns);
    if (transfer != NULL && unicast) {
        unicast_delivery_step(campaign, member, course, now_ns);
    }
    bool repaired = transfer != NULL && repair_step(campaign, member, course, now_ns);
    if (!restarted && !repaired && !course->status_answered
            && (phase == CAMPAIGN_PHASE_CORRECTION || phase == CAMPAIGN_PHASE_CONFIRMATION)) {
        reception_ask_for_status(campaign, member, course);
    }
    if (campaign->leaving) {
        halt_end_if_all_left(campaign, now_ns);
    }
    rounds_end_if_all_reported(campaign, now_ns);
}
