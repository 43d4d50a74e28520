/* How much of the air gateways used, and how many uplinks reached the network server.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>

#include "record/measure.h"
#include "record/uplinks.h"

static void measure_airtime(const void *state, struct measure *m)
{
    (void)state;
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
    uint64_t messages = uplinks_counts(m->set)->messages;
    measure_add(m, "airtime.gateway_duty_cycle.", "max", duty_max);
    measure_add(m, "airtime.gateway_duty_cycle.", "mean", duty_mean);
    measure_add(m, "airtime.", "uplink_pdr",
            messages == 0 ? NAN : (double)network.uplinks / (double)messages);
    measure_count(m, "airtime.", "downlink_frames", downlinks);
}

const struct recorder_ops airtime_recorder = {
    .name = "airtime",
    .measure = measure_airtime,
};
