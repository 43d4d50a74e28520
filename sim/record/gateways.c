/* Gateways: what they received, lost and refused, and their duty cycle.
 * SPDX-License-Identifier: MIT
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

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

/* Counts of all gateways together, in the order of their keys. */
static const struct {
    const char *prefix, *key;
    size_t offset; /* of the uint64_t in struct gateway_stats */
} counts_of_all[] = {
    { "gateways.", "cut_off", offsetof(struct gateway_stats, cut_off) },
    { "gateways.backhaul_lost.", "up", offsetof(struct gateway_stats, backhaul_lost_up) },
    { "gateways.backhaul_lost.", "down", offsetof(struct gateway_stats, backhaul_lost_down) },
    { "gateways.outage_lost.", "up", offsetof(struct gateway_stats, outage_lost_up) },
    { "gateways.outage_lost.", "down", offsetof(struct gateway_stats, outage_lost_down) },
    { "gateways.fault_lost.", "up", offsetof(struct gateway_stats, fault_lost_up) },
    { "gateways.fault_lost.", "down", offsetof(struct gateway_stats, fault_lost_down) },
};
#define COUNTS_OF_ALL (sizeof counts_of_all / sizeof counts_of_all[0])

struct gateway_sums {
    uint64_t rejected[GATEWAY_TX_RESULT_COUNT];
    uint64_t counts[COUNTS_OF_ALL];
    uint32_t demodulators_max;
};

static struct gateway_sums sum_gateways(const struct recorder_view *view)
{
    struct gateway_sums sums = { 0 };
    for (uint32_t g = 0; g < view->gateway_count; g++) {
        struct gateway_stats stats;
        gateway_stats(view->gateways, g, engine_now(view->engine), &stats);
        for (int reason = 0; reason < GATEWAY_TX_RESULT_COUNT; reason++) {
            sums.rejected[reason] += stats.rejected[reason];
        }
        for (size_t i = 0; i < COUNTS_OF_ALL; i++) {
            uint64_t count;
            memcpy(&count, (const char *)&stats + counts_of_all[i].offset, sizeof count);
            sums.counts[i] += count;
        }
        if (stats.demodulators_max > sums.demodulators_max) {
            sums.demodulators_max = stats.demodulators_max;
        }
    }
    return sums;
}

/* Frames at each gateway, joins and what others send too; requests of the network server. */
static void measure_gateways(const void *state, struct measure *m)
{
    (void)state;
    const struct uplink_counts *counts = uplinks_counts(m->set);
    struct gateway_sums sums = sum_gateways(m->view);
    measure_count(m, "gateways.", "received", counts->at_gateways[LOSS_NONE]);
    uint64_t lost[LOSS_CAUSE_COUNT];
    for (int cause = 0; cause < LOSS_CAUSE_COUNT; cause++) {
        lost[cause] = cause == LOSS_NONE ? 0 : counts->at_gateways[cause];
    }
    uplinks_measure_lost(m, "gateways.lost.", lost);
    for (int reason = GATEWAY_TX_TOO_LATE; reason < GATEWAY_TX_NO_ANSWER; reason++) {
        measure_count(m, "gateways.rejected.",
                gateway_tx_result_name((enum gateway_tx_result)reason), sums.rejected[reason]);
    }
    for (size_t i = 0; i < COUNTS_OF_ALL; i++) {
        measure_count(m, counts_of_all[i].prefix, counts_of_all[i].key, sums.counts[i]);
    }
    measure_count(m, "gateways.", "demodulators_max", sums.demodulators_max);
}

const struct recorder_ops gateways_recorder = {
    .name = "gateways",
    .broken = duty_broken,
    .measure = measure_gateways,
};
