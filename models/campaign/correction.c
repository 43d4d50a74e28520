/* Correction policies: fixed, until reported, adaptive.
 * SPDX-License-Identifier: MIT
 */
#include "campaign/correction.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "campaign/campaign_internal.h"

/* assumed: the least batch while nothing is known of what is missing; as many as DECODE_RESERVE, so
 * that one batch ends a decoder that lacks nothing but rank. */
#define LAST_BATCH_MIN 8u
/* Coded fragments beyond the missing ones: all but 0.4 % of decoders are done (TS004 rows are
 * random enough that every further one halves the rest; spec section 5.6). */
#define DECODE_RESERVE 8u
/* Answers; with fewer the worst decides: a 95th percentile of less than 20 is the greatest. */
#define PERCENTILE_FROM 20u
/* Status requests in a row without any answer: while a device is known to lack something; and when
 * all may be whole, their reports lost.
 * assumed: of a request and its answer at 20 % loss each 0.36 is lost, so six silent rounds in a
 * row are chance one time in 460 (0.36^6), three one time in 21: enough where a report that is lost
 * comes again in the confirmation phase. */
#define SILENT_ROUNDS_LACKING 6u
#define SILENT_ROUNDS_WHOLE   3u
/* assumed: a member that reports more is out of reach for now: a batch is five times what it lacks
 * at most, for all others share the airtime. */
#define LOSS_MAX 0.8

static bool all_settled(const struct transfer *transfer)
{
    assert(transfer->settled_count <= transfer->counted_count);
    return transfer->settled_count == transfer->counted_count;
}

static void start(struct transfer *transfer, sim_ns now_ns)
{
    struct correction *correction = &transfer->correction;
    if (correction->started) {
        return;
    }
    correction->started = true;
    correction->deadline_ns = now_ns + transfer->campaign->params.correction_timeout_ns;
    campaign_phase_set(transfer, CAMPAIGN_PHASE_CORRECTION, now_ns);
    const struct session *session = transfer->sessions[transfer->session_now];
    sim_ns session_ns = session->end_ns - CLOCK_TOLERANCE_S * SIM_NS_PER_S;
    transfer_timer_set(transfer, TRANSFER_TIMER_DEADLINE,
            correction->deadline_ns < session_ns ? correction->deadline_ns : session_ns);
}

static void await_answers(struct transfer *transfer, sim_ns now_ns)
{
    transfer->correction.awaiting_answers = true;
    transfer_timer_set(
            transfer, TRANSFER_TIMER_ANSWERS, now_ns + transfer->schedule.answer_window_ns);
}

/* --- fixed ----------------------------------------------------------------------------------- */

/* Answers of members that have just completed are still to come. */
static void fixed_next_move(struct transfer *transfer, sim_ns now_ns)
{
    start(transfer, now_ns);
    await_answers(transfer, now_ns);
}

static const struct correction_ops fixed = { "fixed", fixed_next_move, transfer_end, false };

/* --- until reported -------------------------------------------------------------------------- */

static void until_reported_next_move(struct transfer *transfer, sim_ns now_ns)
{
    start(transfer, now_ns);
    transfer->correction.batches++;
    uint32_t step = transfer->nb_frag / 50u;
    if (!transfer_extend(transfer, step > LAST_BATCH_MIN ? step : LAST_BATCH_MIN)) {
        await_answers(transfer, now_ns);
    }
}

static const struct correction_ops until_reported = { "until-reported", until_reported_next_move,
    transfer_end, false };

/* --- adaptive -------------------------------------------------------------------------------- */

/* Members that lack fragments answer, the others keep quiet. Version 1 has no report of reception,
 * so there all answer. */
static void ask_who_misses(struct transfer *transfer, sim_ns now_ns)
{
    uint8_t request[PACKAGE_MESSAGE_MAX];
    bool all_answer = transfer->fragmentation_version < 2;
    size_t size = package_frag_session_status_req(request, transfer->frag_index, all_answer);
    transfer->correction.round++;
    transfer->correction.round_answers = 0;
    if (!transfer_ask(transfer, request, size)) {
        transfer_end(transfer, now_ns);
        return;
    }
    transfer->correction.status_on_air = true;
}

static void adaptive_next_move(struct transfer *transfer, sim_ns now_ns)
{
    start(transfer, now_ns);
    ask_who_misses(transfer, now_ns);
}

