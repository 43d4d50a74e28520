/* The 3GPP macro cell for cellular IoT.
 * SPDX-License-Identifier: MIT
 *
 * Source: 3GPP TR 45.820 annex D.1: I = 120.9 + 37.6 log10(R) at 900 MHz and a base station 15 m
 * above the roofs; 21 log10(f) of the same macro cell in TR 36.942 section 4.5.2, where the law is
 * meant for no line of sight, for a few hundred metres to some kilometres, and never below free
 * space. Penetration comes on top: penetration.h.
 */
#include "air/path_loss.h"

static double loss_db(const struct propagation_params *params, double base_height_m,
        double mobile_height_m, double distance_m)
{
    (void)base_height_m; /* over the roofs, not over the ground: built into the constant */
    (void)mobile_height_m;
    double macro_db =
            120.9 + 37.6 * log10(distance_m / 1000) + 21 * log10(params->frequency_mhz / 900);
    return fmax(macro_db, free_space_db(params->frequency_mhz, distance_m));
}

const struct path_loss_law path_loss_law_3gpp_macro = {
    .loss_db = loss_db,
    .distance_min_m = 1,
    .range = {
        .frequency_mhz = { 800, 2600 }, /* the carriers of TR 36.942; TR 45.820 has 900 alone */
        .base_height_m = { 20, 65 },    /* assumed: 15 m over roofs of 5 to 50 m */
        .mobile_height_m = { 1, 3 },    /* assumed: the handset's 1.5 m and near it */
        .distance_m = { 200, 10000 },
        .environments = 1u << ENVIRONMENT_URBAN | 1u << ENVIRONMENT_SUBURBAN,
        .source = "3GPP TR 45.820 annex D.1, TR 36.942 4.5.2",
    },
};
