/* What the server sends, and asks, when gateways send nothing and when members do not answer.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: design section 5, invariants 8 to 10 (what was not sent is sent again; a question that
 * was not on the air has no answer to miss; pauses grow and have a bound), and the bytes that the
 * devices saw.
 */
#include <criterion/criterion.h>

#include "campaign/packages.h"
#include "models/campaign/fleet_suite.h"

#define MINUTE_NS (60 * SIM_NS_PER_S)
#define ASK_SIZE  (13u + 2u) /* FragSessionStatusReq to a group */

static sim_ns session_ns;

TestSuite(correction, .fini = fleet_suite_end);

static void create(uint32_t count, struct campaign_params *params)
{
    fleet_create(&fleet, count, 900 * SIM_NS_PER_S, params);
    session_ns = params->start_ns + params->set_up_window_ns;
}

static bool is_multicast(const struct gateway_tx *tx)
{
    return tx->modulation.spreading_factor == 7 && tx->modulation.frequency_hz == 869525000;
}

#define COPY_NS (5 * SIM_NS_PER_S) /* a request so soon after another one is a copy of it */

/* Requests to the group at gateway 0 from a time on; copies of one are one. */
static uint32_t questions_after(sim_ns from_ns, sim_ns *last_ns, sim_ns *longest_gap_ns)
{
    uint32_t count = 0;
    const struct fake_tx *entry;
    sim_ns before_ns = from_ns;
    sim_ns copy_ns = INT64_MIN / 2; /* the last one, copies included */
    *longest_gap_ns = 0;
    for (uint32_t n = 0; (entry = fake_gateways_accepted(fleet.gateways, n)) != NULL; n++) {
        if (entry->gateway == 0 && is_multicast(&entry->tx) && entry->tx.size == ASK_SIZE
                && entry->tx.at_ns >= from_ns) {
            bool copy = entry->tx.at_ns - copy_ns < COPY_NS;
            copy_ns = entry->tx.at_ns;
            if (copy) {
                continue;
            }
            sim_ns gap_ns = entry->tx.at_ns - before_ns;
            *longest_gap_ns = count > 0 && gap_ns > *longest_gap_ns ? gap_ns : *longest_gap_ns;
            before_ns = entry->tx.at_ns;
            count++;
        }
    }
    *last_ns = before_ns;
    return count;
}

/* --- what no gateway sent --------------------------------------------------------------------- */

static sim_ns out_from_ns, out_until_ns;
static uint16_t out_size; /* of the frames that go unanswered; 0: all */

static enum gateway_tx_result in_an_outage(
        void *context, uint32_t gateway, const struct gateway_tx *tx, sim_ns now_ns)
{
    (void)context;
    bool out = now_ns >= out_from_ns && now_ns < out_until_ns && is_multicast(tx)
               && (out_size == 0 || tx->size == out_size);
    return out ? GATEWAY_TX_NO_ANSWER : fake_gateways_queue(fleet.gateways, gateway, tx, now_ns);
}

