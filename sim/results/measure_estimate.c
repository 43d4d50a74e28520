/* The closed-form estimate of a campaign beside what was simulated.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdio.h>

#include "results/measure.h"
#include "world/energy_phases.h"
#include "world/fragment_causes.h"
#include "world/set_up_times.h"
#include "world/world_estimate.h"

/* Of the devices that became ready, for these the estimate is made. */
struct simulated {
    uint32_t ready;
    double set_up_s, uplinks, listening_j, bulk_j, battery_percent; /* sums */
    sim_ns last_report_ns;
};

static void add_device(const struct world *w, uint32_t device, struct simulated *sum)
{
    struct set_up_times times;
    struct phase_energy energy;
    struct campaign_device d;
    if (!set_up_times(w, device, &times)) {
        return;
    }
    energy_phases_device(w->record->phases, device, engine_now(w->engine), &energy);
    campaign_device_get(world_first_campaign(w), device, &d);
    double listening_j = energy.joule[ENERGY_PHASE_LISTENING];
    double bulk_j = energy.joule[ENERGY_PHASE_BULK] + energy.joule[ENERGY_PHASE_CORRECTION];
    sum->ready++;
    sum->set_up_s += measure_seconds(times.total_ns);
    sum->uplinks += w->record->devices[device].campaign_uplinks;
    sum->listening_j += listening_j;
    sum->bulk_j += bulk_j;
    sum->battery_percent +=
            battery_cost_percent(node_battery(w->nodes, device), listening_j + bulk_j);
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

void measure_estimate(struct measure *m)
{
    const struct world *w = m->world;
    const struct scenario_campaign *c = &w->scenario->campaigns[0];
    struct estimate_input input;
    struct estimate e = { 0 };
    struct simulated sum = { 0 };
    if (world_estimate_input(w->scenario, w->image_size, &input)) {
        estimate_make(&input, &e);
    }
    for (uint32_t i = 0; i < w->device_count; i++) {
        add_device(w, i, &sum);
    }
    bool any = sum.ready > 0;
    double n = sum.ready;
    uint32_t sent = campaign_fragments_sent(world_first_campaign(w), false)
                    + campaign_fragments_sent(world_first_campaign(w), true);
    sim_ns session_ns = sum.last_report_ns - c->params.start_ns - c->params.set_up_window_ns;
    add_pair(m, "fragments", of(e.possible, (double)e.nb_frag + e.coded + e.correction), sent);
    add_pair(m, "airtime_s", of(e.possible, e.airtime_s),
            measure_seconds(fragment_causes_airtime_ns(w->record->causes)));
    add_pair(m, "set_up_s", of(e.possible, e.set_up_s), of(any, sum.set_up_s / n));
    add_pair(m, "session_s", of(e.possible, e.session_s),
            of(sum.last_report_ns > 0, measure_seconds(session_ns)));
    add_pair(m, "uplinks", of(e.possible, e.uplinks), of(any, sum.uplinks / n));
    add_pair(m, "listening_j", of(e.possible, e.listening_j), of(any, sum.listening_j / n));
    add_pair(m, "bulk_j", of(e.possible, e.bulk_j), of(any, sum.bulk_j / n));
    add_pair(m, "battery_percent", of(e.possible, e.battery_percent),
            of(any, sum.battery_percent / n));
}
