/* The registry of path-loss laws.
 * SPDX-License-Identifier: MIT
 */
#include "air/propagation.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>

#include "air/path_loss.h"

const char *const path_loss_law_names[] = {
#define LAW(identifier, constant, name) [PROPAGATION_##constant] = name,
#include "air/path_loss_laws.def"
#undef LAW
    [PROPAGATION_MODEL_COUNT] = NULL,
};

const char *const propagation_environment_names[] = { "urban", "suburban", "open", "metropolitan",
    NULL };

static const struct path_loss_law *const laws[] = {
#define LAW(identifier, constant, name) [PROPAGATION_##constant] = &path_loss_law_##identifier,
#include "air/path_loss_laws.def"
#undef LAW
};

/* `params` with its preset written into it. */
static struct propagation_params resolved(const struct propagation_params *params)
{
    struct propagation_params result = *params;
    const struct path_loss_preset_row *row = path_loss_preset_row(params->preset);
    if (row != NULL) {
        result.model = row->model;
        result.exponent = row->exponent;
        result.reference_loss_db = row->reference_loss_db;
        result.reference_distance_m = row->reference_distance_m;
        result.exponent_far = row->exponent_far;
        result.breakpoint_m = row->breakpoint_m;
        result.far_reference_loss_db = row->far_reference_loss_db;
        result.far_reference_distance_m = row->far_reference_distance_m;
    }
    return result;
}

double path_loss_db(const struct propagation_params *params, double base_height_m,
        double mobile_height_m, double distance_m)
{
    struct propagation_params p = resolved(params);
    assert(p.model < PROPAGATION_MODEL_COUNT);
    const struct path_loss_law *law = laws[p.model];
    double counted_m = fmax(distance_m, law->distance_min_m);
    return fmax(law->loss_db(&p, base_height_m, mobile_height_m, counted_m), 0);
}

double path_loss_between_db(const struct propagation_params *params, double height_m,
        double other_height_m, double distance_m)
{
    return path_loss_db(
            params, fmax(height_m, other_height_m), fmin(height_m, other_height_m), distance_m);
}

static bool within(struct path_loss_span span, double value)
{
    return value >= span.from && value <= span.to;
}

const char *path_loss_beyond(const struct propagation_params *params, double base_height_m,
        double mobile_height_m, double distance_m, const char **source)
{
    const struct path_loss_preset_row *row = path_loss_preset_row(params->preset);
    assert(params->model < PROPAGATION_MODEL_COUNT);
    const struct path_loss_range *range = &laws[row != NULL ? row->model : params->model]->range;
    if (source != NULL) {
        *source = row != NULL ? row->source : range->source;
    }
    if (!within(range->frequency_mhz, params->frequency_mhz)) {
        return "frequency";
    }
    if (!within(range->base_height_m, base_height_m)) {
        return "base height";
    }
    if (!within(range->mobile_height_m, mobile_height_m)) {
        return "mobile height";
    }
    if (!within(row != NULL ? row->distance_m : range->distance_m, distance_m)) {
        return "distance";
    }
    return (range->environments >> params->environment & 1u) == 0 ? "environment" : NULL;
}
