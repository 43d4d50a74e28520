/* ADR by hand: where devices end up, and the ladder they climb down when no server answers.
 * SPDX-License-Identifier: MIT
 *
 * Server (spec-protocol 1.11): margin = best SNR of the last 20 - required SNR of the data rate -
 * 10 dB; each whole 3 dB is a step, spent on data rate first, then on power (2 dB a step, RP002
 * EU868 TXPower 0..7: 14 to 0 dBm of the radio); the data rate is never lowered. Nothing fades
 * here, so every uplink arrives with one and the same SNR of
 *     power - loss + 174 - 10 log10(125000) - 6 dB = power - loss + 117.03 dB
 * and where a device ends is arithmetic on where it began, the data rate that it joined with.
 *
 * Device: ADRACKCnt counts new uplinks since the last downlink. From 64 on they ask (ADRACKReq),
 * at 96 power goes back to the default, at 128 and each 32 more the data rate goes down by one.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "air/frame.h"
#include "support/trial.h"
#include "trace.h"

#define FCTRL_ADR         0x80u
#define FCTRL_ADR_ACK_REQ 0x40u
#define NOISE_DB          117.0309 /* -(dBm) */

#define SCENARIO(outages)                                                                          \
    "name: adr\n"                                                                                  \
    "area: {radius: 1 km}\n"                                                                       \
    "propagation: {model: log-distance, penetration: 0 dB, reference: {distance: 1 km}, "          \
    "shadowing: {sigma: 0 dB}, fading: none}\n"                                                    \
    "reception: {errors: threshold, interference: none}\n"                                         \
    "network: {adr: on}\n"                                                                         \
    "gateways: {count: 1, height: 1.5 m, demodulators: 0, radio: {tolerance: 0 ppm}" outages "}\n" \
    "devices: [{name: d, count: 4, layout: ring, boot: {spread: 10 min}, data_rate: adr, "         \
    "radio: {tolerance: 0 ppm}, clock_refresh: never, "                                            \
    "report: {payload: 20 B, phase: boot, period: 4 min}}]\n"

static const char always_up[] = SCENARIO("");
/* The backhaul is cut from 6 h to 30 h. */
static const char cut_off[] = SCENARIO(", outages: [{from: 6 h, duration: 24 h}]");

#define CUT_FROM_NS (6 * 3600 * SIM_NS_PER_S)
#define CUT_TO_NS   (30 * 3600 * SIM_NS_PER_S)

#define DEVICES 4u

struct uplinks {
    const struct world *world;
    struct {
        int first_rate, rate, power_dbm; /* of data uplinks */
        unsigned silent;                 /* of them since the last downlink, the ADRACKCnt */
        unsigned ladder;                 /* checked against it */
    } devices[DEVICES];
    bool cut;
};

static bool is_data(const struct frame *frame)
{
    unsigned type = frame->bytes[0] >> 5;
    return !frame->downlink && (type == 2 || type == 4);
}

/* `from`: data rate and power that the silence found. */
static void expect_step(struct uplinks *uplinks, uint32_t i, const struct frame *frame)
{
    unsigned count = uplinks->devices[i].silent;
    int rate = 12 - frame->modulation.spreading_factor;
    int power_dbm = (int)lround(frame->power_mdbm / 1000.0);
    int lower = count < 128 ? 0 : (int)(count - 128) / 32 + 1;
    int expected_rate = uplinks->devices[i].rate - lower;
    int expected_dbm = count < 96 ? uplinks->devices[i].power_dbm : 14;
    bool asks = (frame->bytes[5] & FCTRL_ADR_ACK_REQ) != 0;
    cr_expect((frame->bytes[5] & FCTRL_ADR) != 0);
    cr_expect_eq(asks, count >= 64, "device %u, ADRACKCnt %u", i, count);
    cr_expect_eq(rate, expected_rate < 0 ? 0 : expected_rate,
            "device %u, ADRACKCnt %u: DR%d, expected DR%d", i, count, rate, expected_rate);
    cr_expect_eq(power_dbm, expected_dbm, "device %u, ADRACKCnt %u: %d dBm, expected %d", i, count,
            power_dbm, expected_dbm);
    uplinks->devices[i].ladder++;
}

static void observe(void *context, const struct observation *o)
{
    struct uplinks *uplinks = context;
    uint32_t i = o->entity - uplinks->world->first_device;
    if (i >= DEVICES) {
        return;
    }
    if (o->kind == OBSERVE_FIRMWARE) {
        uplinks->devices[i].silent = o->a == FW_TRACE_DOWNLINK ? 0 : uplinks->devices[i].silent;
        return;
    }
    const struct frame *frame = o->data;
    if (!is_data(frame)) {
        return;
    }
    if (uplinks->cut && frame->start_ns > CUT_FROM_NS && frame->end_ns < CUT_TO_NS) {
        expect_step(uplinks, i, frame);
    } else {
        uplinks->devices[i].rate = 12 - frame->modulation.spreading_factor;
        uplinks->devices[i].power_dbm = (int)lround(frame->power_mdbm / 1000.0);
    }
    if (uplinks->devices[i].first_rate < 0) {
        uplinks->devices[i].first_rate = 12 - frame->modulation.spreading_factor;
    }
    uplinks->devices[i].silent++;
}

