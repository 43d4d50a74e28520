/* Gateways: what they received, lost and refused, and their duty cycle.
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>

#include "record/measure.h"
#include "record/uplinks.h"

static bool duty_broken(const void *state, const struct recorder_set *set, char *text, size_t size)
{
    (void)state;
    const struct recorder_view *view = recorder_set_view(set);
    for (uint32_t g = 0; g < view->gateway_count; g++) {
        struct gateway_stats stats;
        gateway_stats(view->gateways, g, engine_now(view->engine), &stats);
        if (stats.duty_violations > 0) {
            snprintf(text, size, "INVARIANT gateway %u broke its duty cycle with %llu frames", g,
                    (unsigned long long)stats.duty_violations);
            return true;
        }
    }
    return false;
}

static void sum_gateways(const struct recorder_view *view, struct gateway_stats *sum)
{
    *sum = (struct gateway_stats){ 0 };
    for (uint32_t g = 0; g < view->gateway_count; g++) {
        struct gateway_stats stats;
        gateway_stats(view->gateways, g, engine_now(view->engine), &stats);
        for (int reason = 0; reason < GATEWAY_TX_RESULT_COUNT; reason++) {
            sum->rejected[reason] += stats.rejected[reason];
        }
        sum->cut_off += stats.cut_off;
        sum->backhaul_lost_up += stats.backhaul_lost_up;
        sum->backhaul_lost_down += stats.backhaul_lost_down;
        sum->outage_lost_up += stats.outage_lost_up;
        sum->outage_lost_down += stats.outage_lost_down;
        if (stats.demodulators_max > sum->demodulators_max) {
            sum->demodulators_max = stats.demodulators_max;
        }
    }
}

/* Frames at each gateway, joins and what others send too; requests of the network server. */
static void measure_gateways(const void *state, struct measure *m)
{
    (void)state;
    const struct uplink_counts *counts = uplinks_counts(m->set);
    struct gateway_stats sum;
    sum_gateways(m->view, &sum);
    measure_count(m, "gateways.", "received", counts->at_gateways[LOSS_NONE]);
    uint64_t lost[LOSS_CAUSE_COUNT];
    for (int cause = 0; cause < LOSS_CAUSE_COUNT; cause++) {
        lost[cause] = cause == LOSS_NONE ? 0 : counts->at_gateways[cause];
    }
    uplinks_measure_lost(m, "gateways.lost.", lost);
    for (int reason = GATEWAY_TX_TOO_LATE; reason < GATEWAY_TX_NO_ANSWER; reason++) {
        measure_count(m, "gateways.rejected.",
                gateway_tx_result_name((enum gateway_tx_result)reason), sum.rejected[reason]);
    }
    measure_count(m, "gateways.", "cut_off", sum.cut_off);
    measure_count(m, "gateways.backhaul_lost.", "up", sum.backhaul_lost_up);
    measure_count(m, "gateways.backhaul_lost.", "down", sum.backhaul_lost_down);
    measure_count(m, "gateways.outage_lost.", "up", sum.outage_lost_up);
    measure_count(m, "gateways.outage_lost.", "down", sum.outage_lost_down);
    measure_count(m, "gateways.", "demodulators_max", sum.demodulators_max);
}

const struct recorder_ops gateways_recorder = {
    .name = "gateways",
    .broken = duty_broken,
    .measure = measure_gateways,
};
