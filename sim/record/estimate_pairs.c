/* The closed-form estimate of a campaign beside what was simulated.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "campaign/packages.h"
#include "record/energy_phases.h"
#include "record/fragment_causes.h"
#include "record/measure.h"
#include "record/set_up_times.h"
#include "scenario/fleet_estimate.h"

struct estimate_record {
    entity_id first_device;
    /* Per device, polls and answers: no port, or one of TS004 and TS005. */
    uint32_t campaign_uplinks[];
};

static void *create(const struct recorder_set *set)
{
    const struct recorder_view *view = recorder_set_view(set);
    struct estimate_record *record =
            calloc(1, sizeof *record + view->device_count * sizeof record->campaign_uplinks[0]);
    if (record != NULL) {
        record->first_device = view->first_device;
    }
    return record;
}

static void observe(void *state, const struct observation *o)
{
    struct estimate_record *record = state;
    uint32_t fport = (uint32_t)o->c >> 8;
    if (fport == 0 || fport == PACKAGE_FPORT_MULTICAST || fport == PACKAGE_FPORT_FRAGMENTATION) {
        record->campaign_uplinks[o->entity - record->first_device]++;
    }
}

/* Of the devices that became ready, for these the estimate is made. */
struct simulated {
    uint32_t ready;
    double set_up_s, uplinks, listening_j, bulk_j, battery_percent; /* sums */
    sim_ns last_report_ns;
};

static void add_device(const struct measure *m, const struct estimate_record *record,
        uint32_t device, struct simulated *sum)
{
    struct set_up_times times;
    struct phase_energy energy;
    struct campaign_device d;
    if (!set_up_times(m->set, device, &times)) {
        return;
    }
    energy_phases_device(m->set, device, &energy);
    campaign_device_get(m->view->campaign, device, &d);
    double listening_j = energy.joule[ENERGY_PHASE_LISTENING];
    double bulk_j = energy.joule[ENERGY_PHASE_BULK] + energy.joule[ENERGY_PHASE_CORRECTION];
    sum->ready++;
    sum->set_up_s += measure_seconds(times.total_ns);
    sum->uplinks += record->campaign_uplinks[device];
    sum->listening_j += listening_j;
    sum->bulk_j += bulk_j;
    sum->battery_percent +=
            battery_cost_percent(node_battery(m->view->nodes, device), listening_j + bulk_j);
    if (d.complete_ns != SIM_NS_NEVER && d.complete_ns > sum->last_report_ns) {
        sum->last_report_ns = d.complete_ns;
    }
}

static void add_pair(struct measure *m, const char *what, double expected, double simulated)
{
    char prefix[48];
    snprintf(prefix, sizeof prefix, "estimate.%s.", what);
    measure_add(m, prefix, "expected", expected);
    measure_add(m, prefix, "simulated", simulated);
}

/* NaN, and so null, where there is none. */
static double of(bool known, double value)
{
    return known ? value : NAN;
}

static void measure_estimate(const void *state, struct measure *m)
{
    const struct recorder_view *view = m->view;
    const struct scenario_campaign *c = &view->scenario->campaigns[0];
    struct estimate_input input;
    struct estimate e = { 0 };
    struct simulated sum = { 0 };
    if (fleet_estimate_input(view->scenario, view->images[0].size_bytes, &input)) {
        estimate_make(&input, &e);
    }
    for (uint32_t i = m->first_index; i < m->end_index; i++) {
        add_device(m, state, i, &sum);
    }
    bool any = sum.ready > 0;
    double n = sum.ready;
    uint32_t sent = campaign_fragments_sent(view->campaign, false)
                    + campaign_fragments_sent(view->campaign, true);
    sim_ns session_ns = sum.last_report_ns - c->params.start_ns - c->params.set_up_window_ns;
    add_pair(m, "fragments", of(e.possible, (double)e.nb_frag + e.coded + e.correction), sent);
    add_pair(m, "airtime_s", of(e.possible, e.airtime_s),
            measure_seconds(fragment_causes_airtime_ns(fragment_causes_of(m->set))));
    add_pair(m, "set_up_s", of(e.possible, e.set_up_s), of(any, sum.set_up_s / n));
    add_pair(m, "session_s", of(e.possible, e.session_s),
            of(sum.last_report_ns > 0, measure_seconds(session_ns)));
    add_pair(m, "uplinks", of(e.possible, e.uplinks), of(any, sum.uplinks / n));
    add_pair(m, "listening_j", of(e.possible, e.listening_j), of(any, sum.listening_j / n));
    add_pair(m, "bulk_j", of(e.possible, e.bulk_j), of(any, sum.bulk_j / n));
    add_pair(m, "battery_percent", of(e.possible, e.battery_percent),
            of(any, sum.battery_percent / n));
}

const struct recorder_ops estimate_recorder = {
    .name = "estimate",
    .traces = RECORDER_TRACE(UPLINK),
    .of_campaign = true,
    .by_campaign = true,
    .create = create,
    .destroy = free,
    .observe = observe,
    .measure = measure_estimate,
};
