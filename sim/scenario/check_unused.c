/* Warnings: keys without effect in this scenario, laws beyond their range.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>

#include "air/fading.h"
#include "air/interferer.h"
#include "air/judge.h"
#include "air/penetration.h"
#include "air/propagation.h"
#include "gateway/gateway.h"
#include "scenario/check_parts.h"
#include "scenario/quantity.h"

/* Says that a key which was given has no effect, unless `used`. */
static void unused(const struct check *check, const void *member, bool used, const char *key,
        const char *condition)
{
    if (!used && check_given(check, member)) {
        scenario_warnings_add(check->errors, check_place(check, member),
                "%s has no effect here; it applies only with %s", key, condition);
    }
}

static void unused_propagation(const struct check *check)
{
    const struct propagation_params *p = &check->scenario->propagation.path;
    const struct fading_params *fading = &check->scenario->propagation.fading;
    bool own = p->preset == PATH_LOSS_PRESET_NONE;
    bool dual = own && p->model == PROPAGATION_DUAL_SLOPE;
    bool distance = dual || (own && p->model == PROPAGATION_LOG_DISTANCE);
    bool hata = own && (p->model == PROPAGATION_OKUMURA_HATA || p->model == PROPAGATION_COST_231);
    unused(check, &p->model, own, "propagation.model", "preset: none");
    unused(check, &p->environment, hata, "propagation.environment", "okumura-hata and cost-231");
    unused(check, &p->exponent, distance, "propagation.exponent", "log-distance and dual-slope");
    unused(check, &p->reference_loss_db, distance, "propagation.reference.loss",
            "log-distance and dual-slope");
    unused(check, &p->reference_distance_m, distance, "propagation.reference.distance",
            "log-distance and dual-slope");
    unused(check, &p->exponent_far, dual, "propagation.exponent_far", "dual-slope");
    unused(check, &p->breakpoint_m, dual, "propagation.breakpoint", "dual-slope");
    unused(check, &fading->rician_k_db, fading->model == FADING_RICIAN, "propagation.rician_k",
            "fading: rician");
    unused(check, &fading->coherence_ns, fading->model != FADING_NONE, "propagation.coherence",
            "fading: rayleigh or rician");
    unused(check, &p->shadowing_correlation_m, p->shadowing_sigma_db > 0,
            "propagation.shadowing.correlation", "a sigma");
    unused(check, &p->shadowing_site_correlation, p->shadowing_sigma_db > 0,
            "propagation.shadowing.site_correlation", "a sigma");
}

/* All foreign devices have the fixed loss. */
static bool has_fixed_penetration(const struct scenario *scenario)
{
    bool has = scenario->foreign.devices > 0;
    for (uint32_t i = 0; i < scenario->group_count; i++) {
        const struct scenario_device_group *g = &scenario->groups[i];
        has = has || (g->indoor_share > 0 && g->indoor_depth + 1 == PENETRATION_FIXED);
    }
    return has;
}

static bool has_simultaneous(const struct scenario *scenario)
{
    bool has = false;
    for (uint32_t i = 0; i < scenario->campaign_count; i++) {
        has = has || scenario->campaigns[i].params.gateways == MULTICAST_SIMULTANEOUS;
    }
    return has;
}

static void unused_reception(const struct check *check)
{
    const struct scenario *s = check->scenario;
    const struct reception_params *r = &s->reception;
    bool any = r->interference != INTERFERENCE_NONE;
    unused(check, &r->capture_db, r->interference == INTERFERENCE_CAPTURE, "reception.capture",
            "interference: capture");
    unused(check, &r->overlap, any, "reception.overlap", "an interference model");
    unused(check, &r->timing, any, "reception.timing", "an interference model");
    unused(check, &r->equal_copies, any && has_simultaneous(s), "reception.equal_copies",
            "campaign.gateways: simultaneous and an interference model");
    unused(check, &s->propagation.penetration_db, has_fixed_penetration(s),
            "propagation.penetration", "indoor.depth: fixed, and with foreign traffic");
}

