/* Numbers of a summary about frames and messages, counted again: uplinks, gateways, backhaul.
 * SPDX-License-Identifier: MIT
 *
 * Goal: each frame counts under the data rate and the cause that its keys name, and each message
 * that the backhaul lost under its direction and its reason.
 *
 * Method: runs watched by an observer of the test. A frame's data rate is worked out from its
 * spreading factor (EU868: DR = 12 - SF at 125 kHz, DR6 is SF7 at 250 kHz), its cause is the
 * furthest that it came at any gateway, in the order of docs/summary.md.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "air/frame.h"
#include "support/recount.h"

#define DEVICES_MAX 60u
#define RATES       7u
#define FRAMES_MAX  40000u

static const char *const causes[] = { "powered_down", "radio_busy", "receiver_locked_elsewhere",
    "preamble_missed", "below_sensitivity", "fading", "interference", "frequency_offset",
    "mismatch", "received" };
#define CAUSES   (sizeof causes / sizeof causes[0])
#define RECEIVED (CAUSES - 1)
#define NOWHERE  UINT32_MAX

static struct {
    const struct world *world;
    uint32_t furthest[DEVICES_MAX]; /* of the frame on the air */
    uint64_t sent[RATES], received[RATES];
    uint64_t by_cause[CAUSES];
    uint64_t at_gateways, taken;         /* uplinks; messages that the server took */
    uint64_t at_devices;                 /* frames that their radios received without error */
    sim_ns outage_from_ns, outage_to_ns; /* of the backhaul of gateway 0 */
    uint64_t in_outage;
    uint64_t downlinks;
    struct {
        uint32_t device;
        sim_ns end_ns;
        double airtime_s;
    } frames[FRAMES_MAX]; /* of the devices, joins too */
    uint32_t frame_count;
} run;

static uint32_t rank_of(enum loss_cause cause)
{
    uint32_t rank = 0;
    while (rank < CAUSES && strcmp(causes[rank], loss_cause_name(cause)) != 0) {
        rank++;
    }
    cr_assert_lt(rank, CAUSES, "%s is no cause of an uplink", loss_cause_name(cause));
    return rank;
}

static void at_gateway(const struct observation *o, enum loss_cause cause)
{
    uint32_t device = (uint32_t)((uint64_t)o->a >> 32) - run.world->first_device;
    if (device < run.world->device_count) {
        uint32_t rank = rank_of(cause);
        uint32_t *furthest = &run.furthest[device];
        *furthest = *furthest == NOWHERE || rank > *furthest ? rank : *furthest;
    }
}

static void ended(const struct frame *frame)
{
    uint32_t device = frame->sender - run.world->first_device;
    unsigned type = frame->bytes[0] >> 5;
    if (device >= run.world->device_count) {
        run.downlinks += frame->downlink;
        return;
    }
    cr_assert_lt(run.frame_count, FRAMES_MAX);
    run.frames[run.frame_count].device = device;
    run.frames[run.frame_count].end_ns = frame->end_ns;
    run.frames[run.frame_count++].airtime_s = (double)(frame->end_ns - frame->start_ns) / 1e9;
    uint32_t furthest = run.furthest[device];
    run.furthest[device] = NOWHERE;
    if (type != 2 && type != 4) {
        return;
    }
    const struct lora_modulation *m = &frame->modulation;
    uint32_t rate = m->bandwidth_hz == 250000 ? 6 : 12u - m->spreading_factor;
    cr_assert_lt(rate, RATES);
    furthest = furthest == NOWHERE ? rank_of(LOSS_BELOW_SENSITIVITY) : furthest;
    run.sent[rate]++;
    run.received[rate] += furthest == RECEIVED;
    run.by_cause[furthest]++;
}

