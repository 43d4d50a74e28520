/* Numbers of a summary, counted again from observations and from the models.
 * SPDX-License-Identifier: MIT
 *
 * Gateways, airtime, completion and the estimate's other side: nothing here reads a recorder.
 *
 * Method: one lossy run (a backhaul that loses messages, an interferer, gateways that share a duty
 * cycle), watched by an observer of the test.
 */
#include <criterion/criterion.h>
#include <math.h>

#include "scenario/channel_plan.h"
#include "scenario/fleet_estimate.h"
#include "support/data_frame.h"
#include "support/recount.h"
#include "trace.h"

#define DEVICES       30u
#define GATEWAYS      2u
#define FRAMES_MAX    20000u
#define FRAGMENTS_MAX 512u
#define HOUR_NS       (3600 * SIM_NS_PER_S)
#define START_S       1800.0 /* campaign.start */

static const char lossy[] =
        "name: lossy\n"
        "duration: 10 h\n"
        "area: {radius: 2500 m}\n"
        "propagation: {shadowing: {sigma: 4 dB}, fading: rayleigh}\n"
        "gateways: {count: 2, radius: 1 km, backhaul: {loss: 3 %}}\n"
        "interferers: [{frequency: 868.3 MHz, bandwidth: 125 kHz, power: 14 dBm, x: 100 m, "
        "y: 0 m, on: 300 ms, off: 3 s, "
        "statistics: exponential}]\n"
        "foreign: {devices: 20, period: 2 min}\n"
        "devices: [{name: d, count: 30, nb_trans: 2, boot: {spread: 5 min}, "
        "report: {period: 10 min}}]\n"
        "firmware: {image: generated, size: 8 KiB}\n"
        "campaign: {start: 30 min, set_up: {window: 3 h}, confirm_timeout: 1 h}\n";

/* A frame of a gateway. */
struct sent {
    uint32_t gateway;
    int band;
    sim_ns start_ns, end_ns;
};

static struct recount {
    const struct world *world;
    uint64_t at_gateways[LOSS_CAUSE_COUNT];
    uint64_t results[GATEWAY_TX_RESULT_COUNT];
    struct sent sent[FRAMES_MAX];
    uint32_t sent_count;
    sim_ns multicast_ns;           /* airtime to the campaign's group */
    bool fragments[FRAGMENTS_MAX]; /* that were on the air */
    bool asked;                    /* a command went to the group since the last fragment */
    uint32_t batches;              /* of new fragments after a command */
    sim_ns complete_ns[DEVICES];
    uint64_t taken; /* messages that the network server took */
    struct {
        uint32_t messages, answers; /* data frames once each; polls, and those of TS004 and TS005 */
        uint64_t last;
    } devices[DEVICES];
} run;

/* 0: a command, after the first pass and after each batch. */
static void on_multicast(uint32_t n)
{
    cr_assert_lt(n, FRAGMENTS_MAX);
    run.asked = run.asked || n == 0;
    if (n > 0 && !run.fragments[n]) {
        run.fragments[n] = true;
        run.batches += run.asked ? 1u : 0u;
        run.asked = false;
    }
}

static void on_downlink(const struct frame *frame)
{
    uint32_t gateway = frame->sender - run.world->gateway_entities.first;
    if (gateway >= GATEWAYS) {
        return;
    }
    cr_assert_lt(run.sent_count, FRAMES_MAX);
    run.sent[run.sent_count++] = (struct sent){ gateway,
        region_band_of(scenario_region(run.world->scenario), frame->modulation.frequency_hz),
        frame->start_ns, frame->end_ns };
    if (data_frame_is(frame)
            && data_frame_address(frame) == campaign_mc_addr(world_first_campaign(run.world))) {
        run.multicast_ns += frame->end_ns - frame->start_ns;
        on_multicast(data_frame_fragment(run.world, frame));
    }
}

/* A message has a counter of its own, however often it is repeated. */
static void on_uplink(const struct frame *frame)
{
    uint32_t i = frame->sender - run.world->first_device;
    if (i >= DEVICES || !data_frame_is(frame)) {
        return;
    }
    int fport = data_frame_fport(frame);
    uint64_t message = (uint64_t)data_frame_address(frame) << 16 | data_frame_fcnt(frame);
    if (message != run.devices[i].last) {
        run.devices[i].last = message;
        run.devices[i].messages++;
        run.devices[i].answers += fport <= 0 || fport == 200 || fport == 201 ? 1u : 0u;
    }
}

