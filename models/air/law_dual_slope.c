/* Two log-distance laws, one on either side of a breakpoint.
 * SPDX-License-Identifier: MIT
 *
 * Source: M. J. Feuerstein et al., "Path loss, delay spread, and outage models as functions of
 * antenna height for microcellular system design", IEEE Trans. Vehicular Technology VT-43(3), 1994.
 */
#include <assert.h>

#include "air/path_loss.h"

static double slope_db(
        double reference_loss_db, double exponent, double reference_distance_m, double distance_m)
{
    assert(reference_distance_m > 0);
    return reference_loss_db + 10 * exponent * log10(distance_m / reference_distance_m);
}

static double loss_db(const struct propagation_params *params, double base_height_m,
        double mobile_height_m, double distance_m)
{
    (void)base_height_m;
    (void)mobile_height_m;
    bool far = distance_m >= params->breakpoint_m && params->breakpoint_m > 0;
    if (far && params->far_reference_distance_m > 0) {
        return slope_db(params->far_reference_loss_db, params->exponent_far,
                params->far_reference_distance_m, distance_m);
    }
    double near_db = slope_db(params->reference_loss_db, params->exponent,
            params->reference_distance_m, far ? params->breakpoint_m : distance_m);
    return far ? slope_db(near_db, params->exponent_far, params->breakpoint_m, distance_m)
               : near_db;
}

const struct path_loss_law path_loss_law_dual_slope = {
    .loss_db = loss_db,
    .distance_min_m = 1,
    .range = PATH_LOSS_ANYWHERE("the numbers of the scenario"),
};
