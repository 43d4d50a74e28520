/* Uplinks of a run counted by batches of time, and a share of them held against theory.
 * SPDX-License-Identifier: MIT
 */
#include "uplink_tally.h"

#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void count(void *context, const struct observation *observation)
{
    struct uplink_tally *tally = context;
    uint32_t device = (uint32_t)((uint64_t)observation->a >> 32) - tally->world->first_device;
    if (device >= tally->world->device_count || observation->at_ns < tally->from_ns
            || observation->at_ns >= tally->to_ns) {
        return;
    }
    uint32_t group = device < tally->group_end[0] ? 0 : 1;
    uint32_t batch = (uint32_t)((observation->at_ns - tally->from_ns) * TALLY_BATCHES
                                / (tally->to_ns - tally->from_ns));
    if (observation->kind == OBSERVE_FRAME_ENDED) {
        tally->sent[group][batch]++;
    } else if (observation->kind == OBSERVE_GATEWAY_RECEIVED) {
        tally->received[group][batch]++;
    } else {
        tally->lost[observation->b]++;
    }
}

struct uplink_tally *uplink_tally_create(
        struct trial *trial, uint32_t first_group, sim_ns from_ns, sim_ns to_ns)
{
    struct uplink_tally *tally = calloc(1, sizeof *tally);
    tally->world = trial->world;
    tally->group_end[0] = first_group;
    tally->group_end[1] = trial->world->device_count;
    tally->from_ns = from_ns;
    tally->to_ns = to_ns;
    engine_observer_add(trial->world->engine,
            OBSERVE_BIT(OBSERVE_FRAME_ENDED) | OBSERVE_BIT(OBSERVE_GATEWAY_RECEIVED)
                    | OBSERVE_BIT(OBSERVE_GATEWAY_LOST),
            count, tally);
    return tally;
}

static double sum(const double *values)
{
    double total = 0;
    for (uint32_t i = 0; i < TALLY_BATCHES; i++) {
        total += values[i];
    }
    return total;
}

double uplink_tally_sent(const struct uplink_tally *tally, uint32_t group)
{
    return sum(tally->sent[group]);
}

/* The share is a ratio of sums; its variance is that of the residuals (ratio estimator). */
void uplink_tally_expect(
        const struct uplink_tally *tally, uint32_t group, double expected, const char *what)
{
    double sent = sum(tally->sent[group]);
    double share = sum(tally->received[group]) / sent;
    double squares = 0;
    for (uint32_t i = 0; i < TALLY_BATCHES; i++) {
        double residual = tally->received[group][i] - share * tally->sent[group][i];
        squares += residual * residual;
    }
    double deviation = sqrt(squares * TALLY_BATCHES / (TALLY_BATCHES - 1)) / sent;
    double margin = gsl_cdf_tdist_Pinv(0.995, TALLY_BATCHES - 1) * deviation;
    printf("# %s: %.4f of %.0f, expected %.4f +- %.4f\n", what, share, sent, expected, margin);
    cr_expect_float_eq(share, expected, margin, "%s: %f of %f, expected %f +- %f", what, share,
            sent, expected, margin);
    cr_expect_lt(margin, 0.02, "%s: too few frames to tell", what);
}
