/* The multicast session: plan, fragments, correction, end.
 * SPDX-License-Identifier: MIT
 *
 * Uplinks cost a device fragments (its receiver is elsewhere for the whole exchange), so answers
 * are asked for in pauses of the multicast only. N never falls: devices may drop what is lower
 * than the last they saw.
 */
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "campaign/campaign_internal.h"
#include "campaign/fec_encoder.h"
#include "observe.h"

/* assumed: the least batch while nobody says what is missing; as many as DECODE_RESERVE, so that
 * one batch ends a decoder that lacks nothing but rank. */
#define LAST_BATCH_MIN 8u
/* Coded fragments beyond the missing ones: all but 0.4 % of decoders are done (TS004 rows are
 * random enough that every further one halves the rest; spec section 5.6). */
#define DECODE_RESERVE 8u
/* Answers; with fewer the worst decides: a 95th percentile of less than 20 is the greatest. */
#define PERCENTILE_FROM 20u
/* Status requests in a row that nobody answers: while a device is known to lack something; and
 * when all may be whole, their reports lost.
 * assumed: of a request and its answer at 20 % loss each 0.36 is lost, so six silent rounds in a
 * row are chance one time in 460 (0.36^6), three one time in 21: enough where a report that is lost
 * comes again in the confirmation phase. */
#define SILENT_ROUNDS_LACKING 6u
#define SILENT_ROUNDS_WHOLE   3u
/* assumed: a member that reports more is out of reach for now: a batch is five times what it lacks
 * at most, for the airtime is all the others'. */
#define LOSS_MAX 0.8

static sim_ns fragment_interval_ns(const struct campaign *campaign)
{
    return network_group_interval_ns(campaign->network, campaign->group,
            (uint16_t)(PACKAGE_FRAGMENT_OVERHEAD + campaign->params.fragment_size_bytes));
}

/* --- plan ------------------------------------------------------------------------------------ */

/* Mean airtime of a status answer at the data rates that devices were heard with. */
static double answer_airtime_s(const struct campaign *campaign)
{
    double sum_s = 0.0;
    uint32_t heard = 0;
    for (uint32_t i = 0; i < campaign->device_count; i++) {
        if (campaign->records[i].heard) {
            sum_s += schedule_answer_airtime_s(
                    network_region(campaign->network), campaign->records[i].data_rate);
            heard++;
        }
    }
    /* assumed: DR0, the worst */
    return heard > 0 ? sum_s / heard
                     : schedule_answer_airtime_s(network_region(campaign->network), 0);
}

void campaign_plan(struct campaign *campaign)
{
    const struct campaign_params *params = &campaign->params;
    int64_t gps_ns = network_gps_ns(campaign->network, params->start_ns + params->set_up_window_ns);
    int64_t gps_s = (gps_ns + SIM_NS_PER_S - 1) / SIM_NS_PER_S;
    campaign->session_gps_s = (uint32_t)gps_s;
    campaign->session_ns = gps_s * SIM_NS_PER_S - network_gps_ns(campaign->network, 0);

    struct schedule_input input = {
        .nb_frag = campaign->nb_frag,
        .redundancy = params->redundancy,
        .interval_ns = fragment_interval_ns(campaign),
        .corrected = params->correction != CORRECTION_FIXED,
        .correction_timeout_ns = params->correction_timeout_ns,
        .fleet_size = campaign->device_count,
        .answer_airtime_s = answer_airtime_s(campaign),
        .channel_count = network_channel_count(campaign->network),
        .block_ack_delay = params->block_ack_delay,
    };
    schedule_make(&input, &campaign->schedule);
    campaign->session_end_ns =
            campaign->session_ns + (sim_ns)(1u << campaign->schedule.time_out) * SIM_NS_PER_S;
    campaign_timer_set(campaign, TIMER_SET_UP_CLOSE, campaign->session_ns - SET_UP_CLOSE_NS);
    campaign_timer_set(campaign, TIMER_SESSION, campaign->session_ns + SCHEDULE_GUARD_NS);
}

/* --- fragments ------------------------------------------------------------------------------- */