static void watch(void *context, const struct observation *o)
{
    (void)context;
    if (o->kind == OBSERVE_GATEWAY_LOST) {
        at_gateway(o, (enum loss_cause)o->b);
    } else if (o->kind == OBSERVE_GATEWAY_RECEIVED) {
        at_gateway(o, LOSS_NONE);
        run.at_gateways++;
        run.in_outage += o->at_ns >= run.outage_from_ns && o->at_ns < run.outage_to_ns;
    } else if (o->kind == OBSERVE_NETWORK_UPLINK) {
        run.taken++;
    } else if (o->kind == OBSERVE_FRAME_RECEIVED) {
        run.at_devices++;
    } else {
        ended(o->data);
    }
}

static struct trial *play(const char *text)
{
    struct trial *trial = trial_create(text, NULL, 0);
    cr_assert_leq(trial->world->device_count, DEVICES_MAX);
    memset(&run, 0, sizeof run);
    memset(run.furthest, 0xFF, sizeof run.furthest);
    run.world = trial->world;
    run.outage_from_ns = 3600 * SIM_NS_PER_S;
    run.outage_to_ns = 2 * 3600 * SIM_NS_PER_S;
    engine_observer_add(trial->world->engine,
            OBSERVE_BIT(OBSERVE_FRAME_ENDED) | OBSERVE_BIT(OBSERVE_GATEWAY_RECEIVED)
                    | OBSERVE_BIT(OBSERVE_GATEWAY_LOST) | OBSERVE_BIT(OBSERVE_NETWORK_UPLINK)
                    | OBSERVE_BIT(OBSERVE_FRAME_RECEIVED),
            watch, NULL);
    trial_play(trial);
    return trial;
}

/* --- uplinks ---------------------------------------------------------------------------------- */

static const char crowd[] =
        "name: crowd\n"
        "duration: 12 h\n"
        "area: {radius: 3 km}\n"
        "propagation: {shadowing: {sigma: 6 dB}, fading: rayleigh}\n"
        "gateways: {count: 2, radius: 1 km, demodulators: 2, channels: [868.1 MHz, 868.3 MHz], "
        "outages: [{gateway: 0, from: 3 h, duration: 2 h, kind: power}, "
        "{gateway: 1, from: 4 h, duration: 2 h, kind: power}]}\n"
        "interferers: [{frequency: 868.3 MHz, bandwidth: 125 kHz, power: 14 dBm, x: 100 m, "
        "y: 0 m, on: 300 ms, off: 3 s, "
        "statistics: exponential}]\n"
        "foreign: {devices: 200, period: 1 min}\n"
        "devices:\n"
        "  - {name: r0, count: 6, data_rate: DR0, report: {period: 10 min, confirmed: true}}\n"
        "  - {name: r1, count: 6, data_rate: DR1, report: {period: 8 min}}\n"
        "  - {name: r2, count: 6, data_rate: DR2, report: {period: 6 min}}\n"
        "  - {name: r3, count: 6, data_rate: DR3, report: {period: 5 min}}\n"
        "  - {name: r4, count: 6, data_rate: DR4, report: {period: 4 min}}\n"
        "  - {name: r5, count: 12, data_rate: DR5, report: {period: 3 min, confirmed: true}}\n";

Test(recount_air, uplinks_by_data_rate_and_cause)
{
    struct trial *trial = play(crowd);
    uint64_t sent = 0, received = 0, kinds = 0;
    for (uint32_t rate = 0; rate < RATES; rate++) {
        char prefix[48];
        snprintf(prefix, sizeof prefix, "uplinks.by_data_rate.DR%u.", rate);
        expect_count(trial, prefix, "sent", run.sent[rate]);
        expect_count(trial, prefix, "received", run.received[rate]);
        cr_expect(rate == 6 || run.sent[rate] > run.received[rate], "DR%u", rate);
        sent += run.sent[rate];
        received += run.received[rate];
    }
    expect_count(trial, "uplinks.by_data_rate.other.", "sent", 0);
    expect_count(trial, "uplinks.by_data_rate.other.", "received", 0);
    for (uint32_t rank = 0; rank < RECEIVED; rank++) {
        expect_count(trial, "uplinks.by_cause.", causes[rank], run.by_cause[rank]);
        kinds += run.by_cause[rank] > 0;
    }
    cr_expect_geq(kinds, 5, "%g causes", (double)kinds);
    expect_count(trial, "uplinks.", "sent", sent);
    expect_count(trial, "uplinks.", "received", received);
    expect_count(trial, "airtime.", "downlink_frames", run.downlinks);
    cr_expect_float_eq(trial_value(trial, "uplinks.pdr"), (double)received / (double)sent, 1e-12);
    trial_destroy(trial);
}

