/* Free space.
 * SPDX-License-Identifier: MIT
 *
 * Source: H. T. Friis, "A note on a simple transmission formula", Proc. IRE 34(5), 1946.
 */
#include "air/path_loss.h"

#define LIGHT_M_PER_S 299792458.0

double free_space_db(double frequency_mhz, double distance_m)
{
    return 20 * log10(4 * M_PI * distance_m * frequency_mhz * 1e6 / LIGHT_M_PER_S);
}

static double loss_db(const struct propagation_params *params, double base_height_m,
        double mobile_height_m, double distance_m)
{
    (void)base_height_m;
    (void)mobile_height_m;
    return free_space_db(params->frequency_mhz, distance_m);
}

const struct path_loss_law path_loss_law_free_space = {
    .loss_db = loss_db,
    .distance_min_m = 1, /* about three wavelengths at 868 MHz: the far field of a dipole */
    .range = PATH_LOSS_ANYWHERE("Friis 1946, far field"),
};