static void unused_others(const struct check *check)
{
    const struct scenario *s = check->scenario;
    const struct scenario_foreign *f = &s->foreign;
    unused(check, &f->period_ns, f->devices > 0, "foreign.period", "foreign.devices");
    unused(check, &f->payload_bytes, f->devices > 0, "foreign.payload", "foreign.devices");
    unused(check, &f->data_rate, f->devices > 0, "foreign.data_rate", "foreign.devices");
    for (uint32_t i = 0; i < s->interferer_count; i++) {
        const struct interferer_params *other = &s->interferers[i];
        bool pauses = other->statistics != INTERFERER_CONTINUOUS;
        unused(check, &other->mean_on_ns, pauses, "interferers: on",
                "statistics: periodic or exponential");
        unused(check, &other->mean_off_ns, pauses, "interferers: off",
                "statistics: periodic or exponential");
    }
    unused(check, &s->network.adr.nb_trans, s->network.adr.on, "network.adr_nb_trans", "adr: on");
}

static void unused_campaign(const struct check *check, const struct scenario_campaign *campaign)
{
    const struct campaign_params *p = &campaign->params;
    unused(check, &p->rounds_threshold, p->correction == CORRECTION_ROUNDS, "correction.threshold",
            "correction.policy: rounds");
    unused(check, &p->mic_descriptor, campaign->verify.block_mic, "mic_descriptor",
            "verify: block-mic");
    unused(check, &p->receipts, p->fragmentation_version == 2, "receipts",
            "fragmentation_version: 2");
    unused(check, &p->correction_pause_ns, p->correction_period == CORRECTION_PERIOD_SECOND,
            "correction.pause", "correction.period: second");
    unused(check, &p->retry_pause_ns, p->retries > 0, "retry_pause", "retries");
    unused(check, &p->restart_group, p->correction == CORRECTION_ADAPTIVE, "defences.restart_group",
            "correction.policy: adaptive");
    bool unicast = p->delivery == DELIVERY_UNICAST;
    unused(check, &p->delivery_timeout_ns, unicast, "delivery_timeout", "delivery: unicast");
    const struct {
        const void *member;
        const char *key;
    } multicast[] = { { &p->data_rate, "data_rate" }, { &p->frequency_hz, "frequency" },
        { &p->set_up_window_ns, "set_up.window" }, { &p->redundancy, "redundancy" },
        { &p->correction, "correction.policy" },
        { &p->correction_timeout_ns, "correction.timeout" },
        { &p->correction_period, "correction.period" },
        { &p->unicast_below, "correction.unicast_below" }, { &p->gateways, "gateways" },
        { &p->duty_share, "duty_share" }, { &p->sessions, "sessions" },
        { &p->interval_ns, "interval" }, { &p->granularity_ns, "granularity" },
        { &p->restart_group, "defences.restart_group" } };
    for (size_t i = 0; i < sizeof multicast / sizeof multicast[0]; i++) {
        unused(check, multicast[i].member, !unicast, multicast[i].key, "delivery: multicast");
    }
}

static void unused_gateways(const struct check *check)
{
    const struct scenario_gateways *g = &check->scenario->gateways;
    bool lattice = g->layout == LAYOUT_GRID || g->layout == LAYOUT_HEX;
    unused(check, &g->radius_m, g->layout == LAYOUT_RING, "gateways.radius", "layout: ring");
    unused(check, &g->spacing_m, lattice, "gateways.spacing", "layout: grid or hex");
    unused(check, g->file, g->layout == LAYOUT_FILE, "gateways.file", "layout: file");
    /* Servers take no time from the others, and class C has no send times of its own. */
    unused(check, &g->params.clock.error_ns, g->params.clock.source != GATEWAY_CLOCK_FREE,
            "gateways.clock.error",
            "clock.source: gnss or ntp; else devices get the time of arrival at the server");
    unused(check, &g->params.clock.drift_ppb, false, "gateways.clock.drift",
            "class B; with clock.source: free devices get the time of arrival at the server");
    for (uint32_t i = 0; i < g->params.wrong_clock_count; i++) {
        unused(check, &g->wrong_clocks[i].error_ns, g->params.clock.source != GATEWAY_CLOCK_FREE,
                "gateways.clock.wrong", "clock.source: gnss or ntp");
    }
    unused(check, &g->params.beacons, g->params.clock.source == GATEWAY_CLOCK_GNSS,
            "gateways.beacons", "clock.source: gnss");
}

static bool any_table(const struct scenario *scenario)
{
    bool any = false;
    for (uint32_t i = 0; i < scenario->campaign_count; i++) {
        any = any || scenario->campaigns[i].params.table_copies > 0;
    }
    return any;
}

