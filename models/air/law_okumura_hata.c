/* Okumura-Hata.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>

#include "air/path_loss.h"

/* assumed: below this the far-field formula means nothing. */
#define DISTANCE_MIN_M 20.0

double hata_mobile_height_db(double frequency_mhz, double mobile_height_m)
{
    double log_f = log10(frequency_mhz);
    return (1.1 * log_f - 0.7) * mobile_height_m - (1.56 * log_f - 0.8);
}

/* Hata fitted up to 200 and from 400 MHz; between them the middle divides. */
static double large_city_mobile_height_db(double frequency_mhz, double mobile_height_m)
{
    if (frequency_mhz < 300) {
        double log_height = log10(1.54 * mobile_height_m);
        return 8.29 * log_height * log_height - 1.1;
    }
    double log_height = log10(11.75 * mobile_height_m);
    return 3.2 * log_height * log_height - 4.97;
}

static double environment_relief_db(enum propagation_environment environment, double frequency_mhz)
{
    switch (environment) {
    case ENVIRONMENT_URBAN:
    case ENVIRONMENT_METROPOLITAN:
        return 0;
    case ENVIRONMENT_SUBURBAN: {
        double ratio = log10(frequency_mhz / 28);
        return 2 * ratio * ratio + 5.4;
    }
    case ENVIRONMENT_OPEN: {
        double log_f = log10(frequency_mhz);
        return 4.78 * log_f * log_f - 18.33 * log_f + 40.94;
    }
    }
    assert(false && "a propagation environment");
    return 0;
}

double okumura_hata_db(enum propagation_environment environment, double frequency_mhz,
        double base_height_m, double mobile_height_m, double distance_m)
{
    assert(frequency_mhz > 0);
    assert(base_height_m > 0 && mobile_height_m > 0);
    double distance_km = fmax(distance_m, DISTANCE_MIN_M) / 1000;
    double log_base = log10(base_height_m);
    double mobile_db = environment == ENVIRONMENT_METROPOLITAN
                               ? large_city_mobile_height_db(frequency_mhz, mobile_height_m)
                               : hata_mobile_height_db(frequency_mhz, mobile_height_m);
    double urban_db = 69.55 + 26.16 * log10(frequency_mhz) - 13.82 * log_base - mobile_db
                      + (44.9 - 6.55 * log_base) * log10(distance_km);
    return urban_db - environment_relief_db(environment, frequency_mhz);
}

static double loss_db(const struct propagation_params *params, double base_height_m,
        double mobile_height_m, double distance_m)
{
    return okumura_hata_db(
            params->environment, params->frequency_mhz, base_height_m, mobile_height_m, distance_m);
}

const struct path_loss_law path_loss_law_okumura_hata = {
    .loss_db = loss_db,
    .distance_min_m = DISTANCE_MIN_M,
    .range = {
        .frequency_mhz = { 150, 1500 },
        .base_height_m = { 30, 200 },
        .mobile_height_m = { 1, 10 },
        .distance_m = { 1000, 20000 },
        .environments = PATH_LOSS_ANY_ENVIRONMENT,
        .source = "Hata 1980",
    },
};
