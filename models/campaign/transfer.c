/* A transfer: block, sessions, end.
 * SPDX-License-Identifier: MIT
 */
#include "campaign/transfer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "campaign/campaign_internal.h"

/* --- creation -------------------------------------------------------------------------------- */

static bool cut_block(struct transfer *transfer, const uint8_t *image, uint32_t image_size)
{
    const struct campaign *campaign = transfer->campaign;
    uint32_t room = region_downlink_payload_max(
            network_region(campaign->server->network), transfer->data_rate);
    uint32_t size = campaign->params.fragment_size_bytes;
    if (size == 0) {
        size = room > PACKAGE_FRAGMENT_OVERHEAD ? room - PACKAGE_FRAGMENT_OVERHEAD : 0;
    }
    if (size == 0 || size + PACKAGE_FRAGMENT_OVERHEAD > room || image_size == 0) {
        return false;
    }
    uint32_t nb_frag = schedule_nb_frag(image_size, (uint8_t)size);
    if (nb_frag > PACKAGE_FRAGMENTS_MAX) {
        return false;
    }
    transfer->fragment_size_bytes = (uint8_t)size;
    transfer->nb_frag = (uint16_t)nb_frag;
    transfer->padding = (uint8_t)(nb_frag * size - image_size);
    transfer->table_count = campaign->params.table_copies > 0 ? fragment_table_count(room) : 0;
    transfer->block = calloc(nb_frag, size);
    if (transfer->block == NULL) {
        return false;
    }
    memcpy(transfer->block, image, image_size);
    return true;
}

bool transfer_init(struct transfer *transfer, struct campaign *campaign, uint8_t index,
        uint8_t data_rate, const uint8_t *image, uint32_t image_size)
{
    assert(transfer->block == NULL && transfer->session_count == 0);
    transfer->campaign = campaign;
    transfer->index = index;
    transfer->data_rate = data_rate;
    transfer->frag_index = campaign->params.numbers == NUMBERS_ZERO
                                   ? 0
                                   : (uint8_t)(campaign->number % SERVER_FRAG_INDEXES);
    transfer->phase = CAMPAIGN_PHASE_IDLE;
    for (uint32_t i = 0; i < TRANSFER_TIMER_COUNT; i++) {
        transfer->timers[i].at_ns = SIM_NS_NEVER;
    }
    return region_has_downlink(network_region(campaign->server->network), data_rate)
           && cut_block(transfer, image, image_size)
           && (unicast_delivery(campaign) || transfer_session_add(transfer));
}

uint32_t transfer_table_messages(const struct transfer *transfer)
{
    return (transfer->campaign->params.table_copies + transfer->table_repeats)
           * fragment_table_pieces(transfer->nb_frag, transfer->table_count);
}

void transfer_finish(struct transfer *transfer)
{
    for (uint32_t i = 0; i < transfer->session_count; i++) {
        transfer->sessions[i]->ops->destroy(transfer->sessions[i]);
    }
    transfer->session_count = 0;
    free(transfer->block);
    transfer->block = NULL;
}

/* --- timers ---------------------------------------------------------------------------------- */

void transfer_timer_set(struct transfer *transfer, enum transfer_timer timer, sim_ns at_ns)
{
    assert(timer < TRANSFER_TIMER_COUNT);
    campaign_timer_set(
            transfer->campaign, &transfer->timers[timer], transfer->index + 1u, timer, at_ns);
}

void transfer_timer_stop(struct transfer *transfer, enum transfer_timer timer)
{
    transfer->timers[timer].generation++;
    transfer->timers[timer].at_ns = SIM_NS_NEVER;
}

/* --- sessions -------------------------------------------------------------------------------- */

void transfer_count_member(struct transfer *transfer, struct member *member)
{
    transfer->counted_count += member->counted ? 0 : 1u;
    member->counted = true;
    assert(transfer->counted_count <= transfer->campaign->member_count);
}

