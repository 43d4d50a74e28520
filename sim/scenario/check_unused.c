/* Warnings: keys that say nothing in this scenario, laws beyond their range.
 * SPDX-License-Identifier: MIT
 */
#include "air/propagation.h"
#include "gateway/gateway.h"
#include "scenario/check_parts.h"
#include "scenario/quantity.h"
#include "scenario/scenario_propagation.h"

/* Says that a key which was given has no effect, unless `used`. */
static void unused(const struct check *check, const void *member, bool used, const char *key,
        const char *condition)
{
    if (!used && check_given(check, member)) {
        scenario_warnings_add(check->errors, check_place(check, member),
                "%s says nothing here: it counts with %s", key, condition);
    }
}

static void unused_propagation(const struct check *check)
{
    const struct scenario_propagation *p = &check->scenario->propagation;
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
    unused(check, &p->rician_k_db, p->fading == FADING_RICIAN, "propagation.rician_k",
            "fading: rician");
    unused(check, &p->coherence_ns, p->fading != FADING_NONE, "propagation.coherence",
            "fading: rayleigh or rician");
}

static void unused_gateways(const struct check *check)
{
    const struct scenario_gateways *g = &check->scenario->gateways;
    bool lattice = g->layout == LAYOUT_GRID || g->layout == LAYOUT_HEX;
    unused(check, &g->radius_m, g->layout == LAYOUT_RING, "gateways.radius", "layout: ring");
    unused(check, &g->spacing_m, lattice, "gateways.spacing", "layout: grid or hex");
    unused(check, g->file, g->layout == LAYOUT_FILE, "gateways.file", "layout: file");
    unused(check, &g->clock_drift_ppm, g->clock_source == GATEWAY_CLOCK_FREE,
            "gateways.clock.drift", "clock.source: free");
}

static void unused_group(const struct check *check, const struct scenario_device_group *g)
{
    bool lattice = g->layout == LAYOUT_GRID || g->layout == LAYOUT_HEX;
    bool clusters = g->layout == LAYOUT_CLUSTERS, from_file = g->rtc_temperature_file[0] != '\0';
    unused(check, g->file, g->layout == LAYOUT_FILE, "file", "layout: file");
    unused(check, &g->spacing_m, lattice, "spacing", "layout: grid or hex");
    unused(check, &g->clusters_count, clusters, "clusters.count", "layout: clusters");
    unused(check, &g->clusters_spread_m, clusters, "clusters.spread", "layout: clusters");
    unused(check, &g->report_jitter, g->report_traffic == 1, "report.jitter", "traffic: jittered");
    unused(check, &g->rtc_temperature_mean_c, !from_file, "rtc.temperature.mean",
            "no temperature.file");
    unused(check, &g->rtc_temperature_swing_c, !from_file, "rtc.temperature.swing",
            "no temperature.file");
}

/* Laws are fitted to heights and distances: at the edge of the area they should hold. */
static void check_law(const struct check *check, const struct scenario_device_group *group)
{
    const struct scenario_propagation *p = &check->scenario->propagation;
    struct propagation_params params;
    scenario_propagation_params(check->scenario, &params);
    const char *source = "";
    double base_m = check->scenario->gateways.height_m, far_m = check->scenario->area.radius_m;
    const char *beyond = path_loss_beyond(&params, base_m, group->height_m, far_m, &source);
    if (beyond != NULL) {
        scenario_warnings_add(check->errors, check_place(check, &p->model),
                "propagation: the %s is beyond what %s holds for (gateways at %.10g m, '%s' at "
                "%.10g m, %.10g m to the edge); source: %s",
                beyond,
                p->preset != PATH_LOSS_PRESET_NONE ? path_loss_preset_names[p->preset]
                                                   : path_loss_law_names[p->model],
                base_m, group->name, group->height_m, far_m, source);
    }
}

void check_unused(const struct check *check)
{
    unused_propagation(check);
    unused_gateways(check);
    for (uint32_t i = 0; i < check->scenario->group_count; i++) {
        unused_group(check, &check->scenario->groups[i]);
        check_law(check, &check->scenario->groups[i]);
    }
}