static void watch(void *context, const struct observation *o)
{
    (void)context;
    if (o->kind == OBSERVE_GATEWAY_RECEIVED) {
        run.at_gateways[LOSS_NONE]++;
    } else if (o->kind == OBSERVE_GATEWAY_LOST) {
        run.at_gateways[o->b]++;
    } else if (o->kind == OBSERVE_GATEWAY_TX) {
        run.results[o->b]++;
    } else if (o->kind == OBSERVE_FRAME_STARTED) {
        on_downlink(o->data);
    } else if (o->kind == OBSERVE_FRAME_ENDED) {
        on_uplink(o->data);
    } else if (o->kind == OBSERVE_NETWORK_UPLINK) {
        run.taken++;
    } else if (o->a == FW_TRACE_FRAG_COMPLETE) {
        sim_ns *complete_ns = &run.complete_ns[o->entity - run.world->first_device];
        *complete_ns = *complete_ns == 0 ? o->at_ns : *complete_ns;
    }
}

static struct trial *play(void)
{
    struct trial *trial = trial_create(lossy, NULL, 0);
    run = (struct recount){ .world = trial->world };
    engine_observer_add(trial->world->engine,
            OBSERVE_BIT(OBSERVE_GATEWAY_RECEIVED) | OBSERVE_BIT(OBSERVE_GATEWAY_LOST)
                    | OBSERVE_BIT(OBSERVE_GATEWAY_TX) | OBSERVE_BIT(OBSERVE_FRAME_STARTED)
                    | OBSERVE_BIT(OBSERVE_FIRMWARE) | OBSERVE_BIT(OBSERVE_FRAME_ENDED)
                    | OBSERVE_BIT(OBSERVE_NETWORK_UPLINK),
            watch, NULL);
    trial_play(trial);
    return trial;
}

static void expect_number(const struct trial *trial, const char *key, double expected)
{
    expect_near(trial, key, "", expected, 1e-9 * fabs(expected));
}

Test(recount, what_gateways_received_lost_and_refused)
{
    struct trial *trial = play();
    uint64_t lost = 0;
    expect_count(trial, "gateways.", "received", run.at_gateways[LOSS_NONE]);
    for (int cause = LOSS_POWERED_DOWN; cause < LOSS_NONE; cause++) {
        bool of_gateways =
                cause == LOSS_POWERED_DOWN || (cause >= LOSS_RADIO_BUSY && cause <= LOSS_MISMATCH);
        cr_assert(of_gateways || run.at_gateways[cause] == 0);
        if (of_gateways) {
            expect_count(trial, "gateways.lost.", loss_cause_name((enum loss_cause)cause),
                    run.at_gateways[cause]);
            lost += run.at_gateways[cause];
        }
    }
    cr_expect_gt(lost, 100, "the run loses frames");
    for (int result = GATEWAY_TX_TOO_LATE; result < GATEWAY_TX_NO_ANSWER; result++) {
        expect_count(trial, "gateways.rejected.",
                gateway_tx_result_name((enum gateway_tx_result)result), run.results[result]);
    }
    expect_count(trial, "airtime.", "downlink_frames", run.sent_count);
    trial_destroy(trial);
}

/* Airtime of one gateway in one sub-band within the hour that ends with a frame. */
static double hour_before(uint32_t last)
{
    double sum_s = 0.0;
    for (uint32_t i = 0; i <= last; i++) {
        const struct sent *a = &run.sent[i], *b = &run.sent[last];
        if (a->gateway == b->gateway && a->band == b->band && a->end_ns > b->end_ns - HOUR_NS) {
            sum_s += (double)(a->end_ns - a->start_ns) / 1e9;
        }
    }
    return sum_s;
}

Test(recount, the_share_of_time_that_gateways_transmit)
{
    struct trial *trial = play();
    double max_s = 0.0, busiest_s[GATEWAYS] = { 0 }, band_s[GATEWAYS][REGION_BANDS_MAX] = { 0 };
    for (uint32_t i = 0; i < run.sent_count; i++) {
        const struct sent *sent = &run.sent[i];
        double *sum_s = &band_s[sent->gateway][sent->band];
        max_s = fmax(max_s, hour_before(i));
        *sum_s += (double)(sent->end_ns - sent->start_ns) / 1e9;
        busiest_s[sent->gateway] = fmax(busiest_s[sent->gateway], *sum_s);
    }
    double run_s = trial_value(trial, "sim_time_s");
    double mean = (busiest_s[0] + busiest_s[1]) / 2.0 / run_s;
    cr_expect_gt(max_s, 10.0, "gateways are busy: %g s", max_s);
    /* A frame of 0.4 s at the edge of the hour. */
    cr_expect_float_eq(
            trial_value(trial, "airtime.gateway_duty_cycle.max"), max_s / 3600.0, 0.4 / 3600.0);
    expect_number(trial, "airtime.gateway_duty_cycle.mean", mean);
    trial_destroy(trial);
}