void transfer_join(struct transfer *transfer, struct member *member, sim_ns now_ns)
{
    bool joined = true;
    assert(member->stage == MEMBER_READY);
    for (uint32_t s = 0; s < transfer->session_count && !member->counted; s++) {
        struct session *session = transfer->sessions[s];
        joined = session->ops->join(session, member->device) && joined;
    }
    if (!joined) {
        return;
    }
    transfer_count_member(transfer, member);
    campaign_member_event(transfer->campaign, member, MEMBER_EVENT_SESSION_BEGUN, now_ns);
}

static void count_members(struct transfer *transfer, sim_ns now_ns)
{
    struct campaign *campaign = transfer->campaign;
    for (uint32_t i = 0; i < campaign->member_count; i++) {
        struct member *member = &campaign->members[i];
        if (member->transfer != transfer->index) {
            continue;
        }
        set_up_drop_unsent(campaign, member);
        if (member->stage == MEMBER_READY) {
            transfer_join(transfer, member, now_ns);
        }
    }
}

/* The time for fragments ends this much before the session: a device whose clock is late by the
 * tolerance leaves that much later. */
void transfer_arm_deadline(struct transfer *transfer)
{
    sim_ns at_ns = transfer_session_now(transfer)->end_ns - CLOCK_TOLERANCE_S * SIM_NS_PER_S;
    const struct correction *correction = &transfer->correction;
    if (correction->started && correction->deadline_ns < at_ns) {
        at_ns = correction->deadline_ns;
    }
    transfer_timer_set(transfer, TRANSFER_TIMER_DEADLINE, at_ns);
}

/* The next session goes on where the gateways stopped in the one before. */
static void go_on(struct transfer *transfer, sim_ns now_ns)
{
    bool is_second = transfer->session_now == transfer->second;
    transfer->paused = false;
    transfer->next_n = transfer->highest_sent_n + 1u;
    transfer->target_n += is_second ? transfer->schedule.coded_later : 0;
    transfer_arm_deadline(transfer);
    correction_on_session(transfer, now_ns);
}

static void begin_session(struct transfer *transfer, sim_ns now_ns)
{
    if (transfer->session_now > 0) {
        go_on(transfer, now_ns);
        return;
    }
    if (unicast_delivery(transfer->campaign)) {
        campaign_phase_set(transfer, CAMPAIGN_PHASE_UNCODED, now_ns);
        transfer_timer_set(transfer, TRANSFER_TIMER_DEADLINE, transfer->delivery_end_ns);
        return;
    }
    count_members(transfer, now_ns);
    if (transfer->counted_count == 0) {
        campaign_phase_set(transfer, CAMPAIGN_PHASE_DONE, now_ns);
        return;
    }
    campaign_phase_set(transfer, CAMPAIGN_PHASE_UNCODED, now_ns);
    transfer_arm_deadline(transfer);
    transfer->next_n = 1;
    transfer->target_n =
            transfer->nb_frag + transfer->schedule.coded - transfer->schedule.coded_later;
    transfer_feed(transfer);
}

/* The session at hand is over: the next one goes on, or the transfer ends. */
static void on_deadline(struct transfer *transfer, sim_ns now_ns)
{
    const struct correction *correction = &transfer->correction;
    bool in_time = !correction->started || now_ns < correction->deadline_ns;
    if (!transfer_runs(transfer) || !in_time
            || transfer->session_now + 1u >= transfer->session_count) {
        transfer_end(transfer, now_ns);
        return;
    }
    struct session *session = transfer_session_now(transfer);
    transfer_timer_stop(transfer, TRANSFER_TIMER_ANSWERS);
    correction_pause(transfer);
    session->ops->stop(session);
    transfer->repeat_left = 0;
    transfer->paused = true;
    transfer->session_now++;
    transfer_timer_set(transfer, TRANSFER_TIMER_SESSION,
            transfer_session_now(transfer)->start_ns + SCHEDULE_GUARD_NS);
}