static void expect_after_outage(sim_ns from_ns)
{
    struct campaign_params params = fleet_default_params();
    create(5, &params);
    out_size = 0;
    out_from_ns = session_ns + from_ns;
    out_until_ns = out_from_ns + 10 * MINUTE_NS;
    fleet.gateways->judge = in_an_outage;
    fleet_run(&fleet, 6 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    for (uint32_t i = 0; i < 5; i++) {
        cr_assert_eq(
                fleet.devices[i].received_uncoded, fleet.devices[i].nb_frag, "none is skipped");
    }
    uint32_t unanswered = 0;
    for (uint32_t i = 0; i < fleet.gateways->count; i++) {
        unanswered += fleet.gateways->log[i].result == GATEWAY_TX_NO_ANSWER ? 1u : 0u;
    }
    /* 2, 4, ... 32 s and 60 s from then on, by two gateways; each waits for its turn as well. */
    cr_assert_leq(unanswered, 2 * 15, "%u requests in the outage", unanswered);
    cr_assert_geq(unanswered, 2 * 8, "%u requests in the outage", unanswered);
}

Test(correction, stream_waits_for_gateways_that_are_out_at_the_session_start)
{
    expect_after_outage(-MINUTE_NS);
}

Test(correction, stream_waits_for_gateways_that_are_out_in_the_middle)
{
    expect_after_outage(MINUTE_NS);
}

Test(correction, question_that_no_gateway_sent_has_no_answer_to_miss)
{
    struct campaign_params params = fleet_default_params();
    params.redundancy = 0.0;
    create(4, &params);
    for (uint32_t i = 0; i < 4; i++) {
        fleet.devices[i].faults.loss_percent = 25;
    }
    out_size = ASK_SIZE;
    out_from_ns = session_ns;
    out_until_ns = session_ns + 40 * MINUTE_NS;
    fleet.gateways->judge = in_an_outage;
    fleet_run(&fleet, out_until_ns - MINUTE_NS);
    cr_assert_eq(campaign_phase(fleet.campaign), CAMPAIGN_PHASE_CORRECTION);
    cr_assert_eq(campaign_correction_batches(fleet.campaign), 0, "nothing was asked");
    fleet_run(&fleet, 6 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
}

/* Gateways take every request and drop every other frame at the last moment. */
static enum gateway_tx_result drops_some(
        void *context, uint32_t gateway, const struct gateway_tx *tx, sim_ns now_ns)
{
    (void)context;
    bool fragment = is_multicast(tx) && tx->size > ASK_SIZE;
    if (fragment && (tx->bytes[6] & 1u) != 0 && tx->bytes[6] < 20) { /* McFCnt */
        return GATEWAY_TX_FREQUENCY;
    }
    return fake_gateways_queue(fleet.gateways, gateway, tx, now_ns);
}

Test(correction, coded_fragments_replace_what_was_passed_over)
{
    struct campaign_params params = fleet_default_params();
    params.correction = CORRECTION_FIXED;
    create(2, &params);
    fleet.devices[1].faults.loss_percent = 100; /* the stream goes on to its end */
    fleet.gateways->judge = drops_some;
    fleet_run(&fleet, 4 * HOUR_NS);
    cr_assert_eq(campaign_fragments_sent(fleet.campaign, false), 38 - 10);
    cr_assert_eq(campaign_fragments_sent(fleet.campaign, true), 6 + 10, "15 %% of 38, and ten");
    cr_assert_eq(fleet_view(&fleet, 0).stage, CAMPAIGN_CONFIRMED);
}

/* --- members that do not answer --------------------------------------------------------------- */

Test(correction, asks_silent_devices_until_the_time_is_over)
{
    struct campaign_params params = fleet_default_params();
    params.correction_timeout_ns = 3 * HOUR_NS;
    create(3, &params);
    fleet.devices[2].faults.dies_in_session = true;
    fleet.devices[2].faults.loss_percent = 100;
    fleet_run(&fleet, session_ns + 3 * HOUR_NS);
    cr_assert_eq(campaign_phase(fleet.campaign), CAMPAIGN_PHASE_CORRECTION);
    fleet_run(&fleet, session_ns + 4 * HOUR_NS);
    cr_assert_eq(campaign_phase(fleet.campaign), CAMPAIGN_PHASE_CONFIRMATION);
    cr_assert_eq(fleet_view(&fleet, 0).stage, CAMPAIGN_CONFIRMED);
    sim_ns last_ns, gap_ns;
    uint32_t questions = questions_after(session_ns, &last_ns, &gap_ns);
    /* Rests of 20, 40, ... 320 s, then 600 s: with an answer window of 20 s at most, 27 of them. */
    cr_assert_geq(questions, 15);
    cr_assert_leq(questions, 27);
    cr_assert_leq(gap_ns, 11 * MINUTE_NS + 30 * SIM_NS_PER_S);
    cr_assert_gt(last_ns, session_ns + 2 * HOUR_NS + 40 * MINUTE_NS);
    sim_ns soon_ns, soon_gap_ns;
    cr_assert_geq(questions - questions_after(session_ns + 43 * MINUTE_NS, &soon_ns, &soon_gap_ns),
            7, "most of them where waiting is still cheap");
}

Test(correction, serves_a_member_whose_last_answer_of_the_set_up_was_lost)
{
    struct campaign_params params = fleet_default_params();
    create(4, &params);
    fleet.devices[3].faults.loses_frag_ans = true;
    fleet.devices[3].faults.loss_percent = 50;
    fleet_run(&fleet, 6 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
}

/* 86 fragments of 48 bytes at DR0, 2.8 s each: 80 % of 10 % of an hour is time for 102. A member
 * that loses 60 % needs 220, so it closes its session for an hour; the air is silent meanwhile. */
static void create_at_dr0(struct campaign_params *params)
{
    params->data_rate = 0;
    params->fragment_size_bytes = 48;
    params->redundancy = 0.0;
    params->correction_timeout_ns = 6 * HOUR_NS;
    create(4, params);
    fleet.devices[3].faults.loss_percent = 60;
}

Test(correction, defers_a_member_that_needs_more_than_the_hour_has_left)
{
    struct campaign_params params = fleet_default_params();
    create_at_dr0(&params);
    fleet_run(&fleet, session_ns + 90 * MINUTE_NS);
    const struct fleet_device *d = &fleet.devices[3];
    cr_assert_eq(d->session_requests, 2, "%u: one of the set-up, and another", d->session_requests);
    sim_ns resume_ns = d->groups[d->group_id].session_gps_s * SIM_NS_PER_S - FLEET_GPS_NS;
    sim_ns told_ns = resume_ns - HOUR_NS;
    cr_assert_leq(d->last_fragment_ns, told_ns + MINUTE_NS);
    fleet_run(&fleet, 12 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    cr_assert_geq(d->last_fragment_ns, resume_ns, "it got the rest then");
    for (uint32_t i = 0; i < 3; i++) {
        cr_assert_eq(fleet.devices[i].session_requests, 1, "device %u lacks nothing", i);
    }
    const struct fake_tx *entry;
    for (uint32_t n = 0; (entry = fake_gateways_accepted(fleet.gateways, n)) != NULL; n++) {
        bool group = entry->tx.modulation.spreading_factor == 12
                     && entry->tx.modulation.frequency_hz == 869525000;
        cr_assert(!group || entry->tx.at_ns < told_ns + MINUTE_NS || entry->tx.at_ns > resume_ns);
    }
}

/* Fragments to the group at gateway 0 from a time on, until the next question. */
static uint32_t fragments_before_question(sim_ns from_ns)
{
    uint32_t count = 0;
    const struct fake_tx *entry;
    for (uint32_t n = 0; (entry = fake_gateways_accepted(fleet.gateways, n)) != NULL; n++) {
        if (entry->gateway != 0 || entry->tx.modulation.frequency_hz != 869525000
                || entry->tx.at_ns < from_ns) {
            continue;
        }
        if (entry->tx.size == ASK_SIZE) {
            return count;
        }
        count++;
    }
    return count;
}

/* A question costs the time for answers, so what fits into the hour goes out without one: 102
 * fragments, where a batch between questions is no more than the block, 86. */
Test(correction, serves_a_deferred_member_all_at_once)
{
    struct campaign_params params = fleet_default_params();
    create_at_dr0(&params);
    fleet_run(&fleet, session_ns + 90 * MINUTE_NS);
    const struct fleet_device *d = &fleet.devices[3];
    sim_ns resume_ns = d->groups[d->group_id].session_gps_s * SIM_NS_PER_S - FLEET_GPS_NS;
    fleet_run(&fleet, 12 * HOUR_NS);
    cr_expect_gt(
            fragments_before_question(resume_ns), 86, "%u", fragments_before_question(resume_ns));
    fleet_expect_all_confirmed(&fleet);
}

Test(correction, defers_no_member_of_version_1)
{
    struct campaign_params params = fleet_default_params();
    params.fragmentation_version = 1;
    params.block_mic = false;
    create_at_dr0(&params);
    fleet_run(&fleet, 12 * HOUR_NS);
    for (uint32_t i = 0; i < 4; i++) {
        cr_assert(fleet.devices[i].whole, "device %u", i);
        cr_assert_eq(fleet.devices[i].session_requests, 1, "device %u", i);
    }
}

/* Devices of version 1 leave class C when they are whole, and answer no request to a group. */
Test(correction, sends_no_fragments_to_silent_members_of_version_1)
{
    struct campaign_params params = fleet_default_params();
    params.fragmentation_version = 1;
    params.block_mic = false;
    create(5, &params);
    fleet_run(&fleet, 6 * HOUR_NS);
    cr_assert_eq(campaign_stage_count(fleet.campaign, CAMPAIGN_COMPLETE), 5);
    cr_assert_leq(campaign_fragments_sent(fleet.campaign, true), 6, "15 %% of 38");
    cr_assert_eq(campaign_correction_batches(fleet.campaign), 0);
}

/* Version 2, M = 40: all rows have 20 columns, so coded fragments alone have rank 39 at most. */
Test(correction, sends_an_uncoded_fragment_to_devices_that_have_none)
{
    struct campaign_params params = fleet_default_params();
    params.fragment_size_bytes = 94;
    create(3, &params);
    for (uint32_t i = 0; i < 3; i++) {
        fleet.devices[i].faults.needs_uncoded = true;
    }
    fleet_run(&fleet, 6 * HOUR_NS);
    cr_assert_eq(fleet.devices[0].nb_frag % 4 / 2, 0, "rows of even weight");
    fleet_expect_all_confirmed(&fleet);
    /* One for what they lack, one that brings nothing, one with an uncoded fragment. */
    cr_assert_leq(campaign_correction_batches(fleet.campaign), 3);
}

/* --- decoders that hold less than a member lacks -----------------------------------------------
 */

/* TS004-2.0.0: the status bit MemoryError. Coded fragments are of no use before uncoded ones. */
Test(correction, repeats_uncoded_fragments_for_a_decoder_that_is_too_small)
{
    struct campaign_params params = fleet_default_params();
    create(4, &params);
    for (uint32_t i = 0; i < 4; i++) {
        fleet.devices[i].faults.decoder_most = 8;
    }
    fleet_run(&fleet, 6 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    cr_assert_leq(campaign_fragments_sent(fleet.campaign, true), 6, "15 %% of 38, no batch");
    cr_assert_eq(campaign_correction_batches(fleet.campaign), 1, "one pass");
}

Test(correction, gives_up_a_decoder_that_stays_too_small)
{
    struct campaign_params params = fleet_default_params();
    create(4, &params);
    fleet.devices[1].faults.decoder_most = 8;
    fleet.devices[1].faults.loses_repeated = true;
    fleet_run(&fleet, 6 * HOUR_NS);
    cr_assert_eq(fleet_view(&fleet, 1).failure, CAMPAIGN_FAILURE_DECODER_MEMORY);
    cr_assert_eq(fleet_view(&fleet, 0).stage, CAMPAIGN_CONFIRMED);
    cr_assert_eq(campaign_correction_batches(fleet.campaign), 2, "two passes");
    cr_assert_leq(campaign_fragments_sent(fleet.campaign, true), 6, "15 %% of 38");
}

Test(correction, finds_a_small_decoder_by_the_count_alone)
{
    struct campaign_params params = fleet_default_params();
    params.fragment_size_bytes = 12; /* 313 of them */
    params.redundancy = 0.0;         /* no coded one that would make a device say so */
    create(3, &params);
    fleet.devices[1].faults.needs_uncoded = true;
    fleet_run(&fleet, 6 * HOUR_NS);
    fleet_expect_all_confirmed(&fleet);
    cr_assert_eq(campaign_fragments_sent(fleet.campaign, true), 0);
    cr_assert_eq(campaign_correction_batches(fleet.campaign), 1);
}
