/* Correction policies: fixed, until reported, adaptive.
 * SPDX-License-Identifier: MIT
 */
#include "campaign/correction.h"

#include <assert.h>

#include "campaign/batch.h"
#include "campaign/campaign_internal.h"
#include "campaign/fec_encoder.h"

/* Of the uncoded fragments: a batch for members of whom nothing is known.
 * assumed: an eighth serves members that lost as much, in one round. */
#define BLIND_SHARE 8u
/* Of a request, from the second round on, when those that are left lose much.
 * assumed: a member that loses 75 % misses them all one time in ten (0.75^8), else three in four;
 * the copies take some 10 s, and a round in which it is not heard 260 s. */
#define REQUEST_COPIES 8u
/* Rounds in a row without a batch that would wait for airtime.
 * assumed: four of 260 s are less than half of the hour, and one that listens misses them all one
 * time in eight (60 % of requests and answers lost). */
#define INSTEAD_ROUNDS_MAX 4u
/* Silent rounds in a row in which members that are known to lack something get a whole batch.
 * assumed: of a request and its answer at 20 % loss each 0.36 is lost; after three silent rounds in
 * a row (0.36^3: one time in 21) they are whole rather, and their reports were lost. */
#define SILENT_ROUNDS_LACKING 3u
/* Silent rounds in a row for the sake of members whose last answer of the set-up is due.
 * assumed: one that listens at 20 % loss each way misses them all one time in 3500 (0.36^8); the
 * others have left, so rounds cost no other device, and giving up costs it the time to TimeOut. */
#define SILENT_ROUNDS_LISTENING 8u
/* Silent rounds in a row from which on requests come after a rest, doubled each time.
 * assumed: a device that listens for 100 J waits 43 min, for eight rounds of 290 s at least. */
#define REST_AFTER    5u
#define REST_FIRST_NS (20 * SIM_NS_PER_S)
#define REST_MAX_NS   (600 * SIM_NS_PER_S)
/* Passes of all uncoded fragments after the first, for members that lack more than their decoder
 * holds: coded ones are of no use to them.
 * assumed: one serves members that missed the first; the second those that lost part of it. */
#define REPEATS_MAX 2u

static bool all_settled(const struct transfer *transfer)
{
    assert(transfer->settled_count <= transfer->counted_count);
    return transfer->settled_count == transfer->counted_count;
}

/* A member whose last answer of the set-up is due may have lost no more than that: it listens then,
 * and says so when all are asked. */
static bool some_may_listen(const struct transfer *transfer)
{
    const struct campaign *campaign = transfer->campaign;
    for (uint32_t i = 0; i < campaign->member_count; i++) {
        const struct member *member = &campaign->members[i];
        if (member->transfer == transfer->index && member->stage == MEMBER_FRAGMENTATION) {
            return true;
        }
    }
    return false;
}

