/* How campaigns and gateways went on over time: points at even steps of simulated time.
 * SPDX-License-Identifier: MIT
 *
 * A point is taken when a run looks around at a full second, so nothing of it costs a frame or a
 * wake. Steps begin at 1 s; each time the points fill their room, the step grows to the next one of
 * a list and the points between its multiples are dropped. So a run of any length has 200 to 1000
 * points, or one for each second if it is shorter. What devices have done by a time is not kept
 * here: the recorders that know when they did it are asked.
 */
#ifndef RECORD_SERIES_H
#define RECORD_SERIES_H

#include "record/recorder_set.h"

#define SERIES_POINTS_MAX   1000u
#define SERIES_GATEWAYS_MAX 64u /* of more gateways, the first ones have a course over time */

struct series_campaign {
    enum campaign_phase phase;
    uint32_t sent, coded_sent; /* different fragments that were on the air so far */
    uint64_t received;         /* uncoded fragments of all devices, by radio, so far */
};

struct series {
    sim_ns step_ns;
    uint32_t count;
    uint32_t campaign_count;
    uint32_t gateway_count;            /* at most SERIES_GATEWAYS_MAX */
    sim_ns at_ns[SERIES_POINTS_MAX];   /* multiples of step_ns, none left out */
    struct series_campaign *campaigns; /* [point][campaign] */
    double *duty;                      /* [point][gateway] */
};

const struct series *series_of(const struct recorder_set *set);

/* What a point taken now would hold: a struct for each campaign, a number for each gateway of the
 * series. The
 * duty is the used share of what the fullest sub-band allows in the last hour. */
void series_take(const struct recorder_set *set, struct series_campaign *campaigns, double *duty);

#endif