Test(recount, when_devices_held_the_block)
{
    struct trial *trial = play();
    struct values complete = { 0 };
    for (uint32_t i = 0; i < DEVICES; i++) {
        if (run.complete_ns[i] > 0) {
            values_add(&complete, (double)run.complete_ns[i] / 1e9 - START_S);
        }
    }
    cr_assert_gt(complete.count, DEVICES / 2);
    expect_values(trial, "completion_time_s.", &complete, 1e-6);
    expect_near(trial, "completion_time_s.", "min", values_percentile(&complete, 0.0), 1e-6);
    expect_near(trial, "completion_time_s.", "max", values_percentile(&complete, 1.0), 1e-6);
    trial_destroy(trial);
}

Test(recount, fragments_on_the_air_and_batches_of_them)
{
    struct trial *trial = play();
    uint32_t nb_frag = campaign_nb_frag(world_first_campaign(trial->world)), uncoded = 0, coded = 0;
    for (uint32_t n = 1; n < FRAGMENTS_MAX; n++) {
        *(n <= nb_frag ? &uncoded : &coded) += run.fragments[n] ? 1u : 0u;
    }
    cr_expect_gt(run.batches, 0);
    expect_count(trial, "missing_fragments.", "nb_frag", nb_frag);
    expect_count(trial, "missing_fragments.", "sent", uncoded);
    expect_count(trial, "missing_fragments.", "coded_sent", coded);
    expect_count(trial, "missing_fragments.", "correction_batches", run.batches);
    expect_count(trial, "estimate.fragments.", "simulated", uncoded + coded);
    trial_destroy(trial);
}

/* A first transmission that no gateway received may be repeated: then it is one message all the
 * same. Answers are those of the devices that became ready. */
Test(recount, messages_that_the_server_took_and_answers_of_devices)
{
    struct trial *trial = play();
    uint64_t messages = 0;
    struct values answers = { 0 };
    for (uint32_t i = 0; i < DEVICES; i++) {
        struct campaign_device d;
        campaign_device_get(world_first_campaign(trial->world), i, &d);
        messages += run.devices[i].messages;
        if (d.ready_ns != SIM_NS_NEVER) {
            values_add(&answers, run.devices[i].answers);
        }
    }
    cr_expect_lt(run.taken, messages, "some are lost");
    expect_number(trial, "airtime.uplink_pdr", (double)run.taken / (double)messages);
    expect_number(trial, "estimate.uplinks.simulated", values_mean(&answers));
    trial_destroy(trial);
}

/* The last report of a block, from the session's time on; ready devices' set-up. */
static void expect_times(const struct trial *trial)
{
    const struct campaign *campaign = world_first_campaign(trial->world);
    sim_ns last_ns = 0, start_ns = campaign_start_ns(campaign);
    double set_up_s = 0.0;
    uint32_t ready = 0;
    for (uint32_t i = 0; i < DEVICES; i++) {
        struct campaign_device d;
        campaign_device_get(campaign, i, &d);
        if (d.ready_ns != SIM_NS_NEVER) {
            ready++;
            set_up_s += (double)(d.ready_ns - start_ns) / 1e9;
            bool reported = d.complete_ns != SIM_NS_NEVER;
            last_ns = reported && d.complete_ns > last_ns ? d.complete_ns : last_ns;
        }
    }
    cr_assert_gt(ready, DEVICES / 2);
    expect_number(trial, "estimate.set_up_s.simulated", set_up_s / ready);
    expect_number(trial, "estimate.session_s.simulated",
            (double)(last_ns - start_ns) / 1e9 - 3.0 * 3600.0); /* set_up.window */
}

Test(recount, both_sides_of_the_estimate)
{
    struct trial *trial = play();
    struct estimate_input input;
    struct estimate e = { 0 };
    cr_assert(fleet_estimate_input(&trial->scenario, 0, &input));
    estimate_make(&input, &e);
    cr_assert(e.possible);
    expect_number(trial, "estimate.fragments.expected", (double)e.nb_frag + e.coded + e.correction);
    expect_number(trial, "estimate.airtime_s.expected", e.airtime_s);
    expect_number(trial, "estimate.set_up_s.expected", e.set_up_s);
    expect_number(trial, "estimate.session_s.expected", e.session_s);
    expect_number(trial, "estimate.uplinks.expected", e.uplinks);
    expect_number(trial, "estimate.listening_j.expected", e.listening_j);
    expect_number(trial, "estimate.bulk_j.expected", e.bulk_j);
    expect_number(trial, "estimate.battery_percent.expected", e.battery_percent);
    expect_number(trial, "estimate.airtime_s.simulated", (double)run.multicast_ns / 1e9);
    expect_times(trial);
    trial_destroy(trial);
}