static bool enqueue(struct campaign *campaign, const uint8_t *payload, size_t size, uint32_t n)
{
    uint32_t fcnt = network_group_enqueue(campaign->network, campaign->group,
            PACKAGE_FPORT_FRAGMENTATION, payload, (uint16_t)size, 0);
    if (fcnt >= FCNT_MAX) {
        return false;
    }
    campaign->n_of_fcnt[fcnt] = (uint16_t)n;
    return true;
}

/* Keeps some fragments waiting at the network server until `target_n` is reached. */
static void feed(struct campaign *campaign)
{
    uint8_t data[UINT8_MAX];
    uint8_t payload[PACKAGE_FRAGMENT_OVERHEAD + UINT8_MAX];
    while (campaign->next_n <= campaign->target_n
            && network_group_waiting(campaign->network, campaign->group) < SCHEDULE_FEED_AHEAD) {
        fec_encoder_fragment(campaign->params.fragmentation_version, campaign->block,
                campaign->nb_frag, campaign->params.fragment_size_bytes, campaign->next_n, data);
        size_t size = package_data_fragment(payload, FRAG_INDEX, (uint16_t)campaign->next_n, data,
                campaign->params.fragment_size_bytes);
        if (!enqueue(campaign, payload, size, campaign->next_n)) {
            return;
        }
        campaign->next_n++;
    }
}

static bool extend(struct campaign *campaign, uint32_t count)
{
    uint32_t room = PACKAGE_FRAGMENTS_MAX - campaign->target_n;
    campaign->target_n += count < room ? count : room;
    feed(campaign);
    return room > 0;
}

static bool session_runs(const struct campaign *campaign)
{
    return campaign->phase == CAMPAIGN_PHASE_UNCODED || campaign->phase == CAMPAIGN_PHASE_CODED
           || campaign->phase == CAMPAIGN_PHASE_CORRECTION;
}

void campaign_session_start(struct campaign *campaign, sim_ns now_ns)
{
    for (uint32_t i = 0; i < campaign->device_count; i++) {
        /* Set-up commands that no gateway would send so far have missed their session. */
        network_queue_clear(campaign->network, i);
        if (campaign->records[i].stage == CAMPAIGN_READY
                && network_group_add(campaign->network, campaign->group, i)) {
            campaign->records[i].member = true;
            campaign->member_count++;
        }
    }
    if (campaign->member_count == 0) {
        campaign_finish(campaign, now_ns);
        return;
    }
    campaign_phase_set(campaign, CAMPAIGN_PHASE_UNCODED, now_ns);
    /* A device whose clock is late by the tolerance leaves that much later. */
    campaign_timer_set(
            campaign, TIMER_DEADLINE, campaign->session_end_ns - CLOCK_TOLERANCE_S * SIM_NS_PER_S);
    campaign->next_n = 1;
    campaign->target_n = campaign->nb_frag + campaign->schedule.coded;
    feed(campaign);
}

void campaign_session_end(struct campaign *campaign, sim_ns now_ns)
{
    if (!session_runs(campaign)) {
        return;
    }
    campaign_timer_stop(campaign, TIMER_ANSWERS);
    campaign_timer_stop(campaign, TIMER_DEADLINE);
    campaign->awaiting_answers = false;
    campaign->status_on_air = false;
    network_group_flush(campaign->network, campaign->group);
    campaign_phase_set(campaign, CAMPAIGN_PHASE_CONFIRMATION, now_ns);
    /* Who is not whole stays in class C, and holds its reports back, until the time-out. */
    bool all_whole = campaign->settled_count == campaign->member_count;
    sim_ns from_ns =
            all_whole || now_ns > campaign->session_end_ns ? now_ns : campaign->session_end_ns;
    campaign_timer_set(campaign, TIMER_DONE, from_ns + campaign->params.confirm_timeout_ns);
    campaign_finish_if_all_final(campaign, now_ns);
}

/* --- correction ------------------------------------------------------------------------------ */