static int compare_u16(const void *a, const void *b)
{
    return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

/* Members whose needs the next batch serves: those that answered in this round, else those that are
 * known to lack something. */
static bool counts_for_batch(const struct transfer *transfer, const struct member *member)
{
    if (!member->counted || &transfer->campaign->transfers[member->transfer] != transfer
            || member_is_settled(member)) {
        return false;
    }
    return transfer->correction.round_answers > 0 ? member->round == transfer->correction.round
                                                  : member->missing > 0;
}

/* Coded fragments of the next batch: what the 95th percentile lacks, a reserve for decoding, and
 * what is lost on the way at the rate they report. 0: no member is known to lack anything. */
static uint32_t batch_size(const struct transfer *transfer)
{
    const struct campaign *campaign = transfer->campaign;
    assert(transfer->counted_count > 0);
    uint16_t *missing = malloc(transfer->counted_count * sizeof *missing);
    if (missing == NULL) {
        return LAST_BATCH_MIN;
    }
    uint32_t count = 0;
    double lost = 0.0;
    uint32_t sent = transfer->next_n - 1u;
    for (uint32_t i = 0; i < campaign->member_count; i++) {
        const struct member *member = &campaign->members[i];
        if (counts_for_batch(transfer, member)) {
            assert(count < transfer->counted_count);
            missing[count++] = member->missing;
            lost += member->received < sent ? 1.0 - (double)member->received / sent : 0.0;
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

/* Silence may be a lost request or lost answers: members that are known to lack something get coded
 * fragments all the same. */
static void adaptive_answers_over(struct transfer *transfer, sim_ns now_ns)
{
    struct correction *correction = &transfer->correction;
    uint32_t size = batch_size(transfer);
    correction->silent_rounds = correction->round_answers > 0 ? 0 : correction->silent_rounds + 1u;
    uint32_t rounds_max = size > 0 ? SILENT_ROUNDS_LACKING : SILENT_ROUNDS_WHOLE;
    if (correction->silent_rounds >= rounds_max) {
        transfer_end(transfer, now_ns);
    } else if (size == 0) {
        ask_who_misses(transfer, now_ns);
    } else {
        correction->batches++;
        if (!transfer_extend(transfer, size)) {
            transfer_end(transfer, now_ns);
        }
    }
}

static const struct correction_ops adaptive = { "adaptive", adaptive_next_move,
    adaptive_answers_over, true };

const struct correction_ops *const correction_policies[CORRECTION_COUNT] = {
    [CORRECTION_FIXED] = &fixed,
    [CORRECTION_UNTIL_REPORTED] = &until_reported,
    [CORRECTION_ADAPTIVE] = &adaptive,
};

/* --- events ---------------------------------------------------------------------------------- */

static const struct correction_ops *policy_of(const struct transfer *transfer)
{
    assert(transfer->campaign->params.correction < CORRECTION_COUNT);
    return correction_policies[transfer->campaign->params.correction];
}

void correction_on_idle(struct transfer *transfer, sim_ns now_ns)
{
    struct correction *correction = &transfer->correction;
    if (correction->status_on_air) {
        /* Answers are spread over the delay from the last copy on. */
        correction->status_on_air = false;
        await_answers(transfer, now_ns);
    } else if (!correction->awaiting_answers) {
        policy_of(transfer)->next_move(transfer, now_ns);
    }
}

void correction_on_answers_over(struct transfer *transfer, sim_ns now_ns)
{
    if (!transfer->correction.awaiting_answers) {
        return;
    }
    transfer->correction.awaiting_answers = false;
    if (all_settled(transfer)) {
        transfer_end(transfer, now_ns);
    } else {
        policy_of(transfer)->answers_over(transfer, now_ns);
    }
}

void correction_on_answer(struct transfer *transfer, struct member *member, sim_ns now_ns)
{
    struct correction *correction = &transfer->correction;
    if (!member->counted || (!correction->awaiting_answers && !correction->status_on_air)
            || member->round == correction->round) {
        return;
    }
    member->round = correction->round;
    correction->round_answers++;
    if (correction->awaiting_answers
            && transfer->settled_count + correction->round_answers >= transfer->counted_count) {
        /* All are known: no need to wait longer than for this one's receive windows. */
        transfer_timer_set(transfer, TRANSFER_TIMER_ANSWERS, now_ns + SCHEDULE_ANSWER_TAIL_NS);
    }
}

void correction_on_settled(struct transfer *transfer, sim_ns now_ns)
{
    const struct correction *correction = &transfer->correction;
    if (correction->awaiting_answers && policy_of(transfer)->asks
            && transfer->settled_count + correction->round_answers >= transfer->counted_count) {
        transfer_timer_set(transfer, TRANSFER_TIMER_ANSWERS, now_ns + SCHEDULE_ANSWER_TAIL_NS);
    }
}

void correction_pause(struct transfer *transfer)
{
    transfer->correction.awaiting_answers = false;
    transfer->correction.status_on_air = false;
}
