/* Plain studies against contention theory: pure ALOHA, the energy rule, Erlang's loss formula.
 * SPDX-License-Identifier: MIT
 *
 * Method: commissioned devices with the real firmware on one channel at DR5, reports as the
 * scenario says, no path loss that matters, errors by threshold; what gateways receive is counted.
 *
 * Times on air, SF7, 125 kHz, CR 4/5, CRC, from the table of spec-physics 1 (Semtech AN1200.13):
 * 51 B on air take 102.656 ms, 222 B take 348.416 ms.
 *
 * Poisson reports: 3000 devices, so that the superposition is Poisson nearly by itself, and the
 * duty cycle, by which a device is silent for 99 times on air after each of its frames, delays
 * few reports: at G = 1 each device is silent for 3 % of the time. Reports are delayed, not lost,
 * so the load is what the scenario says; no frame collides with one of its own sender, so the
 * others' load counts: (N - 1) / N of all.
 *
 * - Pure ALOHA: a frame succeeds if none starts within T before it or T after: exp(-2 G),
 *   G = N T / period (Abramson 1970). With lengths mixed, a frame of length T_i meets those of
 *   length T_j that start within T_i + T_j: exp(-lambda (T_i + mean T)).
 * - Energy rule at 6 dB, equal powers: a frame meets Poisson(L) others, L = 2 (N - 1) T / period,
 *   each over a share of its time that is uniform in 0..1; it survives when the shares add up to at
 *   most 10^-0.6 = 0.2512. n uniform ones stay below a <= 1 with a^n / n!, hence
 *   sum e^-L L^n/n! a^n/n! = exp(-L) I0(2 sqrt(0.2512 L)).
 * - Demodulators without collisions: one is taken from the detection of the preamble, 5 symbols
 *   after the start (spec-physics 6: "from preamble detection to packet end"), so it holds for
 *   T - 5 x 1.024 ms = 97.536 ms, and a frame that finds none is lost: Erlang B of that load, which
 * holds for any distribution of the holding time. Taken from the start (ns-3 lorawan), it holds for
 * T.
 */
#include <criterion/criterion.h>
#include <gsl/gsl_sf_bessel.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "uplink_tally.h"

#define TOA_51_S   0.102656
#define TOA_222_S  0.348416
#define DETECT_S   (5 * 1.024e-3)
#define DEVICES    3000.0
#define WARM_UP_NS (60 * SIM_NS_PER_S)
#define FRAMES     25000.0 /* of a run, about */
#define MANY       80000.0 /* where a threshold's last tenths of a dB are to show */

static const char base[] =
        "name: contention\n"
        "area: {radius: 1 km}\n"
        "propagation: {model: free-space, penetration: 0 dB, shadowing: {sigma: 0 dB}, "
        "fading: none}\n"
        "reception: {errors: threshold, interference: aloha, timing: whole-frame}\n"
        "gateways: {count: 1, demodulators: 0, channels: [868.1 MHz]}\n"
        "devices: [{name: d, count: 3000, state: commissioned, layout: ring, data_rate: DR5, "
        "channels: [868.1 MHz], clock_refresh: never, boot: {spread: 0 s}, "
        "report: {traffic: poisson, phy_payload: 51 B}}]\n";

static const char mixed[] =
        "name: mixed\n"
        "area: {radius: 1 km}\n"
        "propagation: {model: free-space, penetration: 0 dB, shadowing: {sigma: 0 dB}, "
        "fading: none}\n"
        "reception: {errors: threshold, interference: aloha, timing: whole-frame}\n"
        "gateways: {count: 1, demodulators: 0, channels: [868.1 MHz]}\n"
        "devices:\n"
        "  - {name: short, count: 3000, state: commissioned, layout: ring, data_rate: DR5, "
        "channels: [868.1 MHz], clock_refresh: never, boot: {spread: 0 s}, "
        "report: {traffic: poisson, phy_payload: 51 B}}\n"
        "  - {name: long, count: 3000, state: commissioned, layout: ring, data_rate: DR5, "
        "channels: [868.1 MHz], clock_refresh: never, boot: {spread: 0 s}, "
        "report: {traffic: poisson, phy_payload: 222 B}}\n";

struct set_up {
    struct trial *trial;
    struct uplink_tally *tally;
    double measured_s;
};

