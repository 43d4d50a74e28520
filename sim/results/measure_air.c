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

/* Frames at each gateway, joins and what others send too; requests of the network server. */
static void add_gateways(struct measure *m)
{
    static const char *const reasons[] = { NULL, NULL, "too_late", "too_early", "collision", "full",
        "frequency", "power", "duty_cycle" };
    const struct world *w = m->world;
    const struct uplink_counts *counts = uplink_record_counts(w->record->uplinks);
    uint64_t rejected[GATEWAY_TX_DUTY_CYCLE + 1] = { 0 };
    for (uint32_t g = 0; g < w->gateway_count; g++) {
        struct gateway_stats stats;
        gateway_stats(w->gateways, g, engine_now(w->engine), &stats);
        for (int reason = 0; reason <= GATEWAY_TX_DUTY_CYCLE; reason++) {
            rejected[reason] += stats.rejected[reason];
        }
    }
    measure_count(m, "gateways.", "received", counts->at_gateways[LOSS_NONE]);
    uint64_t lost[LOSS_CAUSE_COUNT];
    for (int cause = 0; cause < LOSS_CAUSE_COUNT; cause++) {
        lost[cause] = cause == LOSS_NONE ? 0 : counts->at_gateways[cause];
    }
    add_lost(m, "gateways.lost.", lost);
    for (int reason = 0; reason <= GATEWAY_TX_DUTY_CYCLE; reason++) {
        if (reasons[reason] != NULL) {
            measure_count(m, "gateways.rejected.", reasons[reason], rejected[reason]);
        }
    }
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
