/* A transfer: block, fragments, sessions, end.
 * SPDX-License-Identifier: MIT
 *
 * N never falls, but for repeated uncoded fragments: devices may drop what is lower than the last
 * they saw.
 */
#include "campaign/transfer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "campaign/campaign_internal.h"
#include "campaign/fec_encoder.h"
#include "observe.h"

/* assumed: a member that listens for so long pays 23 J. */
#define WAIT_LONG_NS (600 * SIM_NS_PER_S)

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
    return transfer->campaign->params.table_copies
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

/* --- fragments ------------------------------------------------------------------------------- */

size_t transfer_put_fragment(const struct transfer *transfer, uint32_t n,
        uint8_t out[PACKAGE_FRAGMENT_OVERHEAD + UINT8_MAX])
{
    uint8_t data[UINT8_MAX];
    assert(n > 0 && n <= PACKAGE_FRAGMENTS_MAX);
    fec_encoder_fragment(transfer->fragmentation_version, transfer->block, transfer->nb_frag,
            transfer->fragment_size_bytes, n, data);
    return package_data_fragment(
            out, transfer->frag_index, (uint16_t)n, data, transfer->fragment_size_bytes);
}

/* The next piece of the table of hashes; all of it goes out before the first fragment, so many
 * times in turn. False: the session takes no more. */
static bool send_table_piece(struct transfer *transfer)
{
    struct session *session = transfer_session_now(transfer);
    const struct campaign *campaign = transfer->campaign;
    uint8_t payload[FRAGMENT_TABLE_MESSAGE_MAX];
    uint32_t pieces = fragment_table_pieces(transfer->nb_frag, transfer->table_count);
    uint32_t first = transfer->table_sent % pieces * transfer->table_count;
    size_t size = fragment_table_message(transfer->block, transfer->nb_frag,
            transfer->fragment_size_bytes, transfer->frag_index, campaign->descriptor, first,
            transfer->table_count, campaign->params.table_key, payload);
    transfer->table_sent++;
    return session->ops->send(session, SESSION_TABLE, payload, (uint16_t)size);
}

/* False: the session takes no more. */
static bool send_fragment(struct transfer *transfer, uint32_t n)
{
    struct session *session = transfer_session_now(transfer);
    uint8_t payload[PACKAGE_FRAGMENT_OVERHEAD + UINT8_MAX];
    size_t size = transfer_put_fragment(transfer, n, payload);
    return session->ops->send(session, n, payload, (uint16_t)size);
}

/* What the session was going to send keeps its count, and no fragment replaces this one. */
uint32_t transfer_take_number(struct transfer *transfer)
{
    assert(transfer->next_n > 0);
    if (transfer->next_n > PACKAGE_FRAGMENTS_MAX) {
        return 0;
    }
    uint32_t n = transfer->next_n++;
    transfer->target_n += transfer_has_room(transfer) ? 1u : 0u;
    transfer->replaced++;
    transfer->highest_sent_n = n > transfer->highest_sent_n ? n : transfer->highest_sent_n;
    return n;
}

void transfer_feed(struct transfer *transfer)
{
    const struct session *session = transfer_session_now(transfer);
    sim_ns now_ns = engine_now(transfer->campaign->server->engine);
    while (!transfer->paused && transfer->table_sent < transfer_table_messages(transfer)
            && session->ops->next_slot_ns(session, now_ns) <= now_ns) {
        if (!send_table_piece(transfer)) {
            return;
        }
    }
    while (!transfer->paused && transfer->table_sent == transfer_table_messages(transfer)
            && (transfer->repeat_left > 0 || transfer->next_n <= transfer->target_n)
            && session->ops->next_slot_ns(session, now_ns) <= now_ns) {
        bool again = transfer->repeat_left > 0;
        if (!send_fragment(transfer, again ? transfer->repeat_n : transfer->next_n)) {
            return;
        }
        transfer->repeat_n += again ? 1 : 0;
        transfer->repeat_left -= again ? 1 : 0;
        transfer->next_n += again ? 0 : 1;
    }
}

bool transfer_has_room(const struct transfer *transfer)
{
    return transfer->target_n < PACKAGE_FRAGMENTS_MAX;
}

void transfer_repeat(struct transfer *transfer, uint32_t n, uint32_t count)
{
    assert(n > 0 && count <= transfer->nb_frag && n <= transfer->nb_frag - count + 1u);
    transfer->repeat_n = n;
    transfer->repeat_left = count;
    transfer_feed(transfer);
}

bool transfer_extend(struct transfer *transfer, uint32_t count)
{
    assert(transfer->target_n <= PACKAGE_FRAGMENTS_MAX);
    uint32_t room = PACKAGE_FRAGMENTS_MAX - transfer->target_n;
    transfer->target_n += count < room ? count : room;
    transfer_feed(transfer);
    return room > 0;
}