static void start_correction(struct campaign *campaign, sim_ns now_ns)
{
    if (campaign->correction_started) {
        return;
    }
    campaign->correction_started = true;
    campaign_phase_set(campaign, CAMPAIGN_PHASE_CORRECTION, now_ns);
    sim_ns deadline_ns = campaign->session_end_ns - CLOCK_TOLERANCE_S * SIM_NS_PER_S;
    sim_ns own_ns = now_ns + campaign->params.correction_timeout_ns;
    campaign_timer_set(campaign, TIMER_DEADLINE, own_ns < deadline_ns ? own_ns : deadline_ns);
}

/* Who lacks fragments answers, the others keep quiet. Version 1 has no report of reception, so
 * there all answer. */
static void ask_who_misses(struct campaign *campaign, sim_ns now_ns)
{
    uint8_t request[PACKAGE_MESSAGE_MAX];
    bool all_answer = campaign->params.fragmentation_version < 2;
    size_t size = package_frag_session_status_req(request, FRAG_INDEX, all_answer);
    campaign->round++;
    campaign->round_answers = 0;
    if (!enqueue(campaign, request, size, 0)) {
        campaign_session_end(campaign, now_ns);
        return;
    }
    campaign->status_on_air = true;
}

/* Everything that was queued is out. */
static void next_move(struct campaign *campaign, sim_ns now_ns)
{
    switch (campaign->params.correction) {
    case CORRECTION_FIXED: /* answers of those who just completed are still to come */
        start_correction(campaign, now_ns);
        campaign->awaiting_answers = true;
        campaign_timer_set(campaign, TIMER_ANSWERS, now_ns + campaign->schedule.answer_window_ns);
        break;
    case CORRECTION_UNTIL_REPORTED: {
        start_correction(campaign, now_ns);
        campaign->batches++;
        uint32_t step = campaign->nb_frag / 50u;
        if (!extend(campaign, step > LAST_BATCH_MIN ? step : LAST_BATCH_MIN)) {
            campaign->awaiting_answers = true;
            campaign_timer_set(
                    campaign, TIMER_ANSWERS, now_ns + campaign->schedule.answer_window_ns);
        }
        break;
    }
    case CORRECTION_ADAPTIVE:
        start_correction(campaign, now_ns);
        ask_who_misses(campaign, now_ns);
        break;
    }
}

