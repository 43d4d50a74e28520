/* Reports of the application: how many are due, sent, dropped, delivered and acknowledged.
 * SPDX-License-Identifier: MIT
 *
 * Goal: a report that is never sent shows in the results, and each number is that of the air, the
 * servers or the schedule.
 *
 * Method: devices with confirmed reports at DR0 that are never acknowledged repeat each of them
 * NbTrans = 8 times. A repetition waits for the duty cycle of 1 % that the three default channels
 * share, so an exchange lasts 8 * 100 * T. With T = 1.810432 s, 33 bytes at SF12 (Semtech
 * AN1200.13: 12.25 + 8 + ceil((8 * 33 - 4 * 12 + 28 + 16) / 40) * 5 = 55.25 symbols of 32.768 ms)
 * that is 24.1 minutes: of reports that are due every 20 minutes 1 - 20 / 24.1 = 17.1 % are never
 * sent.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/data_frame.h"
#include "support/trial.h"
#include "trace.h"

#define PERIOD_S   1200.0
#define DAY_S      86400.0
#define DAYS       20.0
#define EXCHANGE_S (8 * 100 * 1.810432)
#define DEVICES    2u
#define FPORT      2

static const char confirmed[] =
        "name: confirmed\n"
        "duration: 20 d\n"
        "area: {radius: 500 m}\n"
        "propagation: {model: free-space, penetration: 0 dB, shadowing: {sigma: 0 dB}, "
        "fading: none}\n"
        "reception: {errors: threshold, interference: none}\n"
        "gateways: {count: 1, demodulators: 0, channels: [868.1 MHz, 868.3 MHz, 868.5 MHz]}\n"
        "devices: [{name: d, count: 2, state: commissioned, data_rate: DR0, nb_trans: 8, "
        "clock_refresh: never, report: {period: 20 min, phase: boot, payload: 20 B, "
        "confirmed: true}}]\n";

static struct tally {
    const struct world *world;
    double messages[DEVICES * 16], held, delivered, acknowledged, late;
    uint64_t last[DEVICES * 16];
} tally;

/* FCnt and DevAddr of a data uplink with the reports' FPort; 0: another frame. */
static uint64_t message_of(const struct frame *frame)
{
    return data_frame_is(frame) && data_frame_fport(frame) == FPORT
                   ? (uint64_t)data_frame_address(frame) << 16 | data_frame_fcnt(frame)
                   : 0;
}

static void watch(void *context, const struct observation *o)
{
    (void)context;
    if (o->kind == OBSERVE_NETWORK_UPLINK) {
        tally.delivered += o->c == FPORT;
    } else if (o->kind == OBSERVE_FRAME_STARTED) {
        const struct frame *frame = o->data;
        uint32_t device = frame->sender - tally.world->first_device;
        uint64_t message = device < tally.world->device_count ? message_of(frame) : 0;
        if (message != 0 && message != tally.last[device]) {
            tally.messages[device]++;
            tally.last[device] = message;
        }
    } else if (o->a == FW_TRACE_UPLINK_HELD) {
        tally.held += o->b == 0;
    } else if (o->a == FW_TRACE_EXCHANGE_ENDED) {
        tally.acknowledged += o->c == 2;
    }
}

static struct trial *play(const char *text, const char *const *sets, size_t set_count)
{
    struct trial *trial = trial_create(text, sets, set_count);
    tally = (struct tally){ .world = trial->world };
    cr_assert_leq(trial->world->device_count, DEVICES * 16);
    engine_observer_add(trial->world->engine,
            OBSERVE_BIT(OBSERVE_FIRMWARE) | OBSERVE_BIT(OBSERVE_FRAME_STARTED)
                    | OBSERVE_BIT(OBSERVE_NETWORK_UPLINK),
            watch, NULL);
    trial_play(trial); /* due = sent + dropped + waiting, for each device */
    return trial;
}

static double sum_sent(void)
{
    double sum = 0;
    for (uint32_t i = 0; i < tally.world->device_count; i++) {
        sum += tally.messages[i];
    }
    return sum;
}

