/* The air in numbers: uplinks, gateways, airtime.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <math.h>
#include <stdio.h>

#include "results/measure.h"
#include "world/uplink_record.h"

/* How an uplink can be lost on its way to a gateway. */
static const enum loss_cause uplink_causes[] = { LOSS_POWERED_DOWN, LOSS_RADIO_BUSY,
    LOSS_RECEIVER_LOCKED_ELSEWHERE, LOSS_PREAMBLE_MISSED, LOSS_BELOW_SENSITIVITY, LOSS_FADING,
    LOSS_INTERFERENCE, LOSS_FREQUENCY_OFFSET };
#define UPLINK_CAUSES (sizeof uplink_causes / sizeof uplink_causes[0])

static void add_lost(struct measure *m, const char *prefix, const uint64_t lost[LOSS_CAUSE_COUNT])
{
    uint64_t all = 0, told = 0;
    for (int cause = 0; cause < LOSS_CAUSE_COUNT; cause++) {
        all += lost[cause];
    }
    for (size_t i = 0; i < UPLINK_CAUSES; i++) {
        told += lost[uplink_causes[i]];
        measure_count(m, prefix, loss_cause_name(uplink_causes[i]), lost[uplink_causes[i]]);
    }
    assert(all == told);
}

static void add_uplinks(struct measure *m)
{
    const struct uplink_counts *counts = uplink_record_counts(m->world->record->uplinks);
    measure_count(m, "uplinks.", "sent", counts->sent);
    measure_count(m, "uplinks.", "received", counts->received);
    measure_add(m, "uplinks.", "pdr",
            counts->sent == 0 ? NAN : (double)counts->received / (double)counts->sent);
    add_lost(m, "uplinks.by_cause.", counts->lost);
    for (unsigned rate = 0; rate < UPLINK_DATA_RATES; rate++) {
        char prefix[48];
        snprintf(prefix, sizeof prefix, "uplinks.by_data_rate.DR%u.", rate);
        measure_count(m, prefix, "sent", counts->by_data_rate[rate].sent);
        measure_count(m, prefix, "received", counts->by_data_rate[rate].received);
    }
}

static void sum_gateways(const struct world *w, struct gateway_stats *sum)
{
    *sum = (struct gateway_stats){ 0 };
    for (uint32_t g = 0; g < w->gateway_count; g++) {
        struct gateway_stats stats;
        gateway_stats(w->gateways, g, engine_now(w->engine), &stats);
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
static void add_gateways(struct measure *m)
{
    const struct world *w = m->world;
    const struct uplink_counts *counts = uplink_record_counts(w->record->uplinks);
    struct gateway_stats sum;
    sum_gateways(w, &sum);
    measure_count(m, "gateways.", "received", counts->at_gateways[LOSS_NONE]);
    uint64_t lost[LOSS_CAUSE_COUNT];
    for (int cause = 0; cause < LOSS_CAUSE_COUNT; cause++) {
        lost[cause] = cause == LOSS_NONE ? 0 : counts->at_gateways[cause];
    }
    add_lost(m, "gateways.lost.", lost);
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

static void add_airtime(struct measure *m)
{
    const struct world *w = m->world;
    struct network_stats network;
    double duty_max = 0.0, duty_mean = 0.0;
    uint64_t downlinks = 0;
    for (uint32_t g = 0; g < w->gateway_count; g++) {
        struct gateway_stats stats;
        gateway_stats(w->gateways, g, engine_now(w->engine), &stats);
        duty_max = fmax(duty_max, stats.duty_cycle_max);
        duty_mean += stats.duty_cycle_mean / w->gateway_count;
        downlinks += stats.transmitted;
    }
    network_stats(w->network, &network);
    summary_add_number(m->summary, "airtime.gateway_duty_cycle.max", duty_max);
    summary_add_number(m->summary, "airtime.gateway_duty_cycle.mean", duty_mean);
    summary_add_number(m->summary, "airtime.uplink_pdr",
            w->record->uplinks_sent == 0
                    ? NAN
                    : (double)network.uplinks / (double)w->record->uplinks_sent);
    summary_add_count(m->summary, "airtime.downlink_frames", downlinks);
}

void measure_air(struct measure *m)
{
    add_airtime(m);
    add_uplinks(m);
    add_gateways(m);
}