static int compare_u16(const void *a, const void *b)
{
    return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

/* Whose needs the next batch serves: who answered in this round, else who is known to lack
 * something. */
static bool counts_for_batch(const struct campaign *campaign, const struct campaign_record *record)
{
    if (!record->member || record->settled) {
        return false;
    }
    return campaign->round_answers > 0 ? record->round == campaign->round
                                       : record->status_known && record->missing > 0;
}

/* Coded fragments of the next batch: what the 95th percentile lacks, a reserve for decoding, and
 * what is lost on the way at the rate they report. 0: nobody is known to lack anything. */
static uint32_t batch_size(const struct campaign *campaign)
{
    uint16_t *missing = malloc(campaign->member_count * sizeof *missing);
    if (missing == NULL) {
        return LAST_BATCH_MIN;
    }
    uint32_t count = 0;
    double lost = 0.0;
    uint32_t sent = campaign->next_n - 1u;
    for (uint32_t i = 0; i < campaign->device_count; i++) {
        const struct campaign_record *record = &campaign->records[i];
        if (counts_for_batch(campaign, record)) {
            missing[count++] = record->missing;
            lost += record->received < sent ? 1.0 - (double)record->received / sent : 0.0;
        }
    }
    uint32_t size = 0;
    if (count > 0) {
        qsort(missing, count, sizeof *missing, compare_u16);
        uint32_t rank = count < PERCENTILE_FROM ? count - 1u : (count * 95u + 99u) / 100u - 1u;
        double loss = lost / count < LOSS_MAX ? lost / count : LOSS_MAX;
        size = (uint32_t)ceil((missing[rank] + DECODE_RESERVE) / (1.0 - loss));
    }
    free(missing);
    return size;
}

void campaign_answers_over(struct campaign *campaign, sim_ns now_ns)
{
    if (!campaign->awaiting_answers) {
        return;
    }
    campaign->awaiting_answers = false;
    if (campaign->params.correction != CORRECTION_ADAPTIVE
            || campaign->settled_count == campaign->member_count) {
        campaign_session_end(campaign, now_ns);
        return;
    }
    /* Silence may be a lost request or lost answers: who is known to lack something gets coded
     * fragments all the same. */
    uint32_t size = batch_size(campaign);
    campaign->silent_rounds = campaign->round_answers > 0 ? 0 : campaign->silent_rounds + 1u;
    uint32_t rounds_max = size > 0 ? SILENT_ROUNDS_LACKING : SILENT_ROUNDS_WHOLE;
    if (campaign->silent_rounds >= rounds_max) {
        campaign_session_end(campaign, now_ns);
    } else if (size == 0) {
        ask_who_misses(campaign, now_ns);
    } else {
        campaign->batches++;
        if (!extend(campaign, size)) {
            campaign_session_end(campaign, now_ns);
        }
    }
}

/* A device that lacks fragments said so. */
void campaign_session_on_answer(struct campaign *campaign, uint32_t device, sim_ns now_ns)
{
    struct campaign_record *record = &campaign->records[device];
    if (!record->member || (!campaign->awaiting_answers && !campaign->status_on_air)
            || record->round == campaign->round) {
        return;
    }
    record->round = campaign->round;
    campaign->round_answers++;
    if (campaign->awaiting_answers
            && campaign->settled_count + campaign->round_answers >= campaign->member_count) {
        /* All are known: no need to wait longer than for this one's receive windows. */
        campaign_timer_set(campaign, TIMER_ANSWERS, now_ns + SCHEDULE_ANSWER_TAIL_NS);
    }
}

void campaign_session_on_settled(struct campaign *campaign, sim_ns now_ns)
{
    if (!session_runs(campaign)) {
        return;
    }
    if (campaign->settled_count == campaign->member_count) {
        /* The last report is being acknowledged; nobody needs more fragments. */
        campaign_session_end(campaign, now_ns);
    } else if (campaign->awaiting_answers && campaign->params.correction == CORRECTION_ADAPTIVE
               && campaign->settled_count + campaign->round_answers >= campaign->member_count) {
        campaign_timer_set(campaign, TIMER_ANSWERS, now_ns + SCHEDULE_ANSWER_TAIL_NS);
    }
}

/* --- reports of the network server ----------------------------------------------------------- */

void campaign_on_multicast_report(struct campaign *campaign, uint32_t group, uint32_t fcnt,
        uint32_t gateway, enum gateway_tx_result result, sim_ns now_ns)
{
    if (group != campaign->group || fcnt >= FCNT_MAX) {
        return;
    }
    uint32_t n = campaign->n_of_fcnt[fcnt];
    if (n != 0 && result == GATEWAY_TX_SENT) {
        uint8_t bit = (uint8_t)(1u << (n & 7u));
        if ((campaign->sent[n >> 3] & bit) == 0) {
            campaign->sent[n >> 3] |= bit;
            campaign->sent_uncoded += n <= campaign->nb_frag ? 1 : 0;
            campaign->sent_coded += n > campaign->nb_frag ? 1 : 0;
        }
        engine_observe(campaign->engine, now_ns, campaign->entity, OBSERVE_CAMPAIGN_FRAGMENT, n,
                gateway, fcnt, NULL);
        if (n > campaign->nb_frag && campaign->phase == CAMPAIGN_PHASE_UNCODED) {
            campaign_phase_set(campaign, CAMPAIGN_PHASE_CODED, now_ns);
        }
    }
    if (session_runs(campaign)) {
        feed(campaign);
    }
}

void campaign_on_multicast_idle(struct campaign *campaign, uint32_t group, sim_ns now_ns)
{
    if (group != campaign->group || !session_runs(campaign)) {
        return;
    }
    if (campaign->status_on_air) {
        /* Answers are spread over the delay from the last copy on. */
        campaign->status_on_air = false;
        campaign->awaiting_answers = true;
        campaign_timer_set(campaign, TIMER_ANSWERS, now_ns + campaign->schedule.answer_window_ns);
    } else if (!campaign->awaiting_answers) {
        next_move(campaign, now_ns);
    }
}
