/* The estimate of a campaign beside what was simulated.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdio.h>

#include "record/energy_phases.h"
#include "record/fragment_causes.h"
#include "record/measure.h"
#include "record/set_up_times.h"
#include "record/uplinks.h"
#include "scenario/campaign_plan.h"
#include "scenario/fleet_estimate.h"

/* Both sides of each pair. Of all that there is: fragments, airtime; of the longest campaign: the
 * session; the others are sums over devices. */
struct pairs {
    double fragments, airtime_s, session_s;
    double set_up_s, uplinks, listening_j, bulk_j, battery_percent;
    double set_ups, devices; /* how many these are sums over */
};

/* Members decide by their uplinks at which data rates a split campaign sends, and how long they
 * fetch by unicast: where the scenario does not say it, the estimate is one of the set-up only. */
static bool depends_on_uplinks(const struct scenario *scenario, uint32_t c)
{
    const struct scenario_campaign *campaign = &scenario->campaigns[c];
    return campaign->params.delivery == DELIVERY_UNICAST
                   ? !campaign_rate_known(scenario, campaign)
                   : campaign->params.sessions != SESSIONS_ONE;
}

/* As expected of each member of a campaign. False: there is no estimate. `whole` is cleared where
 * it is one of the set-up only, `uplinks` where that leaves out the uplinks. */
static bool expect(
        const struct recorder_view *view, uint32_t c, struct pairs *sum, bool *whole, bool *uplinks)
{
    bool unicast = view->scenario->campaigns[c].params.delivery == DELIVERY_UNICAST;
    bool depends = depends_on_uplinks(view->scenario, c);
    *whole = *whole && !depends;
    *uplinks = *uplinks && !(unicast && depends);
    struct estimate_input input;
    struct estimate e = { 0 };
    if (fleet_estimate_input(view->scenario, c, &input)) {
        estimate_make(&input, &e);
    }
    double n = campaign_member_count(server_campaign(view->server, c));
    double copies = unicast ? n : e.transfers; /* each member has its own */
    sum->fragments += copies * ((double)e.nb_frag + e.coded + e.correction);
    sum->airtime_s += e.airtime_s;
    sum->session_s = fmax(sum->session_s, e.session_s);
    sum->set_ups += n;
    sum->set_up_s += n * e.set_up_s;
    sum->uplinks += n * e.uplinks;
    sum->listening_j += n * e.listening_j;
    sum->bulk_j += n * e.bulk_j;
    sum->battery_percent += n * e.battery_percent;
    return e.possible;
}

static void add_campaign(const struct measure *m, uint32_t c, struct pairs *sum)
{
    const struct campaign *campaign = server_campaign(m->view->server, c);
    sim_ns last_report_ns = 0;
    const struct fragment_causes *causes = fragment_causes_of(m->set);
    sum->fragments += fragment_causes_sent(causes, c, false);
    sum->fragments += fragment_causes_sent(causes, c, true);
    sum->airtime_s += measure_seconds(fragment_causes_airtime_ns(causes, c));
    bool unicast = m->view->scenario->campaigns[c].params.delivery == DELIVERY_UNICAST;
    for (uint32_t i = m->first_index; i < m->end_index; i++) {
        struct set_up_times times;
        struct campaign_device d;
        sum->fragments += unicast ? fragment_causes_unicast(causes, c, i) : 0;
        if (!set_up_times(m->set, c, i, &times) || !measure_member(m, c, i, &d)) {
            continue;
        }
        sum->set_ups += 1.0;
        sum->set_up_s += measure_seconds(times.total_ns);
        if (d.complete_ns != SIM_NS_NEVER && d.complete_ns > last_report_ns) {
            last_report_ns = d.complete_ns;
        }
    }
    if (last_report_ns > 0) {
        const struct campaign_params *params = &m->view->scenario->campaigns[c].params;
        sim_ns window_ns = unicast ? 0 : params->set_up_window_ns;
        sim_ns session_ns = last_report_ns - campaign_start_ns(campaign) - window_ns;
        sum->session_s = isnan(sum->session_s) ? measure_seconds(session_ns)
                                               : fmax(sum->session_s, measure_seconds(session_ns));
    }
}

/* Each device that became ready in a campaign that counts, once: what it spent is not told apart by
 * campaign. */
static void add_devices(const struct measure *m, struct pairs *sum)
{
    for (uint32_t i = m->first_index; i < m->end_index; i++) {
        bool ready = false;
        for (uint32_t c = m->first_campaign; c < m->end_campaign; c++) {
            struct set_up_times times;
            ready = ready || set_up_times(m->set, c, i, &times);
        }
        if (!ready) {
            continue;
        }
        sum->devices += 1.0;
        sum->uplinks += uplinks_campaign_messages(m->set, i);
        struct phase_energy energy;
        energy_phases_device(m->set, i, &energy);
        double listening_j = energy.joule[ENERGY_PHASE_LISTENING];
        double bulk_j = energy.joule[ENERGY_PHASE_BULK] + energy.joule[ENERGY_PHASE_CORRECTION];
        sum->listening_j += listening_j;
        sum->bulk_j += bulk_j;
        sum->battery_percent +=
                battery_cost_percent(node_battery(m->view->nodes, i), listening_j + bulk_j);
    }
}

/* Devices in a campaign that counts. */
static uint32_t count_members(const struct measure *m)
{
    uint32_t count = 0;
    for (uint32_t i = m->first_index; i < m->end_index; i++) {
        bool member = false;
        for (uint32_t c = m->first_campaign; c < m->end_campaign; c++) {
            struct campaign_device d;
            member = member || measure_member(m, c, i, &d);
        }
        count += member ? 1u : 0u;
    }
    return count;
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
    (void)state;
    struct pairs e = { 0 };
    struct pairs sum = { .session_s = NAN };
    bool possible = true, whole = true, uplinks = true;
    for (uint32_t c = m->first_campaign; c < m->end_campaign; c++) {
        possible = expect(m->view, c, &e, &whole, &uplinks) && possible;
        add_campaign(m, c, &sum);
    }
    add_devices(m, &sum);
    e.devices = count_members(m);
    whole = whole && possible;
    bool any = sum.devices > 0.0;
    add_pair(m, "fragments", of(whole, e.fragments), sum.fragments);
    add_pair(m, "airtime_s", of(whole, e.airtime_s), sum.airtime_s);
    add_pair(m, "set_up_s", of(possible, e.set_up_s / e.set_ups),
            of(any, sum.set_up_s / sum.set_ups));
    add_pair(m, "session_s", of(whole, e.session_s), sum.session_s);
    add_pair(m, "uplinks", of(possible && uplinks, e.uplinks / e.devices),
            of(any, sum.uplinks / sum.devices));
    add_pair(m, "listening_j", of(whole, e.listening_j / e.devices),
            of(any, sum.listening_j / sum.devices));
    add_pair(m, "bulk_j", of(whole, e.bulk_j / e.devices), of(any, sum.bulk_j / sum.devices));
    add_pair(m, "battery_percent", of(whole, e.battery_percent / e.devices),
            of(any, sum.battery_percent / sum.devices));
}

const struct recorder_ops estimate_recorder = {
    .name = "estimate",
    .of_campaign = true,
    .by_campaign = true,
    .measure = measure_estimate,
};