/* Longest airtime of a device in any `window_s`, which ends with a frame. */
static double worst_s(double window_s)
{
    double worst = 0.0;
    for (uint32_t last = 0; last < run.frame_count; last++) {
        double sum_s = 0.0;
        sim_ns from_ns = run.frames[last].end_ns - (sim_ns)(window_s * 1e9);
        for (uint32_t i = last + 1; i-- > 0 && run.frames[i].end_ns > from_ns;) {
            sum_s += run.frames[i].device == run.frames[last].device ? run.frames[i].airtime_s : 0;
        }
        worst = fmax(worst, sum_s);
    }
    return worst;
}

/* All channels lie in 868.0 to 868.6 MHz, of which EN 300 220-2 allows 1 % to a device. The auditor
 * sees 55 to 60 minutes of an hour. */
Test(recount_air, the_worst_hour_of_a_device_over_what_it_is_allowed)
{
    struct trial *trial = play(crowd);
    double least = worst_s(3300.0) / 36.0, most = worst_s(3600.0) / 36.0;
    double value = trial_value(trial, "uplinks.duty_worst_hour");
    cr_expect_gt(least, 0.3, "devices are busy: %g", least);
    cr_expect(value > least * (1.0 - 1e-6) && value < most * (1.0 + 1e-6), "%g is not in %g..%g",
            value, least, most);
    expect_count(trial, "uplinks.", "duty_violations", 0);
    trial_destroy(trial);
}

/* --- backhaul --------------------------------------------------------------------------------- */

/* No frame is lost on the air, nothing is sent down and the run outlasts the last report: what
 * gateways received and the server did not get, the backhaul has lost. */
static const char quiet[] =
        "name: quiet\n"
        "duration: 6 h\n"
        "network: {dev_status: never}\n"
        "area: {radius: 500 m}\n"
        "propagation: {model: free-space, penetration: 0 dB, shadowing: {sigma: 0 dB}, "
        "fading: none}\n"
        "reception: {errors: threshold, interference: none}\n"
        "gateways: {count: 1, demodulators: 0, backhaul: {loss: %s}, outages: [%s]}\n"
        "devices: [{name: d, count: 10, state: commissioned, data_rate: DR5, clock_refresh: never, "
        "report: {period: 2 min, until: 5 h}}]\n";

static struct trial *play_quiet(const char *loss, const char *outages)
{
    char text[1024];
    cr_assert_lt(snprintf(text, sizeof text, quiet, loss, outages), (int)sizeof text);
    return play(text);
}

Test(recount_air, messages_that_the_backhaul_lost_by_chance)
{
    struct trial *trial = play_quiet("10 %", "");
    double mean = 0.1 * (double)run.at_gateways;
    expect_count(trial, "gateways.backhaul_lost.", "up", run.at_gateways - run.taken);
    cr_expect_float_eq(trial_value(trial, "gateways.backhaul_lost.up"), mean, 4 * sqrt(mean));
    expect_count(trial, "gateways.backhaul_lost.", "down", 0);
    expect_count(trial, "gateways.outage_lost.", "up", 0);
    trial_destroy(trial);
}

Test(recount_air, messages_that_an_outage_lost)
{
    struct trial *trial = play_quiet("0 %", "{from: 1 h, duration: 1 h}");
    cr_assert_gt(run.in_outage, 250);
    /* What is on its way when the outage begins is lost, too. */
    cr_expect_float_eq(trial_value(trial, "gateways.outage_lost.up"), (double)run.in_outage, 2.0);
    expect_count(trial, "gateways.outage_lost.", "up", run.at_gateways - run.taken);
    expect_count(trial, "gateways.outage_lost.", "down", 0);
    expect_count(trial, "gateways.backhaul_lost.", "up", 0);
    expect_count(trial, "gateways.cut_off", "", 0);
    trial_destroy(trial);
}