static struct trial *play(struct uplinks *uplinks, double snr_db, const char *duration)
{
    char loss[64];
    const char *sets[] = { loss, duration };
    snprintf(loss, sizeof loss, "propagation.reference.loss=%.3f dB", 14 + NOISE_DB - snr_db);
    struct trial *trial = trial_create(uplinks->cut ? cut_off : always_up, sets, 2);
    uplinks->world = trial->world;
    for (uint32_t i = 0; i < DEVICES; i++) {
        uplinks->devices[i].first_rate = -1;
    }
    engine_observer_add(trial->world->engine,
            OBSERVE_BIT(OBSERVE_FIRMWARE) | OBSERVE_BIT(OBSERVE_FRAME_ENDED), observe, uplinks);
    trial_play(trial);
    return trial;
}

/* Where ADR takes a device that is heard with `snr_db` at full power. */
static void by_hand(double snr_db, int *rate, int *power_dbm)
{
    static const double required_db[] = { -20, -17.5, -15, -12.5, -10, -7.5 };
    int step = 0; /* TXPower */
    for (int round = 0; round < 20; round++) {
        double margin_db = snr_db - 2 * step - required_db[*rate] - 10;
        int steps = (int)floor(margin_db / 3);
        for (; steps > 0 && *rate < 5; steps--) {
            (*rate)++;
        }
        for (; steps > 0 && step < 7; steps--) {
            step++;
        }
        for (; steps < 0 && step > 0; steps++) {
            step--;
        }
    }
    *power_dbm = 14 - 2 * step;
}

/* Devices join with the fastest rate that gets through: SX1301 rows less noise, SF7 to SF12, are
 * -9.47, -11.97, -14.47, -16.97, -19.47, -22.47 dB (spec-physics 2). */
Test(adr_ladder, ends_where_the_margin_says)
{
    static const struct {
        double snr_db;
        int joined; /* data rate */
        int rate, power_dbm;
    } levels[] = {
        { 25, 5, 5, 0 },   /* 22.5 dB: 7 steps, to the least power */
        { 12, 5, 5, 6 },   /* 9.5 dB: 3 steps; then 3.5 dB: one; then 1.5 dB */
        { 5, 5, 5, 14 },   /* 2.5 dB */
        { -9, 5, 5, 14 },  /* short of the margin, but never lowered */
        { -13, 3, 3, 14 }, /* -10.5 dB */
        { -18.5, 1, 1, 14 },
        { -21.5, 0, 0, 14 },
    };
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        struct uplinks uplinks = { 0 };
        struct trial *trial = play(&uplinks, levels[i].snr_db, "duration=12 h");
        for (uint32_t d = 0; d < DEVICES; d++) {
            int rate = uplinks.devices[d].first_rate, power_dbm;
            cr_expect_eq(rate, levels[i].joined, "%f dB: joined with DR%d", levels[i].snr_db, rate);
            by_hand(levels[i].snr_db, &rate, &power_dbm);
            cr_expect(rate == levels[i].rate && power_dbm == levels[i].power_dbm);
            cr_expect_eq(uplinks.devices[d].rate, rate, "%f dB: DR%d, by hand DR%d",
                    levels[i].snr_db, uplinks.devices[d].rate, rate);
            cr_expect_eq(uplinks.devices[d].power_dbm, power_dbm, "%f dB: %d dBm, by hand %d",
                    levels[i].snr_db, uplinks.devices[d].power_dbm, power_dbm);
        }
        trial_destroy(trial);
    }
}

/* 24 h of silence are 360 uplinks: the whole ladder, which ends at 128 + 4 x 32. Then ADR begins
 * again, from DR0: near devices get all back, far ones what their SNR allows with the margin. */
Test(adr_ladder, falls_back_by_the_ladder_without_an_answer)
{
    static const struct {
        double snr_db;
        int rate, power_dbm;
    } levels[] = {
        { 25, 5, 0 }, { -4.5, 2, 14 }, /* DR0 5.5 dB: one; DR1 3 dB: one; DR2 0.5 dB */
        { -8.7, 0, 14 },               /* DR0 1.3 dB */
    };
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        struct uplinks uplinks = { .cut = true };
        struct trial *trial = play(&uplinks, levels[i].snr_db, "duration=48 h");
        for (uint32_t d = 0; d < DEVICES; d++) {
            int rate = 0, power_dbm;
            by_hand(levels[i].snr_db, &rate, &power_dbm);
            cr_expect(rate == levels[i].rate && power_dbm == levels[i].power_dbm);
            cr_expect_gt(uplinks.devices[d].ladder, 300);
            cr_expect_eq(uplinks.devices[d].rate, rate, "%f dB: DR%d, by hand DR%d",
                    levels[i].snr_db, uplinks.devices[d].rate, rate);
            cr_expect_eq(uplinks.devices[d].power_dbm, power_dbm, "%f dB: %d dBm, by hand %d",
                    levels[i].snr_db, uplinks.devices[d].power_dbm, power_dbm);
        }
        trial_destroy(trial);
    }
}
