/* Confirmed uplinks over a lossy backhaul: transmissions per report by the geometric law.
 * SPDX-License-Identifier: MIT
 *
 * Each message over the backhaul is lost with p, uplinks and requests for downlinks alike; the air
 * is perfect. The server asks for RX1, and for RX2 if no gateway says in time that it took that, so
 * an uplink that came through is acknowledged with 1 - p^2, a transmission with
 *     q = (1 - p) (1 - p^2).
 * A report is sent until it is acknowledged, NbTrans = n times at most (LoRaWAN 1.0.4,
 * spec-protocol 1.11); the server acknowledges repetitions again. So with r = 1 - q the number of
 * transmissions K is geometric, cut at n: P(K = k) = r^(k-1) q for k < n, r^(n-1) for k = n;  E K =
 * (1 - r^n) / q; and 1 - r^n of reports are acknowledged. Two devices report every 20 minutes, so
 * that what the gateway sends to one (up to 0.4 s) covers next to no uplinks (0.07 s) of the other:
 * 0.0004.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/trial.h"
#include "trace.h"

#define N_MAX        15u
#define ACKNOWLEDGED 2
#define Z_99         2.576
#define DEAF         5e-4

static const char base[] =
        "name: confirmed\n"
        "duration: 70 d\n"
        "area: {radius: 500 m}\n"
        "propagation: {model: free-space, penetration: 0 dB, shadowing: {sigma: 0 dB}, "
        "fading: none}\n"
        "reception: {errors: threshold, interference: none}\n"
        "gateways: {count: 1, demodulators: 0}\n"
        "devices: [{name: d, count: 2, state: commissioned, data_rate: DR5, "
        "clock_refresh: never, report: {period: 20 min, payload: 20 B, confirmed: true}}]\n";

struct tally {
    double reports, transmissions, acknowledged;
    double times[N_MAX + 1];
};

static void observe(void *context, const struct observation *o)
{
    struct tally *tally = context;
    if (o->a == FW_TRACE_EXCHANGE_ENDED) {
        cr_assert(o->b >= 1 && o->b <= (int64_t)N_MAX);
        tally->reports++;
        tally->transmissions += (double)o->b;
        tally->acknowledged += o->c == ACKNOWLEDGED;
        tally->times[o->b]++;
    }
}

static void expect_law(double p, unsigned n)
{
    char loss[64], nb_trans[64];
    const char *sets[] = { loss, nb_trans };
    struct tally tally = { 0 };
    snprintf(loss, sizeof loss, "gateways.backhaul.loss=%.0f %%", 100 * p);
    snprintf(nb_trans, sizeof nb_trans, "devices.0.nb_trans=%u", n);
    struct trial *trial = trial_create(base, sets, 2);
    engine_observer_add(trial->world->engine, OBSERVE_BIT(OBSERVE_FIRMWARE), observe, &tally);
    trial_play(trial);
    cr_expect_gt(tally.reports, 10000);
    cr_expect_eq(tally.transmissions, trial_value(trial, "uplinks.sent"));
    double q = (1 - p) * (1 - p * p), r = 1 - q, square = 0;
    for (unsigned k = 1; k <= n; k++) {
        double share = k < n ? pow(r, k - 1) * q : pow(r, n - 1);
        double margin = Z_99 * sqrt(share * (1 - share) / tally.reports);
        square += share * k * k;
        cr_expect_float_eq(tally.times[k] / tally.reports, share, margin + DEAF,
                "p %.1f, n %u: %f of reports take %u, expected %f +- %f", p, n,
                tally.times[k] / tally.reports, k, share, margin);
    }
    double mean = (1 - pow(r, n)) / q;
    double margin = Z_99 * sqrt((square - mean * mean) / tally.reports);
    double acknowledged = 1 - pow(r, n);
    printf("# p %.1f, n %u: %.4f transmissions, expected %.4f +- %.4f; acknowledged %.4f, expected "
           "%.4f\n",
            p, n, tally.transmissions / tally.reports, mean, margin,
            tally.acknowledged / tally.reports, acknowledged);
    cr_expect_float_eq(tally.transmissions / tally.reports, mean, margin + DEAF);
    cr_expect_float_eq(tally.acknowledged / tally.reports, acknowledged,
            Z_99 * sqrt(acknowledged * (1 - acknowledged) / tally.reports) + DEAF);
    trial_destroy(trial);
}

Test(confirmed, takes_as_many_transmissions_as_the_geometric_law_says)
{
    expect_law(0, 8);
    expect_law(0.1, 8);
    expect_law(0.3, 8);
    expect_law(0.3, 3);
    expect_law(0.6, 4);
}