/* Runs until the devices of the first group have sent `frames` together. */
static struct set_up play(
        const char *text, double period_s, double frames, const char *const *more, size_t count)
{
    char periods[2][64], duration[64];
    const char *sets[12] = { periods[0], duration };
    size_t used = 2;
    double measured_s = ceil(frames * period_s / DEVICES);
    snprintf(periods[0], sizeof periods[0], "devices.0.report.period=%.0f s", period_s);
    snprintf(periods[1], sizeof periods[1], "devices.1.report.period=%.0f s", period_s);
    snprintf(duration, sizeof duration, "duration=%.0f s", measured_s + 61);
    if (text == mixed) {
        sets[used++] = periods[1];
    }
    for (size_t i = 0; i < count; i++) {
        sets[used++] = more[i];
    }
    struct set_up set_up = { .trial = trial_create(text, sets, used), .measured_s = measured_s };
    set_up.tally = uplink_tally_create(set_up.trial, (uint32_t)DEVICES, WARM_UP_NS,
            WARM_UP_NS + (sim_ns)(measured_s * SIM_NS_PER_S));
    trial_play(set_up.trial);
    return set_up;
}

static void clear(struct set_up *set_up)
{
    trial_destroy(set_up->trial);
    free(set_up->tally);
}

/* Reports come as often as asked for: within 3 deviations of a Poisson count. */
static void expect_load(const struct set_up *set_up, uint32_t group, double period_s)
{
    double expected = DEVICES * set_up->measured_s / period_s;
    cr_expect_float_eq(uplink_tally_sent(set_up->tally, group), expected, 3 * sqrt(expected));
}

static double load_of(const struct set_up *set_up, uint32_t group, double time_on_air_s)
{
    double per_s = uplink_tally_sent(set_up->tally, group) / set_up->measured_s;
    return per_s * (DEVICES - 1) / DEVICES * time_on_air_s;
}

Test(contention, of_pure_aloha_succeeds_with_exp_minus_2g)
{
    static const double loads[] = { 0.05, 0.1, 0.25, 0.5, 0.75, 1 };
    for (size_t i = 0; i < sizeof loads / sizeof loads[0]; i++) {
        char what[32];
        double period_s = round(DEVICES * TOA_51_S / loads[i]);
        struct set_up set_up = play(base, period_s, FRAMES, NULL, 0);
        double load = load_of(&set_up, 0, TOA_51_S);
        snprintf(what, sizeof what, "ALOHA, G %.3f", load);
        expect_load(&set_up, 0, period_s);
        cr_expect_float_eq(load, loads[i], 0.03 * loads[i]);
        uplink_tally_expect(set_up.tally, 0, exp(-2 * load), what);
        cr_expect_gt(set_up.tally->lost[LOSS_INTERFERENCE], 0);
        clear(&set_up);
    }
}

Test(contention, of_pure_aloha_with_two_lengths_succeeds_by_each_length)
{
    double period_s = 2000;
    struct set_up set_up = play(mixed, period_s, FRAMES, NULL, 0);
    double per_s[2], rate_per_s, mean_s;
    for (uint32_t group = 0; group < 2; group++) {
        expect_load(&set_up, group, period_s);
        per_s[group] = load_of(&set_up, group, 1);
    }
    rate_per_s = per_s[0] + per_s[1];
    mean_s = (per_s[0] * TOA_51_S + per_s[1] * TOA_222_S) / rate_per_s;
    uplink_tally_expect(set_up.tally, 0, exp(-rate_per_s * (TOA_51_S + mean_s)), "51 B");
    uplink_tally_expect(set_up.tally, 1, exp(-rate_per_s * (TOA_222_S + mean_s)), "222 B");
    clear(&set_up);
}

static double energy_rule(double meetings)
{
    double share = pow(10, -0.6);
    return exp(-meetings) * gsl_sf_bessel_I0(2 * sqrt(share * meetings));
}

/* Jittered by half a period, so that devices do not meet the same others again and again. */
Test(contention, by_the_energy_rule_is_the_bessel_form)
{
    static const char *const sets[] = { "reception.interference=capture",
        "reception.overlap=energy", "reception.capture=6 dB", "devices.0.report.traffic=jittered",
        "devices.0.report.jitter=50 %" };
    static const double meetings[] = { 0.25, 1, 2 };
    for (size_t i = 0; i < sizeof meetings / sizeof meetings[0]; i++) {
        char what[32];
        double period_s = round(2 * (DEVICES - 1) * TOA_51_S / meetings[i]);
        struct set_up set_up = play(base, period_s, MANY, sets, sizeof sets / sizeof sets[0]);
        double expected = energy_rule(2 * (DEVICES - 1) * TOA_51_S / period_s);
        snprintf(what, sizeof what, "energy rule, L %.2f", meetings[i]);
        expect_load(&set_up, 0, period_s);
        uplink_tally_expect(set_up.tally, 0, expected, what);
        clear(&set_up);
    }
}