static void expect_observed(const struct trial *trial)
{
    cr_expect_eq(trial_value(trial, "reports.sent"), sum_sent());
    cr_expect_eq(trial_value(trial, "reports.delivered"), tally.delivered);
    cr_expect_eq(trial_value(trial, "reports.acknowledged"), tally.acknowledged);
}

Test(reports, those_that_an_exchange_overtakes_are_counted)
{
    static const char *const sets[] = { "gateways.backhaul.loss=100 %" };
    struct trial *trial = play(confirmed, sets, 1);
    double due = trial_value(trial, "reports.due"), dropped = trial_value(trial, "reports.dropped");
    double sent = DEVICES * floor(DAYS * DAY_S / EXCHANGE_S);
    expect_observed(trial);
    /* The first is due within a minute of the start; then one each 20 minutes, by crystals. */
    cr_expect_float_eq(due, DEVICES * DAYS * DAY_S / PERIOD_S, DEVICES);
    cr_expect_float_eq(trial_value(trial, "reports.sent"), sent, 0.01 * sent);
    cr_expect_float_eq(dropped / due, 1.0 - PERIOD_S / EXCHANGE_S, 0.01);
    cr_expect_float_eq(trial_value(trial, "reports.late"), sum_sent(), 0.01 * sent,
            "all but the first wait for the exchange before");
    cr_expect_eq(trial_value(trial, "reports.confirmed"), sum_sent());
    cr_expect_eq(trial_value(trial, "reports.acknowledged_share"), 0.0);
    trial_destroy(trial);
}

Test(reports, none_is_late_or_dropped_where_each_is_acknowledged_at_once)
{
    struct trial *trial = play(confirmed, NULL, 0);
    double due = trial_value(trial, "reports.due");
    expect_observed(trial);
    cr_expect_float_eq(due, DEVICES * DAYS * DAY_S / PERIOD_S, DEVICES);
    cr_expect_eq(trial_value(trial, "reports.sent"), due);
    cr_expect_eq(trial_value(trial, "reports.delivered"), due);
    cr_expect_eq(trial_value(trial, "reports.dropped"), 0.0);
    cr_expect_eq(trial_value(trial, "reports.late"), 0.0);
    cr_expect_eq(trial_value(trial, "reports.acknowledged_share"), 1.0);
    trial_destroy(trial);
}

/* Sessions hold reports back, installs and joins lose some; each group has its own. */
static const char campaign[] =
        "name: campaign\n"
        "duration: 8 h\n"
        "area: {radius: 800 m}\n"
        "gateways: {count: 1, backhaul: {loss: 5 %}}\n"
        "devices:\n"
        "  - {name: often, count: 10, boot: {spread: 5 min}, report: {period: 2 min}}\n"
        "  - {name: asked, count: 10, boot: {spread: 5 min}, report: {period: 10 min, "
        "traffic: poisson, confirmed: true, count: 20}}\n"
        "firmware: {image: generated, size: 8 KiB}\n"
        "campaign: {start: 30 min, set_up: {window: 2 h}, confirm_timeout: 1 h}\n";

Test(reports, a_campaign_holds_them_back_and_each_group_has_its_own)
{
    static const char *const keys[] = { "due", "sent", "late", "dropped", "waiting", "delivered",
        "confirmed", "acknowledged" };
    struct trial *trial = play(campaign, NULL, 0);
    double often = 0;
    expect_observed(trial);
    for (uint32_t i = 0; i < 10; i++) {
        often += tally.messages[i];
    }
    cr_expect_eq(trial_value(trial, "groups.often.reports.sent"), often);
    cr_expect_gt(tally.held, 10, "the session holds reports back");
    cr_expect_geq(trial_value(trial, "reports.dropped"), tally.held);
    cr_expect_eq(trial_value(trial, "groups.often.reports.confirmed"), 0.0);
    cr_expect_eq(trial_value(trial, "groups.asked.reports.confirmed"),
            trial_value(trial, "groups.asked.reports.sent"));
    cr_expect_gt(tally.acknowledged, 50);
    cr_expect_float_eq(trial_value(trial, "groups.asked.reports.acknowledged_share"),
            tally.acknowledged / trial_value(trial, "groups.asked.reports.confirmed"), 1e-12);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        char path[64], of_often[64], of_asked[64];
        snprintf(path, sizeof path, "reports.%s", keys[i]);
        snprintf(of_often, sizeof of_often, "groups.often.reports.%s", keys[i]);
        snprintf(of_asked, sizeof of_asked, "groups.asked.reports.%s", keys[i]);
        cr_expect_eq(trial_value(trial, of_often) + trial_value(trial, of_asked),
                trial_value(trial, path), "%s", keys[i]);
    }
    trial_destroy(trial);
}