bool transfer_ask(struct transfer *transfer, const uint8_t *request, size_t size, uint32_t copies)
{
    struct session *session = transfer_session_now(transfer);
    assert(copies > 0);
    bool sent = true;
    for (uint32_t i = 0; i < copies && sent; i++) {
        sent = session->ops->send(session, 0, request, (uint16_t)size);
    }
    return sent;
}

void transfer_curtail(struct transfer *transfer)
{
    assert(transfer->next_n > 0);
    transfer->target_n = transfer->next_n - 1u;
    transfer->repeat_left = 0;
}

bool transfer_waits_long_for(const struct transfer *transfer, uint32_t fragments, sim_ns now_ns)
{
    const struct session *session = transfer_session_now(transfer);
    uint16_t size = (uint16_t)(PACKAGE_FRAGMENT_OVERHEAD + transfer->fragment_size_bytes);
    assert(fragments > 0);
    uint32_t without_haste = (uint32_t)(WAIT_LONG_NS / session->ops->interval_ns(session, size));
    return fragments > without_haste
           && session->ops->hurry_from_ns(session, size, fragments - without_haste)
                      >= now_ns + WAIT_LONG_NS;
}

uint32_t transfer_in_haste(const struct transfer *transfer, uint32_t fragments, sim_ns now_ns)
{
    const struct session *session = transfer_session_now(transfer);
    uint16_t size = (uint16_t)(PACKAGE_FRAGMENT_OVERHEAD + transfer->fragment_size_bytes);
    uint32_t fits = 0;
    for (uint32_t step = 1u << 31; step > 0; step >>= 1) {
        bool more = step <= fragments - fits;
        if (more && session->ops->hurry_from_ns(session, size, fits + step) <= now_ns) {
            fits += step;
        }
    }
    assert(fits <= fragments);
    return fits;
}

void transfer_hurry(struct transfer *transfer)
{
    struct session *session = transfer_session_now(transfer);
    session->ops->hurry(session);
}

bool transfer_runs(const struct transfer *transfer)
{
    return transfer->phase == CAMPAIGN_PHASE_UNCODED || transfer->phase == CAMPAIGN_PHASE_CODED
           || transfer->phase == CAMPAIGN_PHASE_CORRECTION;
}

void transfer_on_sent(
        struct session *session, uint32_t n, uint32_t handle, uint32_t gateway, sim_ns now_ns)
{
    struct transfer *transfer = session->transfer;
    assert(n > 0 && n <= PACKAGE_FRAGMENTS_MAX);
    uint8_t bit = (uint8_t)(1u << (n & 7u));
    if ((transfer->sent[n >> 3] & bit) == 0) {
        transfer->sent[n >> 3] |= bit;
        transfer->sent_uncoded += n <= transfer->nb_frag ? 1 : 0;
        transfer->sent_coded += n > transfer->nb_frag ? 1 : 0;
    }
    transfer->highest_sent_n = n > transfer->highest_sent_n ? n : transfer->highest_sent_n;
    engine_observe(transfer->campaign->server->engine, now_ns, session->entity,
            OBSERVE_CAMPAIGN_FRAGMENT, n, gateway, handle, NULL);
    if (n > transfer->nb_frag && transfer->phase == CAMPAIGN_PHASE_UNCODED) {
        campaign_phase_set(transfer, CAMPAIGN_PHASE_CODED, now_ns);
    }
}

void transfer_on_request_sent(struct transfer *transfer)
{
    correction_on_request_sent(transfer);
}

void transfer_on_report(struct transfer *transfer)
{
    if (transfer_runs(transfer)) {
        transfer_feed(transfer);
    }
}

/* Coded fragments take the place of those that no gateway sent though a higher N is out. False:
 * there are none, or N has no more room. */
static bool replace_unsent(struct transfer *transfer)
{
    uint32_t sent = transfer->sent_uncoded + transfer->sent_coded;
    assert(transfer->next_n > sent);
    uint32_t unsent = transfer->next_n - 1u - sent;
    if (unsent <= transfer->replaced || transfer->highest_sent_n == 0) {
        return false;
    }
    uint32_t count = unsent - transfer->replaced;
    transfer->replaced = unsent;
    return transfer_extend(transfer, count);
}

void transfer_on_idle(struct transfer *transfer, sim_ns now_ns)
{
    if (transfer_runs(transfer) && !transfer->paused && !replace_unsent(transfer)) {
        correction_on_idle(transfer, now_ns);
    }
}

void transfer_resume(struct transfer *transfer, sim_ns now_ns)
{
    if (!transfer_runs(transfer) || transfer->paused || transfer->session_count == 0) {
        return;
    }
    transfer_feed(transfer);
    const struct session *session = transfer_session_now(transfer);
    if (session->ops->is_idle(session)) {
        transfer_on_idle(transfer, now_ns);
    }
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
static void arm_deadline(struct transfer *transfer)
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
    arm_deadline(transfer);
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
    arm_deadline(transfer);
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
    case TRANSFER_TIMER_COUNT:
        assert(false);
        break;
    }
}
