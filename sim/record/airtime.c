/* How much of the air gateways used, and how many uplinks reached the network server.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdlib.h>

#include "record/measure.h"

struct airtime {
    uint64_t uplinks_sent; /* as devices say: repetitions are not counted */
};

static void *create(const struct recorder_set *set)
{
    (void)set;
    return calloc(1, sizeof(struct airtime));
}

static void observe(void *state, const struct observation *o)
{
    (void)o;
    struct airtime *airtime = state;
    airtime->uplinks_sent++;
}

static void measure_airtime(const void *state, struct measure *m)
{
    const struct airtime *airtime = state;
    const struct recorder_view *view = m->view;
    struct network_stats network;
    double duty_max = 0.0, duty_mean = 0.0;
    uint64_t downlinks = 0;
    for (uint32_t g = 0; g < view->gateway_count; g++) {
        struct gateway_stats stats;
        gateway_stats(view->gateways, g, engine_now(view->engine), &stats);
        duty_max = fmax(duty_max, stats.duty_cycle_max);
        duty_mean += stats.duty_cycle_mean / view->gateway_count;
        downlinks += stats.transmitted;
    }
    network_stats(view->network, &network);
    measure_add(m, "airtime.gateway_duty_cycle.", "max", duty_max);
    measure_add(m, "airtime.gateway_duty_cycle.", "mean", duty_mean);
    measure_add(m, "airtime.", "uplink_pdr",
            airtime->uplinks_sent == 0 ? NAN
                                       : (double)network.uplinks / (double)airtime->uplinks_sent);
    measure_count(m, "airtime.", "downlink_frames", downlinks);
}

const struct recorder_ops airtime_recorder = {
    .name = "airtime",
    .traces = RECORDER_TRACE(UPLINK),
    .create = create,
    .destroy = free,
    .observe = observe,
    .measure = measure_airtime,
};