/* Strictly periodic, phases uniform: of the second period, when all phases are under way, every
 * device counts once; more seeds make more devices. */
static double periodic_successes(unsigned seed, double period_s)
{
    char period[64], duration[64], keyed[32];
    const char *sets[] = { period, duration, keyed, "reception.interference=capture",
        "reception.overlap=energy", "reception.capture=6 dB", "devices.0.report.traffic=periodic",
        "devices.0.report.phase=uniform" };
    double successes = 0;
    snprintf(period, sizeof period, "devices.0.report.period=%.0f s", period_s);
    snprintf(duration, sizeof duration, "duration=%.0f s", 2 * period_s);
    snprintf(keyed, sizeof keyed, "seed=%u", seed);
    struct trial *trial = trial_create(base, sets, sizeof sets / sizeof sets[0]);
    struct uplink_tally *tally = uplink_tally_create(trial, (uint32_t)DEVICES,
            (sim_ns)(period_s * SIM_NS_PER_S), (sim_ns)(2 * period_s * SIM_NS_PER_S));
    trial_play(trial);
    cr_expect_float_eq(uplink_tally_sent(tally, 0), DEVICES, 3);
    for (uint32_t i = 0; i < TALLY_BATCHES; i++) {
        successes += tally->received[0][i];
    }
    free(tally);
    trial_destroy(trial);
    return successes;
}

/* Frames that overlap share their fate, so a sum of successes varies more than that of independent
 * trials. It is most where every overlap is fatal: success is then two gaps of more than T in a
 * row, each with p = exp(-L/2), and the variance of a trial's share p^2 (1 - p^2) + 2 (p^3 - p^4);
 * at L = 1.03 that is 1.75 times the independent one. */
Test(contention, of_periodic_devices_by_the_energy_rule_is_the_bessel_form)
{
    const double period_s = 600, seeds = 4;
    double successes = 0;
    for (unsigned seed = 1; seed <= seeds; seed++) {
        successes += periodic_successes(seed, period_s);
    }
    double expected = energy_rule(2 * (DEVICES - 1) * TOA_51_S / period_s);
    double share = successes / (seeds * DEVICES);
    double margin = 2.576 * sqrt(1.75 * expected * (1 - expected) / (seeds * DEVICES));
    printf("# periodic: %.4f, expected %.4f +- %.4f\n", share, expected, margin);
    cr_expect_float_eq(share, expected, margin);
}

/* Erlang's recursion. */
static double erlang_b(double load, unsigned servers)
{
    double blocked = 1;
    for (unsigned k = 1; k <= servers; k++) {
        blocked = load * blocked / (k + load * blocked);
    }
    return blocked;
}

Test(contention, for_demodulators_is_erlang_b)
{
    static const struct {
        unsigned demodulators;
        double load;
        const char *from;
        double holding_s;
    } cases[] = {
        { 2, 1, "gateways.demodulator_from=detection", TOA_51_S - DETECT_S },
        { 8, 6, "gateways.demodulator_from=detection", TOA_51_S - DETECT_S },
        { 16, 16, "gateways.demodulator_from=detection", TOA_51_S - DETECT_S },
        { 8, 6, "gateways.demodulator_from=start", TOA_51_S },
    };
    cr_expect_float_eq(erlang_b(2, 2), 0.4, 1e-12); /* (4/2) / (1 + 2 + 2) */
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char demodulators[48], what[48];
        const char *sets[3] = { "reception.interference=none", demodulators, cases[i].from };
        double holding_s = cases[i].holding_s;
        double period_s = round(DEVICES * holding_s / cases[i].load);
        snprintf(demodulators, sizeof demodulators, "gateways.demodulators=%u",
                cases[i].demodulators);
        snprintf(what, sizeof what, "%u demodulators, load %.0f", cases[i].demodulators,
                cases[i].load);
        struct set_up set_up = play(base, period_s, FRAMES, sets, 3);
        double load = load_of(&set_up, 0, holding_s);
        uplink_tally_expect(set_up.tally, 0, 1 - erlang_b(load, cases[i].demodulators), what);
        for (unsigned cause = 0; cause < LOSS_NONE; cause++) {
            cr_expect(cause == LOSS_RECEIVER_LOCKED_ELSEWHERE || set_up.tally->lost[cause] == 0);
        }
        clear(&set_up);
    }
}