/* Members have nothing of a block of which no fragment was on the air: they are not asked. */
static void end_unless_sent(struct transfer *transfer, sim_ns now_ns)
{
    struct campaign *campaign = transfer->campaign;
    for (uint32_t i = 0; i < campaign->member_count && transfer->highest_sent_n == 0; i++) {
        if (campaign->members[i].transfer == transfer->index) {
            campaign_member_event(
                    campaign, &campaign->members[i], MEMBER_EVENT_NOTHING_SENT, now_ns);
        }
    }
}

/* A member that is not whole stays in class C, and holds its reports back, until the time-out. */
void transfer_await_reports(struct transfer *transfer, sim_ns now_ns)
{
    assert(transfer->phase == CAMPAIGN_PHASE_CONFIRMATION);
    bool all_whole = transfer->settled_count == transfer->counted_count;
    sim_ns end_ns = transfer_end_ns(transfer);
    sim_ns from_ns = all_whole || now_ns > end_ns ? now_ns : end_ns;
    sim_ns install_ns = install_end_ns(transfer->campaign);
    from_ns = install_ns > from_ns ? install_ns : from_ns;
    transfer_timer_set(
            transfer, TRANSFER_TIMER_DONE, from_ns + transfer->campaign->params.confirm_timeout_ns);
}

void transfer_end(struct transfer *transfer, sim_ns now_ns)
{
    if (!transfer_runs(transfer)) {
        return;
    }
    transfer_timer_stop(transfer, TRANSFER_TIMER_SESSION);
    transfer_timer_stop(transfer, TRANSFER_TIMER_ANSWERS);
    transfer_timer_stop(transfer, TRANSFER_TIMER_RESUME);
    transfer_timer_stop(transfer, TRANSFER_TIMER_DEADLINE);
    transfer_timer_stop(transfer, TRANSFER_TIMER_CALL);
    correction_pause(transfer);
    if (transfer->session_count > 0) {
        struct session *session = transfer_session_now(transfer);
        session->ops->stop(session);
    }
    campaign_phase_set(transfer, CAMPAIGN_PHASE_CONFIRMATION, now_ns);
    end_unless_sent(transfer, now_ns);
    transfer_await_reports(transfer, now_ns);
    transfer_end_if_all_final(transfer, now_ns);
}

void transfer_on_settled(struct transfer *transfer, sim_ns now_ns)
{
    if (!transfer_runs(transfer)) {
        return;
    }
    if (unicast_delivery(transfer->campaign)) {
        unicast_delivery_end_if_done(transfer->campaign, now_ns);
    } else if (correction_is_over(transfer)) {
        /* The last report is being acknowledged; no member needs more fragments. */
        transfer_end(transfer, now_ns);
    } else {
        correction_on_settled(transfer, now_ns);
    }
}

void transfer_end_if_all_final(struct transfer *transfer, sim_ns now_ns)
{
    assert(transfer->final_count <= transfer->counted_count);
    if (transfer->phase == CAMPAIGN_PHASE_CONFIRMATION
            && transfer->final_count == transfer->counted_count) {
        campaign_phase_set(transfer, CAMPAIGN_PHASE_DONE, now_ns);
    }
}

void transfer_on_timer(struct transfer *transfer, enum transfer_timer timer, sim_ns now_ns)
{
    switch (timer) {
    case TRANSFER_TIMER_SET_UP_CLOSE:
        campaign_phase_set(transfer, CAMPAIGN_PHASE_WAIT_SESSION, now_ns);
        break;
    case TRANSFER_TIMER_SESSION:
        begin_session(transfer, now_ns);
        break;
    case TRANSFER_TIMER_ANSWERS:
        correction_on_timer(transfer, now_ns);
        break;
    case TRANSFER_TIMER_RESUME:
        deferral_end(transfer, now_ns);
        break;
    case TRANSFER_TIMER_DEADLINE:
        on_deadline(transfer, now_ns);
        break;
    case TRANSFER_TIMER_DONE:
        campaign_phase_set(transfer, CAMPAIGN_PHASE_DONE, now_ns);
        break;
    case TRANSFER_TIMER_CALL:
        calls_on_timer(transfer, now_ns);
        break;
    case TRANSFER_TIMER_COUNT:
        assert(false);
        break;
    }
}
