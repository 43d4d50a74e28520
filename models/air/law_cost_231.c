/* COST 231's extension of Hata's formula.
 * SPDX-License-Identifier: MIT
 *
 * Source: COST Action 231, "Digital mobile radio towards future generation systems", final report,
 * EUR 18957, 1999, section 4.4.1.
 */
#include <assert.h>

#include "air/path_loss.h"

#define METROPOLITAN_DB 3.0

static double loss_db(const struct propagation_params *params, double base_height_m,
        double mobile_height_m, double distance_m)
{
    assert(base_height_m > 0 && mobile_height_m > 0);
    double log_base = log10(base_height_m);
    double urban_db = 46.3 + 33.9 * log10(params->frequency_mhz) - 13.82 * log_base
                      - hata_mobile_height_db(params->frequency_mhz, mobile_height_m)
                      + (44.9 - 6.55 * log_base) * log10(distance_m / 1000);
    return urban_db + (params->environment == ENVIRONMENT_METROPOLITAN ? METROPOLITAN_DB : 0);
}

const struct path_loss_law path_loss_law_cost_231 = {
    .loss_db = loss_db,
    .distance_min_m = 20, /* assumed: as for Hata's */
    .range = {
        .frequency_mhz = { 1500, 2000 },
        .base_height_m = { 30, 200 },
        .mobile_height_m = { 1, 10 },
        .distance_m = { 1000, 20000 },
        /* Medium-sized city and suburban centre are one; there is no formula for open land. */
        .environments = 1u << ENVIRONMENT_URBAN | 1u << ENVIRONMENT_SUBURBAN
                        | 1u << ENVIRONMENT_METROPOLITAN,
        .source = "COST 231 final report 4.4.1",
    },
};