/* --- head ------------------------------------------------------------------------------------- */

/* No frame has an error, so firmware reads those that its radio received and no others. */
Test(recount_air, the_head_says_which_run_it_is_of_and_how_much_there_was)
{
    struct trial *trial =
            play("name: head\n"
                 "seed: 71\n"
                 "duration: 150 min\n"
                 "area: {radius: 500 m}\n"
                 "propagation: {model: free-space, penetration: 0 dB, shadowing: {sigma: 0 dB}, "
                 "fading: none}\n"
                 "reception: {errors: threshold, interference: none}\n"
                 "gateways: {count: 1}\n"
                 "devices: [{name: d, count: 5, boot: {spread: 1 min}, report: {period: 10 min, "
                 "confirmed: true}}]\n");
    struct engine *engine = trial->world->engine;
    cr_assert_gt(run.at_devices, 50);
    expect_count(trial, "", "deliveries", run.at_devices);
    expect_count(trial, "", "seed", 71);
    expect_count(trial, "", "sim_time_s", 9000);
    expect_count(trial, "", "events", engine_event_count(engine));
    expect_count(trial, "", "partial", 0);
    trial_destroy(trial);
}

/* All that gateways count, by an update over a backhaul with losses, outages of it and of power:
 * sums over gateways, and the most demodulators of any. */
static const char update[] =
        "name: update\n"
        "duration: 10 h\n"
        "area: {radius: 2 km}\n"
        "gateways: {count: 3, radius: 1 km, demodulators: 2, backhaul: {loss: 3 %}, outages: ["
        "{gateway: 0, from: 100 min, duration: 3 h, every: 0 s, kind: backhaul}, "
        "{gateway: 1, from: 210 min, duration: 500 ms, every: 1 s, kind: power}]}\n"
        "foreign: {devices: 20, period: 2 min}\n"
        "devices: [{name: d, count: 30, boot: {spread: 5 min}, report: {period: 5 min}}]\n"
        "firmware: {image: generated, size: 8 KiB}\n"
        "campaign: {start: 30 min, set_up: {window: 3 h}, confirm_timeout: 1 h}\n";

Test(recount_air, sums_over_gateways)
{
    struct trial *trial = play(update);
    struct gateway_stats sum = { 0 };
    for (uint32_t g = 0; g < 3; g++) {
        struct gateway_stats stats;
        gateway_stats(trial->world->gateways, g, engine_now(trial->world->engine), &stats);
        sum.cut_off += stats.cut_off;
        sum.backhaul_lost_up += stats.backhaul_lost_up;
        sum.backhaul_lost_down += stats.backhaul_lost_down;
        sum.outage_lost_up += stats.outage_lost_up;
        sum.outage_lost_down += stats.outage_lost_down;
        sum.demodulators_max = stats.demodulators_max > sum.demodulators_max
                                       ? stats.demodulators_max
                                       : sum.demodulators_max;
    }
    cr_expect_gt(sum.cut_off, 0);
    cr_expect_gt(sum.outage_lost_down, 0);
    cr_expect_gt(sum.backhaul_lost_down, 0);
    cr_expect_neq(sum.outage_lost_down, sum.outage_lost_up);
    cr_expect_neq(sum.backhaul_lost_down, sum.backhaul_lost_up);
    expect_count(trial, "gateways.", "cut_off", sum.cut_off);
    expect_count(trial, "gateways.backhaul_lost.", "up", sum.backhaul_lost_up);
    expect_count(trial, "gateways.backhaul_lost.", "down", sum.backhaul_lost_down);
    expect_count(trial, "gateways.outage_lost.", "up", sum.outage_lost_up);
    expect_count(trial, "gateways.outage_lost.", "down", sum.outage_lost_down);
    expect_count(trial, "airtime.", "downlink_frames", run.downlinks);
    expect_count(trial, "gateways.", "demodulators_max", 2);
    cr_expect_eq(sum.demodulators_max, 2, "as many as there are");
    trial_destroy(trial);
}
