/* The plan of a transfer: its sessions, and their times.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>

#include "campaign/campaign_internal.h"
#include "campaign/transfer.h"

/* The first session of the first transfer is the campaign's own entity. */
bool transfer_session_add(struct transfer *transfer)
{
    struct campaign *campaign = transfer->campaign;
    const struct campaign_params *params = &campaign->params;
    assert(transfer->session_count < CAMPAIGN_PERIODS_MAX);
    bool first = transfer->index == 0 && transfer->session_count == 0;
    const struct session_params session_params = {
        .data_rate = transfer->data_rate,
        .frequency_hz = params->frequency_hz,
        .gateways = params->gateways,
        .duty_share = params->duty_share,
        .interval_ns = params->interval_ns,
        .granularity_ns = params->granularity_ns,
    };
    entity_id entity = first ? campaign->entity : engine_entity_add(campaign->server->engine, 1);
    struct session *session =
            session_class_c.create(campaign->server, transfer, entity, &session_params);
    if (session == NULL) {
        return false;
    }
    transfer->sessions[transfer->session_count++] = session;
    return true;
}

struct session *transfer_session_now(const struct transfer *transfer)
{
    assert(transfer->session_now < transfer->session_count);
    return transfer->sessions[transfer->session_now];
}

sim_ns transfer_start_ns(const struct transfer *transfer)
{
    return transfer->session_count > 0 ? transfer->sessions[0]->start_ns
                                       : transfer->delivery_start_ns;
}

sim_ns transfer_end_ns(const struct transfer *transfer)
{
    return transfer->session_count > 0 ? transfer->sessions[transfer->session_count - 1u]->end_ns
                                       : transfer->delivery_end_ns;
}

sim_ns transfer_planned_end_ns(const struct transfer *transfer)
{
    assert(transfer->open);
    return transfer->planned_end_ns;
}

bool transfer_is_last_period(const struct transfer *transfer)
{
    assert(transfer->session_now < transfer->session_count);
    return transfer->session_now >= transfer->second;
}

sim_ns transfer_correction_end_ns(const struct transfer *transfer, sim_ns now_ns)
{
    assert(transfer->second < transfer->session_count);
    const struct session *second = transfer->sessions[transfer->second];
    bool ahead = transfer->second > 0 && now_ns < second->start_ns + SCHEDULE_GUARD_NS;
    return (ahead ? second->start_ns + SCHEDULE_GUARD_NS : now_ns)
           + transfer->campaign->params.correction_timeout_ns;
}

static sim_ns fragment_interval_ns(const struct transfer *transfer)
{
    const struct session *session = transfer->sessions[0];
    return session->ops->interval_ns(
            session, (uint16_t)(PACKAGE_FRAGMENT_OVERHEAD + transfer->fragment_size_bytes));
}

/* Class C sessions of the first period, or of the only one. */
static uint32_t first_period_sessions(const struct transfer *transfer)
{
    uint32_t given = transfer->campaign->params.periods;
    assert(given <= CAMPAIGN_PERIODS_MAX && transfer->schedule.periods > 0);
    uint32_t wanted = given > 0 ? given : transfer->schedule.periods;
    uint32_t most = CAMPAIGN_PERIODS_MAX - (transfer->schedule.second_ns > 0 ? 1u : 0u);
    return wanted < most ? wanted : most;
}

/* A period of sessions first..end - 1, from start_ns on, that lasts needed_ns: all of the longest
 * kind but the last. Returns the end of the plan. */