/* A device that never joins sends nothing, and each report that was due is dropped. */
Test(reports, a_device_without_a_session_drops_what_is_due)
{
    struct trial *trial =
            play("duration: 5 h\n"
                 "gateways: {count: 1, backhaul: {loss: 100 %}}\n"
                 "devices: [{name: d, count: 1, boot: {spread: 0 s}, report: {period: 30 min, "
                 "phase: boot}}]\n",
                    NULL, 0);
    cr_expect_eq(trial_value(trial, "reports.due"), 10.0);
    cr_expect_eq(trial_value(trial, "reports.waiting"), 1.0);
    cr_expect_eq(trial_value(trial, "reports.dropped"), 9.0);
    trial_destroy(trial);
}

/* The next flash operation after the join reserves frame counters for a report that is to be sent:
 * a cut there loses the report, and the time without power 29 or 30 more of every minute. */
Test(reports, a_power_cut_loses_the_report_on_its_way_and_those_of_the_time_without_power)
{
    struct trial *trial =
            play("duration: 5 h\n"
                 "area: {radius: 500 m}\n"
                 "gateways: {count: 1}\n"
                 "devices: [{name: d, count: 4, state: commissioned, boot: {spread: 0 s}, "
                 "clock_refresh: "
                 "never, report: {period: 1 min, phase: boot, payload: 12 B}}]\n"
                 "faults: [{kind: power-cut, at: 1 h, duration: 30 min, flash: {operation: 1}}]\n",
                    NULL, 0);
    double dropped = trial_value(trial, "reports.dropped");
    expect_observed(trial);
    cr_expect_geq(dropped, 4 * 30);
    cr_expect_leq(dropped, 4 * 31);
    cr_expect_float_eq(trial_value(trial, "reports.due"), 4 * 300, 4 * 2);
    trial_destroy(trial);
}

/* A frame of the first device with these bytes on the air. */
static void transmit(const struct trial *trial, const uint8_t *bytes, uint8_t size)
{
    static uint32_t number;
    struct frame frame = { .size = size, .sender = trial->world->first_device };
    frame.id = (uint64_t)frame.sender << 32 | ++number;
    frame.modulation.frequency_hz = 868100000;
    memcpy(frame.bytes, bytes, size);
    engine_observe(trial->world->engine, engine_now(trial->world->engine), frame.sender,
            OBSERVE_FRAME_STARTED, (int64_t)frame.id,
            (int64_t)((uint64_t)size << 32 | frame.modulation.frequency_hz), 14000, &frame);
}

/* The network gives a device that joins again the DevAddr that it had, and FCnt begins again: the
 * same FCnt is another report then, and a repetition before. */
Test(reports, one_after_a_join_is_no_repetition)
{
    static const uint8_t report[] = { 0x40, 1, 0, 0, 0x26, 0, 1, 0, FPORT, 7, 1, 2, 3, 4 };
    static const uint8_t join[23] = { 0 };
    struct trial *trial = trial_create(confirmed, NULL, 0);
    double before = trial_value(trial, "reports.sent");
    transmit(trial, report, sizeof report);
    transmit(trial, report, sizeof report);
    cr_expect_eq(trial_value(trial, "reports.sent") - before, 1);
    transmit(trial, join, sizeof join);
    transmit(trial, report, sizeof report);
    cr_expect_eq(trial_value(trial, "reports.sent") - before, 2);
    trial_destroy(trial);
}