static void unused_group(const struct check *check, const struct scenario_device_group *g)
{
    bool lattice = g->layout == LAYOUT_GRID || g->layout == LAYOUT_HEX;
    bool clusters = g->layout == LAYOUT_CLUSTERS, from_file = g->rtc_temperature_file[0] != '\0';
    unused(check, g->file, g->layout == LAYOUT_FILE, "file", "layout: file");
    unused(check, &g->spacing_m, lattice, "spacing", "layout: grid or hex");
    unused(check, &g->numbering, g->layout != LAYOUT_FILE, "numbering",
            "layout: uniform, ring, grid, hex or clusters");
    unused(check, &g->clusters_count, clusters, "clusters.count", "layout: clusters");
    unused(check, &g->clusters_spread_m, clusters, "clusters.spread", "layout: clusters");
    unused(check, &g->indoor_depth, g->indoor_share > 0, "indoor.depth", "an indoor.share");
    unused(check, &g->report_in_session, check->scenario->campaign_count > 0, "report.in_session",
            "a campaign");
    unused(check, &g->guard_fixed_ns, check->scenario->campaign_count > 0, "guard.fixed",
            "a campaign");
    unused(check, &g->packages_fragmentation, check->scenario->campaign_count > 0,
            "packages.fragmentation", "a campaign");
    unused(check, &g->guard_drift_ppm, check->scenario->campaign_count > 0, "guard.drift",
            "a campaign");
    unused(check, &g->fragment_table, any_table(check->scenario), "defences.fragment_table",
            "campaign.defences.fragment_table");
    unused(check, &g->counter_window, check->scenario->campaign_count > 0,
            "defences.counter_window", "a campaign");
    unused(check, &g->report_jitter, g->report_traffic == 1, "report.jitter", "traffic: jittered");
    unused(check, &g->rtc_temperature_mean_c, !from_file, "rtc.temperature.mean",
            "no temperature.file");
    unused(check, &g->rtc_temperature_swing_c, !from_file, "rtc.temperature.swing",
            "no temperature.file");
}

/* How far a place of the area may be from its nearest gateway, at most; those that do not stand on
 * a lattice may all be in the centre. */
static double gateway_distance_max_m(const struct scenario *scenario)
{
    const struct scenario_gateways *g = &scenario->gateways;
    double radius_m = scenario->area.radius_m, covered_m = 0.0, between_m = 0.0;
    if (g->layout == LAYOUT_HEX) { /* k full rings hold 1 + 3 k (k + 1) gateways */
        double rings = floor((sqrt(12.0 * g->count - 3.0) - 3.0) / 6.0);
        covered_m = rings * g->spacing_m * sqrt(3.0) / 2.0;
        between_m = g->spacing_m / sqrt(3.0);
    } else if (g->layout == LAYOUT_GRID) {
        uint32_t columns = (uint32_t)ceil(sqrt(g->count)), full_rows = g->count / columns;
        covered_m = (fmin(columns, full_rows) - 1.0) / 2.0 * g->spacing_m;
        between_m = g->spacing_m / sqrt(2.0);
    }
    return fmin(radius_m, fmax(radius_m - covered_m, 0.0) + between_m);
}

/* Laws are fitted to heights and distances: up to the nearest gateway they should hold. */
static void check_law(const struct check *check, const struct scenario_device_group *group)
{
    const struct propagation_params *p = &check->scenario->propagation.path;
    const char *source = "";
    double base_m = check->scenario->gateways.height_m,
           far_m = gateway_distance_max_m(check->scenario);
    const char *beyond = path_loss_beyond(p, base_m, group->height_m, far_m, &source);
    if (beyond != NULL) {
        scenario_warnings_add(check->errors, check_place(check, &p->model),
                "propagation: the %s is beyond what %s holds for (gateways at %.10g m, '%s' at "
                "%.10g m, up to %.0f m from each other); source: %s",
                beyond,
                p->preset != PATH_LOSS_PRESET_NONE ? path_loss_preset_names[p->preset]
                                                   : path_loss_law_names[p->model],
                base_m, group->name, group->height_m, far_m, source);
    }
}

void check_unused(const struct check *check)
{
    unused_propagation(check);
    unused_reception(check);
    unused_others(check);
    unused_gateways(check);
    for (uint32_t i = 0; i < check->scenario->campaign_count; i++) {
        unused_campaign(check, &check->scenario->campaigns[i]);
    }
    for (uint32_t i = 0; i < check->scenario->group_count; i++) {
        unused_group(check, &check->scenario->groups[i]);
        check_law(check, &check->scenario->groups[i]);
    }
}
