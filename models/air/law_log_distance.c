/* Log-distance with numbers of the scenario's own, or of a preset.
 * SPDX-License-Identifier: MIT
 *
 * Source: T. S. Rappaport, "Wireless Communications", 2nd edition, section 4.9.1.
 */
#include <assert.h>

#include "air/path_loss.h"

static double loss_db(const struct propagation_params *params, double base_height_m,
        double mobile_height_m, double distance_m)
{
    (void)base_height_m;
    (void)mobile_height_m;
    assert(params->reference_distance_m > 0);
    return params->reference_loss_db
           + 10 * params->exponent * log10(distance_m / params->reference_distance_m);
}

const struct path_loss_law path_loss_law_log_distance = {
    .loss_db = loss_db,
    .distance_min_m = 1,
    .range = PATH_LOSS_ANYWHERE("the numbers of the scenario"),
};