static sim_ns plan_period(
        struct transfer *transfer, uint32_t first, uint32_t end, sim_ns start_ns, sim_ns needed_ns)
{
    assert(first < end && end <= transfer->session_count);
    for (uint32_t i = first; i + 1u < end; i++) {
        struct session *session = transfer->sessions[i];
        session->ops->plan(session, start_ns, SCHEDULE_PERIOD_NS);
        start_ns = session->end_ns + SCHEDULE_PERIOD_GAP_NS;
        needed_ns -= SCHEDULE_PERIOD_USABLE_NS;
    }
    struct session *last = transfer->sessions[end - 1u];
    needed_ns = needed_ns > 0 ? needed_ns : 0;
    last->ops->plan(last, start_ns, needed_ns);
    sim_ns planned_ns = last->start_ns + needed_ns;
    return planned_ns < last->end_ns ? planned_ns : last->end_ns;
}

/* Sessions that the whole transfer needs. Out of memory means fewer: the transfer is cut short like
 * any that does not fit. */
static void plan_sessions(struct transfer *transfer, sim_ns start_ns)
{
    const struct schedule *schedule = &transfer->schedule;
    uint32_t first = first_period_sessions(transfer);
    uint32_t wanted = first + (schedule->second_ns > 0 ? 1u : 0u);
    while (transfer->session_count < wanted && transfer_session_add(transfer)) {
    }
    bool second = schedule->second_ns > 0 && transfer->session_count > first;
    first = first < transfer->session_count ? first : transfer->session_count;
    transfer->planned_end_ns = plan_period(transfer, 0, first, start_ns,
            schedule->second_ns > 0 ? schedule->needed_ns : schedule->planned_ns);
    if (second) {
        transfer->second = (uint8_t)first;
        sim_ns second_ns = transfer->sessions[first - 1u]->end_ns
                           + transfer->campaign->params.correction_pause_ns;
        transfer->planned_end_ns =
                plan_period(transfer, first, first + 1u, second_ns, schedule->second_ns);
    }
}

void transfer_open_unicast(struct transfer *transfer, sim_ns now_ns)
{
    assert(!transfer->open && transfer->session_count == 0);
    transfer->delivery_start_ns = now_ns;
    transfer->delivery_end_ns = now_ns + transfer->campaign->params.delivery_timeout_ns;
    transfer->planned_end_ns = transfer->delivery_end_ns;
    uint8_t delay = transfer->campaign->params.block_ack_delay;
    transfer->schedule.block_ack_delay = delay == SCHEDULE_AUTOMATIC_DELAY ? 0 : delay;
    transfer->open = true;
    transfer_timer_set(transfer, TRANSFER_TIMER_SESSION, now_ns);
}

void transfer_open(struct transfer *transfer, sim_ns start_ns, uint32_t concurrent)
{
    const struct campaign *campaign = transfer->campaign;
    const struct campaign_params *params = &campaign->params;
    assert(!transfer->open && concurrent > 0);
    struct schedule_input input = {
        .nb_frag = transfer->nb_frag,
        .lead_frames = transfer_table_messages(transfer),
        .redundancy = params->redundancy,
        .interval_ns = fragment_interval_ns(transfer) * concurrent,
        .bare_ns = params->time_out == TIME_OUT_BY_INTERVAL ? params->interval_ns : 0,
        .corrected = params->correction != CORRECTION_FIXED,
        .correction_timeout_ns = params->correction_timeout_ns,
        .second_period = params->correction_period == CORRECTION_PERIOD_SECOND,
        .correction_pause_ns = params->correction_pause_ns,
        .fleet_size = split_members_most(campaign),
        .answer_airtime_s = campaign_answer_airtime_s(campaign),
        .channel_count = network_channel_count(campaign->server->network),
        .block_ack_delay = params->block_ack_delay,
    };
    schedule_make(&input, &transfer->schedule);
    plan_sessions(transfer, start_ns);
    transfer->open = true;
    sim_ns first_ns = transfer_start_ns(transfer);
    transfer_timer_set(transfer, TRANSFER_TIMER_SET_UP_CLOSE, first_ns - SET_UP_CLOSE_NS);
    transfer_timer_set(transfer, TRANSFER_TIMER_SESSION, first_ns + SCHEDULE_GUARD_NS);
}