void correction_start(struct transfer *transfer, sim_ns now_ns)
{
    struct correction *correction = &transfer->correction;
    if (correction->started) {
        return;
    }
    correction->started = true;
    correction->deadline_ns = transfer_correction_end_ns(transfer, now_ns);
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

/* Nothing is sent for a time that doubles from REST_FIRST_NS on. */
static void rest(struct transfer *transfer, uint32_t doublings, sim_ns now_ns)
{
    sim_ns rest_ns = REST_FIRST_NS;
    for (uint32_t i = 0; i < doublings && rest_ns < REST_MAX_NS; i++) {
        rest_ns *= 2;
    }
    assert(!transfer->correction.awaiting_answers && !transfer->correction.resting);
    transfer->correction.resting = true;
    transfer_timer_set(transfer, TRANSFER_TIMER_ANSWERS,
            now_ns + (rest_ns < REST_MAX_NS ? rest_ns : REST_MAX_NS));
}

/* --- fixed ----------------------------------------------------------------------------------- */

/* Answers of members that have just completed are still to come. Before a second period nothing
 * more is sent: it has the coded fragments. */
static void fixed_next_move(struct transfer *transfer, sim_ns now_ns)
{
    if (transfer_is_last_period(transfer)) {
        correction_start(transfer, now_ns);
        await_answers(transfer, now_ns);
    }
}

static const struct correction_ops fixed = { "fixed", fixed_next_move, transfer_end,
    fixed_next_move, fixed_next_move, true, false };

/* False: N has no more room. */
static bool send_batch(struct transfer *transfer, uint32_t size)
{
    struct correction *correction = &transfer->correction;
    if (!transfer_has_room(transfer)) {
        return false;
    }
    if (correction->stuck
            && fec_encoder_rows_are_even(transfer->fragmentation_version, transfer->nb_frag)) {
        /* Coded fragments alone never end a decoder that lacks all uncoded ones. */
        transfer_repeat(transfer, 1u + correction->batches % transfer->nb_frag, 1);
    }
    correction->stuck = false;
    correction->batches++;
    return transfer_extend(transfer, size);
}

/* --- adaptive -------------------------------------------------------------------------------- */

/* Members that lack fragments answer, the others keep quiet. After a round of silence all members
 * that listen answer: one that is whole and was not acknowledged still listens. Version 1 has no
 * report of reception, so there all answer. */
void correction_ask(struct transfer *transfer, sim_ns now_ns)
{
    struct correction *correction = &transfer->correction;
    uint8_t request[PACKAGE_MESSAGE_MAX];
    bool receipts = transfer->fragmentation_version >= 2
                    && transfer->campaign->params.receipts == RECEIPTS_ASKED;
    bool all_answer = !receipts || correction->silent_rounds > 0;
    size_t size = package_frag_session_status_req(request, transfer->frag_index, all_answer);
    correction->round++;
    correction->round_answers = 0;
    correction->request_sent = false;
    transfer_hurry(transfer);
    if (!transfer_ask(transfer, request, size, correction->round > 1 ? REQUEST_COPIES : 1u)) {
        transfer_end(transfer, now_ns);
        return;
    }
    correction->status_on_air = true;
}

/* Few members are left, and each gets what it lacks by unicast. */
static bool all_are_repaired(const struct transfer *transfer)
{
    return repair_pays(transfer)
           && transfer->settled_count + repair_count(transfer, true) == transfer->counted_count;
}

/* The transfer ends where each member that is left is being repaired. True: so it does. */
static bool ends_in_repair(struct transfer *transfer, sim_ns now_ns)
{
    bool ends = all_are_repaired(transfer);
    if (ends) {
        transfer_end(transfer, now_ns);
    }
    return ends;
}

/* Of the next batch in a row of silent rounds; 0: none. Silence may be a lost request or lost
 * answers: members that are known to lack something get coded fragments all the same, and members
 * that were never heard a few. Devices of version 1 leave class C when they are whole, so there
 * silence means that no member lacks anything, or that the request must come again. */
static uint32_t batch_in_silence(const struct transfer *transfer)
{
    const struct correction *correction = &transfer->correction;
    if (transfer->fragmentation_version < 2) {
        return 0;
    }
    uint32_t size = correction->silent_rounds < SILENT_ROUNDS_LACKING ? batch_size(transfer) : 0;
    if (size == 0 && !campaign_is_turn(correction->silent_rounds)) {
        return 0;
    }
    uint32_t blind = transfer->nb_frag / BLIND_SHARE;
    blind = blind > BATCH_LEAST ? blind : BATCH_LEAST;
    return size > blind ? size : blind;
}

/* A batch, after which members that listen are asked again; or no more than the question. A batch
 * that would wait long for airtime comes after further questions: members that answer are deferred.
 * Where few are left, those that answer leave class C and get what they lack by unicast. */
static void batch_or_question(struct transfer *transfer, uint32_t size, sim_ns now_ns)
{
    struct correction *correction = &transfer->correction;
    size = repair_pays(transfer) ? 0 : size;
    bool instead = size > 0 && correction->instead_rounds < INSTEAD_ROUNDS_MAX
                   && deferral_pays(transfer, size, now_ns);
    correction->instead_rounds = instead ? correction->instead_rounds + 1u : 0;
    if (size == 0 || instead || !send_batch(transfer, size)) {
        correction_ask(transfer, now_ns);
    }
}

bool correction_may_repeat(const struct transfer *transfer)
{
    enum campaign_correction policy = transfer->campaign->params.correction;
    return transfer->phase == CAMPAIGN_PHASE_CORRECTION
           && (policy == CORRECTION_ROUNDS
                   || (policy == CORRECTION_ADAPTIVE
                           && transfer->correction.repeats < REPEATS_MAX));
}

/* Members of this round lack more than their decoder holds, and a batch of coded fragments for the
 * others, which leave sooner, would be nothing or not much shorter than the block. */
static bool repeats_instead(const struct transfer *transfer, uint32_t size)
{
    if (!correction_may_repeat(transfer) || (size > 0 && size < transfer->nb_frag / 2u)) {
        return false;
    }
    const struct campaign *campaign = transfer->campaign;
    for (uint32_t i = 0; i < campaign->member_count; i++) {
        const struct member *member = &campaign->members[i];
        if (batch_member_lacks(transfer, member) && member->over_memory
                && member->round == transfer->correction.round) {
            return true;
        }
    }
    return false;
}

static bool only_deferred_are_left(const struct transfer *transfer)
{
    uint32_t deferred = deferral_count(transfer, true);
    assert(transfer->settled_count + deferred <= transfer->counted_count);
    return deferred > 0 && transfer->settled_count + deferred == transfer->counted_count;
}

/* The air is silent until they listen again. True: that is so. */
static bool rests_for_deferred(struct transfer *transfer)
{
    transfer->correction.resting = only_deferred_are_left(transfer);
    return transfer->correction.resting;
}

static void adaptive_next_move(struct transfer *transfer, sim_ns now_ns)
{
    correction_start(transfer, now_ns);
    if (!rests_for_deferred(transfer)) {
        correction_ask(transfer, now_ns);
    }
}

static void adaptive_answers_over(struct transfer *transfer, sim_ns now_ns)
{
    struct correction *correction = &transfer->correction;
    if (rests_for_deferred(transfer) || ends_in_repair(transfer, now_ns)) {
        return;
    }
    correction->silent_rounds = correction->round_answers > 0 ? 0 : correction->silent_rounds + 1u;
    if (correction->round_answers > 0) {
        uint32_t size = batch_size(transfer);
        if (!repair_pays(transfer) && repeats_instead(transfer, size)) {
            correction->repeats++;
            correction->batches++;
            transfer_repeat(transfer, 1, transfer->nb_frag);
        } else {
            batch_or_question(transfer, size, now_ns);
        }
        return;
    }
    if (group_restart_is_due(transfer, now_ns) && group_restart(transfer, now_ns)) {
        return;
    }
    if (correction->silent_rounds < REST_AFTER) {
        batch_or_question(transfer, batch_in_silence(transfer), now_ns);
    } else {
        rest(transfer, correction->silent_rounds - REST_AFTER, now_ns);
    }
}

static void adaptive_rested(struct transfer *transfer, sim_ns now_ns)
{
    if (rests_for_deferred(transfer) || ends_in_repair(transfer, now_ns)) {
        return;
    }
    bool asked = transfer->correction.unsent_rounds == 0;
    batch_or_question(transfer, asked ? batch_in_silence(transfer) : 0, now_ns);
}

/* Members that said what they lack and listen from now on get it first, all that they need at once
 * as far as the hour has airtime: each question costs them the time for answers. */
static void serve_all_at_once(struct transfer *transfer, sim_ns now_ns)
{
    assert(transfer->correction.round_answers == 0); /* for all that are known to lack some */
    uint32_t size = batch_for_all(transfer);
    if (size > 0 && transfer_waits_long_for(transfer, size, now_ns)) {
        uint32_t fits = transfer_in_haste(transfer, size, now_ns), least = batch_size(transfer);
        size = fits > least ? fits : least;
    }
    batch_or_question(transfer, size, now_ns);
}

static void adaptive_session_begun(struct transfer *transfer, sim_ns now_ns)
{
    correction_start(transfer, now_ns);
    transfer->correction.silent_rounds = 0;
    transfer->correction.round_answers = 0;
    if (!ends_in_repair(transfer, now_ns)) {
        serve_all_at_once(transfer, now_ns);
    }
}

static const struct correction_ops adaptive = { "adaptive", adaptive_next_move,
    adaptive_answers_over, adaptive_rested, adaptive_session_begun, true, true };

/* --- until reported -------------------------------------------------------------------------- */

/* Nothing says that a member is stuck: one batch in four is sent as if. */
static void until_reported_next_move(struct transfer *transfer, sim_ns now_ns)
{
    correction_start(transfer, now_ns);
    if (repair_pays(transfer)) { /* those that answer are told to leave class C */
        correction_ask(transfer, now_ns);
        return;
    }
    transfer->correction.stuck = transfer->correction.batches % 4u == 3u;
    uint32_t step = transfer->nb_frag / 50u;
    if (!send_batch(transfer, step > BATCH_LEAST ? step : BATCH_LEAST)) {
        await_answers(transfer, now_ns);
    }
}

static void until_reported_answers_over(struct transfer *transfer, sim_ns now_ns)
{
    if (!repair_pays(transfer)) {
        transfer_end(transfer, now_ns);
    } else {
        adaptive_answers_over(transfer, now_ns);
    }
}

static const struct correction_ops until_reported = { "until-reported", until_reported_next_move,
    until_reported_answers_over, until_reported_next_move, until_reported_next_move, false, false };

const struct correction_ops *const correction_policies[CORRECTION_COUNT] = {
    [CORRECTION_FIXED] = &fixed,
    [CORRECTION_UNTIL_REPORTED] = &until_reported,
    [CORRECTION_ADAPTIVE] = &adaptive,
    [CORRECTION_ROUNDS] = &correction_rounds,
};

/* --- end ------------------------------------------------------------------------------------- */

bool correction_is_over(const struct transfer *transfer)
{
    bool asks = correction_policies[transfer->campaign->params.correction]->asks
                && transfer->correction.silent_rounds < SILENT_ROUNDS_LISTENING;
    return all_settled(transfer) && !(asks && some_may_listen(transfer));
}

/* --- events ---------------------------------------------------------------------------------- */

static const struct correction_ops *policy_of(const struct transfer *transfer)
{
    assert(transfer->campaign->params.correction < CORRECTION_COUNT);
    return correction_policies[transfer->campaign->params.correction];
}

void correction_on_request_sent(struct transfer *transfer)
{
    transfer->correction.request_sent = true;
    transfer->correction.unsent_rounds = 0;
}

/* A round whose request was not on the air is none. */
static void on_request_over(struct transfer *transfer, sim_ns now_ns)
{
    struct correction *correction = &transfer->correction;
    assert(correction->status_on_air && !correction->awaiting_answers);
    correction->status_on_air = false;
    if (correction->request_sent) {
        /* Answers are spread over the delay from the last copy on. */
        await_answers(transfer, now_ns);
        return;
    }
    assert(correction->round > 0);
    correction->round--;
    rest(transfer, correction->unsent_rounds++, now_ns);
}

void correction_on_idle(struct transfer *transfer, sim_ns now_ns)
{
    struct correction *correction = &transfer->correction;
    if (correction->status_on_air) {
        on_request_over(transfer, now_ns);
    } else if (!correction->awaiting_answers && !correction->resting) {
        policy_of(transfer)->next_move(transfer, now_ns);
    }
}

void correction_on_timer(struct transfer *transfer, sim_ns now_ns)
{
    struct correction *correction = &transfer->correction;
    bool rested = correction->resting;
    if (!correction->awaiting_answers && !rested) {
        return;
    }
    correction->awaiting_answers = false;
    correction->resting = false;
    if (correction_is_over(transfer)) {
        transfer_end(transfer, now_ns);
    } else if (rested) {
        policy_of(transfer)->rested(transfer, now_ns);
    } else {
        policy_of(transfer)->answers_over(transfer, now_ns);
    }
}

/* No need to wait longer than for the receive windows of the last one. */
static void end_pause_if_all_are_known(struct transfer *transfer, sim_ns now_ns)
{
    const struct correction *correction = &transfer->correction;
    if (correction->awaiting_answers && policy_of(transfer)->asks
            && transfer->settled_count + correction->round_answers + deferral_count(transfer, false)
                               + repair_count(transfer, false)
                       >= transfer->counted_count) {
        transfer_timer_set(transfer, TRANSFER_TIMER_ANSWERS, now_ns + SCHEDULE_ANSWER_TAIL_NS);
    }
}

void correction_on_answer(
        struct transfer *transfer, struct member *member, uint16_t missing_was, sim_ns now_ns)
{
    struct correction *correction = &transfer->correction;
    if (!member->counted || (!correction->awaiting_answers && !correction->status_on_air)
            || member->round == correction->round) {
        return;
    }
    bool no_progress = member->round != 0 && member->missing == missing_was;
    correction->stuck = correction->stuck || no_progress;
    member->round = correction->round;
    correction->round_answers++;
    end_pause_if_all_are_known(transfer, now_ns);
}

void correction_on_settled(struct transfer *transfer, sim_ns now_ns)
{
    end_pause_if_all_are_known(transfer, now_ns);
    correction_on_deferred(transfer);
}

/* The rest of a batch is for no member that listens. */
void correction_on_deferred(struct transfer *transfer)
{
    const struct correction *correction = &transfer->correction;
    if (!correction->awaiting_answers && !correction->resting && only_deferred_are_left(transfer)) {
        transfer_curtail(transfer);
    }
}

void correction_on_resume(struct transfer *transfer, sim_ns now_ns)
{
    struct correction *correction = &transfer->correction;
    if (!transfer_runs(transfer) || transfer->paused) {
        return;
    }
    correction->silent_rounds = 0;
    correction->round_answers = 0;
    transfer_hurry(transfer);
    if (correction->resting) {
        correction->resting = false;
        transfer_timer_stop(transfer, TRANSFER_TIMER_ANSWERS);
        serve_all_at_once(transfer, now_ns);
    }
}

void correction_on_session(struct transfer *transfer, sim_ns now_ns)
{
    const struct correction_ops *policy = policy_of(transfer);
    if (policy->hurries && transfer_is_last_period(transfer)) {
        transfer_hurry(transfer);
    }
    if (transfer->correction.started) { /* a batch that the last session cut short is out of date */
        transfer_curtail(transfer);
    }
    if (transfer->next_n > transfer->target_n) {
        policy->session_begun(transfer, now_ns);
    } else {
        transfer_feed(transfer);
    }
}

void correction_pause(struct transfer *transfer)
{
    transfer->correction.awaiting_answers = false;
    transfer->correction.status_on_air = false;
    transfer->correction.resting = false;
}
